"""Makes the picture that stands for a source of sound alone."""

from __future__ import annotations

from fractions import Fraction

from vlog.kit.errors import Invalid
from vlog.media.poster import poster
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ToolFailure
from vlog.pipeline.stills import store_still
from vlog.wire.work import Pictured, ThumbnailWork


async def make_poster(assignment: Assignment, work: ThumbnailWork) -> Pictured:
    """Store the cover, or the shape of the sound where there is none that can be decoded.

    Raises ``Invalid`` (``no_pictures``), ``ToolFailure``, ``LeaseLost`` and what the server answers.
    """
    failure: Invalid | ToolFailure = Invalid("No picture could be made.", code="no_pictures")
    for still in poster(work.info, assignment.source_url):
        try:
            made = await store_still(assignment, still, formats=work.formats, widths=work.widths)
        except (Invalid, ToolFailure) as error:
            failure = error
            continue
        return Pictured(at_seconds=Fraction(0), files=made)
    raise failure
