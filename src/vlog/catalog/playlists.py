"""Playlists: videos in an order of somebody's choosing. Visitors see those of their videos that are public.

Four types differ in how they are shown: a ``playlist`` plays on, a ``collection`` stands side by side, a
``series`` is numbered, a ``course`` is numbered and remembers what was seen.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, TypedDict

from vlog.catalog import former, playlist_items, revisions
from vlog.catalog.index import Face
from vlog.catalog.rows import Visibility
from vlog.catalog.text import clean_description, clean_title
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.events import audit
from vlog.kit.errors import Conflict, NotFound
from vlog.kit.slugs import RESERVED_SLUGS, Slug, is_slug, slugify

PlaylistType = Literal["playlist", "collection", "series", "course"]

_COLUMNS = """
p.id, p.title, p.slug, p.description, p.visibility, p.playlist_type, p.is_featured, p.thumbnail_video_id,
p.edit_revision, p.created_at, p.updated_at
"""
_SUMS = """
LEFT JOIN LATERAL (
  SELECT count(*) AS video_count, coalesce(sum(i.duration), 0) AS total_duration,
    (array_agg(item.video_id ORDER BY item.position))[1] AS first_video_id
  FROM playlist_items item JOIN {face}_index i ON i.video_id = item.video_id WHERE item.playlist_id = p.id
) sums ON true
"""
# Of a list that has nothing for visitors, those who have its address see that it is there; nobody else does.
# One look at each list: as a join, all items of all lists would be read.
HAS_VISIBLE = """(
  SELECT true FROM playlist_items item JOIN catalog_index i ON i.video_id = item.video_id
  WHERE item.playlist_id = {playlist}.id LIMIT 1
)"""
_SHOWN: dict[Face, str] = {"library": "true", "catalog": HAS_VISIBLE.format(playlist="playlists")}
_ONE = f"SELECT {_COLUMNS}, sums.* FROM playlists p {_SUMS} WHERE p.deleted_at IS NULL AND"
_PAGE = f"""
SELECT {_COLUMNS}, sums.* FROM (
  SELECT * FROM playlists WHERE deleted_at IS NULL AND visibility = ANY($1)
    AND ($2::text IS NULL OR playlist_type = $2) AND (NOT $3 OR is_featured) AND (created_at, id) < ($4, $5)
    AND {{shown}}
  ORDER BY created_at DESC, id DESC LIMIT $6
) p {_SUMS}
ORDER BY p.created_at DESC, p.id DESC
"""
_INSERT = """
INSERT INTO playlists (title, slug, description, visibility, playlist_type, is_featured)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
_UPDATE = """
UPDATE playlists SET title = $2, slug = $3, description = $4, visibility = $5, playlist_type = $6,
  is_featured = $7, thumbnail_video_id = $8, edit_revision = edit_revision + 1, updated_at = app_now()
WHERE id = $1
"""
# The number is arbitrary but ours: one chooser of a playlist's slug at a time; there are few.
_LOCK = 0x504C4C53
_LAST_NUMBER = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Playlist:
    """One playlist; its sums are of the face that was asked. ``total_duration`` is seconds.

    Its picture is that of ``thumbnail_video_id``, or else of the first of its videos.
    """

    id: int
    title: str
    slug: str
    description: str
    visibility: Visibility
    playlist_type: PlaylistType
    is_featured: bool
    thumbnail_video_id: int | None
    edit_revision: int
    created_at: datetime
    updated_at: datetime
    video_count: int
    total_duration: float
    first_video_id: int | None


class PlaylistChanges(TypedDict, total=False):
    """What an editor changes; a key that is absent stays as it is."""

    title: str
    slug: str
    description: str
    visibility: Visibility
    playlist_type: PlaylistType
    is_featured: bool
    thumbnail_video_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaylistFilter:
    """Which playlists: by default those that visitors find, in which there is something for them."""

    face: Face = "catalog"
    playlist_type: PlaylistType | None = None
    featured: bool = False


async def page(
    reader: Reader, wanted: PlaylistFilter, *, after: tuple[datetime, int], limit: int
) -> list[Playlist]:
    """Playlists after a position, newest first."""
    visible = ["public"] if wanted.face == "catalog" else ["public", "unlisted", "private"]
    sql = _PAGE.format(face=wanted.face, shown=_SHOWN[wanted.face])
    rows = await reader.fetch(sql, visible, wanted.playlist_type, wanted.featured, *after, limit)
    return [Playlist(**dict(row)) for row in rows]


async def by_id(reader: Reader, playlist_id: int) -> Playlist:
    """One playlist with all that it holds; raises ``NotFound`` (code ``unknown_playlist``)."""
    return await _one(reader, "library", "p.id = $1", value=playlist_id)


async def by_slug_public(reader: Reader, slug: str) -> Playlist:
    """A playlist that a visitor with the link may see; raises ``NotFound`` (code ``unknown_playlist``)."""
    if not is_slug(slug):
        raise _unknown()
    return await _one(reader, "catalog", "p.slug = $1 AND p.visibility <> 'private'", value=slug)


async def create(tx: Transaction, new: PlaylistChanges) -> Playlist:
    """Make a playlist, empty. Raises ``Invalid``, ``Conflict`` (code ``slug_taken``)."""
    title = clean_title(new.get("title", ""))
    playlist_id = await tx.fetchval(
        _INSERT,
        title,
        await _claim(tx, Slug(new["slug"]))
        if "slug" in new
        else await _choose(tx, slugify(title) or Slug("list")),
        clean_description(new.get("description", "")),
        new.get("visibility", "public"),
        new.get("playlist_type", "playlist"),
        new.get("is_featured", False),
    )
    await audit.note(tx, "playlist.created", (playlist_id, title))
    return await by_id(tx, playlist_id)


async def edit(
    tx: Transaction, playlist_id: int, changes: PlaylistChanges, *, seen_revision: int | None = None
) -> Playlist:
    """Change what an editor may change.

    Raises ``NotFound``, ``Invalid``, ``Conflict`` (codes ``slug_taken``, ``edited_meanwhile``).
    """
    before = await locked(tx, playlist_id, seen_revision=seen_revision)
    if (picture := changes.get("thumbnail_video_id")) is not None:
        await playlist_items.require(tx, playlist_id, picture)
    slug = before.slug
    if "slug" in changes and changes["slug"] != before.slug:
        slug = await _claim(tx, Slug(changes["slug"]))
        await former.remember(tx, "playlist", before.slug, subject_id=playlist_id)
    wanted = {**asdict(before), **changes, "slug": slug}
    await tx.execute(
        _UPDATE,
        playlist_id,
        clean_title(str(wanted["title"])),
        slug,
        clean_description(str(wanted["description"])),
        wanted["visibility"],
        wanted["playlist_type"],
        wanted["is_featured"],
        wanted["thumbnail_video_id"],
    )
    after = await by_id(tx, playlist_id)
    changed = audit.changes(before, after, tuple(PlaylistChanges.__annotations__))
    await audit.note(tx, "playlist.edited", (playlist_id, after.title), **changed)
    return after


async def delete(tx: Transaction, playlist_id: int) -> Playlist:
    """Remove a playlist; its videos stay. Its address is free again. What it was; raises ``NotFound``."""
    playlist = await locked(tx, playlist_id)
    await tx.execute("UPDATE playlists SET deleted_at = app_now() WHERE id = $1", playlist_id)
    await audit.note(tx, "playlist.deleted", (playlist_id, playlist.title))
    return playlist


async def restore(tx: Transaction, playlist_id: int) -> Playlist:
    """Bring a removed playlist back, under another address if its own is taken. Raises ``NotFound``."""
    removed = await tx.fetchrow(
        "SELECT title, slug FROM playlists WHERE id = $1 AND deleted_at IS NOT NULL FOR UPDATE", playlist_id
    )
    if removed is None:
        raise _unknown()
    slug = await _choose(tx, Slug(removed["slug"]))
    await tx.execute("UPDATE playlists SET deleted_at = NULL, slug = $2 WHERE id = $1", playlist_id, slug)
    await audit.note(tx, "playlist.restored", (playlist_id, removed["title"]))
    return await by_id(tx, playlist_id)


async def locked(tx: Transaction, playlist_id: int, *, seen_revision: int | None = None) -> Playlist:
    """One playlist, held until the transaction ends; raises ``NotFound``, ``Conflict``
    (``edited_meanwhile``).
    """
    await tx.fetch("SELECT 1 FROM playlists WHERE id = $1 FOR UPDATE", playlist_id)
    playlist = await by_id(tx, playlist_id)
    revisions.refuse_unseen("playlist", present=playlist.edit_revision, seen=seen_revision)
    return playlist


async def _one(reader: Reader, face: str, condition: str, *, value: object) -> Playlist:
    row = await reader.fetchrow(f"{_ONE.format(face=face)} {condition}", value)
    if row is None:
        raise _unknown()
    return Playlist(**dict(row))


async def _choose(tx: Transaction, base: Slug) -> Slug:
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    names = [base, *(Slug(f"{base[:90].rstrip('-')}-{number}") for number in range(2, _LAST_NUMBER))]
    free = await tx.fetchval(
        "SELECT name FROM unnest($1::text[]) WITH ORDINALITY AS candidate (name, place)"
        " WHERE NOT EXISTS (SELECT 1 FROM playlists p WHERE p.slug = name AND p.deleted_at IS NULL)"
        " ORDER BY place LIMIT 1",
        [name for name in names if name not in RESERVED_SLUGS],
    )
    if free is None:
        raise Conflict("There are too many playlists of this name.", code="slug_taken", field="title")
    return Slug(free)


async def _claim(tx: Transaction, slug: Slug) -> Slug:
    await tx.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    taken = "SELECT EXISTS (SELECT FROM playlists WHERE slug = $1 AND deleted_at IS NULL)"
    if await tx.fetchval(taken, slug):
        raise Conflict(f"The address “{slug}” is taken.", code="slug_taken", field="slug")
    return slug


def _unknown() -> NotFound:
    return NotFound("There is no such playlist.", code="unknown_playlist")
