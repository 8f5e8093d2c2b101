"""Becomes another program: one that dies with its parent, and when root starts it, in a harmless identity.

Run as a script by a bare interpreter (``python -I -S launch.py SPEC -- program arguments``). A ``preexec_fn``
would run Python between ``fork`` and ``exec``, where another thread's lock may be held for ever. SPEC is
JSON: ``parent`` (process id), ``death_signal``, and perhaps ``namespace_id``, or ``user_id``, ``group_id``,
``reach``.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import sys
from typing import Any, NoReturn

FAILED = 125
NAMESPACE_REFUSED = 124

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CLONE_NEWUSER = 0x10000000
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> NoReturn:
    """Apply the spec in ``arguments[0]`` to this process, then become the program after ``--``."""
    try:
        spec = json.loads(arguments[0])
        program = arguments[2:]
        _reset_signals()
        if (identity := spec.get("namespace_id")) is not None:
            _enter_user_namespace(identity)
        elif spec.get("user_id") is not None:
            _change_user(spec)
        _die_with_parent(spec["parent"], spec["death_signal"])
        os.execv(program[0], program)  # noqa: S606 - running another program is this file's purpose
    except (OSError, ValueError, KeyError, IndexError) as error:
        os.write(2, f"{error}\n".encode())
    os._exit(FAILED)


def _reset_signals() -> None:
    """Undo what Python and a shell's ``&`` ignore: the program inherits it otherwise."""
    for number in (
        signal.SIGHUP,
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGPIPE,
        signal.SIGTERM,
        signal.SIGXFSZ,
    ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def _enter_user_namespace(identity: int) -> None:
    """Be ``identity`` to oneself and to the program, who we are to the files outside (user_namespaces(7))."""
    user_id, group_id = os.geteuid(), os.getegid()
    if _libc.unshare(_CLONE_NEWUSER):
        # Unprivileged containers and chroots (EPERM), a kernel without namespaces (EINVAL), quota (ENOSPC).
        os._exit(NAMESPACE_REFUSED)
    maps = (
        ("setgroups", "deny"),
        ("uid_map", f"{identity} {user_id} 1"),
        ("gid_map", f"{identity} {group_id} 1"),
    )
    for name, line in maps:
        file = os.open(f"/proc/self/{name}", os.O_WRONLY)
        try:
            os.write(file, line.encode())
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EACCES):
                os._exit(NAMESPACE_REFUSED)
            raise
        finally:
            os.close(file)


def _change_user(spec: dict[str, Any]) -> None:
    """Become another user; with ``reach`` still able to enter folders that are root's alone."""
    if spec.get("reach"):
        _call("prctl", _libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(*[spec["group_id"]] * 3)
    os.setresuid(*[spec["user_id"]] * 3)
    if spec.get("reach"):
        mask = 1 << _CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        # Effective, permitted, inheritable: first the low 32 capabilities, then the high ones.
        _call("capset", _libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)))
        _call("prctl", _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def _die_with_parent(parent: int, death_signal: int) -> None:
    """Last, because a change of credentials takes the wish back. The parent may be gone by then."""
    _call("prctl", _libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0))
    if os.getppid() != parent:
        os._exit(FAILED)


def _call(name: str, result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    main(sys.argv[1:])
