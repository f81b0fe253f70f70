"""What the checkers share: the files of the project, their text without comments."""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

CODE = (".c", ".h", ".cc", ".hpp", ".inc", ".def", ".S")

_TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.DOTALL | re.VERBOSE,
)


def files(root, *folders, suffixes=CODE):
    """Paths of the source files below the folders, sorted, relative to root."""
    found = []
    for folder in folders:
        for base, dirs, names in os.walk(root / folder):
            dirs.sort()
            found += [
                pathlib.Path(base, name).relative_to(root)
                for name in sorted(names)
                if name.endswith(suffixes) and not name.startswith(".")
            ]
    return found


def read(root, path):
    return (root / path).read_text(encoding="utf-8", errors="replace")


def blank_comments(text, strings=False):
    """The text with comments (and the insides of strings) as spaces; lines stay."""

    def blank(match):
        token = match.group(0)
        if token[0] == "/":
            return re.sub(r"[^\n]", " ", token)
        return token[0] + " " * (len(token) - 2) + token[-1] if strings else token

    return _TOKEN.sub(blank, text)


class Report:
    """Collects problems, prints them, and gives the exit status."""

    def __init__(self, name):
        self.name = name
        self.problems = 0

    def problem(self, where, text):
        self.problems += 1
        print(f"{where}: {text}")

    def finish(self, what_was_seen):
        verdict = f"{self.problems} wrong" if self.problems else "all well"
        print(f"{self.name}: {what_was_seen}: {verdict}")
        sys.stdout.flush()
        return 1 if self.problems else 0
