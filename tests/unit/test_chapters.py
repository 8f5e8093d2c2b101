"""Chapters in descriptions, and the track that players read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.media.chapters import Mark, in_description, in_source, webvtt


def found(text: str, duration: float = 8000) -> list[tuple[float, str]]:
    return [(mark.start_seconds, mark.title) for mark in in_description(text, duration_seconds=duration)]


def test_lines_that_begin_with_a_time() -> None:
    text = "A film.\n\n0:00 Opening\n[01:30] – The lake\n(1:02:03) - The end: a view\nThanks!"
    assert found(text) == [(0, "Opening"), (90, "The lake"), (3723, "The end: a view")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0:00 Alone",
        "0:10 First\n0:20 Second",
        "0:00 First\n0:30 Second\n0:20 Third",
        "0:00 First\n0:00 Second",
        "0:00 First\n3:00:00 Beyond",
        "0:00 First\n0:75 Second",
        "0:00 First\n1:75:00 Second",
        "At 0:00 it begins\nAt 1:00 it ends",
    ],
)
def test_what_is_no_list_of_chapters(text: str) -> None:
    assert found(text) == []


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    in_description(text, duration_seconds=60)


def test_a_track_tells_where_each_one_ends() -> None:
    marks = [Mark(3723.5, "Lake & <hut>"), Mark(0, "Opening", end_seconds=10)]
    assert webvtt(marks, duration_seconds=4000) == (
        "WEBVTT\n"
        "\n1\n00:00:00.000 --> 00:00:10.000\nOpening\n"
        "\n2\n01:02:03.500 --> 01:06:40.000\nLake &amp; &lt;hut&gt;\n"
    )


def test_a_video_without_chapters_has_an_empty_track() -> None:
    assert webvtt([], duration_seconds=60.0) == "WEBVTT\n"


def test_chapters_of_a_container() -> None:
    told: list[tuple[float, float | None, str]] = [
        (71.4, None, "Behind the end"),
        (31.4, 36.4, "A\u202eb\x00 gap  behind"),
        (1.0, 11.4, "  "),
        (11.4, 31.4, "Middle"),
        (11.4, 20.0, "Again"),
    ]
    found = in_source(told, start_seconds=1.4, duration_seconds=60.0)
    assert [(mark.title, mark.start_seconds) for mark in found] == [
        ("Chapter 1", 0.0),
        ("Middle", 10.0),
        ("A b gap behind", pytest.approx(30.0)),
    ]
    assert [mark.end_seconds for mark in found] == [None, None, pytest.approx(35.0)]
    many = in_source([(float(n), None, "x" * 999) for n in range(99)], start_seconds=0, duration_seconds=99)
    assert (len(many), len(many[0].title)) == (50, 255)
    assert in_source([], start_seconds=0, duration_seconds=1) == []
