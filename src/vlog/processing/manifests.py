"""The playlists of a generation: pure functions of its rows, and the writing of them."""

from __future__ import annotations

from collections.abc import Sequence

from vlog.kit.crash import CrashPoint, crash_point
from vlog.media import dash, forecast, hls
from vlog.media.codecs import describe
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.media.planner import AUDIO, AUDIO_SOURCE
from vlog.media.presentation import Presentation, PublishedAudio, PublishedTrack, PublishedVideo, Span
from vlog.processing.rows import Generation, Opened, Quality
from vlog.storage import layout
from vlog.storage.base import Storage
from vlog.storage.layout import Key


def present(
    qualities: Sequence[Quality], opened: Sequence[Opened] = (), *, token: str, info: MediaInfo, grid: Grid
) -> Presentation:
    """What viewers can choose from: complete renditions, and those in the making as they will be.

    Copied sound makes way for encoded sound, which every player takes, when that is complete.
    """
    copied = {AUDIO_SOURCE} if AUDIO in {each.quality for each in qualities} else set()
    names = {each.quality for each in qualities} | {each.quality for each in opened}
    heard = AUDIO_SOURCE in names - copied
    unripe = {AUDIO} if heard else set()
    begun = [each for each in opened if each.quality not in unripe | copied]
    videos = [_picture(each, grid) for each in qualities if each.kind == "video"]
    sounds = [_sound(each) for each in qualities if each.kind == "audio" and each.quality not in copied]
    for each in begun:
        track = foreseen(each, info=info, grid=grid)
        if isinstance(each.spec, VideoRendition):
            size = {"width": each.spec.width, "height": each.spec.height}
            videos.append(PublishedVideo(track=track, frame_rate=grid.frame_rate, **size))
        else:
            sounds.append(_foreseen_sound(track, each.spec))
    videos.sort(key=lambda video: video.height, reverse=True)
    return Presentation(path=token, video=tuple(videos), audio=tuple(sounds))


def foreseen(opened: Opened, *, info: MediaInfo, grid: Grid) -> PublishedTrack:
    """A rendition in the making as it will be when it is complete, with more bits than it will have."""
    track = describe(opened.init)
    if isinstance(opened.spec, AudioRendition):
        spans = forecast.sound_spans(
            grid, opened.spec, source=info.audio, timescale=track.timescale, start=opened.start
        )
    else:
        spans = forecast.video_spans(grid)
    return PublishedTrack(
        name=opened.quality,
        codecs=track.codecs,
        timescale=track.timescale,
        peak_bit_rate=forecast.peak_bit_rate(opened.spec, info=info, grid=grid),
        average_bit_rate=forecast.average_bit_rate(opened.spec, info=info),
        segments=tuple(spans),
    )


def _picture(quality: Quality, grid: Grid) -> PublishedVideo:
    return PublishedVideo(
        track=_track(quality), width=quality.width, height=quality.height, frame_rate=grid.frame_rate
    )


def _sound(quality: Quality) -> PublishedAudio:
    return PublishedAudio(
        track=_track(quality),
        # The timescale of sound is its sample rate.
        sample_rate=quality.timescale,
        channels=quality.channels,
        language=quality.language,
    )


def _foreseen_sound(track: PublishedTrack, spec: AudioRendition) -> PublishedAudio:
    return PublishedAudio(
        track=track, sample_rate=track.timescale, channels=spec.channels, language=spec.language
    )


def files(
    generation: Generation, presentation: Presentation, *, with_dash: bool
) -> tuple[list[tuple[Key, bytes]], list[tuple[Key, bytes]]]:
    """The playlists of the renditions, and the manifests that lead to them: to be written in this order."""
    playlists = []
    for track in presentation.tracks:
        folder = layout.rendition(generation.storage_key, generation.token, name=track.name)
        playlists.append((layout.media_playlist(folder), hls.media_playlist(track).encode()))
    master = hls.master_playlist(presentation).encode()
    manifests = [(layout.master_playlist(generation.storage_key), master)]
    if with_dash:
        manifest = dash.manifest(presentation).encode()
        manifests.append((layout.manifest(generation.storage_key), manifest))
    return playlists, manifests


async def write(
    storage: Storage, generation: Generation, *, presentation: Presentation, with_dash: bool
) -> None:
    """Write all of them, each atomically; what viewers begin with comes last."""
    playlists, manifests = files(generation, presentation, with_dash=with_dash)
    crash_point(CrashPoint.MANIFESTS_BEGIN)
    await storage.put_many(playlists)
    crash_point(CrashPoint.PLAYLISTS_WRITTEN)
    await storage.put_many(manifests)
    crash_point(CrashPoint.MANIFESTS_WRITTEN)
    if not with_dash:
        await storage.delete(layout.manifest(generation.storage_key))


def _track(quality: Quality) -> PublishedTrack:
    index = quality.index
    spans = (
        Span(start, segment.duration) for start, segment in zip(index.starts, index.segments, strict=True)
    )
    return PublishedTrack(
        name=quality.quality,
        codecs=quality.codec,
        timescale=quality.timescale,
        peak_bit_rate=quality.peak_bit_rate,
        average_bit_rate=quality.average_bit_rate,
        segments=tuple(spans),
    )
