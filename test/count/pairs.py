#!/usr/bin/env python3
"""Instructions per malloc and per free, counted exactly by callgrind.

1. An instrument that is attached but off costs nothing: the same number of
   instructions with and without it.
2. The fast paths are short: gates below.  The table also has the average, in which the
   looks at a list's length take part.
3. malloc and free of libacre-malloc.so call nothing: what is slow is jumped to.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ["ACRE_BUILD_DIR"])
SOURCE = pathlib.Path(os.environ["ACRE_SOURCE_DIR"])
SIZES = [16, 64, 1024, 4096, 32768]
PAIRS = 200000
GATES = {"malloc": 28, "free": 48.5}

tally = {"passed": 0, "failed": 0, "skipped": 0}


def check(what, good):
    tally["passed" if good else "failed"] += 1
    print(("ok    " if good else "FAIL  ") + what)


def compile_program(folder):
    program = folder / "pairs"
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-g",
         "-DAC_CHECKED=0", "-DAC_BARE=0", f"-I{SOURCE}/src", f"-I{SOURCE}/include",
         str(SOURCE / "test/count/pairs.c"), str(BUILD / "libacre.a"),
         "-pthread", "-o", str(program)],
        check=True)
    return program


def counts(program, folder, size, instrument):
    """{function: (calls, its own instructions, with all that it calls)} in measured()."""
    out = folder / f"out.{size}.{instrument}"
    subprocess.run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=measured",
         "--compress-strings=no", "--compress-pos=no", f"--callgrind-out-file={out}",
         str(program), str(size), str(PAIRS), instrument],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    own, called, below = {}, {}, {}
    function = callee = None
    inclusive = False
    for line in out.read_text().splitlines():
        if line.startswith("fn="):
            function = line[3:]
        elif line.startswith("cfn="):
            callee = line[4:]
        elif line.startswith("calls="):
            called[callee] = called.get(callee, 0) + int(line[6:].split()[0])
            inclusive = True
        elif function and re.match(r"^[+\-*0-9]", line):
            cost = int(line.split()[-1])
            if inclusive:
                below[function] = below.get(function, 0) + cost
            else:
                own[function] = own.get(function, 0) + cost
            inclusive = False
    return {name: (called.get(name, 0), own.get(name, 0), own.get(name, 0) + below.get(name, 0))
            for name in own}


def check_counts(folder):
    program = compile_program(folder)
    print(f"{'bytes':>7} {'malloc':>8} {'free':>8} {'average:':>10} {'malloc':>8} {'free':>8}"
          f" {'pair':>8}")
    worst = {"malloc": 0.0, "free": 0.0}
    for size in SIZES:
        none = counts(program, folder, size, "none")
        off = counts(program, folder, size, "off")
        fast, average = {}, {}
        for name in ("malloc", "free"):
            calls, own, all_of_it = none[f"acre_{name}"]
            if calls != PAIRS:
                raise RuntimeError(f"{calls} calls of acre_{name} were seen, not {PAIRS}")
            fast[name] = own / calls
            average[name] = all_of_it / calls
            worst[name] = max(worst[name], fast[name])
            check(f"{size} bytes: {name} costs the same with an instrument that is off "
                  f"({all_of_it}, {off[f'acre_{name}'][2]} instructions for {PAIRS})",
                  none[f"acre_{name}"] == off[f"acre_{name}"])
        print(f"{size:>7} {fast['malloc']:>8.2f} {fast['free']:>8.2f} {'':>10}"
              f" {average['malloc']:>8.2f} {average['free']:>8.2f}"
              f" {average['malloc'] + average['free']:>8.2f}")
    for name, gate in GATES.items():
        check(f"{name} takes {worst[name]:.2f} instructions, at most {gate}", worst[name] <= gate)


def symbol(library, name):
    for line in subprocess.run(["readelf", "-sW", str(library)], check=True, text=True,
                               capture_output=True).stdout.splitlines():
        words = line.split()
        if len(words) == 8 and words[3] == "FUNC" and words[7].split("@")[0] == name:
            return int(words[1], 16), int(words[2], 0)
    raise RuntimeError(f"{library} has no {name}")


def check_no_call(library, name):
    start, size = symbol(library, name)
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", f"--start-address={start}",
         f"--stop-address={start + size}", str(library)],
        check=True, text=True, capture_output=True).stdout
    code = [line.split("\t", 1)[1].strip() for line in text.splitlines() if "\t" in line]
    calls = [line for line in code if re.match(r"(call|push|bl)\b", line)]
    check(f"{name}: {len(code)} instructions, none calls or saves a register"
          + "".join(f"\n      {line}" for line in calls), len(code) > 5 and not calls)


def main():
    library = BUILD / "libacre-malloc.so"
    for name in ("malloc", "free"):
        check_no_call(library, name)
    if shutil.which("valgrind") is None:
        print("skip: no valgrind to count with")
        tally["skipped"] += 1
    else:
        with tempfile.TemporaryDirectory() as folder:
            check_counts(pathlib.Path(folder))
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**tally))
    return 1 if tally["failed"] else 0


sys.exit(main())
