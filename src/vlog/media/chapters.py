"""Chapters in texts: lines of a description that begin with a time, and the WebVTT track that players
read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import floor

# "0:00 Opening", "(1:02:03) – The end", "00:45 | Middle": a time, something that parts, a title.
_LINE = re.compile(
    r"^\s*[\[(]?(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,2}):(?P<s>\d{2})[\])]?\s*(?:[-–—|:.]\s*)?(?P<title>\S.*?)\s*$"
)
# A cue's times as WebVTT writes them (W3C WebVTT §3.3); what follows them are settings.
_CUE = re.compile(r"^\s*([\d:]+\.\d{3})\s*-->\s*([\d:]+\.\d{3})(\s.*)?$")
_CLOCK = re.compile(r"^(?:(?:(\d{1,4}):)?(\d{1,2}):)?(\d{1,8}(?:\.\d{1,6})?)$", re.ASCII)
# Fewer are a remark with a time in it, not a table of contents.
MIN_LINES = 2
_SECONDS_PER_MINUTE = 60
_TITLE_MAX_LENGTH = 255
MAX_CHAPTERS = 50
_GAP_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something begins in a video, in seconds, and what it is called; ``end_seconds`` if that
    is known.
    """

    start_seconds: float
    title: str
    end_seconds: float | None = None


def in_description(text: str, *, duration_seconds: float) -> list[Mark]:
    """The chapters that a description lists, by their starts; empty unless it does so from the beginning.

    As on other sites: the first line begins at 0:00, times rise, and all lie within the video.
    """
    marks = [mark for mark in map(_mark, text.splitlines()) if mark is not None]
    starts = [mark.start_seconds for mark in marks]
    rises = all(a < b for a, b in pairwise(starts))
    is_listed = len(marks) >= MIN_LINES and starts[0] == 0 and rises
    return marks if is_listed and (not duration_seconds or starts[-1] < duration_seconds) else []


def in_webvtt(text: str) -> list[Mark]:
    """The cues of a chapters track with their first lines as titles; what is no cue is passed over."""
    marks = []
    lines = text.splitlines()
    for times, title in pairwise(lines):
        cue = _CUE.match(times)
        start, end = (seconds_of(cue[1]), seconds_of(cue[2])) if cue is not None else (None, None)
        if start is not None and title.strip():
            plain = (
                re.sub(r"<[^>]*>", "", title).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            )
            marks.append(Mark(start, plain.strip()[:_TITLE_MAX_LENGTH], end))
    return marks


def seconds_of(clock: str) -> float | None:
    """Seconds of ``1:02:03``, ``4:30.5`` or ``270``; ``None`` for what is no time."""
    found = _CLOCK.match(clock.strip())
    if found is None or (found[2] and float(found[3]) >= _SECONDS_PER_MINUTE):
        return None
    return (int(found[1] or 0) * 60 + int(found[2] or 0)) * _SECONDS_PER_MINUTE + float(found[3])


def in_source(
    told: Sequence[tuple[float, float | None, str]], *, start_seconds: float, duration_seconds: float
) -> list[Mark]:
    """The chapters that a container lists, as start, end and title, on its own clock; in order and within
    the presentation, which begins at ``start_seconds`` of that clock.

    Those without a title are numbered. An end is kept where the next one begins later than that.
    """
    marks: list[Mark] = []
    for start, end, title in sorted(told, key=lambda each: each[0]):
        begins = max(start - start_seconds, 0.0)
        if begins >= duration_seconds or (marks and begins <= marks[-1].start_seconds):
            continue
        ends = None if end is None else min(end - start_seconds, duration_seconds)
        words = " ".join("".join(char if char.isprintable() else " " for char in title).split())
        name = words[:_TITLE_MAX_LENGTH].strip() or f"Chapter {len(marks) + 1}"
        marks.append(
            Mark(floor(begins * 1000) / 1000, name, ends if ends is not None and ends > begins else None)
        )
        if len(marks) == MAX_CHAPTERS:
            break
    nexts = [*(mark.start_seconds for mark in marks), duration_seconds][1:]
    return [
        mark if _leaves_a_gap(mark, following) else replace(mark, end_seconds=None)
        for mark, following in zip(marks, nexts, strict=True)
    ]


def _leaves_a_gap(mark: Mark, following: float) -> bool:
    return mark.end_seconds is not None and following - mark.end_seconds > _GAP_SECONDS


def webvtt(marks: Sequence[Mark], *, duration_seconds: float) -> str:
    """A chapters track (W3C WebVTT §1.8, kind ``chapters``), in the order of the starts.

    A chapter without an end lasts until the next one begins, the last one until the end of the video.
    """
    ordered = sorted(marks, key=lambda mark: mark.start_seconds)
    ends = [*(mark.start_seconds for mark in ordered), duration_seconds][1:]
    return "WEBVTT\n" + "".join(_cues(zip(ordered, ends, strict=True)))


def _cues(pairs: Iterable[tuple[Mark, float]]) -> Iterable[str]:
    for number, (mark, following) in enumerate(pairs, 1):
        end = min(mark.end_seconds or following, max(following, mark.start_seconds + 0.001))
        title = mark.title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
        yield f"\n{number}\n{_clock(mark.start_seconds)} --> {_clock(end)}\n{title}\n"


def _mark(line: str) -> Mark | None:
    found = _LINE.match(line)
    if found is None or int(found["s"]) >= _SECONDS_PER_MINUTE:
        return None
    if found["h"] is not None and int(found["m"]) >= _SECONDS_PER_MINUTE:
        return None
    minutes = int(found["h"] or 0) * 60 + int(found["m"])
    return Mark(float(minutes * 60 + int(found["s"])), found["title"][:_TITLE_MAX_LENGTH])


def _clock(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}.{millis % 1000:03}"
