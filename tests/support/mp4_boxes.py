"""MP4 boxes built by hand, right or wrong as a test wants them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

Runs = Sequence[tuple[int, int]]
Edit = tuple[int, int]


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of 32-bit size."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    """A box that begins with a version and no flags."""
    return box(kind, struct.pack(">I", version << 24), *content)


def table(kind: bytes, rows: Sequence[Sequence[int]], *, layout: str = "I") -> bytes:
    """A box that counts its rows of 32-bit numbers."""
    numbers = b"".join(struct.pack(f">{len(row)}{layout}", *row) for row in rows)
    return full_box(kind, struct.pack(">I", len(rows)), numbers)


def sample_table(
    stts: Runs,
    *,
    ctts: Runs | None = None,
    keys: Sequence[int] | None = None,
    extra: bytes = b"",
    entry: bytes = b"avc1",
) -> bytes:
    """``stbl`` of samples of 10 bytes each, all in one chunk at offset 0."""
    count = sum(run for run, _ in stts)
    return box(
        b"stbl",
        full_box(b"stsd", struct.pack(">I", 1), box(entry, bytes(78))),
        table(b"stts", stts),
        b"" if ctts is None else table(b"ctts", ctts, layout="i"),
        b"" if keys is None else table(b"stss", [(key,) for key in keys]),
        full_box(b"stsz", struct.pack(">II", 0, count), struct.pack(">I", 10) * count),
        table(b"stco", [(0,)]),
        extra,
    )


def movie(
    samples: bytes, *, edits: Sequence[Edit] | None = None, movie_scale: int = 1000, scale: int = 1000
) -> bytes:
    """The content of ``moov`` with one track, number 1; ``edits`` are durations and media times."""
    rows = [(duration, media_time, 0x10000) for duration, media_time in edits or ()]
    dates = bytes(8)
    return box(b"mvhd", bytes(4), dates, struct.pack(">II", movie_scale, 0)) + box(
        b"trak",
        box(b"tkhd", bytes(4), dates, struct.pack(">I", 1), bytes(68)),
        b"" if edits is None else box(b"edts", table(b"elst", rows, layout="i")),
        box(
            b"mdia",
            box(b"mdhd", bytes(4), dates, struct.pack(">II", scale, 0), bytes(4)),
            box(b"minf", samples),
        ),
    )
