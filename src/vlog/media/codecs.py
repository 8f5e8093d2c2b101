"""What an initialisation segment says about its track: the codec's name for playlists, sizes, rates.

Source: RFC 6381 3.3 and 3.4, ISO/IEC 14496-15 5.3.3.1 (avcC), 14496-1 7.2.6 (esds), 14496-3 1.6.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from vlog.kit.errors import Invalid
from vlog.media.fmp4 import bad
from vlog.media.fmp4_init import Track, parse_init

_ES_DESCRIPTOR = 3
_DECODER_CONFIG = 4
_DECODER_SPECIFIC = 5
_MPEG4_AUDIO = 0x40
_ESCAPED_OBJECT_TYPE = 31

_VIDEO_SIZE_AT = 8 + 24
_CHANNELS_AT = 8 + 16
_SAMPLE_RATE_AT = 8 + 24


@dataclass(frozen=True, kw_only=True)
class TrackDescription:
    """``codecs`` as RFC 6381 writes it, ``timescale`` in ticks per second; what a track has not is 0."""

    codecs: str
    timescale: int
    width: int = 0
    height: int = 0
    sample_rate: int = 0
    channels: int = 0


def describe(init: bytes) -> TrackDescription:
    """Read an initialisation segment of one track.

    Raises ``Invalid``: ``bad_segment`` for damaged bytes, ``codec_not_allowed`` for a codec that is not
    published.
    """
    track = parse_init(init)
    if track.handler == b"vide":
        width, height = _numbers(track.entry, _VIDEO_SIZE_AT, count=2)
        return TrackDescription(codecs=_video(track), timescale=track.timescale, width=width, height=height)
    (channels,) = _numbers(track.entry, _CHANNELS_AT, count=1)
    (rate,) = _numbers(track.entry, _SAMPLE_RATE_AT, count=1)
    return TrackDescription(
        codecs=_audio(track), timescale=track.timescale, sample_rate=rate, channels=channels
    )


def _video(track: Track) -> str:
    if track.format not in (b"avc1", b"avc3"):
        raise _unpublished(track)
    config = track.config(b"avcC")
    if len(config) < 4:
        raise bad("the avcC box is too short")
    # Profile, constraints and level, as they stand behind the version.
    return f"{track.format.decode()}.{config[1:4].hex()}"


def _audio(track: Track) -> str:
    if track.format != b"mp4a":
        raise _unpublished(track)
    # Behind version and flags.
    kind, decoder = _decoder(track.config(b"esds")[4:])
    if kind != _MPEG4_AUDIO:
        # MP3 is 6B (MPEG-1) or 69 (MPEG-2): the object type says it all.
        return f"mp4a.{kind:02X}"
    if not decoder:
        raise bad("the esds box has no decoder configuration")
    object_type = decoder[0] >> 3
    if object_type == _ESCAPED_OBJECT_TYPE:
        if len(decoder) < 2:
            raise bad("the decoder configuration is too short")
        object_type = 32 + ((decoder[0] & 0b111) << 3 | decoder[1] >> 5)
    return f"mp4a.40.{object_type}"


def _decoder(stream: bytes) -> tuple[int, bytes]:
    """The object type and the specific configuration inside an ES descriptor."""
    body = _descriptor(stream, _ES_DESCRIPTOR)
    if len(body) < 3:
        raise bad("the ES descriptor is too short")
    flags = body[2]
    # ES_ID and flags, then what the flags announce: a dependency, a URL, a clock.
    at = 3 + 2 * bool(flags & 0x80)
    if flags & 0x40 and at < len(body):
        at += 1 + body[at]
    at += 2 * bool(flags & 0x20)
    config = _descriptor(body[at:], _DECODER_CONFIG)
    if len(config) < 13:
        raise bad("the decoder configuration is too short")
    # Object type, stream type, buffer size and two bit rates.
    return config[0], _descriptor(config[13:], _DECODER_SPECIFIC) if len(config) > 13 else b""


def _descriptor(data: bytes, wanted: int) -> bytes:
    """The content of the descriptor at the start; its length is in groups of seven bits."""
    if not data or data[0] != wanted:
        raise bad(f"descriptor {wanted} is missing")
    length, at = 0, 1
    while True:
        if at >= len(data) or at > 4:
            raise bad("a descriptor is cut off")
        length = length << 7 | data[at] & 0x7F
        at += 1
        if not data[at - 1] & 0x80:
            break
    if at + length > len(data):
        raise bad("a descriptor is cut off")
    return data[at : at + length]


def _numbers(entry: bytes, at: int, *, count: int) -> list[int]:
    if len(entry) < at + 2 * count:
        raise bad("a sample entry is cut off")
    return [int.from_bytes(entry[at + 2 * n : at + 2 * n + 2], "big") for n in range(count)]


def _unpublished(track: Track) -> Invalid:
    name = track.format.decode("latin-1")
    return Invalid(f"Tracks of the kind {name!r} are not published.", code="codec_not_allowed")
