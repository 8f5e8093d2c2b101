"""Files that were cut off and files with errors: what is there is shown at its time, and the rest is told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.barcode import complaints, make_source, numbers
from tests.support.inspections import refused
from tests.support.presentations import assignment, chunks, encode_chunk, inspected, rung, shown
from tests.support.recording_client import RecordingClient
from vlog.pipeline.jail import Jail
from vlog.wire.work import Inspected

COUNT = 150
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "50")
SOURCES = {
    "whole.mp4": (*H264, "-movflags", "+faststart"),
    "whole.mkv": H264,
    "whole.ts": H264,
    "whole.avi": ("-c:v", "mpeg4", "-q:v", "3", "-bf", "0"),
    "open.mp4": (*H264, "-movflags", "+frag_keyframe+empty_moov"),
}
TOLD = {"whole.mp4", "whole.mkv"}
"""Those whose beginning says how long they are."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("halves")


def made(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        make_source(path, rate=Fraction(25), count=COUNT, options=SOURCES[name])
    return path


CUT_OFF = "The file is cut off; it plays as far as it goes."


def cut(content: bytearray) -> None:
    # An odd length, which no count of packets has.
    del content[len(content) * 6 // 10 | 1 :]


async def encoded(jail: Jail, source: Path, found: Inspected) -> tuple[RecordingClient, int]:
    client, missing = RecordingClient(source), 0
    for cells in chunks(found.grid, 2):
        task = assignment(jail, source, client)
        missing += (await encode_chunk(task, found, cells, rungs=(rung("180p", 320, 180),))).missing_frames
    return client, missing


@pytest.mark.parametrize("name", SOURCES)
async def test_what_is_there_is_shown(name: str, any_jail: Jail, folder: Path) -> None:
    source = hostile.patched(made(folder, name), f"cut-{name}", cut)
    found = await inspected(any_jail, source)
    assert not (await inspected(any_jail, made(folder, name))).info.warnings
    client, missing = await encoded(any_jail, source, found)
    picture = shown(client, "180p")
    seen = numbers(picture.media)
    assert seen[: len(seen) - 1] == list(range(len(seen) - 1))
    assert 60 <= len(seen) <= 110
    assert missing <= 2
    assert picture.end == found.grid.duration
    assert found.info.warnings
    if name in TOLD:
        seconds = int(found.grid.duration_seconds)
        assert f"The file ends early: 0:0{seconds} of 0:06 could be read." in found.info.warnings


def lose_packets(content: bytearray) -> None:
    """A recording of bad reception: three packets of 188 bytes did not arrive."""
    middle = len(content) // 188 // 2 * 188
    del content[middle : middle + 3 * 188]


@pytest.mark.parametrize(
    ("damage", "said"), [(cut, [CUT_OFF]), (lose_packets, ["Some pictures are damaged."])]
)
async def test_what_other_decoders_give_up_on_is_not_copied(
    damage: Callable[[bytearray], None], said: list[str], any_jail: Jail, folder: Path
) -> None:
    """Browsers end playing where a picture lacks its end; encoded anew it is held over or made up."""
    whole = made(folder, "whole.ts")
    assert (await inspected(any_jail, whole, segment_seconds=2, remux=True)).grid.key_frames_aligned
    source = hostile.patched(whole, f"{damage.__name__}-copied.ts", damage)
    found = await inspected(any_jail, source, segment_seconds=2, remux=True)
    assert not found.grid.key_frames_aligned
    assert list(found.info.warnings) == said


async def test_the_end_of_a_recording_is_looked_at_in_no_time(any_jail: Jail, tmp_path: Path) -> None:
    """A decoder that is told to give up at errors may complain for ever at the end of such a file."""
    whole = tmp_path / "whole.ts"
    fast = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "50")
    make_source(whole, rate=Fraction(25), count=COUNT, options=fast)
    source = hostile.patched(whole, "cut.ts", cut)
    async with asyncio.timeout(60):
        found = await inspected(any_jail, source, segment_seconds=2, remux=True)
    assert 60 <= found.grid.frames < COUNT


@pytest.mark.parametrize("name", ["whole.mp4", "whole.mkv"])
async def test_a_file_with_nothing_but_its_head_says_so(name: str, any_jail: Jail, folder: Path) -> None:
    def behead(content: bytearray) -> None:
        del content[content.index(b"mdat" if name.endswith("mp4") else b"\x1f\x43\xb6\x75") + 8 :]

    error = await refused(any_jail, hostile.patched(made(folder, name), f"head-{name}", behead))
    assert error.code in {"undecodable", "not_media", "truncated"}
    assert error.message.endswith((".", "found", "file", "input"))


@pytest.mark.parametrize("name", ["whole.mkv", "whole.ts"])
async def test_flipped_bits_are_counted_and_change_no_time(name: str, any_jail: Jail, folder: Path) -> None:
    dice = random.Random(7)

    def flip(content: bytearray) -> None:
        for _ in range(40):
            content[dice.randrange(len(content) // 3, len(content))] ^= 1 << dice.randrange(8)

    source = hostile.patched(made(folder, name), f"flipped-{name}", flip)
    found = await inspected(any_jail, source)
    client, missing = await encoded(any_jail, source, found)
    picture = shown(client, "180p")
    assert len(picture.ticks) == found.grid.frames - missing
    assert picture.end == found.grid.duration
    assert complaints(picture.media) == ""
