"""The local transcoder: proves its jail and its encoders, then works off tasks until it is told to stop."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from msgspec.structs import replace

from vlog.config import Config
from vlog.context import open_context
from vlog.kit.supervise import Supervisor
from vlog.pipeline import runner, workfolders
from vlog.pipeline.binaries import locate
from vlog.pipeline.client import JobClient
from vlog.pipeline.jail import Jail
from vlog.pipeline.selftest import self_test
from vlog.telemetry.logs import bound, get_logger
from vlog.wire.work import Capabilities
from vlog.workers.hardware import proven_encoders
from vlog.workers.local_client import local_client
from vlog.workers.presence import present, worker_name

KINDS = ("inspect", "remux", "audio", "video", "thumbnail", "frames", "picture", "preview")
# What makes an upload playable in seconds must not wait until an encoder is through with its chunk: one more
# task of these kinds, which cost little, is done beside the slots.
EXPRESS_KINDS = ("inspect", "remux", "thumbnail", "frames", "picture")
EXPRESS_SLOTS = 1
# What a viewer waits for must not wait either: one more of these beside the slots, and only while one waits.
DEMAND_KINDS = ("remux", "audio", "video")
DEMAND_SLOTS = 1
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
    await asyncio.to_thread(workfolders.sweep)
    jail = await asyncio.to_thread(_jail, config)
    await self_test(jail)
    encoders = await proven_encoders(jail)
    name = worker_name()
    proven = Capabilities(worker=name, kinds=KINDS, encoders=encoders)
    lanes = {
        "transcoder": (proven, config.transcoder_slots),
        "express lane": (replace(proven, kinds=EXPRESS_KINDS), EXPRESS_SLOTS),
        "demand lane": (replace(proven, kinds=DEMAND_KINDS, demanded_only=True), DEMAND_SLOTS),
    }
    connections = config.transcoder_slots + EXPRESS_SLOTS + DEMAND_SLOTS + _SPARE_CONNECTIONS
    with bound(worker=name):
        async with (
            open_context(config, max_connections=connections) as ctx,
            present(ctx, name),
            AsyncExitStack() as clients,
        ):
            _log.info("transcoder works", slots=config.transcoder_slots, encoders=encoders, jail=jail.mode)
            supervisor = Supervisor()
            for lane, (capabilities, slots) in lanes.items():
                # One each: a hint that one lane has heard is still news to the others.
                client = await clients.enter_async_context(local_client(ctx))
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
