"""A ``JobClient`` in memory: leases, epochs and bytes as the server keeps them; tests move its clock."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from vlog.jobs.queue import VANISHINGS_PER_ATTEMPT
from vlog.kit.errors import Conflict, Invalid, LeaseLost
from vlog.media.loudness import Loudness
from vlog.media.stills import PictureFile, is_sound
from vlog.wire.work import (
    Capabilities,
    Failure,
    Frame,
    Inspected,
    InspectWork,
    Lease,
    Made,
    Offer,
    Picture,
    Pictured,
    Progress,
    Result,
    Segment,
    ThumbnailWork,
    ToolRun,
    Work,
)

LEASE_SECONDS = 60
_RESULTS: dict[str, object] = {"inspect": Inspected, "thumbnail": Pictured}


@dataclass(kw_only=True)
class FakeTask:
    """One task as the fake server keeps it."""

    id: int
    work: Work
    renditions: tuple[str, ...] = ()
    cells: range = range(0)
    needs: frozenset[str] = frozenset()
    max_attempts: int = 3
    state: str = "queued"
    epoch: int = 0
    attempt: int = 0
    expires_at: float = 0.0
    available_at: float = 0.0
    frames: int = 0
    outcomes: dict[int, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its tag on the wire."""
        return str(type(self.work).__struct_config__.tag)


class FakeJobClient:
    """All workers of a test share one; its tasks and bytes can be looked at."""

    def __init__(self, source: Path | None = None, *, backoff_seconds: float = 10) -> None:
        self.now = 0.0
        self.tasks: dict[int, FakeTask] = {}
        self.inits: dict[str, bytes] = {}
        self.loudness: dict[str, Loudness] = {}
        self.segments: dict[tuple[str, int], bytes] = {}
        self.thumbnail: dict[PictureFile, bytes] = {}
        self.frames: list[Frame] = []
        self.preview = b""
        self.results: list[Result] = []
        self.runs: list[ToolRun] = []
        self._source = source
        self._backoff_seconds = backoff_seconds

    def add(
        self,
        work: Work,
        *,
        renditions: Sequence[str] = (),
        cells: range = range(0),
        needs: Sequence[str] = (),
    ) -> FakeTask:
        """Queue a task."""
        task = FakeTask(
            id=len(self.tasks) + 1,
            work=work,
            renditions=tuple(renditions),
            cells=cells,
            needs=frozenset(needs),
        )
        self.tasks[task.id] = task
        return task

    def sweep(self) -> None:
        """End leases whose time is over."""
        for task in self.tasks.values():
            if task.state == "leased" and task.expires_at <= self.now:
                final = task.attempt >= VANISHINGS_PER_ATTEMPT * task.max_attempts
                self._end(task, "expired", "failed" if final else "queued")

    async def claim(self, capabilities: Capabilities) -> Offer | None:
        for task in self.tasks.values():
            ready = task.state == "queued" and task.available_at <= self.now
            if ready and task.kind in capabilities.kinds and task.needs <= set(capabilities.encoders):
                task.state = "leased"
                task.epoch += 1
                task.attempt += 1
                task.frames = 0
                task.expires_at = self.now + LEASE_SECONDS
                return Offer(
                    lease=Lease(task_id=task.id, epoch=task.epoch),
                    lease_seconds=LEASE_SECONDS,
                    job_id=1,
                    attempt=task.attempt,
                    work=self._remaining(task),
                )
        return None

    def _remaining(self, task: FakeTask) -> Work:
        """The work, with what is durable by now."""
        if isinstance(task.work, InspectWork | ThumbnailWork):
            return task.work
        durable = {
            name: tuple(number for number in task.cells if (name, number) in self.segments)
            for name in task.renditions
        }
        return replace(task.work, durable=durable)

    async def wait(self, timeout_seconds: float) -> None:
        await asyncio.sleep(min(timeout_seconds, 0.01))

    async def renew(self, lease: Lease, progress: Progress) -> None:
        task = self._hold(lease)
        task.frames = max(task.frames, progress.frames)
        self._keep(task)

    async def source(self, lease: Lease) -> Path:
        self._hold(lease)
        assert self._source is not None
        return self._source

    async def put_init(self, lease: Lease, rendition: str, data: bytes) -> None:
        task = self._hold(lease, rendition)
        if rendition in self.inits and self.inits[rendition] != data:
            raise Conflict("Another init.", code="different_init")
        if rendition not in self.inits:
            task.attempt = 1
        self.inits[rendition] = data
        self._keep(task)

    async def put_loudness(self, lease: Lease, rendition: str, loudness: Loudness) -> Loudness:
        task = self._hold(lease, rendition)
        self._keep(task)
        return self.loudness.setdefault(rendition, loudness)

    async def put_segments(self, lease: Lease, rendition: str, segments: Sequence[Segment]) -> None:
        task = self._hold(lease, rendition)
        if rendition not in self.inits:
            raise Invalid("Send the init first.", code="init_missing")
        for segment in segments:
            if hashlib.sha256(segment.data).hexdigest() != segment.sha256:
                raise Invalid("Damaged.", code="wrong_hash")
            if segment.number not in task.cells:
                raise Invalid("Not of this task.", code="wrong_cell")
            if self.segments.get((rendition, segment.number), segment.data) != segment.data:
                raise Conflict("Other bytes.", code="different_segment")
        new = [each for each in segments if (rendition, each.number) not in self.segments]
        if new:
            task.attempt = 1
        self.segments.update({(rendition, each.number): each.data for each in new})
        self._keep(task)

    async def put_thumbnail(self, lease: Lease, pictures: Sequence[Picture]) -> None:
        task = self._hold(lease)
        if task.kind != "thumbnail":
            raise Invalid("No thumbnail is wanted.", code="wrong_task")
        if not all(is_sound(each.file, each.data) for each in pictures):
            raise Invalid("Not what it is said to be.", code="bad_picture")
        self.thumbnail = {each.file: each.data for each in pictures}
        if not any(file.format == "jpeg" for file in self.thumbnail):
            raise Invalid("No JPEG.", code="bad_picture")
        self._keep(task)

    async def put_frames(self, lease: Lease, frames: Sequence[Frame]) -> None:
        self._keep(self._hold(lease))
        self.frames = list(frames)

    async def put_preview(self, lease: Lease, data: bytes) -> None:
        self._keep(self._hold(lease))
        self.preview = data

    async def finish(self, lease: Lease, result: Result, runs: Sequence[ToolRun]) -> None:
        if self._has_ended(lease, "done"):
            return
        task = self._hold(lease)
        if type(result) is not _RESULTS.get(task.kind, Made):
            raise Invalid("Not what was asked for.", code="wrong_result")
        wanted = {(name, number) for name in task.renditions for number in task.cells}
        if isinstance(result, Pictured) and not set(result.files or [None]) <= set(self.thumbnail):
            raise Invalid("A picture is missing.", code="incomplete")
        if wanted - set(self.segments):
            raise Invalid("Something is missing.", code="incomplete")
        self._end(task, "done", "done")
        self.results.append(result)
        self.runs += runs

    async def fail(self, lease: Lease, failure: Failure, runs: Sequence[ToolRun]) -> None:
        if self._has_ended(lease, "failed"):
            return
        task = self._hold(lease)
        final = not failure.retryable or task.attempt >= task.max_attempts
        task.available_at = self.now + self._backoff_seconds * 2 ** (task.attempt - 1)
        self._end(task, "failed", "failed" if final else "queued")
        self.runs += runs

    async def release(self, lease: Lease) -> None:
        if not self._has_ended(lease, "released"):
            task = self._hold(lease)
            task.attempt -= 1
            self._end(task, "released", "queued")

    def _hold(self, lease: Lease, rendition: str | None = None) -> FakeTask:
        task = self.tasks.get(lease.task_id)
        if task is None or task.epoch != lease.epoch:
            raise LeaseLost
        if task.state != "leased" or task.expires_at <= self.now:
            raise LeaseLost
        if rendition is not None and rendition not in task.renditions:
            raise Invalid("Not of this task.", code="wrong_rendition")
        return task

    def _keep(self, task: FakeTask) -> None:
        """A word that was heard renews; one that was refused does not."""
        task.expires_at = self.now + LEASE_SECONDS

    def _has_ended(self, lease: Lease, outcome: str) -> bool:
        task = self.tasks.get(lease.task_id)
        found = task.outcomes.get(lease.epoch) if task else None
        if found is not None and found != outcome:
            raise LeaseLost
        return found == outcome

    def _end(self, task: FakeTask, outcome: str, state: str) -> None:
        """Note how the present lease ended."""
        task.outcomes[task.epoch] = outcome
        task.state = state
        if state == "failed":
            # The rendition is lost: no work is spent on the rest of it.
            for other in self.tasks.values():
                if other.state in {"queued", "leased"} and set(other.renditions) & set(task.renditions):
                    other.state = "failed"
