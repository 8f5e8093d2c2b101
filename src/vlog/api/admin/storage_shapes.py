"""What the admin API answers about the storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vlog.api.health import Looked, State
from vlog.catalog.remarked import Remarked
from vlog.processing import checks
from vlog.processing.checks import Check
from vlog.processing.findings import Trouble


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of the installation; ``code`` and ``reason`` say why it is not ``ok``."""

    state: State
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageCheck:
    """One comparison of all files with their hashes.

    ``state`` is requested (by somebody, ``waited_seconds`` ago), running, done, failed (``error_message``
    says why) or stopped. ``total_bytes`` is an estimate; ``eta_seconds`` is ``null`` before there is a basis.
    """

    state: checks.State
    requested_at: datetime
    waited_seconds: float
    started_at: datetime | None
    finished_at: datetime | None
    files: int
    size_bytes: int
    total_bytes: int
    percent: float
    eta_seconds: float | None
    wrong_files_count: int
    error_message: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TroubleFile:
    """One file that is not as it should be, in words, with what to do about it."""

    key: str
    kind: str
    part: str
    words: str
    advice: str
    found_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageTrouble:
    """What is wrong with the files of one video, or with those that belong to none (``video_id`` ``null``).

    ``files`` are the first of ``count``. ``is_mending``: some are being made again; ``can_be_mended``: others
    could be. ``is_acknowledged``: somebody knows of all of them.
    """

    video_id: int | None
    title: str | None
    is_deleted: bool
    count: int
    is_acknowledged: bool
    is_mending: bool
    can_be_mended: bool
    files: list[TroubleFile]


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoRemarks:
    """A video of whose source there is something to say."""

    video_id: int
    title: str
    warnings: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageState:
    """The storage as the admin's page shows it.

    ``check`` is the one that is asked for or running, else the last one that did not come to its end since
    ``last_check``. ``interval_days`` of 0: never checked by itself. ``rate_mb``: mebibytes per second.
    """

    database: Part
    storage: Part
    free_bytes: int | None
    total_bytes: int | None
    check: StorageCheck | None
    last_check: StorageCheck | None
    interval_days: int
    rate_mb: int
    wrong_files_count: int
    troubles: list[StorageTrouble]
    remarks: list[VideoRemarks]


def part_of(found: Looked) -> Part:
    """A part that was looked at."""
    if found.reason is None:
        return Part(state=found.state)
    return Part(state=found.state, code=found.reason.code, reason=found.reason.message)


def storage_check(check: Check) -> StorageCheck:
    """A check."""
    return StorageCheck(
        state=check.state,
        requested_at=check.requested_at,
        waited_seconds=check.waited_seconds,
        started_at=check.started_at,
        finished_at=check.finished_at,
        files=check.files,
        size_bytes=check.size_bytes,
        total_bytes=check.total_bytes,
        percent=check.percent,
        eta_seconds=check.eta_seconds,
        wrong_files_count=check.findings,
        error_message=check.error_message,
    )


def storage_trouble(trouble: Trouble) -> StorageTrouble:
    """Findings that belong together."""
    return StorageTrouble(
        video_id=trouble.video_id,
        title=trouble.title,
        is_deleted=trouble.is_deleted,
        count=trouble.count,
        is_acknowledged=trouble.is_acknowledged,
        is_mending=trouble.is_mending,
        can_be_mended=trouble.can_be_mended,
        files=[
            TroubleFile(
                key=each.key,
                kind=each.kind,
                part=each.part,
                words=each.words,
                advice=each.advice,
                found_at=each.found_at,
            )
            for each in trouble.files
        ],
    )


def video_remarks(remarked: Remarked) -> VideoRemarks:
    """Remarks on a video."""
    return VideoRemarks(video_id=remarked.id, title=remarked.title, warnings=remarked.warnings)
