"""What workers deliver, made of nothing: inits that can be read, segments that fill their cells."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

from vlog.media.fmp4 import Defaults, box
from vlog.media.fmp4_init import Track, build_audio_init, build_video_init
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.media.sound import AAC_FRAME_SAMPLES, borders, spans
from vlog.media.stills import PictureFile
from vlog.pipeline.client import JobClient
from vlog.wire.work import (
    AudioWork,
    Capabilities,
    Inspected,
    InspectWork,
    Made,
    Offer,
    Picture,
    Pictured,
    RemuxWork,
    Segment,
    ThumbnailWork,
    VideoWork,
)

EVERYTHING = Capabilities(
    worker="tester",
    kinds=("inspect", "remux", "audio", "video", "thumbnail"),
    encoders=("libx264", "aac", "mjpeg", "libwebp"),
)
JPEG = b"\xff\xd8\xff\xe0 a picture"
PICTURES = (
    Picture(file=PictureFile(format="jpeg", width=320, height=180), data=b"\xff\xd8\xff\xe0 a small one"),
    Picture(file=PictureFile(format="jpeg", width=640, height=360), data=JPEG),
    Picture(file=PictureFile(format="webp", width=640, height=360), data=b"RIFF0000WEBP"),
)


def video_init(width: int = 640, height: int = 360, *, timescale: int = 30_000, level: int = 30) -> bytes:
    """High profile H.264 of this size."""
    header = bytes(24) + struct.pack(">HH", width, height) + bytes(50)
    avcc = box(b"avcC", bytes([1, 0x64, 0, level, 0xFF, 0xE0, 0]))
    track = Track(timescale, b"vide", box(b"avc1", header, avcc), Defaults())
    return build_video_init(track, timescale=timescale, width=width, height=height, delay=0)


def audio_init(sample_rate: int = 48_000) -> bytes:
    """AAC-LC, stereo."""
    decoder = bytes([0x40, 0x15]) + bytes(11) + bytes([5, 2, 0x11, 0x90])
    descriptor = bytes([0, 0, 0]) + bytes([4, len(decoder)]) + decoder
    esds = box(b"esds", bytes(4), bytes([3, len(descriptor)]), descriptor)
    header = bytes(16) + struct.pack(">HHI", 2, 16, 0) + struct.pack(">HH", sample_rate, 0)
    track = Track(sample_rate, b"soun", box(b"mp4a", header, esds), Defaults())
    return build_audio_init(track, timescale=sample_rate)


def segment(grid: Grid, number: int, *, timescale: int | None = None, content: str = "") -> Segment:
    """The segment of one cell; ``timescale`` is that of sound."""
    cell = grid.cells[number]
    if timescale is None:
        start, duration = cell.start, cell.duration
    else:
        ends = borders(grid, timescale)
        start, duration = spans(ends, frame_samples=AAC_FRAME_SAMPLES)[number]
    data = f"segment {number} at {start} {content}".encode() * 20
    return Segment(
        number=number,
        start=start,
        duration=duration,
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
    )


async def inspect(client: JobClient, *, info: MediaInfo, grid: Grid) -> None:
    """Take the inspection and answer it."""
    offer = await client.claim(EVERYTHING)
    assert offer is not None
    assert isinstance(offer.work, InspectWork)
    await client.finish(offer.lease, Inspected(info=info, grid=grid), ())


async def deliver(
    client: JobClient, offer: Offer, *, grid: Grid, numbers: Iterable[int] | None = None
) -> None:
    """Put what the offer asks for and the server does not have; ``grid`` is the whole one."""
    work = offer.work
    assert isinstance(work, RemuxWork | AudioWork | VideoWork)
    first = 0 if isinstance(work, RemuxWork) else work.first_cell
    cells = range(first, first + len(work.grid.cells))
    if isinstance(work, AudioWork):
        cells = range(first, len(grid.cells) if work.end_cell is None else work.end_cell)
    for name, durable in work.durable.items():
        sound = name.startswith("audio")
        await client.put_init(offer.lease, name, audio_init() if sound else video_init())
        wanted = [number for number in (cells if numbers is None else numbers) if number not in durable]
        rate = 48_000 if sound else None
        if wanted:
            batch = [segment(grid, number, timescale=rate, content=name) for number in wanted]
            await client.put_segments(offer.lease, name, batch)


async def work_off(client: JobClient, *, info: MediaInfo, grid: Grid, limit: int = 100) -> list[str]:
    """Do all tasks that can be claimed; the value tells their kinds in order."""
    done: list[str] = []
    while len(done) < limit and (offer := await client.claim(EVERYTHING)) is not None:
        work = offer.work
        if isinstance(work, InspectWork):
            await client.finish(offer.lease, Inspected(info=info, grid=grid), ())
        elif isinstance(work, ThumbnailWork):
            await client.put_thumbnail(offer.lease, PICTURES)
            files = tuple(each.file for each in PICTURES)
            await client.finish(offer.lease, Pictured(at_seconds=work.start_seconds, files=files), ())
        else:
            await deliver(client, offer, grid=grid)
            await client.finish(offer.lease, Made(), ())
        done.append(str(type(work).__struct_config__.tag))
    return done
