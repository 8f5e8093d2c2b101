"""What `vlog doctor` looks at on the machine itself: Python, folders, storage, media tools, GPU."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import resource
import secrets
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vlog.config import Config
from vlog.kit.errors import VlogError
from vlog.pipeline.binaries import MediaTools, decoders_of, locate
from vlog.pipeline.jail import Jail, Mode
from vlog.pipeline.selftest import self_test
from vlog.storage.lanes import Lanes, Pace
from vlog.storage.layout import MARKER
from vlog.storage.tree import Tree

OLDEST_PYTHON = (3, 11)
OLDEST_FFMPEG = (5, 1)
FEW_FILES = 4096
FEW_BYTES = 2 * 1000**3
# What a segment, a thumbnail and a probe need at once, several times over.
FEW_TEMPORARY_BYTES = 256 * 1000**2
SLOW_BYTES_PER_SECOND = 10 * 1000**2
_PROBE_BYTES = 4 << 20
_PARTS = (".staging", "uploads", "videos", "archive")
_ENCODERS = ("libx264", "aac")
_DECODERS = (
    "h264",
    "hevc",
    "vp8",
    "vp9",
    "av1",
    "mpeg2video",
    "mpeg4",
    "aac",
    "mp3",
    "opus",
    "vorbis",
    "flac",
)
# Some builds decode AV1 by a library only.
_OTHER_NAMES = {"av1": {"libdav1d", "libaom-av1"}}


class Verdict(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at, and how to mend it where that is needed."""

    subject: str
    verdict: Verdict
    words: str
    remedy: str = ""


def good(subject: str, words: str) -> Line:
    """Nothing to do."""
    return Line(subject, Verdict.OK, words)


async def python(_: Config) -> list[Line]:
    """The interpreter."""
    version = platform.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        return [
            Line("python", Verdict.BAD, version, "VLog needs Python 3.11 or newer: run `make up` with it.")
        ]
    isolated = sys.prefix != sys.base_prefix
    return [good("python", f"{version}{'' if isolated else ', not in an environment of its own'}")]


async def machine(_: Config) -> list[Line]:
    """Limits of the process, and room for temporary files."""
    found = []
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if files < FEW_FILES:
        remedy = f"Raise it (`ulimit -n {FEW_FILES}`, or LimitNOFILE= in the service) to serve many viewers."
        found.append(Line("open files", Verdict.WARNING, f"at most {files}", remedy))
    folder = Path(tempfile.gettempdir())
    free = shutil.disk_usage(folder).free
    if free < FEW_TEMPORARY_BYTES:
        remedy = "Free some space there, or set TMPDIR to another folder."
        found.append(Line("temp space", Verdict.WARNING, f"{_size(free)} free in {folder}", remedy))
    cores = os.cpu_count() or 1
    return [good("machine", f"{platform.machine()}, {cores} core{'s' if cores > 1 else ''}"), *found]


async def folders(config: Config) -> list[Line]:
    """The data folder."""
    folder = config.data_dir
    if not folder.exists():
        parent = next(each for each in folder.parents if each.exists())
        if os.access(parent, os.W_OK):
            return [good("data", f"{folder} will be made at the first start")]
        remedy = "Make it for the user who runs VLog, or set VLOG_DATA_DIR to another folder."
        return [Line("data", Verdict.BAD, f"{folder} does not exist and can't be made", remedy)]
    if not os.access(folder, os.W_OK | os.X_OK):
        remedy = "Give it to the user who runs VLog (chown), or set VLOG_DATA_DIR to another folder."
        return [Line("data", Verdict.BAD, f"{folder} can't be written to", remedy)]
    free = shutil.disk_usage(folder).free
    words = f"{folder}, {_size(free)} free"
    if free < FEW_BYTES:
        return [Line("data", Verdict.WARNING, words, "Free some space there: the database needs it to work.")]
    return [good("data", words)]


async def storage(config: Config) -> list[Line]:
    """The storage folder: marker, permission, space, one disk, durability and speed."""
    tree = Tree(config.storage_path)
    lanes = Lanes.of(tree.root.is_dir, Pace(suspect=1.0, life=1.5))
    try:
        is_default = tree.root.is_relative_to(config.data_dir)
        return await lanes.looking.run(lambda: _storage(tree, is_default=is_default))
    except VlogError as error:
        remedy = f"Look at the disk of {tree.root}: `stat` on it should answer at once."
        return [Line("storage", Verdict.BAD, error.message, remedy)]
    finally:
        lanes.close()


def _storage(tree: Tree, *, is_default: bool) -> list[Line]:
    root = tree.root
    if not root.is_dir():
        if not is_default and not root.parent.exists():
            remedy = "Mount its disk, or set VLOG_STORAGE_PATH to another folder."
            return [Line("storage", Verdict.BAD, f"{root} does not exist", remedy)]
        return [good("storage", f"{root} will be made at the first start")]
    found = []
    marker = tree.read_marker()
    if marker is None and not tree.is_bare():
        remedy = "Mount the right disk. If this is it (after a restore): `vlog storage adopt`."
        found.append(Line("storage", Verdict.BAD, f"{root} carries no {MARKER}: nothing is written", remedy))
    free = tree.free().free_bytes or 0
    if free < FEW_BYTES:
        remedy = "Free some space, or move the folder to a larger disk (VLOG_STORAGE_PATH)."
        found.append(Line("storage", Verdict.WARNING, f"only {_size(free)} are free in {root}", remedy))
    for name in _denied(root):
        remedy = "Give it to the user who runs VLog: chown -R, or mount it for writing."
        found.append(Line("storage", Verdict.BAD, f"{name} can't be written to", remedy))
    disks = {
        (root / name).stat().st_dev for name in ("uploads", "videos", "archive") if (root / name).is_dir()
    }
    if len(disks | {root.stat().st_dev}) > 1:
        remedy = "Moving between them copies every byte: put uploads, videos and archive on one disk."
        found.append(Line("storage", Verdict.WARNING, "its folders lie on different disks", remedy))
    if not any(line.verdict is Verdict.BAD for line in found):
        found.append(_speed(root, free))
    return found


def _denied(root: Path) -> list[Path]:
    wanted = [root, *(root / name for name in _PARTS)]
    return [path for path in wanted if path.is_dir() and not os.access(path, os.W_OK | os.X_OK)]


def _speed(root: Path, free: int) -> Line:
    """Write, fsync, rename and remove a probe, as uploads do."""
    probe = root / f".vlog-probe-{secrets.token_hex(4)}"
    renamed = probe.with_name(f"{probe.name}-renamed")
    began = time.monotonic()
    try:
        with probe.open("xb") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
        probe.rename(renamed)
        seconds = max(time.monotonic() - began, 1e-6)
    except OSError as error:
        remedy = f"Look at the disk of {root}; uploads fail in the same way."
        return Line("storage", Verdict.BAD, f"a probe could not be written: {error.strerror}", remedy)
    finally:
        for path in (probe, renamed):
            with suppress(OSError):
                path.unlink(missing_ok=True)
    speed = _PROBE_BYTES / seconds
    words = f"{root}, {_size(free)} free, writes durably at {_size(round(speed))}/s"
    if speed < SLOW_BYTES_PER_SECOND:
        return Line("storage", Verdict.WARNING, words, "Uploads will be as slow: look for a faster disk.")
    return good("storage", words)


async def media_tools(config: Config) -> list[Line]:
    """ffmpeg, what it can do, and the jail it runs in."""
    cache = config.data_dir if config.data_dir.is_dir() else Path(tempfile.gettempdir())
    try:
        tools = await asyncio.to_thread(locate, config, cache_dir=cache)
    except VlogError as error:
        return [Line("ffmpeg", Verdict.BAD, error.message, "Unset VLOG_FFMPEG to use the bundled one.")]
    found = []
    version = tuple(int(part) for part in re.findall(r"\d+", tools.ffmpeg_version)[:2])
    if version and version < OLDEST_FFMPEG and "." in tools.ffmpeg_version:
        remedy = f"Use {'.'.join(map(str, OLDEST_FFMPEG))} or newer; unset VLOG_FFMPEG for the bundled one."
        found.append(Line("ffmpeg", Verdict.BAD, f"{tools.ffmpeg_version} is too old", remedy))
    missing = [name for name in _ENCODERS if name not in tools.encoders]
    if missing:
        remedy = "Unset VLOG_FFMPEG to use the bundled one."
        found.append(Line("ffmpeg", Verdict.BAD, f"it can't encode with {', '.join(missing)}", remedy))
    decoders, jail = await asyncio.gather(asyncio.to_thread(decoders_of, tools.ffmpeg), _jail(tools, config))
    unknown = [name for name in _DECODERS if not ({name} | _OTHER_NAMES.get(name, set())) & decoders]
    if unknown:
        remedy = "Such sources will be refused; the bundled ffmpeg (unset VLOG_FFMPEG) knows them."
        found.append(Line("ffmpeg", Verdict.WARNING, f"it can't decode {', '.join(unknown)}", remedy))
    if not found:
        found.append(good("ffmpeg", f"{tools.ffmpeg_version} ({tools.ffmpeg})"))
    return [*found, jail]


async def _jail(tools: MediaTools, config: Config) -> Line:
    try:
        jail = await asyncio.to_thread(Jail.detect, tools, config)
        await self_test(jail)
    except VlogError as error:
        remedy = "Install bubblewrap, or run a kernel with Landlock (5.13 or newer)."
        return Line("jail", Verdict.BAD, error.message, remedy)
    if jail.mode is Mode.NONE:
        remedy = "Unset VLOG_UNSAFE_NO_JAIL unless every file comes from yourself."
        return Line("jail", Verdict.WARNING, "media tools run without a jail", remedy)
    return good("jail", f"{jail.mode}, and it holds")


async def gpu(_: Config) -> list[Line]:
    """Whether there is one; encoding works without."""
    return [await asyncio.to_thread(_gpu)]


def _gpu() -> Line:
    nodes = [*Path("/dev/dri").glob("renderD*"), *Path("/dev").glob("nvidia[0-9]*")]
    if not nodes:
        return good("gpu", "none: videos are encoded on the CPU")
    names = ", ".join(str(node) for node in nodes)
    if not all(os.access(node, os.R_OK | os.W_OK) for node in nodes):
        remedy = "Add the user who runs VLog to the group of these nodes (often `render` or `video`)."
        return Line("gpu", Verdict.WARNING, f"{names} may not be used", remedy)
    return good("gpu", names)


def _size(size_bytes: int) -> str:
    for unit, size in (("TB", 1000**4), ("GB", 1000**3)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes / 1000**2:.0f} MB"
