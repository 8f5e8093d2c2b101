"""Custom fields: what a library wants to know of its videos beyond what every video has.

A field belongs to all videos or to those of one category. Values are checked by the field's type and
constraints and kept as JSON; each distinct value has a number in ``custom_values``, by which lists filter as
they do by tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

import asyncpg
import msgspec

from vlog.catalog import index, naming, videos
from vlog.catalog.field_values import Constraints, FieldType, Value, checked, checked_constraints
from vlog.catalog.revisions import refuse_unseen
from vlog.catalog.rows import VideoRow
from vlog.catalog.taxonomy import require_category
from vlog.catalog.text import clean_line, clean_text
from vlog.db.reader import Reader
from vlog.db.transaction import Transaction
from vlog.events import audit
from vlog.events.types import VideoUpdated
from vlog.kit.errors import Conflict, Invalid, NotFound
from vlog.kit.slugs import slugify

NAME_MAX_LENGTH = 100
DESCRIPTION_MAX_LENGTH = 500
MAX_FIELDS = 100
MAX_OPTIONS = 100
OPTION_MAX_LENGTH = 100

_COLUMNS = """
f.id, f.name, f.slug, f.field_type, f.options, f.required, f.category_id, f.position, f.constraints,
f.description, f.is_public, f.is_filterable, f.edit_revision, f.created_at
"""
_LIST = f"SELECT {_COLUMNS} FROM custom_field_definitions f"
_OF_VIDEO = f"""
SELECT {_COLUMNS}, given.value FROM custom_field_definitions f
LEFT JOIN video_custom_fields given ON given.field_id = f.id AND given.video_id = $1
WHERE f.category_id IS NULL OR f.category_id = $2 OR given.value IS NOT NULL
ORDER BY f.position, f.id
"""
_INSERT = """
INSERT INTO custom_field_definitions
  (name, slug, field_type, options, required, category_id, position, constraints, description,
   is_public, is_filterable)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING id
"""
_UPDATE = """
UPDATE custom_field_definitions SET name = $2, options = $3, required = $4, position = $5, constraints = $6,
  description = $7, is_public = $8, is_filterable = $9, edit_revision = edit_revision + 1
WHERE id = $1
"""
_TOLD = (
    *("name", "options", "required", "position", "constraints", "description"),
    *("is_public", "is_filterable"),
)
_SET = """
INSERT INTO video_custom_fields (video_id, field_id, value) VALUES ($1, $2, $3)
ON CONFLICT (video_id, field_id) DO UPDATE SET value = excluded.value
"""
# As the view ``indexed_videos`` reads them. Those that are there are passed over first: a refused insertion
# would use up a number all the same.
_NUMBER = """
INSERT INTO custom_values (field_id, value)
SELECT $1::bigint, part.value FROM jsonb_array_elements_text(
  CASE jsonb_typeof($2::jsonb) WHEN 'array' THEN $2::jsonb ELSE jsonb_build_array($2::jsonb) END
) AS part (value)
WHERE NOT EXISTS (SELECT FROM custom_values k WHERE k.field_id = $1 AND k.value = part.value)
ON CONFLICT DO NOTHING
"""
_LOCK = "SELECT 1 FROM custom_field_definitions WHERE id = $1 FOR UPDATE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One field. ``options`` are the choices of selects; ``category_id`` of ``None``: of all videos.

    What videos say to it is shown to visitors where ``is_public`` holds, and they can filter by it where
    ``is_filterable`` does, too. ``edit_revision`` counts what people have changed of it.
    """

    id: int
    name: str
    slug: str
    field_type: FieldType
    options: tuple[str, ...]
    required: bool
    category_id: int | None
    position: int
    constraints: Constraints
    description: str
    is_public: bool
    is_filterable: bool
    edit_revision: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a video says to a field; ``None``: nothing."""

    field: Field
    value: Value | None


class FieldChanges(TypedDict, total=False):
    """What an editor changes; type and category are fixed, because values depend on them."""

    name: str
    options: list[str]
    required: bool
    position: int
    constraints: Constraints
    description: str
    is_public: bool
    is_filterable: bool


class NewField(FieldChanges, total=False):
    """A field to be made; ``name`` and ``field_type`` are needed."""

    field_type: FieldType
    category_id: int | None


async def fields(reader: Reader) -> list[Field]:
    """All fields in their order; there are few."""
    return [_field(row) for row in await reader.fetch(f"{_LIST} ORDER BY f.position, f.id")]


async def by_id(reader: Reader, field_id: int) -> Field:
    """One field; raises ``NotFound`` (code ``unknown_field``)."""
    row = await reader.fetchrow(f"{_LIST} WHERE f.id = $1", field_id)
    if row is None:
        raise NotFound("There is no such field.", code="unknown_field")
    return _field(row)


async def create(tx: Transaction, new: NewField) -> Field:
    """Make a field.

    Raises ``Invalid`` (codes ``invalid_name``, ``invalid_options``, ``invalid_constraints``, …), ``Conflict``
    (codes ``field_exists``, ``too_many_fields``).
    """
    if await tx.fetchval("SELECT count(*) FROM custom_field_definitions") >= MAX_FIELDS:
        raise Conflict(f"There are at most {MAX_FIELDS} fields.", code="too_many_fields")
    category_id = new.get("category_id")
    await require_category(tx, category_id)
    name = clean_line(new.get("name", ""), field="name", maximum=NAME_MAX_LENGTH)
    if slugify(name) is None:
        raise Invalid("A field's name needs a Latin letter or a digit.", code="invalid_name", field="name")
    # Two categories may have fields of one name, whose slugs differ: a video that has moved answers both.
    slug = await naming.address(tx, "field", name)
    if any(each.category_id == category_id and _is_same(each.name, name) for each in await fields(tx)):
        raise _exists(name)
    kind = new["field_type"]
    field_id = await tx.fetchval(
        _INSERT,
        name,
        slug,
        kind,
        _json(_options(kind, new.get("options", []))),
        new.get("required", False),
        category_id,
        new.get("position", 0),
        _json(checked_constraints(kind, new.get("constraints", Constraints()))),
        _description(new.get("description", "")),
        new.get("is_public", True),
        new.get("is_filterable", True),
    )
    if field_id is None:
        raise _exists(name)
    await audit.note(tx, "field.created", (field_id, name))
    return await by_id(tx, field_id)


async def edit(
    tx: Transaction, field_id: int, changes: FieldChanges, *, seen_revision: int | None = None
) -> Field:
    """Change a field; values that it has already stay, also where they would be refused now.
    ``seen_revision``: see ``videos.edit``.

    Raises ``NotFound``, ``Invalid``, ``Conflict`` (code ``edited_meanwhile``).
    """
    await tx.fetch(_LOCK, field_id)
    before = await by_id(tx, field_id)
    refuse_unseen("field", present=before.edit_revision, seen=seen_revision)
    name = clean_line(changes.get("name", before.name), field="name", maximum=NAME_MAX_LENGTH)
    await tx.execute(
        _UPDATE,
        field_id,
        name,
        _json(_options(before.field_type, changes.get("options", list(before.options)))),
        changes.get("required", before.required),
        changes.get("position", before.position),
        _json(checked_constraints(before.field_type, changes.get("constraints", before.constraints))),
        _description(changes.get("description", before.description)),
        changes.get("is_public", before.is_public),
        changes.get("is_filterable", before.is_filterable),
    )
    after = await by_id(tx, field_id)
    changed = audit.changes(before, after, _TOLD)
    await audit.note(tx, "field.edited", (field_id, name), **changed)
    return after


async def answered(reader: Reader, field_id: int, *, at_most: int) -> int:
    """How many videos say something to a field; counting ends at ``at_most``."""
    sql = "SELECT count(*) FROM (SELECT FROM video_custom_fields WHERE field_id = $1 LIMIT $2) found"
    return int(await reader.fetchval(sql, field_id, at_most))


async def delete(tx: Transaction, field_id: int) -> None:
    """Remove a field and what videos say to it. Raises ``NotFound`` (code ``unknown_field``)."""
    # Against answers that come meanwhile: their videos would keep a choice that nobody can name.
    await tx.fetch(_LOCK, field_id)
    field = await by_id(tx, field_id)
    videos_count = await index.enqueue_field(tx, field_id)
    await tx.execute("DELETE FROM custom_field_definitions WHERE id = $1", field_id)
    await audit.note(tx, "field.deleted", (field_id, field.name), videos=videos_count)


async def of_video(reader: Reader, video: VideoRow) -> list[Given]:
    """The fields of a video, and what it says to each."""
    return [_given(row) for row in await reader.fetch(_OF_VIDEO, video.id, video.category_id)]


async def shown(reader: Reader, video: VideoRow) -> list[Given]:
    """What visitors are told: public fields to which the video says something."""
    given = await of_video(reader, video)
    return [each for each in given if each.field.is_public and each.value not in (None, "", [])]


async def answer(
    tx: Transaction, video_id: int, values: Mapping[int, object], *, seen_revision: int | None = None
) -> list[Given]:
    """Set values of a video's fields by their ids; ``None`` clears one. ``seen_revision``: see
    ``videos.edit``.

    Raises ``NotFound``, ``Invalid`` (codes ``unknown_field``, ``invalid_value``, ``value_required``),
    ``Conflict`` (codes ``video_deleted``, ``edited_meanwhile``).
    """
    video = await videos.locked(tx, video_id)
    videos.refuse_deleted(video)
    videos.refuse_unseen(video, seen_revision)
    known = {given.field.id: given.field for given in await of_video(tx, video)}
    for field_id, value in values.items():
        field = known.get(field_id)
        if field is None:
            raise Invalid("This field is none of this video's.", code="unknown_field", field=str(field_id))
        await _answer(tx, video_id, field, value=value)
    await tx.execute("UPDATE videos SET edit_revision = edit_revision + 1 WHERE id = $1", video_id)
    await videos.changed(tx, VideoUpdated(video_id))
    names = {known[field_id].name: value for field_id, value in values.items()}
    await audit.note(tx, "video.fields", (video_id, video.title), values=names)
    return await of_video(tx, video)


async def _answer(tx: Transaction, video_id: int, field: Field, *, value: object) -> None:
    if value is None or value in ("", []):
        if field.required:
            raise Invalid(f"“{field.name}” is needed.", code="value_required", field=field.slug)
        await tx.execute(
            "DELETE FROM video_custom_fields WHERE video_id = $1 AND field_id = $2", video_id, field.id
        )
        return
    found = checked(field.field_type, field.options, field.constraints, value=value, name=field.name)
    await tx.execute(_NUMBER, field.id, _json(found))
    await tx.execute(_SET, video_id, field.id, _json(found))


def _is_same(name: str, other: str) -> bool:
    return name.lower() == other.lower() or (slugify(name) == slugify(other) and naming.are_one(name, other))


def _exists(name: str) -> Conflict:
    return Conflict(f"There is a field “{name}” already.", code="field_exists", field="name")


def _options(kind: FieldType, options: list[str]) -> list[str]:
    cleaned = [clean_line(each, field="options", maximum=OPTION_MAX_LENGTH) for each in options]
    is_select = kind in {"select", "multi_select"}
    if is_select != bool(cleaned) or len(cleaned) > MAX_OPTIONS or len(set(cleaned)) != len(cleaned):
        raise Invalid(
            f"Selects have 1 to {MAX_OPTIONS} different options, other fields none.",
            code="invalid_options",
            field="options",
        )
    return cleaned


def _description(text: str) -> str:
    return clean_text(text, field="description", maximum=DESCRIPTION_MAX_LENGTH)


def _field(row: asyncpg.Record) -> Field:
    values = {name: row[name] for name in Field.__dataclass_fields__}
    values["options"] = tuple(msgspec.json.decode(row["options"]))
    values["constraints"] = msgspec.json.decode(row["constraints"], type=Constraints)
    return Field(**values)


def _given(row: asyncpg.Record) -> Given:
    return Given(field=_field(row), value=msgspec.json.decode(row["value"]) if row["value"] else None)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
