"""Text that may stand in XML 1.0: its signs as references, without the characters that it forbids."""

from __future__ import annotations

import re
from email.utils import format_datetime

from vlog.api.public.shapes import VideoItem

# https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def escaped(text: str) -> str:
    """The text, fit for elements and attributes."""
    return _FORBIDDEN.sub("", text).translate(_SIGNS)


def element(name: str, text: str, **attributes: str | int) -> str:
    """An element with text alone; ``_`` in the names of attributes stands for ``:``."""
    return f"<{name}{_given(attributes)}>{escaped(text)}</{name}>"


def empty(name: str, **attributes: str | int) -> str:
    """An element without content."""
    return f"<{name}{_given(attributes)}/>"


def http_date(video: VideoItem) -> str:
    """When a video was published, as RFC 822 and HTTP write it."""
    return format_datetime(video.published_at or video.created_at, usegmt=True)


def picture_of(video: VideoItem) -> tuple[str, int, int] | None:
    """The largest JPEG of a video: path, width and height; others read no other format for certain."""
    jpegs = [each for each in video.thumbnails if each.format == "jpeg"]
    largest = max(jpegs, key=lambda each: each.width, default=None)
    return (largest.url, largest.width, largest.height) if largest is not None else None


def _given(attributes: dict[str, str | int]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", ":")}="{escaped(str(value))}"' for name, value in attributes.items()
    )
