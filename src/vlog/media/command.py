"""Commands that make video segments, as values: what ffmpeg is told, with the reason of each word.

One mode serves constant and variable frame rates: no picture is ever repeated or dropped to fit a rate. Each
keeps its own time, and the times become exact when segments are cut (see ``cutting``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from vlog.media import hardening, picture
from vlog.media.encoders import ENCODERS, Pacing
from vlog.media.grid import Cell, Grid
from vlog.media.info import MediaInfo
from vlog.media.plan import VideoRendition

_INDEXED = frozenset({"mov", "mp4", "matroska", "webm"})
SEEK_BACK_SECONDS = Fraction(3, 2)
"""How much earlier to look for a key frame in a file without an index."""

_FINEST_ENCODER_CLOCK = 1_000_000
_MICROSECONDS = 1_000_000

FRAGMENTED = (
    # Fragments, each with its own index, and all that decoding needs ahead of the first.
    "+empty_moov+default_base_moof"
    # Written once the first packet is there: the configuration of copied sound comes with it.
    "+delay_moov"
    # Times count from the source's clock, not from where this chunk begins.
    "+frag_discont"
    # No index of fragments at the end: nobody would read it.
    "+skip_trailer"
)

CLEAN = (
    # The source's tags, among them where a phone was; its chapters; and dates and versions of this tool.
    *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
    # Times may be negative before the first picture; the muxer must not move everything.
    *("-avoid_negative_ts", "disabled"),
)


@dataclass(frozen=True, kw_only=True)
class VideoJob:
    """Pictures to encode: those of the cells of ``grid`` (all of which hold some), once for each rung.

    ``ffmpeg`` and ``source_url`` are as the jail names them. ``rungs`` are ordered from the largest.
    ``decoder_threads`` beyond one end sooner and cost a little more.
    """

    ffmpeg: str
    source_url: str
    info: MediaInfo
    grid: Grid
    rungs: Sequence[VideoRendition]
    decoder_threads: int = 1


def video_timescale(grid: Grid) -> int:
    """Ticks per second of the tracks that ``encode`` writes."""
    if grid.frame_duration is not None:
        return grid.timescale
    # Unchanged source times, which map to the grid's without a second rounding.
    return min(grid.time_base.denominator, _FINEST_ENCODER_CLOCK)


def encode(job: VideoJob) -> list[str]:
    """One decoder, as many encoders as rungs; rung n goes to ``hardening.output_url(n)``."""
    outputs = [word for index in range(len(job.rungs)) for word in _rung_output(job, index)]
    return [
        *start(job.ffmpeg, is_clock_mended=job.info.is_clock_mended),
        *seek(job.info, job.grid),
        # More than one are of no use where chunks run side by side.
        *("-threads", str(job.decoder_threads)),
        # A change of size within the source is the scaler's task; building the graph anew would lose the
        # place on the grid.
        *("-reinit_filter", "0"),
        # Turned by our own filter, so that what is planned and what comes out can't differ.
        "-noautorotate",
        *hardening.ffmpeg_input_args(),
        *("-i", job.source_url),
        *("-filter_complex", graph(job)),
        *outputs,
        *(steering(job.info.audio.index) if job.info.is_clock_mended and job.info.audio else ()),
    ]


def steering(stream: int) -> list[str]:
    """Read another stream too, to no end but this: whichever stream shows a jump of the clock first decides
    how it is mended, and all commands must come to the same clock.
    """
    return ["-map", f"0:{stream}", "-c", "copy", "-f", "null", "-"]


def copy(ffmpeg: str, source_url: str, *, info: MediaInfo, grid: Grid, audio: bool) -> list[str]:
    """The source's own pictures to the first output and, if ``audio``, its own sound to the second."""
    pictures = [
        *("-map", f"0:{info.video.index}", "-c:v", "copy"),
        *("-video_track_timescale", str(grid.time_base.denominator)),
    ]
    sound: list[str] = []
    if audio and info.audio:
        sound = ["-map", f"0:{info.audio.index}", "-c:a", "copy"]
        # The headers that each frame has in a transport stream become the one configuration of a file; sound
        # without them passes unchanged.
        sound += ["-bsf:a", "aac_adtstoasc"] if info.audio.codec == "aac" else []
    return [
        *start(ffmpeg),
        *hardening.ffmpeg_input_args(),
        *("-i", source_url),
        *copied_output(pictures, 0),
        *(copied_output(sound, 1) if sound else ()),
    ]


def copied_output(mapped: Sequence[str], index: int) -> list[str]:
    """One copied stream as large fragments, which are regrouped anyway."""
    return [
        *mapped,
        *CLEAN,
        *("-movflags", FRAGMENTED, "-frag_duration", str(5 * _MICROSECONDS)),
        # Nothing waits for these bytes to leave one by one.
        *("-flush_packets", "0"),
        *("-f", "mp4", hardening.output_url(index)),
    ]


def start(ffmpeg: str, *, is_clock_mended: bool = False) -> list[str]:
    """How each command begins."""
    return [
        *(ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error"),
        # The source's times as they are: everything is placed by them. Where they jump, ffmpeg's own clock,
        # which starts at 0, goes on over every jump.
        *(() if is_clock_mended else ("-copyts",)),
        # Damage alone is no failure: what came is counted where segments are cut.
        *("-max_error_rate", "1"),
    ]


def seek(info: MediaInfo, grid: Grid) -> list[str]:
    """Begin at the key frame that the first cell needs; nothing when that is the first one."""
    key = grid.cells[0].key_pts
    if key <= grid.origin_pts:
        return []
    seconds = key * grid.time_base
    if not _INDEXED & set(info.format_names):
        # Without an index ffmpeg finds a place by guessing, which may lie behind the key frame.
        seconds -= SEEK_BACK_SECONDS
        if seconds <= grid.origin_pts * grid.time_base:
            return []
    # Rounded up: a place before the key frame's time is a place in the group before.
    micros = floor(seconds * _MICROSECONDS) + 1
    return [
        # Pictures are cut off by whole numbers in the graph, not by decimals here.
        "-noaccurate_seek",
        # The position is in the file's own time and not relative to its start.
        *("-seek_timestamp", "1"),
        *("-ss", f"{micros // _MICROSECONDS}.{micros % _MICROSECONDS:06d}"),
    ]


def graph(job: VideoJob) -> str:
    """The filter graph: exactly the wanted pictures, upright, then scaled from rung to rung."""
    video, grid = job.info.video, job.grid
    head = [*picture.whole(video), *picked(grid), *timed(grid)]
    parts = [f"[0:{video.index}]{','.join(head)}[s0]"]
    last = len(job.rungs) - 1
    for index, rung in enumerate(job.rungs):
        # What the largest rung is made to be, all others are.
        made = (
            picture.shown(video, rung.width, rung.height)
            if index == 0
            else [f"scale={rung.width}:{rung.height}:flags={picture.SCALER}"]
        )
        split = f",split=2[o{index}][s{index + 1}]" if index < last else f"[o{index}]"
        parts.append(f"[s{index}]{','.join(made)}{split}")
    return ";".join(parts)


def picked(grid: Grid) -> list[str]:
    """Filters that let pass the pictures of the cells, by their source timestamps and nothing else."""
    first, end = grid.cells[0].first_pts, grid.cells[-1].end_pts
    if grid.frame_duration is not None and not grid.decimation:
        # Half the way to the neighbour, as a decoder may guess a damaged timestamp a little differently.
        # Where pictures are thinned out, a dropped one stands there.
        margin = int(Fraction(grid.frame_duration, 2 * grid.timescale) / grid.time_base)
        first -= margin
        # The end of the last cell stands right after its last picture, and not where a next one begins.
        end -= margin if grid.ticks(end) >= grid.cells[-1].end else 0
    filters = [f"settb={grid.time_base}", f"trim=start_pts={first}:end_pts={end}"]
    if grid.decimation:
        # The same pictures as in the index, because the first of each cell is one that is kept.
        filters.append(rf"select=isnan(prev_selected_pts)+gte(pts-prev_selected_pts\,{grid.decimation})")
    return filters


def timed(grid: Grid) -> list[str]:
    """Filters that count from the first picture, in ticks of the grid or of the source."""
    return [
        f"setpts=PTS-({grid.origin_pts})",
        f"settb={encoder_time_base(grid)}",
        # Never two at one place, whatever a damaged source says: encoders refuse that.
        r"select=isnan(prev_selected_pts)+gt(pts\,prev_selected_pts)",
    ]


def encoder_time_base(grid: Grid) -> Fraction:
    """The encoder's clock: one picture where they are evenly spaced."""
    if grid.frame_duration is not None:
        return Fraction(grid.frame_duration, grid.timescale)
    return Fraction(1, video_timescale(grid))


def _rung_output(job: VideoJob, index: int) -> list[str]:
    rung, grid = job.rungs[index], job.grid
    encoder = ENCODERS[rung.encoder]
    pacing = Pacing(
        frame_rate=grid.frame_rate,
        max_cell_frames=max(cell.frames for cell in grid.cells),
        in_order=grid.has_pauses,
    )
    return [
        *("-map", f"[o{index}]"),
        # Neither duplicates nor drops, and times as the graph gives them.
        *("-fps_mode", "passthrough", "-enc_time_base", str(encoder_time_base(grid))),
        *("-c:v", encoder.ffmpeg_name),
        *encoder.options(rung, pacing),
        *("-flags:v", "+bitexact"),
        # Segments begin with a picture at which all decoding can begin.
        *("-force_key_frames", ",".join(_key_times(grid)), "-forced-idr", "1"),
        *("-video_track_timescale", str(video_timescale(grid))),
        *CLEAN,
        # A fragment leaves as soon as the next segment's first picture is there.
        *("-movflags", FRAGMENTED + "+frag_keyframe"),
        *("-f", "mp4", hardening.output_url(index)),
    ]


def _key_times(grid: Grid) -> list[str]:
    """Shortly before the first picture of each cell: should that one be missing, the next becomes the key."""
    if grid.frame_duration is not None:
        early = Fraction(grid.frame_duration, 2 * grid.timescale)
    else:
        early = Fraction(1, 2 * grid.timescale)
    return [_seconds(_time_of(grid, cell) - early) for cell in grid.cells]


def _time_of(grid: Grid, cell: Cell) -> Fraction:
    """When the cell's first picture is shown, in seconds from the first picture."""
    ticks = grid.ticks(cell.first_pts)
    return Fraction(ticks - grid.lead if ticks else 0, grid.timescale)


def _seconds(time: Fraction) -> str:
    micros = max(0, round(time * _MICROSECONDS))
    return f"{micros // _MICROSECONDS}.{micros % _MICROSECONDS:06d}"
