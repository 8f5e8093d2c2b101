"""What stands beside a list of videos: how many there are, what else could be chosen, what is related."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vlog.catalog.facets import STATUSES, Kind, facet
from vlog.catalog.index import Face
from vlog.catalog.query import BROAD, Arguments, Wanted, some
from vlog.catalog.search import MANY, Terms, folded
from vlog.catalog.windows import Rows, windows
from vlog.db.reader import Reader

# Nobody reads the last digit of a number of thousands, and counting a million rows for it is not worth it.
COUNT_CAP = 1_000
# Choices beside a list are counted over so many of its newest videos at most.
SAMPLE = 1_000
CHOICES_PER_KIND = 30
# A video's rarest tags say best what it is about; so many of each one's newest videos are looked at.
RELATED_TAGS = 5
RELATED_PER_FACET = 30
# So few videos of each are soon read and sorted.
RARE = 400
# A beginning of words in very many videos is taken for so many of them, the most frequent ones.
ENDINGS = 40

# Each video has exactly one of these.
_STATES = [facet(Kind.STATUS, each) for each in STATUSES.values()]
# With what is not counted yet: who publishes a video sees the number change.
_COUNT_ALL = """
SELECT coalesce((SELECT sum(videos) FROM {face}_facets WHERE facet = ANY($1)), 0)
  + (SELECT count(added_facets) - count(removed_facets) FROM {face}_changes)
"""
_ALL_FACETS = """
SELECT c.facet, c.videos FROM unnest($1::integer[]) AS kind (number)
CROSS JOIN LATERAL (
  SELECT facet, videos FROM {face}_facets WHERE facet >> 24 = kind.number AND videos > 0
  ORDER BY videos DESC LIMIT $2
) c
"""
_SOME_FACETS = """
SELECT facet, count(*) AS videos FROM ({found}) found, unnest(found.facets) AS facet
GROUP BY facet
"""
_NAMES = f"""
SELECT {Kind.CATEGORY:d} AS kind, id, name, slug FROM categories WHERE id = ANY($1)
UNION ALL SELECT {Kind.TAG:d}, id, name, slug FROM tags WHERE id = ANY($2)
"""
# Addresses are each video's own: nobody chooses by them.
_FIELD_VALUES = """
SELECT k.id, d.slug AS field, d.name, k.value
FROM custom_values k JOIN custom_field_definitions d ON d.id = k.field_id
WHERE k.id = ANY($1) AND d.field_type <> 'url' AND d.is_public AND d.is_filterable
ORDER BY d.position, d.id
"""
_PREFIX = """
SELECT word FROM {face}_words WHERE word >= $1 AND word < $2 AND videos > 0
ORDER BY videos DESC, word LIMIT $3
"""
_ENDINGS = """
SELECT word, videos FROM library_words WHERE word >= $1 AND word < $2 AND videos > 0
ORDER BY videos DESC, word LIMIT $3
"""
_COUNTED = """
SELECT coalesce(w.videos, 0) AS videos FROM unnest($1::text[]) AS word LEFT JOIN library_words w USING (word)
"""
_SIMILAR = """
SELECT word FROM {face}_words WHERE word % unaccent(lower($1)) AND videos > 0
ORDER BY similarity(word, unaccent(lower($1))) + 0.05 * ln(videos) DESC, word LIMIT 1
"""
# The last word is still being typed: it is known when some word begins with it.
_UNKNOWN = """
SELECT given FROM unnest($1::text[]) AS given, LATERAL (SELECT unaccent(lower(given)) AS typed) t
WHERE NOT EXISTS (SELECT 1 FROM {face}_words w WHERE w.word = t.typed AND w.videos > 0)
  AND NOT (given = $2 AND EXISTS (
    SELECT 1 FROM {face}_words w
    WHERE w.word >= t.typed AND w.word < t.typed || U&'\\+10FFFF' AND w.videos > 0
  ))
"""
_OWN = f"""
(SELECT own.facet, 3 AS points, false AS is_rare
 FROM catalog_index i CROSS JOIN unnest(i.facets) AS own (facet)
 WHERE i.video_id = $1 AND own.facet >> 24 = {Kind.CATEGORY:d} AND own.facet & 16777215 <> 0)
UNION ALL
(SELECT own.facet, 2, coalesce(f.videos, 0) <= {RARE}
 FROM catalog_index i CROSS JOIN unnest(i.facets) AS own (facet)
 LEFT JOIN catalog_facets f USING (facet)
 WHERE i.video_id = $1 AND own.facet >> 24 = {Kind.TAG:d} ORDER BY f.videos, own.facet LIMIT {RELATED_TAGS})
"""
_SHARING = "(SELECT video_id, moment, {points} AS points FROM ({found}) shared)"
_NEWEST = """
(SELECT video_id, moment, 0 AS points FROM catalog_index ORDER BY moment DESC, video_id DESC LIMIT $2 + 1)
"""
_RELATED = """
WITH {windows}
SELECT video_id FROM ({found}) found WHERE video_id <> $1
GROUP BY video_id, moment ORDER BY sum(points) DESC, moment DESC, video_id DESC LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Named:
    """What something is called, and its address."""

    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value of a custom field: ``field`` is the field's slug, ``name`` what it is called."""

    id: int
    field: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Choices:
    """How many videos of a list have each facet; ``is_sample``: of a part of the list only."""

    videos: dict[int, int]
    is_sample: bool


async def count(reader: Reader, face: Face, wanted: Wanted) -> tuple[int, bool]:
    """How many videos a list has, and whether that is exact: with conditions it is counted up to a cap."""
    if wanted.is_everything:
        return int(await reader.fetchval(_COUNT_ALL.format(face=face), _STATES)), True
    arguments = Arguments()
    capped = some(face, wanted, arguments, columns="i.video_id", limit=COUNT_CAP + 1)
    found = int(await reader.fetchval(f"SELECT count(*) FROM ({capped}) capped", *arguments.values))
    return min(found, COUNT_CAP), found <= COUNT_CAP


async def choices(reader: Reader, face: Face, wanted: Wanted) -> Choices:
    """What a list could be narrowed down to. Without conditions the most frequent of each kind, exactly."""
    if wanted.is_everything:
        kinds = [int(kind) for kind in Kind]
        rows = await reader.fetch(_ALL_FACETS.format(face=face), kinds, CHOICES_PER_KIND)
        return Choices({row["facet"]: row["videos"] for row in rows}, is_sample=False)
    arguments = Arguments()
    found = some(face, wanted, arguments, columns="i.facets", limit=SAMPLE)
    sql = _SOME_FACETS.format(found=found)
    rows = await reader.fetch(sql, *arguments.values)
    counted = {row["facet"]: row["videos"] for row in rows}
    return Choices(counted, is_sample=sum(counted.get(each, 0) for each in _STATES) >= SAMPLE)


async def names(
    reader: Reader, *, category_ids: Sequence[int], tag_ids: Sequence[int]
) -> dict[tuple[Kind, int], Named]:
    """What categories and tags are called; those that are gone are left out."""
    rows = await reader.fetch(_NAMES, list(category_ids), list(tag_ids))
    return {(Kind(row["kind"]), row["id"]): Named(row["name"], row["slug"]) for row in rows}


async def field_values(reader: Reader, value_ids: Sequence[int]) -> list[FieldValue]:
    """What these facets of custom fields say, in the fields' order."""
    if not value_ids:
        return []
    return [FieldValue(**dict(row)) for row in await reader.fetch(_FIELD_VALUES, list(value_ids))]


async def related_ids(reader: Reader, video_id: int, *, limit: int) -> list[int]:
    """Published videos that share most with this one: tags, then its category; filled up with the newest."""
    arguments = Arguments()
    for value in (video_id, limit):
        arguments.add(value)
    rows = Rows(face="catalog", limit=str(RELATED_PER_FACET))
    shared = []
    for own in await reader.fetch(_OWN, video_id):
        where = f"i.facets @> ARRAY[{arguments.add(own['facet'])}::integer]"
        found = rows.all(where) if own["is_rare"] else rows.walk(where)
        shared.append(_SHARING.format(points=own["points"], found=found))
    sql = _RELATED.format(windows=windows("catalog"), found="UNION ALL".join([*shared, _NEWEST]))
    return [row["video_id"] for row in await reader.fetch(sql, *arguments.values)]


async def bounded(reader: Reader, terms: Terms) -> Terms:
    """The search with what is known of its words: in how many videos they are, and which ones are meant by a
    beginning that is in very many: the ``ENDINGS`` most frequent ones.

    Other beginnings also find words that are not counted yet.
    """
    *words, beginning = (folded(word) for word in terms.plain or (terms.prefix[1:-3],))
    if not beginning:
        return terms
    rows = await reader.fetch(_ENDINGS, beginning, beginning + "\U0010ffff", ENDINGS)
    counted = [row["videos"] for row in await reader.fetch(_COUNTED, words)] if words else []
    begun = sum(row["videos"] for row in rows)
    known = min([begun, *counted]) if terms.plain else MANY
    if begun <= BROAD or not beginning.isalnum():
        return replace(terms, videos=known)
    # The word itself, if it is one, comes first.
    endings = tuple(dict.fromkeys([beginning, *(row["word"] for row in rows)]))
    return replace(terms, endings=endings, videos=known)


async def completions(reader: Reader, face: Face, prefix: str, *, limit: int) -> list[str]:
    """Words that begin so, the most frequent first; ``prefix`` is lower-case and without accents."""
    after = prefix + "\U0010ffff"
    return [row["word"] for row in await reader.fetch(_PREFIX.format(face=face), prefix, after, limit)]


async def corrected(reader: Reader, face: Face, terms: Terms) -> Terms | None:
    """The search with each unknown word replaced by the known one nearest to it, ``None`` without any."""
    words = list(dict.fromkeys(terms.plain))
    if not words:
        return None
    unknown = await reader.fetch(_UNKNOWN.format(face=face), words, words[-1])
    nearest = {
        row["given"]: await reader.fetchval(_SIMILAR.format(face=face), row["given"]) for row in unknown
    }
    found = {word: near for word, near in nearest.items() if near is not None}
    return terms.replaced(found) if found else None
