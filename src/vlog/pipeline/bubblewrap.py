"""Bubblewrap's arguments: a root in which nothing exists but one tool, its libraries and one source."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from vlog.pipeline.binaries import Runtime

SOURCE = Path("/in/source")
"""The source's only name inside, so that no upload's name or folder reaches the tool."""

_START_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class View:
    """What a tool sees inside, each path under its own name unless said otherwise."""

    tool: Path
    runtime: Runtime
    source: Path | None = None
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = ()


def find() -> Path | None:
    """Where bubblewrap is installed; whether it may do its work here, ``works`` finds out."""
    found = shutil.which("bwrap")
    return Path(found).resolve() if found else None


def works(bwrap: Path, tool: Path, *, runtime: Runtime) -> bool:
    """Whether ``tool -version`` runs inside: containers often forbid the namespaces that this needs."""
    command = [*prefix(bwrap, View(tool=tool, runtime=runtime)), str(tool), "-version"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_START_SECONDS,
            env={},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def prefix(bwrap: Path, view: View, *, seccomp_file: int | None = None) -> list[str]:
    """The command up to and including ``--``; the tool and its arguments follow.

    ``seccomp_file`` is the number under which bubblewrap finds the filter to install.
    """
    arguments = [
        str(bwrap),
        # Own users, processes, network (without even a loopback), IPC, host name, and cgroups where possible.
        "--unshare-all",
        # The whole namespace dies with bubblewrap, and bubblewrap with us.
        "--die-with-parent",
        *("--cap-drop", "ALL"),
        # The tool itself is the first process: bubblewrap then waits for it and its use of CPU and memory is
        # counted.
        "--as-pid-1",
    ]
    if seccomp_file is not None:
        arguments += ["--seccomp", str(seccomp_file)]
    for path in _files(view):
        arguments += ["--ro-bind", str(path), str(path)]
    if view.runtime.interpreter is not None:
        for path in (Path("/etc/ld.so.cache"), Path("/etc/alternatives")):
            # Debian reaches some libraries through links in the second.
            arguments += ["--ro-bind-try", str(path), str(path)]
    if view.source is not None:
        arguments += ["--ro-bind", str(view.source), str(SOURCE)]
    for path in view.writable:
        arguments += ["--bind", str(path), str(path)]
    for path in view.devices:
        arguments += ["--dev-bind", str(path), str(path)]
    # No /proc, no /dev, no /tmp: the tools do without, and each would be one more thing to reach.
    return [*arguments, *("--remount-ro", "/", "--chdir", "/", "--")]


def _files(view: View) -> list[Path]:
    interpreter = [] if view.runtime.interpreter is None else [view.runtime.interpreter]
    return [view.tool, *interpreter, *view.runtime.library_folders, *view.readable]
