"""A server in memory: keeps what workers put, and refuses what the real one refuses."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from vlog.kit.errors import Conflict, LeaseLost
from vlog.media.loudness import Loudness
from vlog.media.stills import PictureFile
from vlog.wire.work import (
    CELLS_TAKEN,
    Capabilities,
    Failure,
    Frame,
    Lease,
    Offer,
    Picture,
    Progress,
    Result,
    Segment,
    ToolRun,
)


class RecordingClient:
    """A ``JobClient`` whose offers are given in advance and whose stored bytes can be looked at."""

    def __init__(self, source: Path, offers: Sequence[Offer] = ()) -> None:
        self.offers = list(offers)
        self.inits: dict[str, bytes] = {}
        self.loudness: dict[str, Loudness] = {}
        self.segments: dict[str, dict[int, Segment]] = defaultdict(dict)
        self.thumbnail: dict[PictureFile, bytes] = {}
        self.frames: list[Frame] = []
        self.preview = b""
        self.batches: list[tuple[str, tuple[int, ...]]] = []
        self.renewals: list[Progress] = []
        self.results: list[Result] = []
        self.failures: list[Failure] = []
        self.runs: list[ToolRun] = []
        self.released: list[Lease] = []
        self.lost: set[int] = set()
        # The first cell that has been given to somebody else, if any.
        self.taken_from: int | None = None
        self._source = source

    async def claim(self, capabilities: Capabilities) -> Offer | None:
        for offer in self.offers:
            if type(offer.work).__struct_config__.tag in capabilities.kinds:
                self.offers.remove(offer)
                return offer
        return None

    async def wait(self, timeout_seconds: float) -> None:
        await asyncio.sleep(min(timeout_seconds, 0.01))

    async def renew(self, lease: Lease, progress: Progress) -> None:
        self._check(lease)
        self.renewals.append(progress)

    async def source(self, lease: Lease) -> Path:
        self._check(lease)
        return self._source

    async def put_init(self, lease: Lease, rendition: str, data: bytes) -> None:
        self._check(lease)
        if self.inits.setdefault(rendition, data) != data:
            raise Conflict(f"Another init of {rendition}.")

    async def put_loudness(self, lease: Lease, rendition: str, loudness: Loudness) -> Loudness:
        self._check(lease)
        return self.loudness.setdefault(rendition, loudness)

    async def put_segments(self, lease: Lease, rendition: str, segments: Sequence[Segment]) -> None:
        self._check(lease)
        self.batches.append((rendition, tuple(segment.number for segment in segments)))
        kept = [each for each in segments if self.taken_from is None or each.number < self.taken_from]
        for segment in kept:
            assert hashlib.sha256(segment.data).hexdigest() == segment.sha256
            if self.segments[rendition].setdefault(segment.number, segment).sha256 != segment.sha256:
                raise Conflict(f"Another segment {segment.number} of {rendition}.")
        if len(kept) < len(segments):
            raise Conflict("The rest is others'.", code=CELLS_TAKEN, end_cell=self.taken_from)

    async def put_thumbnail(self, lease: Lease, pictures: Sequence[Picture]) -> None:
        self._check(lease)
        self.thumbnail = {each.file: each.data for each in pictures}

    async def put_frames(self, lease: Lease, frames: Sequence[Frame]) -> None:
        self._check(lease)
        self.frames = list(frames)

    async def put_preview(self, lease: Lease, data: bytes) -> None:
        self._check(lease)
        self.preview = data

    async def finish(self, lease: Lease, result: Result, runs: Sequence[ToolRun]) -> None:
        self._check(lease)
        self.results.append(result)
        self.runs += runs

    async def fail(self, lease: Lease, failure: Failure, runs: Sequence[ToolRun]) -> None:
        self._check(lease)
        self.failures.append(failure)
        self.runs += runs

    async def release(self, lease: Lease) -> None:
        self._check(lease)
        self.released.append(lease)

    def _check(self, lease: Lease) -> None:
        if lease.task_id in self.lost:
            raise LeaseLost
