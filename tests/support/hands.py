"""A worker in the test's own process: real tools in a real jail, as much of the queue as a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vlog.context import Context
from vlog.pipeline.jail import Jail
from vlog.pipeline.runner import run_task
from vlog.wire.work import Capabilities
from vlog.workers.local_client import LocalClient
from vlog.workers.transcoder import KINDS

ENCODERS = ("libx264", "aac", "libwebp", "libsvtav1", "mjpeg")


@dataclass
class Hands:
    """Does tasks one after the other."""

    ctx: Context
    jail: Jail

    async def work(self, *, kinds: Sequence[str] = KINDS, limit: int = 100) -> list[str]:
        """Do what is queued of these kinds, at most ``limit`` tasks; their kinds in the order of the work."""
        client, done = LocalClient(self.ctx), list[str]()
        able = Capabilities(worker="hands", kinds=tuple(kinds), encoders=ENCODERS)
        while len(done) < limit and (offer := await client.claim(able)) is not None:
            await run_task(offer, client, self.jail)
            done.append(str(type(offer.work).__struct_config__.tag))
        return done
