"""What viewers wait for comes first: tasks are cut where the wanted cell begins, nothing is made twice."""

from __future__ import annotations

import pytest

from tests.support.deliveries import EVERYTHING, deliver, inspect, segment, work_off
from tests.support.media_values import AAC, every, grid_of, index, info_of, sound
from tests.support.uploaded import assert_all_is_there, claimed, source_values, upload, video_of
from vlog.context import Context
from vlog.kit.errors import Conflict
from vlog.processing import demand
from vlog.processing.demand import WantedCell
from vlog.wire.codec import to_json
from vlog.wire.work import AudioWork, Capabilities, Made, Offer, RemuxWork, VideoWork
from vlog.workers.local_client import LocalClient

DEMANDED = Capabilities(
    worker="express", kinds=("video", "audio"), encoders=("libx264", "aac"), demanded_only=True
)


async def live(ctx: Context) -> tuple[LocalClient, Offer]:
    """A video of ten cells that is live with one; the task that makes its first five is held."""
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=False, with_audio=False)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    await deliver(client, offer, grid=grid, numbers=[0])
    assert (await video_of(ctx, 1)).status == "ready"
    return client, offer


async def wish(ctx: Context, number: int) -> None:
    generation_id = await ctx.db.fetchval("SELECT id FROM generations")
    await demand.mark(ctx, WantedCell(generation_id, "360p", number))


async def pieces(ctx: Context) -> list[tuple[int, int, str, bool, int]]:
    rows = await ctx.db.fetch(
        "SELECT first_cell, end_cell, state, demanded_at IS NOT NULL AS wanted, frames_total"
        " FROM transcoding_tasks WHERE renditions = '{360p}' ORDER BY first_cell"
    )
    return [tuple(row) for row in rows]


async def test_a_waiting_task_is_cut_where_the_wanted_cell_begins(ctx: Context) -> None:
    client, _ = await live(ctx)
    assert await pieces(ctx) == [(0, 5, "leased", False, 900), (5, 10, "queued", False, 900)]
    assert await client.claim(DEMANDED) is None
    await wish(ctx, 6)
    assert await pieces(ctx) == [
        (0, 5, "leased", False, 900),
        (5, 6, "queued", False, 180),
        (6, 8, "queued", True, 360),
        (8, 10, "queued", False, 360),
    ]
    offer = await client.claim(DEMANDED)
    assert offer is not None
    assert isinstance(offer.work, VideoWork)
    assert (offer.work.first_cell, len(offer.work.grid.cells), offer.work.hurried) == (6, 2, True)
    assert await client.claim(DEMANDED) is None


async def test_the_latest_wish_comes_first_and_then_the_usual_order(ctx: Context) -> None:
    client, _ = await live(ctx)
    for number in (5, 8):
        await wish(ctx, number)
    order = []
    for _ in range(3):
        offer = await claimed(client)
        assert isinstance(offer.work, VideoWork) or offer.work.__class__.__name__ == "ThumbnailWork"
        order.append(getattr(offer.work, "first_cell", None))
    assert order == [8, 5, None], "then the picture and what is left of the rung"


async def test_what_is_in_work_or_next_is_left_alone(ctx: Context) -> None:
    await live(ctx)
    for number in (0, 1, 2):
        await wish(ctx, number)
    assert [piece[:3] for piece in await pieces(ctx)] == [(0, 5, "leased"), (5, 10, "queued")]


async def test_the_far_end_of_a_task_in_work_is_given_to_others(ctx: Context) -> None:
    client, offer = await live(ctx)
    _, grid = source_values(remux=False, with_audio=False)
    await wish(ctx, 3)
    assert [piece[:4] for piece in await pieces(ctx)] == [
        (0, 3, "leased", False),
        (3, 5, "queued", True),
        (5, 10, "queued", False),
    ]
    other = await client.claim(DEMANDED)
    assert other is not None
    await deliver(client, other, grid=grid, numbers=[3])
    # The first worker comes to where its task ends now: what is its is kept, the rest refused.
    with pytest.raises(Conflict) as refusal:
        await client.put_segments(offer.lease, "360p", [segment(grid, n, content="360p") for n in (1, 2, 3)])
    assert refusal.value.code == "cells_taken"
    await client.finish(offer.lease, Made(), ())
    await deliver(client, other, grid=grid, numbers=[4])
    await client.finish(other.lease, Made(), ())
    info, grid = source_values(remux=False, with_audio=False)
    await work_off(client, info=info, grid=grid)
    await assert_all_is_there(ctx)
    assert await ctx.db.fetchval("SELECT state FROM transcoding_jobs") == "done"


async def test_a_killed_owner_of_a_cut_task_leaves_only_its_part(ctx: Context) -> None:
    client, offer = await live(ctx)
    await wish(ctx, 3)
    await client.release(offer.lease)
    again = await claimed(client)
    assert isinstance(again.work, VideoWork)
    assert (again.work.first_cell, len(again.work.grid.cells)) == (3, 2)
    info, grid = source_values(remux=False, with_audio=False)
    await client.release(again.lease)
    await work_off(client, info=info, grid=grid)
    await assert_all_is_there(ctx)


async def test_what_is_there_or_beyond_is_no_wish(ctx: Context) -> None:
    await live(ctx)
    before = await pieces(ctx)
    for cell in (WantedCell(1, "360p", 0), WantedCell(1, "360p", 10), WantedCell(9, "360p", 1)):
        await demand.mark(ctx, cell)
    await demand.mark(ctx, WantedCell(1, "nothing", 1))
    assert await pieces(ctx) == before


async def test_a_source_with_a_single_key_frame_is_not_cut(ctx: Context) -> None:
    """Each piece would have to decode all before it."""
    await live(ctx)
    lonely = grid_of(index(every(3000, 1800), keys=[0], last_duration=3000))
    await ctx.db.fetch("UPDATE generations SET grid = $1", to_json(lonely).decode())
    await wish(ctx, 9)
    assert [piece[:4] for piece in await pieces(ctx)] == [
        (0, 5, "leased", False),
        (5, 10, "queued", True),
    ]


async def test_a_source_that_is_taken_over_is_only_moved_to_the_front(ctx: Context) -> None:
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=True, with_audio=False)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    assert isinstance(offer.work, RemuxWork)
    await deliver(client, offer, grid=grid, numbers=[0])
    generation_id = await ctx.db.fetchval("SELECT id FROM generations")
    await demand.mark(ctx, WantedCell(generation_id, "original", 7))
    row = await ctx.db.fetchrow(
        "SELECT first_cell, end_cell, demanded_at IS NOT NULL AS wanted FROM transcoding_tasks"
        " WHERE kind = 'remux'"
    )
    assert row is not None
    assert tuple(row) == (0, 10, True)


async def test_durable_cells_are_told_from_others(ctx: Context) -> None:
    client, offer = await live(ctx)
    generation_id = await ctx.db.fetchval("SELECT id FROM generations")
    cells = [WantedCell(generation_id, "360p", number) for number in range(10)]
    assert await demand.durable(ctx.db, []) == set()
    assert await demand.durable(ctx.db, cells) == {cells[0]}
    await client.release(offer.lease)
    info, grid = source_values(remux=False, with_audio=False)
    await work_off(client, info=info, grid=grid)
    # Folded into one row by now.
    assert await demand.durable(ctx.db, cells) == set(cells)
    assert await client.claim(EVERYTHING) is None


async def test_sound_is_cut_only_where_it_is_far_ahead(ctx: Context) -> None:
    minutes = 40
    pictures = index(every(3000, 1800 * minutes), keys=every(6000 * 30, 30 * minutes), last_duration=3000)
    grid = grid_of(pictures, audio=sound(0, 60 * minutes))
    info = info_of((640, 360), seconds=60 * minutes, audio=AAC)
    await upload(ctx)
    client = LocalClient(ctx)
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    assert isinstance(offer.work, AudioWork)
    await deliver(client, offer, grid=grid, numbers=[0, 1])
    pictures_offer = await claimed(client)
    await deliver(client, pictures_offer, grid=grid, numbers=[0])
    generation_id = await ctx.db.fetchval("SELECT id FROM generations")
    runs = "SELECT first_cell, end_cell FROM transcoding_tasks WHERE kind = 'audio' ORDER BY first_cell"
    await demand.mark(ctx, WantedCell(generation_id, "audio", 80))
    assert [tuple(row) for row in await ctx.db.fetch(runs)] == [(0, 400)]
    await demand.mark(ctx, WantedCell(generation_id, "audio", 200))
    assert [tuple(row) for row in await ctx.db.fetch(runs)] == [(0, 200), (200, 400)]
    rest = await client.claim(DEMANDED)
    assert rest is not None
    assert isinstance(rest.work, AudioWork)
    assert (rest.work.first_cell, rest.work.end_cell, rest.work.hurried) == (200, 400, True)
    await deliver(client, rest, grid=grid, numbers=range(200, 400))
    await client.finish(rest.lease, Made(), ())
    # Its former holder comes to the border.
    with pytest.raises(Conflict) as refusal:
        await deliver(client, offer, grid=grid, numbers=range(2, 210))
    assert refusal.value.code == "cells_taken"
    await client.finish(offer.lease, Made(), ())
    status = "SELECT status FROM quality_progress WHERE quality = 'audio'"
    assert await ctx.db.fetchval(status) == "completed"
