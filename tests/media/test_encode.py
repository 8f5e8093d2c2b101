"""Chunks under difficulties: damaged sources, half-made ones, strange shapes and rates."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.barcode import complaints, numbers, run_ffmpeg
from tests.support.barcode_sources import BarcodeSources
from tests.support.presentations import assignment, chunks, encode_chunk, inspected, rung, shown
from tests.support.processes import descendants
from tests.support.recording_client import RecordingClient
from vlog.kit.errors import Invalid
from vlog.media.fmp4_init import parse_init
from vlog.pipeline.failures import ExitedWithError
from vlog.pipeline.jail import Jail
from vlog.wire.work import Inspected, Lease, Segment

LARGE = rung("180p", 320, 180)
SMALL = rung("90p", 160, 90)


async def encoded(
    jail: Jail, source: Path, found: Inspected, *, cells: int = 3, size: tuple[int, int] = (320, 180)
) -> tuple[RecordingClient, int]:
    """One rung of all chunks, and how many pictures were missing."""
    client, missing = RecordingClient(source), 0
    for part in chunks(found.grid, cells):
        task = assignment(jail, source, client)
        made = await encode_chunk(task, found, part, rungs=(rung("only", *size),))
        missing += made.missing_frames
    return client, missing


async def test_fast_sources_are_thinned_alike_in_all_chunks(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("fast.mp4")
    found = await inspected(any_jail, source)
    client, missing = await encoded(any_jail, source, found, cells=1)
    assert missing == 0
    assert numbers(shown(client, "only").media) == list(range(0, 480, 2))


async def test_wide_pixels_become_square(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("wide_pixels.mp4")
    found = await inspected(any_jail, source)
    assert found.info.video.display_size == (640, 180)
    client, _ = await encoded(any_jail, source, found, size=(320, 90))
    entry = parse_init(client.inits["only"])
    assert entry.config(b"pasp") == bytes.fromhex("0000000100000001")
    assert numbers(shown(client, "only").media) == list(range(60))


async def test_a_change_of_size_within_the_source_does_not_lose_the_place(
    barcodes: BarcodeSources, any_jail: Jail
) -> None:
    source = barcodes.path("growing.ts")
    found = await inspected(any_jail, source)
    client, missing = await encoded(any_jail, source, found, cells=2)
    assert missing == 0
    assert numbers(shown(client, "only").media) == list(range(150))


class Overtaken(RecordingClient):
    """Takes nothing until all tools are through, and has by then given the last cells away."""

    def __init__(self, source: Path, *, taken_from: int) -> None:
        super().__init__(source)
        self._taken_from = taken_from
        self._is_first = True
        # Browsers and servers of other tests.
        self._others = set(descendants(os.getpid()))

    async def put_segments(self, lease: Lease, rendition: str, segments: Sequence[Segment]) -> None:
        if self._is_first:
            self._is_first = False
            while set(descendants(os.getpid())) - self._others:
                await asyncio.sleep(0.02)
            self.taken_from = self._taken_from
        await super().put_segments(lease, rendition, segments)


async def test_what_is_left_of_a_task_is_made_in_all_rungs(barcodes: BarcodeSources, any_jail: Jail) -> None:
    """The first refusal comes while cells of its own wait to be sent, and some are still to be made."""
    source = barcodes.path("uneven.mp4")
    found = await inspected(any_jail, source)
    cells = found.grid.cells
    # It ends among cells that hold a picture; those are made last, though moving ones follow them.
    left = max(number for number, cell in enumerate(cells) if not cell.frames)
    assert cells[-1].frames
    assert not cells[left - 1].frames
    client = Overtaken(source, taken_from=left)
    await encode_chunk(assignment(any_jail, source, client), found, range(len(cells)), rungs=(LARGE, SMALL))
    for name in ("180p", "90p"):
        assert sorted(client.segments[name]) == list(range(left)), name
    client.taken_from = None
    rest = range(left, len(cells))
    await encode_chunk(assignment(any_jail, source, client), found, rest, rungs=(LARGE, SMALL))
    assert list(dict.fromkeys(numbers(shown(client, "90p").media))) == list(range(240))


@pytest.mark.parametrize("broken", [{17}, {30}, {17, 30, 31, 59, 89}])
async def test_pictures_that_cannot_be_decoded_are_held_over(
    broken: set[int], barcodes: BarcodeSources, any_jail: Jail, tmp_path: Path
) -> None:
    source = damaged(barcodes.path("single_pictures.mov"), tmp_path / "damaged.mov", broken)
    found = await inspected(any_jail, barcodes.path("single_pictures.mov"))
    client, missing = await encoded(any_jail, source, found, cells=1)
    assert missing == len(broken)
    picture = shown(client, "only")
    assert numbers(picture.media) == [number for number in range(90) if number not in broken]
    assert picture.end == found.grid.duration
    assert complaints(picture.media) == ""


async def test_a_segment_without_any_picture_fails_the_chunk(
    barcodes: BarcodeSources, any_jail: Jail, tmp_path: Path
) -> None:
    whole = barcodes.path("single_pictures.mov")
    source = damaged(whole, tmp_path / "damaged.mov", set(range(30, 60)))
    found = await inspected(any_jail, whole)
    with pytest.raises(Invalid) as failed:
        await encoded(any_jail, source, found)
    assert failed.value.code == "no_pictures"


def damaged(whole: Path, into: Path, broken: set[int]) -> Path:
    """A copy of a film of single JPEG pictures in which some are nothing but zeros."""
    data = bytearray(whole.read_bytes())
    starts = [at for at in range(len(data) - 2) if data[at : at + 3] == b"\xff\xd8\xff"]
    assert len(starts) == 90
    for number in broken:
        end = data.index(b"\xff\xd9", starts[number]) + 2
        data[starts[number] : end] = bytes(end - starts[number])
    into.write_bytes(data)
    return into


async def test_only_what_is_missing_is_made(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("longer_sound.mp4")
    found = await inspected(any_jail, source)
    every = range(len(found.grid.cells))
    durable = {"180p": (0, 1, 2, 3, 5, 6), "90p": tuple(every)[:-1]}
    client = RecordingClient(source)
    task = assignment(any_jail, source, client)
    await encode_chunk(task, found, every, rungs=(LARGE, SMALL), durable=durable)
    assert sorted(client.segments["180p"]) == [4, 7, 8]
    assert sorted(client.segments["90p"]) == [8]
    # Decoding begins where the first missing segment needs it, for the one rung that lacks moving ones.
    assert "-ss" in task.runs[0].command
    assert task.runs[0].command.count("-map ") == 1


async def test_nothing_is_run_when_nothing_is_missing(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("even.mp4")
    found = await inspected(any_jail, source)
    client = RecordingClient(source)
    task = assignment(any_jail, source, client)
    await encode_chunk(task, found, range(2), rungs=(SMALL,), durable={"90p": (0, 1)})
    assert (task.runs, client.inits) == ([], {})


async def test_a_chunk_made_in_two_halves_shows_every_picture_once(
    barcodes: BarcodeSources, any_jail: Jail
) -> None:
    source = barcodes.path("ntsc.mp4")
    found = await inspected(any_jail, source)
    client = StoppingClient(source, after=4)
    every = range(len(found.grid.cells))
    with pytest.raises(RuntimeError, match="stop"):
        await encode_chunk(assignment(any_jail, source, client), found, every, rungs=(LARGE,))
    durable = {"180p": tuple(client.segments["180p"])}
    assert 4 <= len(durable["180p"]) < len(every)
    client.after = 1000
    await encode_chunk(assignment(any_jail, source, client), found, every, rungs=(LARGE,), durable=durable)
    picture = shown(client, "180p")
    assert numbers(picture.media) == list(range(210))
    assert complaints(picture.media) == ""


class StoppingClient(RecordingClient):
    """Fails after some segments."""

    def __init__(self, source: Path, *, after: int) -> None:
        super().__init__(source)
        self.after = after

    async def put_segments(self, lease: Lease, rendition: str, segments: Sequence[Segment]) -> None:
        await super().put_segments(lease, rendition, segments)
        if len(self.segments[rendition]) >= self.after:
            raise RuntimeError("stop")


async def test_private_metadata_does_not_come_along(
    barcodes: BarcodeSources, any_jail: Jail, tmp_path: Path
) -> None:
    source = tmp_path / "tagged.mp4"
    secret = "+48.8577+002.295/"
    run_ffmpeg(
        *("-i", barcodes.path("even.mp4"), "-c", "copy", "-movflags", "use_metadata_tags"),
        *("-metadata", f"location={secret}", "-metadata:s:v", f"title={secret}", source),
    )
    assert secret.encode() in source.read_bytes()
    found = await inspected(any_jail, source)
    client, _ = await encoded(any_jail, source, found)
    assert secret.encode() not in shown(client, "only").media


async def test_a_tool_that_fails_says_why(barcodes: BarcodeSources, any_jail: Jail, tmp_path: Path) -> None:
    source = barcodes.path("even.mp4")
    found = await inspected(any_jail, source)
    gone = tmp_path / "gone.mp4"
    gone.write_bytes(b"x" * 5000)
    task = assignment(any_jail, gone, RecordingClient(gone))
    with pytest.raises(ExitedWithError):
        await encode_chunk(task, found, range(2), rungs=(SMALL,))
    assert task.runs[0].exit_status != 0
    assert "Invalid data" in task.runs[0].stderr_tail
    assert f"file:{gone}" in task.runs[0].command
