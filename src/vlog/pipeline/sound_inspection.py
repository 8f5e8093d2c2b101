"""The first step for a source of sound alone: how long it is, by decoding it, and its grid."""

from __future__ import annotations

from fractions import Fraction

from vlog.kit.errors import Invalid
from vlog.media import gate
from vlog.media.audio_command import count_samples, counted
from vlog.media.gate import ChosenSound
from vlog.media.grid_build import GridWish
from vlog.media.info import MediaInfo
from vlog.media.probed import Probed
from vlog.media.sound_grid import SAMPLE_RATE, sound_grid
from vlog.pipeline.probe import Questions, complaints, reason
from vlog.wire.work import Inspected, InspectWork


async def inspect_sound(
    questions: Questions, probed: Probed, chosen: ChosenSound, *, work: InspectWork, size_bytes: int
) -> Inspected:
    """Describe a source of sound alone.

    What its container says of its length is not asked: headers of recordings that were cut off, of streams
    and of variable bit rates are often wrong. Raises ``Invalid`` (``undecodable``, ``too_long``,
    ``implausible_timing``) and what ``ffmpeg.run`` raises.
    """
    audio = gate.audio_stream(chosen.audio, Fraction(0), None)
    argv = count_samples(
        str(questions.jail.tools.ffmpeg),
        questions.jail.source_url(questions.source),
        stream=audio,
        # A little more than is taken: it is to be seen that there is more.
        most_seconds=work.max_duration_seconds + 1,
    )
    done = await questions.decode(argv)
    samples = counted(done.stdout.decode("ascii", "replace"))
    if samples == 0:
        words = reason(done)
        raise Invalid(f"The sound can't be decoded: {words}", code="undecodable", reason=words)
    wish = GridWish(
        segment_seconds=work.segment_seconds,
        max_frame_rate=work.max_frame_rate,
        max_duration_seconds=work.max_duration_seconds,
        max_cells=gate.max_cells(size_bytes),
        remux=False,
    )
    grid = sound_grid(samples, wish)
    seconds = Fraction(samples, SAMPLE_RATE)
    damaged = ("Some of the sound is damaged.",) if complaints(done.stderr_tail) else ()
    info = MediaInfo(
        format_names=probed.format_names,
        size_bytes=size_bytes,
        duration_seconds=seconds,
        pictures=None,
        audio=gate.audio_stream(chosen.audio, Fraction(0), seconds),
        cover=chosen.cover,
        warnings=(*chosen.warnings, *damaged),
    )
    return Inspected(info=info, grid=grid)
