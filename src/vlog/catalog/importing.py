"""Takes what was exported, one video at a time: only what is said is changed, and twice is once.

No video is ever created: without a source there is nothing to play.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict, cast

from vlog.catalog import chapters, fields, playlist_items, playlists, tags, taxonomy, videos
from vlog.catalog.chapters import ChapterFields
from vlog.catalog.fields import Field
from vlog.catalog.playlists import PlaylistChanges
from vlog.catalog.rows import VideoRow, Visibility
from vlog.catalog.text import clean_description, clean_title
from vlog.catalog.videos import VideoChanges
from vlog.db.engine import Database
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Invalid, NotFound
from vlog.kit.slugs import Slug, slugify

_TAGS = "SELECT tag_id FROM video_tags WHERE video_id = $1 ORDER BY tag_id"
_PLAYLIST = """
SELECT id FROM playlists WHERE deleted_at IS NULL AND (slug = $1 OR lower(title) = lower($2))
ORDER BY slug = $1 DESC, id LIMIT 1
"""

# What follows for the media of a video that becomes private.
Hide = Callable[[Transaction, int], Awaitable[object]]


class Listing(TypedDict, total=False):
    """A playlist that a video stands in."""

    slug: str
    title: str


class Row(TypedDict, total=False):
    """What is said of one video; a key that is absent changes nothing. ``slug`` or ``id`` names it."""

    id: int
    slug: str
    title: str
    description: str
    category: str | None
    tags: list[str]
    visibility: Visibility
    is_featured: bool
    chapters: list[ChapterFields]
    custom_fields: dict[str, object]
    playlists: list[Listing]


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How to import. ``by_id``: the export is of this installation, so that a video that has another slug
    now is found by its number. ``create_missing``: make categories, playlists and choices that don't exist
    (tags are made in any case). ``dry_run``: change nothing, only say what would be changed.
    """

    by_id: bool = False
    create_missing: bool = False
    dry_run: bool = False


@dataclass(kw_only=True, slots=True)
class Imported:
    """What became of one row: which video it is, and the names of what was changed. ``is_hidden``: it has
    become private.
    """

    video_id: int
    slug: str
    is_hidden: bool = False
    changed: list[str] = field(default_factory=list)


class _RolledBack(Exception):
    def __init__(self, imported: Imported) -> None:
        self.imported = imported


async def take(db: Database, row: Row, way: Way, *, hide: Hide) -> Imported:
    """Bring one video to what its row says, in a transaction of its own, in which ``hide`` is called for one
    that becomes private by it.

    Raises ``NotFound`` (code ``unknown_video``), ``Invalid``, ``Conflict``: then nothing of it was changed.
    """

    async def work(tx: Transaction) -> Imported:
        imported = await _take(tx, row, way)
        if imported.is_hidden:
            await hide(tx, imported.video_id)
        if way.dry_run:
            # Everything was done as it would be; the transaction ends with nothing of it.
            raise _RolledBack(imported)
        return imported

    try:
        return await transaction(db, work)
    except _RolledBack as rolled_back:
        return rolled_back.imported


async def _take(tx: Transaction, row: Row, way: Way) -> Imported:
    video = await videos.locked(tx, await _find(tx, row, way))
    videos.refuse_deleted(video)
    imported = Imported(video_id=video.id, slug=video.slug)
    changes = await _changes(tx, video, row, way=way)
    if changes:
        after = await videos.edit(tx, video.id, changes)
        imported.is_hidden = video.visibility != "private" and after.visibility == "private"
    names = {"category_id": "category", "tag_ids": "tags"}
    imported.changed += [names.get(name, name) for name in changes]
    if "chapters" in row and await _set_chapters(tx, video, row["chapters"]):
        imported.changed.append("chapters")
    if "custom_fields" in row and await _answer(tx, video.id, row["custom_fields"], way=way):
        imported.changed.append("custom_fields")
    if "playlists" in row and await _add_to(tx, video.id, row["playlists"], way=way):
        imported.changed.append("playlists")
    return imported


async def _find(reader: Reader, row: Row, way: Way) -> int:
    slug, video_id = row.get("slug"), row.get("id")
    if slug is not None:
        try:
            return (await videos.by_slug(reader, slug)).id
        except NotFound:
            pass
    if way.by_id and video_id is not None and 0 < video_id < 2**63:
        return (await videos.by_id(reader, video_id)).id
    raise NotFound(
        "There is no such video, and an import makes none: upload its source first.", code="unknown_video"
    )


async def _changes(tx: Transaction, video: VideoRow, row: Row, *, way: Way) -> VideoChanges:
    wanted = VideoChanges()
    if "title" in row:
        wanted["title"] = clean_title(row["title"])
    if "description" in row:
        wanted["description"] = clean_description(row["description"])
    if way.by_id and "slug" in row and row["slug"] != video.slug:
        wanted["slug"] = Slug(row["slug"])
    if "visibility" in row:
        wanted["visibility"] = row["visibility"]
    if "is_featured" in row:
        wanted["is_featured"] = row["is_featured"]
    if "category" in row:
        wanted["category_id"] = await _category(tx, row["category"], way)
    present = {name: getattr(video, name) for name in wanted}
    changed = {name: value for name, value in wanted.items() if value != present[name]}
    if "tags" in row:
        tag_ids = await tags.named(tx, row["tags"])
        before = [each["tag_id"] for each in await tx.fetch(_TAGS, video.id)]
        if sorted(set(tag_ids)) != before:
            changed["tag_ids"] = tag_ids
    return cast(VideoChanges, changed)


async def _category(tx: Transaction, name: str | None, way: Way) -> int | None:
    if not name:
        return None
    for each in await taxonomy.categories(tx):
        if name.casefold() in (each.name.casefold(), each.slug):
            return each.id
    if not way.create_missing:
        raise Invalid(f"There is no category “{name}”.", code="unknown_category", field="category")
    return (await taxonomy.create(tx, name)).id


async def _set_chapters(tx: Transaction, video: VideoRow, wanted: Sequence[ChapterFields]) -> bool:
    blank: ChapterFields = {"title": "", "description": "", "start_time": 0.0, "end_time": None}
    present = [
        (each.title, each.description, each.start_time, each.end_time)
        for each in await chapters.of_video(tx, video.id)
    ]
    whole = [{**blank, **each} for each in wanted]
    if [
        (each["title"], each["description"], each["start_time"], each["end_time"]) for each in whole
    ] == present:
        return False
    await chapters.replace(tx, video.id, wanted)
    return True


async def _answer(tx: Transaction, video_id: int, wanted: dict[str, object], *, way: Way) -> bool:
    video = await videos.by_id(tx, video_id)
    known = {given.field.slug: given for given in await fields.of_video(tx, video)}
    answers: dict[int, object] = {}
    for slug, said in wanted.items():
        given = known.get(slug)
        if given is None:
            raise Invalid(f"This video has no field “{slug}”.", code="unknown_field", field=slug)
        value = _of_kind(given.field, said)
        if value != given.value:
            await _allow(tx, given.field, value, way=way)
            answers[given.field.id] = value
    if answers:
        await fields.answer(tx, video_id, answers)
    return bool(answers)


def _of_kind(known: Field, value: object) -> object:
    """The value as its field takes it: tables know only texts."""
    if not isinstance(value, str):
        return value
    if known.field_type == "multi_select":
        return [part.strip() for part in value.split(";") if part.strip()]
    if known.field_type != "number":
        return value
    try:
        return float(value)
    except ValueError:
        return value


async def _allow(tx: Transaction, known: Field, value: object, *, way: Way) -> None:
    if not way.create_missing or known.field_type not in ("select", "multi_select"):
        return
    given = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
    present = await fields.by_id(tx, known.id)
    missing = [each for each in given if each not in present.options]
    if missing:
        await fields.edit(tx, known.id, {"options": [*present.options, *missing]})


async def _add_to(tx: Transaction, video_id: int, wanted: Sequence[Listing], *, way: Way) -> bool:
    """Put the video into the playlists where it is missing; it is taken out of none."""
    added = False
    for each in wanted:
        slug, title = each.get("slug", ""), each.get("title") or each.get("slug", "")
        playlist_id = await tx.fetchval(_PLAYLIST, slug, title)
        if playlist_id is None:
            if not way.create_missing:
                raise Invalid(f"There is no playlist “{title}”.", code="unknown_playlist", field="playlists")
            new = PlaylistChanges(title=title)
            if slug and slugify(slug) == slug:
                new["slug"] = slug
            playlist_id = (await playlists.create(tx, new)).id
        await playlists.locked(tx, playlist_id)
        added = bool(await playlist_items.add(tx, playlist_id, [video_id])) or added
    return added
