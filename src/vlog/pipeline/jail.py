"""The jail of a media tool: what it may see and use, as a value, and the command that puts a tool into it."""

from __future__ import annotations

import marshal
import os
import platform
import resource
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import structlog

from vlog.config import Config
from vlog.kit.errors import Invalid, NotFound
from vlog.pipeline import bubblewrap, landlock, seccomp
from vlog.pipeline.binaries import MediaTools
from vlog.pipeline.failures import SandboxMissing

_LAUNCHER = Path(__file__).with_name("jail_launcher.py")
# Behind those who answer viewers; each step of nice is worth a quarter more of the processors' time.
_NICENESS = 10
_HURRIED_NICENESS = 3
_PATIENT_NICENESS = 15
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "AV_LOG_FORCE_NOCOLOR": "1"}
_LOADER_CACHE = Path("/etc/ld.so.cache")

_log = structlog.get_logger(__name__)


class Mode(StrEnum):
    """How this machine locks a media tool up."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "landlock"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one tool run. The defaults suit a probe; an encoder gets ``ENCODE_LIMITS`` or its own.

    ``wall_seconds`` and ``cpu_seconds`` end the run with ``TimedOut``; ``stall_seconds`` without a new frame
    or output byte with ``Stalled``; ``file_size_bytes`` (a file) and ``output_bytes`` (all pipes together)
    with ``OutputTooBig``.
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

    ``devices`` are paths such as a GPU's nodes that the tool may read, write and control. ``hurried`` tools
    get most of the processors' time where others work beside them, ``patient`` ones a third
    of what those get that are neither.
    """

    source: Path | None = None
    limits: Limits = PROBE_LIMITS
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = ()
    hurried: bool = False
    patient: bool = False


@dataclass(frozen=True)
class Jail:
    """The kind of jail that this machine offers and the tools that run in it; made once per process.

    ``bwrap`` is set in bubblewrap mode, ``landlock_abi`` in Landlock mode.
    """

    tools: MediaTools
    mode: Mode
    bwrap: Path | None = None
    landlock_abi: int = 0

    @classmethod
    def detect(cls, tools: MediaTools, config: Config) -> Jail:
        """Bubblewrap if it works here, else Landlock with seccomp.

        Without either: ``SandboxMissing``, unless ``config.unsafe_no_jail`` asks for no jail (logged as an
        error).
        """
        if config.unsafe_no_jail:
            _log.error("media tools run WITHOUT a jail", reason="VLOG_UNSAFE_NO_JAIL is set")
            return cls(tools, Mode.NONE)
        filtered = platform.machine() in seccomp.MACHINES
        bwrap = bubblewrap.find()
        if filtered and bwrap and bubblewrap.works(bwrap, tools.ffmpeg, runtime=tools.ffmpeg_runtime):
            return cls(tools, Mode.BUBBLEWRAP, bwrap=bwrap)
        version = landlock.abi()
        if filtered and version > 0:
            return cls(tools, Mode.LANDLOCK, landlock_abi=version)
        raise SandboxMissing

    def source_url(self, source: Path) -> str:
        """The name under which a jailed tool opens ``source``.

        Always a ``file:`` URL with an absolute path, so that no file name can act as an option, a pattern or
        another protocol.
        """
        seen = bubblewrap.SOURCE if self.mode is Mode.BUBBLEWRAP else source.absolute()
        return f"file:{seen}"

    def command(
        self, spec: JailSpec, argv: Sequence[str], *, files: Sequence[tuple[int, int]] = ()
    ) -> list[str]:
        """The whole command line that runs ``argv`` under ``spec``: the launcher, what it applies, the tool.

        ``files`` are pairs of an open file's number here and the number that the tool sees. Raises
        ``NotFound`` or ``Invalid`` when the source is not a plain file.
        """
        _check_source(spec.source)
        applied = {
            "parent": os.getpid(),
            "nice": _niceness(spec),
            "files": list(files),
            "limits": _limits(spec.limits),
            "environment": _ENVIRONMENT,
            "bubblewrap": self.mode is Mode.BUBBLEWRAP,
            "landlock": self._landlock(spec, Path(argv[0])) if self.mode is Mode.LANDLOCK else None,
            "seccomp": self._filter(spec),
            "seccomp_file": None,
        }
        wrapped = list(argv)
        if self.bwrap is not None:
            # The first number after those of the passed files.
            number = max([2, *(wanted for _, wanted in files)]) + 1
            applied["seccomp_file"] = number
            wrapped = [
                *bubblewrap.prefix(self.bwrap, self._view(spec, Path(argv[0])), seccomp_file=number),
                *argv,
            ]
        # -I -S -E: nothing of the environment, of site-packages or of the working folder takes part; and it
        # starts in a third of the time.
        return [
            sys.executable,
            "-I",
            "-S",
            "-E",
            str(_LAUNCHER),
            marshal.dumps(applied).hex(),
            "--",
            *wrapped,
        ]

    def shown(self, argv: Sequence[str], source: Path | None) -> list[str]:
        """``argv`` with the source's real name, as a person would run it."""
        if source is None:
            return list(argv)
        inside = self.source_url(source)
        return [f"file:{source.absolute()}" if word == inside else word for word in argv]

    def _view(self, spec: JailSpec, tool: Path) -> bubblewrap.View:
        return bubblewrap.View(
            tool=tool,
            runtime=self.tools.runtime_of(tool),
            source=spec.source,
            readable=spec.readable,
            writable=spec.writable,
            devices=spec.devices,
        )

    def _filter(self, spec: JailSpec) -> bytes:
        if self.mode is Mode.NONE:
            return b""
        by_landlock = self.mode is Mode.LANDLOCK
        return seccomp.program(
            seccomp.MACHINES[platform.machine()],
            # Bubblewrap's pid namespace and newer Landlock versions keep other processes out of reach.
            guard_signals=by_landlock and self.landlock_abi < landlock.FIRST_ABI_WITH_SCOPES,
            # A step that writes files needs to truncate them.
            guard_truncation=by_landlock
            and self.landlock_abi < landlock.FIRST_ABI_WITH_TRUNCATE
            and not spec.writable,
        )

    @cached_property
    def _ruleset(self) -> landlock.Ruleset:
        return landlock.ruleset(self.landlock_abi)

    def _landlock(self, spec: JailSpec, tool: Path) -> tuple[bytes, list[tuple[str, int, bool]]]:
        runtime = self.tools.runtime_of(tool)
        given: list[tuple[Path, int]] = [(tool, landlock.EXECUTE | landlock.READ_FILE)]
        if runtime.interpreter is not None:
            given.append((runtime.interpreter, landlock.EXECUTE | landlock.READ_FILE))
            # Libraries are mapped, not executed: no program that lies among them can be started.
            given += [(folder, landlock.READ_FILE) for folder in runtime.library_folders]
            given += [(_LOADER_CACHE, landlock.READ_FILE)] if _LOADER_CACHE.exists() else []
        given += [(path, landlock.READ_FILE | landlock.READ_DIR) for path in spec.readable]
        given += [(path, landlock.READ_AND_WRITE_FOLDER) for path in spec.writable]
        given += [(path, landlock.USE_DEVICE) for path in spec.devices]
        rules = [landlock.rule(path, rights, withheld=self._ruleset) for path, rights in given]
        applied: list[tuple[str, int, bool]] = [(str(rule.path), rule.rights, True) for rule in rules]
        if spec.source is not None:
            # Not followed if it is a link by now: a planted link can't turn one file into another.
            applied.append((str(spec.source.absolute()), landlock.READ_FILE, False))
        return self._ruleset.attributes, applied


def _niceness(spec: JailSpec) -> int:
    if spec.hurried:
        return _HURRIED_NICENESS
    return _PATIENT_NICENESS if spec.patient else _NICENESS


def _limits(limits: Limits) -> list[tuple[int, int]]:
    return [
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_size_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        # A core dump would hold pictures of a private video.
        (resource.RLIMIT_CORE, 0),
    ]


def _check_source(source: Path | None) -> None:
    if source is None:
        return
    try:
        found = source.lstat()
    except FileNotFoundError:
        raise NotFound("The source file is not there.", code="source_missing") from None
    if not stat.S_ISREG(found.st_mode):
        raise Invalid("The source is not a plain file.", code="source_not_a_file")
