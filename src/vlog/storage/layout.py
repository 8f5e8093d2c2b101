"""Which thing lies where in the storage: pure functions from ids and names to keys.

::

    .vlog-root                               the installation's id
    .staging/{random}                        bytes being written; never read, swept when old;
                                             {random}.copy where a copy between disks is being made
    uploads/{upload_id}                      a complete source; {upload_id}.part while it is being received;
                                             {random}.picture what small pictures are made of
    uploads/inbox/                           what people put there becomes videos; names are theirs
    videos/{storage_key}/                    master.m3u8, manifest.mpd, thumbnail.jpg,
                                             thumbnail_{width}.{jpg,webp,avif}, thumbnail_wide.jpg,
                                             preview.mp4
    videos/{storage_key}/{token}/{rendition} init.mp4, segment_{n}.m4s, stream.m3u8 of one generation
    archive/{storage_key}/                   the same folder of a soft-deleted video
    purged/{video_id}/                       what a permanent delete is about to remove: media and source
"""

from __future__ import annotations

import re

from vlog.kit.errors import Invalid
from vlog.kit.slugs import StorageKey
from vlog.media.presentation import INIT_NAME, PLAYLIST_NAME, segment_name
from vlog.media.stills import PictureFile

MARKER = ".vlog-root"
STAGING = ".staging"
# A part never begins with a dot: neither ``..`` nor the storage's own files can be named.
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_MAX_PARTS = 8


class Key(str):
    """A place in the storage: a relative path of plain names; never empty, absolute or with ``..``."""

    __slots__ = ()

    def __new__(cls, text: str) -> Key:
        parts = text.split("/")
        if len(parts) > _MAX_PARTS or not all(_PART.fullmatch(part) for part in parts):
            raise Invalid("Not a valid storage key.", code="invalid_storage_key")
        return super().__new__(cls, text)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names from the root downward."""
        return tuple(self.split("/"))

    @property
    def name(self) -> str:
        """The last name."""
        return self.rpartition("/")[2]

    @property
    def parent(self) -> Key | None:
        """The folder that holds it; ``None`` right below the root."""
        head = self.rpartition("/")[0]
        return Key(head) if head else None

    def child(self, *names: str) -> Key:
        """A key below this one."""
        return Key("/".join((self, *names)))


UPLOADS = Key("uploads")
INBOX = UPLOADS.child("inbox")
VIDEOS = Key("videos")
ARCHIVE = Key("archive")
PURGED = Key("purged")


def upload(upload_id: str) -> Key:
    """A source once all of its bytes are durable. The id is random, so no source can name its sibling."""
    return UPLOADS.child(upload_id)


def partial_upload(upload_id: str) -> Key:
    """A source while it is being received."""
    return UPLOADS.child(f"{upload_id}.part")


def video(storage_key: str) -> Key:
    """The folder of everything that viewers see of a video."""
    return VIDEOS.child(StorageKey(storage_key))


def archived(storage_key: str) -> Key:
    """Where that folder waits while the video is deleted but restorable."""
    return ARCHIVE.child(StorageKey(storage_key))


def purged(video_id: int) -> Key:
    """Where files wait for their permanent removal: named by id, which is never given twice."""
    return PURGED.child(str(video_id))


def purged_media(video_id: int) -> Key:
    """The video's folder below ``purged``."""
    return purged(video_id).child("media")


def purged_source(video_id: int) -> Key:
    """The video's source below ``purged``."""
    return purged(video_id).child("source")


def master_playlist(storage_key: str) -> Key:
    """The HLS multivariant playlist."""
    return video(storage_key).child("master.m3u8")


def manifest(storage_key: str) -> Key:
    """The DASH manifest."""
    return video(storage_key).child("manifest.mpd")


def thumbnail(storage_key: str) -> Key:
    """The picture that lists show."""
    return video(storage_key).child("thumbnail.jpg")


def thumbnail_file(storage_key: str, file: PictureFile) -> Key:
    """One size of that picture in one format."""
    return video(storage_key).child(file.name)


def preview(storage_key: str) -> Key:
    """The short silent film that lists play under the pointer."""
    return video(storage_key).child("preview.mp4")


def picture_source(picture_id: str) -> Key:
    """What small pictures are made of: a picture that somebody has sent, or a few segments."""
    return UPLOADS.child(f"{picture_id}.picture")


def generation(storage_key: str, token: str) -> Key:
    """The folder of one generation."""
    return video(storage_key).child(token)


def rendition(storage_key: str, token: str, *, name: str) -> Key:
    """The folder of one rendition of a generation."""
    return generation(storage_key, token).child(name)


def init_segment(folder: Key) -> Key:
    """The initialisation segment in a rendition's folder."""
    return folder.child(INIT_NAME)


def segment(folder: Key, number: int) -> Key:
    """One media segment in a rendition's folder, counted from 0."""
    return folder.child(segment_name(number))


def media_playlist(folder: Key) -> Key:
    """The HLS media playlist in a rendition's folder."""
    return folder.child(PLAYLIST_NAME)
