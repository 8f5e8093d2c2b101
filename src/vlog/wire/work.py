"""Tasks as offered to a worker, and what it answers."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.media.loudness import Loudness
from vlog.media.picture_file import SentPicture
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.media.stills import PictureFile

CELLS_TAKEN = "cells_taken"
"""Code of the ``Conflict`` that tells a worker that it has reached the end of what is still its task: its
detail ``end_cell`` is the first cell that others make.
"""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to work on one task. Every write names both numbers; another epoch means another holder."""

    task_id: int
    epoch: int


class InspectWork(msgspec.Struct, frozen=True, kw_only=True, tag="inspect"):
    """Pass the source through the gate and lay its grid. ``accept_audio`` takes sources of sound alone."""

    segment_seconds: int
    max_frame_rate: int
    max_duration_seconds: int
    remux: bool
    accept_audio: bool = False


class RemuxWork(msgspec.Struct, frozen=True, kw_only=True, tag="remux"):
    """Take the source's own pictures (and sound, if it qualifies) over without encoding.

    ``durable`` tells, per rendition, which cells the server already has: they are not sent again.
    """

    info: MediaInfo
    grid: Grid
    video: VideoRendition
    audio: AudioRendition | None
    durable: dict[str, tuple[int, ...]]


class AudioWork(msgspec.Struct, frozen=True, kw_only=True, tag="audio"):
    """Encode the shared sound, regrouped along the grid's cells: those from ``first_cell`` to ``end_cell``.

    ``end_cell`` is where others have been given the rest, if any, and ``grid`` the whole one.

    ``loudness`` is what an earlier attempt has heard and the server keeps; ``None`` asks to listen first.
    ``hurried`` as in ``VideoWork``.
    """

    info: MediaInfo
    grid: Grid
    audio: AudioRendition
    loudness: Loudness | None = None
    durable: dict[str, tuple[int, ...]]
    first_cell: int = 0
    end_cell: int | None = None
    hurried: bool = False


class VideoWork(msgspec.Struct, frozen=True, kw_only=True, tag="video"):
    """Encode cells ``first_cell …`` for some rungs from one decode; ``grid.cells`` holds only those cells.

    ``last`` tells that the run ends the presentation, ``hurried`` that somebody waits for its first cells:
    then it may have all processors.
    """

    info: MediaInfo
    grid: Grid
    first_cell: int
    last: bool
    rungs: tuple[VideoRendition, ...]
    durable: dict[str, tuple[int, ...]]
    hurried: bool = False


class ThumbnailWork(msgspec.Struct, frozen=True, kw_only=True, tag="thumbnail"):
    """Choose the picture that stands for the video, and make it in these widths (pixels) and formats.

    ``start_seconds`` (file time) and ``duration_seconds`` are of what viewers will see. ``formats`` are keys
    of ``media.stills.FORMATS``. ``at_seconds`` (file time) is the picture to take, ``None`` to choose one.
    """

    info: MediaInfo
    start_seconds: Fraction
    duration_seconds: Fraction
    widths: tuple[int, ...]
    formats: tuple[str, ...]
    at_seconds: Fraction | None = None


class FramesWork(msgspec.Struct, frozen=True, kw_only=True, tag="frames"):
    """Make ``count`` small pictures of the video, ``width`` pixels wide, for somebody to choose from."""

    info: MediaInfo
    start_seconds: Fraction
    duration_seconds: Fraction
    count: int
    width: int


class PictureWork(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """Make all sizes of a picture that somebody has sent: the task's source is that file."""

    picture: SentPicture
    widths: tuple[int, ...]
    formats: tuple[str, ...]


class PreviewWork(msgspec.Struct, frozen=True, kw_only=True, tag="preview"):
    """Make a short silent film of a few moments: the task's source holds segments of a finished rendition.

    ``moments`` are starts and lengths in seconds of its clock, ``frame_rate`` is its pictures a second.
    """

    moments: tuple[tuple[float, float], ...]
    frame_rate: float
    width: int
    height: int


Work = (
    InspectWork | RemuxWork | AudioWork | VideoWork | ThumbnailWork | FramesWork | PictureWork | PreviewWork
)


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed task. The lease ends after ``lease_seconds`` without renewal. ``job_id`` is for logs only."""

    lease: Lease
    lease_seconds: int
    job_id: int
    attempt: int
    work: Work


class ToolRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a media tool, as kept for people: ``command`` can be pasted into a shell."""

    command: str
    stderr_tail: str
    exit_status: int
    cpu_seconds: float
    max_rss_bytes: int


class Inspected(msgspec.Struct, frozen=True, kw_only=True, tag="inspected"):
    """The source passed the gate."""

    info: MediaInfo
    grid: Grid


class Made(msgspec.Struct, frozen=True, kw_only=True, tag="made"):
    """All cells of the task are durable. ``missing_frames`` pictures could not be decoded and are held
    over.

    ``unneeded`` are renditions that were not made because the source's own sound is as good.
    """

    missing_frames: int = 0
    unneeded: tuple[str, ...] = ()


class Pictured(msgspec.Struct, frozen=True, kw_only=True, tag="pictured"):
    """The thumbnail is stored as ``files``; ``at_seconds`` is where it was taken (file time)."""

    at_seconds: Fraction
    files: tuple[PictureFile, ...]


class Framed(msgspec.Struct, frozen=True, kw_only=True, tag="framed"):
    """The pictures to choose from are stored."""


class Previewed(msgspec.Struct, frozen=True, kw_only=True, tag="previewed"):
    """The preview is stored."""


Result = Inspected | Made | Pictured | Framed | Previewed


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a task could not be done. ``retryable`` is false when trying again cannot help (a file that is no
    video).
    """

    code: str
    message: str
    retryable: bool


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a task is between two durable segments: pictures done of those to do, and speed in × real
    time.
    """

    frames: int = 0
    speed: float | None = None


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One finished cell of one rendition: ``start`` and ``duration`` are ticks of the rendition's
    timescale.
    """

    number: int
    start: int
    duration: int
    data: bytes
    sha256: str


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One encoded size of a thumbnail."""

    file: PictureFile
    data: bytes


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that somebody may choose: where it is (file time), its size in pixels, and a JPEG of it."""

    at_seconds: Fraction
    width: int
    height: int
    data: bytes


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for work, and what it can do: ``encoders`` are names that a proving run has shown to work.

    ``demanded_only`` asks for nothing but what a viewer waits for.
    """

    worker: str
    kinds: tuple[str, ...]
    encoders: tuple[str, ...]
    demanded_only: bool = False
