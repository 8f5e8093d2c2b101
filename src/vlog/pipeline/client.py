"""The one object in which local and remote workers differ: how a worker reaches the server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from vlog.media.loudness import Loudness
from vlog.wire.work import (
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


class JobClient(Protocol):
    """What a worker may ask of the server.

    Every method but ``claim`` raises ``LeaseLost`` when the lease is no longer this worker's, and
    ``Unavailable`` when the server can't be reached (the caller tries again until the lease must have
    ended). When a ``put_…`` returns, the bytes are durable. Putting the same bytes again changes nothing;
    other bytes raise ``Conflict``.
    """

    async def claim(self, capabilities: Capabilities) -> Offer | None:
        """Take the most urgent task that this worker can do, or ``None``."""

    async def wait(self, timeout_seconds: float) -> None:
        """Sleep until there may be new work, at most ``timeout_seconds``. Only a hint."""

    async def renew(self, lease: Lease, progress: Progress) -> None:
        """Keep the lease and tell how far the work is."""

    async def source(self, lease: Lease) -> Path:
        """The source as a file that the media tools can read."""

    async def put_init(self, lease: Lease, rendition: str, data: bytes) -> None:
        """Store the rendition's initialisation segment; the first one counts, a different one is a
        ``Conflict``.
        """

    async def put_loudness(self, lease: Lease, rendition: str, loudness: Loudness) -> Loudness:
        """Keep what was heard of the rendition's source; the first one counts and is given back, for all
        attempts must make the same sound.
        """

    async def put_segments(self, lease: Lease, rendition: str, segments: Sequence[Segment]) -> None:
        """Store finished cells; renews the lease. ``Conflict`` (``cells_taken``) when those at the end of the
        task are others' now: what comes before them is stored, and the work is done.
        """

    async def put_thumbnail(self, lease: Lease, pictures: Sequence[Picture]) -> None:
        """Store all sizes of the picture; at least one is a JPEG. Other pictures replace them."""

    async def put_frames(self, lease: Lease, frames: Sequence[Frame]) -> None:
        """Store the pictures that somebody may choose from; they replace earlier ones."""

    async def put_preview(self, lease: Lease, data: bytes) -> None:
        """Store the short silent film."""

    async def finish(self, lease: Lease, result: Result, runs: Sequence[ToolRun]) -> None:
        """The task is done; ends the lease."""

    async def fail(self, lease: Lease, failure: Failure, runs: Sequence[ToolRun]) -> None:
        """The task could not be done; ends the lease and counts as an attempt."""

    async def release(self, lease: Lease) -> None:
        """Give the task back untouched (graceful stop); costs no attempt."""
