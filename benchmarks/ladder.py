"""CPU seconds of a ladder: ours, one process per rendition, and the encoders alone.

The same source, encoder settings and ffmpeg throughout. *Ours* is the product's own step with
its jail, its checks and its segments in memory. *One process per rendition* decodes the source once for each
rung, with as many threads as ffmpeg chooses, and encodes the sound each time, as the usual design does.
*Encoders alone* reads raw pictures of each rung's size from memory: nothing that uses these encoders can be
cheaper. The two ratios pull against each other: the dearer a source is to decode, the more one decode saves,
and the more it adds to the encoders alone.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.footage import film_1080p
from benchmarks.report import Claim, save
from tests.support.jails import tools
from tests.support.recording_client import RecordingClient
from vlog.config import load
from vlog.media.encoders import ENCODERS, Pacing
from vlog.media.plan import AudioRendition, EncodePolicy, VideoRendition
from vlog.media.planner import plan
from vlog.pipeline.inspection import inspect
from vlog.pipeline.jail import Jail
from vlog.pipeline.runner import run_task
from vlog.wire.work import AudioWork, Inspected, InspectWork, Lease, Offer, VideoWork, Work

SECONDS = 60
PURE_SECONDS = 12
ROUNDS = 1
POLICY = EncodePolicy(remux=False)


def run() -> None:
    """Measure and report."""
    source = film_1080p(SECONDS)
    seen = asyncio.run(_inspect(source))
    made = plan(seen.info, seen.grid, POLICY)
    rungs, (audio,) = made.video, made.audio
    whole, short = len(seen.grid.cells), PURE_SECONDS // POLICY.segment_seconds
    half = whole // 2
    lowest, others = rungs[-1:], rungs[:-1]
    figures = {
        "ours": _cpu(lambda: _ours(source, seen, [(0, half, rungs), (half, whole, rungs)], audio)),
        "ours, lowest rung first": _cpu(
            lambda: _ours(
                source,
                seen,
                [(a, b, r) for r in (lowest, others) for a, b in ((0, half), (half, whole))],
                audio,
            )
        ),
        "ours, one chunk": _cpu(lambda: _ours(source, seen, [(0, whole, rungs)], audio)),
        "one process per rendition": _cpu(lambda: _one_process_each(source, seen, rungs, audio)),
        "ours, first seconds, pictures only": _cpu(lambda: _ours(source, seen, [(0, short, rungs)], None)),
    }
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        raw = _raw_pictures(source, rungs, Path(folder))
        figures["encoders alone, first seconds"] = _cpu(lambda: _encoders_alone(raw, seen, short))
    ours = figures["ours"]
    save(
        "ladder",
        [
            Claim(
                name="ladder / one process per rendition",
                measured=ours / figures["one process per rendition"],
                goal=0.60,
                unit="×",
            ),
            Claim(
                name="pictures / encoders alone",
                measured=figures["ours, first seconds, pictures only"]
                / figures["encoders alone, first seconds"],
                goal=1.25,
                unit="×",
            ),
            Claim(
                name="30 s chunks / one chunk, overhead",
                measured=100 * (ours / figures["ours, one chunk"] - 1),
                goal=2.5,
                unit="%",
            ),
        ],
        {
            "cpu_seconds": {name: round(value, 2) for name, value in figures.items()},
            "rungs": [rung.name for rung in rungs],
            "preset": POLICY.preset,
            "source": f"{SECONDS} s of 1080p30 H.264 at 18 Mbit/s",
            "ffmpeg": tools().ffmpeg_version,
        },
    )


def _cpu(work: Callable[[], None]) -> float:
    """The least CPU time of some rounds, of this process and its children: noise only ever adds."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = _used()
        work()
        best = min(best, _used() - before)
    return best


def _used() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


async def _inspect(source: Path) -> Inspected:
    work = InspectWork(
        segment_seconds=POLICY.segment_seconds, max_frame_rate=60, max_duration_seconds=86_400, remux=False
    )
    return await inspect(_jail(), source, work, on_run=lambda _: None)


def _jail() -> Jail:
    return Jail.detect(tools(), load({}))


def _ours(
    source: Path,
    seen: Inspected,
    chunks: Sequence[tuple[int, int, Sequence[VideoRendition]]],
    audio: AudioRendition | None,
) -> None:
    works: list[Work] = [
        VideoWork(
            info=seen.info,
            grid=seen.grid.between(first, end),
            first_cell=first,
            last=end == len(seen.grid.cells),
            rungs=tuple(rungs),
            durable={},
        )
        for first, end, rungs in chunks
    ]
    if audio:
        works.append(AudioWork(info=seen.info, grid=seen.grid, audio=audio, durable={}))
    asyncio.run(_do(source, works))


async def _do(source: Path, works: Sequence[Work]) -> None:
    jail = _jail()
    for number, work in enumerate(works):
        client = RecordingClient(source)
        lease = Lease(task_id=number, epoch=1)
        await run_task(Offer(lease=lease, lease_seconds=60, job_id=1, attempt=1, work=work), client, jail)
        if client.failures:
            raise RuntimeError(client.failures[0].message)


def _x264(rung: VideoRendition, seen: Inspected, *, threads: str = "1") -> list[str]:
    frames = max(cell.frames for cell in seen.grid.cells)
    options = ENCODERS[rung.encoder].options(
        rung, Pacing(frame_rate=seen.grid.frame_rate, max_cell_frames=frames)
    )
    every = f"expr:eq(mod(n,{frames}),0)"
    options = [*options, "-threads:v", threads]
    return ["-c:v", "libx264", *options, "-force_key_frames", every, "-forced-idr", "1"]


def _one_process_each(
    source: Path, seen: Inspected, rungs: Sequence[VideoRendition], audio: AudioRendition
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for rung in rungs:
            _ffmpeg(
                *("-threads", "0", "-i", str(source), "-vf", f"scale={rung.width}:{rung.height}"),
                *_x264(rung, seen, threads="0"),
                *("-c:a", "aac", "-b:a", str(audio.bit_rate), "-ac", "2"),
                *("-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "6", "-hls_list_size", "0"),
                str(Path(folder) / f"{rung.name}.m3u8"),
            )


def _raw_pictures(
    source: Path, rungs: Sequence[VideoRendition], folder: Path
) -> list[tuple[VideoRendition, Path]]:
    raw = [(rung, folder / f"{rung.name}.yuv") for rung in rungs]
    for rung, path in raw:
        scale = f"scale={rung.width}:{rung.height},format=yuv420p"
        _ffmpeg("-t", str(PURE_SECONDS), "-i", str(source), "-vf", scale, "-f", "rawvideo", str(path))
    return raw


def _encoders_alone(raw: Sequence[tuple[VideoRendition, Path]], seen: Inspected, cells: int) -> None:
    frames = sum(cell.frames for cell in seen.grid.cells[:cells])
    for rung, path in raw:
        _ffmpeg(
            *("-threads", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p"),
            *("-s", f"{rung.width}x{rung.height}", "-r", "30", "-i", str(path), "-frames:v", str(frames)),
            *_x264(replace(rung), seen),
            *("-f", "null", "-"),
        )


def _ffmpeg(*words: str) -> None:
    command = [str(tools().ffmpeg), "-v", "error", "-nostdin", "-y", *words]
    subprocess.run(command, check=True)
