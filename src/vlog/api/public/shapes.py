"""What the public API answers. The same values are encoded for clients and shown in pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from vlog.api.media_urls import (
    Thumbnail,
    dash_url,
    preview_url,
    stream_url,
    thumbnail_url,
    thumbnails,
    thumbnails_json,
)
from vlog.catalog.chapters import Chapter
from vlog.catalog.field_values import FieldType, Value
from vlog.catalog.fields import Given
from vlog.catalog.rows import ListedRow, ListedText, VideoRow, VideoStatus
from vlog.kit import markdown
from vlog.processing.generations import ShownQuality
from vlog.processing.progress import JobProgress


@dataclass(frozen=True, kw_only=True, slots=True)
class TagItem:
    """A tag of a video."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoItem:
    """A published video in a list. ``duration`` is seconds, ``null`` while it is not known.

    ``thumbnails`` are all sizes and formats of the picture at ``thumbnail_url``; ``preview_url`` is a silent
    film of a few seconds, ``null`` where there is none.
    """

    id: int
    title: str
    slug: str
    description: str
    category_id: int | None
    category_name: str | None
    duration: float | None
    status: VideoStatus
    created_at: datetime
    published_at: datetime | None
    thumbnail_url: str | None
    thumbnails: list[Thumbnail]
    preview_url: str | None
    thumbnail_source: str
    thumbnail_timestamp: float | None
    streaming_format: str
    primary_codec: str
    tags: list[TagItem]
    view_count: int
    is_featured: bool
    has_chapters: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoPage:
    """One page of the list. ``total_count`` when asked for; with conditions counted up to 1 000."""

    videos: list[VideoItem]
    next_cursor: str | None
    has_more: bool
    total_count: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityItem:
    """One picture size: pixels, and peak bits per second."""

    quality: str
    width: int
    height: int
    bitrate: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterItem:
    """A chapter: seconds; without an end it lasts until the next one begins."""

    id: int
    title: str
    description: str
    start_time: float
    end_time: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomField:
    """What a video says to one of the public custom fields; several choices are a list."""

    field_slug: str
    field_name: str
    field_type: FieldType
    value: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoDetail(VideoItem):
    """One video. Its stream addresses are ``null`` until it can be played; ``warnings`` are sentences on its
    source. ``description_html`` is its description, which is Markdown, as safe HTML.
    """

    description_html: str
    category_slug: str | None
    source_width: int
    source_height: int
    error_message: str | None
    warnings: list[str]
    stream_url: str | None
    dash_url: str | None
    qualities: list[QualityItem]
    chapters: list[ChapterItem]
    custom_fields: list[CustomField]


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityProgress:
    """How far one rendition is: ``progress`` is percent."""

    name: str
    status: str
    progress: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a video is on its way to being playable, and its renditions to being complete.

    ``playable_seconds`` until it can be watched, ``eta_seconds`` until all of it is made; ``null`` while
    nobody knows.
    """

    status: VideoStatus
    current_step: str | None
    progress_percent: float
    eta_seconds: float | None
    playable_seconds: float | None
    qualities: list[QualityProgress]
    attempt: int
    max_attempts: int
    started_at: datetime | None
    last_error: str | None


def video_item(video: ListedRow) -> VideoItem:
    """A row as pages show it."""
    return VideoItem(**_common(video), thumbnails=thumbnails(video), tags=_tags(video))


def encoded_item(video: ListedText) -> msgspec.Raw:
    """The same ``VideoItem`` as PostgreSQL has written it, with the picture's addresses."""
    picture, preview = _quoted(thumbnail_url(video)), _quoted(preview_url(video))
    urls = f'"thumbnail_url":{picture},"thumbnails":{thumbnails_json(video)},"preview_url":{preview}'
    return msgspec.Raw(f"{video.text[:-1]},{urls}}}".encode())


def video_detail(
    video: VideoRow,
    qualities: list[ShownQuality],
    *,
    chapters: list[Chapter],
    given: list[Given],
    with_dash: bool,
) -> VideoDetail:
    """A row with what can be played."""
    return VideoDetail(
        **_common(video),
        thumbnails=thumbnails(video),
        tags=_tags(video),
        description_html=markdown.render(video.description, duration_seconds=video.duration),
        category_slug=video.category_slug,
        source_width=video.source_width,
        source_height=video.source_height,
        error_message=video.error_message if video.status == "failed" else None,
        warnings=video.warnings,
        stream_url=stream_url(video),
        dash_url=dash_url(video) if with_dash else None,
        qualities=[
            QualityItem(
                quality=each.quality, width=each.width, height=each.height, bitrate=each.peak_bit_rate
            )
            for each in qualities
        ],
        chapters=[
            ChapterItem(
                id=each.id,
                title=each.title,
                description=each.description,
                start_time=each.start_time,
                end_time=each.end_time,
            )
            for each in chapters
        ],
        custom_fields=[
            CustomField(
                field_slug=each.field.slug,
                field_name=each.field.name,
                field_type=each.field.field_type,
                value=each.value,
            )
            for each in given
            if each.value is not None
        ],
    )


def progress_shape(video: VideoRow, job: JobProgress | None) -> Progress:
    """The newest job as visitors see it; zeros before there is one."""
    return Progress(
        status=video.status,
        current_step=job.current_step if job else None,
        progress_percent=job.percent if job else 0.0,
        eta_seconds=job.eta_seconds if job else None,
        playable_seconds=job.playable_seconds if job else None,
        qualities=[
            QualityProgress(name=each.name, status=each.status, progress=each.percent)
            for each in (job.renditions if job else ())
        ],
        attempt=job.attempt if job else 0,
        max_attempts=job.max_attempts if job else 0,
        started_at=job.started_at if job else None,
        last_error=video.error_message if video.status == "failed" else None,
    )


def _common(video: VideoRow | ListedRow) -> dict[str, Any]:
    return {
        "id": video.id,
        "title": video.title,
        "slug": video.slug,
        "description": video.description,
        "category_id": video.category_id,
        "category_name": video.category_name,
        "duration": video.duration or None,
        "status": video.status,
        "created_at": video.created_at,
        "published_at": video.published_at,
        "thumbnail_url": thumbnail_url(video),
        "preview_url": preview_url(video),
        "thumbnail_source": video.thumbnail_source,
        "thumbnail_timestamp": video.thumbnail_timestamp,
        "streaming_format": video.streaming_format,
        "primary_codec": video.primary_codec,
        "view_count": video.view_count,
        "is_featured": video.is_featured,
        "has_chapters": video.has_chapters,
    }


def _quoted(url: str | None) -> str:
    return "null" if url is None else f'"{url}"'


def _tags(video: VideoRow | ListedRow) -> list[TagItem]:
    return msgspec.json.decode(video.tags, type=list[TagItem])
