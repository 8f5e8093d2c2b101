"""Which sources are taken: rules on what ffprobe tells, each with a code and a sentence for the person who
uploads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from vlog.kit.errors import Invalid
from vlog.media import hardening
from vlog.media.colour import source_colour
from vlog.media.info import AudioStream, VideoStream
from vlog.media.poster import COVER_CODECS
from vlog.media.probed import Probed, ProbedStream

VIDEO_CODECS = frozenset(
    (
        *("h264", "hevc", "av1", "vp8", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "h263", "flv1", "theora"),
        *("msmpeg4v2", "msmpeg4v3", "wmv1", "wmv2", "wmv3", "vc1", "gif"),
        *("mjpeg", "prores", "dnxhd", "dvvideo", "ffv1", "rawvideo"),
    )
)
"""By ffmpeg's codec names; ``hardening.VIDEO_DECODERS`` are the decoders that read them."""

AUDIO_CODECS = frozenset(
    (
        *("aac", "aac_latm", "mp3", "mp2", "opus", "vorbis", "flac", "alac", "ac3", "eac3", "dts", "truehd"),
        *("mlp", "amr_nb", "amr_wb", "wmav1", "wmav2", "wmapro"),
        *(name for name in hardening.AUDIO_DECODERS if name.startswith(("pcm_", "adpcm_"))),
    )
)
"""By ffmpeg's codec names; ``hardening.AUDIO_DECODERS`` are the decoders that read them."""

MIN_FILE_BYTES = 64
MIN_SIDE_PIXELS = 16
MAX_SIDE_PIXELS = 8192
MAX_PICTURE_PIXELS = hardening.MAX_PIXELS
MAX_ASPECT = 8
MAX_PIXEL_ASPECT = 4
"""Wider or narrower pixels than this are damage: television's widest are 64:33."""
MAX_FRAME_RATE = 1000
MAX_VIDEO_STREAMS = 32
MIN_SAMPLE_RATE = 4000
MAX_SAMPLE_RATE = 768_000
MAX_CHANNELS = 64

_PICTURE_FILES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"II*\0", b"MM\0*", b"8BPS", b"BM")
_PICTURE_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"})
"""JPEG, PNG, TIFF (two), Photoshop, bitmap; and the brands of ISO/IEC 23008-12 for a single picture."""

_SLOW_TO_MOVE = frozenset({"mjpeg", "gif"})
"""Codecs of previews that cameras write beside the film."""

_REMUXABLE_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High"})
_REMUXABLE_FORMATS = frozenset({"yuv420p", "yuvj420p"})


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The streams that are used; ``warnings`` tells what is left out."""

    video: ProbedStream
    audio: ProbedStream | None
    time_base: Fraction
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ChosenSound:
    """The sound of a source without a film; ``cover`` is the number of the stream with its cover."""

    audio: ProbedStream
    cover: int | None
    warnings: tuple[str, ...]


def refuse_small(size_bytes: int) -> None:
    """Raises ``Invalid``: ``empty_file`` or ``too_small``."""
    if size_bytes == 0:
        raise Invalid("This file is empty.", code="empty_file")
    if size_bytes < MIN_FILE_BYTES:
        raise Invalid("This file is too small to be a video.", code="too_small")


def refuse_picture(head: bytes) -> None:
    """Raises ``Invalid`` (``not_a_video``) when a file's first 16 bytes say that it is a single picture."""
    is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_item = head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS
    if is_webp or is_item or head.startswith(_PICTURE_FILES):
        raise Invalid("This is a picture and not a video.", code="not_a_video")


def choose_sound(probed: Probed) -> ChosenSound | None:
    """The sound of a source that holds no film but sound that can be played; ``None`` for all others."""
    videos = [stream for stream in probed.streams if stream.kind == "video"]
    audio, warnings = _choose_audio(probed)
    if audio is None or not all(video.is_picture for video in videos):
        return None
    _refuse_many(probed, videos)
    covers = [video for video in videos if _is_cover(video)]
    return ChosenSound(audio=audio, cover=covers[0].index if covers else None, warnings=warnings)


def choose(probed: Probed) -> Chosen:
    """The streams that are used, or ``Invalid`` with the reason why the source is not taken."""
    videos = [stream for stream in probed.streams if stream.kind == "video"]
    _refuse_many(probed, videos)
    video = _film(stream for stream in videos if not stream.is_picture)
    if video is None:
        raise Invalid("This file has no moving picture.", code="no_video")
    if video.codec not in VIDEO_CODECS:
        name = video.codec or video.tag or "unknown"
        raise Invalid(f"Videos of this kind ({name}) are not taken.", code="codec_not_allowed", codec=name)
    if video.is_dolby_only:
        raise Invalid(
            "The colours of this video can only be read by Dolby Vision. Export it as HDR10, HLG or SDR.",
            code="dolby_vision",
        )
    _refuse_shape(video)
    if video.time_base is None:
        raise Invalid("The pictures of this file have no usable timestamps.", code="implausible_timing")
    audio, warnings = _choose_audio(probed)
    if not _is_believable(video.sample_aspect):
        told = f"{video.sample_aspect.numerator}:{video.sample_aspect.denominator}"
        warnings += (f"The pixels' shape that this file tells ({told}) is not believable and was ignored.",)
    return Chosen(video=video, audio=audio, time_base=video.time_base, warnings=warnings)


def _refuse_many(probed: Probed, videos: Sequence[ProbedStream]) -> None:
    if len(probed.streams) > hardening.MAX_STREAMS or len(videos) > MAX_VIDEO_STREAMS:
        raise Invalid(
            f"This file has {len(probed.streams)} streams, which is too many.", code="too_many_streams"
        )


def _is_cover(picture: ProbedStream) -> bool:
    """Its size may be unknown, as only the one that makes the poster may decode it; then it is bounded
    there.
    """
    return picture.codec in COVER_CODECS and picture.width * picture.height <= MAX_PICTURE_PIXELS


def refuse_fast(rate: Fraction) -> None:
    """Raises ``Invalid`` (``frame_rate_too_high``); ``rate`` is measured, headers claim anything."""
    if rate > MAX_FRAME_RATE:
        raise Invalid(f"This video has {round(rate)} pictures a second.", code="frame_rate_too_high")


def max_cells(size_bytes: int) -> int:
    """How many segments a source of this size may become: a small file must not fill the storage with
    repetitions.

    A held segment costs some 50 KB over all renditions, and fifty times the source plus 100 MB is enough.
    """
    return size_bytes // 1000 + 2000


def is_remuxable(video: ProbedStream) -> bool:
    """Whether every player can show the source's own pictures as they are, once their segments are cut."""
    return (
        video.codec == "h264"
        and video.profile in _REMUXABLE_PROFILES
        and video.pixel_format in _REMUXABLE_FORMATS
        and video.field_order in (None, "progressive")
        and (video.rotation, video.is_mirrored) == (0, False)
        and (video.sample_aspect == 1 or not _is_believable(video.sample_aspect))
        and not source_colour(_unmeasured(video)).is_wide
        and video.width % 2 == 0
        and video.height % 2 == 0
    )


def video_stream(
    video: ProbedStream, time_base: Fraction, *, frame_rate: Fraction, bit_rate: int | None, start_pts: int
) -> VideoStream:
    """The chosen video with what its packets showed."""
    return VideoStream(
        index=video.index,
        codec=video.codec,
        profile=video.profile,
        pixel_format=video.pixel_format,
        width=video.width,
        height=video.height,
        sample_aspect=video.sample_aspect if _is_believable(video.sample_aspect) else Fraction(1),
        rotation=video.rotation,
        is_mirrored=video.is_mirrored,
        peak_nits=video.peak_nits,
        frame_rate=frame_rate,
        time_base=time_base,
        bit_rate=bit_rate or video.bit_rate,
        start_seconds=start_pts * time_base,
        color_transfer=video.color_transfer,
        color_primaries=video.color_primaries,
        color_space=video.color_space,
        color_range=video.color_range,
        field_order=video.field_order,
    )


def _unmeasured(video: ProbedStream) -> VideoStream:
    """The same before its packets have shown anything: shape and colours are right, times are not."""
    return video_stream(video, Fraction(1), frame_rate=Fraction(1), bit_rate=None, start_pts=0)


def audio_stream(audio: ProbedStream, start: Fraction, end: Fraction | None) -> AudioStream:
    """The chosen sound with its extent in seconds of file time."""
    return AudioStream(
        index=audio.index,
        codec=audio.codec,
        profile=audio.profile,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
        bit_rate=audio.bit_rate,
        start_seconds=start,
        end_seconds=end,
        language=audio.language,
        layout=audio.layout,
    )


def _film(videos: Iterable[ProbedStream]) -> ProbedStream | None:
    """Of several pictures the one to show: marked as default, not a preview, in a codec that is taken, the
    largest.
    """
    return min(
        videos,
        key=lambda video: (
            not video.is_default,
            video.codec in _SLOW_TO_MOVE,
            video.codec not in VIDEO_CODECS,
            -video.width * video.height,
        ),
        default=None,
    )


def _is_believable(aspect: Fraction) -> bool:
    return Fraction(1, MAX_PIXEL_ASPECT) <= aspect <= MAX_PIXEL_ASPECT


def _preferred(streams: Iterable[ProbedStream]) -> ProbedStream | None:
    """The first that its maker marked as default, else the first."""
    return min(streams, key=lambda stream: not stream.is_default, default=None)


def _refuse_shape(video: ProbedStream) -> None:
    width, height = video.width, video.height
    if width == 0 or height == 0:
        raise Invalid(
            "The picture size of this video can't be found out or is too large.", code="bad_dimensions"
        )
    shown = _unmeasured(video).display_size
    sides = (width, height, *shown)
    if min(sides) < MIN_SIDE_PIXELS:
        raise Invalid(f"A picture of {width} × {height} pixels is too small.", code="bad_dimensions")
    if max(width, height) > MAX_SIDE_PIXELS or width * height > MAX_PICTURE_PIXELS:
        raise Invalid(f"A picture of {width} × {height} pixels is too large.", code="bad_dimensions")
    if max(shown) > MAX_ASPECT * min(shown):
        raise Invalid(
            f"A picture of {shown[0]} × {shown[1]} pixels is too narrow: at most 8 to 1.",
            code="bad_dimensions",
        )


def _choose_audio(probed: Probed) -> tuple[ProbedStream | None, tuple[str, ...]]:
    sounds = [stream for stream in probed.streams if stream.kind == "audio"]
    usable = [stream for stream in sounds if _is_usable(stream)]
    chosen = _preferred(usable)
    if chosen is None and sounds:
        kinds = ", ".join(sorted({stream.codec or "unknown" for stream in sounds}))
        return None, (f"The sound is of a kind that can't be played ({kinds}) and was left out.",)
    if chosen is not None and len(sounds) > 1:
        return chosen, (f"Of the sound, 1 of {len(sounds)} tracks is used: {_named(chosen, sounds)}.",)
    return chosen, ()


def _named(chosen: ProbedStream, sounds: Sequence[ProbedStream]) -> str:
    place = f"number {sounds.index(chosen) + 1}"
    return f"{place} ({chosen.language})" if chosen.language else place


def _is_usable(audio: ProbedStream) -> bool:
    return (
        audio.codec in AUDIO_CODECS
        and MIN_SAMPLE_RATE <= audio.sample_rate <= MAX_SAMPLE_RATE
        and 0 < audio.channels <= MAX_CHANNELS
        and audio.time_base is not None
    )
