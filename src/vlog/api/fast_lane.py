"""The fast lane: media that is ready is answered on the spot, without a task, a scope, or a wait.

Most requests for segments find everything at hand: the video's place was asked for a moment ago, the file is
open, its bytes are in memory. Then the way through an application costs more than the answer. ``FastLane``
says whether a request is of that kind, and what it gets; whatever has to wait, to be refused or to be logged
takes the ordinary road. Both roads take their answers from ``media_answers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vlog.api import middleware
from vlog.api.media_answers import Answer
from vlog.api.media_paths import MEDIA_PREFIX
from vlog.api.mediafiles import MediaFiles
from vlog.api.middleware import Edge
from vlog.api.open_files import OpenFile

PREFIX = MEDIA_PREFIX.encode()
METHODS = (b"GET", b"HEAD")
# Who sends these wants more than an answer.
_UNUSUAL = (b"content-length", b"transfer-encoding", b"expect", b"upgrade")


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer and the file that its bytes come from, held until ``FastLane.release``."""

    answer: Answer
    file: OpenFile
    request_id: str


class FastLane:
    """What of a zone's media can be answered at once, by the rules of its ``edge``."""

    def __init__(self, edge: Edge, media: MediaFiles) -> None:
        self._edge = edge
        self._media = media

    def ready(
        self, method: bytes, target: bytes, *, headers: Mapping[bytes, bytes], peer: str
    ) -> Ready | None:
        """The answer to a request, if it is ready. Names of headers are in lower case; of those that are sent
        twice the last one counts, as it does in ``Edge``.
        """
        if method not in METHODS or not target.startswith(PREFIX) or b"#" in target:
            return None
        if not headers.keys().isdisjoint(_UNUSUAL):
            return None
        if middleware.logs_quiet() or not middleware.names_host(headers):
            return None
        path, _, query = target[len(PREFIX) :].partition(b"?")
        found = self._media.ready(
            method.decode(),
            path.decode("latin-1"),
            query=query,
            headers=headers,
            is_behind_proxy=self._edge.trusts(peer),
        )
        return Ready(*found, middleware.request_id_of(headers)) if found is not None else None

    def release(self, ready: Ready) -> None:
        """The answer is sent, or has failed."""
        self._media.release(ready.file)
