"""``/api/markdown``: how a description will look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.deps import Text
from vlog.kit.markdown_pieces import Piece, pieces

router = APIRouter(prefix="/api/markdown", tags=["videos"], dependencies=ADMIN_ONLY)


class Written(BaseModel):
    """A description that nobody has saved; times in it that are beyond ``duration`` (seconds) are none."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    duration: Annotated[float, Bounded(ge=0, le=10_000_000, allow_inf_nan=False)] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """What visitors would see, to be built of elements: no markup is sent."""

    pieces: list[Piece]


@router.post("/preview")
async def preview_markdown(written: Written) -> Rendered:
    """Render a description without saving it."""
    return Rendered(pieces=pieces(written.text, duration_seconds=written.duration))
