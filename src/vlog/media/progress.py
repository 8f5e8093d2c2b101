"""What ``ffmpeg -progress`` says, read so tolerantly that no encoder output can break the reader."""

from __future__ import annotations

import math
from dataclasses import dataclass

_MAX_LINE_BYTES = 4096
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """One report. ``None`` means that ffmpeg did not say or said ``N/A``.

    ``frame`` counts the first video output. ``out_time_seconds`` is wrong for inputs read with ``-copyts`` or
    ``-ss``: show durable segments instead.
    """

    frame: int | None = None
    fps: float | None = None
    speed: float | None = None
    out_time_seconds: float | None = None
    total_size_bytes: int | None = None
    duplicated_frames: int = 0
    dropped_frames: int = 0
    finished: bool = False


class ProgressParser:
    """Turns the bytes of the progress pipe into reports; keeps at most one line and one report in memory."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._line_is_too_long = False
        self._fields: dict[str, str] = {}

    def feed(self, data: bytes) -> list[Progress]:
        """The reports that ``data`` completes, oldest first. A report ends with a ``progress=`` line."""
        reports: list[Progress] = []
        *complete, rest = data.split(b"\n")
        for part in complete:
            self._append(part)
            if (report := self._end_line()) is not None:
                reports.append(report)
        self._append(rest)
        return reports

    def _append(self, part: bytes) -> None:
        if len(self._line) + len(part) > _MAX_LINE_BYTES:
            self._line_is_too_long = True
            self._line.clear()
        elif not self._line_is_too_long:
            self._line += part

    def _end_line(self) -> Progress | None:
        line = self._line.decode("utf-8", "replace")
        skip = self._line_is_too_long
        self._line.clear()
        self._line_is_too_long = False
        key, separator, value = line.partition("=")
        key = key.strip()
        if skip or not separator:
            return None
        if key != "progress":
            # Only known keys are kept: a flood of invented ones takes no memory.
            if key in _KEYS:
                self._fields[key] = value.strip()
            return None
        report = _report(self._fields, finished=value.strip() == "end")
        self._fields = {}
        return report


_KEYS = frozenset(
    {"frame", "fps", "speed", "out_time_us", "out_time_ms", "total_size", "dup_frames", "drop_frames"}
)


def _report(fields: dict[str, str], *, finished: bool) -> Progress:
    # out_time_ms holds microseconds too, by a mistake that ffmpeg keeps for compatibility.
    microseconds = _number(fields.get("out_time_us", fields.get("out_time_ms")))
    return Progress(
        frame=_count(fields.get("frame")),
        fps=_number(fields.get("fps")),
        speed=_number(fields.get("speed", "").rstrip("x")),
        out_time_seconds=None if microseconds is None else microseconds / _MICROSECONDS,
        total_size_bytes=_count(fields.get("total_size")),
        duplicated_frames=_count(fields.get("dup_frames")) or 0,
        dropped_frames=_count(fields.get("drop_frames")) or 0,
        finished=finished,
    )


def _number(text: str | None) -> float | None:
    """A finite number of at least 0, else ``None``."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _count(text: str | None) -> int | None:
    value = _number(text)
    return None if value is None else int(value)
