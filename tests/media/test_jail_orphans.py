"""No media tool outlives the process that has started it, however that one ends."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.jails import JAILS, build
from tests.support.processes import descendants, left_after
from tests.support.sources import ROOT

PARENT = """
import asyncio, sys
from tests.support.jails import build
from vlog.media.hardening import output_url
from vlog.pipeline import ffmpeg
from vlog.pipeline.jail import ENCODE_LIMITS, JailSpec

async def main():
    jail = build(sys.argv[1])
    argv = [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1920x1080"]
    # Two that work for ever, one that waits for its reader.
    argv += ["-c:v", "libx264", "-f", "null", "-"]
    waiting = [*argv[:8], "-f", "rawvideo", output_url(0)]
    spec = JailSpec(limits=ENCODE_LIMITS)
    runs = [await ffmpeg.start(jail, argv, spec=spec, outputs=0) for _ in range(2)]
    runs.append(await ffmpeg.start(jail, waiting, spec=spec, outputs=1))
    await runs[-1].outputs[0].readexactly(1000)
    print("started", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""

STARTING_PARENT = """
import asyncio
from tests.support.jails import build
from vlog.pipeline import ffmpeg
from vlog.pipeline.jail import ENCODE_LIMITS, JailSpec

async def main():
    jail = build("bubblewrap")
    argv = [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180"]
    argv += ["-c:v", "libx264", "-f", "null", "-"]
    print("starting", flush=True)
    for _ in range(6):
        await ffmpeg.start(jail, argv, spec=JailSpec(limits=ENCODE_LIMITS), outputs=0)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@contextmanager
def parent_of_encoders(name: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PARENT, name]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        try:
            assert parent.stdout is not None
            assert any("started" in line for line in parent.stdout)
            yield parent
        finally:
            parent.kill()


@pytest.mark.parametrize("name", JAILS)
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "terminate"])
def test_all_tools_are_gone_within_a_second(name: str, end: signal.Signals) -> None:
    build(name)
    with parent_of_encoders(name) as parent:
        tools = descendants(parent.pid)
        assert len(tools) >= 3
        killed_at = time.monotonic()
        parent.send_signal(end)
        assert left_after(tools, 1.0) == {}
        assert time.monotonic() - killed_at < 1.0


def test_nothing_is_left_of_a_parent_killed_while_its_tools_start() -> None:
    """Bubblewrap's child does not die with a bubblewrap that is killed before it has heard that it should."""
    build("bubblewrap")
    chance = random.Random(7)
    for _ in range(12):
        command = [sys.executable, "-c", STARTING_PARENT]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            assert "starting" in parent.stdout.readline()
            time.sleep(chance.uniform(0.03, 0.2))
            tools = descendants(parent.pid)
            parent.kill()
        assert left_after(tools, 5.0) == {}
