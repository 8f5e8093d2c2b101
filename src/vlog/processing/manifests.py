"""The playlists of a generation: pure functions of its rows, and the writing of them."""

from __future__ import annotations

from collections.abc import Sequence

from vlog.kit.crash import CrashPoint, crash_point
from vlog.media import dash, hls
from vlog.media.grid import Grid
from vlog.media.planner import AUDIO, AUDIO_SOURCE
from vlog.media.presentation import Presentation, PublishedAudio, PublishedTrack, PublishedVideo, Span
from vlog.processing.rows import Generation, Quality
from vlog.storage import layout
from vlog.storage.base import Storage
from vlog.storage.layout import Key


def present(qualities: Sequence[Quality], *, token: str, grid: Grid) -> Presentation:
    """What viewers can choose from. Copied sound makes way for encoded sound, which every player takes."""
    names = {each.quality for each in qualities}
    video = [each for each in qualities if each.kind == "video"]
    audio = [
        each
        for each in qualities
        if each.kind == "audio" and not (each.quality == AUDIO_SOURCE and AUDIO in names)
    ]
    return Presentation(
        path=token,
        video=tuple(
            PublishedVideo(
                track=_track(each), width=each.width, height=each.height, frame_rate=grid.frame_rate
            )
            for each in video
        ),
        audio=tuple(
            # The timescale of sound is its sample rate.
            PublishedAudio(
                track=_track(each),
                sample_rate=each.timescale,
                channels=each.channels,
                language=each.language,
            )
            for each in audio
        ),
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
