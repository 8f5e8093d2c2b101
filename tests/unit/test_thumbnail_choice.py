"""Which picture is worth showing: every judgement on tiles that differ in one thing."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.kit.errors import Invalid
from vlog.media.thumbnail_choice import (
    LIT,
    Candidate,
    Look,
    Tile,
    Worth,
    best_first,
    is_enough,
    light,
    look,
    place_weight,
    tiles,
)

WIDTH, HEIGHT = 64, 36
AREA = WIDTH * HEIGHT
GREY = bytes([128]) * (AREA // 2)


def tile(luma: bytes, chroma: bytes = GREY) -> Tile:
    return Tile(WIDTH, luma, chroma)


def blurred(luma: bytes) -> bytes:
    """Each sample with its neighbours in the row."""
    padded = luma[:1] + luma + luma[-1:]
    return bytes(sum(padded[at : at + 3]) // 3 for at in range(len(luma)))


def scene(seed: int = 1) -> bytes:
    """Slopes and edges of all tones."""
    chance = random.Random(seed)
    rows = []
    for _ in range(HEIGHT):
        level, row = chance.randrange(256), []
        for _ in range(WIDTH):
            level = min(max(level + chance.randrange(-30, 31), 0), 255)
            row.append(level)
        rows.append(bytes(row))
    return b"".join(rows)


def card(ground: int = 30, letters: int = 230) -> bytes:
    """A few letters on a plain ground."""
    rows = [bytearray([ground]) * WIDTH for _ in range(HEIGHT)]
    for row in rows[16:20]:
        row[20:44:2] = bytes([letters]) * 12
    return b"".join(map(bytes, rows))


@pytest.mark.parametrize(
    ("luma", "worth"),
    [
        (bytes(AREA), Worth.BLANK),
        (bytes([255]) * AREA, Worth.BLANK),
        (bytes([20, 12]) * (AREA // 2), Worth.BLANK),
        (bytes([90]) * AREA, Worth.FLAT),
        (card(), Worth.FLAT),
        (card(240, 10), Worth.FLAT),
        (bytes(column * 4 for column in range(WIDTH)) * HEIGHT, Worth.SCENE),
        (scene(), Worth.SCENE),
    ],
)
def test_kinds_of_pictures(luma: bytes, worth: Worth) -> None:
    assert look(tile(luma)).worth is worth


def test_a_light_in_the_night_is_a_picture() -> None:
    night = bytearray(AREA)
    assert light(bytes(night)) == 0 < LIT
    night[: AREA // 8] = bytes([200]) * (AREA // 8)
    assert light(bytes(night)) >= LIT
    assert light(b"") == 0


@pytest.mark.parametrize("seed", range(5))
def test_sharper_is_better(seed: int) -> None:
    sharp = scene(seed)
    soft = blurred(blurred(sharp))
    assert look(tile(sharp)).sharp > look(tile(soft)).sharp
    assert look(tile(sharp)).appeal > look(tile(soft)).appeal


def test_colour_is_better_than_none() -> None:
    coloured = bytes([128 + 20]) * (AREA // 2)
    assert look(tile(scene(), coloured)).appeal > look(tile(scene())).appeal


LOOKS = st.builds(
    Look,
    light=st.floats(0, 255),
    tones_bits=st.floats(0, 5),
    plain=st.floats(0, 1),
    sharp=st.floats(0, 255),
    colour=st.floats(0, 128),
)


@given(LOOKS, st.floats(0, 10), st.sampled_from(["tones_bits", "sharp", "colour"]))
def test_appeal_never_falls_when_one_thing_grows(found: Look, more: float, name: str) -> None:
    values = {each: getattr(found, each) for each in ("light", "tones_bits", "plain", "sharp", "colour")}
    values[name] += more
    assert Look(**values).appeal >= found.appeal >= 0


@given(st.binary(min_size=AREA, max_size=AREA), st.binary(min_size=AREA // 2, max_size=AREA // 2))
def test_any_tile_can_be_judged(luma: bytes, chroma: bytes) -> None:
    found = look(tile(luma, chroma))
    assert 0 <= found.tones_bits <= 5 + 1e-9
    assert 0 <= found.plain <= 1
    assert 0 <= found.appeal <= 1
    assert found.worth in Worth


def candidate(at: float, luma: bytes) -> Candidate:
    return Candidate(Fraction(at), look(tile(luma)), is_key=True)


def order(*candidates: Candidate, seconds: int = 100) -> list[Fraction]:
    ranked = best_first(candidates, start_seconds=Fraction(0), duration_seconds=Fraction(seconds))
    return [each.at_seconds for each in ranked]


def test_a_scene_comes_before_a_card_and_a_card_before_black() -> None:
    assert order(candidate(10, bytes(AREA)), candidate(20, card()), candidate(95, blurred(scene()))) == [
        95,
        20,
        10,
    ]


def test_equal_ones_are_taken_from_the_first_third_and_the_earliest_of_them() -> None:
    same = [candidate(at, scene()) for at in (95, 60, 30, 12, 1)]
    assert order(*same) == [12, 30, 60, 1, 95]
    assert order(*reversed(same)) == [12, 30, 60, 1, 95]


@given(st.floats(0, 1000), st.floats(0, 1000))
def test_a_place_weighs_at_most_one(into: float, duration: float) -> None:
    assert 0.7 <= place_weight(into, duration) <= 1


def enough(*ranked: Candidate) -> bool:
    return is_enough(ranked, start_seconds=Fraction(0), duration_seconds=Fraction(100))


def test_when_more_is_looked_for() -> None:
    assert not enough()
    assert enough(candidate(20, scene()))
    # The very first picture only where nothing else says more.
    assert not enough(candidate(0, scene()))
    assert not enough(candidate(20, card()))
    assert enough(*(candidate(at, card()) for at in range(4)))
    assert not enough(*(candidate(at, bytes(AREA)) for at in range(9)))


def test_tiles_are_cut_from_what_came() -> None:
    one = scene() + GREY
    found = tiles(one + one + one[:-1], WIDTH, HEIGHT)
    assert found == [tile(scene()), tile(scene())]
    assert tiles(b"", WIDTH, HEIGHT) == []
    with pytest.raises(Invalid):
        tiles(one, WIDTH - 1, HEIGHT)
