"""Whatever is sent to any operation of the contracts, the answer is one of ours: no 5xx, and its shape.

Requests are made from the contracts, fitting and not, most of them about things that exist.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus

import httpx
import pytest
from structlog.testing import capture_logs

from tests.api.test_openapi import SNAPSHOTS
from tests.support.api import change, make_ready, make_video
from tests.support.generated import Conversation, Values, operations
from vlog.catalog import chapters, fields, index, playlist_items, playlists, tags, taxonomy, videos
from vlog.context import Context
from vlog.db.transaction import Transaction

pytestmark = pytest.mark.timeout(240)
EXAMPLES = 50
# It streams until the client leaves; test_events.py speaks to it.
ENDLESS = {"/api/events/progress"}
# Some operations want what no contract says: the secret, the headers of tus, a list that nobody has changed.
MOST = 0.55


async def furnish(ctx: Context) -> Values:
    """Something of everything; the values are what requests may name."""
    ready = [await make_ready(ctx, f"Ready {number}") for number in range(4)]
    waiting = [await make_video(ctx, f"Waiting {number}") for number in range(8)]
    found = [*ready, *waiting]
    # It is called more than once, and names are taken once.
    mark = found[0].id

    async def work(tx: Transaction) -> Values:
        made = [await taxonomy.create(tx, f"Category {mark} {number}") for number in range(4)]
        named = [await tags.create(tx, f"Tag {mark} {number}") for number in range(6)]
        # Visitors are told of tags that a video has which they may see.
        await videos.edit(tx, ready[0].id, {"tag_ids": [each.id for each in named]})
        await index.fold(tx)
        lists = [await playlists.create(tx, {"title": f"Playlist {mark} {number}"}) for number in range(4)]
        for each in lists:
            await playlist_items.add(tx, each.id, [video.id for video in found])
        parts = [await chapters.add(tx, each.id, {"title": "A chapter", "start_time": 3.0}) for each in ready]
        shapes = [
            await fields.create(tx, {"name": f"Field {mark} {number}", "field_type": "text"})
            for number in range(4)
        ]
        ids = [each.id for each in found]
        return {
            "video_id": ids,
            "video_ids": [ids[:2], ids[::-1], [ids[0], ids[0]]],
            "category_id": [each.id for each in made],
            "tag_id": [each.id for each in named],
            "into": [each.id for each in named],
            "playlist_id": [each.id for each in lists],
            "chapter_id": [each.id for each in parts],
            "field_id": [each.id for each in shapes],
            # Most drawn words are no names, and most names are taken.
            "name": [f"Somebody {mark} {number}" for number in range(40)],
            "title": [f"Something {mark} {number}" for number in range(40)],
            "slug": [
                *(each.slug for each in found),
                *(each.slug for each in made),
                *(each.slug for each in named),
                *(each.slug for each in lists),
            ],
        }

    return await change(ctx.db, work)


async def hold(client: httpx.AsyncClient, ctx: Context, zone: str) -> dict[str, set[int]]:
    """Operation → the statuses that it answered with."""
    contract = json.loads((SNAPSHOTS / f"{zone}.json").read_text())
    conversation = Conversation(client, asyncio.get_running_loop(), await furnish(ctx))
    # A line for each of thousands of requests takes longer than the request.
    with capture_logs():
        for operation in operations(contract):
            if operation.path in ENDLESS:
                continue
            if operation.method == "delete":
                # Others may have taken it away before.
                conversation.known = await furnish(ctx)
            await asyncio.to_thread(conversation.hold, operation, examples=EXAMPLES)
    assert conversation.failures == {}
    return conversation.statuses


def share_reached(statuses: dict[str, set[int]]) -> float:
    """How many operations were ever answered well: who only meets refusals proves little."""
    well = [found for found in statuses.values() if min(found) < HTTPStatus.MULTIPLE_CHOICES]
    return len(well) / len(statuses)


async def test_the_public_zone(public: httpx.AsyncClient, ctx: Context) -> None:
    assert share_reached(await hold(public, ctx, "public")) == 1


async def test_the_admin_zone(admin: httpx.AsyncClient, ctx: Context) -> None:
    assert share_reached(await hold(admin, ctx, "admin")) > MOST


async def test_the_worker_zone(worker: httpx.AsyncClient, ctx: Context) -> None:
    assert share_reached(await hold(worker, ctx, "worker")) == 1
