"""Text is text: whatever names, descriptions and error messages hold, no page runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import cast
from urllib.parse import quote

import httpx
import pytest

from tests.support.api import SECRET, change, make_ready
from tests.support.browser import Watched, chromium
from tests.support.serving import Running, serving
from vlog.catalog import chapters, fields, index, playlist_items, playlists, tags, taxonomy, trash, videos
from vlog.catalog.chapters import ChapterFields
from vlog.catalog.fields import NewField
from vlog.catalog.rows import VideoRow
from vlog.catalog.text import TAG_NAME_MAX_LENGTH
from vlog.catalog.videos import NewVideo, VideoChanges
from vlog.context import Context
from vlog.db.transaction import Transaction
from vlog.kit.acting import Actor, act_as
from vlog.kit.errors import Invalid

CANARY = "window.__pwned=1"
PAYLOADS = (
    f"<script>{CANARY}</script>",
    f"<img src=x onerror={CANARY}>",
    f"<svg/onload={CANARY}>",
    f'"><script>{CANARY}</script>',
    f"'><img src=x onerror='{CANARY}'>",
    f"</title><script>{CANARY}</script>",
    f"</script><script>{CANARY}</script>",
    f"</textarea><script>{CANARY}</script>",
    f"<iframe srcdoc='<script>parent.{CANARY}</script>'>",
    f"<a href='javascript:{CANARY}'>x</a>",
    f"javascript:{CANARY}//",
    f"data:text/html,<script>{CANARY}</script>",
    f"<body onload={CANARY}>",
    f"<input autofocus onfocus={CANARY}>",
    f"<details open ontoggle={CANARY}>",
    f"<video><source onerror={CANARY}></video>",
    f"<math><mtext><img src=x onerror={CANARY}></mtext></math>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CANARY}'>",
    f"<base href='//203.0.113.1/'><script src=a.js></script>{CANARY}",
    f"<div x-data x-init='{CANARY}'>",
    f"{{{{ {CANARY} }}}}",
    f"${{{CANARY}}}",
    f"{{% set a = 1 %}}{CANARY}",
    "{{7*7}} ${7*7} #{7*7}",
    f"' onmouseover={CANARY} autofocus tabindex=1 onfocus={CANARY} '",
    f"&lt;script&gt;{CANARY}&lt;/script&gt;",
    f"<scr<script>ipt>{CANARY}</script>",
    f"\u202e<img src=x onerror={CANARY}>\u202d",
    f"<style>@import 'javascript:{CANARY}';</style>",
    f"<!--><script>{CANARY}</script-->",
)

# What a text in Markdown becomes must be as harmless as the text.
MARKDOWN = (
    f"[x](javascript:{CANARY})",
    f"![x](javascript:{CANARY})",
    f"<javascript:{CANARY}>",
    f"[x](data:text/html,<script>{CANARY}</script>)",
    f'[x](https://example.com "" onmouseover={CANARY} x="")',
    f"[x]: javascript:{CANARY}\n\n[x]",
    f"```\n<script>{CANARY}</script>\n```",
    f"`<img src=x onerror={CANARY}>`",
)


@pytest.fixture
async def running(ctx: Context) -> AsyncIterator[Running]:
    async with serving(ctx) as process:
        yield process


async def infect(ctx: Context, payload: str) -> tuple[VideoRow, VideoRow]:
    """A ready and a failed video that carry the payload in every field that takes text."""
    ready = await make_ready(ctx, payload)
    new = NewVideo(title=payload, description=payload, source_filename=payload)

    async def work(tx: Transaction) -> int:
        await videos.edit(tx, ready.id, {"description": payload})
        failed = await videos.create(tx, new)
        job = await tx.fetchval(
            "INSERT INTO transcoding_jobs (video_id, state, error_code, last_error, started_at, completed_at)"
            " VALUES ($1, 'failed', 'x', $2, app_now(), app_now()) RETURNING id",
            failed.id,
            payload,
        )
        task = await tx.fetchval(
            "INSERT INTO transcoding_tasks (job_id, kind, state, worker, error_code, error_message)"
            " VALUES ($1, 'inspect', 'failed', $2, 'x', $2) RETURNING id",
            job,
            payload,
        )
        runs = [{"command": payload, "stderr_tail": payload, "exit_status": 1, "cpu_seconds": 1.0}]
        await tx.execute(
            "INSERT INTO task_attempts (task_id, epoch, worker, started_at, outcome, error_code,"
            " error_message, runs) VALUES ($1, 1, $2, app_now(), 'failed', 'x', $2, $3)",
            task,
            payload,
            httpx.Response(200, json=[{**run, "max_rss_bytes": 1} for run in runs]).text,
        )
        await videos.mark_failed(tx, failed.id, code="x", message=payload)
        return failed.id

    failed_id = await change(ctx.db, work)
    return ready, await videos.by_id(ctx.db, failed_id)


async def visit(watched: Watched, address: str) -> None:
    await watched.page.goto(address, wait_until="load")
    # What scripts of the page fetch and draw afterwards counts, too.
    await asyncio.sleep(0.05)
    assert await watched.page.evaluate("window.__pwned === undefined"), address
    assert await watched.page.evaluate("window.__violations ?? []") == [], address


async def sign_in(watched: Watched, running: Running) -> None:
    await watched.page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
    await watched.page.goto(running.url(1))


@pytest.mark.timeout(240)
async def test_nothing_stored_runs_on_any_page(ctx: Context, running: Running) -> None:
    infected = [await infect(ctx, payload) for payload in PAYLOADS]
    ready, failed = [pair[0] for pair in infected], [pair[1] for pair in infected]
    async with chromium() as watched:
        for path in ("/", "/nothing/here", "/watch/nobody"):
            await visit(watched, running.url(0) + path)
        for payload in PAYLOADS:
            await visit(watched, f"{running.url(0)}/search?search={quote(payload)}")
        for each in (*ready, *failed[::4]):
            await visit(watched, f"{running.url(0)}/watch/{each.slug}")
    async with chromium() as watched:
        await sign_in(watched, running)
        await visit(watched, running.url(1))
        for each in (*failed, *ready[::4]):
            await visit(watched, f"{running.url(1)}/video/{each.id}")
            await watched.page.get_by_text(each.title).first.wait_for(state="visible")


async def infect_library(ctx: Context) -> None:
    """Two videos with everything around them, and every text that people can fill holds a payload."""
    shown = [await make_ready(ctx, f"{PAYLOADS[number]} {number}") for number in (1, 3)]
    gone = await make_ready(ctx, PAYLOADS[1])

    async def work(tx: Transaction) -> None:
        act_as(Actor(name=PAYLOADS[1], ip="203.0.113.9"))
        await trash.soft_delete(tx, gone.id)
        for number, payload in enumerate(PAYLOADS):
            await taxonomy.create(tx, f"{number} {payload}", description=payload)
            playlist = await playlists.create(tx, {"title": payload, "description": payload})
            await playlist_items.add(tx, playlist.id, [each.id for each in shown])
        names = [f"{number} {payload}"[:TAG_NAME_MAX_LENGTH] for number, payload in enumerate(PAYLOADS)]
        for number, video in enumerate(shown):
            said: VideoChanges = {
                "category_id": number + 1,
                "tag_ids": await tags.named(tx, names[number * tags.MAX_TAGS :][: tags.MAX_TAGS]),
                "description": "\n\n".join((*PAYLOADS, *MARKDOWN)),
                "is_featured": True,
            }
            await videos.edit(tx, video.id, said)
            for at, payload in enumerate(PAYLOADS):
                told = {"title": payload, "description": payload, "start_time": float(at)}
                await chapters.add(tx, video.id, cast(ChapterFields, told))
        await fill_fields(tx, shown[0].id)
        while await index.fold(tx):
            pass

    await change(ctx.db, work)


async def fill_fields(tx: Transaction, video_id: int) -> None:
    """Fields whose names, explanations, choices and values are payloads."""
    for number, payload in enumerate(PAYLOADS):
        new: NewField = {"name": f"{number} {payload}", "description": payload, "field_type": "text"}
        field = await fields.create(tx, new)
        await fields.answer(tx, video_id, {field.id: payload})
    choices = await fields.create(
        tx, {"name": "Choices", "field_type": "multi_select", "options": list(PAYLOADS)}
    )
    await fields.answer(tx, video_id, {choices.id: list(PAYLOADS)})
    for number, payload in enumerate(PAYLOADS):
        link = await fields.create(tx, {"name": f"Link {number}", "field_type": "url"})
        # What is no address is refused; what is taken for one becomes a link on the page.
        for address in (payload, f"https://example.com/?{payload}", f"https://example.com/#{quote(payload)}"):
            with suppress(Invalid):
                await fields.answer(tx, video_id, {link.id: address})


async def addresses(ctx: Context, running: Running) -> list[tuple[int, str]]:
    """The pages of both faces that show some of it."""
    found = [(0, path) for path in ("/", "/search", "/search?search=script", "/categories", "/tags")]
    found.append((0, "/playlists"))
    for table, page in (("categories", "category"), ("tags", "tag"), ("playlists", "playlist")):
        slugs = await ctx.db.fetch(f"SELECT slug FROM {table} ORDER BY id LIMIT 5")
        found.extend((0, f"/{page}/{row['slug']}") for row in slugs)
    playlist = await ctx.db.fetchval("SELECT slug FROM playlists ORDER BY id LIMIT 1")
    for row in await ctx.db.fetch("SELECT slug FROM videos WHERE deleted_at IS NULL"):
        found += [(0, f"/watch/{row['slug']}?playlist={playlist}"), (0, f"/embed/{row['slug']}")]
    lists = (
        "/",
        "/videos",
        "/categories",
        "/tags",
        "/playlists",
        "/fields",
        "/archive",
        "/transfer",
        "/audit",
    )
    return [*found, *((1, path) for path in (*lists, "/video/1", "/video/2", "/playlist/1", "/playlist/2"))]


@pytest.mark.timeout(240)
async def test_nothing_around_a_video_runs_on_any_page(ctx: Context, running: Running) -> None:
    await infect_library(ctx)
    async with chromium() as watched:
        await watched.page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        for face, path in await addresses(ctx, running):
            answer = await watched.page.request.get(running.url(face) + path)
            assert answer.status == httpx.codes.OK, path
            await visit(watched, running.url(face) + path)


async def test_the_canary_sings(ctx: Context, running: Running) -> None:
    """A page that did run stored text would be noticed."""
    async with chromium() as watched:
        await watched.page.set_content(PAYLOADS[1])
        await watched.page.wait_for_function("window.__pwned === 1")
