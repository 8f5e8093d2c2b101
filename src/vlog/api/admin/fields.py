"""``/api/custom-fields`` and ``/api/videos/{id}/custom-fields``."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import MAX_ID, Ctx, RowId, Text, sent_fields
from vlog.catalog import fields, videos
from vlog.catalog.field_values import Constraints, FieldType, Value
from vlog.catalog.fields import Field, FieldChanges, Given, NewField
from vlog.db.transaction import transaction

router = APIRouter(prefix="/api", tags=["custom fields"], dependencies=ADMIN_ONLY)

_COUNTED = 10_000

_Options = Annotated[list[Text], Bounded(max_length=1000)]
_Position = Annotated[int, Bounded(ge=0, le=100_000)]
_Length = Annotated[int, Bounded(ge=0, le=100_000)]
_Number = Annotated[float, Bounded(allow_inf_nan=False)]


class Limits(BaseModel):
    """Constraints of a field; which of them mean something depends on its type."""

    model_config = ConfigDict(extra="forbid")

    min: _Number | None = None
    max: _Number | None = None
    min_length: _Length | None = None
    max_length: _Length | None = None
    pattern: Text | None = None


class FieldEdit(BaseModel):
    """What to change; fields that are not sent stay as they are.

    ``edit_revision`` is what the editor has seen: with it, nothing is changed if somebody else has changed
    it since.
    """

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None
    options: _Options | None = None
    required: bool | None = None
    position: _Position | None = None
    constraints: Limits | None = None
    description: Text | None = None
    is_public: bool | None = None
    is_filterable: bool | None = None
    edit_revision: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None


class FieldCreation(BaseModel):
    """A field to be made. Visitors see what videos say to it where ``is_public`` holds, and can filter by it
    where ``is_filterable`` does, too.
    """

    model_config = ConfigDict(extra="forbid")

    name: Text
    field_type: FieldType
    options: _Options = []
    required: bool = False
    category_id: Annotated[int, Bounded(ge=1, le=MAX_ID)] | None = None
    position: _Position = 0
    constraints: Limits = Limits()
    description: Text = ""
    is_public: bool = True
    is_filterable: bool = True


class FieldValues(BaseModel):
    """Values by the ids of their fields; ``null`` clears one.

    ``edit_revision`` is what the editor has seen: with it, nothing is changed if somebody else has changed
    the video since.
    """

    model_config = ConfigDict(extra="forbid")

    values: Annotated[dict[Annotated[int, Bounded(ge=1, le=MAX_ID)], JsonValue], Bounded(max_length=200)]
    edit_revision: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldShape:
    """One field."""

    id: int
    name: str
    slug: str
    field_type: FieldType
    options: list[str]
    required: bool
    category_id: int | None
    position: int
    constraints: Limits
    description: str
    is_public: bool
    is_filterable: bool
    edit_revision: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldList:
    """All fields in their order."""

    fields: list[FieldShape]
    total_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldValue:
    """A field of a video, and what it says to it."""

    field_id: int
    field_slug: str
    field_name: str
    field_type: FieldType
    value: Value | None
    required: bool
    options: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldUsage:
    """How many videos say something to a field; ``is_more``: more than were counted."""

    field_id: int
    videos: int
    is_more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoFields:
    """All fields of a video."""

    video_id: int
    fields: list[FieldValue]


@router.get("/custom-fields")
async def list_fields(
    ctx: Ctx, category_id: Annotated[int | None, Query(ge=0, le=MAX_ID)] = None
) -> FieldList:
    """All fields in their order, or those of one category alone; ``category_id`` 0: those of all videos."""
    wanted = category_id or None
    every = await fields.fields(ctx.db)
    found = [_shape(field) for field in every if category_id is None or field.category_id == wanted]
    return FieldList(fields=found, total_count=len(found))


@router.post("/custom-fields", status_code=HTTPStatus.CREATED)
async def create_field(ctx: Ctx, new: FieldCreation) -> FieldShape:
    """Make a field for all videos, or for those of one category."""
    wanted = NewField(
        name=new.name,
        field_type=new.field_type,
        options=new.options,
        required=new.required,
        category_id=new.category_id,
        position=new.position,
        constraints=_constraints(new.constraints),
        description=new.description,
        is_public=new.is_public,
        is_filterable=new.is_filterable,
    )
    return _shape(await transaction(ctx.db, lambda tx: fields.create(tx, wanted)))


@router.get("/custom-fields/{field_id}")
async def get_field(ctx: Ctx, field_id: RowId) -> FieldShape:
    """One field."""
    return _shape(await fields.by_id(ctx.db, field_id))


@router.put("/custom-fields/{field_id}")
async def edit_field(ctx: Ctx, field_id: RowId, edit: FieldEdit) -> FieldShape:
    """Change a field; its type and category are fixed, because values depend on them."""
    changes = sent_fields(edit, FieldChanges)
    if edit.constraints is not None:
        changes["constraints"] = _constraints(edit.constraints)
    seen = edit.edit_revision
    return _shape(
        await transaction(ctx.db, lambda tx: fields.edit(tx, field_id, changes, seen_revision=seen))
    )


@router.get("/custom-fields/{field_id}/usage")
async def get_field_usage(ctx: Ctx, field_id: RowId) -> FieldUsage:
    """How many videos say something to a field: what is lost when it is removed."""
    await fields.by_id(ctx.db, field_id)
    found = await fields.answered(ctx.db, field_id, at_most=_COUNTED + 1)
    return FieldUsage(field_id=field_id, videos=min(found, _COUNTED), is_more=found > _COUNTED)


@router.delete("/custom-fields/{field_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_field(ctx: Ctx, field_id: RowId) -> None:
    """Remove a field with all its values."""
    await transaction(ctx.db, lambda tx: fields.delete(tx, field_id))


@router.get("/videos/{video_id}/custom-fields")
async def get_video_fields(ctx: Ctx, video_id: RowId) -> VideoFields:
    """The fields of a video, and what it says to each."""
    video = await videos.by_id(ctx.db, video_id)
    return _answers(video_id, await fields.of_video(ctx.db, video))


@router.put("/videos/{video_id}/custom-fields")
async def set_video_fields(ctx: Ctx, video_id: RowId, given: FieldValues) -> VideoFields:
    """Set values; fields that are not named stay as they are."""
    found = await transaction(
        ctx.db, lambda tx: fields.answer(tx, video_id, given.values, seen_revision=given.edit_revision)
    )
    return _answers(video_id, found)


def _constraints(limits: Limits) -> Constraints:
    return Constraints(**limits.model_dump())


def _shape(field: Field) -> FieldShape:
    limits = field.constraints
    return FieldShape(
        id=field.id,
        name=field.name,
        slug=field.slug,
        field_type=field.field_type,
        options=list(field.options),
        required=field.required,
        category_id=field.category_id,
        position=field.position,
        constraints=Limits(
            min=limits.min,
            max=limits.max,
            min_length=limits.min_length,
            max_length=limits.max_length,
            pattern=limits.pattern,
        ),
        description=field.description,
        is_public=field.is_public,
        is_filterable=field.is_filterable,
        edit_revision=field.edit_revision,
    )


def _answers(video_id: int, given: list[Given]) -> VideoFields:
    return VideoFields(
        video_id=video_id,
        fields=[
            FieldValue(
                field_id=each.field.id,
                field_slug=each.field.slug,
                field_name=each.field.name,
                field_type=each.field.field_type,
                value=each.value,
                required=each.field.required,
                options=list(each.field.options),
            )
            for each in given
        ],
    )
