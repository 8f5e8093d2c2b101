"""What a foreign file may be, as arguments of ffmpeg and ffprobe: the lock that holds even without a jail.

A file is judged by its bytes, and its bytes may be a playlist that names other files or hosts. The format
list removes every demuxer that follows a reference (hls, dash, concat, sdp, image2 …); the rest bounds what a
decoder may be asked to do. Every tool that opens a foreign file gets these arguments right before its ``-i``.
"""

from __future__ import annotations

from collections.abc import Sequence

FORMAT_WHITELIST = (
    "mov",  # also mp4, m4a, 3gp, 3g2: one demuxer
    "matroska",  # also webm
    "mpegts",
    "mpeg",
    "avi",
    "flv",
    "asf",
    "ogg",
    "mxf",
    "gif",
    # Sound files hold no picture: they play behind a poster, or are told exactly that.
    "wav",
    "mp3",
    "flac",
)
"""Demuxers by ffmpeg's names. Each is self-contained: none opens a second file or a connection."""

VIDEO_DECODERS = (
    *("h264", "hevc", "av1", "libdav1d", "vp8", "vp9"),
    *("mpeg4", "mpeg2video", "mpeg1video", "h263", "flv", "theora"),
    *("msmpeg4", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1"),
    *("mjpeg", "prores", "dnxhd", "dvvideo", "ffv1", "rawvideo", "gif"),
)

AUDIO_DECODERS = (
    *("aac", "aac_latm", "mp3float", "mp3", "mp2float", "mp2", "opus", "vorbis", "flac", "alac"),
    *("ac3", "eac3", "dca", "truehd", "mlp", "amrnb", "amrwb", "wmav1", "wmav2", "wmapro"),
    *("pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be", "pcm_alaw", "pcm_mulaw", "pcm_bluray", "pcm_dvd"),
    *("adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_swf"),
)

CODEC_WHITELIST = VIDEO_DECODERS + AUDIO_DECODERS
"""Decoders by ffmpeg's names (not codec names: MP3 is decoded by ``mp3float``, AV1 by ``libdav1d``).

What cameras, phones, editors and screen recorders write, and nothing else: the rare decoders are where memory
errors are found (CVE-2026-8461 sits in MagicYUV). Attached pictures are decoded only as the cover of sound
(``media.poster``).
"""

MAX_PIXELS = 8192 * 4352
"""Samples of one picture: 8K with room for cinema shapes; 16384 x 16384 takes a gigabyte to decode."""

MAX_STREAMS = 100
"""Streams of one file: a disc rip with 64 audio tracks and its subtitles fits, a stream bomb does not."""

MAX_ANALYSIS_BYTES = 20_000_000
"""How much of a file may be read to find out what it holds; headerless formats would go on for ever."""

MAX_ANALYSIS_MICROSECONDS = 20_000_000
"""The same bound in media time."""

FIRST_OUTPUT_FD = 3
"""An encoder's pipes are numbered from here, in order of its outputs, so that commands are reproducible."""


def ffmpeg_input_args(decoders: Sequence[str] = CODEC_WHITELIST) -> list[str]:
    """The options that stand before ``-i`` of every foreign file that ffmpeg opens."""
    return _common(decoders)


def ffprobe_input_args() -> list[str]:
    """The options that stand before the name of every foreign file that ffprobe opens."""
    return _common(CODEC_WHITELIST)


MAX_PICTURE_PIXELS = 64_000_000
"""Samples of a picture that somebody sends: what large cameras and phones take."""


def picture_input_args(demuxer: str, decoder: str) -> list[str]:
    """The options that stand before ``-i`` of a foreign picture, which is read as nothing but this."""
    return [
        *("-protocol_whitelist", "file", "-format_whitelist", demuxer, "-codec_whitelist", decoder),
        *("-max_pixels", str(MAX_PICTURE_PIXELS), "-f", demuxer),
    ]


def output_url(index: int) -> str:
    """Where an encoder writes its output number ``index`` (from 0): a pipe that ``ffmpeg.start`` opens."""
    return f"pipe:{FIRST_OUTPUT_FD + index}"


def _common(decoders: Sequence[str]) -> list[str]:
    return [
        # Only the one local file: a demuxer that wanted another protocol (http, data, concat, crypto) gets an
        # error.
        "-protocol_whitelist",
        "file",
        # The lock against disguised playlists: -protocol_whitelist alone lets them read other local files.
        "-format_whitelist",
        ",".join(FORMAT_WHITELIST),
        "-codec_whitelist",
        ",".join(decoders),
        # Refused when the size becomes known, before memory for a picture is taken.
        "-max_pixels",
        str(MAX_PIXELS),
        # One more than is taken: some demuxers stop at the limit without an error, and the excess must show.
        "-max_streams",
        str(MAX_STREAMS + 1),
        # Both tools look equally far, so that they agree on the streams of files without a header.
        "-probesize",
        str(MAX_ANALYSIS_BYTES),
        "-analyzeduration",
        str(MAX_ANALYSIS_MICROSECONDS),
    ]
