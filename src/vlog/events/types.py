"""Every event, declared once. Its ``type`` is public: webhooks and SSE clients know it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Event:
    """Something that has happened."""

    type: ClassVar[str]

    def payload(self) -> dict[str, object]:
        """The event's fields."""
        return asdict(self)


@dataclass(frozen=True)
class VideoEvent(Event):
    """Something happened to one video."""

    video_id: int


@dataclass(frozen=True)
class VideoUploaded(VideoEvent):
    """Its source is here in full and its job is queued."""

    type = "video.uploaded"


@dataclass(frozen=True)
class VideoProcessing(VideoEvent):
    """A worker has begun."""

    type = "video.processing"


@dataclass(frozen=True)
class VideoReady(VideoEvent):
    """It can be played for the first time (more renditions may follow)."""

    type = "video.ready"


@dataclass(frozen=True)
class VideoFailed(VideoEvent):
    """It could not be made playable."""

    type = "video.failed"


@dataclass(frozen=True)
class VideoUpdated(VideoEvent):
    """Its title, description, category, thumbnail or renditions changed."""

    type = "video.updated"


@dataclass(frozen=True)
class VideoReplaced(VideoEvent):
    """Another source plays in the place of the one before it."""

    type = "video.replaced"


@dataclass(frozen=True)
class VideoReplaceFailed(VideoEvent):
    """What was made of another source came to nothing; what played before plays on."""

    type = "video.replace_failed"


@dataclass(frozen=True)
class VideoPublished(VideoEvent):
    """Visitors can see it."""

    type = "video.published"


@dataclass(frozen=True)
class VideoUnpublished(VideoEvent):
    """Visitors can no longer see it."""

    type = "video.unpublished"


@dataclass(frozen=True)
class VideoDeleted(VideoEvent):
    """It is in the archive."""

    type = "video.deleted"


@dataclass(frozen=True)
class VideoRestored(VideoEvent):
    """It is back from the archive."""

    type = "video.restored"


@dataclass(frozen=True)
class VideoPurged(VideoEvent):
    """It is gone for good."""

    type = "video.purged"


@dataclass(frozen=True)
class SettingChanged(Event):
    """A setting has another value."""

    type = "settings.changed"
    key: str
