"""Makes a handful of small pictures of a video for somebody to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from vlog.kit.errors import Invalid
from vlog.media.stills import sizes
from vlog.media.thumbnail_choice import Candidate
from vlog.media.thumbnail_command import still_at
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.failures import ToolFailure
from vlog.pipeline.stills import encode_still
from vlog.pipeline.thumbnail import Search
from vlog.wire.work import Frame, Framed, FramesWork

# So many lesser candidates are tried in the place of ones that can't be taken.
_SPARE = 3


async def make_frames(assignment: Assignment, work: FramesWork) -> Framed:
    """Store the best candidates of the automatic choice, at different places, in the order of their times.

    Raises ``Invalid`` (``no_pictures``), ``ToolFailure``, ``LeaseLost`` and what the server answers.
    """
    search = Search(assignment, work)
    ranked = await search.run()
    if len(ranked) < work.count:
        ranked = await search.between()
    failure = search.failure or Invalid("No picture could be decoded.", code="no_pictures")
    frames: list[Frame] = []
    for chosen in spread(ranked, work.duration_seconds, count=work.count + _SPARE):
        if len(frames) == work.count:
            break
        still = still_at(
            work.info,
            assignment.source_url,
            at=chosen.at_seconds,
            is_key=chosen.is_key,
            widths=(work.width,),
        )
        try:
            data = await encode_still(assignment, still, width=work.width)
        except ToolFailure as error:
            failure = error
            continue
        width, height = sizes(still.size, (work.width,))[-1]
        frames.append(Frame(at_seconds=chosen.at_seconds, width=width, height=height, data=data))
    if not frames:
        raise failure
    frames.sort(key=lambda frame: frame.at_seconds)
    holding = assignment.holding
    await holding.say(partial(holding.client.put_frames, holding.lease, frames))
    return Framed()


def spread(ranked: Sequence[Candidate], duration_seconds: Fraction, *, count: int) -> list[Candidate]:
    """The best ones of which no two are near each other; near ones only where there are no others."""
    apart = duration_seconds / (2 * max(count, 1))
    chosen: list[Candidate] = []
    for each in ranked:
        if all(abs(each.at_seconds - other.at_seconds) >= apart for other in chosen):
            chosen.append(each)
    chosen += [each for each in ranked if each not in chosen]
    return chosen[:count]
