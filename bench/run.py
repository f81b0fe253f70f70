#!/usr/bin/python3
"""Measure malloc implementations against each other; see README.md here."""

import argparse
import os
import platform
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from suite import bars, inputs, jobs, output, picture, runner  # noqa: E402
from suite.figures import Figures                              # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
DEBIAN_PEERS = {  # name: package, the end of its library's name
    "jemalloc": ("libjemalloc2", "/libjemalloc.so.2"),
    "tcmalloc": ("libtcmalloc-minimal4", "/libtcmalloc_minimal.so.4"),
    "mimalloc": ("libmimalloc2.0", "/libmimalloc.so.2"),
}


def debian_peers():
    found = {}
    for name, (package, ending) in DEBIAN_PEERS.items():
        listed = subprocess.run(["dpkg", "-L", package], text=True, check=False,
                                capture_output=True).stdout.split()
        found.update({name: path for path in listed if path.endswith(ending)})
    return found


def refusal(path):
    """What the loader says against preloading this file; empty if nothing.

    It would warn, and go on with glibc: a measurement of the wrong malloc.
    """
    if not os.path.exists(path):
        return "no such file"
    done = subprocess.run(["/bin/true"], env={"LD_PRELOAD": path}, text=True,
                          capture_output=True, check=False)
    return done.stderr.strip() or (f"exit {done.returncode}" if done.returncode else "")


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
                break
    huge = "/sys/kernel/mm/transparent_hugepage/enabled"
    setting = "none"
    if os.path.exists(huge):
        with open(huge, encoding="ascii") as f:
            setting = re.search(r"\[(\w+)\]", f.read()).group(1)
    libc = " ".join(platform.libc_ver())
    return (f"{os.cpu_count()} x {model}, Linux {platform.release()}, {libc}, "
            f"huge pages: {setting}")


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", default=os.path.join(HERE, "..", "build"),
                   help="the build folder (default: build, next to bench)")
    p.add_argument("--alloc", action="append", default=[], metavar="NAME=PATH",
                   help="another malloc to preload; NAME=system: glibc as it is")
    p.add_argument("--only-given", action="store_true",
                   help="no Debian peers and no acre unless given by --alloc")
    p.add_argument("--base", help="the base of the ratios (default: mimalloc 2)")
    p.add_argument("--only", default="", metavar="REGEX", help="jobs by name or group")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--quick", action="store_true", help="two rounds")
    p.add_argument("--list", action="store_true", help="list the jobs")
    p.add_argument("--load", metavar="JSON", help="show a run from its file")
    p.add_argument("--json", metavar="OUT")
    p.add_argument("--svg", metavar="OUT")
    p.add_argument("--markdown", metavar="OUT")
    p.add_argument("--table", action="store_true", help="print the tables")
    p.add_argument("--bars", action="store_true", help="print the bars, met or missed")
    return p.parse_args()


def allocators(args):
    """Name -> library, or None for glibc; the order is that of the tables."""
    chosen = {}
    if not args.only_given:
        chosen["system"] = None
        acre = os.path.abspath(os.path.join(args.build, "libacre-malloc.so"))
        if os.path.exists(acre):
            chosen["acre"] = acre
        chosen.update(debian_peers())
    for given in args.alloc:
        name, _, path = given.partition("=")
        chosen[name] = None if name == "system" else os.path.abspath(path)
    for name, path in chosen.items():
        if path and refusal(path):
            sys.exit(f"run.py: cannot preload {name}: {refusal(path)}")
    return chosen


def measure(args):
    build = os.path.abspath(os.path.join(args.build, "bench"))
    if not os.path.exists(os.path.join(build, "micro")):
        sys.exit(f"run.py: no benchmarks in {build}; build them first")
    folder = os.path.join(build, "inputs")
    there, missing = jobs.all_jobs(build, folder)
    wanted = [j for j in there
              if re.search(args.only, j.name) or re.search(args.only, j.group)]
    if args.list:
        for job in wanted:
            print(f"{job.group:6} {job.name}")
        sys.exit(0)
    if missing:
        print("not installed: " + " ".join(missing), file=sys.stderr)
    if any(job.group == "real" for job in wanted):
        inputs.prepare(folder)
    chosen = allocators(args)
    rounds = 2 if args.quick else args.rounds
    results = runner.run_all(build, wanted, chosen, rounds)
    # File names only: where the libraries lie says nothing to others.
    shown = {n: os.path.basename(path) if path else "glibc, nothing preloaded"
             for n, path in chosen.items()}
    return results, {"machine": machine(), "rounds": rounds, "allocators": shown}


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    args = arguments()
    results, about = (runner.Results.load(args.load) if args.load else measure(args))
    if args.json:
        results.save(args.json, about)
    if not results.figures:
        sys.exit(f"run.py: no figures; failed: {results.failures}")
    figures = Figures(results, args.base)
    if args.svg:
        write(args.svg, picture.svg(figures))
    if args.markdown:
        write(args.markdown, output.markdown(figures, about))
    if args.bars:
        print(bars.markdown(bars.all_rows(figures)))
    if args.table or not (args.json or args.svg or args.markdown or args.bars):
        print(output.markdown(figures, about))
    for job, failed in results.failures.items():
        print(f"failed: {job}: {failed}", file=sys.stderr)


main()
