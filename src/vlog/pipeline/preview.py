"""Makes the short silent film that lists play under the pointer."""

from __future__ import annotations

import asyncio
from functools import partial

from vlog.kit.errors import Invalid
from vlog.media.preview_command import Cut, command
from vlog.pipeline import ffmpeg
from vlog.pipeline.assignment import Assignment
from vlog.pipeline.jail import JailSpec
from vlog.pipeline.stills import LIMITS
from vlog.pipeline.workfolders import work_folder
from vlog.wire.work import Previewed, PreviewWork


async def make_preview(assignment: Assignment, work: PreviewWork) -> Previewed:
    """Raises ``Invalid`` (``no_pictures``), ``ToolFailure``, ``LeaseLost`` and what the server answers."""
    async with work_folder() as folder:
        target = folder / "preview.mp4"
        cut = Cut(moments=work.moments, frame_rate=work.frame_rate, shape=(work.width, work.height))
        argv = command(assignment.ffmpeg_path, assignment.source_url, cut, target=str(target))
        spec = JailSpec(source=assignment.source, limits=LIMITS, writable=(folder,), patient=True)
        done = await ffmpeg.run(assignment.jail, argv, spec=spec)
        assignment.record(done)
        done.checked()
        data = await asyncio.to_thread(target.read_bytes)
    if not data:
        raise Invalid("No picture could be decoded.", code="no_pictures")
    holding = assignment.holding
    await holding.say(partial(holding.client.put_preview, holding.lease, data))
    return Previewed()
