"""Sizes, formats and names of the pictures that stand for a video."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.media_values import info_of
from vlog.media.stills import (
    FORMATS,
    MAX_HEIGHT,
    PictureFile,
    Still,
    files,
    formats_of,
    is_sound,
    main_file,
    sizes,
    write,
)

STILL = Still(inputs=("-i", "file:/in/source"), graph="[0:0]null[still]", size=(1920, 1080))


@pytest.mark.parametrize(
    ("coded", "aspect", "made"),
    [
        ((1920, 1080), 1, [(320, 180), (640, 360), (1280, 720)]),
        ((1080, 1920), 1, [(320, 568), (640, 1138)]),
        ((720, 576), Fraction(64, 45), [(320, 180), (640, 360), (1024, 576)]),
        ((321, 181), 1, [(320, 180)]),
        ((500, 500), 1, [(320, 320), (500, 500)]),
        ((2048, 858), 1, [(320, 134), (640, 268), (1280, 536)]),
        ((16, 16), 1, [(16, 16)]),
        ((300, 2400), 1, [(300, 2400)]),
    ],
)
def test_pictures_are_never_enlarged_and_always_even(
    coded: tuple[int, int], aspect: int | Fraction, made: list[tuple[int, int]]
) -> None:
    assert sizes(info_of(coded, sample_aspect=Fraction(aspect)).video.display_size) == made


@given(st.integers(2, 8192), st.integers(2, 8192))
def test_sizes_of_any_picture(width: int, height: int) -> None:
    found = sizes((width, height))
    assert found
    assert found == sorted(set(found))
    for wide, high in found:
        assert wide % 2 == high % 2 == 0
        assert 2 <= wide <= max(width, 2)
    assert all(high <= MAX_HEIGHT for _, high in found[1:])
    assert len({file.name for file in files((width, height), tuple(FORMATS))}) >= len(found)


def test_the_main_picture_is_a_jpeg_of_640() -> None:
    made = files((1920, 1080), tuple(FORMATS))
    assert main_file(made) == PictureFile(format="jpeg", width=640, height=360)
    assert main_file(files((500, 300), tuple(FORMATS))) == PictureFile(format="jpeg", width=500, height=300)
    assert main_file([each for each in made if each.width == 1280 and each.format == "jpeg"]) is not None
    assert main_file([each for each in made if each.format != "jpeg"]) is None


def test_what_a_worker_can_write_is_what_it_is_asked_for() -> None:
    assert formats_of(("libx264", "aac")) == ("jpeg",)
    assert formats_of(("mjpeg", "libsvtav1", "libwebp")) == ("jpeg", "webp", "avif")


def test_bytes_are_what_they_are_said_to_be() -> None:
    file = PictureFile(format="webp", width=320, height=180)
    assert is_sound(file, b"RIFF\0\0\0\0WEBPVP8 ")
    assert not is_sound(file, b"<svg/>")
    assert not is_sound(PictureFile(format="gif", width=1, height=1), b"GIF89a")
    assert not is_sound(PictureFile(format="webp", width=0, height=180), b"RIFF\0\0\0\0WEBP")
    assert not is_sound(PictureFile(format="webp", width=9000, height=180), b"RIFF\0\0\0\0WEBP")


def test_writing_is_one_decode_and_a_cascade_of_sizes() -> None:
    wanted = files((1920, 1080), ("jpeg", "webp"), (320, 640))
    argv = write(STILL, wanted, "/out")
    assert argv.count("-i") == 1
    graph = argv[argv.index("-filter_complex") + 1].split(";")
    assert graph[0] == "[0:0]null[still]"
    scale = "flags=area:out_range=full:out_color_matrix=bt709,format=yuv444p,setsar=1"
    # It is the picture of no moment and of no rate: not every encoder takes those of a film.
    assert graph[1] == "[still]setpts=0,split=1[size]"
    assert argv.count("-r") == len(wanted)
    assert graph[2] == f"[size]scale=640:360:{scale},split=3[f2][f3][size0]"
    assert f"[size0]scale=320:180:{scale},split=2[f0][f1]" in graph
    assert [word for word in argv if word.startswith("file:/out/")] == [
        f"file:/out/thumbnail_{width}.{extension}" for width in (320, 640) for extension in ("jpg", "webp")
    ]
    assert argv.count("-map_metadata") == len(wanted)
