"""What workers do at the word of the page of one video: its picture by hand, another source, other sizes."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.accessibility import complaints_about
from tests.support.barcode import run_ffmpeg
from tests.support.browser import Watched, chromium
from tests.support.installation import SECRET, Installation

pytestmark = pytest.mark.timeout(240)
# As long as work of several seconds may take on a machine that does much else.
PATIENCE_MS = 60_000
# The mean colour of a picture on the page.
_COLOUR = """
  async (image) => {
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const brush = canvas.getContext("2d");
    brush.drawImage(image, 0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }
"""


@dataclass(frozen=True)
class Place:
    """A running VLog whose video 1 is four seconds of red and four of blue; ``green`` is another film."""

    installation: Installation
    green: Path
    yellow: Path

    @property
    def page(self) -> str:
        return f"{self.installation.admin}/video/1"


def film(target: Path, *colours: str) -> Path:
    """Four seconds of each colour, with a key frame each second."""
    parts = [f"color={each}:s=320x240:r=10:d=4,format=yuv420p[{at}]" for at, each in enumerate(colours)]
    joined = "".join(f"[{at}]" for at in range(len(colours)))
    graph = ";".join([*parts, f"{joined}concat=n={len(colours)}"])
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10")
    run_ffmpeg("-f", "lavfi", "-i", graph, *options, target)
    return target


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="vlog-acts-") as folder:
        home = Path(folder)
        running = Installation(home)
        green, yellow = film(home / "green.mp4", "0x10c010"), home / "yellow.png"
        run_ffmpeg("-f", "lavfi", "-i", "color=0xe0e010:s=400x300:d=1,format=rgb24", "-frames:v", "1", yellow)
        try:
            running.start()
            accepted = running.upload(film(home / "film.mp4", "0xc01010", "0x1010c0"), "Colours")
            assert running.wait_until_over(accepted["video_id"], whole_job=True)["status"] == "ready"
            yield Place(running, green, yellow)
            assert running.stop() == 0
        finally:
            running.kill()


@pytest.fixture
async def watched(place: Place) -> AsyncIterator[Watched]:
    async with chromium() as watched:
        await watched.page.context.set_extra_http_headers({"X-Admin-Secret": SECRET})
        await watched.page.goto(place.page)
        await expect(watched.page.get_by_role("button", name="Suggest pictures")).to_be_visible()
        yield watched
        assert await watched.complaints() == []


def thumbnail(page: Page) -> Locator:
    return page.locator("#thumbnail")


async def told(page: Page, words: str) -> None:
    """Until the panel says where the picture comes from, and it is no longer made."""
    await expect(thumbnail(page).locator("h2 + p")).to_contain_text(words, timeout=PATIENCE_MS)
    await expect(thumbnail(page).get_by_text("Being made…")).to_be_hidden(timeout=PATIENCE_MS)


async def colour(image: Locator) -> str:
    """What the picture shows, by name."""
    red, green, blue = await image.evaluate(_COLOUR)
    if min(red, green) > 150:
        return "yellow"
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


async def shows(page: Page, *wanted: str) -> None:
    """Until the picture that stands for the video has one of these colours."""
    seen = ""
    for _ in range(100):
        if (seen := await colour(page.get_by_alt_text("The present thumbnail"))) in wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{seen} is shown, not {wanted}")


async def suggested(page: Page) -> list[str]:
    """The colours of the candidates."""
    candidates = thumbnail(page).get_by_role("list", name="Candidates").get_by_role("button")
    await expect(candidates.first).to_be_enabled(timeout=PATIENCE_MS)
    images = candidates.locator("img")
    for each in await images.all():
        await each.scroll_into_view_if_needed()
    return [await colour(each) for each in await images.all()]


async def test_a_picture_by_hand_then_another_source_then_other_sizes(place: Place, watched: Watched) -> None:
    """One life of a video, as each part needs what the one before has made."""
    page = watched.page
    # Somebody always listens: intercepted only from now on, a chooser that opens now comes too early.
    page.on("filechooser", lambda _: None)
    await picture_by_mouse(page, place)
    await picture_by_keyboard(page, place)
    await another_source(page, place)
    await sizes_by_keyboard(page, place)
    await sizes_by_mouse(page)


async def picture_by_mouse(page: Page, place: Place) -> None:
    panel = thumbnail(page)
    await told(page, "Chosen automatically")
    await page.get_by_role("button", name="Suggest pictures").click()
    colours = await suggested(page)
    assert set(colours) == {"red", "blue"}, colours
    assert await complaints_about(page) == []
    await panel.get_by_role("button", name="Use the picture at").nth(colours.index("blue")).click()
    await told(page, "Chosen by hand, at ")
    await shows(page, "blue")
    async with page.expect_file_chooser() as chooser:
        await panel.get_by_text("Upload a picture").click()
    await (await chooser.value).set_files(place.yellow)
    await told(page, "Uploaded")
    await shows(page, "yellow")
    await expect(panel.get_by_text("320 and 400 pixels wide")).to_be_visible()
    await page.get_by_role("button", name="Back to the automatic one").click()
    await told(page, "Chosen automatically")
    await shows(page, "red", "blue")
    await expect(page.get_by_role("button", name="Back to the automatic one")).to_be_hidden()


async def picture_by_keyboard(page: Page, place: Place) -> None:
    panel = thumbnail(page)
    async with page.expect_file_chooser() as chooser:
        await panel.get_by_label("Upload a picture").press("Enter")
    await (await chooser.value).set_files(place.yellow)
    await told(page, "Uploaded")
    await page.get_by_role("button", name="Back to the automatic one").press("Enter")
    await told(page, "Chosen automatically")
    # The player's picture at three quarters of the film.
    await page.get_by_role("slider", name="Position").focus()
    await page.keyboard.press("End")
    await page.wait_for_function("() => document.querySelector('video').currentTime > 7")
    await page.get_by_role("button", name="Use the player’s picture").press("Space")
    await told(page, "Chosen by hand, at 0:0")
    await shows(page, "blue")
    candidates = panel.get_by_role("button", name="Use the picture at")
    await candidates.first.focus()
    await page.keyboard.press("Tab")
    await expect(candidates.nth(1)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(candidates.nth(1)).to_be_enabled(timeout=PATIENCE_MS)
    await told(page, "Chosen by hand")


async def another_source(page: Page, place: Place) -> None:
    """A picture that somebody has chosen outlives its source; what is suggested then is of the other one."""
    before = await colour(page.get_by_alt_text("The present thumbnail"))
    source = page.locator("#source")
    await source.get_by_label("Replace the source…").focus()
    async with page.expect_file_chooser() as chooser:
        await page.keyboard.press("Enter")
    await (await chooser.value).set_files(place.green)
    question = page.get_by_role("dialog", name="Replace the source?")
    await expect(question).to_contain_text("green.mp4")
    await question.get_by_role("button", name="Cancel").press("Enter")
    await expect(question).to_be_hidden()
    async with page.expect_file_chooser() as chooser:
        await source.get_by_text("Replace the source…").click()
    await (await chooser.value).set_files(place.green)
    await question.get_by_role("button", name="Replace the source").click()
    await expect(page.get_by_text("The source is replaced")).to_be_visible(timeout=PATIENCE_MS)
    await expect(source.locator(".facts")).to_contain_text("green.mp4", timeout=PATIENCE_MS)
    await expect(thumbnail(page).get_by_role("button", name="Use the picture at")).to_have_count(0)
    await shows(page, before)
    await page.get_by_role("button", name="Suggest pictures").click()
    assert set(await suggested(page)) == {"green"}
    await page.get_by_role("button", name="Back to the automatic one").click()
    await told(page, "Chosen automatically")
    await shows(page, "green")


async def sizes_by_keyboard(page: Page, place: Place) -> None:
    await page.get_by_role("button", name="Encode again…").press("Enter")
    dialog = page.get_by_role("dialog", name="Encode again")
    await expect(dialog.get_by_role("checkbox", name="As the settings say")).to_be_checked()
    choices = dialog.get_by_role("checkbox")
    await choices.nth(1).focus()
    await page.keyboard.press("Space")
    await expect(dialog.get_by_role("checkbox", name="As the settings say")).not_to_be_checked()
    await dialog.get_by_label("Priority").select_option("high")
    assert await complaints_about(page) == []
    await dialog.get_by_role("button", name="Encode again").press("Enter")
    await expect(page.get_by_text("It is being encoded again.")).to_be_visible()
    await asyncio.to_thread(place.installation.wait_until_over, 1, whole_job=True)
    await expect(page.locator("#renditions tbody tr").first).to_be_visible()


async def sizes_by_mouse(page: Page) -> None:
    await expect(page.get_by_text("It is being encoded again.")).to_be_hidden(timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Encode again…").click()
    dialog = page.get_by_role("dialog", name="Encode again")
    await dialog.get_by_role("button", name="Encode again").click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("It is being encoded again.")).to_be_visible()
