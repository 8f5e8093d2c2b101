"""The first step on files made for it: what is odd is taken, what is harmful is refused with a reason."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.clips import clip
from tests.support.inspections import WORK, best_jail, inspected, refused
from tests.support.looking import QUICKLY_SECONDS
from vlog.pipeline.failures import Completed
from vlog.pipeline.inspection import inspect
from vlog.pipeline.jail import Jail
from vlog.wire.work import InspectWork


@pytest.fixture(scope="module")
def jail() -> Jail:
    return best_jail()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources")


X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1"]


def moving(seconds: float = 2, *, size: str = "320x180", rate: str = "25") -> list[str]:
    """Input arguments of pictures that differ."""
    return ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"]


def tone(seconds: float = 2, *, of: str = "sine=sample_rate=48000") -> list[str]:
    """Input arguments of sound."""
    return ["-f", "lavfi", "-t", str(seconds), "-i", of]


async def test_a_giant_picture(jail: Jail, folder: Path) -> None:
    source = hostile.make(folder, *hostile.picture("16000x16000"), "-c:v", "mjpeg", "giant.mov")
    assert (await refused(jail, source)).code == "bad_dimensions"


@pytest.mark.parametrize("size", ["1x1", "3x3", "16384x16", "2x2000"])
async def test_odd_shapes(jail: Jail, folder: Path, size: str) -> None:
    source = hostile.make(folder, *hostile.picture(size), "-c:v", "rawvideo", "-pix_fmt", "bgr24", "odd.avi")
    assert (await refused(jail, source)).code == "bad_dimensions"


async def test_a_header_that_claims_a_hundred_thousand_pictures_a_second(jail: Jail, folder: Path) -> None:
    source = hostile.make(folder, *moving(0.0002, rate="100000"), *X264, "claim.mp4")
    assert (await refused(jail, source)).code == "frame_rate_too_high"


async def test_a_fast_source_is_thinned(jail: Jail, folder: Path) -> None:
    source = hostile.make(folder, *moving(rate="240"), *X264, "fast.mp4")
    found = await inspected(jail, source)
    assert found.info.video.frame_rate == 240
    assert found.grid.frame_rate == 60
    assert found.grid.frames == 120


async def test_two_days_in_two_pictures(jail: Jail, folder: Path) -> None:
    source = hostile.make(folder, *hostile.picture("64x36", rate="1/86400", frames=2), *X264, "days.mp4")
    assert (await refused(jail, source)).code == "too_long"
    patient = InspectWork(segment_seconds=6, max_frame_rate=60, max_duration_seconds=10**6, remux=True)
    assert (await refused(jail, source, patient)).code == "implausible_timing"


async def test_ten_seconds_of_pictures_in_nine_hours(jail: Jail, folder: Path) -> None:
    leap = [
        *moving(10.04, size="64x36"),
        "-vf",
        "setpts=PTS+gt(N\\,249)*34900/TB",
        "-fps_mode",
        "passthrough",
    ]
    source = hostile.make(folder, *leap, *X264, "leap.mp4")
    error = await refused(jail, source)
    assert (error.code, source.stat().st_size < 1_000_000) == ("implausible_timing", True)


async def test_hours_without_a_picture_are_held_where_the_file_is_worth_it(jail: Jail, folder: Path) -> None:
    pause = [*moving(2, size="64x36"), "-vf", "setpts=PTS+gt(N\\,24)*7200/TB", "-fps_mode", "passthrough"]
    grid = (await inspected(jail, hostile.make(folder, *pause, *X264, "pause.mp4"))).grid
    assert 7201 < grid.duration_seconds < 7203
    assert grid.frames == 50
    assert sum(not cell.frames for cell in grid.cells) >= 1199


async def test_one_picture_is_one_segment(jail: Jail, folder: Path) -> None:
    source = hostile.make(folder, *hostile.picture("320x180"), *X264, "one.mp4")
    found = await inspected(jail, source)
    assert [cell.frames for cell in found.grid.cells] == [1]


async def test_one_picture_under_a_song(jail: Jail, folder: Path) -> None:
    source = hostile.make(folder, *hostile.picture("320x180"), "-pix_fmt", "yuv420p", *X264, "still.mp4")
    song = hostile.make(folder, "-i", source.name, *tone(30), "-c:v", "copy", "-c:a", "aac", "song.mp4")
    grid = (await inspected(jail, song)).grid
    assert [cell.frames for cell in grid.cells] == [1, 0, 0, 0, 0]
    assert abs(grid.duration_seconds - 30) < Fraction(1, 10)


async def test_moving_fine_lines_are_no_fields(jail: Jail, folder: Path) -> None:
    for name, size in (("lines.mp4", "320x180"), ("many_lines.mp4", "1280x720")):
        source = hostile.make(folder, *moving(12, size=size), *X264, name)
        assert (await inspected(jail, source)).info.video.interlacing is None


async def test_no_moving_picture(jail: Jail, folder: Path) -> None:
    cover = hostile.make(folder, *hostile.picture("300x300"), "cover.jpg")
    song = hostile.make(folder, *tone(), "song.mp3")
    both = ["-i", song.name, "-i", cover.name, "-map", "0", "-map", "1", "-c", "copy"]
    with_cover = hostile.make(folder, *both, "-disposition:v", "attached_pic", "covered.mp3")
    for source in (song, with_cover, hostile.make(folder, *tone(), "song.m4a")):
        assert (await refused(jail, source)).code == "no_video"


async def test_a_cover_is_not_the_video(jail: Jail, folder: Path) -> None:
    hostile.make(folder, *hostile.picture("300x300"), "front.png")
    plain = hostile.make(folder, *moving(), *tone(), *X264, "-c:a", "aac", "plain.mp4")
    inputs = ["-i", "front.png", "-i", plain.name, "-map", "0", "-map", "1", "-c", "copy"]
    source = hostile.make(folder, *inputs, "-disposition:v:0", "attached_pic", "covered.mp4")
    found = await inspected(jail, source)
    assert found.info.video.codec == "h264"
    assert found.info.warnings == ()


@pytest.mark.parametrize(
    ("sound", "codec", "name"),
    [
        ("sine=sample_rate=8000", "pcm_s16le", "slow.mov"),
        ("anullsrc=r=384000:cl=7.1", "flac", "wide.mkv"),
        ("sine=sample_rate=44100", "wavpack", "strange.mkv"),
    ],
)
async def test_sound_of_all_kinds(jail: Jail, folder: Path, sound: str, codec: str, name: str) -> None:
    source = hostile.make(folder, *moving(), *tone(of=sound), *X264, "-c:a", codec, name)
    found = await inspected(jail, source)
    assert found.grid.frames == 50
    assert (found.info.audio is None) == (codec == "wavpack")


async def test_many_streams(jail: Jail, folder: Path) -> None:
    assert (await inspected(jail, hostile.streams(folder, video=1, audio=64, name="disc.mkv"))).info.audio
    for count in (40, 1000):
        source = hostile.streams(folder, video=count, audio=0, name="bomb.mkv")
        assert (await refused(jail, source)).code == "too_many_streams"


@pytest.mark.parametrize("name", ["rare.mov", "rare.mkv", "rare.avi"])
async def test_rare_codecs_are_named(jail: Jail, folder: Path, name: str) -> None:
    source = hostile.make(folder, *moving(0.2), "-c:v", "magicyuv", name)
    error = await refused(jail, source)
    assert (error.code, error.details) == ("codec_not_allowed", {"codec": "magicyuv"})


async def test_encrypted_files(jail: Jail, folder: Path) -> None:
    key = "76a6c65c5ea762046bd749a2e632ccbb"
    scheme = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", key]
    source = hostile.make(folder, *moving(), *X264, *scheme, "locked.mp4")
    assert (await refused(jail, source)).code == "encrypted"


async def test_pictures_that_can_not_be_decoded(jail: Jail, folder: Path) -> None:
    plain = hostile.make(folder, *moving(), *X264, "whole.mp4")

    def ruin(content: bytearray) -> None:
        begin, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
        content[begin:end] = bytes(end - begin)

    error = await refused(jail, hostile.patched(plain, "ruined.mp4", ruin))
    assert error.code == "undecodable"
    assert "0x" not in error.message


async def test_a_file_without_its_index(jail: Jail, folder: Path) -> None:
    plain = hostile.make(folder, *moving(), *X264, "full.mp4")

    def cut(content: bytearray) -> None:
        del content[content.index(b"moov") + 20 :]

    assert (await refused(jail, hostile.patched(plain, "cut.mp4", cut))).code == "truncated"


@pytest.mark.parametrize("kind", sorted(hostile.disguises(Path("/x"), 1)))
async def test_disguised_files_are_no_media(jail: Jail, folder: Path, kind: str) -> None:
    source = folder / "12.mp4"
    source.write_text(hostile.disguises(clip("sintel_small.mp4"), 9)[kind].ljust(64))
    assert (await refused(jail, source)).code == "not_media"


@pytest.mark.parametrize("kind", sorted(hostile.nonsense()))
async def test_nonsense_is_no_media(jail: Jail, folder: Path, kind: str) -> None:
    source = folder / "nonsense.mp4"
    source.write_bytes(hostile.nonsense()[kind])
    assert (await refused(jail, source)).code in ("not_media", "too_small", "empty_file")


async def test_a_cut_that_leaves_no_key_at_the_start_is_encoded(jail: Jail, folder: Path) -> None:
    whole = hostile.make(folder, *moving(12), *X264, "-g", "50", "whole_b.mp4")
    cut = hostile.make(folder, "-ss", "3.3", "-i", whole.name, "-c", "copy", "amid.mp4")
    found = await inspected(jail, cut)
    assert not found.grid.key_frames_aligned
    assert found.grid.cells[0].key_pts < found.grid.origin_pts
    assert (await inspected(jail, whole)).grid.key_frames_aligned


async def test_pictures_that_start_late_are_led_in(jail: Jail, folder: Path) -> None:
    plain = hostile.make(folder, *moving(8), *tone(8), *X264, "-g", "25", "-c:a", "aac", "both.mp4")
    shifted = ["-itsoffset", "0.7", "-i", plain.name, "-i", plain.name, "-map", "0:v", "-map", "1:a"]
    found = await inspected(jail, hostile.make(folder, *shifted, "-c", "copy", "late.mp4"))
    assert Fraction(found.grid.lead, found.grid.timescale) == Fraction("0.7")
    assert found.grid.start_seconds == 0


async def test_an_hour_is_inspected_in_no_time(jail: Jail, folder: Path) -> None:
    minute = hostile.make(
        folder,
        *moving(60, size="64x36", rate="30"),
        *tone(60),
        *X264,
        "-g",
        "60",
        "-c:a",
        "aac",
        "minute.mp4",
    )
    hour = hostile.make(folder, "-stream_loop", "59", "-i", minute.name, "-c", "copy", "hour.mp4")
    runs: list[Completed] = []
    found = await inspect(jail, hour, WORK, on_run=runs.append)
    assert found.grid.frames == 108_000
    # What it holds, its chapters, whether it decodes, whether it has fields: none reads the file to its end.
    assert len(runs) == 4
    assert sum(run.wall_seconds for run in runs) < QUICKLY_SECONDS
