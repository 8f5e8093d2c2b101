"""A file and its row agree, whoever dies in between; and taking in a whole film takes a moment."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.worlds import GRID, TOKEN, LocalWorld
from tests.support.databases import shift_clock
from tests.support.deliveries import EVERYTHING, audio_init, segment, video_init
from vlog.context import Context
from vlog.db.installation import identify
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Conflict, Invalid, LeaseLost, TooLarge, Unavailable
from vlog.media.grid import Cell, Grid
from vlog.media.plan import AudioRendition
from vlog.processing import generations, tasks
from vlog.storage.layout import Key
from vlog.storage.local import LocalStorage
from vlog.storage.tree import Tree
from vlog.wire.codec import to_json
from vlog.wire.work import Offer

FOLDER = f"videos/v/{TOKEN}/360p"


def stored(ctx: Context, name: str) -> bytes | None:
    path = ctx.config.storage_path / FOLDER / name
    return path.read_bytes() if path.exists() else None


def staged(ctx: Context) -> list[Path]:
    return list((ctx.config.storage_path / ".staging").iterdir())


@pytest.fixture
async def world(ctx: Context) -> LocalWorld:
    return await LocalWorld.create(ctx)


async def begun(world: LocalWorld, first: int = 0, end: int = 4) -> Offer:
    await world.add_video(first, end)
    offer = await world.client.claim(EVERYTHING)
    assert offer is not None
    await world.client.put_init(offer.lease, "360p", video_init())
    return offer


class Interrupted(LocalStorage):
    """A storage in which something happens between staging and placing."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.meanwhile: Any = None

    async def place(self, items: Sequence[Any], *, replace: bool = False) -> list[Key]:
        if self.meanwhile is not None:
            happening, self.meanwhile = self.meanwhile, None
            await happening()
        return await super().place(items, replace=replace)


@pytest.fixture
async def interrupted(ctx: Context) -> Interrupted:
    storage = Interrupted(ctx.config.storage_path)
    await storage.adopt(await identify(ctx.db), may_create=False)
    return storage


# ---------------------------------------------------------------- fencing


async def test_a_lease_that_ends_while_bytes_are_staged_leaves_no_file(
    ctx: Context, world: LocalWorld
) -> None:
    offer = await begun(world)
    await shift_clock(ctx.db, "61 seconds")
    with pytest.raises(LeaseLost):
        await world.client.put_segments(offer.lease, "360p", [segment(GRID, 0)])
    assert stored(ctx, "segment_0.m4s") is None
    assert staged(ctx) == []


async def test_nobody_can_take_the_task_over_while_files_get_their_names(
    ctx: Context, interrupted: Interrupted
) -> None:
    """In the moment between proof of the lease and commit the task's row is locked."""
    slow = replace(ctx, storage=interrupted)
    world = await LocalWorld.create(slow)
    offer = await begun(world)
    seen = []

    async def meanwhile() -> None:
        await shift_clock(ctx.db, "61 seconds")
        assert await tasks.sweep(ctx) == 0
        assert await world.client.claim(EVERYTHING) is None
        seen.append("nothing to be had")

    interrupted.meanwhile = meanwhile
    await world.client.put_segments(offer.lease, "360p", [segment(GRID, 0)])
    assert seen
    assert stored(ctx, "segment_0.m4s") == segment(GRID, 0).data


async def test_what_a_dead_worker_left_without_a_row_is_replaced(ctx: Context, world: LocalWorld) -> None:
    """Killed between the file's name and the commit: the file is there, the row is not."""
    offer = await begun(world)
    left = ctx.config.storage_path / FOLDER / "segment_1.m4s"
    left.write_bytes(b"of a worker that died")
    made = [segment(GRID, number) for number in range(3)]
    await world.client.put_segments(offer.lease, "360p", made)
    assert [stored(ctx, f"segment_{n}.m4s") for n in range(3)] == [each.data for each in made]


async def test_a_stopped_process_that_goes_on_does_not_replace_its_successors_file(
    ctx: Context, interrupted: Interrupted
) -> None:
    """Its transaction is dead by then (the server ended it), so the proof before replacing fails."""
    slow = replace(ctx, storage=interrupted)
    world = await LocalWorld.create(slow)
    zombie = await begun(world)

    async def meanwhile() -> None:
        # What idle_in_transaction_session_timeout does to a stopped process.
        await ctx.db.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        )
        await shift_clock(ctx.db, "61 seconds")
        await tasks.sweep(ctx)
        successor = await world.client.claim(EVERYTHING)
        assert successor is not None
        await world.client.put_segments(successor.lease, "360p", [segment(GRID, 0, content="successor")])

    interrupted.meanwhile = meanwhile
    with pytest.raises(Unavailable):
        await world.client.put_segments(zombie.lease, "360p", [segment(GRID, 0, content="zombie")])
    assert stored(ctx, "segment_0.m4s") == segment(GRID, 0, content="successor").data
    row = await ctx.db.fetchrow("SELECT sha256 FROM segments WHERE number = 0")
    assert row is not None
    assert row["sha256"].hex() == segment(GRID, 0, content="successor").sha256


async def test_a_transaction_that_runs_twice_places_once(ctx: Context, interrupted: Interrupted) -> None:
    """Both workers complete the rendition at once; whoever meets a deadlock is run again as a whole."""
    world = await LocalWorld.create(replace(ctx, storage=interrupted))
    one, two = await begun(world, 0, 5), await begun(world, 5, len(GRID.cells))
    await asyncio.gather(
        world.client.put_segments(one.lease, "360p", [segment(GRID, n) for n in range(5)]),
        world.client.put_segments(two.lease, "360p", [segment(GRID, n) for n in range(5, len(GRID.cells))]),
    )
    assert await ctx.db.fetchval("SELECT status FROM quality_progress") == "completed"
    assert await ctx.db.fetchval("SELECT segment_count FROM video_qualities") == len(GRID.cells)
    assert await ctx.db.fetchval("SELECT count(*) FROM segments") == 0


async def test_a_complete_rendition_still_knows_its_segments(world: LocalWorld) -> None:
    offer = await begun(world, 0, len(GRID.cells))
    made = [segment(GRID, number) for number in range(len(GRID.cells))]
    await world.client.put_segments(offer.lease, "360p", made)
    await world.client.put_segments(offer.lease, "360p", made[3:5])
    with pytest.raises(Conflict):
        await world.client.put_segments(offer.lease, "360p", [segment(GRID, 3, content="other")])


async def test_nothing_is_delivered_into_a_folder_that_is_being_renamed(
    ctx: Context, world: LocalWorld
) -> None:
    offer = await begun(world)
    await ctx.db.fetch("UPDATE generations SET previous_token = token, token = $1", "1" * 32)
    with pytest.raises(Unavailable):
        await world.client.put_segments(offer.lease, "360p", [segment(GRID, 0)])
    await generations.settle(ctx, 1)
    await world.client.put_segments(offer.lease, "360p", [segment(GRID, 0)])
    names = [entry.key.name for entry in await ctx.storage.list(Key("videos/v"))]
    assert [name for name in names if "." not in name] == ["1" * 32]
    found = await ctx.storage.read(Key(f"videos/v/{names[0]}/360p/segment_0.m4s"))
    assert found == segment(GRID, 0).data


# ---------------------------------------------------------------- refusals


async def test_segments_must_fill_their_cells(world: LocalWorld) -> None:
    offer = await begun(world)
    good = segment(GRID, 1)
    for start, duration in (
        (good.start + 1, good.duration),
        (good.start, good.duration - 1),
        (good.start, 0),
    ):
        shifted = type(good)(number=1, start=start, duration=duration, data=good.data, sha256=good.sha256)
        with pytest.raises(Invalid) as caught:
            await world.client.put_segments(offer.lease, "360p", [shifted])
        assert caught.value.code == "wrong_cell"


async def test_impossible_batches_are_refused(world: LocalWorld) -> None:
    offer = await begun(world)
    good = segment(GRID, 1)
    empty = type(good)(number=1, start=0, duration=1, data=b"", sha256=hashlib.sha256(b"").hexdigest())
    for batch in ([], [good, good], [good] * 300, [empty]):
        with pytest.raises(Invalid):
            await world.client.put_segments(offer.lease, "360p", batch)
    with pytest.raises(TooLarge):
        await world.client.put_init(offer.lease, "360p", bytes(100_000))


@pytest.mark.parametrize("data", [b"", b"no boxes at all", video_init()[:100]])
async def test_an_init_that_can_not_be_read_is_refused(world: LocalWorld, data: bytes) -> None:
    await world.add_video(0, 4)
    offer = await world.client.claim(EVERYTHING)
    assert offer is not None
    with pytest.raises(Invalid):
        await world.client.put_init(offer.lease, "360p", data)


async def test_sound_may_begin_within_some_of_its_frames_of_the_cell(ctx: Context, world: LocalWorld) -> None:
    await world.add_video(0, 4)
    spec = AudioRendition(name="360p", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)
    await ctx.db.fetch("UPDATE quality_progress SET kind = 'audio', spec = $1", to_json(spec).decode())
    await ctx.db.fetch("UPDATE transcoding_tasks SET kind = 'audio', needs = '{aac}'")
    offer = await world.client.claim(EVERYTHING)
    assert offer is not None
    await world.client.put_init(offer.lease, "360p", audio_init())
    at_a_frame = segment(GRID, 0, timescale=48_000)
    near = type(at_a_frame)(
        number=0, start=0, duration=281 * 1024, data=at_a_frame.data, sha256=at_a_frame.sha256
    )
    await world.client.put_segments(offer.lease, "360p", [near])


# ---------------------------------------------------------------- speed


async def test_twelve_hundred_segments_are_durable_in_a_moment(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hours of film taken over, for which first play waits: names become durable by the batch and not one
    by one, which on a disk costs milliseconds each. How long it took stands in the log.
    """
    cells = tuple(Cell(n * 180_000, (n + 1) * 180_000, 180, n, n + 1, n) for n in range(1200))
    film = replace(GRID, cells=cells)
    world = await LocalWorld.create(ctx)
    await ctx.db.fetch("UPDATE generations SET grid = $1", to_json(film).decode())
    await ctx.db.fetch("UPDATE quality_progress SET segments_total = 1200")
    offer = await begun(world, 0, 1200)
    synced: list[Key | None] = []
    sync_folder = Tree.sync_folder

    def counted(tree: Tree, key: Key | None) -> None:
        synced.append(key)
        sync_folder(tree, key)

    monkeypatch.setattr(Tree, "sync_folder", counted)
    elapsed = 0.0
    batches = [range(first, min(first + 64, 1200)) for first in range(0, 1200, 64)]
    for numbers in batches:
        # Made batch by batch: all of them together are a third of a gigabyte.
        made = [_large(film, number) for number in numbers]
        begin = monotonic_seconds()
        await world.client.put_segments(offer.lease, "360p", made)
        elapsed += monotonic_seconds() - begin
    assert await ctx.db.fetchval("SELECT segment_count FROM video_qualities") == 1200
    # One for each batch, and a few for the playlists that first play begins with.
    assert len(batches) <= len(synced) < 2 * len(batches)
    logging.getLogger(__name__).info("1200 segments durable in %.2f s", elapsed)


def _large(film: Grid, number: int) -> Any:
    small = segment(film, number)
    data = small.data * 1000
    return type(small)(
        number=number,
        start=small.start,
        duration=small.duration,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
    )
