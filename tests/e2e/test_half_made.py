"""Watching what is still being made: real processes, real Chromium, an encoder that takes its time."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.support.browser import chromium
from tests.support.clips import clip
from tests.support.installation import Installation, free_ports
from tests.support.jails import tools
from tests.support.processes import descendants, left_after

# Many short cells, one chunk at a time, a thorough encoder; however slow the machine, it is offered.
SLOWLY = {
    "VLOG_STREAMING_SEGMENT_DURATION": "2",
    "VLOG_STREAMING_PUBLISH_SPEED": "0",
    "VLOG_TRANSCODING_H264_PRESET": "slow",
    "VLOG_TRANSCODER_SLOTS": "1",
}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """One that encodes slowly."""
    home = Installation(tmp_path)
    try:
        home.start(SLOWLY)
        yield home
    finally:
        home.kill()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Almost four minutes of VP9 in 720p, repeated without encoding."""
    path = tmp_path / "film.mp4"
    source = clip("outdoor_vp9_in_mp4.mp4")
    command = [str(tools().ffmpeg), "-v", "error", "-stream_loop", "29", "-i", str(source), "-c", "copy"]
    subprocess.run([*command, str(path)], check=True)
    return path


def made(installation: Installation, video_id: int) -> tuple[int, int]:
    """Segments of pictures of the lowest rung: durable ones, and all."""
    job = installation.video(video_id)["job"]
    (rung,) = [each for each in job["renditions"] if each["name"] == "360p"]
    return rung["segments_completed"], rung["segments_total"]


def playlists(installation: Installation, slug: str) -> dict[str, httpx.URL]:
    """The media playlists that the multivariant playlist offers, by rendition."""
    master = httpx.URL(installation.public).join(f"/videos/{slug}/master.m3u8")
    text = httpx.get(master).raise_for_status().text
    found = re.findall(r'(?:URI="|^)([\w/]+/(\w+)/stream\.m3u8)', text, re.MULTILINE)
    return {name: master.join(path) for path, name in found}


async def until(page: Page, condition: str, *, seconds: float) -> None:
    for _ in range(int(seconds * 5)):
        if await page.evaluate(condition):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {condition}")


@contextmanager
def nginx(folder: Path, upstream: str) -> Iterator[str]:
    """A proxy before the public site, which buffers answers as proxies do; its address."""
    port = free_ports()[0]
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        "events {}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {upstream};\n"
        "proxy_http_version 1.1; proxy_set_header Connection ''; } } }\n"
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None
    with subprocess.Popen([program, "-c", str(folder / "nginx.conf"), "-p", str(folder)]) as process:
        try:
            for _ in range(100):
                with suppress(httpx.HTTPError):
                    httpx.get(f"http://127.0.0.1:{port}/health")
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.mark.timeout(300)
async def test_a_film_is_watched_while_it_is_made(installation: Installation, film: Path) -> None:
    accepted = await asyncio.to_thread(installation.upload, film, "A film")
    video_id = accepted["video_id"]
    async with chromium() as watched:
        page = watched.page
        # The page is there first; it turns into playback by itself.
        await page.goto(f"{installation.public}/watch/{accepted['slug']}")
        await expect(page.locator("[data-player]")).to_be_visible(timeout=90_000)
        await until(page, "document.querySelector('video').currentTime > 0.5", seconds=60)
        done, total = made(installation, video_id)
        assert done < total / 2, "most of it is still to be made"
        assert await page.evaluate("document.querySelector('video').duration") > 220
        await expect(page.get_by_text("more picture sizes are being made")).to_be_visible()
        for share in (0.8, 0.5):
            await page.evaluate(
                "share => { const v = document.querySelector('video'); v.currentTime = v.duration * share; }",
                share,
            )
            await until(
                page,
                "(() => { const v = document.querySelector('video');"
                f" return !v.seeking && v.currentTime > v.duration * {share} + 0.5; }})()",
                seconds=90,
            )
        done, _ = made(installation, video_id)
        assert done < total, "it was played where the encoder had not come by itself"
        # On a machine that is busy with other things a wait may end with 503; asked again, it plays.
        complaints = [each for each in await watched.complaints() if "status of 503" not in each]
        assert complaints == []


@pytest.mark.timeout(300)
def test_what_is_announced_comes_whoever_is_killed(installation: Installation, tmp_path: Path) -> None:
    source = clip("surveillance_msmpeg4_80s.avi")
    accepted = installation.upload(source, "Street")
    slug, video_id = accepted["slug"], accepted["video_id"]
    video = installation.wait_until_over(video_id)
    assert video["status"] == "ready", video
    before = told(installation, slug)
    assert made(installation, video_id)[0] < made(installation, video_id)[1], "it is offered half made"
    for kill_all in (False, True):
        time.sleep(0.5)
        kill(installation, everything=kill_all)
        if kill_all:
            installation.start(SLOWLY)
        # The video stays what it was, and nothing that was said of it changes.
        assert installation.video(video_id)["status"] == "ready"
        assert told(installation, slug) == before
    with httpx.Client(timeout=60) as client:
        if shutil.which("nginx", path="/usr/sbin:/usr/bin"):
            with nginx(tmp_path, installation.public) as address:
                last = playlists(installation, slug)["360p"].join("segment_30.m4s")
                through = patiently(client, httpx.URL(address).join(last.path))
                assert through == patiently(client, last)
        for name, url in playlists(installation, slug).items():
            text = client.get(url).text
            assert text.endswith("#EXT-X-ENDLIST\n")
            for segment in re.findall(r"^segment_\d+\.m4s$", text, re.MULTILINE):
                assert patiently(client, url.join(segment)), f"{name}/{segment}"
    assert installation.stop() == 0


def told(installation: Installation, slug: str) -> dict[str, Any]:
    """The playlists of what was offered first, and the initialisation segments, byte by byte."""
    found: dict[str, Any] = {}
    for name, url in playlists(installation, slug).items():
        if name in {"360p", "audio"}:
            found[name] = (httpx.get(url).text, httpx.get(url.join("init.mp4")).content)
    assert "360p" in found
    return found


def kill(installation: Installation, *, everything: bool) -> None:
    assert installation.process is not None
    below = descendants(installation.process.pid)
    victims = below if everything else [pid for pid in below if "transcoder" in _command(pid)]
    for process_id in victims:
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGKILL)
    if everything:
        installation.kill()
        assert left_after(below, 5) == {}


def _command(process_id: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process_id}/cmdline").read_bytes().decode(errors="replace")
    return ""


def patiently(client: httpx.Client, url: httpx.URL) -> bytes:
    """As players do: a segment that is not ready is asked for again."""
    for _ in range(60):
        answer = client.get(url)
        if answer.status_code != 503:
            return answer.raise_for_status().content
        assert answer.json()["code"] == "segment_not_ready"
        time.sleep(float(answer.headers["retry-after"]))
    raise AssertionError(f"{url} does not come")
