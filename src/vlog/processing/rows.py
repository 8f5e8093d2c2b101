"""Jobs, generations and renditions as values, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import asyncpg

from vlog.db.reader import Reader
from vlog.jobs.states import JobState
from vlog.kit.errors import NotFound
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.media.loudness import Loudness
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.processing.segment_index import SegmentIndex, unpack
from vlog.wire.codec import from_json

Kind = Literal["video", "audio"]
JobKind = Literal["media", "pictures"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """The work on one video: its tasks make one generation, or small pictures for one that there is.

    ``qualities`` are the picture sizes that are to be made, ``None`` for all.
    """

    id: int
    video_id: int
    generation_id: int | None
    state: JobState
    priority: int
    remux: bool
    attempt: int
    max_attempts: int
    last_error: str | None
    kind: JobKind = "media"
    qualities: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """One encoding of a video, in a folder of its own.

    ``previous_token`` names the folder while it still has its old name.
    """

    id: int
    video_id: int
    storage_key: str
    token: str
    previous_token: str | None
    state: Literal["building", "live", "retired"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """One rendition that is being made. ``loudness`` is what was heard of its source, if it was listened
    to.
    """

    quality: str
    kind: Kind
    stage: int
    spec: VideoRendition | AudioRendition
    status: str
    segments_total: int
    segments_completed: int
    loudness: Loudness | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """One complete rendition. Bit rates are bits per second; ``codec`` is as in RFC 6381."""

    quality: str
    kind: Kind
    encoder: str
    codec: str
    width: int
    height: int
    channels: int
    language: str | None
    timescale: int
    peak_bit_rate: int
    average_bit_rate: int
    size_bytes: int
    segment_count: int
    init_sha256: bytes
    segment_index: bytes

    @property
    def index(self) -> SegmentIndex:
        """Its segments."""
        return unpack(self.segment_index, timescale=self.timescale)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A rendition that viewers are offered while it is still being made.

    ``init`` is its initialisation segment, ``start`` where its first segment begins, in ticks.
    """

    quality: str
    kind: Kind
    spec: VideoRendition | AudioRendition
    init: bytes
    start: int
    segments_total: int


JOB = (
    "j.id, j.video_id, j.generation_id, j.state, j.priority, j.remux, j.attempt, j.max_attempts,"
    " j.last_error, j.kind, j.qualities"
)
GENERATION = "g.id, g.video_id, v.storage_key, g.token, g.previous_token, g.state"
FROM_GENERATIONS = "generations g JOIN videos v ON v.id = g.video_id"
_PLANNED = """
SELECT quality, kind, stage, spec, status, segments_total, segments_completed, loudness
FROM quality_progress WHERE generation_id = $1 ORDER BY stage, id
"""
_QUALITIES = """
SELECT quality, kind, encoder, codec, width, height, channels, language, timescale, peak_bit_rate,
  average_bit_rate, size_bytes, segment_count, init_sha256, segment_index
FROM video_qualities WHERE generation_id = $1 ORDER BY height DESC, id
"""


_OPENED = """
SELECT p.quality, p.kind, p.spec, p.init, s.start_ticks, p.segments_total FROM quality_progress p
JOIN segments s ON (s.generation_id, s.quality, s.number) = (p.generation_id, p.quality, 0)
WHERE p.generation_id = $1 AND p.opened_at IS NOT NULL AND p.status IN ('pending', 'in_progress')
ORDER BY p.id
"""


async def job(reader: Reader, job_id: int) -> Job:
    """Raises ``NotFound``: the job's video has been purged."""
    row = await reader.fetchrow(f"SELECT {JOB} FROM transcoding_jobs j WHERE j.id = $1", job_id)
    if row is None:
        raise NotFound("There is no such job.", code="unknown_job")
    return _job_of(row)


async def locked_job(tx: Reader, job_id: int) -> Job:
    """The same, held by the transaction until it ends."""
    row = await tx.fetchrow(f"SELECT {JOB} FROM transcoding_jobs j WHERE j.id = $1 FOR UPDATE", job_id)
    if row is None:
        raise NotFound("There is no such job.", code="unknown_job")
    return _job_of(row)


def _job_of(row: asyncpg.Record) -> Job:
    fields = cast("dict[str, Any]", dict(row))
    qualities = fields.pop("qualities")
    return Job(qualities=tuple(qualities) if qualities is not None else None, **fields)


async def latest_job(reader: Reader, video_id: int) -> Job | None:
    """The newest job on a video's media."""
    row = await reader.fetchrow(
        f"SELECT {JOB} FROM transcoding_jobs j WHERE j.video_id = $1 AND j.kind = 'media'"
        " ORDER BY j.id DESC LIMIT 1",
        video_id,
    )
    return _job_of(row) if row else None


async def generation(reader: Reader, generation_id: int) -> Generation:
    """Raises ``NotFound``."""
    row = await reader.fetchrow(f"SELECT {GENERATION} FROM {FROM_GENERATIONS} WHERE g.id = $1", generation_id)
    if row is None:
        raise NotFound("There is no such generation.", code="unknown_generation")
    return generation_of(row)


def generation_of(row: asyncpg.Record) -> Generation:
    """A record of ``GENERATION`` as a value."""
    return Generation(**cast("dict[str, Any]", dict(row)))


async def described(reader: Reader, generation_id: int) -> tuple[MediaInfo, Grid]:
    """What inspecting the source has told."""
    row = await reader.fetchrow("SELECT info, grid FROM generations WHERE id = $1", generation_id)
    if row is None:
        raise NotFound("There is no such generation.", code="unknown_generation")
    return from_json(MediaInfo, row["info"]), from_json(Grid, row["grid"])


async def grid(reader: Reader, generation_id: int) -> Grid:
    """All cells of a generation."""
    return from_json(Grid, await reader.fetchval("SELECT grid FROM generations WHERE id = $1", generation_id))


async def planned(reader: Reader, generation_id: int) -> dict[str, Planned]:
    """All renditions that the generation is to have, by name, most urgent first."""
    rows = await reader.fetch(_PLANNED, generation_id)
    return {row["quality"]: planned_of(row) for row in rows}


async def qualities(reader: Reader, generation_id: int) -> list[Quality]:
    """All complete renditions, tallest first."""
    rows = await reader.fetch(_QUALITIES, generation_id)
    return [Quality(**cast("dict[str, Any]", dict(row))) for row in rows]


async def opened(reader: Reader, generation_id: int) -> list[Opened]:
    """All renditions that viewers are offered although they are not complete."""
    return [opened_of(row) for row in await reader.fetch(_OPENED, generation_id)]


def opened_of(row: asyncpg.Record) -> Opened:
    """A record of a rendition that has begun as a value."""
    return Opened(
        quality=row["quality"],
        kind=row["kind"],
        spec=_spec_of(row),
        init=row["init"],
        start=row["start_ticks"],
        segments_total=row["segments_total"],
    )


def planned_of(row: asyncpg.Record) -> Planned:
    """A record of a rendition in the making as a value."""
    return Planned(
        quality=row["quality"],
        kind=row["kind"],
        stage=row["stage"],
        spec=_spec_of(row),
        status=row["status"],
        segments_total=row["segments_total"],
        segments_completed=row["segments_completed"],
        loudness=from_json(Loudness, row["loudness"]) if row["loudness"] else None,
    )


def _spec_of(row: asyncpg.Record) -> VideoRendition | AudioRendition:
    kind: type[VideoRendition | AudioRendition] = VideoRendition if row["kind"] == "video" else AudioRendition
    return from_json(kind, row["spec"])
