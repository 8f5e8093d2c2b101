"""Initialisation segments: what ffmpeg's says, and our own built from it.

Ours depend on nothing but the codec's configuration, the timescale and the size, so all chunks of a rendition
get the same bytes from whichever worker. Source: ISO/IEC 14496-12 8.2–8.8, 14496-15 5.4 (avcC), 14496-14
(esds).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from vlog.media.fmp4 import Box, Buffer, Defaults, bad, box, boxes, find, full_box, need, read

_VIDEO_ENTRY_HEADER = 78
_AUDIO_ENTRY_HEADER = 28
_COMPRESSOR_NAME = slice(42, 74)

# Bit rates (btrt) are those of the first chunk; the rest belongs to QuickTime or to one tool.
_KEPT_ENTRY_BOXES = frozenset(
    {b"avcC", b"hvcC", b"av1C", b"vpcC", b"esds", b"dOps", b"dfLa", b"colr", b"pasp"}
)

_UNITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # "und" in 5-bit letters


@dataclass(frozen=True, slots=True)
class Track:
    """The only track of an initialisation segment.

    ``entry`` is its sample entry, a whole box such as ``avc1`` or ``mp4a``; ``timescale`` is ticks per
    second.
    """

    timescale: int
    handler: bytes
    entry: bytes
    defaults: Defaults

    @property
    def format(self) -> bytes:
        """The sample entry's kind."""
        return self.entry[4:8]

    def config(self, kind: bytes) -> bytes:
        """The content of a box inside the sample entry (``avcC``, ``esds`` …)."""
        for child in entry_boxes(self.entry, self.handler):
            if child.kind == kind:
                return self.entry[child.body : child.end]
        raise bad(f"the sample entry has no {kind.decode('latin-1')} box")


def parse_init(data: Buffer) -> Track:
    """Read ``ftyp`` and ``moov`` of one track."""
    moov = need(data, b"moov")
    tracks = [child for child in boxes(data, moov.body, moov.end) if child.kind == b"trak"]
    if len(tracks) != 1:
        raise bad(f"{len(tracks)} tracks")
    media = need(data, b"mdia", within=tracks[0])
    mdhd = need(data, b"mdhd", within=media)
    (version_and_flags,) = read(data, mdhd, layout="I")
    (timescale,) = read(data, mdhd, layout="I", at=20 if version_and_flags >> 24 else 12)
    if not timescale:
        raise bad("a timescale of 0")
    hdlr = need(data, b"hdlr", within=media)
    read(data, hdlr, layout="III")
    stsd = need(data, b"minf", b"stbl", b"stsd", within=media)
    (_, count) = read(data, stsd, layout="II")
    entries = list(boxes(data, stsd.body + 8, stsd.end))
    if not entries or count != len(entries):
        raise bad("no sample entry")
    return Track(
        timescale=timescale,
        handler=bytes(data[hdlr.body + 8 : hdlr.body + 12]),
        entry=bytes(data[entries[0].start : entries[0].end]),
        defaults=_defaults(data, moov),
    )


def _defaults(data: Buffer, moov: Box) -> Defaults:
    trex = find(data, b"mvex", b"trex", within=moov)
    if trex is None:
        return Defaults()
    _, _, _, duration, size, flags = read(data, trex, layout="6I")
    return Defaults(duration, size, flags)


def entry_boxes(entry: Buffer, handler: bytes) -> list[Box]:
    """The boxes inside a sample entry, which follow a header that depends on the kind of media."""
    header = _VIDEO_ENTRY_HEADER if handler == b"vide" else _AUDIO_ENTRY_HEADER
    if len(entry) < 8 + header:
        raise bad("a sample entry is cut off")
    return list(boxes(entry, 8 + header))


def build_video_init(track: Track, *, timescale: int, width: int, height: int, delay: int) -> bytes:
    """The initialisation segment of a video rendition.

    ``delay`` is by how many ticks presentation runs behind decoding: an edit list takes it back, so the first
    picture of a segment is shown exactly at the segment's decode time. ``width`` and ``height`` are what the
    pictures are shown at.
    """
    media_header = full_box(b"vmhd", 0, 1, bytes(8))
    # 16.16 fixed-point numbers.
    size = struct.pack(">II", width << 16, height << 16)
    # One edit: from `delay` on, to the end whatever it is (0), at normal speed.
    edits = full_box(b"elst", 0, 0, struct.pack(">IIiI", 1, 0, delay, 0x10000))
    trak = box(
        b"trak",
        _track_header(size, volume=0),
        box(b"edts", edits) if delay else b"",
        _media(track, timescale=timescale, header=media_header),
    )
    return _movie(trak)


def build_audio_init(track: Track, *, timescale: int) -> bytes:
    """The initialisation segment of a sound rendition."""
    media = _media(track, timescale=timescale, header=full_box(b"smhd", 0, 0, bytes(4)))
    return _movie(box(b"trak", _track_header(bytes(8), volume=0x0100), media))


def _clean_entry(track: Track) -> bytes:
    kept = entry_boxes(track.entry, track.handler)
    head = bytearray(track.entry[8 : kept[0].start if kept else None])
    if track.handler == b"vide":
        # The encoder's name: differs between builds that make the same bytes.
        head[_COMPRESSOR_NAME] = bytes(32)
    content = [track.entry[child.start : child.end] for child in kept if child.kind in _KEPT_ENTRY_BOXES]
    return box(track.format, bytes(head), *content)


def _media(track: Track, *, timescale: int, header: bytes) -> bytes:
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), _clean_entry(track)),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    here = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    name = b"SoundHandler\0" if track.handler == b"soun" else b"VideoHandler\0"
    return box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, _UNDETERMINED, 0)),
        full_box(b"hdlr", 0, 0, bytes(4), track.handler, bytes(12), name),
        box(b"minf", header, here, table),
    )


def _track_header(size: bytes, *, volume: int) -> bytes:
    # Enabled (1) and in the movie (2); no dates, which would differ from worker to worker.
    times = struct.pack(">IIIII", 0, 0, 1, 0, 0)
    place = struct.pack(">hhHH", 0, 0, volume, 0)
    return full_box(b"tkhd", 0, 3, times, bytes(8), place, _UNITY_MATRIX, size)


def _movie(trak: bytes) -> bytes:
    header = full_box(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIHH", 0, 0, 1000, 0, 0x10000, 0x0100, 0),
        bytes(8),
        _UNITY_MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    extends = box(b"mvex", full_box(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, 0)))
    # iso6: tfdt and default-base-is-moof; cmfc: CMAF (23000-19) with edit lists in video.
    brands = box(b"ftyp", b"iso6", bytes(4), b"iso6", b"cmfc", b"mp41")
    return brands + box(b"moov", header, trak, extends)
