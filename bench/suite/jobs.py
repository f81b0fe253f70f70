"""What is measured: one Job for each micro test, workload and real program."""

import dataclasses
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REAL = os.path.join(HERE, "real")
MEM_SIZES = "16 24 40 64 100 520 1100 2100 5000 9000 70000".split()
SMALL_RUNS = 1000


@dataclasses.dataclass
class Job:
    """A program to run under each malloc, and how to read what it says."""

    name: str
    group: str              # micro, work, space, real or start
    argv: list
    stdin: str = None
    env: dict = dataclasses.field(default_factory=dict)
    repeat: int = 1         # runs within one measurement
    settle: bool = False    # knows --settle: RSS one second after the work
    server: bool = False    # redis-server, driven by redis_server.py
    system_preload: str = None  # what glibc itself needs to be preloaded as


def micro_jobs(build):
    micro = os.path.join(build, "micro")
    names = subprocess.run([micro, "--list"], check=True, text=True,
                           capture_output=True).stdout.split()
    return [Job(name, "micro", [micro, name]) for name in names]


WORK = [
    ("larson-2", "larson 2"), ("larson-8", "larson 8"),
    ("xmalloc-2", "xmalloc 2"), ("xmalloc-8", "xmalloc 8"),
    ("bignum", "bignum"), ("logic", "logic"), ("bodies", "bodies"),
    ("cache-thrash", "cache thrash"), ("cache-scratch", "cache scratch"),
    ("batches", "batches"), ("stress-4", "stress 4"), ("handover-4", "handover 4"),
    ("slots-1", "slots 1"), ("slots-2", "slots 2"),
    ("sizes-simple", "sizes simple"), ("sizes-thread-2", "sizes thread 2"),
]


def work_jobs(build):
    jobs = []
    for name, command in WORK:
        program, *arguments = command.split()
        jobs.append(Job(name, "work", [os.path.join(build, program)] + arguments,
                        settle=True))
    return jobs


def space_jobs(build):
    space = os.path.join(build, "space")
    jobs = [Job(f"mem-{size}", "space", [space, "mem", size]) for size in MEM_SIZES]
    return jobs + [Job("frag", "space", [space, "frag"])]


def compiler_part(name, fallback):
    """The compiler proper: the driver in front of it is another process."""
    if not shutil.which("gcc"):
        return fallback
    found = subprocess.run(["gcc", f"-print-prog-name={name}"], check=False, text=True,
                           capture_output=True).stdout.strip()
    return found or fallback


def real_jobs(inputs):
    def real(name):
        return os.path.join(REAL, name)

    source = os.path.join(inputs, "large.c")
    git = ["git", "--no-pager", "--git-dir", os.path.join(inputs, "repository", ".git")]
    python_env = {"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}
    return [
        Job("python", "real", ["/usr/bin/python3", real("work.py")], env=python_env,
            settle=True),
        Job("lua", "real", ["lua5.4", real("work.lua")]),
        Job("perl", "real", ["perl", real("work.pl")], env={"PERL_HASH_SEED": "0"},
            settle=True),
        Job("node", "real", ["node", real("work.js")], settle=True),
        Job("sqlite", "real", ["sqlite3", "-batch", ":memory:"],
            stdin=real("work.sql")),
        Job("git-log", "real", git + ["log", "--stat", "--no-color"]),
        Job("git-pack", "real", git + ["-c", "pack.threads=1", "pack-objects", "--all",
            "--stdout", "--no-reuse-delta", "--window=20", "-q"], stdin="/dev/null"),
        Job("cc1", "real", [compiler_part("cc1", "cc1"), "-quiet", "-O1", source,
            "-o", "/dev/null"]),
        Job("clang", "real", ["clang", "-O1", "-S", source, "-o", "/dev/null"]),
        Job("redis", "real", ["redis-server"], server=True, settle=True,
            system_preload="libc.so.6"),
    ]


def start_jobs():
    """Programs so small that starting is what they do."""
    loop = f"i=0; while [ $i -lt {SMALL_RUNS} ]; do /bin/true; i=$((i + 1)); done"
    return [
        Job("exec", "start", ["/bin/sh", "-c", loop]),
        Job("tiny", "start", ["/bin/true"], repeat=SMALL_RUNS),
        Job("python-pass", "start", ["/usr/bin/python3", "-c", "pass"], repeat=10,
            env={"PYTHONMALLOC": "malloc"}),
    ]


def all_jobs(build, inputs):
    """Every job whose program is on this machine; the names of the others."""
    jobs = (micro_jobs(build) + work_jobs(build) + space_jobs(build) +
            real_jobs(inputs) + start_jobs())
    there = [job for job in jobs if shutil.which(job.argv[0])]
    return there, [job.name for job in jobs if job not in there]
