"""What visitors may not see is nowhere: every route of the public zone is asked about videos in each state,
while they are public and at most five seconds after they no longer are, through all caches and with no hint.

Routes come from the application itself: one that this file can't ask is an error, so that none is forgotten.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import quote

import httpx
import pytest

from tests.support.api import change, client_of, make_ready, media_files
from tests.support.doors import doors
from vlog.api.app import build_public
from vlog.catalog import chapters, index, playlist_items, playlists, publishing, tags, taxonomy, videos
from vlog.catalog.rows import VideoRow
from vlog.context import Context
from vlog.db.transaction import Transaction
from vlog.kit.clock import now
from vlog.processing import removal

LIMIT_SECONDS = 5.0
HOST = "http://127.0.0.1:9000"
# Nothing of any video is there: files of ours, and frames that the browser fills with what it remembers.
NO_VIDEOS = {
    "/health",
    "/static/{name}",
    "/favicon.ico",
    "/language",
    "/robots.txt",
    "/manifest.webmanifest",
    "/history",
    "/watch-later",
}
# They speak of lists and of how many videos they have: ``test_numbers_count_what_visitors_see``.
NUMBERS = {
    "/api/categories",
    "/api/categories/{slug}",
    "/api/playlists",
    "/api/playlists/{slug}",
    "/api/search/choices",
    "/api/tags",
    "/api/tags/{slug}",
    "/categories",
    "/playlists",
    "/tags",
    "/sitemap.xml",
    "/sitemap-pages.xml",
    "/sitemap-tags-{part}.xml",
    "/sitemap-playlists-{part}.xml",
}
FEEDS = {"{ending}": "rss", "{part}": "0", "{number}": "1"}


async def private(ctx: Context, video_id: int) -> None:
    await change(ctx.db, lambda tx: videos.edit(tx, video_id, {"visibility": "private"}))


async def unlisted(ctx: Context, video_id: int) -> None:
    await change(ctx.db, lambda tx: videos.edit(tx, video_id, {"visibility": "unlisted"}))


async def unpublished(ctx: Context, video_id: int) -> None:
    await change(ctx.db, lambda tx: publishing.unpublish(tx, video_id))


async def scheduled(ctx: Context, video_id: int) -> None:
    async def work(tx: Transaction) -> None:
        await publishing.unpublish(tx, video_id)
        await publishing.schedule(tx, video_id, now() + timedelta(days=1))

    await change(ctx.db, work)


async def deleted(ctx: Context, video_id: int) -> None:
    await removal.archive(ctx, video_id)


async def purged(ctx: Context, video_id: int) -> None:
    await removal.archive(ctx, video_id)
    await removal.purge(ctx, video_id)


STATES: dict[str, Callable[[Context, int], Awaitable[None]]] = {
    each.__name__: each for each in (private, unlisted, unpublished, scheduled, deleted, purged)
}


def word_of(state: str) -> str:
    """A word of the title that no question contains: whoever reads it has been told of the video."""
    return f"hush{state}"


SEEN = "lantern-" + word_of("seen")


async def furnish(ctx: Context) -> dict[str, VideoRow]:
    """One public video for each state, and one that stays, all in one category and playlist."""
    found = {state: await make_ready(ctx, f"Lantern {word_of(state)}") for state in ("seen", *STATES)}

    async def work(tx: Transaction) -> None:
        category = await taxonomy.create(tx, "Lamps")
        shared = await tags.named(tx, ["Light"])
        playlist = await playlists.create(tx, {"title": "Evening", "is_featured": True})
        await playlist_items.add(tx, playlist.id, [each.id for each in found.values()])
        for state, each in found.items():
            own = await tags.named(tx, [f"Only {state}"])
            await videos.edit(
                tx,
                each.id,
                {
                    "category_id": category.id,
                    "tag_ids": [*shared, *own],
                    "description": "A lantern at night.",
                    "is_featured": True,
                },
            )
            await chapters.add(tx, each.id, {"title": word_of(state), "start_time": 1.0})
        await index.fold(tx)

    await change(ctx.db, work)
    return found


def questions(path: str, video: VideoRow, state: str) -> list[str]:
    """How this route is asked so that the video would be told of: by its own name, and for lists with it."""
    slug = video.slug
    page = quote(f"{HOST}/watch/{slug}", safe="")
    if path == "/videos/{path:path}":
        sizes = [f"/videos/{video.storage_key}/thumbnail_{width}.webp" for width in (320, 640)]
        return [*media_files(video), *sizes]
    queries = {
        "/api/videos": ["", "?search=lantern", f"?tag=only-{state}", "?category=lamps", "?featured=true"],
        "/api/videos/bulk": [f"?ids={video.id}"],
        "/cards": [f"?ids={video.id}"],
        "/search": ["?search=lantern", f"?search=lantern&tag=only-{state}"],
        "/api/search/suggestions": [f"?q={word_of(state)[:-1]}"],
        "/api/search/choices": ["?search=lantern", f"?tag=only-{state}"],
        "/oembed": [f"?url={page}"],
    }
    if path in queries:
        return [path + query for query in queries[path]]
    for name, value in FEEDS.items():
        path = path.replace(name, value)
    if path.startswith("/{subject}/{slug}/"):
        lists = (("category", "lamps"), ("tag", f"only-{state}"), ("playlist", "evening"))
        return [path.replace("{subject}", subject).replace("{slug}", name) for subject, name in lists]
    for part, name in (("categor", "lamps"), ("tag", f"only-{state}"), ("playlist", "evening")):
        if re.match(rf"(/api)?/{part}\w*/{{slug}}", path):
            return [path.replace("{slug}", name)]
    # A route of one video: by its own name, and that of another to which it is related.
    addresses = [path.replace("{slug}", each) for each in (slug, SEEN)] if "{slug}" in path else [path]
    assert "{" not in addresses[0], f"say how {path} is asked about a video"
    return addresses


def is_its_own(address: str, video: VideoRow) -> bool:
    """The address names the video: there is an answer, or there is none."""
    return video.slug in address or video.storage_key in address


async def is_told(visitor: httpx.AsyncClient, address: str, *, video: VideoRow, state: str) -> bool:
    """Whether the answer tells of the video."""
    answer = await visitor.get(address)
    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (address, answer.text)
    if is_its_own(address, video):
        return answer.status_code < HTTPStatus.BAD_REQUEST
    said = answer.text + "".join(answer.headers.values())
    return any(each in said for each in (word_of(state), video.storage_key))


@dataclass(frozen=True)
class Visit:
    """Somebody who asks every route about every video."""

    visitor: httpx.AsyncClient
    paths: list[str]
    found: dict[str, VideoRow]

    async def told(self) -> set[tuple[str, str, str]]:
        """(state, route, address) of every answer that tells of a video."""
        return {
            (state, path, address)
            for state, video in self.found.items()
            for path in self.paths
            for address in questions(path, video, state)
            if await is_told(self.visitor, address, video=video, state=state)
        }


@pytest.fixture
async def visit(ctx: Context) -> AsyncIterator[Visit]:
    """With every cache as it is in the wild; nothing tells them of a change, as if hints were lost."""
    service = build_public(ctx)
    paths = sorted({door.path for door in doors(service.app) if door.method == "GET"} - NO_VIDEOS)
    async with client_of(service, port=9000) as client:
        yield Visit(client, paths, await furnish(ctx))


async def hide_all(ctx: Context, visit: Visit) -> None:
    for state, hide in STATES.items():
        await hide(ctx, visit.found[state].id)
    # As the background process does all the time.
    await change(ctx.db, index.fold)


async def test_what_is_hidden_is_nowhere(ctx: Context, visit: Visit) -> None:
    before = await visit.told()
    for state in visit.found:
        # A route that does not tell when there is something to tell would prove nothing afterwards.
        silent = set(visit.paths) - {path for of, path, _ in before if of == state}
        assert silent <= NUMBERS, state
    await hide_all(ctx, visit)
    left: set[tuple[str, str, str]] = set()
    with suppress(TimeoutError):
        async with asyncio.timeout(LIMIT_SECONDS):
            while left := await forbidden(visit):
                await asyncio.sleep(0.2)
    assert left == set()
    told = await visit.told()
    # Whoever has the address of an unlisted video watches it; what stays public is told of as before.
    unlisted_video = visit.found["unlisted"]
    by_link = {each for each in before if each[0] == "unlisted" and is_its_own(each[2], unlisted_video)}
    assert {each for each in told if each[0] == "unlisted"} == by_link
    assert {each for each in before if each[0] == "seen"} <= told


async def forbidden(visit: Visit) -> set[tuple[str, str, str]]:
    """What tells of a video that must not be told of there."""
    return {
        (state, path, address)
        for state, path, address in await visit.told()
        if state in STATES and not (state == "unlisted" and is_its_own(address, visit.found[state]))
    }


async def test_numbers_count_what_visitors_see(ctx: Context, visit: Visit) -> None:
    get = visit.visitor.get

    async def counts() -> set[int]:
        """Of the category, the shared tag, the playlist, and the choices that a search offers."""
        choices = (await get("/api/search/choices?search=lantern")).json()
        return {
            (await get("/api/categories/lamps")).json()["video_count"],
            (await get("/api/tags/light")).json()["video_count"],
            (await get("/api/playlists/evening")).json()["video_count"],
            *(each["videos"] for each in choices["category"]),
            max(each["videos"] for each in choices["tag"]),
        }

    assert await counts() == {len(visit.found)}
    await hide_all(ctx, visit)
    async with asyncio.timeout(LIMIT_SECONDS):
        while await counts() != {1}:
            await asyncio.sleep(0.2)
    listed = {each["slug"]: each["video_count"] for each in (await get("/api/tags")).json()}
    assert {name: count for name, count in listed.items() if count} == {"light": 1, "only-seen": 1}
