"""Addresses that try to leave their place name nothing: the file system is not even asked about them."""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.api import make_ready
from tests.support.serving import serving
from vlog.context import Context

ESCAPES = (
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "%252e%252e%252fetc%252fpasswd",
    "..\\..\\etc\\passwd",
    "..%5c..%5cetc%5cpasswd",
    "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "....//....//etc/passwd",
    "/etc/passwd",
    "//etc/passwd",
    "passwd%00.jpg",
    "passwd.",
    "passwd%20",
    "a/../../../etc/passwd",
    "file:///etc/passwd",
    "%EF%BC%8E%EF%BC%8E/passwd",
)
PLACES = (
    *("/videos/{key}/", "/videos/", "/static/", "/watch/", "/api/videos/", "/"),
    *("/embed/", "/category/", "/tag/", "/playlist/", "/api/playlists/", "/feeds/"),
)


@asynccontextmanager
async def watching(pid: int, log: Path) -> AsyncIterator[None]:
    """strace beside a process, for as long as the block lasts."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    options = ["-f", "-qq", "-s", "300", "-e", "trace=%file", "-o", str(log), "-p", str(pid)]
    tracer = await asyncio.create_subprocess_exec("strace", *options, stdout=DEVNULL, stderr=PIPE)
    try:
        await asyncio.sleep(0.5)
        if tracer.returncode is not None:
            pytest.skip("processes may not be traced here")
        yield
    finally:
        if tracer.returncode is None:
            tracer.terminate()
        await tracer.communicate()


async def status(port: int, path: str) -> int:
    """The answer to exactly this path: no client straightens it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


async def test_nothing_outside_is_looked_for(ctx: Context, tmp_path: Path) -> None:
    video = await make_ready(ctx)
    log = tmp_path / "trace"
    async with serving(ctx) as running, watching(running.process.pid, log):
        for place in PLACES:
            for escape in ESCAPES:
                answer = await status(running.ports[0], place.format(key=video.storage_key) + escape)
                assert answer in {400, 404}, (place, escape)
        assert await status(running.ports[0], f"/videos/{video.storage_key}/thumbnail.jpg") == 200
    asked = log.read_text(errors="replace")
    assert "thumbnail.jpg" in asked
    assert "passwd" not in asked
    assert "/.." not in asked
