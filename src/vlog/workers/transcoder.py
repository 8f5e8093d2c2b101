"""The local transcoder: proves its jail and its encoders, then works off tasks until it is told to stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from vlog.config import Config
from vlog.context import open_context
from vlog.kit.supervise import Supervisor
from vlog.pipeline import runner
from vlog.pipeline.binaries import locate
from vlog.pipeline.client import JobClient
from vlog.pipeline.jail import Jail
from vlog.pipeline.selftest import self_test
from vlog.telemetry.logs import bound, get_logger
from vlog.wire.work import Capabilities
from vlog.workers.hardware import proven_encoders
from vlog.workers.local_client import local_client
from vlog.workers.presence import present, worker_name

KINDS = ("inspect", "remux", "audio", "video", "thumbnail")
# What makes an upload playable in seconds must not wait until an encoder is through with its chunk: one more
# task of these kinds, which cost little, is done beside the slots.
EXPRESS_KINDS = ("inspect", "remux", "thumbnail")
EXPRESS_SLOTS = 1
# Each task in work speaks over one connection at a time; two more for claiming and releasing.
_SPARE_CONNECTIONS = 2

_log = get_logger(__name__)


def run(config: Config) -> None:
    """Run until a signal; what is under way then is given back.

    Raises ``VlogError`` in plain words: no ffmpeg, no jail or one that does not hold, no encoder, no
    database.
    """
    asyncio.run(_run(config))


async def _run(config: Config) -> None:
    jail = await asyncio.to_thread(_jail, config)
    await self_test(jail)
    encoders = await proven_encoders(jail)
    name = worker_name()
    lanes = {
        "transcoder": (KINDS, config.transcoder_slots),
        "express lane": (EXPRESS_KINDS, EXPRESS_SLOTS),
    }
    connections = config.transcoder_slots + EXPRESS_SLOTS + _SPARE_CONNECTIONS
    with bound(worker=name):
        async with (
            open_context(config, max_connections=connections) as ctx,
            present(ctx, name),
            local_client(ctx) as client,
        ):
            _log.info("transcoder works", slots=config.transcoder_slots, encoders=encoders, jail=jail.mode)
            supervisor = Supervisor()
            for lane, (kinds, slots) in lanes.items():
                capabilities = Capabilities(worker=name, kinds=kinds, encoders=encoders)
                supervisor.add(lane, _Lane(client, jail, capabilities, slots).work)
            await supervisor.run()


@dataclass(frozen=True)
class _Lane:
    """Tasks of some kinds, done beside those of other lanes."""

    client: JobClient
    jail: Jail
    capabilities: Capabilities
    slots: int

    async def work(self, stopping: asyncio.Event) -> None:
        """Work until told to stop."""
        await runner.work(self.client, self.jail, self.capabilities, slots=self.slots, stop=stopping)


def _jail(config: Config) -> Jail:
    return Jail.detect(locate(config, cache_dir=config.data_dir), config)
