"""``/api/tags``."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import MAX_ID, Ctx, RowId, Text
from vlog.catalog import tags
from vlog.catalog.tags import Tag
from vlog.catalog.text import TAG_NAME_MAX_LENGTH, clean_text
from vlog.db.transaction import transaction

router = APIRouter(prefix="/api/tags", tags=["tags"], dependencies=ADMIN_ONLY)


class TagName(BaseModel):
    """What a tag is to be called."""

    model_config = ConfigDict(extra="forbid")

    name: Text


class TagEdit(TagName):
    """What it is to be called instead; ``edit_revision`` is what the editor has seen: with it, nothing is
    changed if somebody else has changed the tag since.
    """

    edit_revision: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None


class TagMerge(BaseModel):
    """The tag whose videos shall have another one instead is in the path; ``into`` is that other one."""

    model_config = ConfigDict(extra="forbid")

    into: Annotated[int, Bounded(ge=1, le=MAX_ID)]


@dataclass(frozen=True, kw_only=True, slots=True)
class TagPage:
    """One page of tags by name; the next one begins after the tag ``next_after``, if there is one."""

    tags: list[Tag]
    next_after: int | None


@router.get("")
async def list_tags(
    ctx: Ctx,
    limit: Annotated[int, Query(ge=1, le=tags.PAGE_SIZE)] = tags.PAGE_SIZE,
    after: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    search: Annotated[str, Query(max_length=TAG_NAME_MAX_LENGTH)] = "",
) -> TagPage:
    """Tags by name, with how many videos outside the archive each has; ``search``: how names begin."""
    last = await tags.by_id(ctx.db, after) if after is not None else None
    beginning = clean_text(search, field="search", maximum=TAG_NAME_MAX_LENGTH)
    found = await tags.page(ctx.db, "library", after=last, limit=limit + 1, beginning=beginning)
    return TagPage(tags=found[:limit], next_after=found[limit - 1].id if len(found) > limit else None)


@router.post("", status_code=HTTPStatus.CREATED)
async def create_tag(ctx: Ctx, new: TagName) -> Tag:
    """Add a tag."""
    return await transaction(ctx.db, lambda tx: tags.create(tx, new.name))


@router.get("/{tag_id}")
async def get_tag(ctx: Ctx, tag_id: RowId) -> Tag:
    """One tag, with how many videos outside the archive it has."""
    return await tags.by_id(ctx.db, tag_id)


@router.put("/{tag_id}")
async def rename_tag(ctx: Ctx, tag_id: RowId, edit: TagEdit) -> Tag:
    """Give it another name and the address that goes with it."""
    return await transaction(
        ctx.db, lambda tx: tags.rename(tx, tag_id, edit.name, seen_revision=edit.edit_revision)
    )


@router.post("/{tag_id}/merge")
async def merge_tag(ctx: Ctx, tag_id: RowId, merge: TagMerge) -> Tag:
    """Give its videos another tag instead, and remove it."""
    return await transaction(ctx.db, lambda tx: tags.merge(tx, tag_id, into=merge.into))


@router.delete("/{tag_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_tag(ctx: Ctx, tag_id: RowId) -> None:
    """Remove it from all videos."""
    await transaction(ctx.db, lambda tx: tags.delete(tx, tag_id))
