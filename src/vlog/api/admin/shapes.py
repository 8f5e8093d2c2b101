"""What the admin API answers about videos."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from vlog.api.media_urls import Thumbnail, preview_url, thumbnail_url, thumbnails
from vlog.catalog.rows import VideoRow, VideoStatus, Visibility
from vlog.jobs.states import JobState, Outcome, TaskState
from vlog.processing.progress import JobProgress, RenditionProgress
from vlog.processing.replacements import SourceReplacement
from vlog.processing.rows import Quality

_OPEN_JOBS = frozenset({"queued", "running"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedProgress:
    """Work that is going on: percent, and seconds until all of it is done.

    ``playable_seconds``: until viewers get the video; ``null`` when they have it. Both are ``null`` before
    there is a basis for a figure.
    """

    percent: float
    eta_seconds: float | None
    playable_seconds: float | None
    current_step: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TagItem:
    """A tag of a video."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminVideo:
    """A video in a list. ``progress`` is ``null`` when nothing is being done to it.

    ``thumbnails`` are the sizes of its picture, ``preview_url`` a silent film of a few seconds; ``warnings``
    are sentences about its source. ``publish_at`` is when it will be published by itself; ``edit_revision``
    goes back with an edit, so that nobody's is lost.
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
    deleted_at: datetime | None
    thumbnail_url: str | None
    thumbnails: list[Thumbnail]
    preview_url: str | None
    warnings: list[str]
    error_code: str | None
    error_message: str | None
    source_filename: str
    source_size_bytes: int
    visibility: Visibility
    is_featured: bool
    has_chapters: bool
    publish_at: datetime | None
    edit_revision: int
    tags: list[TagItem]
    view_count: int
    progress: ListedProgress | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminPage:
    """One page of the list. ``total_count`` is counted up to 1 000 where there are conditions."""

    videos: list[AdminVideo]
    next_cursor: str | None
    has_more: bool
    total_count: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredQuality:
    """One complete rendition: pixels, bits per second at its peak and on average, bytes on disk."""

    quality: str
    kind: str
    width: int
    height: int
    bitrate: int
    average_bitrate: int
    codec: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendition:
    """One rendition that is being made or was.

    ``loudness_lufs`` and ``true_peak_dbtp`` are what was measured of the source's sound, ``gain_db`` by how
    much the rendition is raised or lowered; ``null`` where nothing was measured or made.
    """

    name: str
    kind: str
    status: str
    progress_percent: float
    segments_completed: int
    segments_total: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    gain_db: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a media tool that did not end well: the exact command, and what it said last."""

    command: str
    stderr_tail: str
    exit_status: int
    cpu_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskAttempt:
    """One time that a worker had the task. ``outcome`` is done, failed, released or expired."""

    number: int
    worker: str
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    error_code: str | None
    error_message: str | None
    runs: list[Run]


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One task of a job. Cells are segments, both ends included, ``null`` for tasks that make none.

    ``command`` and ``stderr_tail`` are those of the last run that failed.
    """

    id: int
    kind: str
    state: TaskState
    renditions: list[str]
    first_cell: int | None
    last_cell: int | None
    attempt: int
    max_attempts: int
    worker: str | None
    started_at: datetime | None
    finished_at: datetime | None
    progress_percent: float
    error_code: str | None
    error_message: str | None
    command: str | None
    stderr_tail: str | None
    attempts: list[TaskAttempt]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The newest job of a video, with its whole record."""

    id: int
    state: JobState
    current_step: str | None
    progress_percent: float
    eta_seconds: float | None
    playable_seconds: float | None
    attempt: int
    max_attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    last_error: str | None
    tasks: list[Task]
    renditions: list[Rendition]


@dataclass(frozen=True, kw_only=True, slots=True)
class AdminVideoDetail(AdminVideo):
    """One video with all that is known of it; ``replacement`` is the latest other source it was given."""

    source_width: int
    source_height: int
    publish_when_ready: bool
    qualities: list[StoredQuality]
    stream_url: str | None
    dash_url: str | None
    replacement: SourceReplacement | None
    job: Job | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgressEvent:
    """SSE event ``progress``: how far work on a video is."""

    video_id: int
    status: VideoStatus
    percent: float
    eta_seconds: float | None
    playable_seconds: float | None
    current_step: str | None
    renditions: list[Rendition]


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoChanged:
    """SSE event ``video``: something else about a video changed; ask for it again."""

    video_id: int
    change: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryChanged:
    """SSE event ``library``: somebody has changed a ``category``, ``tag``, ``playlist`` or ``field``, or the
    order of all of them; ask for them again. ``change`` is what the audit log calls the act.
    """

    subject: str
    subject_id: int | None
    change: str


def admin_video(video: VideoRow, job: JobProgress | None) -> AdminVideo:
    """A row as the list shows it."""
    return AdminVideo(**common(video, job))


def quality_of(quality: Quality) -> StoredQuality:
    """A complete rendition."""
    return StoredQuality(
        quality=quality.quality,
        kind=quality.kind,
        width=quality.width,
        height=quality.height,
        bitrate=quality.peak_bit_rate,
        average_bitrate=quality.average_bit_rate,
        codec=quality.codec,
        size_bytes=quality.size_bytes,
    )


def rendition_of(progress: RenditionProgress) -> Rendition:
    """A rendition on its way."""
    return Rendition(
        name=progress.name,
        kind=progress.kind,
        status=progress.status,
        progress_percent=progress.percent,
        segments_completed=progress.segments_completed,
        segments_total=progress.segments_total,
        loudness_lufs=progress.loudness.integrated_lufs if progress.loudness else None,
        true_peak_dbtp=progress.loudness.true_peak_dbtp if progress.loudness else None,
        gain_db=progress.gain_db,
    )


def common(video: VideoRow, job: JobProgress | None) -> dict[str, Any]:
    """The fields that list and detail share."""
    is_working = job is not None and job.state in _OPEN_JOBS and video.deleted_at is None
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
        "deleted_at": video.deleted_at,
        "thumbnail_url": thumbnail_url(video),
        "preview_url": preview_url(video),
        "thumbnails": thumbnails(video),
        "warnings": video.warnings,
        "error_code": video.error_code,
        "error_message": video.error_message,
        "source_filename": video.source_filename,
        "source_size_bytes": video.source_size_bytes,
        "visibility": video.visibility,
        "is_featured": video.is_featured,
        "has_chapters": video.has_chapters,
        "publish_at": video.publish_at,
        "edit_revision": video.edit_revision,
        "tags": msgspec.json.decode(video.tags, type=list[TagItem]),
        "view_count": video.view_count,
        "progress": ListedProgress(
            percent=job.percent,
            eta_seconds=job.eta_seconds,
            playable_seconds=job.playable_seconds,
            current_step=job.current_step,
        )
        if job is not None and is_working
        else None,
    }
