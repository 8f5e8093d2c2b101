"""What lists filter by, as integers: one array per video, one GIN index for every combination.

The same numbers are made by the database's function ``facet(kind, id)`` in the view ``indexed_videos``.
"""

from __future__ import annotations

from enum import IntEnum

_SHIFT = 24
MAX_ID = (1 << _SHIFT) - 1


class Kind(IntEnum):
    """What a facet says of a video; each kind has ids of its own."""

    TAG = 1
    CATEGORY = 2
    HEIGHT = 3
    LENGTH = 4
    MARK = 5
    STATUS = 6
    VISIBILITY = 7
    PUBLICATION = 8
    CUSTOM = 9


# Values of custom fields are the only ones that grow with the library and its history: theirs is the last
# kind, whose ids may go on up to the end of 31 bits.
MAX_VALUE_ID = (1 << 31) - 1 - (Kind.CUSTOM << _SHIFT)
# Ids of the kinds whose values are ours.
LENGTHS = {"short": 1, "medium": 2, "long": 3}
MARKS = {"featured": 1, "has_chapters": 2}
STATUSES = {"pending": 1, "processing": 2, "ready": 3, "failed": 4}
VISIBILITIES = {"public": 1, "unlisted": 2, "private": 3}
PUBLICATIONS = {"published": 1, "scheduled": 2, "draft": 3}
# What category a video without one has.
NO_CATEGORY = 0


def facet(kind: Kind, id_: int) -> int:
    """The number of one facet, at most 31 bits; raises ``ValueError`` for an id that has no place in it."""
    if not 0 <= id_ <= (MAX_VALUE_ID if kind == Kind.CUSTOM else MAX_ID):
        raise ValueError(f"no facet has the id {id_}")
    return (kind << _SHIFT) + id_


def parts(number: int) -> tuple[Kind, int]:
    """Kind and id of a facet."""
    kind = Kind(min(number >> _SHIFT, Kind.CUSTOM))
    return kind, number - (kind << _SHIFT)
