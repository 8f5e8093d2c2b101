"""Where things lie: names of the public addresses, and keys that can't leave their root."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.errors import Invalid
from vlog.storage import layout
from vlog.storage.layout import Key


def test_the_tree_is_as_documented() -> None:
    folder = layout.rendition("my-video", "0a1b", name="720p")
    assert folder == "videos/my-video/0a1b/720p"
    assert layout.init_segment(folder) == "videos/my-video/0a1b/720p/init.mp4"
    assert layout.segment(folder, 12) == "videos/my-video/0a1b/720p/segment_12.m4s"
    assert layout.media_playlist(folder) == "videos/my-video/0a1b/720p/stream.m3u8"
    assert layout.master_playlist("my-video") == "videos/my-video/master.m3u8"
    assert layout.manifest("my-video") == "videos/my-video/manifest.mpd"
    assert layout.thumbnail("my-video") == "videos/my-video/thumbnail.jpg"
    assert layout.archived("my-video") == "archive/my-video"
    assert (layout.upload("ab"), layout.partial_upload("ab")) == ("uploads/ab", "uploads/ab.part")
    assert layout.purged_media(7) == "purged/7/media"


@pytest.mark.parametrize("storage_key", ["", ".", "..", "a/b", "A", "a--b", "-a", "a.b"])
def test_a_video_s_folder_is_never_its_parent(storage_key: str) -> None:
    with pytest.raises(Invalid):
        layout.video(storage_key)


@given(st.text())
def test_keys_that_are_accepted_stay_below_the_root(text: str) -> None:
    try:
        key = Key(text)
    except Invalid:
        return
    assert key == text
    assert key.isascii()
    for part in key.parts:
        assert part
        assert not part.startswith(".")
        assert "\\" not in part


def test_parents_and_children() -> None:
    key = Key("a/b").child("c", "d")
    assert (key, key.name, key.parent, Key("a").parent) == ("a/b/c/d", "d", "a/b/c", None)
    with pytest.raises(Invalid):
        key.child("..")
