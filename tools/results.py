"""Run one test program and read what it says about itself."""

import os
import pty
import re
import select
import signal
import subprocess
import time
import tty

SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$")
PLAN = re.compile(r"^1\.\.(\d+)\s*$")
POINT = re.compile(r"^(not )?ok (\d+)(?: - (.*?))?(?:\s*# SKIP ?(.*))?$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SKIP_STATUS = 77
OUTPUT_LIMIT = 4 << 20


class Result:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skips = []         # "what: why"
        self.skipped = 0
        self.reason = ""        # of a failure that no line of the output tells
        self.output = ""
        self.seconds = 0.0


def run(command, cwd, env, timeout):
    """(status, output): a terminal as stdout, so that lines come out as they are
    written and a child of fork does not repeat what its parent had buffered.
    Status None means that the time was over; the whole process group is gone."""
    reader, writer = pty.openpty()
    tty.setraw(writer)
    process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                               stdout=writer, stderr=writer, start_new_session=True)
    os.close(writer)
    pieces, size = [], 0
    deadline = time.monotonic() + timeout
    in_time = True
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            in_time = False
            break
        ready, _, _ = select.select([reader], [], [], min(left, 1.0))
        if ready:
            try:
                piece = os.read(reader, 65536)
            except OSError:     # EIO: nobody holds the other side any more
                break
            if not piece:
                break
            size += len(piece)
            if size <= OUTPUT_LIMIT:
                pieces.append(piece)
        elif process.poll() is not None:
            break               # ended; a daemon it left may still hold the terminal
    if in_time:
        try:
            process.wait(max(1.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            in_time = False
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()
    os.close(reader)
    text = COLOUR.sub("", b"".join(pieces).decode("utf-8", "replace"))
    return (process.returncode if in_time else None), text


def read_tap(result, lines):
    """Count cmocka's lines; a test that was planned and gave none has failed."""
    planned = seen = 0
    before = ""
    for line in lines:
        plan, point = PLAN.match(line), POINT.match(line)
        if plan:
            planned += int(plan.group(1))
        elif point:
            seen += 1
            failed, number, name, skip = point.groups()
            if skip is not None:
                result.skipped += 1
                result.skips.append(f"{skip or name}: {before or 'no reason given'}")
            elif failed:
                result.failed += 1
                if number == "0":       # the set-up of a group: its tests never ran
                    planned = seen
            else:
                result.passed += 1
            before = ""
        elif line.strip() and not line.startswith("#"):
            before = line.strip()
    if seen < planned:
        result.failed += planned - seen
        result.reason = f"{planned - seen} of {planned} planned tests gave no result"


def read_summary(result, lines, match):
    result.passed, result.failed = int(match.group(1)), int(match.group(2))
    result.skipped = int(match.group(3) or 0)
    result.skips = [line.split(None, 1)[1] for line in lines
                    if line.startswith("skip ") and len(line.split()) > 1]


def ending(status, timeout):
    if status is None:
        return f"no end after {timeout:g} s: killed"
    if status < 0:
        try:
            return f"ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"ended by signal {-status}"
    return f"exit status {status}"


def judge(status, output, timeout):
    """A Result from cmocka's TAP, from a last line `N passed, N failed`, or from
    the exit status alone (0 passed, 77 skipped)."""
    result = Result()
    result.output = output
    lines = output.splitlines()
    last = next((line for line in reversed(lines) if line.strip()), "")
    summary = SUMMARY.match(last)
    if any(PLAN.match(line) for line in lines):
        read_tap(result, lines)
    elif summary:
        read_summary(result, lines, summary)
    elif status == 0:
        result.passed = 1
    elif status == SKIP_STATUS:
        result.skipped = 1
        result.skips = [re.sub(r"^skip:?\s*", "", last) or "no reason given"]
        return result
    if status != 0 and result.failed == 0:
        result.failed = 1
    if status != 0:
        result.reason = "; ".join(filter(None, [result.reason, ending(status, timeout)]))
    return result
