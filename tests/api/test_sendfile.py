"""The protocol that lets the kernel send files: every byte, every ending, under both loops."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import inspect
import os
import random
import re
import select
import shutil
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from tests.support.asgi_server import Files, NewLoop, serving
from vlog.storage import pagecache

SIZE = 3_000_001
LARGE = 40 << 20


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def new_loop(request: pytest.FixtureRequest) -> NewLoop:
    loop: NewLoop = request.param
    return loop


@pytest.fixture
def files(tmp_path: Path) -> Files:
    content = random.Random(7).randbytes(SIZE)
    (tmp_path / "film").write_bytes(content)
    with (tmp_path / "large").open("wb") as large:
        large.truncate(LARGE)
    return Files(tmp_path)


@pytest.fixture
def content(files: Files) -> bytes:
    return (files.folder / "film").read_bytes()


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def ask(path: str, *, version: str = "1.1", extra: str = "") -> bytes:
    return f"GET {path} HTTP/{version}\r\nHost: x\r\n{extra}\r\n".encode()


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def connected(port: int, *, receive_buffer: int = 0) -> socket.socket:
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(20)
    client.connect(("127.0.0.1", port))
    return client


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def read_all(client: socket.socket) -> bytes:
    """What comes until the connection ends, in peace or not."""
    pieces = []
    with suppress(ConnectionError):
        while piece := client.recv(1 << 20):
            pieces.append(piece)
    return b"".join(pieces)


def test_whole_and_parts_on_one_connection(files: Files, content: bytes, new_loop: NewLoop) -> None:
    dice = random.Random(11)
    with serving(files, new_loop) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        stretches = [(0, SIZE), (0, 1), (SIZE - 1, 1), (0, 0), (4096, 65_536)]
        stretches += [
            (start, dice.randint(1, SIZE - start)) for start in (dice.randrange(SIZE) for _ in range(60))
        ]
        for start, count in stretches:
            connection.request("GET", f"/film/{start}/{count}")
            assert sha1(connection.getresponse().read()) == sha1(content[start : start + count])
        connection.close()
    assert files.offered == [True] * len(stretches)
    assert (files.busy, files.done) == (0, len(stretches))


def test_requests_that_do_not_wait_are_answered_in_turn(
    files: Files, content: bytes, new_loop: NewLoop
) -> None:
    dice = random.Random(3)
    starts = [dice.randrange(SIZE - 700_000) for _ in range(12)]
    requests = [ask(f"/film/{start}/700000") for start in starts[:-1]]
    requests.append(ask(f"/film/{starts[-1]}/700000", extra="Connection: close\r\n"))
    with serving(files, new_loop) as port, connected(port) as client:
        client.sendall(b"".join(requests))
        answer = read_all(client)
    for start in starts:
        head, _, answer = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert sha1(answer[:700_000]) == sha1(content[start : start + 700_000])
        answer = answer[700_000:]
    assert answer == b""


@pytest.mark.parametrize(("version", "extra"), [("1.0", ""), ("1.1", "Connection: close\r\n")])
def test_connections_that_end_with_their_answer(
    files: Files, content: bytes, new_loop: NewLoop, version: str, extra: str
) -> None:
    with serving(files, new_loop) as port, connected(port) as client:
        client.sendall(ask(f"/film/0/{SIZE}", version=version, extra=extra))
        answer = read_all(client)
    assert b"connection: close" in answer.partition(b"\r\n\r\n")[0].lower()
    assert sha1(body_of(answer)) == sha1(content)


async def read_slowly(port: int, start: int, pause: float) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65_536)
    writer.write(ask(f"/film/{start}/{SIZE - start}", extra="Connection: close\r\n"))
    await reader.readuntil(b"\r\n\r\n")
    found = hashlib.sha1(usedforsecurity=False)
    while piece := await reader.read(131_072):
        found.update(piece)
        await asyncio.sleep(pause)
    writer.close()
    return found.hexdigest()


async def test_fifty_readers_fast_and_slow(files: Files, content: bytes, new_loop: NewLoop) -> None:
    starts = [number * 1000 for number in range(50)]
    with serving(files, new_loop) as port:
        found = await asyncio.gather(
            *(read_slowly(port, start, 0.01 * (number % 3)) for number, start in enumerate(starts))
        )
    assert found == [sha1(content[start:]) for start in starts]
    assert files.busy == 0


def test_a_reader_that_stops_is_cut(files: Files, new_loop: NewLoop) -> None:
    with serving(files, new_loop, stall_seconds=0.3) as port, connected(port, receive_buffer=8192) as client:
        client.sendall(ask(f"/large/0/{LARGE}"))
        wait_until(lambda: files.done == 1)
        # What was on its way may still come.
        assert len(read_all(client)) < LARGE


def test_a_slow_but_steady_reader_gets_everything(files: Files, new_loop: NewLoop) -> None:
    with serving(files, new_loop, stall_seconds=0.5) as port, connected(port) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
        client.sendall(ask("/large/0/16000000", extra="Connection: close\r\n"))
        started, received = time.monotonic(), 0
        while piece := client.recv(800_000):
            received += len(piece)
            time.sleep(0.1)
    assert time.monotonic() - started > 1.0
    assert received > 16_000_000


def test_a_reader_that_leaves_is_noticed(files: Files, new_loop: NewLoop) -> None:
    with serving(files, new_loop) as port:
        for hard in (False, True):
            client = connected(port, receive_buffer=8192)
            client.sendall(ask(f"/large/0/{LARGE}"))
            client.recv(1000)
            if hard:
                # Closing resets (socket(7), SO_LINGER).
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        wait_until(lambda: files.done == 2)
    assert files.busy == 0


def watched_by_epolls() -> int:
    """How many sockets all epolls of this process watch for room, edge by edge (proc(5), fdinfo)."""
    edges = select.EPOLLOUT | select.EPOLLET
    told = 0
    for info in Path("/proc/self/fdinfo").iterdir():
        with suppress(OSError):
            masks = re.findall(r"^tfd:.*events:\s*([0-9a-f]+)", info.read_text(), re.MULTILINE)
            told += sum(int(mask, 16) & edges == edges for mask in masks)
    return told


def test_who_leaves_a_full_socket_leaves_nothing_to_those_that_get_its_number(
    files: Files, content: bytes, new_loop: NewLoop
) -> None:
    with serving(files, new_loop) as port:
        before = watched_by_epolls()
        for _ in range(3):
            crowd = [connected(port, receive_buffer=8192) for _ in range(10)]
            for client in crowd:
                client.sendall(ask(f"/large/0/{LARGE}"))
            wait_until(lambda: watched_by_epolls() == before + 10)
            for client in crowd:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            # At once: the kernel hands out the same numbers again.
            with connected(port) as client:
                client.sendall(ask(f"/film/0/{SIZE}", extra="Connection: close\r\n"))
                assert sha1(body_of(read_all(client))) == sha1(content)
            wait_until(lambda: files.busy == 0 and watched_by_epolls() == before)


def test_a_file_that_is_replaced_or_removed_is_sent_as_it_was(
    files: Files, content: bytes, new_loop: NewLoop
) -> None:
    film = files.folder / "film"

    def replace() -> None:
        other = files.folder / "other"
        other.write_bytes(b"x" * SIZE)
        other.rename(film)

    for change in (replace, film.unlink):
        film.write_bytes(content)
        files.between = change
        with serving(files, new_loop) as port, connected(port) as client:
            client.sendall(ask(f"/film/0/{SIZE}", extra="Connection: close\r\n"))
            assert sha1(body_of(read_all(client))) == sha1(content)


def test_a_file_that_becomes_shorter_ends_the_connection(
    files: Files, content: bytes, new_loop: NewLoop
) -> None:
    files.between = lambda: os.truncate(files.folder / "film", 1_000_000)
    with serving(files, new_loop) as port, connected(port) as client:
        client.sendall(ask(f"/film/0/{SIZE}"))
        received = read_all(client)
    assert content.startswith(body_of(received))
    assert len(body_of(received)) <= 1_000_000


def test_pages_that_are_not_in_memory_are_read_in_a_thread(
    files: Files, content: bytes, new_loop: NewLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(5)
    for cold in (1.0, 0.5):
        monkeypatch.setattr(pagecache, "is_cached", lambda *_, cold=cold: dice.random() >= cold)
        files.reads = 0
        with serving(files, new_loop) as port, connected(port) as client:
            client.sendall(ask(f"/film/5/{SIZE - 5}", extra="Connection: close\r\n"))
            assert sha1(body_of(read_all(client))) == sha1(content[5:])
        assert files.reads > 0


def test_a_disk_that_fails_in_the_middle_ends_the_connection(
    files: Files, content: bytes, new_loop: NewLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagecache, "is_cached", lambda *_: False)
    monkeypatch.setattr(pagecache, "read_cached", lambda *_: None)
    files.hangs_from = 1_000_000
    with serving(files, new_loop) as port, connected(port) as client:
        client.sendall(ask(f"/film/0/{SIZE}"))
        received = body_of(read_all(client))
    assert content.startswith(received)
    assert len(received) < SIZE
    assert (files.busy, files.done) == (0, 1)


def test_what_was_just_written_is_in_memory_and_what_was_dropped_is_not(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(os.urandom(SIZE))
    with path.open("rb") as file:
        if not pagecache.is_cached(file.fileno(), 0, SIZE):
            pytest.skip("this file system does not know RWF_NOWAIT")
        assert pagecache.read_cached(file.fileno(), SIZE - 10, 100) == path.read_bytes()[-10:]
        assert pagecache.read_cached(file.fileno(), SIZE, 100) == b""
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        assert not pagecache.is_cached(file.fileno(), 0, SIZE)
        assert pagecache.read_cached(file.fileno(), 1_000_000, 100) is None


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    key, chain = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    making = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    subject = ["-subj", "/CN=localhost", "-days", "2", "-keyout", key, "-out", chain]
    subprocess.run([*making, *subject], check=True, capture_output=True)
    return key, chain


def test_it_is_not_offered_where_bytes_must_be_encrypted(
    files: Files, content: bytes, new_loop: NewLoop, certificate: tuple[str, str]
) -> None:
    trusting = ssl.create_default_context(cafile=certificate[1])
    with serving(files, new_loop, certificate=certificate) as port:
        connection = http.client.HTTPSConnection("localhost", port, context=trusting, timeout=20)
        connection.request("GET", f"/film/0/{SIZE}")
        assert sha1(connection.getresponse().read()) == sha1(content)
        connection.close()
    assert files.offered == [False]


def test_uvicorn_is_as_the_protocol_knows_it() -> None:
    """What is overridden and read, so that an update of uvicorn can't change it unseen."""
    starting = inspect.signature(HttpToolsProtocol._start_asgi_task)
    assert list(starting.parameters) == ["self", "cycle", "app"]
    assert "self._start_asgi_task(cycle, app)" in inspect.getsource(HttpToolsProtocol.on_response_complete)
    assert "self._start_asgi_task(self.cycle, app)" in inspect.getsource(
        HttpToolsProtocol.on_headers_complete
    )
    made = inspect.getsource(RequestResponseCycle.__init__)
    for name in ("disconnected", "expected_content_length"):
        assert f"self.{name} = " in made
    # What the fast lane's answers must have to pass for cycles.
    whole = inspect.getsource(HttpToolsProtocol)
    asked = {"body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete"}
    assert set(re.findall(r"self\.cycle\.(\w+)", whole)) == asked
    assert "existing_cycle.response_complete" in whole
    lost = inspect.getsource(HttpToolsProtocol.connection_lost)
    assert "self.cycle.disconnected = True" in lost
    assert "self.flow.resume_writing()" in lost
