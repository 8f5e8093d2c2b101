"""What the search page is asked: all of it stands in its address, named as in the API where it has that.

Forms repeat a name for each box that is ticked; addresses that the page makes join the values by commas.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from vlog.api.values import heights, names, one_of
from vlog.catalog.facets import LENGTHS
from vlog.catalog.filters import Asked
from vlog.catalog.query import Order
from vlog.kit.errors import Invalid

SORTS = {
    "relevance": Order(sort="relevance"),
    "newest": Order(),
    "oldest": Order(descending=False),
    "views": Order(sort="views"),
    "title": Order(sort="title", descending=False),
    "longest": Order(sort="duration"),
    "shortest": Order(sort="duration", descending=False),
}
PERIODS = {"week": 7, "month": 31, "year": 366}
_LISTS = ("category", "tag", "duration", "quality")
_FLAGS = ("featured", "has_chapters")
_DATES = ("date_from", "date_to")
_MAX_LENGTH = 1000

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sought:
    """The question. ``filters`` are its conditions one by one, as name and value; ``sort`` is a name in
    ``SORTS``; ``is_exact``: don't look for other spellings.
    """

    search: str
    filters: tuple[Pair, ...]
    sort: str
    is_exact: bool
    cursor: str | None

    @property
    def order(self) -> Order:
        """The order of the list."""
        return SORTS[self.sort]

    def values(self, name: str) -> tuple[str, ...]:
        """The values of one parameter."""
        return tuple(value for each, value in self.filters if each == name)

    def without(self, name: str) -> Sought:
        """The same without the conditions of one name."""
        return replace(self, filters=tuple(each for each in self.filters if each[0] != name))

    def url(self, *, less: Pair | None = None, exact: bool = False, cursor: str | None = None) -> str:
        """The address of this question, without one of its conditions if need be."""
        joined: dict[str, str] = {}
        pairs: list[Pair] = [("search", self.search)] if self.search else []
        for name, value in self.filters:
            if (name, value) == less:
                continue
            if name in _LISTS:
                joined[name] = f"{joined[name]},{value}" if name in joined else value
            else:
                pairs.append((name, value))
        pairs += joined.items()
        if self.sort != default_sort(self.search):
            pairs.append(("sort", self.sort))
        pairs += [("exact", "true")] if exact or self.is_exact else []
        pairs += [("cursor", cursor)] if cursor else []
        return f"/search?{urlencode(pairs, safe=',', quote_via=quote)}" if pairs else "/search"

    @property
    def url_of_words(self) -> str:
        """The same search without any condition."""
        return replace(self, filters=()).url()

    def asked(self, today: date) -> Asked:
        """The conditions; raises ``Invalid``."""
        since, until = self._period(today)
        return Asked(
            search=self.search,
            categories=self.values("category"),
            tags=self.values("tag"),
            lengths=one_of(self.values("duration"), LENGTHS, field="duration"),
            heights=heights(self.values("quality")),
            featured="true" in self.values("featured"),
            has_chapters="true" in self.values("has_chapters"),
            since=since,
            until=until,
            custom=tuple((name[7:], value) for name, value in self.filters if name.startswith("custom.")),
        )

    def _period(self, today: date) -> tuple[datetime | None, datetime | None]:
        since, until = (_day(self.values(name), field=name) for name in _DATES)
        within = one_of(self.values("within"), PERIODS, field="within")
        if within and since is None:
            since = today - timedelta(days=PERIODS[within[0]])
        # The last day counts.
        return _moment(since), _moment(until + timedelta(days=1) if until is not None else None)


def default_sort(search: str) -> str:
    """What fits best for a search, else newest first."""
    return "relevance" if search else "newest"


def read(params: QueryParams) -> Sought:
    """The question in an address; raises ``Invalid``. What is empty or unknown asks nothing."""
    search = " ".join(params.get("search", "").split())
    filters: dict[Pair, None] = {}
    for name, given in params.multi_items():
        text = given[:_MAX_LENGTH].strip()
        if name in _LISTS:
            filters.update(dict.fromkeys((name, value) for value in names(text)))
        elif _is_condition(name, text):
            filters[name, text] = None
    sort = params.get("sort") or default_sort(search)
    if sort == "relevance" and not search:
        sort = "newest"
    one_of((sort,), SORTS, field="sort")
    return Sought(
        search=search,
        filters=tuple(filters),
        sort=sort,
        is_exact=params.get("exact") == "true",
        cursor=params.get("cursor") or None,
    )


def _is_condition(name: str, text: str) -> bool:
    if name in _FLAGS:
        return text == "true"
    return bool(text) and (name in _DATES or name == "within" or name.startswith("custom."))


def _day(given: tuple[str, ...], *, field: str) -> date | None:
    if not given:
        return None
    try:
        found = date.fromisoformat(given[-1])
    except ValueError as error:
        raise Invalid(f"{field}: give a day such as 2026-03-31.", code="invalid_date", field=field) from error
    if not 1970 <= found.year <= 9990:
        raise Invalid(f"{field}: give a day after 1970.", code="invalid_date", field=field)
    return found


def _moment(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if day is not None else None
