"""Gives each video a slug that no other video has, had, or keeps its files under."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.kit.errors import Conflict
from vlog.kit.slugs import RESERVED_SLUGS, SLUG_MAX_LENGTH, Slug, slugify

# One creator or renamer of a name at a time: a hundred uploads of one title get a hundred slugs at once.
# The number is arbitrary but ours; the lock ends with the transaction.
_LOCK = 0x534C5547
_LOCK_SQL = "SELECT pg_advisory_xact_lock($1, hashtext($2))"
# What stands before the numbers, and before where a long name is cut for them.
_STEM_LENGTH = 80
_NUMBERS = re.compile(r"(-\d+)+$")
_BATCH = 50
_LAST_NUMBER = 1000

# A slug that redirects and a folder's name stay taken: links and files never lead to another video.
_FIRST_FREE = """
SELECT slug FROM unnest($1::text[]) WITH ORDINALITY AS candidate (slug, place)
WHERE NOT EXISTS (SELECT 1 FROM videos v WHERE v.slug = candidate.slug AND v.id <> $2)
  AND NOT EXISTS (SELECT 1 FROM videos v WHERE v.storage_key = candidate.slug AND v.id <> $2)
  AND NOT EXISTS (SELECT 1 FROM slug_redirects r WHERE r.slug = candidate.slug AND r.video_id <> $2)
ORDER BY place LIMIT 1
"""


async def choose(tx: Transaction, title: str, *, video_id: int) -> Slug:
    """The slug that the title suggests, numbered when taken or reserved; ``video-{id}`` without letters.

    Holds a lock on the name until the transaction ends, so call it as late as possible.
    """
    base = slugify(title) or Slug(f"video-{video_id}")
    await tx.execute(_LOCK_SQL, _LOCK, _stem(base))
    candidates = list(_candidates(base))
    for start in range(0, len(candidates), _BATCH):
        batch = candidates[start : start + _BATCH]
        free = await _first_free(tx, batch, video_id=video_id)
        if free is not None:
            return free
    return _suffixed(base, secrets.token_hex(6))


async def claim(tx: Transaction, slug: Slug, *, video_id: int) -> None:
    """Check that a person's choice of slug is free; raises ``Conflict`` (code ``slug_taken``)."""
    await tx.execute(_LOCK_SQL, _LOCK, _stem(slug))
    if slug in RESERVED_SLUGS or await _first_free(tx, [slug], video_id=video_id) is None:
        raise Conflict(f"The address “{slug}” is taken.", code="slug_taken", field="slug")


async def _first_free(reader: Reader, candidates: list[Slug], *, video_id: int) -> Slug | None:
    slug = await reader.fetchval(_FIRST_FREE, candidates, video_id)
    return Slug(slug) if slug is not None else None


def _candidates(base: Slug) -> Iterator[Slug]:
    if base not in RESERVED_SLUGS:
        yield base
    for number in range(2, _LAST_NUMBER + 1):
        yield _suffixed(base, str(number))


def _stem(slug: Slug) -> str:
    """What all slugs have in common that could be taken in each other's place."""
    return _NUMBERS.sub("", slug[:_STEM_LENGTH].rstrip("-"))


def _suffixed(base: Slug, suffix: str) -> Slug:
    room = SLUG_MAX_LENGTH - len(suffix) - 1
    return Slug(f"{base[:room].rstrip('-')}-{suffix}")
