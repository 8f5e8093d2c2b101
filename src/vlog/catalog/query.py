"""Which videos a list shows, in which order, and where it goes on: one builder for both faces of the library.

Every list is a walk along one index of ``catalog_index`` or ``library_index`` or a look into its GIN indexes;
the planner decides by the statistics of what is asked for. Paging is by the key of the last item shown, never
by a number of rows to skip, so a deep page costs what the first one costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from vlog.catalog import cursors
from vlog.catalog.cursors import Key, Position
from vlog.catalog.index import Face
from vlog.catalog.search import Terms

Sort = Literal["date", "title", "duration", "views", "relevance"]

# How many of the newest hits are ranked: for rarer words this is all of them.
RANKED = 300
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
    """What follows ``WHERE`` for an index row called ``i``."""
    clauses = ["true"]
    if wanted.terms is not None:
        clauses.append(f"i.tsv @@ {tsquery(wanted.terms, arguments)}")
    if wanted.all_of:
        clauses.append(f"i.facets @> {arguments.add(sorted(wanted.all_of))}::integer[]")
    clauses.extend(f"i.facets && {arguments.add(sorted(group))}::integer[]" for group in wanted.any_of)
    if wanted.since is not None:
        clauses.append(f"i.moment >= {arguments.add(wanted.since)}")
    if wanted.until is not None:
        clauses.append(f"i.moment < {arguments.add(wanted.until)}")
    return " AND ".join(clauses)


def tsquery(terms: Terms, arguments: Arguments) -> str:
    """The search as PostgreSQL's full-text search takes it."""
    whole, prefix = arguments.add(terms.whole), arguments.add(terms.prefix)
    return f"(websearch_to_tsquery('vlog', {whole}) && to_tsquery('vlog', {prefix}))"


def page(
    face: Face, wanted: Wanted, order: Order, *, after: Position | None, limit: int
) -> tuple[str, str, list[object]]:
    """A page: SQL for rows of ``video_id`` and sort keys, its ``ORDER BY`` for rows called ``page``,
    parameters.

    The sort key's columns are ``key`` and, for relevance alone, ``moment``.
    """
    if order.sort == "relevance" and wanted.terms is not None:
        return _ranked(face, wanted, wanted.terms, after=after, limit=limit)
    # Without words there is no relevance.
    column, kind = _KEYS[order.sort if order.sort != "relevance" else "date"]
    arguments = Arguments()
    where = conditions(wanted, arguments)
    compare, direction = ("<", "DESC") if order.descending else (">", "ASC")
    if after is not None:
        key, video_id = arguments.add(after.key), arguments.add(after.id)
        tie = "w.video_id" if order.sort == "views" else "i.video_id"
        where += f" AND ({column}, {tie}) {compare} ({key}::{kind}, {video_id})"
    source = f"{face}_index i"
    tie = "i.video_id"
    if order.sort == "views":
        source, tie = f"video_views w JOIN {face}_index i ON i.video_id = w.video_id", "w.video_id"
    sql = (
        f"SELECT {tie} AS video_id, {column} AS key, NULL::timestamptz AS moment FROM {source} WHERE {where}"
        f" ORDER BY {column} {direction}, {tie} {direction} LIMIT {arguments.add(limit)}"
    )
    return sql, f"page.key {direction}, page.video_id {direction}", arguments.values


def _ranked(
    face: Face, wanted: Wanted, terms: Terms, *, after: Position | None, limit: int
) -> tuple[str, str, list[object]]:
    arguments = Arguments()
    where = conditions(wanted, arguments)
    rank = f"ts_rank({_WEIGHTS}, i.tsv, {tsquery(terms, arguments)}, 1)"
    beyond = ""
    if after is not None:
        key, moment, video_id = map(arguments.add, (after.key, after.moment, after.id))
        beyond = f"WHERE (key, moment, video_id) < ({key}::double precision, {moment}, {video_id})"
    sql = f"""
      SELECT video_id, key, moment FROM (
        SELECT i.video_id, i.moment, {rank} AS key FROM (
          SELECT i.video_id, i.moment, i.tsv FROM {face}_index i WHERE {where}
          ORDER BY i.moment DESC, i.video_id DESC LIMIT {RANKED}
        ) i
      ) ranked {beyond}
      ORDER BY key DESC, moment DESC, video_id DESC LIMIT {arguments.add(limit)}
    """
    return sql, "page.key DESC, page.moment DESC, page.video_id DESC", arguments.values
