"""HLS playlists. Source: RFC 8216, and draft-pantos-hls-rfc8216bis for AVERAGE-BANDWIDTH."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from vlog.media.presentation import (
    INIT_NAME,
    PLAYLIST_NAME,
    Presentation,
    PublishedAudio,
    PublishedTrack,
    PublishedVideo,
    segment_name,
)

MEDIA_TYPE = "application/vnd.apple.mpegurl"

_AUDIO_GROUP = "audio"
_COMFORTABLE_BIT_RATE = 4_000_000
_MICROSECONDS = 1_000_000


def master_playlist(presentation: Presentation) -> str:
    """The playlist of playlists.

    The first variant is the one that most players begin with: the best one that plays at once over an
    ordinary connection. The others follow from small to large.
    """
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if not presentation.video:
        for sound in presentation.audio:
            # A variant of its own and no alternative rendition: there is nothing that it would go with.
            lines.append(_tag("EXT-X-STREAM-INF", _sound_variant(sound)))
            lines.append(f"{presentation.path}/{sound.track.name}/{PLAYLIST_NAME}")
        return "\n".join(lines) + "\n"
    for number, sound in enumerate(presentation.audio):
        lines.append(_tag("EXT-X-MEDIA", _rendition(presentation, sound, is_default=number == 0)))
    for video in _begin_comfortably(presentation.video):
        lines.append(_tag("EXT-X-STREAM-INF", _variant(video, presentation.audio)))
        lines.append(f"{presentation.path}/{video.track.name}/{PLAYLIST_NAME}")
    return "\n".join(lines) + "\n"


def media_playlist(track: PublishedTrack) -> str:
    """The complete playlist of one rendition, to stand in its folder.

    The durations add up to the track's own, however many there are: each is the difference of two rounded
    times.
    """
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        # Rounded, no segment is longer (RFC 8216 4.3.3.1).
        f"#EXT-X-TARGETDURATION:{max(int(track.longest_seconds + Fraction(1, 2)), 1)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{INIT_NAME}"',
    ]
    for number, span in enumerate(track.segments):
        length = _microseconds(span.end, track) - _microseconds(span.start, track)
        lines.append(f"#EXTINF:{length // _MICROSECONDS}.{length % _MICROSECONDS:06d},")
        lines.append(segment_name(number))
    lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _begin_comfortably(videos: Iterable[PublishedVideo]) -> list[PublishedVideo]:
    ascending = sorted(videos, key=lambda video: (video.track.average_bit_rate, video.track.name))
    modest = [video for video in ascending if video.track.average_bit_rate <= _COMFORTABLE_BIT_RATE]
    first = modest[-1] if modest else ascending[0]
    return [first, *(video for video in ascending if video is not first)]


def _rendition(presentation: Presentation, sound: PublishedAudio, *, is_default: bool) -> dict[str, str]:
    attributes = {"TYPE": "AUDIO", "GROUP-ID": _quoted(_AUDIO_GROUP)}
    if sound.language:
        attributes["LANGUAGE"] = _quoted(sound.language)
    return attributes | {
        # Names differ within a group (4.3.4.1.1).
        "NAME": _quoted(sound.track.name),
        "DEFAULT": "YES" if is_default else "NO",
        "AUTOSELECT": "YES",
        "CHANNELS": _quoted(str(sound.channels)),
        "URI": _quoted(f"{presentation.path}/{sound.track.name}/{PLAYLIST_NAME}"),
    }


def _variant(video: PublishedVideo, sounds: tuple[PublishedAudio, ...]) -> dict[str, str]:
    """A variant is told with the most demanding sound that it may be played with (4.3.4.2)."""
    peak = max((sound.track.peak_bit_rate for sound in sounds), default=0)
    average = max((sound.track.average_bit_rate for sound in sounds), default=0)
    codecs = dict.fromkeys([video.track.codecs, *(sound.track.codecs for sound in sounds)])
    attributes = {
        "BANDWIDTH": str(video.track.peak_bit_rate + peak),
        "AVERAGE-BANDWIDTH": str(video.track.average_bit_rate + average),
        "CODECS": _quoted(",".join(codecs)),
        "RESOLUTION": f"{video.width}x{video.height}",
        "FRAME-RATE": f"{float(video.frame_rate):.3f}",
    }
    return attributes | ({"AUDIO": _quoted(_AUDIO_GROUP)} if sounds else {})


def _sound_variant(sound: PublishedAudio) -> dict[str, str]:
    """Without RESOLUTION and FRAME-RATE, which say that there are pictures (4.3.4.2)."""
    return {
        "BANDWIDTH": str(sound.track.peak_bit_rate),
        "AVERAGE-BANDWIDTH": str(sound.track.average_bit_rate),
        "CODECS": _quoted(sound.track.codecs),
    }


def _tag(name: str, attributes: dict[str, str]) -> str:
    return f"#{name}:" + ",".join(f"{key}={value}" for key, value in attributes.items())


def _quoted(text: str) -> str:
    """A quoted string holds no quotes and no line ends, and there is no way to escape them (4.2)."""
    return '"' + "".join(letter for letter in text if letter.isprintable() and letter != '"') + '"'


def _microseconds(ticks: int, track: PublishedTrack) -> int:
    return (2 * ticks * _MICROSECONDS + track.timescale) // (2 * track.timescale)
