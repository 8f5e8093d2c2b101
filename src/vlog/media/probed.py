"""What ffprobe tells about a file's streams, read so tolerantly that a missing or absurd value is only
missing.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from vlog.kit.errors import Invalid
from vlog.media.info import Rotation

ENTRIES = ":".join(
    (
        "format=format_name,bit_rate,duration",
        "stream=index,id,codec_type,codec_name,codec_tag_string,profile,width,height,sample_aspect_ratio,pix_fmt,"
        "field_order,color_range,color_space,color_transfer,color_primaries,r_frame_rate,avg_frame_rate,time_base,"
        "start_time,duration,bit_rate,sample_rate,channels,channel_layout",
        "stream_disposition=default,attached_pic,still_image,timed_thumbnails",
        "stream_tags=language",
        "stream_side_data=rotation,displaymatrix,max_content,max_luminance,dv_profile,"
        "dv_bl_signal_compatibility_id",
    )
)
"""For ``-show_entries``: no free text is asked for, so metadata can't flood the answer."""

_MOST_DIGITS = 40
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NOT_ON_WHITELIST = re.compile(r"Codec \((\w{1,40})\) not on whitelist")


@dataclass(frozen=True, kw_only=True)
class ProbedStream:
    """One stream. Texts that ffprobe doesn't tell are empty, numbers ``None``; ``track_id`` is the
    container's.

    ``is_dolby_only`` tells that the pictures are in colours that nothing but Dolby Vision can read.
    """

    index: int
    track_id: int | None
    kind: str
    codec: str
    tag: str
    profile: str
    is_default: bool
    is_picture: bool
    time_base: Fraction | None
    start_seconds: Fraction | None
    duration_seconds: Fraction | None
    bit_rate: int | None
    language: str | None
    width: int
    height: int
    sample_aspect: Fraction
    rotation: Rotation
    pixel_format: str
    nominal_rate: Fraction | None
    field_order: str | None
    color_range: str | None
    color_space: str | None
    color_transfer: str | None
    color_primaries: str | None
    sample_rate: int
    channels: int
    is_mirrored: bool = False
    peak_nits: int | None = None
    is_dolby_only: bool = False
    layout: str = ""


@dataclass(frozen=True, kw_only=True)
class Probed:
    """A file's formats (one demuxer may go by several names) and streams."""

    format_names: tuple[str, ...]
    streams: tuple[ProbedStream, ...]
    duration_seconds: Fraction | None = None

    @property
    def is_mp4(self) -> bool:
        """Whether the MP4 and QuickTime demuxer reads it."""
        return "mp4" in self.format_names

    @property
    def is_seekable(self) -> bool:
        """Whether the container has an index by which seeking to a timestamp is exact."""
        return self.is_mp4 or "matroska" in self.format_names


def parse(answer: bytes) -> Probed:
    """Read ``ffprobe -show_entries ENTRIES -of json``. Raises ``Invalid`` (``not_media``)."""
    try:
        told = json.loads(answer)
        names = str(told["format"]["format_name"])
        streams = [_stream(entry) for entry in told["streams"] if isinstance(entry, dict)]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Invalid("This is not a video file that can be read.", code="not_media") from error
    duration = decimal(told["format"].get("duration"))
    return Probed(format_names=tuple(names.split(",")), streams=tuple(streams), duration_seconds=duration)


CHAPTER_ENTRIES = "chapter=start_time,end_time:chapter_tags=title"
"""For ``-show_entries``, asked for by itself: titles are free text, and may be too much."""


def parse_chapters(answer: bytes) -> list[tuple[float, float | None, str]]:
    """Start, end and title of each chapter in what ffprobe says of ``CHAPTER_ENTRIES`` as JSON."""
    try:
        told = json.loads(answer)["chapters"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    found = []
    for entry in told if isinstance(told, list) else ():
        chapter = _table(entry)
        start, end = decimal(chapter.get("start_time")), decimal(chapter.get("end_time"))
        if start is not None:
            title = _text(_table(chapter.get("tags")), "title")
            found.append((float(start), None if end is None else float(end), title))
    return found


def refused_decoders(stderr: str) -> tuple[str, ...]:
    """The decoders that ffprobe says it was not allowed to open."""
    return tuple(sorted(set(_NOT_ON_WHITELIST.findall(stderr))))


def _stream(entry: dict[str, Any]) -> ProbedStream:
    disposition = _table(entry.get("disposition"))
    side_data = _side_data(entry)
    rates = (ratio(entry.get("avg_frame_rate")), ratio(entry.get("r_frame_rate")))
    return ProbedStream(
        index=int(entry["index"]),
        track_id=_track_id(entry.get("id")),
        kind=_text(entry, "codec_type"),
        codec=_text(entry, "codec_name"),
        tag=_text(entry, "codec_tag_string"),
        profile=_text(entry, "profile"),
        is_default=disposition.get("default") == 1,
        is_picture=any(
            disposition.get(name) == 1 for name in ("attached_pic", "still_image", "timed_thumbnails")
        ),
        time_base=ratio(entry.get("time_base")),
        start_seconds=decimal(entry.get("start_time")),
        duration_seconds=decimal(entry.get("duration")),
        bit_rate=whole(entry.get("bit_rate")),
        language=_language(_table(entry.get("tags")).get("language")),
        width=whole(entry.get("width")) or 0,
        height=whole(entry.get("height")) or 0,
        sample_aspect=ratio(entry.get("sample_aspect_ratio")) or Fraction(1),
        rotation=_rotation(side_data),
        pixel_format=_text(entry, "pix_fmt"),
        nominal_rate=next((rate for rate in rates if rate), None),
        field_order=_text(entry, "field_order") or None,
        color_range=_text(entry, "color_range") or None,
        color_space=_text(entry, "color_space") or None,
        color_transfer=_text(entry, "color_transfer") or None,
        color_primaries=_text(entry, "color_primaries") or None,
        sample_rate=whole(entry.get("sample_rate")) or 0,
        channels=whole(entry.get("channels")) or 0,
        is_mirrored=any(_is_mirror(told.get("displaymatrix")) for told in side_data),
        peak_nits=_peak(side_data),
        # 0: the base layer is nothing that other players could show (ETSI TS 103 572, table 4.1).
        is_dolby_only=any(told.get("dv_bl_signal_compatibility_id") == 0 for told in side_data),
        layout=_text(entry, "channel_layout"),
    )


def whole(value: object) -> int | None:
    """A number of at least 0."""
    text = str(value)
    return int(text) if len(text) <= _MOST_DIGITS and text.isascii() and text.isdigit() else None


def decimal(value: object) -> Fraction | None:
    """A finite decimal number such as ``-0.023220``."""
    text = str(value)
    if len(text) > _MOST_DIGITS or not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        return None
    return Fraction(text)


def ratio(value: object) -> Fraction | None:
    """A ratio above 0 such as ``30000/1001`` or ``64:45``; ``0/0`` is none."""
    parts = re.split("[/:]", str(value))
    numbers = [whole(part) for part in parts]
    if len(numbers) != 2 or not numbers[0] or not numbers[1]:
        return None
    return Fraction(numbers[0], numbers[1])


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) and value not in ("unknown", "N/A") else ""


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _track_id(value: object) -> int | None:
    """Printed as ``0x1``."""
    text = str(value)
    return int(text, 16) if re.fullmatch(r"0x[0-9a-fA-F]{1,8}", text) else None


def _language(value: object) -> str | None:
    text = str(value)
    if len(text) > _MOST_DIGITS or text == "und" or not _LANGUAGE.fullmatch(text):
        return None
    return text.lower()


def _side_data(entry: dict[str, Any]) -> list[dict[str, Any]]:
    told = entry.get("side_data_list")
    return [_table(each) for each in told] if isinstance(told, list) else []


def _is_mirror(matrix: object) -> bool:
    """Whether a display matrix, printed as three lines of three numbers, turns pictures inside out."""
    rows = [re.findall(r"-?\d+", line.partition(":")[2]) for line in str(matrix).splitlines() if ":" in line]
    if len(rows) != 3 or any(len(row) != 3 or max(map(len, row)) > _MOST_DIGITS for row in rows):
        return False
    (a, b, _), (c, d, _), _ = [[int(value) for value in row] for row in rows]
    return a * d - b * c < 0


def _peak(side_data: list[dict[str, Any]]) -> int | None:
    """The brightest pixel of the content if that is told (CTA-861.3), else the mastering display's white."""
    for name in ("max_content", "max_luminance"):
        for entry in side_data:
            told = whole(entry.get(name)) or ratio(entry.get(name))
            if told:
                return int(told) or None
    return None


def _rotation(side_data: list[dict[str, Any]]) -> Rotation:
    """Clockwise quarter turns that bring the picture upright; ffprobe tells counterclockwise degrees."""
    for entry in side_data:
        told = entry.get("rotation")
        if isinstance(told, int | float) and math.isfinite(told):
            turns: tuple[Rotation, ...] = (0, 90, 180, 270)
            return turns[round(-told / 90) % 4]
    return 0
