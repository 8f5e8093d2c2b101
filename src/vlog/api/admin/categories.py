"""``/api/categories``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import MAX_ID, Ctx, Ids, RowId, Text, sent_fields
from vlog.catalog import taxonomy
from vlog.catalog.taxonomy import Category, CategoryChanges
from vlog.db.transaction import transaction

router = APIRouter(prefix="/api/categories", tags=["categories"], dependencies=ADMIN_ONLY)


class NewCategory(BaseModel):
    """A category to be made."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    description: Text = ""


class CategoryEdit(BaseModel):
    """What to change; fields that are not sent stay as they are.

    ``edit_revision`` is what the editor has seen: with it, nothing is changed if somebody else has changed
    it since.
    """

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None
    slug: Annotated[str, Bounded(max_length=100)] | None = None
    description: Text | None = None
    edit_revision: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None


class CategoryOrder(BaseModel):
    """All categories, in the order that they shall have."""

    model_config = ConfigDict(extra="forbid")

    category_ids: Ids


@router.get("")
async def list_categories(ctx: Ctx) -> list[Category]:
    """All categories in their order, with how many videos outside the archive each has."""
    return await taxonomy.categories(ctx.db)


@router.post("", status_code=HTTPStatus.CREATED)
async def create_category(ctx: Ctx, new: NewCategory) -> Category:
    """Add a category at the end."""
    return await transaction(ctx.db, lambda tx: taxonomy.create(tx, new.name, description=new.description))


@router.put("/{category_id}")
async def edit_category(ctx: Ctx, category_id: RowId, edit: CategoryEdit) -> Category:
    """Change name, address or description; searches find its videos by the new name soon."""
    changes = sent_fields(edit, CategoryChanges)
    return await transaction(
        ctx.db, lambda tx: taxonomy.edit(tx, category_id, changes, seen_revision=edit.edit_revision)
    )


@router.post("/reorder")
async def reorder_categories(ctx: Ctx, order: CategoryOrder) -> list[Category]:
    """Put all categories into another order."""
    return await transaction(ctx.db, lambda tx: taxonomy.reorder(tx, order.category_ids))


@router.delete("/{category_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_category(ctx: Ctx, category_id: RowId) -> None:
    """Remove a category; its videos stay, without one."""
    await transaction(ctx.db, lambda tx: taxonomy.delete(tx, category_id))
