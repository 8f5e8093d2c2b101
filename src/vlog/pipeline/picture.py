"""Makes all sizes of a picture that somebody has sent."""

from __future__ import annotations

from fractions import Fraction

from vlog.kit.errors import Invalid
from vlog.media.picture_file import still
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ToolFailure
from vlog.pipeline.stills import store_still
from vlog.wire.work import Pictured, PictureWork


async def make_picture(assignment: Assignment, work: PictureWork) -> Pictured:
    """Decode the picture in the jail and store it anew, with nothing of its file but what is seen.

    Raises ``Invalid`` (``bad_picture``), ``LeaseLost`` and what the server answers.
    """
    sent = still(work.picture, assignment.source_url, work.widths)
    try:
        files = await store_still(assignment, sent, formats=work.formats, widths=work.widths)
    except (Invalid, ToolFailure) as error:
        if isinstance(error, ToolFailure):
            assignment.record(error.run)
        # No second attempt will read it.
        raise Invalid("The picture is damaged and can't be decoded.", code="bad_picture") from error
    return Pictured(at_seconds=Fraction(0), files=files)
