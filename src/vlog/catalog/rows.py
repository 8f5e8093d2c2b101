"""The rows of the catalogue's tables as values, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, NamedTuple

import asyncpg

from vlog.kit.errors import NotFound

VideoStatus = Literal["pending", "processing", "ready", "failed"]
ThumbnailSource = Literal["auto", "selected", "custom"]
Visibility = Literal["public", "unlisted", "private"]


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoRow:
    """One row of ``videos``: its columns, its category, its tags and how often it was seen.

    ``duration`` is seconds; ``thumbnail_version`` is 0 until there is a picture, of which ``thumbnail_files``
    lists the sizes as JSON (``media.stills.PictureFile``). ``warnings`` are sentences about the source,
    ``tags`` a JSON list of ``{id, name, slug}`` by name. ``publish_at`` is when a video that is kept back
    will be published by itself; ``edit_revision`` counts what people have changed.
    """

    id: int
    title: str
    slug: str
    storage_key: str
    description: str
    category_id: int | None
    category_name: str | None
    category_slug: str | None
    duration: float
    source_width: int
    source_height: int
    source_key: str | None
    source_filename: str
    source_size_bytes: int
    source_sha256: bytes | None
    status: VideoStatus
    error_code: str | None
    error_message: str | None
    publish_when_ready: bool
    created_at: datetime
    published_at: datetime | None
    publish_at: datetime | None
    visibility: Visibility
    is_featured: bool
    has_chapters: bool
    deleted_at: datetime | None
    thumbnail_source: ThumbnailSource
    thumbnail_timestamp: float | None
    thumbnail_version: int
    thumbnail_files: str
    has_preview: bool
    preview_version: int
    streaming_format: str
    primary_codec: str
    manifest_revision: int
    manifest_written: int
    warnings: list[str]
    edit_revision: int
    tags: str
    view_count: int

    @property
    def is_playable(self) -> bool:
        """Visitors with the link can play it. Lists show it only when it is ``public``: see
        ``indexed_videos``.
        """
        is_published = self.status == "ready" and self.published_at is not None
        return is_published and self.deleted_at is None and self.visibility != "private"

    @property
    def is_announced(self) -> bool:
        """Visitors with the link may see its page: it plays, will play when ready, or failed on the way."""
        waiting = self.status != "ready" and self.publish_when_ready and self.visibility != "private"
        return self.deleted_at is None and (waiting or self.is_playable)


class ListedRow(NamedTuple):
    """What lists show of a published video: the same columns, and no others."""

    id: int
    title: str
    slug: str
    storage_key: str
    description: str
    category_id: int | None
    category_name: str | None
    duration: float
    status: VideoStatus
    created_at: datetime
    published_at: datetime
    is_featured: bool
    has_chapters: bool
    thumbnail_source: ThumbnailSource
    thumbnail_timestamp: float | None
    thumbnail_version: int
    thumbnail_files: str
    has_preview: bool
    preview_version: int
    streaming_format: str
    primary_codec: str
    tags: str
    view_count: int


class ListedText(NamedTuple):
    """The same as JSON, ``text``, but for pictures: their addresses are not PostgreSQL's to know.

    Taking a page of rows apart and writing them again costs a process in Python more than asking for them.
    """

    id: int
    storage_key: str
    thumbnail_version: int
    thumbnail_files: str
    has_preview: bool
    preview_version: int
    text: str


_FROM_ELSEWHERE = {
    "category_name": "c.name",
    "category_slug": "c.slug",
    "view_count": "coalesce((SELECT w.views FROM video_views w WHERE w.video_id = v.id), 0)",
    "tags": """(
      SELECT coalesce(
        json_agg(json_build_object('id', t.id, 'name', t.name, 'slug', t.slug) ORDER BY t.name), '[]'
      )
      FROM video_tags vt JOIN tags t ON t.id = vt.tag_id WHERE vt.video_id = v.id
    )::text""",
}


# As answers write them: moments in UTC (RFC 3339), and nothing for a duration that is not known.
_MOMENT = """to_char(v.{name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_AS_JSON = {
    "created_at": _MOMENT.format(name="created_at"),
    "published_at": _MOMENT.format(name="published_at"),
    "duration": "nullif(v.duration, 0)",
    "tags": _FROM_ELSEWHERE["tags"].removesuffix("::text"),
}


def _columns(names: Iterable[str]) -> str:
    return ", ".join(f"{_FROM_ELSEWHERE.get(name, f'v.{name}')} AS {name}" for name in names)


def _json(names: Iterable[str]) -> str:
    pairs = ", ".join(
        f"'{name}', {_AS_JSON.get(name, _FROM_ELSEWHERE.get(name, f'v.{name}'))}" for name in names
    )
    return f"json_build_object({pairs})::text"


COLUMNS = _columns(field.name for field in fields(VideoRow))
LISTED = _columns(ListedRow._fields)
_PICTURE = ListedText._fields[1:-1]
LISTED_TEXT = (
    f"{_columns(('id', *_PICTURE))}, {_json(n for n in ListedRow._fields if n not in _PICTURE)} AS text"
)
FROM_VIDEOS = "videos v LEFT JOIN categories c ON c.id = v.category_id"


def video_row(record: asyncpg.Record | Mapping[str, Any]) -> VideoRow:
    """A record of ``COLUMNS`` as a value."""
    return VideoRow(**dict(record))


def found(record: asyncpg.Record | None) -> VideoRow:
    """The row; raises ``NotFound`` (code ``unknown_video``) when there is none."""
    if record is None:
        raise NotFound("There is no such video.", code="unknown_video")
    return video_row(record)
