"""Cells of tables: no formula, and nothing lost."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from vlog.catalog import sheet
from vlog.kit.sheets import guarded, lines, records, unguarded

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "'=1", "'", "''"]


@pytest.mark.parametrize("text", [*FORMULAS, "", "a=b", 'say "no"', "a,b;c", "Am See", "’=1"])
def test_a_guard_comes_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    assert guarded(text).startswith("'")


def test_what_nobody_guarded_stays() -> None:
    assert unguarded("'tis") == "'tis"


def test_a_table_is_read_as_it_was_written() -> None:
    rows = [["title", "text"], [guarded("=cmd|' /C calc'!A0"), guarded('one\n"two", three')]]
    (found,) = records(io.StringIO(lines(rows), newline=""))
    assert found == {"title": "=cmd|' /C calc'!A0", "text": 'one\n"two", three'}


def test_a_video_survives_the_table() -> None:
    video = {
        "id": 7,
        "slug": "am-see",
        "title": "-Am See",
        "description": "0:00 a\n0:10 b",
        "category": "Talks",
        "tags": ["Sea", "a; b"],
        "visibility": "public",
        "is_featured": True,
        "chapters": [{"title": "a", "description": "", "start_time": 0.0, "end_time": None}],
        "custom_fields": {"level": "=hard", "many": ["x", "y"], "pages": -5},
        "playlists": [{"slug": "sailing", "title": "Sailing", "position": 3}],
        "qualities": [],
    }
    columns = sheet.header(["level", "many", "pages", "empty"])
    text = lines([columns, sheet.row(msgspec.json.encode(video).decode(), columns)])
    for cells in csv.reader(io.StringIO(text, newline="")):
        assert not any(cell.startswith(("=", "@", "+")) for cell in cells)
    (record,) = records(io.StringIO(text, newline=""))
    found = sheet.video_of(record)
    assert found["custom_fields"] == {"level": "=hard", "many": "x; y", "pages": "-5"}
    assert found["playlists"] == [{"slug": "sailing"}]
    for name in ("id", "slug", "title", "description", "category", "tags", "is_featured", "chapters"):
        assert found[name] == video[name]
    assert "published_at" not in found
