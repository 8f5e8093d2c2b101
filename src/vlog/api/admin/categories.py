"""``/api/categories``."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import Ctx, RowId
from vlog.catalog import taxonomy
from vlog.catalog.taxonomy import Category
from vlog.db.transaction import transaction

router = APIRouter(prefix="/api/categories", tags=["categories"], dependencies=ADMIN_ONLY)

# Coarse bounds; the catalogue says the exact ones in words.
_Text = Annotated[str, Bounded(max_length=20_000)]


class NewCategory(BaseModel):
    """A category to be made."""

    model_config = ConfigDict(extra="forbid")

    name: _Text
    description: _Text = ""


@router.get("")
async def list_categories(ctx: Ctx) -> list[Category]:
    """All categories by name."""
    return await taxonomy.categories(ctx.db)


@router.post("", status_code=HTTPStatus.CREATED)
async def create_category(ctx: Ctx, new: NewCategory) -> Category:
    """Add a category."""
    return await transaction(ctx.db, lambda tx: taxonomy.create(tx, new.name, description=new.description))


@router.delete("/{category_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_category(ctx: Ctx, category_id: RowId) -> None:
    """Remove a category; its videos stay, without one."""
    await transaction(ctx.db, lambda tx: taxonomy.delete(tx, category_id))
