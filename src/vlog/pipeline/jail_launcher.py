"""Locks itself up and becomes the media tool: ``python -I -S -E jail_launcher.py SPEC -- tool arguments``.

Runs as a script with as few imports as possible, because every spawn pays for its start: ``SPEC`` is
marshal's format in hexadecimal (``json`` and ``typing`` alone would double the time). All that needs thought
(which rights, which system calls) is decided by ``jail.py``; here it is only applied, in the one order that
works. Whatever fails ends the process with ``FAILED`` before the tool has run.
"""

from __future__ import annotations

import ctypes
import fcntl
import marshal
import os
import resource
import select
import stat
import sys

FAILED = 125
FAILURE_MARK = "vlog-jail: "

# As numbers: the signal module takes longer to import than all the rest.
_SIGKILL, _SIGPIPE, _SIGTERM, _SIGXFSZ = 9, 13, 15, 25
_DEFAULT, _IGNORE = None, 1

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x20080522
_HIGHEST_CAPABILITY = 63
_BEYOND_ALL_FILES = 1 << 16

_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_ADD_RULE = 445
_LANDLOCK_RESTRICT_SELF = 446
_LANDLOCK_RULE_PATH_BENEATH = 1

_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
_IOPRIO_WHO_PROCESS = 1
_IOPRIO_BEST_EFFORT_LOWEST = (2 << 13) | 7

_libc = ctypes.CDLL(None, use_errno=True)


class _PathBeneath(ctypes.Structure):
    """``struct landlock_path_beneath_attr``."""

    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def main(arguments: list[str]) -> None:
    """Apply the spec in ``arguments[0]`` to this process, then run the command after ``--``."""
    try:
        spec = marshal.loads(bytes.fromhex(arguments[0]))  # noqa: S302 - written by jail.py of this very process
        command = arguments[2:]
        _yield_to_others(spec["nice"])
        _place_files(spec["files"])
        if spec["seccomp_file"] is not None:
            _place_program(spec["seccomp_file"], spec["seccomp"])
        os.chdir("/")
        _reset_signals(ignore_terminate=spec["bubblewrap"])
        ruleset = _ruleset(spec["landlock"])
        if not spec["bubblewrap"]:
            _call("prctl", _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
            _drop_capabilities()
        if ruleset is not None:
            _call("landlock_restrict_self", _libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0))
        for number, amount in spec["limits"]:
            # Soft and hard alike: ffmpeg treats the soft CPU limit's signal as a wish to end in peace.
            resource.setrlimit(number, (amount, amount))
        if spec["bubblewrap"]:
            _leave_none_of_the_group()
        _die_with_parent(spec["parent"])
        if spec["seccomp"] and spec["seccomp_file"] is None:
            _filter_system_calls(spec["seccomp"])
        os.execve(command[0], command, spec["environment"])  # noqa: S606 - the spec names the tool
    except (OSError, ValueError, KeyError, IndexError) as error:
        os.write(2, f"{FAILURE_MARK}{error}\n".encode())
    os._exit(FAILED)


def _yield_to_others(nice: int) -> None:
    """Give way to the services of this machine in CPU, disk and, when memory runs out, in life."""
    os.nice(nice)
    # Each tool has a session of its own. Where the kernel shares the processors out among sessions first
    # (sched(7), autogroup), the session's niceness is what counts.
    _tell("/proc/self/autogroup", nice)
    if number := _IOPRIO_SET.get(os.uname().machine):
        # Best effort: a kernel without I/O priorities is no reason to refuse work.
        _libc.syscall(number, _IOPRIO_WHO_PROCESS, 0, _IOPRIO_BEST_EFFORT_LOWEST)
    _tell("/proc/self/oom_score_adj", 800)


def _tell(path: str, number: int) -> None:
    """Write a number to the kernel; one that does not know the file, or wants none, is as good."""
    try:
        file = os.open(path, os.O_WRONLY)
        try:
            os.write(file, b"%d" % number)
        finally:
            os.close(file)
    except OSError:
        return


def _place_files(pairs: list[tuple[int, int]]) -> None:
    """Move the passed files to the numbers that the command line names."""
    beyond = max([2, *(number for pair in pairs for number in pair)]) + 1
    # Out of the way first: the number that one file shall get may be another's present number.
    parked = [(fcntl.fcntl(present, fcntl.F_DUPFD_CLOEXEC, beyond), wanted) for present, wanted in pairs]
    for present, _ in pairs:
        os.close(present)
    for present, wanted in parked:
        os.dup2(present, wanted, inheritable=True)
        os.close(present)


def _place_program(number: int, program: bytes) -> None:
    """Leave the filter readable at a file number, which is how bubblewrap takes it."""
    memory = os.memfd_create("seccomp")
    os.write(memory, program)
    os.lseek(memory, 0, os.SEEK_SET)
    if memory == number:
        os.set_inheritable(number, True)
    else:
        os.dup2(memory, number, inheritable=True)
        os.close(memory)


def _reset_signals(*, ignore_terminate: bool) -> None:
    # Python ignores these two and the tool would inherit that: a full output must end it.
    _libc.signal(_SIGPIPE, _DEFAULT)
    _libc.signal(_SIGXFSZ, _DEFAULT)
    if ignore_terminate:
        # For bubblewrap's own processes; ffmpeg installs its handler and can end in peace.
        _libc.signal(_SIGTERM, _IGNORE)


def _ruleset(wanted: tuple[bytes, list[tuple[str, int, bool]]] | None) -> int | None:
    if wanted is None:
        return None
    attributes, rules = wanted
    ruleset = _call(
        "landlock_create_ruleset",
        _libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0),
    )
    for path, rights, follow in rules:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
        if not follow and not stat.S_ISREG(os.fstat(opened).st_mode):
            raise ValueError(f"{path} is not a regular file")
        beneath = _PathBeneath(rights, opened)
        _call(
            "landlock_add_rule",
            _libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(beneath), 0),
        )
        os.close(opened)
    return ruleset


def _drop_capabilities() -> None:
    for number in range(_HIGHEST_CAPABILITY + 1):
        # Numbers that this kernel does not know answer EINVAL.
        _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _call("capset", _libc.capset(header, nothing))


def _leave_none_of_the_group() -> None:
    """Start a watcher that kills this session's process group once this process has ended.

    Bubblewrap killed while it starts leaves its child behind, which then waits for ever or runs the tool
    unwatched: only the tool's own wish to die with bubblewrap comes too late to be heard. The watcher is a
    member of the group, so the group's number belongs to nobody else when the signal is sent.
    """
    watched = os.pidfd_open(os.getpid())
    if os.fork():
        os.close(watched)
        return
    # The pipes above all: their readers wait for the last writer.
    os.closerange(0, watched)
    os.closerange(watched + 1, _BEYOND_ALL_FILES)
    ended = select.poll()
    ended.register(watched, select.POLLIN)
    ended.poll()
    os.kill(0, _SIGKILL)


def _die_with_parent(parent: int) -> None:
    """Last: a change of credentials takes the wish back, and the parent may be gone before it is heard."""
    _call("prctl", _libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0))
    if os.getppid() != parent:
        os._exit(FAILED)


def _filter_system_calls(program: bytes) -> None:
    own = program.replace(b"pid!", os.getpid().to_bytes(4, "little"))
    # struct sock_filter has 8 bytes.
    arguments = _Program(len(own) // 8, own)
    _call("seccomp", _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(arguments), 0, 0))


def _call(name: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


if __name__ == "__main__":
    main(sys.argv[1:])
