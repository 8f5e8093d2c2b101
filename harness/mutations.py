"""``python -m harness mutations [--files N] [--seed S] [--traced]``: damaged files through the pipeline.

Each file goes through the gate and, where it passes, through remux, sound, pictures and thumbnail, as a
worker does it. It must end made or refused with a code that speaks of the file: a mistake of ours, a step
that hangs, or an ending that nobody is told of breaks the run. With ``--traced`` strace watches the media
tools: what they open must be the one source and their own libraries, and they may connect to nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from harness.tracing import escapes, traced_command
from tests.support.clips import clip
from tests.support.derived import derived
from tests.support.inspections import WORK, best_jail
from tests.support.jails import build, tools
from tests.support.mutations import mutated
from tests.support.presentations import rung
from tests.support.recording_client import RecordingClient
from vlog.media.plan import AudioRendition, EncodePolicy
from vlog.media.planner import plan
from vlog.pipeline.jail import Jail
from vlog.pipeline.runner import run_task
from vlog.wire.work import (
    AudioWork,
    Inspected,
    Lease,
    Offer,
    RemuxWork,
    ThumbnailWork,
    VideoWork,
    Work,
)

LEASE = Lease(task_id=1, epoch=1)
# Several times what the slowest damaged file takes on two busy cores.
STEP_SECONDS = 120.0
SECONDS_OF_SEED = "2"
CELLS = 2
SMALL = rung("small", 160, 90)
# What each family of demuxers and decoders gets to chew on: (file name, output options).
SEEDS = (
    ("a.mp4", ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]),
    ("b.mp4", ["-c:v", "libx264", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"]),
    ("c.mkv", ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "libmp3lame"]),
    ("d.ts", ["-c:v", "mpeg2video", "-c:a", "mp2"]),
    ("e.webm", ["-c:v", "libvpx", "-b:v", "300k", "-c:a", "libopus"]),
    ("f.avi", ["-c:v", "mpeg4", "-c:a", "pcm_s16le"]),
    ("g.mov", ["-c:v", "prores", "-an"]),
    ("h.flv", ["-c:v", "flv", "-c:a", "aac"]),
)


@dataclass(frozen=True)
class Outcome:
    """How one file ended: ``verdict`` is ``made``, the code of the refusal, or what broke."""

    verdict: str
    seconds: float
    is_broken: bool = False


def make_seeds(folder: Path) -> list[Path]:
    """Small whole files of each family, beside real ones as cameras and phones write them."""
    source = clip("bbb_720p_aac51.mp4")
    made = []
    for name, options in SEEDS:
        path = folder / name
        sound = options if "-an" in options else [*options, "-ac", "2", "-ar", "48000"]
        command = [str(tools().ffmpeg), "-v", "error", "-y", "-i", str(source), "-t", SECONDS_OF_SEED]
        subprocess.run([*command, "-vf", "scale=192:108", *sound, str(path)], check=True)
        made.append(path)
    for real in (clip("testcard_vp8.webm"), clip("sintel_small.mp4"), derived("rotated90.mp4")):
        made.append(folder / real.name)
        made[-1].write_bytes(real.read_bytes())
    return made


async def try_file(jail: Jail, path: Path) -> Outcome:
    """Take one file as far as it goes."""
    began = time.monotonic()
    client = RecordingClient(path)

    async def step(work: Work) -> str | None:
        client.results.clear()
        client.failures.clear()
        offer = Offer(lease=LEASE, lease_seconds=60, job_id=1, attempt=1, work=work)
        async with asyncio.timeout(STEP_SECONDS):
            await run_task(offer, client, jail)
        if client.failures:
            return client.failures[0].code
        return None if client.results else "nobody was told"

    verdict = "made"
    try:
        refused = await step(WORK)
        if refused is not None:
            return Outcome(refused, time.monotonic() - began, refused in BREAKS)
        found = client.results[0]
        assert isinstance(found, Inspected)
        for work in works(found):
            refused = await step(work)
            if refused is not None:
                verdict = refused
                if refused in BREAKS:
                    break
    except TimeoutError:
        verdict = "hang"
    return Outcome(verdict, time.monotonic() - began, verdict in BREAKS)


BREAKS = frozenset({"fault", "hang", "nobody was told"})


def works(found: Inspected) -> list[Work]:
    """What a server would ask for, with one small rung and only the first and the last cells."""
    info, grid = found.info, found.grid
    planned = plan(info, grid, EncodePolicy())
    count = len(grid.cells)
    asked: list[Work] = []
    copied = [each for each in planned.video if each.encoder == "copy"]
    sounds = list(planned.audio)
    if copied:
        copied_sound = next((each for each in sounds if each.encoder == "copy"), None)
        asked.append(RemuxWork(info=info, grid=grid, video=copied[0], audio=copied_sound, durable={}))
    for first in sorted({0, max(count - CELLS, 0)}):
        last = min(first + CELLS, count)
        asked.append(
            VideoWork(
                info=info,
                grid=grid.between(first, last),
                first_cell=first,
                last=last == count,
                rungs=(SMALL,),
                durable={},
            )
        )
    asked += [_audio(found, each) for each in sounds if each.encoder != "copy"]
    shown = {"start_seconds": grid.start_seconds, "duration_seconds": grid.duration_seconds}
    asked.append(ThumbnailWork(info=info, **shown, widths=(160,), formats=("jpeg",)))
    return asked


def _audio(found: Inspected, rendition: AudioRendition) -> AudioWork:
    return AudioWork(info=found.info, grid=found.grid, audio=rendition, durable={})


async def try_all(
    jail: Jail, seeds: Sequence[Path], *, files: int, seed: int
) -> tuple[Counter[str], list[str]]:
    """Try so many files; answers how they ended, and what broke."""
    originals = [path.read_bytes() for path in seeds]
    counted: Counter[str] = Counter()
    broken: list[str] = []
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="vlog-mutated-") as folder:
        path = Path(folder) / "source"
        for number in range(seed, seed + files):
            data, done = mutated(originals[number % len(originals)], number)
            path.write_bytes(data)
            outcome = await try_file(jail, path)
            counted[outcome.verdict] += 1
            slowest = max(slowest, outcome.seconds)
            if outcome.is_broken:
                broken.append(f"seed {number} ({done}): {outcome.verdict}")
                print(broken[-1], flush=True)
    print(f"slowest file: {slowest:.1f} s", flush=True)
    return counted, broken


def run(arguments: Sequence[str]) -> int:
    """Run it; the exit status is 0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="harness mutations", description=__doc__)
    parser.add_argument("--files", type=int, default=500, help="how many damaged files")
    parser.add_argument("--seed", type=int, default=0, help="number of the first one")
    parser.add_argument("--traced", action="store_true", help="watch with strace what is opened")
    parser.add_argument("--jail", default="", help="bubblewrap or landlock (default: the best one)")
    parser.add_argument("--seeds", type=Path, help="folder of whole files to damage (default: made anew)")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory(prefix="vlog-seeds-") as name:
        seeds = sorted(chosen.seeds.iterdir()) if chosen.seeds else make_seeds(Path(name))
        if chosen.traced:
            return _run_traced(arguments, Path(name))
        jail = build(chosen.jail) if chosen.jail else best_jail()
        counted, broken = asyncio.run(try_all(jail, seeds, files=chosen.files, seed=chosen.seed))
    for verdict, count in counted.most_common():
        print(f"{count:6} {verdict}")
    print(f"{len(broken)} of {chosen.files} broke something ({jail.mode.value} jail)")
    return 1 if broken else 0


def _run_traced(arguments: Sequence[str], seeds: Path) -> int:
    """The same under strace, in the jail that shows real paths."""
    rest = [each for each in arguments if each != "--traced"]
    with tempfile.TemporaryDirectory(prefix="vlog-trace-") as name:
        log = Path(name) / "trace"
        inner = [
            sys.executable,
            "-m",
            "harness",
            "mutations",
            *rest,
            "--jail",
            "landlock",
            "--seeds",
            str(seeds),
        ]
        status = subprocess.run(traced_command(inner, log), check=False).returncode
        found, opened = escapes(log, tools())
    for line in found[:20]:
        print(f"opened outside: {line}")
    print(f"{len(found)} opens outside among {opened} of the media tools")
    return 1 if found or status or not opened else 0
