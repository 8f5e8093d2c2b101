"""How long VLog takes to start and how much memory its three services take, in one process."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.report import Claim, save
from tests.support.installation import Installation, free_ports, running

ROUNDS = 5
REQUESTS = 100
SERVE_GOAL_SECONDS = 2.0
UP_GOAL_SECONDS = 5.0
MEMORY_GOAL_MB = 110.0
PATHS = ((0, "/api/videos"), (0, "/"), (1, "/health"), (1, "/login"), (2, "/api/health"))


def run() -> None:
    """Measure and report."""
    with tempfile.TemporaryDirectory(prefix="vlog-bench-") as folder:
        with running(Path(folder)):
            # The first start makes a database cluster; the ones after it are what people wait for.
            pass
        installation = Installation(Path(folder))
        began = time.monotonic()
        installation.start()
        again = time.monotonic() - began
        try:
            rounds = [_serve(installation) for _ in range(ROUNDS)]
        finally:
            installation.stop()
    seconds, cpu, resident, proportional = (statistics.median(each) for each in zip(*rounds, strict=True))
    save(
        "startup",
        [
            Claim(name="three APIs answer", measured=seconds, goal=SERVE_GOAL_SECONDS, unit="s"),
            Claim(name="second vlog up", measured=again, goal=UP_GOAL_SECONDS, unit="s"),
            Claim(
                name=f"memory after {REQUESTS} requests",
                measured=resident,
                goal=MEMORY_GOAL_MB,
                unit="MB",
                note=f"PSS {proportional:.1f} MB",
            ),
        ],
        {
            "serve_cpu_seconds_until_answering": round(cpu, 3),
            "rounds": [[round(value, 3) for value in each] for each in rounds],
            "columns": ["seconds", "cpu_seconds", "resident_mb", "proportional_mb"],
        },
    )


def _serve(installation: Installation) -> tuple[float, float, float, float]:
    """Another process with all services beside the running ones: seconds, CPU seconds, RSS and PSS in MB."""
    other = Installation(installation.home, ports=free_ports())
    began = time.monotonic()
    process = subprocess.Popen(
        other.command("serve", "all"),
        env=other.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not other.answers():
            if process.poll() is not None or time.monotonic() - began > 60:
                raise RuntimeError("vlog serve all did not start")
            time.sleep(0.01)
        seconds = time.monotonic() - began
        cpu = _cpu_seconds(process.pid)
        with httpx.Client() as client:
            for number in range(REQUESTS):
                which, path = PATHS[number % len(PATHS)]
                client.get(f"http://127.0.0.1:{other.ports[which]}{path}").raise_for_status()
        resident, proportional = _memory_mb(process.pid)
        return seconds, cpu, resident, proportional
    finally:
        process.terminate()
        process.wait(20)


def _cpu_seconds(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def _memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional memory (proc(5), smaps_rollup: kB)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return found["Rss"], found["Pss"]
