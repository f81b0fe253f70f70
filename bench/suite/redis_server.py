"""Drive redis-server: load it from redis-benchmark, which runs without preload."""

import os
import socket
import subprocess
import time

LOADS = [
    "-t set -n 150000 -r 60000 -d 200 -P 16",
    "-t get,incr,lpush,sadd,hset -n 60000 -r 20000 -P 16",
    "-t set -n 80000 -r 60000 -d 600 -P 16",
    "-t mset -n 8000 -r 60000 -d 100 -P 4",
]


class Server:
    """A server on a loopback port of its own, without files."""

    def __init__(self, folder):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = str(s.getsockname()[1])
        self.arguments = ["--port", self.port, "--bind", "127.0.0.1", "--save", "",
                          "--appendonly", "no", "--dir", folder, "--loglevel", "warning"]

    def call(self, *words):
        done = subprocess.run(["redis-cli", "-p", self.port, *words], text=True,
                              capture_output=True, timeout=60, check=False)
        return done.stdout

    def resident_kb(self):
        for line in self.call("info", "server").splitlines():
            if line.startswith("process_id:"):
                path = f"/proc/{line.split(':')[1].strip()}/statm"
                with open(path, encoding="ascii") as f:
                    return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024
        return None

    def load(self):
        for load in LOADS:
            subprocess.run(["redis-benchmark", "-p", self.port, "-q", *load.split()],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           timeout=120, check=False)

    def drive(self, process, settle):
        """Wait for the server, load it, stop it; what was seen on the way."""
        for _ in range(500):
            if "PONG" in self.call("ping") or process.poll() is not None:
                break
            time.sleep(0.01)
        metrics = {}
        self.load()
        if settle:
            self.call("flushall")
            time.sleep(1)
            metrics["settled_kb"] = self.resident_kb()
        self.call("shutdown", "nosave")
        return metrics
