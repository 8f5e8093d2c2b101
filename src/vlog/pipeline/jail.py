"""The jail of a media tool: what it may see and use, as a value, and the command that puts a tool into it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vlog.config import Config
from vlog.pipeline.binaries import MediaTools


class Mode(StrEnum):
    """How this machine locks a media tool up."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one tool run. The defaults suit a probe; an encoder gets ``ENCODE_LIMITS`` or its own.

    ``wall_seconds`` and ``cpu_seconds`` end the run with ``TimedOut``, ``stall_seconds`` without a new frame or
    output byte with ``Stalled``, ``file_size_bytes`` (a file) and ``output_bytes`` (all pipes) with ``OutputTooBig``.
    """

    address_space_bytes: int = 3 << 30
    cpu_seconds: int = 60
    file_size_bytes: int = 1 << 20
    open_files: int = 64
    wall_seconds: float = 60.0
    stall_seconds: float = 120.0
    output_bytes: int = 16 << 20


PROBE_LIMITS = Limits()
ENCODE_LIMITS = Limits(
    address_space_bytes=24 << 30, cpu_seconds=12 * 3600, wall_seconds=12 * 3600.0, output_bytes=64 << 30
)


@dataclass(frozen=True, kw_only=True)
class JailSpec:
    """What one run may touch: one source for reading, and folders only where a step cannot do with pipes.

    ``devices`` are paths such as a GPU's nodes that the tool may read, write and control.
    """

    source: Path | None = None
    limits: Limits = PROBE_LIMITS
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Jail:
    """The kind of jail that this machine offers and the tools that run in it; made once per process."""

    tools: MediaTools
    mode: Mode

    @classmethod
    def detect(cls, tools: MediaTools, config: Config) -> Jail:
        """Bubblewrap if it works here, else Landlock with seccomp, else ``SandboxMissing`` unless
        ``config.unsafe_no_jail`` asks for no jail (logged as an error)."""
        raise NotImplementedError

    def source_url(self, source: Path) -> str:
        """The name under which a jailed tool opens ``source``: always a ``file:`` URL with an absolute path, so that
        no file name can act as an option, a pattern or another protocol."""
        raise NotImplementedError
