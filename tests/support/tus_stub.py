"""Resumable uploads as a stub of the admin service takes them: by the protocol, with trouble on demand."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

PATH = "/api/uploads"


@dataclass
class StubUpload:
    """An upload: what was said of it, and what has come. Bytes are hashed and not kept."""

    length_bytes: int
    metadata: dict[str, str]
    offset_bytes: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)


@dataclass
class TusStub:
    """What happens to uploads."""

    uploads: dict[str, StubUpload] = field(default_factory=dict)
    # Method and answer of requests that go wrong, in this order: (method, status, body).
    refusals: list[tuple[str, int, object]] = field(default_factory=list)
    # After so many bytes of a piece the connection is cut: once each.
    cuts: list[int] = field(default_factory=list)
    # Refuse pieces before their body is read, and close, as a server that has enough does.
    hasty: bool = False
    # Whether the answer to the last byte is lost on its way.
    loses_last_answer: bool = False
    # Whether the video that came of it is deleted before anybody asks.
    video_is_gone: bool = False

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request below ``PATH``."""
        method = handler.command
        if self.refusals and self.refusals[0][0] == method:
            _, status, body = self.refusals.pop(0)
            if not self.hasty:
                self._skip(handler)
            self._send(handler, status, json.dumps(body).encode() if body is not None else b"")
        elif method == "POST":
            self._create(handler)
        else:
            self._go_on(handler, self.uploads.get(handler.path.removeprefix(f"{PATH}/")))

    def _create(self, handler: BaseHTTPRequestHandler) -> None:
        upload_id = f"{len(self.uploads) + 1:032x}"
        pairs = (pair.split(" ") for pair in handler.headers["upload-metadata"].split(","))
        metadata = {name: base64.b64decode(value).decode() for name, value in pairs}
        self.uploads[upload_id] = StubUpload(int(handler.headers["upload-length"]), metadata)
        self._send(handler, 201, b"", {"location": f"{PATH}/{upload_id}"})

    def _go_on(self, handler: BaseHTTPRequestHandler, upload: StubUpload | None) -> None:
        if upload is None:
            self._skip(handler)
            self._send(handler, 404, b"")
        elif handler.command == "HEAD":
            self._send(handler, 200, b"", {"upload-offset": str(upload.offset_bytes)})
        elif handler.command == "GET":
            is_complete = upload.offset_bytes == upload.length_bytes
            video_id = None if self.video_is_gone else 7
            found = {"state": "accepted", "video_id": video_id, "slug": "am-see"}
            unfinished = {"state": "receiving", "video_id": None, "slug": None}
            self._send(handler, 200, json.dumps(found if is_complete else unfinished).encode())
        elif int(handler.headers["upload-offset"]) != upload.offset_bytes:
            self._skip(handler)
            self._send(handler, 409, json.dumps({"code": "wrong_offset", "detail": "No."}).encode())
        else:
            self._take(handler, upload)

    def _take(self, handler: BaseHTTPRequestHandler, upload: StubUpload) -> None:
        left = int(handler.headers["content-length"])
        cut = self.cuts.pop(0) if self.cuts else left + 1
        while left:
            block = handler.rfile.read(min(left, cut, 1 << 20))
            upload.digest.update(block)
            upload.offset_bytes += len(block)
            left, cut = left - len(block), cut - len(block)
            if cut <= 0 or not block:
                self._hang_up(handler)
                return
        headers = {"upload-offset": str(upload.offset_bytes)}
        if upload.offset_bytes == upload.length_bytes:
            if self.loses_last_answer:
                self.loses_last_answer = False
                self._hang_up(handler)
                return
            headers |= {"vlog-video-id": "7", "vlog-video-slug": "am-see"}
        self._send(handler, 204, b"", headers)

    def _skip(self, handler: BaseHTTPRequestHandler) -> None:
        left = int(handler.headers["content-length"] or 0)
        while left and (block := handler.rfile.read(min(left, 1 << 20))):
            left -= len(block)

    def _hang_up(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    def _send(
        self, handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None
    ) -> None:
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        if status != 204:
            handler.send_header("content-length", str(len(body)))
        if self.hasty and handler.command == "PATCH":
            handler.send_header("connection", "close")
            handler.close_connection = True
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)
