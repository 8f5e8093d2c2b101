"""Where clients find the media of a video: paths on the port that they already talk to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import msgspec

from vlog.catalog.rows import ListedRow, ListedText, VideoRow
from vlog.media.stills import FORMATS, PictureFile

# Videos of one shape share their list of sizes: a handful of texts for a whole library.
_REMEMBERED_LISTS = 256

Pictured = VideoRow | ListedRow | ListedText


@dataclass(frozen=True, kw_only=True, slots=True)
class Thumbnail:
    """One size of a video's picture. ``format`` is jpeg, webp or avif; sizes are pixels."""

    width: int
    height: int
    format: str
    url: str


def thumbnail_url(video: Pictured) -> str | None:
    """The picture; its version is part of the address, so a new picture shows at once. Storage keys hold
    nothing that JSON would have to escape.
    """
    if not video.thumbnail_version:
        return None
    return f"/videos/{video.storage_key}/thumbnail.jpg?v={video.thumbnail_version}"


def thumbnails(video: Pictured) -> list[Thumbnail]:
    """All sizes and formats of the picture, ascending; empty where there is only ``thumbnail_url``."""
    return [
        Thumbnail(
            width=file.width,
            height=file.height,
            format=file.format,
            url=f"/videos/{video.storage_key}/{file.name}?v={video.thumbnail_version}",
        )
        for file in _files(video.thumbnail_files)
        if not file.is_wide
    ]


def wide_picture(video: VideoRow | ListedRow) -> Thumbnail | None:
    """The JPEG for previews on other sites: in 16:9 where there is one, else the largest.

    ``None`` where there is only ``thumbnail_url``.
    """
    jpegs = [file for file in _files(video.thumbnail_files) if file.format == "jpeg"]
    best = max(jpegs, key=lambda file: (file.is_wide, file.width), default=None)
    if best is None:
        return None
    url = f"/videos/{video.storage_key}/{best.name}?v={video.thumbnail_version}"
    return Thumbnail(width=best.width, height=best.height, format=best.format, url=url)


def preview_url(video: Pictured) -> str | None:
    """The short silent film of it, ``None`` where there is none."""
    if not video.has_preview:
        return None
    return f"/videos/{video.storage_key}/preview.mp4?v={video.preview_version}"


def thumbnails_json(video: Pictured) -> str:
    """The same, encoded: what differs between videos of one shape is put into a prepared text."""
    return video.storage_key.join(_template(video.thumbnail_files, video.thumbnail_version))


def stream_url(video: VideoRow | ListedRow) -> str | None:
    """The HLS playlist of a video that can be played."""
    return f"/videos/{video.storage_key}/master.m3u8" if video.status == "ready" else None


def dash_url(video: VideoRow) -> str | None:
    """The DASH manifest of a video that can be played."""
    return f"/videos/{video.storage_key}/manifest.mpd" if video.status == "ready" else None


@lru_cache(_REMEMBERED_LISTS)
def _files(stored: str) -> tuple[PictureFile, ...]:
    found = msgspec.json.decode(stored, type=tuple[PictureFile, ...])
    # A later version may have written formats that this one does not know.
    return tuple(file for file in found if file.format in FORMATS)


@lru_cache(_REMEMBERED_LISTS)
def _template(stored: str, version: int) -> list[str]:
    found = [
        {
            "width": file.width,
            "height": file.height,
            "format": file.format,
            # A word that does not occur in lower-case names.
            "url": f"/videos/KEY/{file.name}?v={version}",
        }
        for file in _files(stored)
        if not file.is_wide
    ]
    return msgspec.json.encode(found).decode().split("KEY")
