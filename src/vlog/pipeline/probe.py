"""Asks ffprobe and ffmpeg about a source, in the jail."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from vlog.kit.errors import Invalid
from vlog.media import hardening, interlacing, probed
from vlog.media.packets import FRAME_ENTRIES, PACKET_ENTRIES, MendedList, parse_decoded, parse_mended
from vlog.media.probed import Probed
from vlog.pipeline import ffmpeg
from vlog.pipeline.failures import Completed, OutputTooBig, ToolFailure
from vlog.pipeline.jail import Jail, JailSpec, Limits

PROOF_FRAMES = 16
"""Pictures that are decoded before a source is taken."""

_ANSWER_LIMITS = Limits(output_bytes=4 << 20)
_PROOF_LIMITS = Limits(cpu_seconds=120, wall_seconds=120.0)
# Every packet of a day's video in a line of 40 bytes; reading 100 GB from a slow disk takes its time.
_LISTING_LIMITS = Limits(
    cpu_seconds=3600, wall_seconds=4 * 3600.0, stall_seconds=600.0, output_bytes=512 << 20
)
# Decoding all of it, which is a tenth of what encoding will take.
_MENDING_LIMITS = Limits(cpu_seconds=6 * 3600, wall_seconds=12 * 3600.0, output_bytes=512 << 20)
_MOST_WORDS = 200


@dataclass(frozen=True)
class Proof:
    """What decoding the first pictures gave: their timestamps, and what the decoder complained about."""

    pts: tuple[int, ...]
    complaints: tuple[str, ...]


@dataclass(frozen=True)
class Questions:
    """One source, the jail to look at it in, and who wants to know of each run of a tool.

    ``extra_decoders`` may be opened besides those of the list; they get no data.
    """

    jail: Jail
    source: Path
    on_run: Callable[[Completed], None]
    extra_decoders: tuple[str, ...] = ()

    async def streams(self) -> tuple[Probed, Questions]:
        """What the file holds, and how to ask on. Raises ``Invalid`` (``not_media``)."""
        words = ["-show_entries", probed.ENTRIES, "-of", "json"]
        done, asking = await self._probe(words, _ANSWER_LIMITS), self
        refused = probed.refused_decoders(done.stderr_tail)
        if done.returncode and refused:
            # ffprobe opens a decoder for each stream, also for subtitles and covers, and ends when it may
            # not.
            asking = replace(self, extra_decoders=refused)
            done = await asking._probe(words, _ANSWER_LIMITS)
        if done.returncode:
            raise Invalid("This is not a video file that can be read.", code="not_media", reason=reason(done))
        return probed.parse(done.stdout), asking

    async def chapters(self) -> list[tuple[float, float | None, str]]:
        """Start, end (file time) and title of each chapter that the container lists; none where it can't be
        read.
        """
        words = ["-show_entries", probed.CHAPTER_ENTRIES, "-of", "json"]
        try:
            done = await self._probe(words, _ANSWER_LIMITS)
        except (Invalid, ToolFailure):
            return []
        return [] if done.returncode else probed.parse_chapters(done.stdout)

    async def packets(self, stream: int | None = None, *, since: Fraction | None = None) -> str:
        """Every packet of one stream or of all, for ``media.packets.parse_packets``.

        ``since`` passes over most of what comes before that second of file time.
        """
        words = ["-show_entries", PACKET_ENTRIES]
        if stream is not None:
            words += ["-select_streams", str(stream)]
        if since is not None:
            words += ["-read_intervals", f"{max(float(since), 0):.3f}%"]
        return await self._listing(words)

    async def frames(self, stream: int) -> str:
        """Every picture of one stream as it is decoded, for ``media.packets.parse_frames``."""
        return await self._listing(["-select_streams", str(stream), "-show_entries", FRAME_ENTRIES])

    async def decode_start(self, stream: int) -> Proof:
        """Decode the first pictures. Raises ``Invalid`` (``undecodable``) when there is none."""
        command = [
            str(self.jail.tools.ffmpeg),
            *("-v", "error", "-nostdin"),
            # Timestamps as they are in the file, because they are compared with the index.
            "-copyts",
            # Each further thread would decode a picture more than is wanted, and hold one: many at 8K would
            # not fit in memory.
            *("-threads", "1"),
            *hardening.ffmpeg_input_args(),
            *("-i", self.jail.source_url(self.source)),
            *("-map", f"0:{stream}", "-frames:v", str(PROOF_FRAMES)),
            # No picture is repeated or dropped, and no timestamp rounded to another clock.
            *("-fps_mode", "passthrough", "-enc_time_base", "demux"),
            # One line of text per picture instead of the picture.
            *("-f", "framecrc", "pipe:1"),
        ]
        done = await self._run(command, _PROOF_LIMITS)
        stamps = parse_decoded(done.stdout.decode("ascii", "replace"))
        if not stamps:
            words = reason(done)
            raise Invalid(f"The pictures can't be decoded: {words}", code="undecodable", reason=words)
        return Proof(tuple(stamps), complaints(done.stderr_tail))

    async def decode_end(self, stream: int, key_pts: int, start_seconds: Fraction) -> tuple[str, ...]:
        """What the decoder complains about from the key frame with this timestamp on.

        ``start_seconds`` (file time) is where to look for it.
        """
        command = [
            *(str(self.jail.tools.ffmpeg), "-v", "error", "-nostdin", "-copyts", "-threads", "2"),
            *("-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{float(start_seconds):.6f}"),
            # What comes before it would be decoded without what it refers to, and complained about.
            *("-bsf:v", rf"noise=drop=lt(pts\,{key_pts})"),
            *hardening.ffmpeg_input_args(),
            *("-i", self.jail.source_url(self.source)),
            *("-map", f"0:{stream}", "-fps_mode", "passthrough", "-max_error_rate", "1", "-f", "null", "-"),
        ]
        done = await self._run(command, _PROOF_LIMITS)
        return complaints(done.stderr_tail)

    async def decode(self, argv: list[str]) -> Completed:
        """Run a command that decodes a whole stream and prints little."""
        return await self._run(argv, _LISTING_LIMITS)

    async def mended(self, video: int, audio: int | None) -> MendedList:
        """Decode all pictures on the clock that ffmpeg makes of one that jumps."""
        command = [
            *(str(self.jail.tools.ffmpeg), "-v", "error", "-nostdin", "-threads", "2"),
            *hardening.ffmpeg_input_args(),
            *("-i", self.jail.source_url(self.source)),
            *("-map", f"0:{video}", "-fps_mode", "passthrough", "-enc_time_base", "demux"),
            # The sound takes part as in all later commands.
            *(() if audio is None else ("-map", f"0:{audio}", "-c:a", "copy")),
            *("-max_error_rate", "1", "-f", "framecrc", "pipe:1"),
        ]
        done = await self._run(command, _MENDING_LIMITS)
        return parse_mended(done.stdout.decode("ascii", "replace"))

    async def fields(self, stream: int, at: interlacing.Look) -> interlacing.Counts:
        """How many pictures at these places are made of two moments."""
        argv = interlacing.command(
            str(self.jail.tools.ffmpeg), self.jail.source_url(self.source), stream=stream, at=at
        )
        return interlacing.parse((await self._run(argv, _PROOF_LIMITS)).stderr_tail)

    async def _listing(self, words: list[str]) -> str:
        done = await self._probe([*words, "-of", "csv=p=0"], _LISTING_LIMITS)
        # Damage in the middle ends the listing with an error; what came before it is there.
        return done.stdout.decode("ascii", "replace")

    async def _probe(self, words: list[str], limits: Limits) -> Completed:
        allowed = ",".join((*hardening.CODEC_WHITELIST, *self.extra_decoders))
        per_kind = [word for kind in "vas" for word in (f"-codec_whitelist:{kind}", allowed)]
        command = [
            str(self.jail.tools.ffprobe),
            *("-v", "error"),
            *hardening.ffprobe_input_args(),
            # Options of the decoders that ffprobe itself opens; those that look into the streams for missing
            # parameters keep the list above.
            *(per_kind if self.extra_decoders else ()),
            *words,
            self.jail.source_url(self.source),
        ]
        try:
            return await self._run(command, limits)
        except OutputTooBig as error:
            raise Invalid(
                "This file describes more streams than any video has.", code="too_many_streams"
            ) from error

    async def _run(self, command: list[str], limits: Limits) -> Completed:
        spec = JailSpec(source=self.source, limits=limits)
        done = await ffmpeg.run(self.jail, command, spec=spec)
        self.on_run(done)
        return done


def complaints(stderr: str) -> tuple[str, ...]:
    """What ffmpeg said about the pictures; that it may not open decoders for other streams is no fault of
    theirs.
    """
    lines = (line.strip() for line in stderr.splitlines())
    return tuple(
        line for line in lines if line and not line.startswith("Last ") and "not on whitelist" not in line
    )


def reason(done: Completed) -> str:
    """The tool's last line in a form that may be shown: without addresses and without the file's place."""
    lines = [line.strip() for line in done.stderr_tail.splitlines() if line.strip()]
    words = lines[-1] if lines else "no picture came out"
    words = re.sub(r"\[[^\]]* @ 0x[0-9a-f]+\]\s*|file:\S*:\s*|/\S*:\s*", "", words)
    return "".join(letter for letter in words if letter.isprintable())[:_MOST_WORDS]
