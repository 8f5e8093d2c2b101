"""The filter, run by a small interpreter of its byte code as the kernel would run it."""

from __future__ import annotations

import errno
import os
import struct

import pytest

from vlog.pipeline import seccomp
from vlog.pipeline.seccomp import MACHINES, program

ALLOW = 0x7FFF0000
KILL = 0x80000000
ERROR = 0x00050000
THREAD = 0x3D0F00  # what a C library passes to clone for a thread
FORK = 0x1200011


def decide(code: bytes, *, architecture: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """What the kernel does with one call: ``struct seccomp_data`` in, an action out."""
    padded = (*arguments, *[0] * 6)[:6]
    data = struct.pack("<iIQ6Q", number, architecture, 0, *padded)
    instructions = list(struct.iter_unpack("<HBBI", code))
    accumulator = position = 0
    while True:
        opcode, if_true, if_false, value = instructions[position]
        position += 1
        if opcode == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif opcode == 0x06:
            return int(value)
        else:
            test = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}
            position += if_true if test[opcode] else if_false


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> seccomp.Machine:
    return MACHINES[request.param]


def judge(machine: seccomp.Machine, name: str, *arguments: int, guarded: bool = True) -> int:
    code = program(machine, guard_signals=guarded, guard_truncation=guarded)
    return decide(
        code, architecture=machine.audit_architecture, number=machine.calls[name], arguments=arguments
    )


REFUSED = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "pidfd_send_signal"),
    *("mount", "umount2", "pivot_root", "unshare", "setns", "open_by_handle_at", "bpf", "keyctl"),
    *("userfaultfd", "io_uring_setup", "perf_event_open", "fchmodat", "fchownat", "truncate", "setxattr"),
    *("shmget", "init_module", "kexec_load", "reboot", "inotify_add_watch"),
)


@pytest.mark.parametrize("name", REFUSED)
def test_ways_out_are_refused(machine: seccomp.Machine, name: str) -> None:
    assert judge(machine, name) == ERROR | errno.EPERM


def test_there_is_no_socket_of_any_kind(machine: seccomp.Machine) -> None:
    for family in range(50):
        assert judge(machine, "socket", family) == ERROR | errno.EACCES
    assert judge(machine, "socketpair", 1) == ERROR | errno.EACCES


def test_threads_are_allowed_and_processes_are_not(machine: seccomp.Machine) -> None:
    assert judge(machine, "clone", THREAD) == ALLOW
    assert judge(machine, "clone", FORK) == ERROR | errno.EPERM
    # The C library then uses clone, whose flags can be judged.
    assert judge(machine, "clone3") == ERROR | errno.ENOSYS


def test_signals_reach_the_process_itself_only(machine: seccomp.Machine) -> None:
    for name in ("kill", "tgkill", "tkill"):
        assert judge(machine, name, seccomp.OWN_PID) == ALLOW
        assert judge(machine, name, 1) == ERROR | errno.EPERM
        # Every process of the user, and every process of the group.
        assert judge(machine, name, 0xFFFFFFFF) == ERROR | errno.EPERM
        assert judge(machine, name, 0) == ERROR | errno.EPERM
        assert judge(machine, name, 1, guarded=False) == ALLOW


def test_files_are_not_emptied_while_they_are_opened(machine: seccomp.Machine) -> None:
    assert judge(machine, "openat", 0, 0, os.O_RDONLY | os.O_CLOEXEC) == ALLOW
    assert judge(machine, "openat", 0, 0, os.O_RDONLY | os.O_TRUNC) == ERROR | errno.EPERM
    assert judge(machine, "openat", 0, 0, os.O_RDONLY | os.O_TRUNC, guarded=False) == ALLOW
    assert judge(machine, "openat2") == ERROR | errno.ENOSYS
    if "open" in machine.calls:
        assert judge(machine, "open", 0, os.O_TRUNC) == ERROR | errno.EPERM
        assert judge(machine, "open", 0, os.O_RDONLY) == ALLOW


def test_limits_of_other_processes_are_out_of_reach(machine: seccomp.Machine) -> None:
    assert judge(machine, "prlimit64", 0) == ALLOW
    assert judge(machine, "prlimit64", 4711) == ERROR | errno.EPERM


def test_other_instruction_sets_are_no_detour(machine: seccomp.Machine) -> None:
    code = program(machine, guard_signals=True, guard_truncation=True)
    i386 = 0x40000003
    assert decide(code, architecture=i386, number=1) == KILL
    for other in MACHINES.values():
        if other is not machine:
            assert decide(code, architecture=other.audit_architecture, number=1) == KILL
    x32_write = 0x40000001
    assert decide(code, architecture=machine.audit_architecture, number=x32_write) == KILL


def test_what_decoders_do_is_allowed() -> None:
    code = program(MACHINES["x86_64"], guard_signals=True, guard_truncation=True)
    # read write close fstat mmap brk futex execve exit_group getrandom sched_getaffinity rt_sigaction
    for number in (0, 1, 3, 5, 9, 12, 202, 59, 231, 318, 204, 13):
        assert decide(code, architecture=MACHINES["x86_64"].audit_architecture, number=number) == ALLOW


def test_both_machines_refuse_the_same_calls() -> None:
    only_on_pcs = {
        *("fork", "vfork", "create_module", "iopl", "ioperm", "modify_ldt", "uselib"),
        *("chmod", "chown", "lchown", "utime", "utimes", "futimesat", "inotify_init", "open", "creat"),
    }
    assert set(MACHINES["x86_64"].calls) - set(MACHINES["aarch64"].calls) == only_on_pcs
    assert set(MACHINES["aarch64"].calls) < set(MACHINES["x86_64"].calls)


def test_the_process_id_can_be_put_in_by_its_bytes(machine: seccomp.Machine) -> None:
    code = program(machine, guard_signals=True, guard_truncation=False).replace(
        b"pid!", struct.pack("<I", 77)
    )
    number = machine.calls["kill"]
    assert decide(code, architecture=machine.audit_architecture, number=number, arguments=(77,)) == ALLOW
    assert b"pid!" not in program(machine, guard_signals=False, guard_truncation=True)
