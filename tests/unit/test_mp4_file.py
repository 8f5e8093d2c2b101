"""The outline of an MP4 file: whole, cut off, or no MP4 at all."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.mp4_boxes import box
from vlog.pipeline.mp4_file import Mp4Outline, read_outline

Reader = Callable[..., Mp4Outline | None]

FTYP = box(b"ftyp", b"isom", bytes(4))
MOOV = box(b"moov", b"inside")
MDAT = box(b"mdat", bytes(1000))
WIDE_MDAT = struct.pack(">I4sQ", 1, b"mdat", 16 + 1000) + bytes(1000)
OPEN_MDAT = struct.pack(">I4s", 0, b"mdat") + bytes(1000)


@pytest.fixture
def outline(tmp_path: Path) -> Reader:
    def of(*boxes: bytes) -> Mp4Outline | None:
        path = tmp_path / "file"
        path.write_bytes(b"".join(boxes))
        return read_outline(path)

    return of


@pytest.mark.parametrize(
    "boxes",
    [
        (FTYP, MOOV, MDAT),
        (FTYP, MDAT, MOOV),
        (FTYP, WIDE_MDAT, MOOV),
        (box(b"wide"), MDAT, MOOV),
        (MOOV, MDAT),
        (FTYP, MOOV, MDAT, b"\0\0\0"),
        (FTYP, MOOV, MDAT, b"trailing rubbish"),
    ],
)
def test_a_whole_file(outline: Reader, boxes: tuple[bytes, ...]) -> None:
    assert outline(*boxes) == Mp4Outline(moov=b"inside", is_cut_off=False, is_plain=True)


def test_a_file_that_misses_its_end(outline: Reader) -> None:
    assert outline(FTYP, MOOV, MDAT[:-1]) == Mp4Outline(moov=b"inside", is_cut_off=True, is_plain=False)
    assert outline(FTYP, MDAT[:500]) == Mp4Outline(moov=None, is_cut_off=True, is_plain=False)
    assert outline(FTYP, MDAT, MOOV[:-2]) == Mp4Outline(moov=None, is_cut_off=True, is_plain=False)


def test_a_file_without_a_description(outline: Reader) -> None:
    assert outline(FTYP, MDAT) == Mp4Outline(moov=None, is_cut_off=False, is_plain=True)


@pytest.mark.parametrize("boxes", [(FTYP, MOOV, OPEN_MDAT), (FTYP, MOOV, box(b"moof"), MDAT)])
def test_tables_that_do_not_tell_everything(outline: Reader, boxes: tuple[bytes, ...]) -> None:
    found = outline(*boxes)
    assert found is not None
    assert (found.moov, found.is_plain) == (b"inside", False)


@pytest.mark.parametrize("content", [b"", b"\0", bytes(64), b"#EXTM3U\n" * 20, b"\x1aE\xdf\xa3" + bytes(100)])
def test_other_files(outline: Reader, content: bytes) -> None:
    assert outline(content) is None


def test_a_description_too_large_to_read_is_there_and_empty(
    outline: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vlog.pipeline.mp4_file.MAX_MOOV_BYTES", len(MOOV) - 1)
    found = outline(FTYP, MOOV, MDAT)
    assert found is not None
    assert found.moov == b""


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), begin=st.sampled_from([b"", FTYP, FTYP + MOOV]))
def test_no_bytes_can_break_the_reader(outline: Reader, content: bytes, begin: bytes) -> None:
    outline(begin, content)
