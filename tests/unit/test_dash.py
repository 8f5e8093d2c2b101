"""The DASH manifest, judged by another parser and by its own arithmetic."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.published import (
    TOKEN,
    VIDEO_SEGMENTS,
    audio,
    presentation,
    read_manifest,
    spans,
    track,
    video,
)
from vlog.media import dash
from vlog.media.presentation import Presentation, Span


def seconds(duration: str) -> Fraction:
    found = re.fullmatch(r"PT(\d+(\.\d+)?)S", duration)
    assert found
    return Fraction(found[1])


def timeline(template: Any) -> list[tuple[int, int]]:
    """Start and duration of each segment, as a player unrolls them."""
    found: list[tuple[int, int]] = []
    clock = 0
    for entry in template.segment_timelines[0].Ss:
        clock = clock if entry.t is None else entry.t
        for _ in range((entry.r or 0) + 1):
            found.append((clock, entry.d))
            clock += entry.d
    return found


def test_the_manifest_as_others_read_it() -> None:
    manifest = read_manifest(dash.manifest(presentation()))
    assert manifest.type == "static"
    assert manifest.profiles == "urn:mpeg:dash:profile:isoff-live:2011"
    assert seconds(manifest.media_presentation_duration) == Fraction("15.015")
    assert seconds(manifest.min_buffer_time) == Fraction("6.006")
    pictures, sound = manifest.periods[0].adaptation_sets
    assert (pictures.content_type, pictures.mime_type, pictures.max_height) == ("video", "video/mp4", 1080)
    assert [item.id for item in pictures.representations] == ["360p", "720p", "1080p"]
    top = pictures.representations[-1]
    assert (top.width, top.height, top.frame_rate, top.bandwidth) == (1920, 1080, "30000/1001", 6_000_000)
    assert top.codecs == "avc1.64001f"
    assert (sound.content_type, sound.lang) == ("audio", "eng")
    assert sound.representations[0].audio_sampling_rate == "48000"
    assert sound.representations[0].audio_channel_configurations[0].value == "2"


def test_one_timeline_serves_renditions_that_share_their_grid() -> None:
    pictures = read_manifest(dash.manifest(presentation())).periods[0].adaptation_sets[0]
    (template,) = pictures.segment_templates
    assert timeline(template) == [tuple(span) for span in VIDEO_SEGMENTS]
    assert template.initialization == f"{TOKEN}/$RepresentationID$/init.mp4"
    assert template.media == f"{TOKEN}/$RepresentationID$/segment_$Number$.m4s"
    assert (template.start_number, template.timescale) == (0, 30_000)
    assert all(not item.segment_templates for item in pictures.representations)


def test_renditions_of_other_clocks_have_their_own_timelines() -> None:
    other = replace(
        presentation().video[0], track=track("original", spans(540_540, 540_540, 270_270), timescale=90_000)
    )
    mixed = replace(presentation(), video=(other, *presentation().video))
    pictures = read_manifest(dash.manifest(mixed)).periods[0].adaptation_sets[0]
    assert not pictures.segment_templates
    scales = {item.id: item.segment_templates[0].timescale for item in pictures.representations}
    assert scales == {"original": 90_000, "1080p": 30_000, "720p": 30_000, "360p": 30_000}


def test_without_sound_there_is_one_set() -> None:
    assert (
        len(read_manifest(dash.manifest(replace(presentation(), audio=()))).periods[0].adaptation_sets) == 1
    )


def test_the_longest_track_ends_the_presentation() -> None:
    longer = replace(presentation(), audio=(audio(seconds=(6, 6, 4)),))
    assert seconds(read_manifest(dash.manifest(longer)).media_presentation_duration) == 16


def test_a_sound_that_begins_late_says_so() -> None:
    late = audio()
    late = replace(late, track=replace(late.track, segments=spans(48_000, start=4800)))
    sound = read_manifest(dash.manifest(replace(presentation(), audio=(late,)))).periods[0].adaptation_sets[1]
    assert timeline(sound.segment_templates[0]) == [(4800, 48_000)]


def test_nothing_breaks_out_of_its_attribute() -> None:
    evil = replace(presentation(), audio=(audio(language='"><BaseURL>http://evil/</BaseURL>&'),))
    text = dash.manifest(evil)
    root = ET.fromstring(text)  # noqa: S314 - our own text
    assert not [element for element in root.iter() if element.tag.endswith("BaseURL")]
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<MPD ')


@pytest.mark.parametrize(
    ("ticks", "told"), [(90_000, "PT1S"), (1, "PT0.000012S"), (90_000 * 10, "PT10S"), (45_000, "PT0.5S")]
)
def test_durations(ticks: int, told: str) -> None:
    one = Presentation(
        path="x",
        video=(
            replace(video("a", 2, 2, bit_rate=1, of=()), track=track("a", spans(ticks), timescale=90_000)),
        ),
    )
    assert read_manifest(dash.manifest(one)).media_presentation_duration == told


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=40), st.integers(0, 10**12))
def test_the_timeline_is_the_segments(durations: list[int], start: int) -> None:
    segments: tuple[Span, ...] = spans(*durations, start=start)
    one = Presentation(path="x", video=(video("a", 2, 2, bit_rate=1, of=segments),))
    manifest = read_manifest(dash.manifest(one))
    template = manifest.periods[0].adaptation_sets[0].segment_templates[0]
    assert timeline(template) == [tuple(span) for span in segments]
    assert seconds(manifest.media_presentation_duration) >= Fraction(segments[-1].end, 30_000)


def test_sound_alone_is_one_adaptation_set() -> None:
    [period] = read_manifest(dash.manifest(replace(presentation(), video=()))).periods
    [group] = period.adaptation_sets
    assert group.content_type == "audio"
    assert [each.id for each in group.representations] == ["audio"]
