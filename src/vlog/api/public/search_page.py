"""``/search``: words, choices with numbers beside them, and the videos; an address for every question."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.deps import Ctx
from vlog.api.public import search as api
from vlog.api.public import sought
from vlog.api.public.search import Choice
from vlog.api.public.shapes import VideoItem, video_item
from vlog.api.public.sought import Sought
from vlog.api.public.speaking import PagesOf
from vlog.api.render import site_of
from vlog.catalog import browse, cursors, filters, listing
from vlog.catalog.query import Wanted
from vlog.context import Context
from vlog.kit.clock import now
from vlog.kit.errors import NotFound

router = APIRouter(include_in_schema=False)
PAGE_SIZE = 24
_ANY_OF = ("category", "duration", "quality")


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A part of the choices: ``name`` is the parameter, ``label`` set where people have named it."""

    name: str
    label: str | None
    choices: list[Choice]
    chosen: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """A condition that can be taken away by following ``url``."""

    name: str
    label: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The answer. ``total`` is exact unless ``is_more``: then there are more than so many.

    ``corrected`` is the search whose videos are shown in the place of one that finds none; ``meant`` the one
    that is offered where somebody insists.
    """

    videos: list[VideoItem]
    total: int
    is_more: bool
    groups: list[Group]
    chips: list[Chip]
    next_url: str | None
    corrected: str | None = None
    meant: str | None = None
    is_unknown: bool = False


@router.get("/search", response_class=Response)
async def search(request: Request, ctx: Ctx, pages: PagesOf) -> Response:
    """The page."""
    question = sought.read(request.query_params)
    try:
        found = await _answer(ctx, question)
    except NotFound:
        # A category or tag of the question is gone: what is left of it can still be asked.
        found = _nothing(question)
    context: dict[str, object] = {
        "site": await site_of(ctx.settings),
        "place": "search",
        "search": question.search,
        "question": question,
        "found": found,
        "sorts": [each for each in sought.SORTS if question.search or each != "relevance"],
        "exact_url": question.url(exact=True),
        "first_url": question.url() if question.cursor else None,
    }
    status = HTTPStatus.NOT_FOUND if found.is_unknown else HTTPStatus.OK
    return pages.render("public/search.html", context, status=status)


async def _answer(ctx: Context, question: Sought) -> Found:
    wanted = await filters.resolve(ctx.db, question.asked(now().date()), face="catalog")
    total, is_exact = await browse.count(ctx.db, "catalog", wanted)
    corrected = meant = None
    if total == 0 and wanted.terms is not None:
        better = await browse.corrected(ctx.db, "catalog", wanted.terms)
        if better is not None and question.is_exact:
            meant = " ".join(better.plain)
        elif better is not None:
            wanted = replace(wanted, terms=better)
            corrected = " ".join(better.plain)
            total, is_exact = await browse.count(ctx.db, "catalog", wanted)
    after = question.order.position(question.cursor) if question.cursor else None
    page = await listing.public_page(ctx.db, wanted, question.order, after=after, limit=PAGE_SIZE)
    groups = await _groups(ctx, question, wanted)
    following = page.next_position
    cursor = cursors.encode(following, of=question.order.name) if following is not None else None
    return Found(
        videos=[video_item(video) for video in page.items],
        total=total,
        is_more=not is_exact,
        groups=groups,
        chips=_chips(question, groups),
        next_url=question.url(cursor=cursor) if cursor is not None else None,
        corrected=corrected,
        meant=meant,
    )


async def _groups(ctx: Context, question: Sought, wanted: Wanted) -> list[Group]:
    """The choices. Of those of which one is enough, the numbers are what choosing another one would add."""
    within = await api.choices_of(ctx, wanted)
    groups = []
    for name in ("category", "duration", "quality", "tag"):
        found = within
        if name in _ANY_OF and question.values(name):
            asked = question.without(name).asked(now().date())
            others = replace(await filters.resolve(ctx.db, asked, face="catalog"), terms=wanted.terms)
            found = await api.choices_of(ctx, others)
        choices = _with_chosen(getattr(found, name), question.values(name))
        groups.append(Group(name=name, label=None, choices=choices, chosen=question.values(name)))
    for field in within.custom:
        chosen = question.values(f"custom.{field.field}")
        choices = _with_chosen(field.values, chosen)
        groups.append(Group(name=f"custom.{field.field}", label=field.label, choices=choices, chosen=chosen))
    return [group for group in groups if group.choices]


def _with_chosen(choices: list[Choice], chosen: tuple[str, ...]) -> list[Choice]:
    """What is chosen stays there to be unchosen, even where no video is left."""
    present = {choice.value for choice in choices}
    missing = [Choice(value=each, label=each, videos=0) for each in chosen if each not in present]
    return [*choices, *missing]


def _chips(question: Sought, groups: list[Group]) -> list[Chip]:
    labels = {(group.name, each.value): each.label for group in groups for each in group.choices}
    return [
        Chip(name=name, label=labels.get((name, value), value), url=question.url(less=(name, value)))
        for name, value in question.filters
    ]


def _nothing(question: Sought) -> Found:
    return Found(
        videos=[],
        total=0,
        is_more=False,
        groups=[],
        chips=_chips(question, []),
        next_url=None,
        is_unknown=True,
    )
