"""The DASH manifest. Source: ISO/IEC 23009-1 (2022), profile isoff-live as static presentation."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from xml.etree import ElementTree as ET

from vlog.media.presentation import (
    INIT_NAME,
    Presentation,
    PublishedAudio,
    PublishedTrack,
    PublishedVideo,
    segment_name,
)

MEDIA_TYPE = "application/dash+xml"

_NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"
# Numbered segments with a timeline: what isoff-on-demand does not allow.
_PROFILES = "urn:mpeg:dash:profile:isoff-live:2011"
_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
_ROLE = "urn:mpeg:dash:role:2011"


def manifest(presentation: Presentation) -> str:
    """The whole manifest: one adaptation set for the pictures if there are any, one per sound."""
    longest = max(track.longest_seconds for track in presentation.tracks)
    root = ET.Element(
        "MPD",
        {
            "xmlns": _NAMESPACE,
            "profiles": _PROFILES,
            "type": "static",
            "mediaPresentationDuration": _duration(presentation.duration_seconds),
            "maxSegmentDuration": _duration(longest),
            # A track's bandwidth is that of its most demanding segments: with one in hand, none comes too
            # late.
            "minBufferTime": _duration(longest),
        },
    )
    period = ET.SubElement(root, "Period", {"id": "0", "start": "PT0S"})
    if presentation.video:
        _add_video(period, presentation)
    for number, sound in enumerate(presentation.audio, start=1):
        _add_audio(period, presentation, sound, number=number)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_video(period: ET.Element, presentation: Presentation) -> None:
    videos = sorted(presentation.video, key=lambda video: video.track.peak_bit_rate)
    group = ET.SubElement(
        period,
        "AdaptationSet",
        {
            "id": "0",
            "contentType": "video",
            "mimeType": "video/mp4",
            # Segments of all representations begin together, each with a picture that needs no other.
            "segmentAlignment": "true",
            "startWithSAP": "1",
            "maxWidth": str(max(video.width for video in videos)),
            "maxHeight": str(max(video.height for video in videos)),
        },
    )
    common = _common_template(group, presentation, [video.track for video in videos])
    for video in videos:
        element = _representation(group, video.track, _picture_attributes(video))
        if not common:
            _add_template(element, presentation, video.track)


def _picture_attributes(video: PublishedVideo) -> dict[str, str]:
    return {
        "width": str(video.width),
        "height": str(video.height),
        "frameRate": str(video.frame_rate),
        "sar": "1:1",
    }


def _add_audio(period: ET.Element, presentation: Presentation, sound: PublishedAudio, *, number: int) -> None:
    attributes = {
        "id": str(number),
        "contentType": "audio",
        "mimeType": "audio/mp4",
        "segmentAlignment": "true",
        "startWithSAP": "1",
    }
    if sound.language:
        attributes["lang"] = sound.language
    group = ET.SubElement(period, "AdaptationSet", attributes)
    role = "main" if number == 1 else "alternate"
    ET.SubElement(group, "Role", {"schemeIdUri": _ROLE, "value": role})
    _add_template(group, presentation, sound.track)
    element = _representation(group, sound.track, {"audioSamplingRate": str(sound.sample_rate)})
    channels = {"schemeIdUri": _CHANNELS, "value": str(sound.channels)}
    ET.SubElement(element, "AudioChannelConfiguration", channels)


def _representation(group: ET.Element, track: PublishedTrack, more: dict[str, str]) -> ET.Element:
    own = {"id": track.name, "codecs": track.codecs, "bandwidth": str(track.peak_bit_rate)}
    return ET.SubElement(group, "Representation", own | more)


def _common_template(group: ET.Element, presentation: Presentation, tracks: Sequence[PublishedTrack]) -> bool:
    """One timeline for the set where all tracks have the same; tells whether they do."""
    first = tracks[0]
    if any((track.timescale, track.segments) != (first.timescale, first.segments) for track in tracks):
        return False
    _add_template(group, presentation, first)
    return True


def _add_template(parent: ET.Element, presentation: Presentation, track: PublishedTrack) -> None:
    folder = f"{presentation.path}/$RepresentationID$"
    template = ET.SubElement(
        parent,
        "SegmentTemplate",
        {
            "timescale": str(track.timescale),
            "startNumber": "0",
            "initialization": f"{folder}/{INIT_NAME}",
            "media": f"{folder}/{segment_name('$Number$')}",
        },
    )
    timeline = ET.SubElement(template, "SegmentTimeline")
    start: int | None = track.segments[0].start
    for duration, run in groupby(track.segments, key=lambda span: span.duration):
        entry = {} if start is None else {"t": str(start)}
        repeats = sum(1 for _ in run) - 1
        entry["d"] = str(duration)
        ET.SubElement(timeline, "S", entry | ({"r": str(repeats)} if repeats else {}))
        start = None


def _duration(seconds: Fraction) -> str:
    """An ``xs:duration``, rounded up to a microsecond: a manifest must not end before its last segment."""
    micros = -(-seconds.numerator * 1_000_000 // seconds.denominator)
    whole, rest = divmod(micros, 1_000_000)
    return f"PT{whole}.{rest:06d}".rstrip("0").rstrip(".") + "S"
