"""What the front page shows: a few rows of videos, asked for in one question, whatever the library's size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vlog.api.public import playlists as playlists_api
from vlog.api.public.playlists import PlaylistItem
from vlog.api.public.shapes import VideoItem, video_item
from vlog.catalog import shelves, taxonomy
from vlog.catalog.facets import Kind, facet
from vlog.catalog.playlists import PlaylistFilter
from vlog.catalog.rows import ListedRow
from vlog.catalog.shelves import Shelf
from vlog.catalog.taxonomy import Category
from vlog.context import Context
from vlog.kit.markdown import excerpt

FEATURED = 9
NEWEST = 18
IN_A_ROW = 8
CATEGORIES = 8
PLAYLISTS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row of a category or a playlist: ``url`` leads to all of it."""

    kind: Literal["category", "playlist"]
    title: str
    url: str
    video_count: int
    videos: list[VideoItem]


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """The front page. ``hero`` is the video that was featured last; ``featured`` are the others."""

    hero: VideoItem | None
    hero_words: str
    featured: list[VideoItem]
    newest: list[VideoItem]
    rows: list[Row]


async def home_of(ctx: Context) -> Home:
    """All of the front page but what the visitor's browser knows."""
    found = await taxonomy.categories(ctx.db, face="catalog")
    categories = [each for each in found if each.video_count][:CATEGORIES]
    wanted = PlaylistFilter(featured=True)
    playlists = (await playlists_api.page_of(ctx, wanted, limit=PLAYLISTS)).playlists
    featured, newest, *rest = await shelves.filled(
        ctx.db,
        [
            Shelf(kind="featured", limit=FEATURED),
            Shelf(kind="newest", limit=NEWEST),
            *(Shelf(kind="playlist", limit=IN_A_ROW, subject=each.id) for each in playlists),
            *(
                Shelf(kind="facet", limit=IN_A_ROW, subject=facet(Kind.CATEGORY, each.id))
                for each in categories
            ),
        ],
    )
    rows = [
        *(_playlist(each, videos) for each, videos in zip(playlists, rest, strict=False)),
        *(_category(each, videos) for each, videos in zip(categories, rest[len(playlists) :], strict=True)),
    ]
    shown = [video_item(each) for each in featured]
    return Home(
        hero=shown[0] if shown else None,
        hero_words=excerpt(shown[0].description, 320) if shown else "",
        featured=shown[1:],
        newest=[video_item(each) for each in newest],
        rows=[row for row in rows if row.videos],
    )


def _playlist(playlist: PlaylistItem, videos: list[ListedRow]) -> Row:
    return Row(
        kind="playlist",
        title=playlist.title,
        url=f"/playlist/{playlist.slug}",
        video_count=playlist.video_count,
        videos=[video_item(each) for each in videos],
    )


def _category(category: Category, videos: list[ListedRow]) -> Row:
    return Row(
        kind="category",
        title=category.name,
        url=f"/category/{category.slug}",
        video_count=category.video_count,
        videos=[video_item(each) for each in videos],
    )
