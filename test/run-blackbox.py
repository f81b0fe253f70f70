#!/usr/bin/env python3
"""Build and run the black-box tests: traps/ abuse/ interpose/ api/.

How a test is written is in traps/README.md.  One line per test:
    ok NAME | FAIL NAME: reason | skip NAME: reason
and at the end `N passed, N failed, N skipped`; exit status 1 if anything failed.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDERS = ("traps", "abuse", "api", "interpose")
MODES = ("preload", "link-so", "static", "static-pie", "libacre", "none")
CFLAGS = ["-O1", "-g", "-Wall", "-Wextra", "-Wno-address", "-fno-builtin-malloc",
          "-fno-builtin-calloc", "-fno-builtin-realloc", "-fno-builtin-free",
          "-fno-builtin-aligned_alloc", "-fno-builtin-memalign",
          "-fno-builtin-posix_memalign", "-fno-builtin-strdup",
          "-D_GNU_SOURCE", "-I" + os.path.join(HERE, "traps"),
          "-I" + os.path.join(HERE, "..", "include")]
LDFLAGS = ["-pthread", "-ldl", "-lm"]
DIRECTIVE = re.compile(
    r"^(?://|#)\s*(run|cflags|ldflags|helper|program|timeout|env|serial):\s*(.*?)\s*$")


class Skip(Exception):
    pass


class Failed(Exception):
    pass


def directives(path):
    """The `// key: value` lines of a file's first 40 lines: key -> values."""
    found = {}
    with open(path, encoding="utf-8") as source:
        for _, line in zip(range(40), source):
            match = DIRECTIVE.match(line)
            if match:
                found.setdefault(match.group(1), []).append(match.group(2))
    return found


def discover():
    """(name, path, mode, directives) of every test."""
    tests = []
    for folder in FOLDERS:
        base = os.path.join(HERE, folder)
        if not os.path.isdir(base):
            continue
        files = sorted(f for f in os.listdir(base) if re.search(r"\.(c|cc|sh)$", f))
        facts = {f: directives(os.path.join(base, f)) for f in files}
        for name in files:
            if re.search(r"_(plugin|victim)\.", name):     # a part of another test
                continue
            fact = facts[name]
            default = "none" if name.endswith(".sh") else "preload"
            modes = re.split(r"[,\s]+", fact.get("run", [default])[0])
            for mode in modes:
                title = folder + "/" + os.path.splitext(name)[0]
                if len(modes) > 1 and mode != modes[0]:
                    title += "@" + mode
                tests.append((title, os.path.join(base, name), mode, fact))
    return tests


class Runner:
    def __init__(self, args):
        self.build = os.path.abspath(args.build)
        self.peer = args.preload is not None
        if args.preload == "none":
            self.preload = ""
        else:
            self.preload = os.path.abspath(
                args.preload or os.path.join(self.build, "libacre-malloc.so"))
        self.keep_output = args.verbose
        self.serial = threading.Lock()

    def library(self, name):
        path = os.path.join(self.build, name)
        if not os.path.exists(path):
            if self.peer:
                raise Skip("only for acre (%s)" % name)
            raise Failed("no " + path)
        return path

    def flags(self, values):
        words = []
        for value in values:
            words += shlex.split(value.replace("$BUILD", self.build))
        for word in words:
            if word.startswith(self.build) and word.endswith((".a", ".so")):
                self.library(os.path.relpath(word, self.build))
        return words

    def compile(self, source, output, extra):
        cxx = source.endswith(".cc")
        command = ["g++" if cxx else "gcc", "-std=gnu++17" if cxx else "-std=gnu11"]
        command += CFLAGS + ["-o", output, source] + extra + LDFLAGS
        done = subprocess.run(command, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=300)
        if done.returncode != 0:
            raise Failed("does not compile\n" + shlex.join(command) + "\n" + done.stdout)

    def prepare(self, path, mode, fact, where):
        """Build what the test needs; the command that runs it."""
        os.makedirs(where, exist_ok=True)
        folder = os.path.dirname(path)
        for key, suffix, flags in (("helper", ".so", ["-shared", "-fPIC"]),
                                   ("program", "", [])):
            for value in fact.get(key, []):
                name, _, rest = value.partition(" ")
                output = os.path.join(where, os.path.splitext(name)[0] + suffix)
                self.compile(os.path.join(folder, name), output,
                             flags + self.flags([rest]))
        if path.endswith(".sh"):
            return ["/bin/bash", path]
        extra = self.flags(fact.get("cflags", []))
        if mode in ("link-so", "static", "static-pie"):
            extra.append("-DACRE_LINKED")
        if mode == "link-so":
            extra += [self.library("libacre-malloc.so"), "-Wl,-rpath," + self.build]
        elif mode == "static":
            extra += ["-static", self.library("libacre-malloc.a")]
        elif mode == "static-pie":
            extra += ["-static-pie", "-fPIE", self.library("libacre-malloc.a")]
        elif mode == "libacre":
            extra += [self.library("libacre.so"), "-Wl,-rpath," + self.build]
        output = os.path.join(where, "test")
        self.compile(path, output, extra + self.flags(fact.get("ldflags", [])))
        return [output]

    def environment(self, mode, fact, where):
        env = {k: v for k, v in os.environ.items()
               if k not in ("LD_PRELOAD", "ACRE_OPTIONS", "MAKEFLAGS")}
        env.update(ACRE_PRELOAD=self.preload, ACRE_BUILD=self.build,
                   ACRE_TEST_BIN=where, ACRE_TEST_SRC=HERE)
        for value in fact.get("env", []):
            name, _, text = value.partition("=")
            env[name] = text
        if self.peer:
            env["ACRE_PEER"] = "1"
        if mode == "preload" and self.preload:
            env["LD_PRELOAD"] = self.preload
        return env

    def execute(self, command, env, limit):
        """Exit status (negative: signal, None: too long) and all output."""
        shim = env.pop("LD_PRELOAD", None)
        if shim:                            # so that only the test has it, not us
            command = ["env", "LD_PRELOAD=" + shim] + command
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=env, start_new_session=True,
                                   cwd=env["ACRE_TEST_BIN"])
        try:
            output, _ = process.communicate(timeout=limit)
            status = process.returncode
        except subprocess.TimeoutExpired:
            status = None
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        try:                                # what the test left behind
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return status, output.decode("utf-8", "replace")

    def run(self, test):
        """(verdict, reason, output)"""
        title, path, mode, fact = test
        where = os.path.join(self.build, "test", title.replace("@", "-"))
        soak = os.environ.get("ACRE_SOAK") == "1"
        limit = int(fact.get("timeout", ["60"])[0]) * (20 if soak else 1)
        try:
            if mode not in MODES:
                raise Failed("unknown run: " + mode)
            command = self.prepare(path, mode, fact, where)
            env = self.environment(mode, fact, where)
            if "serial" in fact:
                with self.serial:
                    status, output = self.execute(command, env, limit)
            else:
                status, output = self.execute(command, env, limit)
        except Skip as reason:
            return "skip", str(reason), ""
        except Failed as reason:
            first, _, rest = str(reason).partition("\n")
            return "FAIL", first, rest
        except subprocess.TimeoutExpired:
            return "FAIL", "the compiler hangs", ""
        lines = output.strip().splitlines()
        if status == 77:
            return "skip", lines[-1] if lines else "no reason given", ""
        if status == 0:
            return "ok", "", output if self.keep_output else ""
        if status is None:
            return "FAIL", "still running after %d s" % limit, output
        if status == -signal.SIGALRM:
            return "FAIL", "hangs (watchdog)", output
        if status < 0:
            return "FAIL", "killed by " + signal.Signals(-status).name, output
        return "FAIL", "exit status %d" % status, output


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build"))
    parser.add_argument("--only", default="", help="regex on folder/name")
    parser.add_argument("--preload", help="another malloc, or `none`")
    parser.add_argument("-j", type=int, default=os.cpu_count() or 1)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    tests = [t for t in discover() if re.search(args.only, t[0])]
    if args.list:
        for title, _, mode, _ in tests:
            print(title, mode)
        return 0
    if not tests:
        print("no test matches", args.only, file=sys.stderr)
        return 2
    if shutil.which("gcc") is None:
        print("no gcc", file=sys.stderr)
        return 2
    runner = Runner(args)
    if runner.preload and not os.path.exists(runner.preload):
        print("no", runner.preload, file=sys.stderr)
        return 2
    count = {"ok": 0, "FAIL": 0, "skip": 0}
    with concurrent.futures.ThreadPoolExecutor(max(1, args.j)) as pool:
        jobs = {pool.submit(runner.run, test): test for test in tests}
        for job in concurrent.futures.as_completed(jobs):
            verdict, reason, output = job.result()
            count[verdict] += 1
            print(verdict, jobs[job][0] + (": " + reason if reason else ""), flush=True)
            lines = output.strip().splitlines()
            if len(lines) > 80 and not args.verbose:
                lines = lines[:60] + ["[%d lines]" % (len(lines) - 80)] + lines[-20:]
            for line in lines:
                print("    | " + line, flush=True)
    print("%(ok)d passed, %(FAIL)d failed, %(skip)d skipped" % count)
    return 1 if count["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
