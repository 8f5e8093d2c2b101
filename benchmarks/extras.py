"""What comes beside the ladder, in CPU seconds, and the memory of its largest chunk.

*Extras* are all that is done to a source besides encoding it: looking into it, decoding its first pictures,
its index, looking for fields, hearing how loud it is, choosing its thumbnail and making it in all sizes and
formats. *The ladder* is every rendition of pictures and sound. Both are the media tools' own CPU seconds.
Most of an extra's cost does not grow with the film; this one lasts a minute. The preview is made when nothing
else is to be made, and told apart. The memory is that of one process that makes six rungs of a 2160p source.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.footage import film_1080p, film_2160p
from benchmarks.report import Claim, save
from tests.support.jails import tools
from tests.support.presentations import assignment
from tests.support.recording_client import RecordingClient
from vlog.config import load
from vlog.media import preview_command
from vlog.media.plan import EncodePolicy, VideoRendition
from vlog.media.planner import plan
from vlog.pipeline.audio import make_audio
from vlog.pipeline.encode import encode
from vlog.pipeline.failures import Completed
from vlog.pipeline.inspection import inspect
from vlog.pipeline.jail import Jail
from vlog.pipeline.preview import make_preview
from vlog.pipeline.thumbnail import make_thumbnail
from vlog.wire.work import (
    AudioWork,
    Inspected,
    InspectWork,
    PreviewWork,
    ThumbnailWork,
    ToolRun,
    VideoWork,
)

SECONDS = 60
LARGE_SECONDS = 6
POLICY = EncodePolicy(remux=False)
WIDTHS = (320, 640, 1280)
FORMATS = ("jpeg", "webp", "avif")


def run() -> None:
    """Measure and report."""
    spent = asyncio.run(_spent(film_1080p(SECONDS)))
    rungs, rss_bytes = asyncio.run(_largest(film_2160p(LARGE_SECONDS)))
    ladder = spent["pictures"] + spent["sound"]
    extras = spent["inspection"] + spent["loudness"] + spent["thumbnail"]
    save(
        "extras",
        [
            Claim(name="extras / ladder", measured=100 * extras / ladder, goal=2.0, unit="%"),
            Claim(name="memory of 2160p, six rungs", measured=rss_bytes / 1e9, goal=2.1, unit="GB"),
        ],
        {
            "cpu_seconds": {name: round(value, 3) for name, value in spent.items()},
            "shares_percent": {name: round(100 * value / ladder, 2) for name, value in spent.items()},
            "rungs_2160p": rungs,
            "source": f"{SECONDS} s of 1080p30 H.264 with AAC; {LARGE_SECONDS} s of it at 2160p",
            "ffmpeg": tools().ffmpeg_version,
        },
    )


async def _spent(source: Path) -> dict[str, float]:
    jail = Jail.detect(tools(), load({}))
    asked: list[Completed] = []
    seen = await _inspect(jail, source, asked)
    made = plan(seen.info, seen.grid, POLICY)
    half = len(seen.grid.cells) // 2
    client = RecordingClient(source)
    pictures = assignment(jail, source, client)
    for first, end in ((0, half), (half, len(seen.grid.cells))):
        await encode(pictures, _chunk(seen, first, end))
    sound = assignment(jail, source, RecordingClient(source))
    for audio in made.audio:
        await make_audio(sound, AudioWork(info=seen.info, grid=seen.grid, audio=audio, durable={}))
    still = assignment(jail, source, RecordingClient(source))
    wanted = ThumbnailWork(
        info=seen.info,
        start_seconds=seen.grid.start_seconds,
        duration_seconds=seen.grid.duration_seconds,
        widths=WIDTHS,
        formats=FORMATS,
    )
    await make_thumbnail(still, wanted)
    return {
        "inspection": sum(run.cpu_seconds for run in asked),
        "loudness": _cpu(run for run in sound.runs if "ebur128" in run.command),
        "thumbnail": _cpu(still.runs),
        "preview": await _previewed(jail, client, seen, rung=made.video[-1]),
        "pictures": _cpu(pictures.runs),
        "sound": _cpu(run for run in sound.runs if "ebur128" not in run.command),
    }


async def _previewed(jail: Jail, client: RecordingClient, seen: Inspected, *, rung: VideoRendition) -> float:
    """CPU seconds of the preview, which is made of segments of the smallest rung."""
    segments = client.segments[rung.name]
    lengths = [Fraction(segments[number].duration) for number in sorted(segments)]
    numbers = preview_command.places(lengths)
    scale = seen.grid.timescale
    width, height = preview_command.size(rung.width, rung.height)
    work = PreviewWork(
        moments=tuple(
            (segments[number].start / scale, float(preview_command.SECONDS_EACH)) for number in numbers
        ),
        frame_rate=float(seen.grid.frame_rate),
        width=width,
        height=height,
    )
    with TemporaryDirectory() as folder:
        source = Path(folder) / "segments.mp4"
        source.write_bytes(client.inits[rung.name] + b"".join(segments[number].data for number in numbers))
        task = assignment(jail, source, RecordingClient(source))
        await make_preview(task, work)
    return _cpu(task.runs)


async def _largest(source: Path) -> tuple[list[str], int]:
    """The rungs of a 2160p source and the peak memory of the process that makes all of them."""
    jail = Jail.detect(tools(), load({}))
    seen = await _inspect(jail, source, [])
    task = assignment(jail, source, RecordingClient(source))
    work = _chunk(seen, 0, len(seen.grid.cells))
    await encode(task, work)
    return [rung.name for rung in work.rungs], max(run.max_rss_bytes for run in task.runs)


async def _inspect(jail: Jail, source: Path, asked: list[Completed]) -> Inspected:
    work = InspectWork(
        segment_seconds=POLICY.segment_seconds, max_frame_rate=60, max_duration_seconds=86_400, remux=False
    )
    return await inspect(jail, source, work, on_run=asked.append)


def _chunk(seen: Inspected, first: int, end: int) -> VideoWork:
    return VideoWork(
        info=seen.info,
        grid=seen.grid.between(first, end),
        first_cell=first,
        last=end == len(seen.grid.cells),
        rungs=plan(seen.info, seen.grid, POLICY).video,
        durable={},
    )


def _cpu(runs: Iterable[ToolRun]) -> float:
    return sum(run.cpu_seconds for run in runs)
