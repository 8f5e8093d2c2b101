"""The pages of both faces, found in the applications themselves, and a library for them to show."""

from __future__ import annotations

import re

import httpx

from tests.api.test_openapi import table
from tests.support.api import SECRET, change, make_ready
from tests.support.serving import Running
from vlog.catalog import chapters, fields, index, playlist_items, playlists, tags, taxonomy, videos
from vlog.catalog.videos import VideoChanges
from vlog.context import Context
from vlog.db.transaction import Transaction

VIDEOS = 4
FACES = {"public": 0, "admin": 1}
# ``/cards`` are parts of pages.
NO_PAGES = ("/api/", "/videos/{", "/cards")
NAMES = {"watch": "film-0", "embed": "film-0", "category": "nature", "tag": "water", "playlist": "evenings"}


async def furnish(ctx: Context) -> None:
    """A little of everything that pages show."""
    found = [await make_ready(ctx, f"Film {number}") for number in range(VIDEOS)]

    async def work(tx: Transaction) -> None:
        category = await taxonomy.create(tx, "Nature", description="Out of doors.")
        water = await tags.named(tx, ["Water"])
        playlist = await playlists.create(tx, {"title": "Evenings", "playlist_type": "series"})
        await playlist_items.add(tx, playlist.id, [each.id for each in found])
        await fields.create(tx, {"name": "Place", "field_type": "text"})
        for each in found:
            text = "A walk.\n\n- one\n- two\n\n[A link](https://example.com)"
            said: VideoChanges = {
                "category_id": category.id,
                "tag_ids": water,
                "description": text,
                "is_featured": True,
            }
            await videos.edit(tx, each.id, said)
            await chapters.add(tx, each.id, {"title": "The lake", "start_time": 0.0})
        await index.fold(tx)

    await change(ctx.db, work)


async def pages(ctx: Context, running: Running) -> list[str]:
    """The address of every page: what answers a browser's GET with HTML."""
    found = []
    async with httpx.AsyncClient(headers={"X-Admin-Secret": SECRET}, timeout=30) as client:
        for row in table(ctx):
            path = row["path"]
            if row["method"] != "GET" or row["zone"] not in FACES or path.startswith(NO_PAGES):
                continue
            path = path.replace("{slug}", NAMES.get(path.split("/")[1], "film-0"))
            path = re.sub(r"\{\w+_id\}", "1", path)
            address = running.url(FACES[row["zone"]]) + path
            answer = await client.get(address, headers={"Accept": "text/html"})
            if answer.status_code == httpx.codes.OK and "text/html" in answer.headers["content-type"]:
                found.append(address)
        found.append(running.url(0) + "/search?search=film")
        found.append(running.url(0) + "/nothing/here")
    return found
