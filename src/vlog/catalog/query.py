"""Which videos a list shows, in which order, and where it goes on: one builder for both faces of the library.

Lists by date or relevance with conditions on words or facets are walks in windows (``catalog.windows``).
Every other list is a walk along the index of its order or a look into the GIN index: the planner decides by
the statistics of what is asked for. Paging is by the key of the last item shown, never by a number of rows to
skip, so a deep page costs what the first one costs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from vlog.catalog import cursors
from vlog.catalog.cursors import Key, Position
from vlog.catalog.index import Face
from vlog.catalog.search import Terms
from vlog.catalog.windows import Rows, Span, windows

Sort = Literal["date", "title", "duration", "views", "relevance"]

# How many of the newest hits are ranked: for rarer words this is all of them.
RANKED = 200
# What a hit in the description, a category, a tag, the title counts for (PostgreSQL's order: D, C, B, A), in
# texts of any length.
_WEIGHTS = "'{0.05,0.2,0.4,1.0}'"

_KEY_TYPES: dict[Sort, type[Key]] = {
    "date": datetime,
    "title": str,
    "duration": float,
    "views": int,
    "relevance": float,
}
# So many videos are soon read and sorted: those of a facet; those of a word, by moment and by anything else.
FEW = 500
BROAD = 1_000
SORTED = 4_000
# The same to the index's rows, but not to be looked up in it: going through the list of what half the library
# has is dearer than testing the rows that another condition gives.
_TESTED_FACETS = "(i.facets || '{}'::integer[])"
_TESTED_MOMENT = "(i.moment + interval '0')"
_RAREST = """
rarest AS MATERIALIZED (
  SELECT facet, coalesce(videos, 0) AS videos FROM unnest({facets}::integer[]) AS facet
  LEFT JOIN {face}_facets USING (facet) ORDER BY 2, 1 LIMIT 1
)
"""
_BY_RAREST = f"""
WITH {{ctes}}
SELECT * FROM ({{few}}) few WHERE (SELECT videos FROM rarest) <= {FEW}
UNION ALL SELECT * FROM ({{many}}) many WHERE (SELECT videos FROM rarest) > {FEW}
"""
_SORTED_BY = "i.video_id, i.moment, i.title_key, i.duration"

_KEYS = {
    "date": ("i.moment", "timestamptz"),
    "title": ("i.title_key", "text"),
    "duration": ("i.duration", "double precision"),
    "views": ("w.views", "bigint"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Conditions on videos: all of them hold.

    ``all_of`` are facets that a video has; of each group in ``any_of`` it has at least one. ``since`` and
    ``until`` bound the moment of the list (when published; for admins, when created), the latter excluded.
    """

    terms: Terms | None = None
    all_of: frozenset[int] = frozenset()
    any_of: tuple[frozenset[int], ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_everything(self) -> bool:
        """No condition at all."""
        return self == EVERYTHING

    @property
    def is_searched(self) -> bool:
        """There are conditions that the GIN index answers."""
        return self.terms is not None or bool(self.all_of or self.any_of)


EVERYTHING = Wanted()


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """How a list is sorted. Relevance is best first and knows no other direction."""

    sort: Sort = "date"
    descending: bool = True

    @classmethod
    def asked(cls, sort: Sort | None, direction: Literal["asc", "desc"] | None, *, search: str) -> Order:
        """The wished order; else what fits best for a search, or newest first. Titles begin with A.

        Without a search nothing fits better than anything else.
        """
        is_searched = bool(search.strip())
        sort = sort or ("relevance" if is_searched else "date")
        if sort == "relevance" and not is_searched:
            sort = "date"
        return cls(sort=sort, descending=direction == "desc" if direction else sort != "title")

    @property
    def name(self) -> str:
        """What a cursor of this order is called."""
        return f"{self.sort}{'-' if self.descending else '+'}"

    def position(self, cursor: str) -> Position:
        """Where a client's cursor goes on; raises ``Invalid`` (code ``invalid_cursor``)."""
        found = cursors.decode(cursor, of=self.name, key=_KEY_TYPES[self.sort])
        if self.sort == "relevance" and found.moment is None:
            raise cursors.refusal()
        return found


class Arguments:
    """Collects a statement's parameters and says how each is written in it."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def add(self, value: object) -> str:
        """The placeholder of one more value."""
        self.values.append(value)
        return f"${len(self.values)}"


def conditions(wanted: Wanted, arguments: Arguments) -> str:
    """What follows ``WHERE`` for a row called ``i``: which index answers it is the planner's choice."""
    clauses = ["true"]
    facets = "i.facets"
    if wanted.terms is not None:
        clauses.append(f"i.tsv @@ {tsquery(wanted.terms, arguments)}")
        facets = _TESTED_FACETS if wanted.terms.videos <= SORTED else facets
    if wanted.all_of:
        clauses.append(f"{facets} @> {arguments.add(sorted(wanted.all_of))}::integer[]")
    clauses.extend(f"{facets} && {arguments.add(sorted(group))}::integer[]" for group in wanted.any_of)
    if wanted.since is not None:
        clauses.append(f"i.moment >= {arguments.add(wanted.since)}")
    if wanted.until is not None:
        clauses.append(f"i.moment < {arguments.add(wanted.until)}")
    return " AND ".join(clauses)


def tsquery(terms: Terms, arguments: Arguments) -> str:
    """The search as PostgreSQL's full-text search takes it."""
    whole = arguments.add(terms.whole)
    if terms.endings:
        last = f"{arguments.add(' | '.join(map(_lexeme, terms.endings)))}::text::tsquery"
    else:
        last = f"to_tsquery('vlog', {arguments.add(terms.prefix)})"
    return f"(websearch_to_tsquery('vlog', {whole}) && {last})"


def _lexeme(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def some(face: Face, wanted: Wanted, arguments: Arguments, *, columns: str, limit: int) -> str:
    """The first videos that fit, of the newest windows first: SQL for ``columns`` of rows called ``i``."""
    bound = arguments.add(limit)
    if not wanted.is_searched:
        return f"SELECT {columns} FROM {face}_index i WHERE {conditions(wanted, arguments)} LIMIT {bound}"
    rows = Rows(face=face, limit=bound, columns=columns, beyond="")
    return _found(wanted, rows, Span(since=wanted.since, until=wanted.until), arguments=arguments)


def _found(wanted: Wanted, rows: Rows, span: Span, *, arguments: Arguments) -> str:
    """The first rows that fit, found by the rarest condition; where none is rare, in windows."""
    if wanted.terms is not None and wanted.terms.videos <= BROAD:
        return rows.all(conditions(wanted, arguments))
    facets = wanted.all_of.union(*(group for group in wanted.any_of if len(group) == 1))
    fitting = _for_index(wanted, facets, arguments)
    if not facets:
        return f"WITH {windows(rows.face, span, arguments.add)} {rows.walk(fitting)}"
    rarest = _RAREST.format(face=rows.face, facets=arguments.add(sorted(facets)))
    return _BY_RAREST.format(
        ctes=f"{windows(rows.face, span, arguments.add)}, {rarest}",
        few=rows.all(fitting),
        many=rows.walk(fitting),
    )


def _for_index(wanted: Wanted, facets: frozenset[int], arguments: Arguments) -> str:
    """The conditions: words and the rarest of the ``facets`` for the index, or else the smallest group."""
    groups = sorted((group for group in wanted.any_of if len(group) > 1), key=len)
    where = [f"i.tsv @@ {tsquery(wanted.terms, arguments)}"] if wanted.terms is not None else []
    if facets:
        where.append("i.facets @> (SELECT ARRAY[facet] FROM rarest)")
    elif not where:
        where.append(f"i.facets && {arguments.add(sorted(groups.pop(0)))}::integer[]")
    if len(facets) > 1:
        where.append(f"{_TESTED_FACETS} @> {arguments.add(sorted(facets))}::integer[]")
    where.extend(f"{_TESTED_FACETS} && {arguments.add(sorted(group))}::integer[]" for group in groups)
    if wanted.since is not None:
        where.append(f"{_TESTED_MOMENT} >= {arguments.add(wanted.since)}")
    if wanted.until is not None:
        where.append(f"{_TESTED_MOMENT} < {arguments.add(wanted.until)}")
    return " AND ".join(where)


def page(
    face: Face, wanted: Wanted, order: Order, *, after: Position | None, limit: int
) -> tuple[str, str, list[object]]:
    """A page: SQL for rows of ``video_id`` and sort keys, its ``ORDER BY`` for rows called ``page``,
    parameters.

    The sort key's columns are ``key`` and, for relevance alone, ``moment``.
    """
    if order.sort == "relevance" and wanted.terms is not None:
        return _ranked(face, wanted, wanted.terms, after=after, limit=limit)
    if order.sort in {"date", "relevance"} and wanted.is_searched:
        return _by_date(face, wanted, order, after=after, limit=limit)
    # Without words there is no relevance.
    column, kind = _KEYS[order.sort if order.sort != "relevance" else "date"]
    arguments = Arguments()
    where = conditions(wanted, arguments)
    source, tie = f"{face}_index i", "i.video_id"
    if wanted.terms is not None and wanted.terms.videos <= SORTED:
        # Few videos, whatever the planner thinks of the words.
        source, where = f"(SELECT {_SORTED_BY} FROM {source} WHERE {where} OFFSET 0) i", "true"
    if order.sort == "views":
        source, tie = f"video_views w JOIN {source} ON i.video_id = w.video_id", "w.video_id"
    compare, direction = ("<", "DESC") if order.descending else (">", "ASC")
    if after is not None:
        key, video_id = arguments.add(after.key), arguments.add(after.id)
        where += f" AND ({column}, {tie}) {compare} ({key}::{kind}, {video_id})"
    sql = (
        f"SELECT {tie} AS video_id, {column} AS key, NULL::timestamptz AS moment FROM {source} WHERE {where}"
        f" ORDER BY {column} {direction}, {tie} {direction} LIMIT {arguments.add(limit)}"
    )
    return sql, f"page.key {direction}, page.video_id {direction}", arguments.values


def _by_date(
    face: Face, wanted: Wanted, order: Order, *, after: Position | None, limit: int
) -> tuple[str, str, list[object]]:
    arguments = Arguments()
    compare, direction = ("<", "DESC") if order.descending else (">", "ASC")
    span, beyond = Span(since=wanted.since, until=wanted.until, descending=order.descending), ""
    if after is not None and isinstance(after.key, datetime):
        key, video_id = arguments.add(after.key), arguments.add(after.id)
        beyond = f"WHERE (f.moment, f.video_id) {compare} ({key}::timestamptz, {video_id})"
        span = replace(span, until=after.key) if order.descending else replace(span, since=after.key)
    beyond += f" ORDER BY f.moment {direction}, f.video_id {direction}"
    rows = Rows(face=face, limit=arguments.add(limit), beyond=beyond)
    found = _found(wanted, rows, span, arguments=arguments)
    sql = f"SELECT video_id, moment AS key, NULL::timestamptz AS moment FROM ({found}) found"
    return sql, f"page.key {direction}, page.video_id {direction}", arguments.values


def _ranked(
    face: Face, wanted: Wanted, terms: Terms, *, after: Position | None, limit: int
) -> tuple[str, str, list[object]]:
    arguments = Arguments()
    rank = f"ts_rank({_WEIGHTS}, i.tsv, {tsquery(terms, arguments)}, 1)"
    beyond = ""
    if after is not None:
        key, moment, video_id = map(arguments.add, (after.key, after.moment, after.id))
        beyond = f"WHERE (key, moment, video_id) < ({key}::double precision, {moment}, {video_id})"
    rows = Rows(face=face, limit=str(RANKED), columns="i.video_id, i.moment, i.tsv")
    newest = _found(wanted, rows, Span(since=wanted.since, until=wanted.until), arguments=arguments)
    sql = f"""
      SELECT video_id, key, moment FROM (
        SELECT i.video_id, i.moment, {rank} AS key FROM ({newest}) i
      ) ranked {beyond}
      ORDER BY key DESC, moment DESC, video_id DESC LIMIT {arguments.add(limit)}
    """
    return sql, "page.key DESC, page.moment DESC, page.video_id DESC", arguments.values
