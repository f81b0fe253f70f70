"""Run jobs under allocators, interleaved, and keep every reading."""

import json
import os
import signal
import subprocess
import sys
import tempfile

from .redis_server import Server

TIMEOUT_S = 180
READINGS = {"cpu_s": "cpu", "wall_s": "wall", "minor": "minor"}


def clean_environment(extra):
    env = {key: value for key, value in os.environ.items()
           if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    env.update(extra)
    return env


def measure_command(build, job, preload, files, extra=()):
    """The command line of bench/measure.c for one run."""
    command = [os.path.join(build, "measure"), "--report", files["report"],
               "--stdout", files["stdout"], "--repeat", str(job.repeat)]
    if job.stdin:
        command += ["--stdin", job.stdin]
    if preload:
        command += ["--preload", preload]
    return command + ["--"] + job.argv + list(extra)


def wait_or_kill(process, timeout=TIMEOUT_S):
    """The exit status, or None if the process group had to be killed."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def stdout_metrics(path):
    """Lines "name number" are readings; anything else is the program's own."""
    metrics = {}
    with open(path, encoding="utf-8", errors="replace") as f:
        head = f.read(65536)
    for line in head.splitlines():
        words = line.split()
        if len(words) != 2:
            continue
        try:
            metrics[words[0]] = float(words[1])
        except ValueError:
            pass
    return metrics


def readings(job, report, metrics):
    """Flatten one run to {figure: value}."""
    if job.group in ("micro", "space"):
        return metrics
    if "settled_kb" in metrics:
        return {f"{job.name}:settled": metrics["settled_kb"]}
    result = {f"{job.name}:{short}": report[long] / job.repeat
              for long, short in READINGS.items()}
    result[f"{job.name}:rss"] = report["rss_kb"]
    return result


def run_once(build, job, preload, settle=False):
    """Run one job once; (readings, None) or (None, why it failed)."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: os.path.join(folder, name) for name in ("report", "stdout")}
        server = Server(folder) if job.server else None
        extra = server.arguments if server else ["--settle"] if settle else []
        command = measure_command(build, job, preload or job.system_preload, files, extra)
        metrics = {}
        with subprocess.Popen(command, env=clean_environment(job.env), cwd=folder,
                              start_new_session=True, stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            if server:
                metrics = server.drive(process, settle)
            status = wait_or_kill(process)
        if status != 0:
            return None, "timeout" if status is None else f"measure {status}"
        with open(files["report"], encoding="ascii") as f:
            report = json.load(f)
        if report["status"] != 0:
            return None, f"exit {report['status']}"
        metrics.update(stdout_metrics(files["stdout"]))
        return readings(job, report, metrics), None


class Results:
    """figure -> allocator -> values in order of rounds; and what failed."""

    def __init__(self):
        self.figures = {}
        self.failures = {}
        self.groups = {}

    def add(self, group, name, values):
        for figure, value in values.items():
            if group in ("work", "real", "start") and ":" not in figure:
                continue
            self.groups[figure] = group
            self.figures.setdefault(figure, {}).setdefault(name, []).append(value)

    def fail(self, job, name, why):
        self.failures.setdefault(job, {})[name] = why

    def save(self, path, about):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"about": about, "groups": self.groups, "figures": self.figures,
                       "failures": self.failures}, f, indent=1)
            f.write("\n")

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        results = Results()
        results.figures, results.groups = data["figures"], data["groups"]
        results.failures = data["failures"]
        return results, data["about"]


def run_all(build, jobs, allocators, rounds):
    """All jobs, `rounds` times; the order of allocators rotates each time."""
    results = Results()
    names = list(allocators)
    for number in range(rounds):
        for place, job in enumerate(jobs):
            shift = (number + place) % len(names)
            for name in names[shift:] + names[:shift]:
                run_cell(build, job, name, allocators[name], number, results)
            if sys.stderr.isatty():
                print(f"\rround {number + 1}/{rounds} {job.name:30}", end="",
                      file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r" + " " * 50 + "\r", end="", file=sys.stderr)
    return results


def run_cell(build, job, name, preload, number, results):
    values, why = run_once(build, job, preload)
    if why:
        results.fail(job.name, name, why)
        return
    results.add(job.group, name, values)
    if job.settle and number == 0:
        values, why = run_once(build, job, preload, settle=True)
        if not why:
            results.add(job.group, name, values)
