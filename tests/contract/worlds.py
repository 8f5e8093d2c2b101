"""The servers behind each ``JobClient`` implementation, for its contract suite."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from tests.fakes.job_client import FakeJobClient
from tests.support.databases import shift_clock
from tests.support.deliveries import EVERYTHING, video_init
from tests.support.media_values import every, grid_of, index, info_of
from vlog.context import Context
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import NotFound
from vlog.media.grid import Grid
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.pipeline.client import JobClient
from vlog.processing import tasks
from vlog.storage.layout import Key
from vlog.wire.codec import to_json
from vlog.wire.work import AudioWork, Offer, ThumbnailWork, VideoWork
from vlog.workers.local_client import LocalClient

INFO = info_of(seconds=60)
GRID = grid_of(index(every(3000, 1800), keys=every(3000 * 60, 30), last_duration=3000))
RUNG = VideoRendition(name="360p", width=640, height=360, encoder="libx264", preset="veryfast", crf=23)
SOUND = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)
TOKEN = "0" * 32


class World(Protocol):
    """A server with a client, and what tests must be able to do behind its back."""

    grid: Grid

    @property
    def client(self) -> JobClient:
        """All workers of the test speak through it."""

    async def add_video(self, first: int, end: int) -> int:
        """Queue a task for these cells of the rendition ``360p``; the value is its id."""

    async def add_thumbnail(self) -> int:
        """Queue a thumbnail task."""

    async def add_sound(self) -> int:
        """Queue a task for the rendition ``audio``."""

    async def pass_time(self, seconds: float) -> None:
        """Let the server's clock be later by this much (not added up)."""

    async def sweep(self) -> None:
        """What the background process does every few seconds."""

    async def state(self, task_id: int) -> tuple[str, int]:
        """The state and the counted attempts of a task."""

    async def stored(self, name: str) -> bytes | None:
        """A file of the rendition ``360p``."""


async def claimed(world: World) -> Offer:
    """The next task, of which there must be one."""
    offer = await world.client.claim(EVERYTHING)
    assert offer is not None
    return offer


async def begun(world: World, first: int = 0, end: int = 4) -> Offer:
    """A claimed task whose init is there."""
    await world.add_video(first, end)
    offer = await claimed(world)
    await world.client.put_init(offer.lease, "360p", video_init())
    return offer


class FakeWorld:
    """The fake is client and server in one."""

    def __init__(self) -> None:
        self.client = FakeJobClient()
        self.grid = GRID

    async def add_video(self, first: int, end: int) -> int:
        work = VideoWork(
            info=INFO,
            grid=GRID.between(first, end),
            first_cell=first,
            last=end == len(GRID.cells),
            rungs=(RUNG,),
            durable={"360p": ()},
        )
        return self.client.add(work, renditions=["360p"], cells=range(first, end), needs=["libx264"]).id

    async def add_thumbnail(self) -> int:
        work = ThumbnailWork(
            info=INFO,
            start_seconds=Fraction(0),
            duration_seconds=Fraction(24),
            widths=(640,),
            formats=("jpeg",),
        )
        return self.client.add(work).id

    async def add_sound(self) -> int:
        work = AudioWork(info=INFO, grid=GRID, audio=SOUND, durable={"audio": ()})
        return self.client.add(work, renditions=["audio"], cells=range(len(GRID.cells))).id

    async def pass_time(self, seconds: float) -> None:
        self.client.now = seconds

    async def sweep(self) -> None:
        self.client.sweep()

    async def state(self, task_id: int) -> tuple[str, int]:
        task = self.client.tasks[task_id]
        return task.state, task.attempt

    async def stored(self, name: str) -> bytes | None:
        if name == "init.mp4":
            return self.client.inits.get("360p")
        number = int(name.removeprefix("segment_").removesuffix(".m4s"))
        return self.client.segments.get(("360p", number))


class LocalWorld:
    """Rooms, PostgreSQL and a folder."""

    def __init__(self, ctx: Context, *, job_id: int, generation_id: int) -> None:
        self.client = LocalClient(ctx)
        self.grid = GRID
        self._ctx = ctx
        self._job_id = job_id
        self._generation_id = generation_id

    @classmethod
    async def create(cls, ctx: Context) -> LocalWorld:
        """One video with a running job and the rendition ``360p``."""

        async def work(tx: Transaction) -> tuple[int, int]:
            video_id = await tx.fetchval(
                "INSERT INTO videos (title, slug, storage_key, status)"
                " VALUES ('V', 'v', 'v', 'processing') RETURNING id"
            )
            generation_id = await tx.fetchval(
                "INSERT INTO generations (video_id, token, info, grid) VALUES ($1, $2, $3, $4) RETURNING id",
                *(video_id, TOKEN, to_json(INFO).decode(), to_json(GRID).decode()),
            )
            job_id = await tx.fetchval(
                "INSERT INTO transcoding_jobs (video_id, generation_id, state)"
                " VALUES ($1, $2, 'running') RETURNING id",
                *(video_id, generation_id),
            )
            await tx.execute(
                "INSERT INTO quality_progress"
                " (job_id, generation_id, quality, kind, stage, spec, segments_total)"
                " VALUES ($1, $2, '360p', 'video', 0, $3, $4)",
                *(job_id, generation_id, to_json(RUNG).decode(), len(GRID.cells)),
            )
            return job_id, generation_id

        job_id, generation_id = await transaction(ctx.db, work)
        return cls(ctx, job_id=job_id, generation_id=generation_id)

    async def add_video(self, first: int, end: int) -> int:
        return await self._add("video", first, end)

    async def add_thumbnail(self) -> int:
        return await self._add("thumbnail", 0, 0)

    async def add_sound(self) -> int:
        await self._ctx.db.fetchval(
            "INSERT INTO quality_progress (job_id, generation_id, quality, kind, stage, spec, segments_total)"
            " VALUES ($1, $2, 'audio', 'audio', 0, $3, $4) RETURNING id",
            *(self._job_id, self._generation_id, to_json(SOUND).decode(), len(GRID.cells)),
        )
        return await self._add("audio", 0, len(GRID.cells))

    async def _add(self, kind: str, first: int, end: int) -> int:
        needed = {"video": (["360p"], ["libx264"]), "audio": (["audio"], ["aac"])}
        names, needs = needed.get(kind, ([], []))
        task_id: int = await self._ctx.db.fetchval(
            "INSERT INTO transcoding_tasks"
            " (job_id, generation_id, kind, first_cell, end_cell, renditions, needs, frames_total)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 100) RETURNING id",
            *(self._job_id, self._generation_id, kind, first, end, names, needs),
        )
        return task_id

    async def pass_time(self, seconds: float) -> None:
        await shift_clock(self._ctx.db, f"{seconds} seconds")

    async def sweep(self) -> None:
        await tasks.sweep(self._ctx)

    async def state(self, task_id: int) -> tuple[str, int]:
        row = await self._ctx.db.fetchrow(
            "SELECT state, attempt FROM transcoding_tasks WHERE id = $1", task_id
        )
        assert row is not None
        return row["state"], row["attempt"]

    async def stored(self, name: str) -> bytes | None:
        try:
            return await self._ctx.storage.read(Key(f"videos/v/{TOKEN}/360p/{name}"))
        except NotFound:
            return None
