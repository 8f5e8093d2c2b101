"""Runs the inspect step alone and keeps what it told."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.support.jails import tools
from vlog.config import load
from vlog.kit.errors import Invalid
from vlog.pipeline.failures import Completed
from vlog.pipeline.inspection import inspect
from vlog.pipeline.jail import Jail
from vlog.wire.codec import from_json, to_json
from vlog.wire.work import Inspected, InspectWork

WORK = InspectWork(segment_seconds=6, max_frame_rate=60, max_duration_seconds=12 * 3600, remux=True)


@cache
def best_jail() -> Jail:
    """The jail that this machine offers."""
    return Jail.detect(tools(), load({}))


async def inspected(jail: Jail, source: Path, work: InspectWork = WORK) -> Inspected:
    """What the source is; it must survive the journey to the server."""
    runs: list[Completed] = []
    found = await inspect(jail, source, work, on_run=runs.append)
    assert runs
    assert all(source.name in run.command for run in runs)
    assert from_json(Inspected, to_json(found)) == found
    return found


async def refused(jail: Jail, source: Path, work: InspectWork = WORK) -> Invalid:
    """Why the source is not taken; its place is nobody's business."""
    with pytest.raises(Invalid) as error:
        await inspect(jail, source, work, on_run=lambda _: None)
    assert str(source.parent) not in str((error.value.message, error.value.details))
    return error.value
