"""Small files that ask for a lot, and clocks that lie: an answer comes soon, and no tool dies of it."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.jails import JAILS, build
from tests.support.looking import QUICKLY_SECONDS, decoded, probed
from vlog.media.hardening import MAX_STREAMS, ffmpeg_input_args, ffprobe_input_args
from vlog.pipeline.jail import Jail


@pytest.fixture(params=JAILS)
def jail(request: pytest.FixtureRequest) -> Jail:
    return build(request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bombs")


def number(value: int, *boxes: tuple[bytes, int]) -> Callable[[bytearray], None]:
    """A change of a file: ``value`` at some offset from each box's name."""

    def change(content: bytearray) -> None:
        for box, offset in boxes:
            at = content.find(box) + offset
            content[at : at + 4] = struct.pack(">I", value)

    return change


def halved(content: bytearray) -> None:
    del content[len(content) // 2 :]


# Offsets from the box's name of the fields of ISO/IEC 14496-12, version 0.
DURATIONS = ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24))
TIME_SCALES = ((b"mvhd", 16), (b"mdhd", 16))
CHANGES = {
    "zero duration": number(0, *DURATIONS),
    "endless duration": number(0xFFFFFFFF, *DURATIONS),
    "zero time scale": number(0, *TIME_SCALES),
    "giant step": number(0x7FFFFFFF, (b"stts", 16)),
    "negative step": number(0xFFFFFFF0, (b"stts", 16)),
    "no step": number(0, (b"stts", 16)),
    "a billion samples": number(0x3FFFFFFF, (b"stsz", 12)),
    "cut off": halved,
}


@pytest.fixture(scope="module")
def liars(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("liars")
    pictures = [*hostile.picture("64x36", frames=10), "-c:v", "mpeg4"]
    plain = hostile.make(folder, *pictures, "plain.mp4")
    changed = {kind: hostile.patched(plain, f"{kind}.mp4", change) for kind, change in CHANGES.items()}
    early = ["-itsoffset", "-5", "-i", "plain.mp4", "-c", "copy", "early.mkv"]
    return {
        **changed,
        "no duration": hostile.make(folder, *pictures, "-live", "1", "live.mkv"),
        "starts before zero": hostile.make(folder, *early),
    }


class TestBombs:
    """Small files that ask for a lot."""

    async def test_a_giant_picture_is_not_decoded(self, folder: Path) -> None:
        jail = build("landlock")
        source = hostile.make(folder, *hostile.picture("16000x16000"), "-c:v", "mjpeg", "giant.mov")
        started = time.monotonic()
        done = await decoded(jail, source, *ffmpeg_input_args())
        assert time.monotonic() - started < QUICKLY_SECONDS
        assert (done.returncode != 0, done.stdout) == (True, b"")
        assert "exceeds specified max pixel count" in done.stderr_tail
        # It is the bound that refuses, not the decoder or the memory.
        options = ffmpeg_input_args()
        options[options.index("-max_pixels") + 1] = str(20_000 * 20_000)
        assert (await decoded(jail, source, *options, frames=1)).checked().stdout

    async def test_a_giant_picture_of_an_unlisted_decoder(self, jail: Jail, folder: Path) -> None:
        source = folder / "giant_png.mov"
        if not source.exists():
            hostile.make(folder, *hostile.picture("16000x16000"), "-c:v", "png", "-pred", "none", source.name)
        started = time.monotonic()
        assert (await decoded(jail, source, *ffmpeg_input_args())).returncode != 0
        assert time.monotonic() - started < QUICKLY_SECONDS

    @pytest.mark.parametrize("codec", ["magicyuv", "cinepak", "jpeg2000", "exr"])
    async def test_rare_decoders_do_not_run(self, folder: Path, codec: str) -> None:
        jail = build("landlock")
        source = hostile.make(folder, *hostile.picture("64x64"), "-c:v", codec, f"{codec}.mkv")
        done = await decoded(jail, source, *ffmpeg_input_args())
        assert (done.returncode != 0, done.stdout) == (True, b"")
        assert "not on whitelist" in done.stderr_tail
        # Nor for the probe, whose words still say which one it is, so that the refusal can name it.
        said = await probed(jail, source, *ffprobe_input_args(), show="stream=codec_name")
        assert codec in said.stderr_tail + said.stdout.decode()

    async def test_a_hundred_thousand_pictures_a_second(self, jail: Jail, folder: Path) -> None:
        source = folder / "rate.mkv"
        if not source.exists():
            hostile.make(
                folder,
                *hostile.picture("16x16", rate="100000", frames=5),
                "-c:v",
                "mpeg4",
                "-r",
                "60000",
                "rate.avi",
            )
            hostile.make(
                folder, *hostile.picture("16x16", rate="100000", frames=5), "-c:v", "ffv1", source.name
            )
        said = await probed(jail, source, *ffprobe_input_args(), show="stream=r_frame_rate")
        assert said.checked().wall_seconds < QUICKLY_SECONDS
        assert int(said.stdout.split(b"/")[0]) >= 1000

    async def test_two_pictures_in_two_days(self, jail: Jail, folder: Path) -> None:
        source = folder / "slow.mp4"
        if not source.exists():
            pictures = hostile.picture("16x16", rate="1/86400", frames=2)
            hostile.make(folder, *pictures, "-c:v", "libx264", source.name)
        assert source.stat().st_size < 3000
        said = await probed(jail, source, *ffprobe_input_args(), show="format=duration")
        assert float(said.checked().stdout) == pytest.approx(172_800, rel=0.1)
        # Counting the real packets costs nothing, whatever the clock says.
        packets = await probed(jail, source, *ffprobe_input_args(), show="packet=pts")
        assert len(packets.stdout.split()) == 2
        assert packets.wall_seconds < QUICKLY_SECONDS

    async def test_one_picture(self, jail: Jail, folder: Path) -> None:
        source = folder / "one.mp4"
        if not source.exists():
            hostile.make(folder, *hostile.picture("64x36"), "-c:v", "libx264", source.name)
        done = await decoded(jail, source, *ffmpeg_input_args())
        assert len(done.checked().stdout) == 64 * 36 * 3 // 2

    async def test_a_thousand_streams(self, jail: Jail, folder: Path) -> None:
        source = folder / "streams.mkv"
        if not source.exists():
            # As many as ffmpeg itself would take.
            hostile.streams(folder, video=999, audio=0, name=source.name)
        # Some demuxers end with an error, this one stops reading: one too many shows, and no more are made.
        held = await probed(jail, source, *ffprobe_input_args(), show="stream=index")
        assert len(held.stdout.split()) == MAX_STREAMS + 1
        assert held.wall_seconds < QUICKLY_SECONDS
        free = await probed(jail, source, show="stream=index")
        assert len(free.checked().stdout.split()) == 999

    async def test_a_disc_with_many_languages_is_no_bomb(self, jail: Jail, folder: Path) -> None:
        source = folder / "languages.mkv"
        if not source.exists():
            hostile.streams(folder, video=1, audio=64, name=source.name)
        said = await probed(jail, source, *ffprobe_input_args(), show="stream=codec_type")
        assert said.checked().stdout.split().count(b"audio") == 64 < MAX_STREAMS
        assert (await decoded(jail, source, *ffmpeg_input_args(), frames=1)).checked().stdout


class TestTimes:
    """Clocks that lie: every file gets an answer, soon, and no tool dies of it."""

    @pytest.mark.parametrize("kind", [*CHANGES, "no duration", "starts before zero"])
    async def test_both_tools_answer(self, jail: Jail, liars: dict[str, Path], kind: str) -> None:
        source = liars[kind]
        for done in (
            await probed(jail, source, *ffprobe_input_args(), show="format=duration:packet=pts"),
            await decoded(jail, source, *ffmpeg_input_args()),
        ):
            assert done.wall_seconds < QUICKLY_SECONDS
            assert done.returncode == 0 or done.stderr_tail
