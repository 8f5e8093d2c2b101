"""Playlists and manifests over real segments, read by ffmpeg's HLS and DASH demuxers to the last packet."""

from __future__ import annotations

import subprocess
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.jails import tools
from vlog.media import dash, hls
from vlog.media.codecs import describe
from vlog.media.fmp4 import find, parse_fragment
from vlog.media.fmp4_init import parse_init
from vlog.media.presentation import (
    INIT_NAME,
    PLAYLIST_NAME,
    Presentation,
    PublishedAudio,
    PublishedTrack,
    PublishedVideo,
    Span,
    segment_name,
)

TOKEN = "ab" * 16
SECONDS = 13
RATE = Fraction(30_000, 1001)
SIZES = {"360p": (640, 360), "180p": (320, 180)}
X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-bf", "2", "-sc_threshold", "0"]


def segmented(folder: Path, *arguments: str) -> None:
    """CMAF of one rendition by ffmpeg's own segmenter; its playlist is thrown away."""
    names = ["-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", INIT_NAME]
    names += ["-hls_segment_filename", segment_name("%d"), "-hls_time", "3", "-hls_list_size", "0"]
    hostile.make(folder, *arguments, "-f", "hls", *names, "theirs.m3u8").unlink()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("presentation")
    for name, (width, height) in SIZES.items():
        (root / TOKEN / name).mkdir(parents=True)
        pictures = ["-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r={RATE}:d={SECONDS}"]
        keys = ["-force_key_frames", "expr:gte(t,n_forced*3.003)", "-flags", "+cgop", "-g", "600"]
        segmented(root / TOKEN / name, *pictures, *X264, *keys)
    (root / TOKEN / "audio").mkdir()
    segmented(
        root / TOKEN / "audio", "-f", "lavfi", "-i", f"sine=d={SECONDS}:sample_rate=48000", "-c:a", "aac"
    )
    return root


def published(folder: Path) -> PublishedTrack:
    """A rendition as measured from its files."""
    init = (folder / INIT_NAME).read_bytes()
    described, defaults = describe(init), parse_init(init).defaults
    segments: list[Span] = []
    rates: list[int] = []
    total = 0
    for number in range(len(list(folder.glob(segment_name("*"))))):
        data = (folder / segment_name(number)).read_bytes()
        moof = find(data, b"moof")
        assert moof is not None
        fragment = parse_fragment(data[moof.start : moof.end], defaults)
        span = Span(fragment.decode_time, sum(fragment.samples.durations))
        segments.append(span)
        rates.append(len(data) * 8 * described.timescale // span.duration)
        total += len(data)
    return PublishedTrack(
        name=folder.name,
        codecs=described.codecs,
        timescale=described.timescale,
        peak_bit_rate=max(rates),
        average_bit_rate=total * 8 * described.timescale // segments[-1].end,
        segments=tuple(segments),
    )


@pytest.fixture(scope="module")
def presentation(root: Path) -> Presentation:
    found = Presentation(
        path=TOKEN,
        video=tuple(
            PublishedVideo(
                track=published(root / TOKEN / name), width=size[0], height=size[1], frame_rate=RATE
            )
            for name, size in SIZES.items()
        ),
        audio=(PublishedAudio(track=published(root / TOKEN / "audio"), sample_rate=48_000, channels=1),),
    )
    (root / "master.m3u8").write_text(hls.master_playlist(found))
    (root / "manifest.mpd").write_text(dash.manifest(found))
    for track in found.tracks:
        (root / TOKEN / track.name / PLAYLIST_NAME).write_text(hls.media_playlist(track))
    return found


def packets(source: Path) -> Counter[str]:
    """How many packets of each stream ffmpeg reads, without any complaint."""
    command = [str(tools().ffmpeg), "-v", "warning", "-nostdin", "-xerror", "-err_detect", "explode"]
    # Names of ours that the demuxer does not expect behind a playlist are fine: it is our own folder.
    command += ["-extension_picky", "0"] if source.suffix == ".m3u8" else []
    command += ["-copyts", "-i", str(source), "-map", "0", "-c", "copy", "-f", "framecrc", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return Counter(line.split(",")[0] for line in done.stdout.splitlines() if not line.startswith("#"))


def decoded(source: Path) -> str:
    """What a decoder complains about."""
    command = [
        str(tools().ffmpeg),
        "-v",
        "error",
        "-nostdin",
        "-i",
        str(source),
        "-map",
        "0",
        "-f",
        "null",
        "-",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def samples(folder: Path) -> int:
    """How many pictures or frames of sound the segments of a rendition hold."""
    defaults = parse_init((folder / INIT_NAME).read_bytes()).defaults
    contents = [path.read_bytes() for path in folder.glob(segment_name("*"))]
    return sum(len(parse_fragment(data[data.index(b"moof") - 4 :], defaults).samples) for data in contents)


@pytest.mark.parametrize("name", ["master.m3u8", "manifest.mpd"])
def test_every_packet_is_found(root: Path, presentation: Presentation, name: str) -> None:
    there = sorted(samples(root / TOKEN / track.name) for track in presentation.tracks)
    assert there[:2] == [390, 390]
    assert sorted(packets(root / name).values()) == there
    assert decoded(root / name) == ""


def test_codecs_are_those_of_the_segments(presentation: Presentation) -> None:
    assert [track.codecs for track in presentation.tracks] == ["avc1.4d401e", "avc1.4d400d", "mp4a.40.2"]


def test_both_tell_the_same_duration(root: Path, presentation: Presentation) -> None:
    for name in ("master.m3u8", "manifest.mpd"):
        command = [str(tools().ffmpeg), "-hide_banner", "-nostdin", "-i", str(root / name)]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
        told = said.split("Duration: ")[1].split(",")[0]
        hours, minutes, seconds = told.split(":")
        assert int(hours) == int(minutes) == 0
        assert abs(Fraction(seconds) - presentation.duration_seconds) < Fraction(1, 20)
