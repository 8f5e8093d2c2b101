"""How loud a long programme is, by hearing short pieces of it: hearing all of it would keep viewers waiting.

Pieces come in rounds. Each spreads over the whole programme and falls between those before, so that hearing
may end after any of them. Source: ITU-R BS.1770-5, annex 1 (blocks of 400 ms each 100 ms, the two gates).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from vlog.media import hardening
from vlog.media.audio_command import AudioJob, to_format
from vlog.media.command import start
from vlog.media.loudness import SILENCE_LUFS, Loudness

WHOLE_SECONDS = 600
"""What is not longer is heard whole: that takes four seconds."""

ROUNDS = 12
PIECES_PER_ROUND = 16
PIECE_SECONDS = 3

_LEAST_PIECES = 8
_BLOCKS_PER_SECOND = 10
_RELATIVE_GATE_LU = 10.0
_GOLDEN = (math.sqrt(5) - 1) / 2
_BLOCK = re.compile(r"^lavfi\.r128\.M=(-?\d+\.\d+|-inf|nan)$", re.MULTILINE)
_PEAK = re.compile(r"^lavfi\.r128\.true_peak=(\d+\.\d+)$", re.MULTILINE)


def is_long(job: AudioJob) -> bool:
    """Whether a sound is to be heard in pieces. Where the file's clock jumps no time leads to one place."""
    return job.steered_by is None and job.grid.duration_seconds > WHOLE_SECONDS


def places(job: AudioJob, number: int) -> list[float]:
    """Where the pieces of one round (from 0) begin, in seconds of file time.

    Their order is such that also the first few of them lie all over the programme.
    """
    first, last = _extent(job)
    room = max(float(last - first) - PIECE_SECONDS, 0.0)
    found = []
    for place in range(PIECES_PER_ROUND):
        index = place * 5 % PIECES_PER_ROUND
        # Not evenly: news, songs and advertisements repeat evenly themselves.
        stray = ((number * PIECES_PER_ROUND + index) * _GOLDEN) % 1 / 2 ** (number.bit_length() + 1)
        share = (index + (_halved(number) + stray) % 1) / PIECES_PER_ROUND
        found.append(max(float(first) + share * room, 0.0))
    return found


def listen_at(job: AudioJob, at: Sequence[float]) -> list[str]:
    """Decode a piece at each place and write how loud its blocks are to the first output, for ``heard``.

    One process, because each would find out anew what the file holds.
    """
    job = replace(job, changes_format=True)
    inputs: list[str] = []
    graph = []
    for number, seconds in enumerate(at):
        # From the nearest place before that the file knows. MP3 files know none, and are not to be read from
        # their start for it.
        inputs += [
            "-fflags",
            "+fastseek",
            "-noaccurate_seek",
            "-seek_timestamp",
            "1",
            "-ss",
            f"{seconds:.3f}",
        ]
        inputs += ["-threads", "1", *hardening.ffmpeg_input_args(), "-i", job.source_url]
        # Key frames stand where scenes begin, and what is heard there is not what is heard everywhere.
        piece = [
            f"atrim=start={seconds:.3f}",
            "asetpts=N/SR/TB",
            f"atrim=end={PIECE_SECONDS}",
            *to_format(job),
        ]
        graph.append(f"[{number}:{job.stream.index}]{','.join(piece)}[p{number}]")
    joined = "".join(f"[p{number}]" for number in range(len(at)))
    # As in ``listen``, but told block by block.
    meter = "ebur128=framelog=quiet:peak=true:dualmono=true:metadata=1"
    told = f"ametadata=mode=print:direct=1:file={hardening.output_url(0)}".replace("pipe:", r"'pipe\:'")
    graph.append(f"{joined}concat=n={len(at)}:v=0:a=1,{meter},{told}[heard]")
    return [
        *start(job.ffmpeg),
        *inputs,
        *("-filter_complex", ";".join(graph), "-map", "[heard]", "-f", "null", "-"),
    ]


def heard(told: Sequence[str]) -> Loudness | None:
    """What these rounds have told; ``None`` when that is too little to judge a programme by.

    Between two pieces the channels or the rate may have changed without being noticed.
    """
    blocks = [float(found) for text in told for found in _BLOCK.findall(text)]
    if len(blocks) < _LEAST_PIECES * PIECE_SECONDS * _BLOCKS_PER_SECOND:
        return None
    peak = max((float(found) for text in told for found in _PEAK.findall(text)), default=0.0)
    loudness = _gated(blocks)
    if loudness is None or not peak:
        return Loudness(changes_format=True, is_sampled=True)
    return Loudness(
        integrated_lufs=round(loudness, 1),
        true_peak_dbtp=round(20 * math.log10(peak), 1),
        changes_format=True,
        is_sampled=True,
    )


def _gated(blocks: Sequence[float]) -> float | None:
    audible = [block for block in blocks if block > SILENCE_LUFS]
    if not audible:
        return None
    gate = _mean(audible) - _RELATIVE_GATE_LU
    return _mean([block for block in audible if block > gate])


def _mean(blocks: Sequence[float]) -> float:
    return 10 * math.log10(math.fsum(10 ** (block / 10) for block in blocks) / len(blocks))


def _extent(job: AudioJob) -> tuple[Fraction, Fraction]:
    """From when to when there is sound, as far as that is known; silence at the end has no place to seek
    to.
    """
    first = max(job.stream.start_seconds, job.grid.start_seconds)
    last = job.grid.start_seconds + job.grid.duration_seconds
    told = job.stream.end_seconds
    return first, last if told is None else max(min(told, last), first)


def _halved(number: int) -> float:
    """0, 1/2, 1/4, 3/4, 1/8 …: each in the middle of what those before have left (van der Corput)."""
    share, step = 0.0, 0.5
    while number:
        share += step * (number & 1)
        number, step = number >> 1, step / 2
    return share
