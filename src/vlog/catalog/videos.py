"""Videos: how they are made known, found, edited, published, and which state they are in.

States: ``pending`` (accepted) → ``processing`` → ``ready`` (playable, renditions may follow) or ``failed``.
A ready video stays ready: what a later job does or fails to do never takes a playing video away. The one
exception is a video that viewers got before its first rendition was complete, and whose rest can't be made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import msgspec

from vlog.catalog import index, revisions, slugs, tags
from vlog.catalog.rows import (
    COLUMNS,
    FROM_VIDEOS,
    ThumbnailSource,
    VideoRow,
    VideoStatus,
    Visibility,
    found,
    video_row,
)
from vlog.catalog.taxonomy import require_category
from vlog.catalog.text import clean_description, clean_title
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.events import audit
from vlog.events.types import (
    VideoEvent,
    VideoFailed,
    VideoProcessing,
    VideoPublished,
    VideoReady,
    VideoUpdated,
)
from vlog.kit.errors import Conflict
from vlog.kit.slugs import Slug, is_slug
from vlog.media.stills import PictureFile

__all__ = ["NewVideo", "Reader", "VideoChanges", "VideoRow"]

FILENAME_MAX_LENGTH = 255

_NEXT_ID = "SELECT nextval(pg_get_serial_sequence('videos', 'id'))"
_INSERT = """
WITH made AS (
  INSERT INTO videos
    (id, title, slug, storage_key, description, category_id, publish_when_ready, source_filename)
  OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $3, $4, $5, $6, $7) RETURNING id
)
INSERT INTO video_views (video_id) SELECT id FROM made
"""
_BY_ID = f"SELECT {COLUMNS} FROM {FROM_VIDEOS} WHERE v.id = $1"
_BY_SLUG = f"SELECT {COLUMNS} FROM {FROM_VIDEOS} WHERE v.slug = $1"
_BY_ANY_SLUG = f"""
{_BY_SLUG} UNION ALL SELECT {COLUMNS} FROM {FROM_VIDEOS} JOIN slug_redirects r ON r.video_id = v.id
WHERE r.slug = $1 LIMIT 1
"""
_BY_STORAGE_KEY = f"SELECT {COLUMNS} FROM {FROM_VIDEOS} WHERE v.storage_key = $1"
_LOCKED = f"{_BY_ID} FOR UPDATE OF v"
_REDIRECT = "SELECT v.slug FROM slug_redirects r JOIN videos v ON v.id = r.video_id WHERE r.slug = $1"
_EDITABLE = ("title", "description", "category_name", "slug", "visibility", "is_featured", "tags")
_EDIT = """
UPDATE videos SET title = $2, description = $3, category_id = $4, visibility = $5, is_featured = $6,
  featured_at = CASE WHEN $6 THEN coalesce(featured_at, app_now()) END
WHERE id = $1
"""
_UNFINISHED = """
SELECT id FROM videos WHERE status IN ('pending', 'processing') AND deleted_at IS NULL
ORDER BY created_at DESC, id DESC LIMIT $1
"""


@dataclass(frozen=True, kw_only=True)
class NewVideo:
    """What is known of a video when its source has arrived.

    ``source_filename`` is what its owner called the file: shown to people, never used as a path. ``replaces``
    is the video whose source it shall be instead of a video of its own.
    """

    title: str
    description: str = ""
    category_id: int | None = None
    publish_when_ready: bool = True
    source_filename: str = ""
    replaces: int | None = None


class VideoChanges(TypedDict, total=False):
    """What an editor changes; a key that is absent stays as it is.

    ``category_id`` of ``None`` means none; ``tag_ids`` are all tags that the video has afterwards.
    """

    title: str
    description: str
    category_id: int | None
    slug: str
    visibility: Visibility
    is_featured: bool
    tag_ids: Sequence[int]


async def create(tx: Transaction, new: NewVideo) -> VideoRow:
    """Make a video known, in state ``pending``, under a slug of its own.

    Raises ``Invalid`` for a bad title or description and for an unknown category (code ``unknown_category``).
    """
    title = clean_title(new.title)
    description = clean_description(new.description)
    await require_category(tx, new.category_id)
    video_id = await tx.fetchval(_NEXT_ID)
    slug = await slugs.choose(tx, title, video_id=video_id)
    filename = new.source_filename[:FILENAME_MAX_LENGTH]
    await tx.execute(
        _INSERT, video_id, title, slug, description, new.category_id, new.publish_when_ready, filename
    )
    await index.refresh(tx, video_id)
    return await by_id(tx, video_id)


async def by_id(reader: Reader, video_id: int) -> VideoRow:
    """One video, deleted or not; raises ``NotFound``."""
    return found(await reader.fetchrow(_BY_ID, video_id))


async def by_slug(reader: Reader, slug: str) -> VideoRow:
    """The video that has or had this slug, deleted or not, for admins; raises ``NotFound``."""
    return found(await reader.fetchrow(_BY_ANY_SLUG, slug) if is_slug(slug) else None)


async def by_storage_key(reader: Reader, storage_key: str) -> VideoRow | None:
    """The video whose files lie in this folder, deleted or not."""
    record = await reader.fetchrow(_BY_STORAGE_KEY, storage_key)
    return video_row(record) if record else None


async def by_slug_public(reader: Reader, slug: str) -> VideoRow | None:
    """The video that a visitor with the link may see (``VideoRow.is_announced``), else ``None``."""
    record = await reader.fetchrow(_BY_SLUG, slug) if is_slug(slug) else None
    video = video_row(record) if record else None
    return video if video is not None and video.is_announced else None


async def redirect_target(reader: Reader, slug: str) -> Slug | None:
    """The present slug of the video that was once called ``slug``; its visibility is not checked here."""
    target = await reader.fetchval(_REDIRECT, slug) if is_slug(slug) else None
    return Slug(target) if target is not None else None


async def unfinished_ids(reader: Reader, *, limit: int) -> list[int]:
    """The newest videos that are not playable yet and may still become so."""
    return [row["id"] for row in await reader.fetch(_UNFINISHED, limit)]


async def statuses(reader: Reader, video_ids: Sequence[int]) -> dict[int, VideoStatus]:
    """The states of many videos; those that don't exist are left out."""
    rows = await reader.fetch("SELECT id, status FROM videos WHERE id = ANY($1)", list(video_ids))
    return {row["id"]: row["status"] for row in rows}


async def locked(tx: Transaction, video_id: int) -> VideoRow:
    """One video, held by this transaction until it ends; raises ``NotFound``."""
    return found(await tx.fetchrow(_LOCKED, video_id))


async def edit(
    tx: Transaction, video_id: int, changes: VideoChanges, *, seen_revision: int | None = None
) -> VideoRow:
    """Change what an editor may change. An old slug leads on to the new one.

    ``seen_revision`` is the ``edit_revision`` that the editor has seen: if somebody else has edited
    meanwhile, nothing is changed. Raises ``NotFound``, ``Invalid``, ``Conflict`` (codes ``video_deleted``,
    ``slug_taken``, ``edited_meanwhile``).
    """
    before = await locked(tx, video_id)
    refuse_deleted(before)
    refuse_unseen(before, seen_revision)
    category_id = changes.get("category_id", before.category_id)
    await require_category(tx, category_id)
    if "slug" in changes and changes["slug"] != before.slug:
        await _rename(tx, before, Slug(changes["slug"]))
    if "tag_ids" in changes:
        await tags.assign(tx, video_id, changes["tag_ids"])
    await tx.execute(
        _EDIT,
        video_id,
        clean_title(changes["title"]) if "title" in changes else before.title,
        clean_description(changes["description"]) if "description" in changes else before.description,
        category_id,
        changes.get("visibility", before.visibility),
        changes.get("is_featured", before.is_featured),
    )
    after = await by_id(tx, video_id)
    if after == before:
        return before
    await tx.execute("UPDATE videos SET edit_revision = edit_revision + 1 WHERE id = $1", video_id)
    await changed(tx, VideoUpdated(video_id))
    await audit.note(tx, "video.edited", (video_id, after.title), **audit.changes(before, after, _EDITABLE))
    return await by_id(tx, video_id)


async def _rename(tx: Transaction, video: VideoRow, slug: Slug) -> None:
    await slugs.claim(tx, slug, video_id=video.id)
    await tx.execute("DELETE FROM slug_redirects WHERE slug = $1 AND video_id = $2", slug, video.id)
    await tx.execute("UPDATE videos SET slug = $2 WHERE id = $1", video.id, slug)
    await tx.execute(
        "INSERT INTO slug_redirects (slug, video_id) VALUES ($1, $2) ON CONFLICT (slug) DO NOTHING",
        video.slug,
        video.id,
    )


async def publish_if_due(tx: Transaction, video_id: int) -> None:
    """Publish a ready video whose owner wants that and that is not published yet; keep the index true."""
    published = await tx.fetchval(
        "UPDATE videos SET published_at = app_now() WHERE id = $1 AND status = 'ready' AND publish_when_ready"
        " AND published_at IS NULL AND deleted_at IS NULL RETURNING id",
        video_id,
    )
    await index.refresh(tx, video_id)
    if published is not None:
        await tx.record(VideoPublished(video_id))


async def set_source(
    tx: Transaction, video_id: int, *, source_key: str, size_bytes: int, sha256: bytes
) -> None:
    """Note where the source lies and what it is; raises ``NotFound``."""
    await _update(
        tx,
        video_id,
        "UPDATE videos SET source_key = $2, source_size_bytes = $3, source_sha256 = $4",
        values=(source_key, size_bytes, sha256),
    )


async def mark_pending(tx: Transaction, video_id: int) -> None:
    """Somebody asked for another try: the failure is forgotten."""
    await tx.execute(
        "UPDATE videos SET status = 'pending', error_code = NULL, error_message = NULL"
        " WHERE id = $1 AND status = 'failed'",
        video_id,
    )
    await changed(tx, VideoUpdated(video_id))


async def mark_processing(tx: Transaction, video_id: int) -> None:
    """A worker has begun. A ready video stays ready."""
    await _move(
        tx, VideoProcessing(video_id), "SET status = 'processing' WHERE id = $1 AND status = 'pending'"
    )


async def mark_described(tx: Transaction, video_id: int, *, duration: float, width: int, height: int) -> None:
    """Note what inspecting the source has shown: seconds, and display size in pixels."""
    await _update(
        tx,
        video_id,
        "UPDATE videos SET duration = $2, source_width = $3, source_height = $4",
        values=(duration, width, height),
    )
    await changed(tx, VideoUpdated(video_id))


async def mark_chaptered(tx: Transaction, video_id: int, *, has_chapters: bool) -> None:
    """Its chapters have changed."""
    sql = "UPDATE videos SET has_chapters = $2, edit_revision = edit_revision + 1"
    await _update(tx, video_id, sql, values=(has_chapters,))
    await changed(tx, VideoUpdated(video_id))


async def set_warnings(tx: Transaction, video_id: int, warnings: Sequence[str]) -> None:
    """Say what viewers and owners should know of the source; the sentences take the place of earlier ones."""
    changed = "SET warnings = $2 WHERE id = $1 AND warnings IS DISTINCT FROM $2"
    await _move(tx, VideoUpdated(video_id), changed, values=(list(warnings),))


async def mark_ready(tx: Transaction, video_id: int, *, codec: str) -> None:
    """The video can be played; published if its owner wants that. ``codec`` is its first rendition's."""
    await tx.execute("UPDATE videos SET primary_codec = $2 WHERE id = $1", video_id, codec)
    await _move(
        tx,
        VideoReady(video_id),
        "SET status = 'ready', error_code = NULL, error_message = NULL WHERE id = $1 AND status <> 'ready'",
    )
    await publish_if_due(tx, video_id)


async def mark_withdrawn(tx: Transaction, video_id: int) -> None:
    """The video can't be played to its end after all: it is being made again. Its publication is kept."""
    await _move(tx, VideoUpdated(video_id), "SET status = 'processing' WHERE id = $1 AND status = 'ready'")


async def mark_failed(tx: Transaction, video_id: int, *, code: str, message: str) -> None:
    """The video could not be made playable. A ready video stays ready."""
    await _move(
        tx,
        VideoFailed(video_id),
        "SET status = 'failed', error_code = $2, error_message = $3 WHERE id = $1 AND status <> 'ready'",
        values=(code[:50], message[:2000]),
    )


async def set_thumbnail(
    tx: Transaction,
    video_id: int,
    *,
    source: ThumbnailSource,
    timestamp: float | None,
    files: Sequence[PictureFile],
) -> None:
    """There is another picture, taken at ``timestamp`` seconds, in these sizes; its URLs change with its
    version, and files of the one before it that have no successor go after a while.
    """
    before = await locked(tx, video_id)
    old = msgspec.json.decode(before.thumbnail_files, type=tuple[PictureFile, ...])
    await _update(
        tx,
        video_id,
        "UPDATE videos SET thumbnail_source = $2, thumbnail_timestamp = $3, thumbnail_files = $4,"
        " retired_pictures = ARRAY(SELECT DISTINCT name FROM unnest(retired_pictures || $5::text[]) AS name"
        " WHERE name <> ALL($6::text[])), pictures_retired_at = app_now(),"
        " thumbnail_version = thumbnail_version + 1",
        values=(
            *(source, timestamp, msgspec.json.encode(files).decode()),
            *([each.name for each in old], [each.name for each in files]),
        ),
    )
    await changed(tx, VideoUpdated(video_id))


async def set_preview(tx: Transaction, video_id: int) -> None:
    """There is a short silent film of it; its URL changes with its version."""
    sql = "UPDATE videos SET has_preview = true, preview_version = preview_version + 1"
    await _update(tx, video_id, sql, values=())
    await tx.record(VideoUpdated(video_id))


async def bump_manifest(tx: Transaction, video_id: int) -> None:
    """The manifests must be written again, because renditions have come or gone."""
    await _update(tx, video_id, "UPDATE videos SET manifest_revision = manifest_revision + 1", values=())
    await index.refresh(tx, video_id)


async def _update(tx: Transaction, video_id: int, sql: str, *, values: tuple[object, ...]) -> None:
    if await tx.execute(f"{sql} WHERE id = $1", video_id, *values) == "UPDATE 0":
        found(None)


async def _move(tx: Transaction, event: VideoEvent, sql: str, *, values: tuple[object, ...] = ()) -> None:
    if await tx.execute(f"UPDATE videos {sql}", event.video_id, *values) != "UPDATE 0":
        await changed(tx, event)


async def changed(tx: Transaction, event: VideoEvent) -> None:
    """Something that is listed or found has changed: keep the index true, and tell."""
    await index.refresh(tx, event.video_id)
    await tx.record(event)


def refuse_deleted(video: VideoRow) -> None:
    """Raise ``Conflict`` (code ``video_deleted``) for what is in the archive."""
    if video.deleted_at is not None:
        raise Conflict("This video is in the archive; restore it first.", code="video_deleted")


def refuse_unseen(video: VideoRow, seen_revision: int | None) -> None:
    """Raise ``Conflict`` (code ``edited_meanwhile``) if somebody has changed what an editor has seen."""
    revisions.refuse_unseen("video", present=video.edit_revision, seen=seen_revision)
