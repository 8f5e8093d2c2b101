"""A file whose own pictures break a browser's decoder: it goes on in a size that was made anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.barcode import run_ffmpeg
from tests.support.browser import chromium
from tests.support.installation import running

FILM = (
    "-f",
    "lavfi",
    "-i",
    "testsrc2=s=640x480:r=25:d=8",
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-g",
    "50",
)
ENDED = "document.querySelector('video').ended"


@pytest.mark.timeout(180)
async def test_a_picture_that_breaks_the_decoder_is_not_the_end(tmp_path: Path) -> None:
    run_ffmpeg(*FILM, tmp_path / "whole.mp4")
    # Every byte of one picture in the fifth second.
    noise = ("-c", "copy", "-bsf:v", r"noise=amount=eq(n\,110)")
    run_ffmpeg("-i", tmp_path / "whole.mp4", *noise, tmp_path / "damaged.mp4")
    with running(tmp_path) as installation:
        accepted = await asyncio.to_thread(installation.upload, tmp_path / "damaged.mp4", "Damaged")
        video = await asyncio.to_thread(
            installation.wait_until_over, accepted["video_id"], seconds=90, whole_job=True
        )
        assert {each["quality"] for each in video["qualities"]} >= {"original", "360p"}
        assert any("could not be decoded" in each for each in video["warnings"])
        async with chromium() as watched:
            page = watched.page
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url))
            await page.goto(f"{installation.public}/watch/{accepted['slug']}")
            # As a viewer does: play is pressed when there is a picture. An earlier wish is undone by loading.
            while not await page.evaluate("document.querySelector('video').readyState >= 2"):
                await asyncio.sleep(0.1)
            await page.evaluate("document.querySelector('video').play()")
            for _ in range(200):
                if await page.evaluate(ENDED):
                    break
                await asyncio.sleep(0.2)
            assert any("/original/segment_" in url for url in asked), "the file's own pictures come first"
            await expect(page.locator("[data-problem]")).to_be_hidden()
            assert await page.evaluate(ENDED)
