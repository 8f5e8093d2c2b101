"""What lists of videos can be asked, by programs and by pages alike."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from vlog.api.values import heights, names, one_of
from vlog.catalog.facets import LENGTHS
from vlog.catalog.filters import Asked
from vlog.catalog.query import Order, Sort


class ListQuery(BaseModel):
    """What the list can be asked. Values are separated by commas; ``custom.{slug}`` filters by the value of a
    custom field that is for this.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = None
    search: str = ""
    category: str = Field("", max_length=1000)
    tag: str = Field("", max_length=1000)
    duration: str = Field("", max_length=100)
    quality: str = Field("", max_length=100)
    date_from: AwareDatetime | None = None
    date_to: AwareDatetime | None = None
    featured: bool = False
    has_chapters: bool = False
    sort: Sort | None = None
    order: Literal["asc", "desc"] | None = None
    include_total: bool = False

    def asked(self) -> Asked:
        """The conditions."""
        extra = (self.model_extra or {}).items()
        custom = ((name[7:], str(value)) for name, value in extra if name.startswith("custom."))
        return Asked(
            search=" ".join(self.search.split()),
            categories=names(self.category),
            tags=names(self.tag),
            lengths=one_of(names(self.duration), LENGTHS, field="duration"),
            heights=heights(names(self.quality)),
            featured=self.featured,
            has_chapters=self.has_chapters,
            since=self.date_from,
            until=self.date_to,
            custom=tuple(sorted(pair for pair in custom if pair[0])),
        )

    def ordered(self) -> Order:
        """The order that is asked for."""
        return Order.asked(self.sort, self.order, search=self.search)
