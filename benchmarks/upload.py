"""One large upload beside nginx's DAV PUT: the same file, the same disk, by turns.

nginx writes what comes and answers; nothing says that the bytes would survive a power cut. VLog hashes and
syncs them as it goes and answers when they are durable. So nginx is measured twice: until its answer, and
until its file is durable as well. Sent is by ``sendfile`` on one connection, so that the client costs little.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import Claim, save
from tests.support.installation import SECRET, Installation, running
from tests.support.site import server_process, wait_for

SIZE_BYTES = int(os.environ.get("BENCH_MB", "1024")) << 20
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
GOAL = 1 / 0.8
BLOCK_BYTES = 4 << 20
TUS = f"X-Admin-Secret: {SECRET}\r\nTus-Resumable: 1.0.0\r\n"


@dataclass(frozen=True)
class Sent:
    """One upload to VLog: seconds, and what its process did meanwhile."""

    seconds: float
    written_ratio: float
    memory_growth_mb: float
    cpu_seconds: float


def run() -> None:
    """Measure and report."""
    if shutil.which("nginx") is None:
        print("The benchmark upload needs nginx: apt-get install nginx-light")
        return
    answered: list[float] = []
    durable: list[float] = []
    sent: list[Sent] = []
    with (
        tempfile.TemporaryDirectory(prefix="vlog-bench-") as folder,
        running(Path(folder)) as installation,
        _nginx(Path(folder) / "nginx") as (port, target),
    ):
        source = _source(Path(folder) / "source")
        # The first one of each pays for warming up.
        _put(port, source, target)
        _upload(installation, source)
        for _ in range(ROUNDS):
            answer, until_durable = _put(port, source, target)
            answered.append(answer)
            durable.append(until_durable)
            sent.append(_upload(installation, source))
    _report(answered, durable, sent=sent)


def _source(path: Path) -> Path:
    block = os.urandom(BLOCK_BYTES)
    with path.open("wb") as file:
        for _ in range(SIZE_BYTES // BLOCK_BYTES):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return path


def _put(port: int, source: Path, target: Path) -> tuple[float, float]:
    """Seconds until nginx answers, and until what it has written is durable."""
    begun = time.monotonic()
    status, _ = _send(port, "PUT /source", "", source=source)
    answered = time.monotonic() - begun
    assert status in {201, 204}, status
    with target.open("rb") as file:
        os.fdatasync(file.fileno())
    durable = time.monotonic() - begun
    target.unlink()
    return answered, durable


def _upload(installation: Installation, source: Path) -> Sent:
    process = server_process(installation)
    port = installation.ports[1]
    created, location = _send(
        port, "POST /api/uploads", f"{TUS}Upload-Length: {SIZE_BYTES}\r\nUpload-Metadata: title YQ==\r\n"
    )
    assert created == 201, created
    head = f"{TUS}Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n"
    written, used = _written(process), _cpu(process)
    with _peak_memory(process) as growth:
        begun = time.monotonic()
        status, _ = _send(port, f"PATCH {location}", head, source=source)
        seconds = time.monotonic() - begun
    assert status == 204, status
    found = Sent(
        seconds=seconds,
        written_ratio=(_written(process) - written) / SIZE_BYTES,
        memory_growth_mb=growth() / 1e6,
        cpu_seconds=_cpu(process) - used,
    )
    with installation.api() as admin:
        listed = admin.get("/api/videos").json()["videos"]
        for video in listed:
            installation.wait_until_over(video["id"])
            admin.delete(f"/api/videos/{video['id']}").raise_for_status()
            admin.delete(f"/api/videos/{video['id']}", params={"permanent": True}).raise_for_status()
    return found


def _send(port: int, request: str, headers: str, *, source: Path | None = None) -> tuple[int, str]:
    """One request on a connection of its own; its status and ``Location``."""
    length = source.stat().st_size if source else 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            f"{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}"
            f"Content-Length: {length}\r\n\r\n".encode()
        )
        if source is not None:
            with source.open("rb") as file:
                connection.sendfile(file)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    lines = answer.decode("latin-1").split("\r\n")
    location = next((line[10:] for line in lines if line.lower().startswith("location: ")), "")
    return int(lines[0].split()[1]), location


@contextmanager
def _nginx(folder: Path) -> Iterator[tuple[int, Path]]:
    """nginx with one place for PUT; its port, and the file that ``/source`` becomes."""
    files = folder / "files"
    files.mkdir(parents=True)
    # Its workers are not root.
    for each in (folder.parent, folder, files):
        each.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    temporary = " ".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes 1; error_log stderr crit; pid {folder}/pid; events {{ }}"
        f" http {{ access_log off; {temporary} client_max_body_size 0;"
        f" server {{ listen 127.0.0.1:{port}; root {files}; location = /alive {{ return 204; }}"
        " location / { dav_methods PUT; } } }"
    )
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr"])
    try:
        wait_for(f"http://127.0.0.1:{port}/alive")
        yield port, files / "source"
    finally:
        process.terminate()
        process.wait()


def _written(process: int) -> int:
    """What a process has had written to disks (proc(5), io)."""
    for line in Path(f"/proc/{process}/io").read_text().splitlines():
        name, _, value = line.partition(": ")
        if name == "write_bytes":
            return int(value)
    raise AssertionError("no write_bytes")


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def _peak_memory(process: int) -> Iterator[Callable[[], int]]:
    """Sample a process; the value tells how far it grew beyond what it had at first."""
    before = peak = _resident(process)
    over = threading.Event()

    def sample() -> None:
        nonlocal peak
        while not over.wait(0.01):
            peak = max(peak, _resident(process))

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield lambda: peak - before
    finally:
        over.set()
        sampler.join()


def _report(answered: list[float], durable: list[float], *, sent: list[Sent]) -> None:
    seconds = statistics.median(each.seconds for each in sent)
    claims = [
        Claim(
            name="time, VLog / nginx until its answer",
            measured=seconds / statistics.median(answered),
            goal=GOAL,
            unit="×",
        ),
        Claim(
            name="time, VLog / nginx until durable",
            measured=seconds / statistics.median(durable),
            goal=GOAL,
            unit="×",
        ),
        Claim(
            name="bytes written / bytes sent",
            measured=max(each.written_ratio for each in sent),
            goal=1.01,
            unit="×",
        ),
        Claim(
            name="memory beyond the start's",
            measured=max(each.memory_growth_mb for each in sent),
            goal=32,
            unit="MB",
        ),
    ]
    figures = {
        "size_bytes": SIZE_BYTES,
        "nginx_answered_seconds": [round(each, 3) for each in answered],
        "nginx_durable_seconds": [round(each, 3) for each in durable],
        "vlog_seconds": [round(each.seconds, 3) for each in sent],
        "vlog_cpu_seconds": [round(each.cpu_seconds, 2) for each in sent],
        "vlog_mb_per_second": round(SIZE_BYTES / 1e6 / seconds, 1),
    }
    save("upload", claims, figures)
