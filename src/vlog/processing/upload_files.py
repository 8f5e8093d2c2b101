"""The file of an upload: held by one request at a time, and removed."""

from __future__ import annotations

import asyncio

from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Conflict, Gone, Invalid, NotFound, Unavailable
from vlog.processing.rooms import Rooms
from vlog.processing.upload_rows import Upload
from vlog.storage import layout
from vlog.storage.base import Growing

# Longer than a displaced request needs to sync its last block; then the client is asked to come again.
LOCK_SECONDS = 5.0
_LOCK_POLL_SECONDS = 0.02


async def hold(ctx: Rooms, upload: Upload, *, create: bool) -> Growing | None:
    """The file of an upload, open and locked; ``None`` when there is none and none is to be made.

    Raises ``Unavailable`` (code ``upload_busy``) when another request does not let go of it.
    """
    deadline = monotonic_seconds() + LOCK_SECONDS
    while True:
        try:
            return await ctx.storage.grow(layout.partial_upload(upload.id), create=create)
        except NotFound:
            return None
        except Conflict:
            if monotonic_seconds() > deadline:
                raise Unavailable(
                    "An earlier request for this upload is still being ended.", code="upload_busy"
                ) from None
        await asyncio.sleep(_LOCK_POLL_SECONDS)


def refuse_ended(upload: Upload) -> None:
    """Raise why an upload has ended without a video, if it has."""
    if upload.is_expired or upload.error_code == "upload_expired":
        raise Gone("This upload was not continued in time; begin it again.", code="upload_expired")
    if upload.state == "failed":
        raise Invalid(upload.error_message, code=upload.error_code)


async def remove(ctx: Rooms, upload_id: str) -> None:
    """Remove the bytes of an upload that no video came of, whichever of its names they have."""
    # In this order: a rename that comes between the two is undone by the second, one that comes later fails.
    await ctx.storage.delete(layout.partial_upload(upload_id))
    await ctx.storage.delete(layout.upload(upload_id))
