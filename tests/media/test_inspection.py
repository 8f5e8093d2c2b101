"""The first step on real files: what each clip is, and why others are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pytest

from tests.support.clips import clip
from tests.support.derived import derived
from tests.support.inspections import best_jail, inspected, refused
from tests.support.jails import JAILS, build
from vlog.pipeline.jail import Jail
from vlog.wire.work import Inspected, InspectWork

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def jail() -> Jail:
    return best_jail()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a clip is: shown size, pictures, seconds, constant rate (or variable), how its pictures travel."""

    codec: str
    size: tuple[int, int]
    frames: int
    seconds: str
    rate: str | None
    copied: bool = False
    sound: str | None = None
    cells: tuple[int, ...] = ()
    warnings: Sequence[str] = ()


CLIPS = {
    "bbb_720p_aac51.mp4": Seen(
        codec="h264", size=(1280, 720), frames=132, seconds="5.28", rate="25", copied=True, sound="aac"
    ),
    "city_mpeg2_cc0_noaudio.mpg": Seen(
        codec="mpeg2video", size=(720, 405), frames=190, seconds="7.6", rate="25", cells=(150, 40)
    ),
    # 53 of its packets have no timestamp.
    "mpeg2_ps_ntsc.mpeg": Seen(
        codec="mpeg2video", size=(640, 480), frames=249, seconds="8.3083", rate="30000/1001", sound="mp2"
    ),
    "outdoor_vp9_in_mp4.mp4": Seen(
        codec="vp9", size=(1768, 994), frames=230, seconds="23/3", rate="30", sound="aac", cells=(180, 50)
    ),
    "phone_android_vfr_gps.mp4": Seen(
        codec="h264",
        size=(1920, 1080),
        frames=41,
        seconds="136570/90000",
        rate=None,
        copied=True,
        sound="aac",
    ),
    "portrait_h264_60fps.mp4": Seen(
        codec="h264", size=(1088, 1920), frames=100, seconds="5/3", rate="60", copied=True
    ),
    # An edit list takes the last of 250 pictures away.
    "screencast_speech.mp4": Seen(
        codec="h264", size=(1280, 720), frames=249, seconds="8.3", rate="30", copied=True, sound="aac"
    ),
    # Its pixels are not quite square.
    "sintel_small.mp4": Seen(
        codec="h264", size=(258, 110), frames=240, seconds="10", rate="24", sound="aac", cells=(144, 96)
    ),
    "surveillance_msmpeg4_80s.avi": Seen(
        codec="msmpeg4v3", size=(768, 576), frames=795, seconds="79.5", rate="10"
    ),
    "testcard_vp8.webm": Seen(
        codec="vp8", size=(320, 240), frames=182, seconds="6.042", rate=None, sound="vorbis"
    ),
    # The first pictures are damaged, so it is encoded although its codec could be copied.
    "webcam_audio_first_mp3.mp4": Seen(
        codec="h264",
        size=(640, 480),
        frames=453,
        seconds="15.184",
        rate=None,
        sound="mp3",
        warnings=["can't be decoded", "damaged"],
    ),
    "world_30s.mp4": Seen(
        codec="h264", size=(480, 270), frames=901, seconds="901/30", rate="30", copied=True, sound="aac"
    ),
}
DERIVED = {
    "bitflips.ts": Seen(
        codec="h264",
        size=(1280, 720),
        frames=250,
        seconds="25/3",
        rate="30",
        sound="aac",
        warnings=["damaged"],
    ),
    "hdr10.mp4": Seen(codec="hevc", size=(1768, 994), frames=60, seconds="2", rate="30"),
    "hlg.mp4": Seen(codec="hevc", size=(1768, 994), frames=60, seconds="2", rate="30"),
    "interlaced_h264.ts": Seen(codec="h264", size=(540, 960), frames=50, seconds="5/3", rate="30"),
    "interlaced_mpeg2_sar.ts": Seen(
        codec="mpeg2video", size=(1024, 576), frames=41, seconds="1.64", rate="25"
    ),
    "long_30min.avi": Seen(codec="msmpeg4v3", size=(768, 576), frames=18_285, seconds="1828.5", rate="10"),
    "multiaudio_movtext.mp4": Seen(
        codec="h264",
        size=(1280, 720),
        frames=249,
        seconds="8.3",
        rate="30",
        copied=True,
        sound="aac",
        warnings=("1 of 2 tracks",),
    ),
    "multiaudio_subs_chapters_av1.mkv": Seen(
        codec="av1",
        size=(1280, 720),
        frames=249,
        seconds="8.3",
        rate="30",
        sound="opus",
        warnings=("1 of 2 tracks",),
    ),
    "prores_pcm_tc.mov": Seen(
        codec="prores", size=(1280, 720), frames=25, seconds="1", rate="25", sound="pcm_s24le"
    ),
    "rotated90.mp4": Seen(
        codec="h264", size=(1080, 1920), frames=41, seconds="136570/90000", rate=None, sound="aac"
    ),
    # Half a picture at the end: encoded, as some browsers would end playing there.
    "truncated_faststart.mp4": Seen(
        codec="h264",
        size=(1280, 720),
        frames=154,
        seconds="154/30",
        rate="30",
        sound="aac",
        warnings=["ends early: 0:05 of 0:08"],
    ),
    # The clip that it is made from has its index in front.
    "truncated_no_moov.mp4": Seen(
        codec="h264",
        size=(1280, 720),
        frames=154,
        seconds="154/30",
        rate="30",
        sound="aac",
        warnings=["ends early: 0:05 of 0:08"],
    ),
    "uhd60.mp4": Seen(codec="h264", size=(3840, 2160), frames=60, seconds="1", rate="60", copied=True),
}
REFUSED = {
    "empty.mp4": "empty_file",
    "noise.mp4": "not_media",
    "evil_playlist.mp4": "too_small",
    "evil.svg.mp4": "not_media",
}


def assert_is(found: Inspected, expected: Seen) -> None:
    info, grid = found.info, found.grid
    assert info.video.codec == expected.codec
    assert info.video.display_size == expected.size
    assert grid.frames == expected.frames
    assert info.duration_seconds == grid.duration_seconds == Fraction(expected.seconds)
    constant = grid.frame_duration and Fraction(grid.timescale, grid.frame_duration)
    assert constant == (Fraction(expected.rate) if expected.rate else None)
    assert grid.key_frames_aligned is expected.copied
    assert (info.audio and info.audio.codec) == expected.sound
    if expected.cells:
        assert tuple(cell.frames for cell in grid.cells) == expected.cells
    assert len(info.warnings) == len(expected.warnings)
    for words, warning in zip(expected.warnings, info.warnings, strict=True):
        assert words in warning


@pytest.mark.parametrize("name", CLIPS)
async def test_the_clips(jail: Jail, name: str) -> None:
    assert_is(await inspected(jail, clip(name)), CLIPS[name])


@pytest.mark.parametrize("name", DERIVED)
async def test_derived_clips(jail: Jail, name: str) -> None:
    assert_is(await inspected(jail, derived(name)), DERIVED[name])


@pytest.mark.parametrize("name", REFUSED)
async def test_broken_clips(jail: Jail, name: str) -> None:
    assert (await refused(jail, derived(name))).code == REFUSED[name]


@pytest.mark.parametrize("kind", JAILS)
async def test_every_jail_lets_the_step_do_its_work(kind: str) -> None:
    assert_is(await inspected(build(kind), clip("testcard_vp8.webm")), CLIPS["testcard_vp8.webm"])


async def test_the_default_track_and_its_language() -> None:
    found = await inspected(build("landlock"), derived("multiaudio_subs_chapters_av1.mkv"))
    assert found.info.audio is not None
    assert (found.info.audio.index, found.info.audio.language) == (1, "eng")


async def test_sound_may_come_before_the_pictures_in_the_file() -> None:
    found = await inspected(build("landlock"), clip("webcam_audio_first_mp3.mp4"))
    assert (found.info.video.index, found.info.audio and found.info.audio.index) == (1, 0)


async def test_nothing_is_copied_unasked(jail: Jail) -> None:
    work = InspectWork(segment_seconds=6, max_frame_rate=60, max_duration_seconds=3600, remux=False)
    assert not (await inspected(jail, clip("world_30s.mp4"), work)).grid.key_frames_aligned


async def test_longer_than_allowed(jail: Jail) -> None:
    work = InspectWork(segment_seconds=6, max_frame_rate=60, max_duration_seconds=60, remux=True)
    assert (await refused(jail, clip("surveillance_msmpeg4_80s.avi"), work)).code == "too_long"
