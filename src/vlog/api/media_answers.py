"""What is answered to a request for a file that is there: status, headers, which bytes.

A request takes the ordinary road through the application when it has to wait for something, else the fast
lane. Both roads ask here, so that nobody can tell from an answer which road it came by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from vlog.api import media_paths, ranges
from vlog.api.conditional import is_known, is_same, is_unchanged
from vlog.api.headers import FOR_OTHER_SITES, HeaderPolicy, RawHeaders
from vlog.api.media_paths import Kind, MediaPath
from vlog.api.ranges import ByteRange
from vlog.storage.layout import Key

# Per file: answers to the whole, to its head, and to the parts that players of the moment ask for.
MAX_REMEMBERED = 64
_MAX_RANGE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says about the bytes that it wants; values as they were sent."""

    method: str
    range: str | None = None
    if_range: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None

    @classmethod
    def of(cls, method: str, headers: Mapping[bytes, bytes]) -> Asked:
        """Read one request's head; names are in lower case."""
        if headers.keys().isdisjoint(_NAMES):
            return _PLAIN.get(method) or cls(method)
        return cls(method, *(headers[name].decode("latin-1") if name in headers else None for name in _NAMES))

    @property
    def is_timeless(self) -> bool:
        """Whether the answer depends on nothing but the file: the same request gets the same again."""
        if self.if_range is not None or self.if_none_match is not None or self.if_modified_since is not None:
            return False
        return self.range is None or len(self.range) <= _MAX_RANGE_LENGTH


_NAMES = (b"range", b"if-range", b"if-none-match", b"if-modified-since")
_BY_NGINX = Asked("")
_PLAIN = {method: Asked(method) for method in ("GET", "HEAD")}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers, complete but for those of the connection; ``part`` is ``None`` without a body."""

    status: int
    headers: RawHeaders
    part: ByteRange | None
    encoded: bytes
    """The same headers as HTTP/1.1 writes them."""


class Version(Protocol):
    """What an answer depends on of a file. ``answers`` are those that were given before."""

    size_bytes: int
    tag: str
    modified: str
    answers: dict[tuple[Kind, Asked], Answer]


class Answering:
    """The answers of one zone."""

    def __init__(self, policy: HeaderPolicy, *, is_private: bool, accel_prefix: str | None = None) -> None:
        """``is_private``: nobody may keep or share them; else every site's players may read them.

        ``accel_prefix``: where nginx has the storage folder.
        """
        self._policy = policy
        self._accel_prefix = accel_prefix
        self._headers = {kind: _headers_of(kind, is_private=is_private) for kind in media_paths.CACHE_CONTROL}

    def answer(self, asked: Asked, path: MediaPath, file: Version) -> Answer:
        """What ``asked`` gets of this version of the file."""
        if not asked.is_timeless:
            return self._answer(asked, path, file)
        key = (path.kind, asked)
        known = file.answers.get(key)
        if known is None:
            if len(file.answers) >= MAX_REMEMBERED:
                file.answers.clear()
            known = file.answers[key] = self._answer(asked, path, file)
        return known

    def redirects(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a trusted proxy with this request can be told which file to send (a name that Rack and
        others know, too).
        """
        able = headers.get(b"x-sendfile-type", b"").lower() == b"x-accel-redirect"
        return able and self._accel_prefix is not None

    def redirect(self, path: MediaPath, file: Version, key: Key) -> Answer:
        """Tell nginx to send this file: it adds length, date and tag, and knows ranges and conditions."""
        known = file.answers.get(asked := (path.kind, _BY_NGINX))
        if known is None:
            known = file.answers[asked] = self._redirect(path, key)
        return known

    def _redirect(self, path: MediaPath, key: Key) -> Answer:
        headers = [
            *self._headers[path.kind],
            (b"content-type", path.media_type.encode()),
            (b"content-length", b"0"),
            # The path is ours, made of ids.
            (b"x-accel-redirect", f"{self._accel_prefix}/{key}".encode()),
        ]
        return self._complete(HTTPStatus.OK, headers, None)

    def _answer(self, asked: Asked, path: MediaPath, file: Version) -> Answer:
        headers = [
            *self._headers[path.kind],
            (b"etag", file.tag.encode()),
            (b"last-modified", file.modified.encode()),
        ]
        if _has_it(asked, file):
            return self._complete(HTTPStatus.NOT_MODIFIED, headers, None)
        try:
            part = _wanted(asked, file)
        except ranges.Unsatisfiable:
            headers.append((b"content-range", b"bytes */%d" % file.size_bytes))
            headers.append((b"content-length", b"0"))
            return self._complete(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers, None)
        status = HTTPStatus.OK
        if part is not None:
            status = HTTPStatus.PARTIAL_CONTENT
            limits = (part.start, part.end - 1, file.size_bytes)
            headers.append((b"content-range", b"bytes %d-%d/%d" % limits))
        part = part or ByteRange(0, file.size_bytes)
        headers.append((b"content-length", b"%d" % part.length))
        headers.append((b"content-type", path.media_type.encode()))
        return self._complete(status, headers, part if asked.method != "HEAD" else None)

    def _complete(self, status: HTTPStatus, given: RawHeaders, part: ByteRange | None) -> Answer:
        headers = self._policy.completed(given)
        encoded = b"".join(b"%b: %b\r\n" % header for header in headers)
        return Answer(int(status), headers, part, encoded)


def _headers_of(kind: Kind, *, is_private: bool) -> RawHeaders:
    if is_private:
        return [(b"accept-ranges", b"bytes"), (b"cache-control", b"private, no-cache"), (b"vary", b"Cookie")]
    return [
        (b"accept-ranges", b"bytes"),
        (b"cache-control", media_paths.CACHE_CONTROL[kind].encode()),
        *((name.encode(), value.encode()) for name, value in FOR_OTHER_SITES.items()),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]


def _has_it(asked: Asked, file: Version) -> bool:
    if asked.if_none_match is not None:
        return is_known(asked.if_none_match, file.tag)
    return is_unchanged(asked.if_modified_since, modified=file.modified)


def _wanted(asked: Asked, file: Version) -> ByteRange | None:
    if asked.range is None or asked.method != "GET":
        # Of HEAD it means nothing (RFC 9110 §14.2).
        return None
    if asked.if_range is not None and not is_same(asked.if_range, tag=file.tag, modified=file.modified):
        # The client has a part of another file: it needs the whole of this one (RFC 9110 §13.1.5).
        return None
    return ranges.parse(asked.range, size_bytes=file.size_bytes)
