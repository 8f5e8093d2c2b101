"""Where clients find the media of a video: paths on the port that they already talk to."""

from __future__ import annotations

from vlog.catalog.rows import VideoRow


def thumbnail_url(video: VideoRow) -> str | None:
    """The picture; its version is part of the address, so a new picture shows at once."""
    if not video.thumbnail_version:
        return None
    return f"/videos/{video.storage_key}/thumbnail.jpg?v={video.thumbnail_version}"


def stream_url(video: VideoRow) -> str | None:
    """The HLS playlist of a video that can be played."""
    return f"/videos/{video.storage_key}/master.m3u8" if video.status == "ready" else None


def dash_url(video: VideoRow) -> str | None:
    """The DASH manifest of a video that can be played."""
    return f"/videos/{video.storage_key}/manifest.mpd" if video.status == "ready" else None
