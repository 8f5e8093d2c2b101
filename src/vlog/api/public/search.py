"""``/api/search``: what else could be chosen beside a list, and words while somebody types."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from vlog.api.hot import HotRoute, described, read_query
from vlog.api.public.answers import answer_shape
from vlog.api.public.queries import ListQuery
from vlog.catalog import browse, filters, listing
from vlog.catalog.facets import LENGTHS, Kind, parts
from vlog.catalog.query import Order, Wanted
from vlog.catalog.search import folded, parse
from vlog.context import Context

router = APIRouter(prefix="/api/search", tags=["search"], route_class=HotRoute)

_SHOWN = 12
_SUGGESTED_VIDEOS = 5
_SUGGESTED_WORDS = 8
_LENGTH_NAMES = {number: name for name, number in LENGTHS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Something that a list can be narrowed down to: ``value`` is for the query, ``videos`` how many
    are left.
    """

    value: str
    label: str
    videos: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChoices:
    """Values of one custom field; ``field`` is its slug: the parameter is ``custom.{field}``."""

    field: str
    label: str
    values: list[Choice]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoiceGroups:
    """Choices by the parameters of ``/api/videos``. ``is_sample``: counted over a part of a long list."""

    category: list[Choice]
    tag: list[Choice]
    duration: list[Choice]
    quality: list[Choice]
    custom: list[FieldChoices]
    is_sample: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SuggestedVideo:
    """A video whose words fit what was typed so far."""

    title: str
    slug: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestions:
    """What somebody who types may be about to ask. ``corrected`` is the search that was probably meant."""

    words: list[str]
    videos: list[SuggestedVideo]
    corrected: str | None


class SuggestionQuery(BaseModel):
    """What was typed so far."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    q: str = Field("", max_length=200)


@router.get("/choices", response_model=ChoiceGroups, openapi_extra=described(ListQuery))
async def list_choices(request: Request) -> Response:
    """What the list of the same query could be narrowed down to."""
    asked = read_query(request, ListQuery).asked()

    async def make(ctx: Context) -> object:
        return await choices_of(ctx, await filters.resolve(ctx.db, asked, face="catalog"))

    return await answer_shape(request, ("choices", asked), make)


@router.get("/suggestions", response_model=Suggestions, openapi_extra=described(SuggestionQuery))
async def list_suggestions(request: Request) -> Response:
    """Words and videos for what was typed so far."""
    typed = " ".join(read_query(request, SuggestionQuery).q.split())

    async def make(ctx: Context) -> object:
        return await suggestions_of(ctx, typed)

    return await answer_shape(request, ("suggestions", typed), make)


async def choices_of(ctx: Context, wanted: Wanted) -> ChoiceGroups:
    """The most frequent choices of each kind, with their names."""
    found = await browse.choices(ctx.db, "catalog", wanted)
    by_kind: dict[Kind, list[tuple[int, int]]] = {}
    for number, videos in sorted(found.videos.items(), key=lambda pair: -pair[1]):
        kind, id_ = parts(number)
        by_kind.setdefault(kind, []).append((id_, videos))
    custom = dict(by_kind.pop(Kind.CUSTOM, []))
    most = {kind: counted[:_SHOWN] for kind, counted in by_kind.items()}
    names = await browse.names(
        ctx.db,
        category_ids=[id_ for id_, _ in most.get(Kind.CATEGORY, [])],
        tag_ids=[id_ for id_, _ in most.get(Kind.TAG, [])],
    )

    def named(kind: Kind) -> list[Choice]:
        pairs = [(names.get((kind, id_)), videos) for id_, videos in most.get(kind, [])]
        return [
            Choice(value=each.slug, label=each.name, videos=videos)
            for each, videos in pairs
            if each is not None
        ]

    return ChoiceGroups(
        category=named(Kind.CATEGORY),
        tag=named(Kind.TAG),
        duration=[
            Choice(value=_LENGTH_NAMES[id_], label=_LENGTH_NAMES[id_], videos=videos)
            for id_, videos in sorted(most.get(Kind.LENGTH, []))
        ],
        quality=[
            Choice(value=f"{id_}p", label=f"{id_}p", videos=videos)
            for id_, videos in sorted(most.get(Kind.HEIGHT, []), reverse=True)
        ],
        custom=await _custom(ctx, custom),
        is_sample=found.is_sample,
    )


async def _custom(ctx: Context, videos: dict[int, int]) -> list[FieldChoices]:
    groups: dict[str, FieldChoices] = {}
    for each in await browse.field_values(ctx.db, list(videos)):
        group = groups.setdefault(each.field, FieldChoices(field=each.field, label=each.name, values=[]))
        group.values.append(Choice(value=each.value, label=each.value, videos=videos[each.id]))
    for group in groups.values():
        group.values.sort(key=lambda choice: (-choice.videos, choice.label))
        del group.values[_SHOWN:]
    return list(groups.values())


async def suggestions_of(ctx: Context, typed: str) -> Suggestions:
    """Words that begin like the last one typed, and the videos that a search would find first."""
    terms = parse(typed)
    if terms is None:
        return Suggestions(words=[], videos=[], corrected=None)
    last = folded(typed.rpartition(" ")[2])
    words = await browse.completions(ctx.db, "catalog", last, limit=_SUGGESTED_WORDS) if last else []
    wanted = Wanted(terms=await browse.bounded(ctx.db, terms))
    page = await listing.public_page(
        ctx.db, wanted, Order(sort="relevance"), after=None, limit=_SUGGESTED_VIDEOS
    )
    better = None if page.items else await browse.corrected(ctx.db, "catalog", terms)
    return Suggestions(
        words=words,
        videos=[SuggestedVideo(title=video.title, slug=video.slug) for video in page.items],
        corrected=" ".join(better.plain) if better is not None else None,
    )
