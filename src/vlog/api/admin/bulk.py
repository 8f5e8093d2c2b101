"""``/api/videos/bulk/…``: one deed for up to 500 videos; the answer says of each what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic import Field as Bounded

from vlog.api.admin.guard import ADMIN_ONLY
from vlog.api.admin.sources import Retranscoding
from vlog.api.deps import MAX_ID, Ctx, sent_fields
from vlog.catalog.rows import Visibility
from vlog.catalog.videos import VideoChanges
from vlog.kit.errors import Invalid
from vlog.processing import bulk
from vlog.processing.bulk import MAX_VIDEOS, Outcome

router = APIRouter(prefix="/api/videos/bulk", tags=["bulk"], dependencies=ADMIN_ONLY)

_Id = Annotated[int, Bounded(ge=1, le=MAX_ID)]
_Some = Annotated[list[_Id], Bounded(max_length=20)]


class Many(BaseModel):
    """Which videos."""

    model_config = ConfigDict(extra="forbid")

    video_ids: Annotated[list[_Id], Bounded(min_length=1, max_length=MAX_VIDEOS)]


class ManyDeleted(Many):
    """Which videos go; ``permanent`` removes for good what is in the archive already."""

    permanent: bool = False


class ManyEdited(Many):
    """What to change in all of them; ``category_id`` of 0 or ``null`` means none."""

    category_id: Annotated[int, Bounded(ge=0, le=MAX_ID)] | None = None
    visibility: Visibility | None = None
    is_featured: bool | None = None

    def changes(self) -> VideoChanges:
        """The fields that were sent; raises ``Invalid`` when none was."""
        changes = sent_fields(self, VideoChanges, nullable=("category_id",))
        if not changes:
            raise Invalid("Say what to change.", code="nothing_to_change")
        if changes.get("category_id") == 0:
            changes["category_id"] = None
        return changes


class ManyTagged(Many):
    """Tags that all of them get, and tags that all of them lose."""

    add_tag_ids: _Some = []
    remove_tag_ids: _Some = []


class ManyAnswered(Many):
    """Values by the ids of their fields; ``null`` clears one."""

    values: Annotated[dict[_Id, JsonValue], Bounded(min_length=1, max_length=200)]


class ManyListed(Many):
    """Which playlist they are put into, at its end and in this order."""

    playlist_id: _Id


class ManyRetranscoded(Many, Retranscoding):
    """Which videos, and what they shall consist of afterwards; sizes that a source does not give are left
    out.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkError:
    """Why a video was left as it was."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkResult:
    """What became of one video."""

    video_id: int
    success: bool
    error: BulkError | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkAnswer:
    """``partial`` when some were refused; ``results`` in the order that was asked."""

    status: Literal["ok", "partial"]
    done: int
    failed: int
    results: list[BulkResult]


@router.post("/delete")
async def bulk_delete(ctx: Ctx, many: ManyDeleted) -> BulkAnswer:
    """Put videos into the archive, or with ``permanent`` remove those in it for good."""
    deed = bulk.purge if many.permanent else bulk.delete
    return _answer(await deed(ctx, many.video_ids))


@router.post("/restore")
async def bulk_restore(ctx: Ctx, many: Many) -> BulkAnswer:
    """Take videos out of the archive, each as public as it was."""
    return _answer(await bulk.restore(ctx, many.video_ids))


@router.post("/publish")
async def bulk_publish(ctx: Ctx, many: Many) -> BulkAnswer:
    """Let visitors see them: now, or as soon as each is ready."""
    return _answer(await bulk.publish(ctx, many.video_ids))


@router.post("/unpublish")
async def bulk_unpublish(ctx: Ctx, many: Many) -> BulkAnswer:
    """Hide them from visitors; the addresses of their media die with this."""
    return _answer(await bulk.unpublish(ctx, many.video_ids))


@router.post("/update")
async def bulk_update(ctx: Ctx, many: ManyEdited) -> BulkAnswer:
    """Change the same in all of them."""
    return _answer(await bulk.edit(ctx, many.video_ids, many.changes()))


@router.post("/retranscode")
async def bulk_retranscode(ctx: Ctx, many: ManyRetranscoded) -> BulkAnswer:
    """Make their renditions anew; what plays goes on playing."""
    return _answer(await bulk.retranscode(ctx, many.video_ids, many.wish()))


@router.post("/tags")
async def bulk_tags(ctx: Ctx, many: ManyTagged) -> BulkAnswer:
    """Give tags to all of them, and take others from all of them."""
    if not many.add_tag_ids and not many.remove_tag_ids:
        raise Invalid("Say which tags to give or to take.", code="nothing_to_change")
    return _answer(await bulk.retag(ctx, many.video_ids, add=many.add_tag_ids, remove=many.remove_tag_ids))


@router.post("/custom-fields")
async def bulk_custom_fields(ctx: Ctx, many: ManyAnswered) -> BulkAnswer:
    """Set the same values of custom fields."""
    return _answer(await bulk.answer(ctx, many.video_ids, many.values))


@router.post("/add-to-playlist")
async def bulk_add_to_playlist(ctx: Ctx, many: ManyListed) -> BulkAnswer:
    """Put them at the end of a playlist, in this order; those in it stay where they are."""
    return _answer(await bulk.add_to_playlist(ctx, many.video_ids, many.playlist_id))


def _answer(outcomes: Sequence[Outcome]) -> BulkAnswer:
    failed = sum(outcome.error is not None for outcome in outcomes)
    return BulkAnswer(
        status="partial" if failed else "ok",
        done=len(outcomes) - failed,
        failed=failed,
        results=[_result(outcome) for outcome in outcomes],
    )


def _result(outcome: Outcome) -> BulkResult:
    error = outcome.error
    return BulkResult(
        video_id=outcome.video_id,
        success=error is None,
        error=None if error is None else BulkError(code=error.code, message=error.message),
    )
