"""An admin service that answers by script, for what a real one can't be made to say at will."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.support.tus_stub import PATH, TusStub

SECRET = "correct-horse-battery-staple"


@dataclass
class Request:
    """One request as it arrived; of the body only the first bytes."""

    method: str
    path: str
    query: str
    head: bytes
    size_bytes: int


@dataclass
class AdminStub:
    """Answers per method and path: a status and what to send as JSON (bytes go out as they are)."""

    answers: dict[tuple[str, str], list[tuple[int, object]]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    tus: TusStub = field(default_factory=TusStub)
    url: str = ""

    def on(self, method: str, path: str, *answers: tuple[int, object]) -> None:
        """Give these answers one after the other; the last one stays."""
        self.answers[method, path] = list(answers)

    def next_answer(self, method: str, path: str) -> tuple[int, object]:
        waiting = self.answers.get((method, path), [(404, {"detail": f"no answer to {method} {path}"})])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def admin_stub() -> Iterator[AdminStub]:
    """A running stub that wants ``SECRET``."""
    stub = AdminStub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            address = urlsplit(self.path)
            size = int(self.headers.get("content-length") or 0)
            if address.path.startswith(PATH):
                stub.requests.append(Request(self.command, address.path, address.query, b"", size))
                stub.tus.answer(self)
                return
            head = read_body(self, size)
            stub.requests.append(Request(self.command, address.path, address.query, head, size))
            status, body = stub.next_answer(self.command, address.path)
            if self.headers.get("x-admin-secret") != SECRET:
                status, body = 401, {"detail": "Sign in first.", "code": "not_authenticated"}
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_HEAD = do_PATCH = answer  # noqa: N815 - the names that the base class calls

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def read_body(handler: BaseHTTPRequestHandler, size: int) -> bytes:
    """The first bytes of a body; the rest is read and forgotten."""
    head = b""
    left = size
    while left:
        block = handler.rfile.read(min(left, 1 << 20))
        if not block:
            break
        left -= len(block)
        head += block[: 4096 - len(head)]
    return head
