"""Media bytes beside nginx: throughput and CPU time per gigabyte, on the same files in the same run.

One worker of nginx with ``sendfile`` and ``tcp_nopush`` reads the storage folder. VLog runs as ``vlog up``
starts it, with every check that a viewer's request goes through. *X-Accel* is nginx in front of VLog, sending
what VLog names.
Servers hold core 0, the client (wrk) core 1. In a closed loop on one machine the client is as busy as the
server: CPU time tells more than throughput.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.report import Claim, save
from tests.support.installation import Installation, running
from tests.support.processes import descendants
from tests.support.site import Site, publish, server_process, wait_for

SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CONNECTIONS = (200, 1000)
SETTLE_SECONDS = 1.0
PREFIX = "/internal-media"
TICKS = os.sysconf("SC_CLK_TCK")
TOOLS = ("nginx", "wrk", "taskset")


@dataclass(frozen=True)
class Case:
    """One kind of request. ``cpu_goal``: CPU seconds per GB as a multiple of nginx's."""

    name: str
    rendition: str
    size_bytes: int
    files: int
    range: str | None = None
    cpu_goal: float | None = 1.5


CASES = (
    Case("200 KB", "200k", 200 << 10, 64, cpu_goal=None),
    Case("1 MB", "1m", 1 << 20, 48),
    Case("4 MB", "4m", 4 << 20, 16),
    Case("1 MB of 4 MB", "4m", 4 << 20, 16, range="bytes=1500000-2548575", cpu_goal=1.3),
)


@dataclass(frozen=True)
class Server:
    """Where it listens, what stands before the media's path, and whose CPU time counts."""

    name: str
    port: int
    prefix: str
    process_ids: tuple[int, ...]


@dataclass(frozen=True)
class Figures:
    """What runs of the client gave, medians."""

    mb_per_second: float
    cpu_seconds_per_gb: float
    cpu_us_per_request: float
    p99_ms: float
    errors: int


Table = dict[str, dict[str, Figures]]


def run() -> None:
    """Measure and report."""
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if missing:
        print(f"The benchmark serving needs {', '.join(missing)}: apt-get install nginx-light wrk util-linux")
        return
    table: Table = {}
    with tempfile.TemporaryDirectory(prefix="vlog-bench-") as folder, running(Path(folder)) as installation:
        # nginx's workers are not root and read the same files.
        installation.home.chmod(0o755)
        site = publish(installation)
        paths = _fill(site)
        _measure(table, installation, paths, is_behind=False)
        installation.stop()
        installation.start({"VLOG_TRUSTED_PROXIES": "127.0.0.0/8", "VLOG_X_ACCEL_PREFIX": PREFIX})
        _measure(table, installation, paths, is_behind=True)
    _report(table)


def _fill(site: Site) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for case in CASES:
        if case.rendition not in made:
            made[case.rendition] = [
                site.add(case.rendition, number, os.urandom(case.size_bytes)) for number in range(case.files)
            ]
    return made


def _measure(
    table: Table, installation: Installation, paths: dict[str, list[str]], *, is_behind: bool
) -> None:
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="vlog-bench-nginx-")))
        folder.chmod(0o755)
        vlog = server_process(installation)
        subprocess.run(["taskset", "-acp", "0", str(vlog)], check=True, capture_output=True)
        port = installation.ports[0]
        nginx = held.enter_context(_nginx(folder, installation.storage, upstream=port if is_behind else None))
        peer = Server("nginx", nginx.port, "", nginx.process_ids)
        ours = (
            Server("X-Accel", nginx.port, "/app", (*nginx.process_ids, vlog))
            if is_behind
            else Server("vlog", port, "", (vlog,))
        )
        for case in CASES:
            for connections in CONNECTIONS:
                name = f"{case.name} × {connections}"
                script = _script(folder, case, paths[case.rendition], ours.prefix)
                plain = _script(folder, case, paths[case.rendition], "")
                runs: dict[str, list[Figures]] = {peer.name: [], ours.name: []}
                for _ in range(ROUNDS):
                    # In turn, so that noise from elsewhere hits both.
                    runs[peer.name].append(_once(peer, plain, connections))
                    runs[ours.name].append(_once(ours, script, connections))
                row = table.setdefault(name, {})
                for server, figures in runs.items():
                    key = f"{server} beside X-Accel" if is_behind and server == "nginx" else server
                    row[key] = _median(figures)
                    print(f"  {name:<20} {key:<20} {row[key]}", flush=True)


@contextmanager
def _nginx(folder: Path, storage: Path, *, upstream: int | None) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    app = (
        f"location /app/ {{ proxy_pass http://127.0.0.1:{upstream}/; proxy_http_version 1.1;"
        ' proxy_set_header Connection ""; proxy_set_header Host $host;'
        " proxy_set_header X-Sendfile-Type X-Accel-Redirect; }"
        f" location {PREFIX}/ {{ internal; alias {storage}/; }}"
        if upstream is not None
        else ""
    )
    config = folder / "nginx.conf"
    config.write_text(
        "daemon off; master_process on; worker_processes 1; error_log stderr crit;"
        f" pid {folder}/pid; worker_rlimit_nofile 8192;"
        " events { worker_connections 4096; }"
        " http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;"
        " default_type video/iso.segment;"
        f" proxy_temp_path {folder}/p; client_body_temp_path {folder}/b; fastcgi_temp_path {folder}/f;"
        f" uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;"
        f" server {{ listen 127.0.0.1:{port} backlog=2048; root {storage};"
        f" location = /alive {{ return 204; }} {app} }} }}"
    )
    process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", str(config), "-e", "stderr"])
    try:
        wait_for(f"http://127.0.0.1:{port}/alive")
        yield Server("nginx", port, "", (process.pid, *descendants(process.pid)))
    finally:
        process.terminate()
        process.wait()


def _script(folder: Path, case: Case, paths: Sequence[str], prefix: str) -> Path:
    """What wrk asks for: the files in turn; at its end it prints JSON."""
    listed = ",".join(f'"{prefix}{path}"' for path in paths)
    header = f'wrk.headers["Range"] = "{case.range}"' if case.range else ""
    script = folder / f"ask{prefix.replace('/', '-')}.lua"
    script.write_text(
        f"{header}\n"
        f"local paths = {{{listed}}}\n"
        "local ready = {}\n"
        "local turn = 0\n"
        "function init(args) for i, path in ipairs(paths) do"
        ' ready[i] = wrk.format("GET", path) end end\n'
        "function request() turn = turn % #ready + 1; return ready[turn] end\n"
        "function done(summary, latency, requests)\n"
        "  local e = summary.errors\n"
        '  print(string.format(\'{"bytes":%d,"requests":%d,"us":%d,"p99":%d,"errors":%d}\','
        " summary.bytes, summary.requests, summary.duration, latency:percentile(99),"
        " e.connect + e.read + e.write + e.status + e.timeout))\n"
        "end\n"
    )
    return script


def _once(server: Server, script: Path, connections: int) -> Figures:
    # The clients of the run before have left in the middle of their answers.
    time.sleep(SETTLE_SECONDS)
    before = _cpu_seconds(server.process_ids)
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{SECONDS:g}s", "--timeout", "20s"]
    done = subprocess.run(
        [*command, "-s", str(script), f"http://127.0.0.1:{server.port}"],
        check=True,
        capture_output=True,
        text=True,
    )
    used = _cpu_seconds(server.process_ids) - before
    found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    said = json.loads(found.group())
    assert said["bytes"], f"{server.name} sent nothing in {SECONDS:g} s"
    return Figures(
        mb_per_second=round(said["bytes"] / said["us"], 1),
        cpu_seconds_per_gb=round(used / (said["bytes"] / 1e9), 4),
        cpu_us_per_request=round(used * 1e6 / max(1, said["requests"]), 1),
        p99_ms=round(said["p99"] / 1000, 1),
        errors=said["errors"],
    )


def _cpu_seconds(process_ids: Sequence[int]) -> float:
    """User and system time of all threads so far (proc(5), fields 14 and 15 of stat)."""
    total = 0
    for each in process_ids:
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _median(figures: Sequence[Figures]) -> Figures:
    return Figures(
        mb_per_second=statistics.median(each.mb_per_second for each in figures),
        cpu_seconds_per_gb=statistics.median(each.cpu_seconds_per_gb for each in figures),
        cpu_us_per_request=statistics.median(each.cpu_us_per_request for each in figures),
        p99_ms=statistics.median(each.p99_ms for each in figures),
        errors=sum(each.errors for each in figures),
    )


def _report(table: Table) -> None:
    claims = []
    for name, row in table.items():
        case = next(each for each in CASES if name.startswith(f"{each.name} ×"))
        for server, peer in (("vlog", "nginx"), ("X-Accel", "nginx beside X-Accel")):
            slower = row[peer].mb_per_second / row[server].mb_per_second
            if case.cpu_goal is not None:
                # Lower is better: at least 0.85 of nginx's throughput.
                claims.append(
                    Claim(name=f"{name}: time, {server} / nginx", measured=slower, goal=1 / 0.85, unit="×")
                )
                dearer = row[server].cpu_seconds_per_gb / row[peer].cpu_seconds_per_gb
                claims.append(
                    Claim(
                        name=f"{name}: CPU per GB, {server} / nginx",
                        measured=dearer,
                        goal=case.cpu_goal,
                        unit="×",
                    )
                )
    figures = {name: {server: asdict(each) for server, each in row.items()} for name, row in table.items()}
    save("serving", claims, {"seconds": SECONDS, "rounds": ROUNDS, "figures": figures})
