"""Where fields are looked for, at what cost, and what is made of what was found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.media_values import VIDEO_STREAM
from vlog.media import hardening
from vlog.media.info import FieldOrder
from vlog.media.interlacing import Counts, Look, command, judge, look, parse


@pytest.mark.parametrize(("pictures", "at_most"), [(30, 12), (250, 12), (750, 18), (108_000, 36)])
def test_few_pictures_are_looked_at(pictures: int, at_most: int) -> None:
    at = look(VIDEO_STREAM, start=Fraction(10), seconds=Fraction(pictures, 25), pictures=pictures)
    assert at is not None
    assert 12 <= len(at.starts) * at.pictures <= at_most
    assert min(at.starts) >= 10


def test_a_long_source_is_looked_at_in_several_places() -> None:
    at = look(VIDEO_STREAM, start=Fraction(10), seconds=Fraction(600), pictures=15_000)
    assert at == Look(starts=(Fraction(110), Fraction(310), Fraction(510)), pictures=12)


@pytest.mark.parametrize("change", [{"codec": "vp9"}, {"codec": "av1"}, {"height": 2160}])
def test_what_never_had_fields_is_not_looked_at(change: dict[str, str]) -> None:
    video = replace(VIDEO_STREAM, **change)  # type: ignore[arg-type]
    assert look(video, start=Fraction(0), seconds=Fraction(10), pictures=250) is None


def test_all_places_are_looked_at_by_one_process() -> None:
    argv = command("ffmpeg", "file:/s", stream=2, at=Look(starts=(Fraction(0), Fraction(7)), pictures=12))
    assert argv[argv.index("-filter_complex") + 1] == (
        "[0:2]trim=end_frame=12,idet=intl_thres=1.4[o0];[1:2]trim=end_frame=12,idet=intl_thres=1.4[o1]"
    )
    assert argv.count("file:/s") == 2
    assert argv.count("-ss") == 1
    text = " ".join(argv)
    assert text.count(" ".join(hardening.ffmpeg_input_args())) == 2


def test_counts_are_added() -> None:
    said = """
[Parsed_idet_1 @ 0x1] Single frame detection: TFF:     9 BFF:     9 Progressive:     9 Undetermined:     9
[Parsed_idet_1 @ 0x1] Multi frame detection: TFF:    10 BFF:     1 Progressive:     2 Undetermined:     3
[Parsed_idet_3 @ 0x2] Multi frame detection: TFF:     5 BFF:     0 Progressive:    30 Undetermined:     0
"""
    assert parse(said) == Counts(top=15, bottom=1, whole=32)
    assert parse("nothing of the kind") == Counts(top=0, bottom=0, whole=0)


@pytest.mark.parametrize(
    ("counts", "told", "order"),
    [
        # The file is right, wrong, or silent.
        ((40, 0, 2), "tt", "tff"),
        ((0, 40, 2), "tt", "bff"),
        ((40, 0, 2), "progressive", "tff"),
        ((0, 40, 2), None, "bff"),
        ((0, 0, 40), "tt", None),
        ((0, 0, 40), None, None),
        # Telecine.
        ((16, 0, 24), "progressive", "tff"),
        # Fine patterns in whole pictures.
        ((3, 2, 40), "progressive", None),
        # Nothing moves: the file is believed.
        ((0, 0, 0), "bb", "bff"),
        ((0, 0, 0), "bt", "tff"),
        ((0, 0, 0), "tb", "bff"),
        ((0, 0, 0), "progressive", None),
        # Too mixed to tell the order.
        ((20, 18, 0), "bb", "bff"),
    ],
)
def test_what_is_seen_counts_more_than_what_is_told(
    counts: tuple[int, int, int], told: str | None, order: FieldOrder | None
) -> None:
    top, bottom, whole = counts
    assert judge(Counts(top=top, bottom=bottom, whole=whole), told) == order
