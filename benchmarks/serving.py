"""Media bytes beside nginx: throughput and CPU time per gigabyte, on the same files in the same run.

One worker of nginx with ``sendfile`` and ``tcp_nopush`` reads the storage folder. VLog runs as ``vlog up``
starts it, with every check that a viewer's request goes through. *X-Accel* is nginx in front of VLog, sending
what VLog names.
Servers hold core 0, the client (wrk) core 1. In a closed loop on one machine the client is as busy as the
server: CPU time tells more than throughput.

What is measured is a window in the middle of each run: viewers stay connected, and a thousand connections
that open in the same moment would be most of a short run. Bytes are those that the client's kernel has
acknowledged (``ss -i``), CPU time is the scheduler's, in nanoseconds. Servers take turns, and each round's
ratio is of two neighbours in time; the claims are medians of those ratios.
"""

from __future__ import annotations

import json
import math
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

SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CONNECTIONS = (200, 1000)
SETTLE_SECONDS = 0.5
# Until all are connected and in the middle of their second answer or so.
LEAD_SECONDS = 1.0
# In a window each connection begins so many answers at a speed that any of the servers has, or their heads
# would count too little.
LEAST_ANSWERS = 2
SLOWEST_BYTES_PER_SECOND = 1e9
PREFIX = "/internal-media"
TOOLS = ("nginx", "wrk", "taskset", "ss")


@dataclass(frozen=True)
class Case:
    """One kind of request. ``cpu_goal``: CPU seconds per GB as a multiple of nginx's."""

    name: str
    rendition: str
    size_bytes: int
    files: int
    range: str | None = None
    cpu_goal: float | None = 1.5

    @property
    def answer_bytes(self) -> int:
        """How long each answer is."""
        first, _, last = (self.range or "").removeprefix("bytes=").partition("-")
        return int(last) - int(first) + 1 if last else self.size_bytes

    def window_seconds(self, connections: int) -> float:
        """How long to look."""
        return max(SECONDS, LEAST_ANSWERS * connections * self.answer_bytes / SLOWEST_BYTES_PER_SECOND)


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
    """What runs of the client gave."""

    mb_per_second: float
    cpu_seconds_per_gb: float
    cpu_us_per_request: float
    p99_ms: float
    errors: int


Table = dict[str, dict[str, list[Figures]]]


def run() -> None:
    """Measure and report."""
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if missing:
        wanted = "nginx-light wrk util-linux iproute2"
        print(f"The benchmark serving needs {', '.join(missing)}: apt-get install {wanted}")
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
                row = table.setdefault(name, {})
                beside = f"{peer.name} beside X-Accel" if is_behind else peer.name
                for _ in range(ROUNDS):
                    # In turn, so that noise from elsewhere hits both.
                    row.setdefault(beside, []).append(_once(peer, plain, case, connections))
                    row.setdefault(ours.name, []).append(_once(ours, script, case, connections))
                for key in (beside, ours.name):
                    print(f"  {name:<20} {key:<20} {_median(row[key])}", flush=True)


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


def _once(server: Server, script: Path, case: Case, connections: int) -> Figures:
    # The clients of the run before have left in the middle of their answers.
    time.sleep(SETTLE_SECONDS)
    window = case.window_seconds(connections)
    client = subprocess.Popen(
        [
            *("taskset", "-c", "1", "wrk", "-t1", f"-c{connections}"),
            *(f"-d{math.ceil(LEAD_SECONDS + window + SETTLE_SECONDS)}s", "--timeout", "20s"),
            *("-s", str(script), f"http://127.0.0.1:{server.port}"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(LEAD_SECONDS)
    before = _moment(server)
    time.sleep(window)
    seconds, used, sent = (after - first for after, first in zip(_moment(server), before, strict=True))
    said, _ = client.communicate()
    found = re.search(r"^\{.*\}$", said, re.MULTILINE)
    assert found is not None, said
    counted = json.loads(found.group())
    assert sent > 0, f"{server.name} sent nothing in {window:g} s"
    return Figures(
        mb_per_second=round(sent / seconds / 1e6, 1),
        cpu_seconds_per_gb=round(used / (sent / 1e9), 4),
        cpu_us_per_request=round(used * 1e6 / (sent / case.answer_bytes), 1),
        p99_ms=round(counted["p99"] / 1000, 1),
        errors=counted["errors"],
    )


def _moment(server: Server) -> tuple[float, float, int]:
    """The time, CPU seconds of all the server's threads, and bytes that its connections' peers have taken."""
    listed = subprocess.run(
        ["ss", "-tinH", "state", "established", f"sport = :{server.port}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    taken = sum(int(count) for count in re.findall(r"bytes_acked:(\d+)", listed))
    # proc(5), schedstat: the first field is time on a processor in nanoseconds.
    used = sum(
        int(each.read_text().split()[0])
        for process_id in server.process_ids
        for each in Path(f"/proc/{process_id}/task").glob("*/schedstat")
    )
    return time.monotonic(), used / 1e9, taken


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
            if case.cpu_goal is None or server not in row:
                continue
            pairs = list(zip(row[server], row[peer], strict=True))
            slower = statistics.median(theirs.mb_per_second / our.mb_per_second for our, theirs in pairs)
            dearer = statistics.median(
                our.cpu_seconds_per_gb / theirs.cpu_seconds_per_gb for our, theirs in pairs
            )
            claims += [
                # Lower is better: at least 0.85 of nginx's throughput.
                Claim(name=f"{name}: time, {server} / nginx", measured=slower, goal=1 / 0.85, unit="×"),
                Claim(
                    name=f"{name}: CPU per GB, {server} / nginx",
                    measured=dearer,
                    goal=case.cpu_goal,
                    unit="×",
                    note=", ".join(
                        f"{our.cpu_seconds_per_gb:.3f} / {theirs.cpu_seconds_per_gb:.3f}"
                        for our, theirs in pairs
                    ),
                ),
            ]
    figures = {
        name: {server: asdict(_median(runs)) for server, runs in row.items()} for name, row in table.items()
    }
    save("serving", claims, {"seconds": SECONDS, "rounds": ROUNDS, "figures": figures})
