"""Which files the rows of a video say that there are, with their hashes where the rows know them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from vlog.catalog import videos
from vlog.catalog.rows import VideoRow
from vlog.db.reader import Reader
from vlog.media.stills import PictureFile
from vlog.processing import rows
from vlog.processing.rows import FROM_GENERATIONS, GENERATION, Generation, generation_of
from vlog.storage import layout
from vlog.storage.layout import Key
from vlog.wire.codec import from_json

_GENERATIONS = f"SELECT {GENERATION} FROM {FROM_GENERATIONS} WHERE g.video_id = $1 ORDER BY g.id"
_IN_FLIGHT = """
SELECT quality, number, size_bytes, sha256 FROM segments WHERE generation_id = $1 ORDER BY quality, number
"""
_INITS = "SELECT quality, init FROM quality_progress WHERE generation_id = $1 AND init IS NOT NULL"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """One file. Where ``sha256`` is ``None``, nothing is known but that it must be there.

    ``part`` says what it is: ``source``, ``manifest``, ``init`` or ``segment`` (of ``quality``, ``number``).
    """

    key: Key
    part: str
    size_bytes: int | None = None
    sha256: bytes | None = None
    generation_id: int | None = None
    quality: str | None = None
    number: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """All files of one video, and where they may lie.

    ``folders`` are the generations' folders whose content is listed here completely; ``resting`` those of
    replaced generations, which nobody checks any more.
    """

    video_id: int
    root: Key
    files: dict[Key, Expected]
    folders: frozenset[Key]
    resting: frozenset[Key]


async def of_video(reader: Reader, video_id: int, *, with_dash: bool) -> Shelf:
    """What the rows say now. Raises ``NotFound`` for a video that has been purged.

    ``with_dash``: a DASH manifest stands beside the playlists (``streaming.enable_dash``).
    """
    video = await videos.by_id(reader, video_id)
    root = (layout.video if video.deleted_at is None else layout.archived)(video.storage_key)
    found = list(_of_source(video))
    folders, resting = set(), set()
    for row in await reader.fetch(_GENERATIONS, video_id):
        generation = generation_of(row)
        # While a folder waits to be renamed it still has its old name.
        folder = root.child(generation.previous_token or generation.token)
        if generation.state == "retired":
            resting.add(folder)
            continue
        folders.add(folder)
        found += await _of_generation(reader, generation, folder=folder)
        if generation.state == "live":
            names = ("master.m3u8", "manifest.mpd") if with_dash else ("master.m3u8",)
            found += [Expected(key=root.child(name), part="manifest") for name in names]
            found += _pictures(video, root, generation_id=generation.id)
    return Shelf(
        video_id=video_id,
        root=root,
        files={each.key: each for each in found},
        folders=frozenset(folders),
        resting=frozenset(resting),
    )


def _pictures(video: VideoRow, root: Key, *, generation_id: int) -> list[Expected]:
    if not video.thumbnail_version:
        return []
    files = from_json(tuple[PictureFile, ...], video.thumbnail_files)
    names = ["thumbnail.jpg", *(file.name for file in files)]
    return [Expected(key=root.child(name), part="thumbnail", generation_id=generation_id) for name in names]


def _of_source(video: VideoRow) -> list[Expected]:
    if video.source_key is None:
        return []
    return [
        Expected(
            key=Key(video.source_key),
            part="source",
            size_bytes=video.source_size_bytes,
            sha256=video.source_sha256,
        )
    ]


async def _of_generation(reader: Reader, generation: Generation, *, folder: Key) -> list[Expected]:
    found: list[Expected] = []
    complete = {each.quality: each for each in await rows.qualities(reader, generation.id)}
    for name, quality in complete.items():
        inner = folder.child(name)
        found += [
            _segment(generation, inner, number=number, size_bytes=each.size_bytes, sha256=each.sha256)
            for number, each in enumerate(quality.index.segments)
        ]
        found.append(_init(generation, inner, sha256=quality.init_sha256))
        if generation.state == "live":
            found.append(Expected(key=layout.media_playlist(inner), part="manifest"))
    for row in await reader.fetch(_IN_FLIGHT, generation.id):
        found.append(
            _segment(
                generation,
                folder.child(row["quality"]),
                number=row["number"],
                size_bytes=row["size_bytes"],
                sha256=row["sha256"],
            )
        )
    for row in await reader.fetch(_INITS, generation.id):
        if row["quality"] not in complete:
            sha256 = hashlib.sha256(row["init"]).digest()
            found.append(_init(generation, folder.child(row["quality"]), sha256=sha256))
    return found


def _segment(generation: Generation, folder: Key, *, number: int, size_bytes: int, sha256: bytes) -> Expected:
    return Expected(
        key=layout.segment(folder, number),
        part="segment",
        size_bytes=size_bytes,
        sha256=sha256,
        generation_id=generation.id,
        quality=folder.name,
        number=number,
    )


def _init(generation: Generation, folder: Key, *, sha256: bytes) -> Expected:
    key = layout.init_segment(folder)
    return Expected(key=key, part="init", sha256=sha256, generation_id=generation.id, quality=folder.name)
