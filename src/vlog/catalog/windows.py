"""Walks through an index in the order of its moments that cost the same for frequent and for rare things.

A walk along the moments is long where hits are rare, or all old; a look into the GIN index is dear where hits
are many, because each row is read before they can be sorted. So the GIN index is asked window by window, the
newest (or oldest) one first, until there are rows enough. Each row carries the periods that its moment lies
in: its day, and runs of 8, 64 and 512 days. The index holds them with words and facets and puts all three
together without a look at the rows. Windows grow as fast as periods do, so few are asked, and no more than
some times as many rows are read as are wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from vlog.catalog.index import Face

# From the first day: the days up to the end of the next run of eight, then runs of eight up to the end of the
# next run of 64, and so on; of each length the first few are a window of their own. The longest runs go on to
# the end, in windows of one, two, four ... of them.
_DOWN = """
SELECT 0 AS length, n FROM bounds, generate_series(newest, (newest / 8 - 1) * 8, -1) AS n
UNION ALL SELECT 1, n FROM bounds, generate_series(newest / 8 - 2, (newest / 64 - 1) * 8, -1) AS n
UNION ALL SELECT 2, n FROM bounds, generate_series(newest / 64 - 2, (newest / 512 - 1) * 8, -1) AS n
UNION ALL SELECT 3, n FROM bounds, generate_series(newest / 512 - 2, oldest / 512, -1) AS n
"""
_UP = """
SELECT 0 AS length, n FROM bounds, generate_series(oldest, (oldest / 8 + 2) * 8 - 1) AS n
UNION ALL SELECT 1, n FROM bounds, generate_series(oldest / 8 + 2, (oldest / 64 + 2) * 8 - 1) AS n
UNION ALL SELECT 2, n FROM bounds, generate_series(oldest / 64 + 2, (oldest / 512 + 2) * 8 - 1) AS n
UNION ALL SELECT 3, n FROM bounds, generate_series(oldest / 512 + 2, newest / 512) AS n
"""
_WINDOWS = """
bounds AS MATERIALIZED (SELECT (periods({newest}))[1] AS newest, (periods({oldest}))[1] AS oldest),
windows AS MATERIALIZED (
  SELECT array_agg((length << 24) + n) AS periods FROM (
    SELECT length, n, row_number() OVER (PARTITION BY length ORDER BY n {direction}) AS place
    FROM ({runs}) runs
  ) placed
  GROUP BY length, CASE WHEN length = 3 THEN floor(log(2, place))::integer ELSE least(place / 4, 1) END
  ORDER BY length, min(place)
)
"""
_FIRST = "(SELECT moment FROM {face}_index ORDER BY moment {direction}, video_id {direction} LIMIT 1)"
# ``OFFSET 0``: rows are found before they are sorted, or the planner would walk along all moments.
_FOUND = """
SELECT f.* FROM (SELECT {columns} FROM {face}_index i WHERE {where} OFFSET 0) f {beyond} LIMIT {limit}
"""
# One window after the other: rows of the first ones come first.
_WALK = """
SELECT hit.* FROM windows CROSS JOIN LATERAL ({found}) hit LIMIT {limit}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """From which day to which one a walk goes, and from which end; ``None`` is to the end."""

    since: datetime | None = None
    until: datetime | None = None
    descending: bool = True


ALL = Span()
NEWEST = "ORDER BY f.moment DESC, f.video_id DESC"


def windows(face: Face, span: Span = ALL, add: Callable[[object], str] = str) -> str:
    """What follows ``WITH``. ``add`` makes a parameter of a bound."""
    newest, oldest = _FIRST.format(face=face, direction="DESC"), _FIRST.format(face=face, direction="ASC")
    return _WINDOWS.format(
        newest=newest if span.until is None else f"{add(span.until)}::timestamptz",
        oldest=oldest if span.since is None else f"{add(span.since)}::timestamptz",
        direction="DESC" if span.descending else "ASC",
        runs=_DOWN if span.descending else _UP,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Which rows of an index, called ``i``, and what of them: ``beyond`` is what follows them when they are
    called ``f``, conditions on their moments and their order.
    """

    face: Face
    limit: str
    columns: str = "i.video_id, i.moment"
    beyond: str = NEWEST

    def all(self, where: str) -> str:
        """The first ones of all for which ``where`` holds; for conditions that few fulfil."""
        return _FOUND.format(
            columns=self.columns, face=self.face, where=where, beyond=self.beyond, limit=self.limit
        )

    def walk(self, where: str) -> str:
        """The first ones of the ``windows``; ``where`` is a condition that the GIN index answers."""
        return _WALK.format(found=self.all(f"{where} AND i.periods && windows.periods"), limit=self.limit)
