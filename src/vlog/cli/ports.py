"""Are the ports free? If not: who has them, as far as /proc tells."""

from __future__ import annotations

import errno
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vlog.config import Config
from vlog.kit.errors import Conflict, Invalid, NotPermitted
from vlog.kit.lines import printable

# The processes of a VLog that was killed a moment ago are still closing theirs.
_PATIENCE_SECONDS = 1.0
_PAUSE_SECONDS = 0.05
_LISTENING = "0A"
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
_PROC = Path("/proc")
_LONGEST_COMMAND = 60


@dataclass(frozen=True)
class Port:
    """One port that VLog needs and the variable that changes it."""

    number: int
    variable: str


def ports_of(config: Config) -> tuple[Port, Port, Port]:
    """The three ports of an installation."""
    return (
        Port(config.public_port, "VLOG_PUBLIC_PORT"),
        Port(config.admin_port, "VLOG_ADMIN_PORT"),
        Port(config.worker_api_port, "VLOG_WORKER_API_PORT"),
    )


def local_url(host: str, number: int) -> str:
    """The address of a service for people on this machine."""
    name = "localhost" if host in _EVERYWHERE else host
    return f"http://[{name}]:{number}" if ":" in name else f"http://{name}:{number}"


def require_free(config: Config) -> None:
    """Raise ``VlogError`` with one sentence if a port can't be had."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for port in ports_of(config):
        while (error := _try(config.host, port.number)) is not None:
            if error.errno != errno.EADDRINUSE:
                raise _refused(config.host, port, error=error) from error
            if time.monotonic() > deadline:
                raise Conflict(
                    f"Port {port.number} ({port.variable}) is taken{_by(port.number)}: "
                    f"stop that program or set {port.variable} to a free port.",
                    code="port_taken",
                ) from error
            time.sleep(_PAUSE_SECONDS)


def _try(host: str, number: int) -> OSError | None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server does it: connections of an earlier run that linger are no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def _refused(host: str, port: Port, *, error: OSError) -> Invalid | NotPermitted:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return Invalid(
            f"{host} (VLOG_HOST) is no address of this machine: use 127.0.0.1, 0.0.0.0 or one of its own.",
            code="bad_host",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotPermitted(
            f"Port {port.number} ({port.variable}) is reserved for the system: use one above 1023.",
            code="port_reserved",
        )
    return Invalid(f"Port {port.number} ({port.variable}) can't be used: {error.strerror}.", code="bad_port")


def _by(number: int) -> str:
    """`` by process 12 (nginx -g …)``, or nothing when the holder is not to be seen."""
    inodes = _listening_inodes(number)
    for process in _PROC.iterdir() if inodes else ():
        if not process.name.isdecimal():
            continue
        # Other people's processes don't show their files, and any may end while we look.
        with suppress(OSError):
            if any(str(file.readlink()) in inodes for file in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().split(b"\0")
                command = printable(" ".join(word.decode(errors="replace") for word in words).strip())
                return f" by process {process.name} ({command[:_LONGEST_COMMAND]})"
    return " by another program"


def _listening_inodes(number: int) -> set[str]:
    """The sockets that listen on a port, as /proc/…/fd names them (proc_pid_net(5))."""
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == number:
                    found.add(f"socket:[{fields[9]}]")
    return found
