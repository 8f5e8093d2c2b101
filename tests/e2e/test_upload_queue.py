"""The queue of uploads in a real Chromium, with a server that is killed in the middle."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Dialog, Locator, Page, Request, expect

from tests.support.browser import chromium
from tests.support.clips import clip
from tests.support.installation import SECRET, Installation

pytestmark = pytest.mark.timeout(240)
MEGABYTE = 1_000_000
# Slow enough that uploads can be met half way, whatever else the machine does.
BYTES_PER_SECOND = 4 * MEGABYTE


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="vlog-up-") as folder:
        running = Installation(Path(folder))
        try:
            start(running)
            yield running
            assert running.stop() == 0
        finally:
            running.kill()


def start(installation: Installation) -> None:
    installation.start({"VLOG_STORAGE_INBOX_SETTLE_SECONDS": "1"})


def random_file(folder: Path, name: str, megabytes: int) -> Path:
    path = folder / name
    path.write_bytes(os.urandom(megabytes * MEGABYTE))
    return path


async def open_queue(page: Page, installation: Installation) -> None:
    """The page of uploads, signed in, behind a slow line."""
    await page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
    await page.goto(f"{installation.admin}/uploads")
    tools = await page.context.new_cdp_session(page)
    await tools.send("Network.enable")
    line = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": BYTES_PER_SECOND}
    await tools.send("Network.emulateNetworkConditions", line)


async def choose(page: Page, *files: Path) -> None:
    await page.locator("[data-choose]").set_input_files(list(files))


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("list", name="Uploads").get_by_role("listitem").filter(has_text=title)


async def uploads(installation: Installation) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=installation.admin, headers={"X-Admin-Secret": SECRET}) as client:
        found: list[dict[str, Any]] = (await client.get("/api/uploads")).json()["uploads"]
        return found


async def offset(installation: Installation, name: str) -> int:
    return next(
        (int(each["offset_bytes"]) for each in await uploads(installation) if each["filename"] == name), 0
    )


async def wait_for_bytes(installation: Installation, name: str) -> int:
    """Until the server has durable bytes of the file; how many."""
    for _ in range(300):
        if found := await offset(installation, name):
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"nothing of {name} arrived")


def assert_stored(installation: Installation, *files: Path) -> None:
    """Each file lies whole among the sources."""
    stored = {
        hashlib.sha256(path.read_bytes()).digest()
        for path in (installation.storage / "uploads").iterdir()
        if path.is_file()
    }
    for file in files:
        assert hashlib.sha256(file.read_bytes()).digest() in stored, file.name


async def test_three_files_pause_a_killed_server_and_a_cancelled_upload(
    installation: Installation, tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    first, second = random_file(folder, "first.mp4", 24), random_file(folder, "second.mp4", 16)
    third = random_file(folder, "third.mp4", 40)
    async with chromium() as watched:
        page = watched.page
        await open_queue(page, installation)
        await choose(page, first, second, third)
        await page.get_by_role("textbox", name="Title").nth(1).fill("Another second")
        await page.get_by_role("button", name="Upload 3 files").click()
        await expect(row(page, "Third")).to_contain_text("Waiting for its turn")
        await wait_for_bytes(installation, "first.mp4")

        await page.get_by_role("button", name="Pause: First").click()
        await expect(row(page, "First")).to_contain_text("Paused")
        # Its place is free.
        await wait_for_bytes(installation, "third.mp4")
        paused_at = await offset(installation, "first.mp4")

        await page.get_by_role("button", name="Cancel: Third").click()
        await page.get_by_role("button", name="Discard the upload").click()
        await expect(row(page, "Third")).to_have_count(0)
        await page.get_by_role("button", name="Resume: First").click()
        await expect(row(page, "First")).to_contain_text("MB/s")

        await asyncio.to_thread(installation.kill)
        await expect(row(page, "First")).to_contain_text("Trying again")
        before = watched.errors.copy()
        await asyncio.to_thread(start, installation)
        assert await offset(installation, "first.mp4") >= paused_at
        assert await offset(installation, "third.mp4") == 0
        assert before, "the browser noticed nothing"

        # Edited while it runs; nobody touches anything else until both are there.
        await page.get_by_role("button", name="Edit details: First").click()
        await page.get_by_role("textbox", name="Title").fill("A new first")
        for title in ("A new first", "Another second"):
            await expect(row(page, title).get_by_role("link", name=f"Open {title}")).to_be_visible(
                timeout=90_000
            )
        # Random bytes are no video: the row follows what becomes of it.
        await expect(row(page, "Another second")).to_contain_text("Failed", timeout=60_000)
    assert_stored(installation, first, second)
    with installation.api() as client:
        titles = {video["title"] for video in client.get("/api/videos").json()["videos"]}
    assert titles >= {"A new first", "Another second"}
    assert "Third" not in titles
    assert not any(each["filename"] == "third.mp4" for each in await uploads(installation))


async def test_after_a_reload_the_same_file_goes_on_where_it_stopped(
    installation: Installation, tmp_path: Path
) -> None:
    film = random_file(tmp_path, "long film.mp4", 20)
    other = tmp_path / "other" / "long film.mp4"
    other.parent.mkdir()
    other.write_bytes(os.urandom(20 * MEGABYTE))
    os.utime(other, (1, 1))
    async with chromium() as watched:
        page = watched.page
        asked: list[str] = []

        async def leave(dialog: Dialog) -> None:
            asked.append(dialog.type)
            await dialog.accept()

        page.on("dialog", leave)
        await open_queue(page, installation)
        await choose(page, film)
        await page.get_by_role("button", name="Upload", exact=True).click()
        await wait_for_bytes(installation, "long film.mp4")
        await page.reload()
        assert asked == ["beforeunload"]

        await expect(row(page, "Long film")).to_contain_text("Choose the file again to go on")
        stopped_at = await offset(installation, "long film.mp4")
        assert 0 < stopped_at < 20 * MEGABYTE
        # Another file of that name and size is another upload.
        await choose(page, other)
        await expect(row(page, "long film.mp4")).to_have_count(1)
        await page.get_by_role("button", name="Remove from this list").click()

        starts: list[str] = []

        def note(request: Request) -> None:
            if request.method == "PATCH":
                starts.append(request.headers["upload-offset"])

        page.on("request", note)
        await choose(page, film)
        await expect(page.get_by_role("link", name="Open Long film")).to_be_visible(timeout=60_000)
        assert starts[0] == str(stopped_at)
        assert await watched.complaints() == []
    assert_stored(installation, film)


async def test_failures_of_the_inbox_are_told_beside_the_queue(installation: Installation) -> None:
    inbox = installation.storage / "uploads" / "inbox"
    for _ in range(100):
        if inbox.exists():
            break
        await asyncio.sleep(0.1)
    (inbox / "<img src=x onerror=alert(1)>.mp4").touch()
    (inbox / "From the camera.mp4").write_bytes(clip("sintel_small.mp4").read_bytes())
    async with chromium(width=360) as watched:
        page = watched.page
        await open_queue(page, installation)
        files = page.get_by_role("region", name="Inbox").get_by_role("listitem")
        await expect(files.filter(has_text="onerror")).to_contain_text("The file is empty.", timeout=60_000)
        camera = files.filter(has_text="From the camera.mp4")
        await expect(camera.get_by_role("link", name="Open From the camera")).to_be_visible(timeout=60_000)
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert await watched.complaints() == []
