"""Videos by their numbers, for lists that a browser keeps: what was watched, and what is to be."""

from __future__ import annotations

from vlog.api.deps import MAX_ID
from vlog.catalog import listing
from vlog.catalog.rows import ListedRow
from vlog.context import Context
from vlog.kit.errors import Invalid

MAX_IDS = 20


def ids_of(text: str) -> tuple[int, ...]:
    """The numbers of a list with commas, each once; raises ``Invalid`` (codes ``invalid_ids``,
    ``too_many_ids``).
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if any(not (part.isascii() and part.isdecimal() and len(part) < 20) for part in parts):
        raise Invalid("ids: give numbers of videos, separated by commas.", code="invalid_ids", field="ids")
    found = tuple(dict.fromkeys(int(part) for part in parts))
    if any(not 0 < each <= MAX_ID for each in found):
        raise Invalid("ids: numbers of videos are positive.", code="invalid_ids", field="ids")
    if len(found) > MAX_IDS:
        raise Invalid(f"Ask for at most {MAX_IDS} videos at once.", code="too_many_ids", field="ids")
    return found


async def visible(ctx: Context, ids: tuple[int, ...]) -> list[ListedRow]:
    """Those of these videos that visitors find, in this order."""
    found = {each.id: each for each in await listing.visible(ctx.db, ids)}
    return [found[each] for each in ids if each in found]
