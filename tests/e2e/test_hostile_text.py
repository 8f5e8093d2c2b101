"""Text is text: whatever names, descriptions and error messages hold, no page runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest

from tests.support.api import SECRET, change, make_ready
from tests.support.browser import Watched, chromium
from tests.support.serving import Running, serving
from vlog.catalog import videos
from vlog.catalog.rows import VideoRow
from vlog.catalog.videos import NewVideo
from vlog.context import Context
from vlog.db.transaction import Transaction

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


async def test_the_canary_sings(ctx: Context, running: Running) -> None:
    """A page that did run stored text would be noticed."""
    async with chromium() as watched:
        await watched.page.set_content(PAYLOADS[1])
        await watched.page.wait_for_function("window.__pwned === 1")
