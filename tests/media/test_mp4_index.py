"""Sample tables tell what ffmpeg's demuxer gives out, packet by packet."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.clips import clip, clips_folder
from tests.support.derived import derived
from tests.support.jails import tools
from vlog.media import mp4_index
from vlog.media.packets import PACKET_ENTRIES, StreamTimes, VideoIndex, parse_packets
from vlog.media.probed import ENTRIES, ProbedStream, parse
from vlog.pipeline.mp4_file import read_outline

pytestmark = pytest.mark.timeout(600)

CLIPS = sorted(path.name for path in clips_folder().glob("*.mp4"))
DERIVED = [
    "hdr10.mp4",
    "hlg.mp4",
    "multiaudio_movtext.mp4",
    "rotated90.mp4",
    "uhd60.mp4",
    "prores_pcm_tc.mov",
]

TESTCARD = ["-f", "lavfi", "-i", "testsrc2=s=128x72:r=30:d=12"]
X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1"]
BASES = {
    "b.mp4": [*X264, "-bf", "3", "-g", "60"],
    "pyramid.mp4": [*X264, "-bf", "3", "-g", "48", "-x264-params", "b-pyramid=normal:b-adapt=2"],
    "plain.mp4": [*X264, "-bf", "0", "-g", "25"],
    "intra.mov": ["-c:v", "mjpeg"],
    "mpeg4.mp4": ["-c:v", "mpeg4", "-bf", "2", "-g", "30"],
}
"""Sources that the cases below are cut from."""

CASES = {
    "whole": ["-i", "b.mp4"],
    "cut amid a group": ["-ss", "3.3", "-i", "b.mp4", "-t", "4.1"],
    "cut at a key": ["-ss", "4", "-i", "b.mp4", "-t", "4"],
    "cut between pictures": ["-ss", "3.317", "-i", "b.mp4", "-t", "1.234"],
    "cut short": ["-i", "b.mp4", "-t", "0.5"],
    "cut pyramid": ["-ss", "2.5", "-i", "pyramid.mp4", "-t", "5.1"],
    "cut without reordering": ["-ss", "2.5", "-i", "plain.mp4", "-t", "3.3"],
    "cut intra": ["-ss", "1.21", "-i", "intra.mov", "-t", "2"],
    "cut mpeg4": ["-ss", "1.3", "-i", "mpeg4.mp4", "-t", "2"],
    "negative shifts": ["-i", "b.mp4", "-movflags", "negative_cts_offsets"],
    "negative shifts, cut": ["-ss", "3.3", "-i", "b.mp4", "-t", "4.1", "-movflags", "negative_cts_offsets"],
    "no edit list": ["-i", "b.mp4", "-use_editlist", "0"],
    "delayed": ["-itsoffset", "1.7", "-i", "b.mp4"],
    "delayed and cut": ["-itsoffset", "1", "-ss", "2.2", "-i", "b.mp4"],
    "odd clock": ["-i", "b.mp4", "-video_track_timescale", "600"],
    "odd movie clock": ["-ss", "3.3", "-i", "b.mp4", "-movie_timescale", "7919"],
    "index first": ["-ss", "3.3", "-i", "b.mp4", "-movflags", "+faststart"],
}
FALLBACKS = {
    "fragmented": ["-i", "b.mp4", "-movflags", "frag_keyframe+empty_moov"],
    "fragmented at the end": ["-i", "b.mp4", "-movflags", "frag_keyframe"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tables")
    for name, options in BASES.items():
        hostile.make(made, *TESTCARD, *options, name)
    return made


def ask(source: Path, entries: str, form: str) -> bytes:
    command = [str(tools().ffprobe), "-v", "error", "-show_entries", entries, "-of", form, str(source)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def video_of(source: Path) -> ProbedStream:
    streams = parse(ask(source, ENTRIES, "json")).streams
    return next(stream for stream in streams if stream.kind == "video" and not stream.is_picture)


def from_packets(source: Path, video: ProbedStream) -> VideoIndex:
    times = StreamTimes(index=video.index, time_base=video.time_base or Fraction(0))
    found = parse_packets(ask(source, PACKET_ENTRIES, "csv=p=0").decode(), times, None, seekable=True).index
    assert found is not None
    return found


def from_tables(source: Path, video: ProbedStream) -> VideoIndex | None:
    outline = read_outline(source)
    assert outline is not None
    assert outline.moov is not None
    assert video.track_id is not None
    return mp4_index.parse(outline.moov, video.track_id, file_size_bytes=source.stat().st_size)


def assert_same(source: Path) -> None:
    video = video_of(source)
    tables, packets = from_tables(source, video), from_packets(source, video)
    assert tables == packets


@pytest.mark.parametrize("name", CLIPS)
def test_the_clips(name: str) -> None:
    assert_same(clip(name))


@pytest.mark.parametrize("name", DERIVED)
def test_derived_clips(name: str) -> None:
    assert_same(derived(name))


@pytest.mark.parametrize("case", CASES)
def test_edits_shifts_and_clocks(folder: Path, case: str) -> None:
    suffix = ".mov" if case == "cut intra" else ".mp4"
    arguments = CASES[case]
    # Options of the output stand behind the input's name.
    source = hostile.make(folder, *arguments, "-c", "copy", f"case{suffix}")
    assert_same(source)


@pytest.mark.parametrize("case", FALLBACKS)
def test_fragments_are_left_to_the_demuxer(folder: Path, case: str) -> None:
    source = hostile.make(folder, *FALLBACKS[case], "-c", "copy", "fragments.mp4")
    outline = read_outline(source)
    assert outline is not None
    assert not outline.is_plain
    assert from_tables(source, video_of(source)) is None
