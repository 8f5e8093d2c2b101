"""The watch page and the player in frames of other sites, by mouse and by keyboard."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.support.accessibility import complaints_about
from tests.support.browser import Watched, chromium
from tests.support.clips import clip
from tests.support.installation import Installation

pytestmark = pytest.mark.timeout(240)
DESCRIPTION = (
    "# About\n\nThe fight begins at 0:03. More: https://durian.blender.org\n\n" + "A long story. " * 60
)


@dataclass(frozen=True)
class Site:
    """An installation with two videos in a course; the first one has chapters.

    ``elsewhere`` is the port of a site that may frame them under one of its two names.
    """

    elsewhere: int
    public: str
    first: str
    second: str
    course: str

    def watch(self, query: str = "") -> str:
        return f"{self.public}/watch/{self.first}{query}"


class Framing(BaseHTTPRequestHandler):
    """Another site: its pages hold the frame that their query names."""

    def do_GET(self) -> None:
        address = unquote(urlsplit(self.path).query)
        body = f'<!doctype html><iframe src="{address}" width=640 height=360></iframe>'.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def another_site() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Framing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with another_site() as elsewhere, tempfile.TemporaryDirectory(prefix="vlog-watching-") as folder:
        running = Installation(Path(folder))
        try:
            running.start({"VLOG_EMBED_ALLOWED_DOMAINS": f"localhost:{elsewhere}"})
            ids = [
                int(running.upload(clip("sintel_small.mp4"), title)["video_id"])
                for title in ("The gatekeepers", "The second part")
            ]
            slugs = [running.wait_until_over(each)["slug"] for each in ids]
            yield Site(elsewhere, running.public, slugs[0], slugs[1], furnish(running, ids))
        finally:
            running.kill()


def furnish(running: Installation, ids: list[int]) -> str:
    with running.api() as api:
        for brought in api.get(f"/api/videos/{ids[0]}/chapters").json()["chapters"]:
            api.delete(f"/api/videos/{ids[0]}/chapters/{brought['id']}").raise_for_status()
        for title, start in (("Snow", 0), ("The fight", 3), ("Home", 6)):
            made = api.post(f"/api/videos/{ids[0]}/chapters", json={"title": title, "start_time": start})
            made.raise_for_status()
        edited = api.put(f"/api/videos/{ids[0]}", json={"description": DESCRIPTION})
        edited.raise_for_status()
        course = api.post("/api/playlists", json={"title": "A course", "playlist_type": "course"}).json()
        added = api.post(f"/api/playlists/{course['id']}/videos", json={"video_ids": ids})
        added.raise_for_status()
    return str(course["slug"])


async def at(page: Page) -> float:
    return float(await page.evaluate("document.querySelector('video').currentTime"))


@asynccontextmanager
async def opened(address: str, *, width: int = 1280, dark: bool = False) -> AsyncIterator[Watched]:
    async with chromium(width=width, dark=dark) as watched:
        await watched.page.goto(address)
        await watched.page.wait_for_function("() => document.querySelector('video').readyState > 0")
        yield watched


async def test_chapters_lead_into_the_video(site: Site) -> None:
    async with opened(site.watch()) as watched:
        page = watched.page
        await expect(page.locator(".seek-marks > span")).to_have_count(2)
        await page.get_by_role("link", name="The fight").click()
        await page.wait_for_function("() => document.querySelector('video').currentTime >= 2.9")
        await expect(page.get_by_role("link", name="The fight")).to_have_attribute("aria-current", "true")
        await page.get_by_role("link", name="seconds Home").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_function("() => document.querySelector('video').currentTime >= 5.9")
        await page.locator("[data-seek]").hover(position={"x": 12, "y": 8})
        await expect(page.locator("[data-seek-chapter]")).to_have_text("Snow")
        assert await watched.complaints() == []


async def test_a_long_description_unfolds_and_its_times_lead_there(site: Site) -> None:
    async with opened(site.watch()) as watched:
        page = watched.page
        more = page.get_by_role("button", name="More", exact=True)
        await expect(more).to_have_attribute("aria-expanded", "false")
        await more.press("Enter")
        await expect(page.get_by_role("button", name="Less")).to_have_attribute("aria-expanded", "true")
        await page.get_by_role("link", name="0:03", exact=True).click()
        await page.wait_for_function("() => document.querySelector('video').currentTime >= 2.9")
        assert "/watch/" in page.url
        assert "?t=" not in page.url


async def test_sharing_from_this_moment(site: Site) -> None:
    async with opened(site.watch("?t=3")) as watched:
        page = watched.page
        await page.get_by_role("button", name="Share", exact=True).click()
        await expect(page.get_by_label("Address")).to_have_value(f"{site.watch()}?t=3s")
        code = page.get_by_label("For a page of your own")
        assert f'src="{site.public}/embed/{site.first}?t=3s"' in await code.input_value()
        await page.get_by_role("checkbox", name="Start at").press("Space")
        await expect(page.get_by_label("Address")).to_have_value(site.watch())
        assert await complaints_about(page) == []


async def test_a_course_goes_on_by_itself_unless_somebody_stays(site: Site) -> None:
    async with opened(site.watch(f"?playlist={site.course}")) as watched:
        page = watched.page
        await expect(page.get_by_text("1 of 2")).to_be_visible()
        await page.evaluate("document.querySelector('video').play()")
        await page.wait_for_function("() => document.querySelector('video').played.length > 0")
        await page.evaluate("document.querySelector('video').currentTime = 9")
        stay = page.get_by_role("button", name="Stay here")
        await expect(stay).to_be_visible(timeout=20_000)
        await stay.click()
        await expect(stay).to_be_hidden()
        await expect(page.get_by_text("1 watched")).to_be_visible()
        await page.keyboard.press("Shift+N")
        await page.wait_for_url(f"**/watch/{site.second}?playlist={site.course}")
        await expect(page.get_by_text("2 of 2")).to_be_visible()
        await page.wait_for_function("() => !document.querySelector('video').paused")
        await page.keyboard.press("Shift+P")
        await page.wait_for_url(f"**/watch/{site.first}?playlist={site.course}")


@pytest.mark.parametrize(("width", "dark"), [(360, True), (1280, False)])
async def test_the_page_can_be_read_by_everybody(site: Site, width: int, dark: bool) -> None:
    async with opened(site.watch(f"?playlist={site.course}"), width=width, dark=dark) as watched:
        assert await complaints_about(watched.page) == []
        shift = await watched.page.evaluate(
            """() => new Promise((done) => {
              let total = 0;
              new PerformanceObserver((list) => list.getEntries().forEach((each) => (total += each.value)))
                .observe({ type: "layout-shift", buffered: true });
              setTimeout(() => done(total), 300);
            })"""
        )
        assert shift < 0.01
        assert await watched.complaints() == []


async def framed(page: Page, origin: str, address: str) -> None:
    await page.goto(f"{origin}/?{quote(address)}")


async def test_other_sites_frame_the_player_where_they_may(site: Site) -> None:
    address = f"{site.public}/embed/{site.first}?t=3&autoplay=1&muted=1"
    async with chromium() as watched:
        page = watched.page
        await framed(page, f"http://localhost:{site.elsewhere}", address)
        frame = page.frame_locator("iframe")
        await expect(frame.get_by_role("region", name="Video player")).to_be_visible()
        inside = next(each for each in page.frames if each.url.startswith(site.public))
        # By the clock: frames of other origins are told of few repaints.
        await inside.wait_for_function(
            "() => (document.querySelector('video')?.currentTime ?? 0) > 3", polling=200
        )
        assert await inside.evaluate("document.querySelector('video').muted")
        await expect(frame.get_by_role("link", name="The gatekeepers")).to_have_attribute("target", "_blank")
        assert await page.context.cookies() == []
        assert await watched.complaints() == []
        await framed(page, f"http://localhost:{site.elsewhere}", f"{site.public}/embed/nobody")
        await expect(page.frame_locator("iframe").get_by_text("This video is not available")).to_be_visible()


async def test_other_sites_are_refused_where_they_may_not(site: Site) -> None:
    async with chromium() as watched:
        page = watched.page
        refusals: list[str] = []
        page.on("console", lambda entry: refusals.append(entry.text))
        await framed(page, f"http://127.0.0.1:{site.elsewhere}", f"{site.public}/embed/{site.first}")
        await expect(page.locator("iframe")).to_be_visible()
        await page.wait_for_timeout(500)
        assert await page.frames[-1].locator("[data-player]").count() == 0
        assert any("frame-ancestors" in each for each in refusals), refusals
