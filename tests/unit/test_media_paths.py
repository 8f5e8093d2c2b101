"""Which addresses below /videos/ name a file, and which name nothing."""

from __future__ import annotations

import pytest

from vlog.api.media_paths import CACHE_CONTROL, MediaPath, parse

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("path", "parsed", "media_type"),
    [
        ("a-walk/master.m3u8", MediaPath("a-walk", None, ("master.m3u8",)), "application/vnd.apple.mpegurl"),
        ("a/manifest.mpd", MediaPath("a", None, ("manifest.mpd",)), "application/dash+xml"),
        ("a/thumbnail.jpg", MediaPath("a", None, ("thumbnail.jpg",)), "image/jpeg"),
        ("a/thumbnail_640.jpg", MediaPath("a", None, ("thumbnail_640.jpg",)), "image/jpeg"),
        ("a/thumbnail_1280.webp", MediaPath("a", None, ("thumbnail_1280.webp",)), "image/webp"),
        ("a/thumbnail_32.avif", MediaPath("a", None, ("thumbnail_32.avif",)), "image/avif"),
        (f"a/{TOKEN}/360p/init.mp4", MediaPath("a", TOKEN, ("360p", "init.mp4")), "video/mp4"),
        (
            f"a/{TOKEN}/audio/segment_0.m4s",
            MediaPath("a", TOKEN, ("audio", "segment_0.m4s")),
            "video/iso.segment",
        ),
        (
            f"a/{TOKEN}/original/stream.m3u8",
            MediaPath("a", TOKEN, ("original", "stream.m3u8")),
            "application/vnd.apple.mpegurl",
        ),
    ],
)
def test_files_that_can_be_asked_for(path: str, parsed: MediaPath, media_type: str) -> None:
    assert parse(path) == parsed
    assert parsed.media_type == media_type


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "a/",
        "/master.m3u8",
        "a//master.m3u8",
        "A/master.m3u8",
        "a-/master.m3u8",
        "../master.m3u8",
        "a/../b/master.m3u8",
        "a/master.m3u8/",
        "a/master.m3u8\n",
        "a/master.m3u8\0",
        "a/source",
        "a/captions.vtt",
        "a/thumbnail_0640.jpg",
        "a/thumbnail_640.png",
        "a/thumbnail_.jpg",
        "a/thumbnail.webp",
        "a/thumbnail_12345.jpg",
        f"a/{TOKEN}/master.m3u8",
        f"a/{TOKEN}/360p/segment_00.m4s",
        f"a/{TOKEN}/360p/segment_-1.m4s",
        f"a/{TOKEN}/360p/segment_٣.m4s",
        f"a/{TOKEN}/360p/segment_{'9' * 300}.m4s",
        f"a/{TOKEN}/../init.mp4",
        f"a/{TOKEN}/360p/../init.mp4",
        f"a/{TOKEN.upper()}/360p/init.mp4",
        "a/short/360p/init.mp4",
        f"a/{TOKEN}/360P/init.mp4",
        f"a\\{TOKEN}\\360p\\init.mp4",
        f"{'a' * 300}/master.m3u8",
    ],
)
def test_everything_else_names_nothing(path: str) -> None:
    assert parse(path) is None


def test_only_the_files_of_a_generation_are_kept_for_ever() -> None:
    segment, playlist = parse(f"a/{TOKEN}/360p/segment_7.m4s"), parse(f"a/{TOKEN}/360p/stream.m3u8")
    assert segment is not None
    assert playlist is not None
    assert "immutable" in CACHE_CONTROL[segment.kind]
    assert CACHE_CONTROL[playlist.kind] == "no-cache"
