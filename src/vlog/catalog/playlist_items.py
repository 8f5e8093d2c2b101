"""What stands in a playlist, and where. Whoever changes it holds the playlist's row
(``playlists.locked``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vlog.catalog.index import Face
from vlog.catalog.rows import LISTED, ListedRow
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.kit.errors import Conflict, Invalid, NotFound

MAX_ITEMS = 5000

# Places of the face that is asked: visitors see no gap where a video is hidden from them.
_PAGE = f"""
SELECT {LISTED}, item.position AS item_position, item.added_at AS item_added_at,
  row_number() OVER (ORDER BY item.position) + $4 AS item_number
FROM (
  SELECT item.* FROM playlist_items item JOIN {{face}}_index i ON i.video_id = item.video_id
  WHERE item.playlist_id = $1 AND item.position > $2 ORDER BY item.position LIMIT $3
) item JOIN videos v ON v.id = item.video_id LEFT JOIN categories c ON c.id = v.category_id
ORDER BY item.position
"""
_LAST_ADDED = """
SELECT item.video_id FROM playlist_items item JOIN catalog_index i ON i.video_id = item.video_id
WHERE item.playlist_id = $1 ORDER BY item.added_at DESC, item.position DESC LIMIT $2
"""
_NUMBER = """
SELECT count(*) FROM playlist_items item JOIN {face}_index i ON i.video_id = item.video_id
WHERE item.playlist_id = $1 AND item.position <= $2
"""
_POSITION = """
SELECT item.position FROM playlist_items item JOIN {face}_index i ON i.video_id = item.video_id
WHERE item.playlist_id = $1 AND item.video_id = $2
"""
_KEPT = """
SELECT item.video_id FROM playlist_items item JOIN videos v ON v.id = item.video_id
WHERE item.playlist_id = $1 AND v.deleted_at IS NULL
"""
_APPEND = """
INSERT INTO playlist_items (playlist_id, video_id, position)
SELECT $1, video_id, $3 + row_number() OVER (ORDER BY place)
FROM unnest($2::bigint[]) WITH ORDINALITY AS given (video_id, place)
"""
_PLACE = """
UPDATE playlist_items item SET position = given.place
FROM unnest($2::bigint[]) WITH ORDINALITY AS given (video_id, place)
WHERE item.playlist_id = $1 AND item.video_id = given.video_id AND item.position <> given.place
"""


@dataclass(frozen=True, slots=True)
class Item:
    """A video and its place: ``number`` counts from 1 what the asker can see, ``position`` is the
    list's own.
    """

    video: ListedRow
    position: int
    number: int
    added_at: datetime


async def page(reader: Reader, face: Face, playlist_id: int, *, after: int, limit: int) -> list[Item]:
    """Items after a position, in order."""
    before = 0 if after <= 0 else await reader.fetchval(_NUMBER.format(face=face), playlist_id, after)
    rows = await reader.fetch(_PAGE.format(face=face), playlist_id, after, limit, before)
    shown = len(ListedRow._fields)
    return [
        Item(ListedRow(*tuple(row)[:shown]), row["item_position"], row["item_number"], row["item_added_at"])
        for row in rows
    ]


async def last_added(reader: Reader, playlist_id: int, *, limit: int) -> list[int]:
    """Those of its public videos that were put into it last, the last one first."""
    rows = await reader.fetch(_LAST_ADDED, playlist_id, limit)
    return [row["video_id"] for row in rows]


async def position_of(reader: Reader, face: Face, playlist_id: int, *, video_id: int) -> int | None:
    """Where a video stands in a playlist; ``None`` if it does not, or the asker cannot see it."""
    position: int | None = await reader.fetchval(_POSITION.format(face=face), playlist_id, video_id)
    return position


async def ids(reader: Reader, playlist_id: int) -> list[int]:
    """All videos of a playlist in order; at most ``MAX_ITEMS``."""
    rows = await reader.fetch(
        "SELECT video_id FROM playlist_items WHERE playlist_id = $1 ORDER BY position", playlist_id
    )
    return [row["video_id"] for row in rows]


async def add(
    tx: Transaction, playlist_id: int, video_ids: Sequence[int], *, before: int | None = None
) -> list[int]:
    """Put videos into a playlist, at its end or in front of one; those in it already stay where they are.

    Which were added. Raises ``Invalid`` (codes ``unknown_video``, ``not_in_playlist``), ``Conflict`` (code
    ``playlist_full``).
    """
    present = await ids(tx, playlist_id)
    held = set(present)
    new = [video_id for video_id in dict.fromkeys(video_ids) if video_id not in held]
    if len(present) + len(new) > MAX_ITEMS:
        raise Conflict(f"A playlist holds at most {MAX_ITEMS} videos.", code="playlist_full")
    known = await tx.fetch(
        "SELECT id FROM videos WHERE id = ANY($1) AND deleted_at IS NULL ORDER BY id FOR KEY SHARE",
        sorted(new),
    )
    if len(known) != len(new):
        raise Invalid("One of these videos does not exist any more.", code="unknown_video", field="video_ids")
    last = await tx.fetchval(
        "SELECT coalesce(max(position), 0) FROM playlist_items WHERE playlist_id = $1", playlist_id
    )
    await tx.execute(_APPEND, playlist_id, new, last)
    if before is not None:
        at = _place_of(present, before)
        await tx.execute(_PLACE, playlist_id, [*present[:at], *new, *present[at:]])
    return new


async def remove(tx: Transaction, playlist_id: int, video_ids: Sequence[int]) -> list[int]:
    """Take videos out of a playlist; which were in it. Its picture may have been one of theirs."""
    rows = await tx.fetch(
        "DELETE FROM playlist_items WHERE playlist_id = $1 AND video_id = ANY($2) RETURNING video_id",
        playlist_id,
        list(video_ids),
    )
    removed = [row["video_id"] for row in rows]
    await tx.execute(
        "UPDATE playlists SET thumbnail_video_id = NULL WHERE id = $1 AND thumbnail_video_id = ANY($2)",
        playlist_id,
        removed,
    )
    return removed


async def reorder(tx: Transaction, playlist_id: int, video_ids: Sequence[int]) -> None:
    """Put all videos of a playlist into this order; those in the archive, which nobody sees to sort them,
    keep their places if they are not named. Raises ``Conflict`` (code ``playlist_changed``).
    """
    present = await ids(tx, playlist_id)
    wanted = set(video_ids)
    kept = {row["video_id"] for row in await tx.fetch(_KEPT, playlist_id)}
    if len(wanted) != len(video_ids) or not kept <= wanted <= set(present):
        raise Conflict(
            "Videos were added to this playlist or taken out of it meanwhile: reload it, then sort again.",
            code="playlist_changed",
        )
    sorted_ids = iter(video_ids)
    order = [next(sorted_ids) if each in wanted else each for each in present]
    await tx.execute(_PLACE, playlist_id, order)


async def move(tx: Transaction, playlist_id: int, video_id: int, *, before: int | None) -> None:
    """Put one video in front of another, or at the end. Raises ``Invalid`` (code ``not_in_playlist``)."""
    present = await ids(tx, playlist_id)
    present.pop(_place_of(present, video_id))
    at = len(present) if before is None else _place_of(present, before)
    await tx.execute(_PLACE, playlist_id, [*present[:at], video_id, *present[at:]])


async def require(tx: Transaction, playlist_id: int, video_id: int) -> None:
    """Raise ``NotFound`` (code ``not_in_playlist``) unless the video is in the playlist."""
    found = "SELECT EXISTS (SELECT FROM playlist_items WHERE playlist_id = $1 AND video_id = $2)"
    if not await tx.fetchval(found, playlist_id, video_id):
        raise NotFound("This video is not in the playlist.", code="not_in_playlist")


def _place_of(present: Sequence[int], video_id: int) -> int:
    if video_id not in present:
        raise Invalid("This video is not in the playlist.", code="not_in_playlist", field="video_id")
    return present.index(video_id)
