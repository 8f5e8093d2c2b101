"""A sound file from upload to playback in Chromium: it plays behind its poster."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.barcode import run_ffmpeg
from tests.support.browser import chromium
from tests.support.installation import Installation

_STATE = """() => {
  const video = document.querySelector("video");
  return { at: video.currentTime, length: video.duration, width: video.videoWidth, poster: video.poster,
           pip: document.querySelector("[data-act=pip]").hidden };
}"""


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    fresh = Installation(tmp_path)
    try:
        await asyncio.to_thread(fresh.start)
        yield fresh
        assert await asyncio.to_thread(fresh.stop) == 0
    finally:
        fresh.kill()


@pytest.mark.timeout(180)
async def test_a_sound_file_plays(installation: Installation, tmp_path: Path) -> None:
    source = tmp_path / "song.flac"
    run_ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:duration=14:sample_rate=44100", "-ac", "2", source)
    sent = await asyncio.to_thread(installation.upload, source, "A song")
    video = await asyncio.to_thread(installation.wait_until_over, sent["video_id"], whole_job=True)
    assert (video["status"], video["source_width"], video["job"]["state"]) == ("ready", 0, "done")
    assert video["duration"] == pytest.approx(14, abs=0.01)
    [sound] = video["job"]["renditions"]
    # The sine of an eighth of full level, brought to -16 LUFS.
    assert sound["loudness_lufs"] + sound["gain_db"] == pytest.approx(-16, abs=0.2)
    master = httpx.get(installation.public + video["stream_url"]).text
    assert re.search(
        r'^#EXT-X-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="mp4a.40.2"$', master, re.M
    )
    assert "EXT-X-MEDIA" not in master
    async with chromium() as watched:
        page = watched.page
        await page.goto(f"{installation.public}/watch/{video['slug']}")
        await page.get_by_role("button", name="Play", exact=True).first.click()
        state = await page.evaluate(_STATE)
        for _ in range(200):
            state = await page.evaluate(_STATE)
            if state["at"] > 1:
                break
            await asyncio.sleep(0.1)
        assert state["at"] > 1
        assert state["length"] == pytest.approx(14, abs=0.05)
        assert (state["width"], state["pip"]) == (0, True)
        assert state["poster"]
        # And to the end, from a place that has not been loaded yet.
        await page.evaluate("document.querySelector('video').currentTime = 13")
        for _ in range(200):
            if await page.evaluate("document.querySelector('video').ended"):
                break
            await asyncio.sleep(0.1)
        assert await page.evaluate("document.querySelector('video').ended")
        assert await watched.complaints() == []
