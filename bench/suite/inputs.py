"""Inputs for the real programs: a C file and a git repository, made once.

Everything is generated from fixed seeds, so two machines measure the same work.
"""

import os
import random
import shutil
import subprocess

FUNCTIONS = 230
COMMITS = 2500
FILES = 300


def c_function(number, rng):
    """One function with a struct, a loop, a switch and calls to earlier ones."""
    cases = "\n".join(
        f"        case {k}: s.a += x * {rng.randrange(99) + 1}; "
        f"s.b[{k % 8}] ^= s.a >> {k % 13}; break;" for k in range(rng.randrange(4, 12)))
    called = rng.randrange(number) if number else None
    call = (f"    if (n > 3) s.a += work_{called}(n - 1, x ^ {number});\n"
            if number else "")
    return (f"struct state_{number} {{ long a; int b[8]; double c; }};\n"
            f"int work_{number}(int n, int x)\n{{\n"
            f"    struct state_{number} s = {{ x, {{ {number}, n }}, 0.5 }};\n"
            f"    for (int i = 0; i < n; i++) {{\n        switch ((x + i) % 13) {{\n"
            f"{cases}\n        default: s.c = s.c * 1.5 + s.a; break;\n        }}\n"
            f"        x = x * 31 + s.b[i & 7];\n    }}\n{call}"
            f"    return (int)(s.a + s.b[x & 7] + (long)s.c);\n}}\n")


def write_c_file(path):
    rng = random.Random(1)
    with open(path, "w", encoding="ascii") as f:
        for number in range(FUNCTIONS):
            f.write(c_function(number, rng))


def file_text(rng, lines):
    words = "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()
    return [" ".join(rng.choice(words) for _ in range(rng.randrange(2, 12)))
            for _ in range(lines)]


def changed(lines, rng):
    for _ in range(rng.randrange(1, 6)):
        lines[rng.randrange(len(lines))] = file_text(rng, 1)[0]
    if rng.random() < 0.3:
        lines.insert(rng.randrange(len(lines)), file_text(rng, 1)[0])
    return lines


def write_history(out):
    """A stream for git fast-import."""
    rng = random.Random(2)
    files = {}
    for commit in range(COMMITS):
        touched = {rng.randrange(FILES) for _ in range(rng.randrange(1, 5))}
        out.write(f"commit refs/heads/main\nmark :{commit + 1}\n"
                  f"committer A U Thor <author@example.com> {1600000000 + commit * 900}"
                  f" +0000\ndata <<END\nChange number {commit}\nEND\n")
        if commit:
            out.write(f"from :{commit}\n")
        for number in sorted(touched):
            old = files.get(number) or file_text(rng, rng.randrange(20, 400))
            files[number] = changed(old, rng)
            text = "\n".join(files[number]) + "\n"
            out.write(f"M 100644 inline dir{number % 17}/file{number}.txt\n"
                      f"data {len(text)}\n{text}\n")
    out.write("done\n")


def write_repository(path):
    subprocess.run(["git", "init", "-q", "-b", "main", path], check=True)
    with subprocess.Popen(["git", "-C", path, "fast-import", "--quiet", "--done"],
                          stdin=subprocess.PIPE, text=True) as importer:
        write_history(importer.stdin)
        importer.stdin.close()
        if importer.wait() != 0:
            raise RuntimeError("git fast-import failed")


def prepare(folder):
    """Make what is not there yet; return the folder."""
    os.makedirs(folder, exist_ok=True)
    source = os.path.join(folder, "large.c")
    if not os.path.exists(source):
        write_c_file(source + ".new")
        os.rename(source + ".new", source)
    repository = os.path.join(folder, "repository")
    if not os.path.exists(repository):
        shutil.rmtree(repository + ".new", ignore_errors=True)
        if shutil.which("git"):
            write_repository(repository + ".new")
            os.rename(repository + ".new", repository)
    return folder
