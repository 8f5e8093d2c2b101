"""The system calls that no decoder needs, as a seccomp filter in the kernel's own byte code.

A list of what is denied, not of what is allowed: encoders, drivers and C libraries differ in what they need,
while the ways out of a jail are known. Opening files is Landlock's or bubblewrap's part; this takes away
every socket, new processes, other processes, a file's mode, owner and times (which Landlock leaves alone),
and the parts of the kernel where privilege errors are found.
"""

from __future__ import annotations

import errno
import os
import struct
from dataclasses import dataclass

_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_JUMP_BITS = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_ERROR = 0x00050000

_NUMBER_OFFSET = 0  # struct seccomp_data: nr, arch, instruction_pointer, args[6]
_ARCHITECTURE_OFFSET = 4
_ARGUMENTS_OFFSET = 16

_CLONE_THREAD = 0x00010000
_X32_BIT = 0x40000000

OWN_PID = 0x21646970
"""Stands for the jailed process's id, which the launcher puts in; it reads ``pid!`` in the bytes."""


@dataclass(frozen=True)
class Machine:
    """One architecture: its audit number and its system call numbers by name."""

    audit_architecture: int
    calls: dict[str, int]


_X86_64 = """
ptrace 101 process_vm_readv 310 process_vm_writev 311 process_madvise 440 kcmp 312
pidfd_open 434 pidfd_getfd 438 pidfd_send_signal 424 rt_sigqueueinfo 129 rt_tgsigqueueinfo 297
migrate_pages 256 move_pages 279 fork 57 vfork 58 unshare 272 setns 308
mount 165 umount2 166 pivot_root 155 chroot 161 move_mount 429 open_tree 428 fsopen 430 fsconfig 431
fsmount 432 fspick 433 mount_setattr 442 open_by_handle_at 304 name_to_handle_at 303 fanotify_init 300
bpf 321 keyctl 250 add_key 248 request_key 249 userfaultfd 323 perf_event_open 298
io_uring_setup 425 io_uring_enter 426 io_uring_register 427
init_module 175 finit_module 313 delete_module 176 create_module 174 kexec_load 246 kexec_file_load 320
reboot 169 swapon 167 swapoff 168 acct 163 quotactl 179 quotactl_fd 443 syslog 103
settimeofday 164 clock_settime 227 clock_adjtime 305 adjtimex 159 sethostname 170 setdomainname 171
vhangup 153 personality 135 lookup_dcookie 212 nfsservctl 180 iopl 172 ioperm 173 modify_ldt 154 uselib 134
shmget 29 shmat 30 shmctl 31 msgget 68 msgsnd 69 msgrcv 70 msgctl 71
semget 64 semop 65 semctl 66 semtimedop 220 mq_open 240 mq_unlink 241
chmod 90 fchmod 91 fchmodat 268 fchmodat2 452 chown 92 lchown 94 fchown 93 fchownat 260
setxattr 188 lsetxattr 189 fsetxattr 190 removexattr 197 lremovexattr 198 fremovexattr 199
utime 132 utimes 235 utimensat 280 futimesat 261 inotify_init 253 inotify_init1 294 inotify_add_watch 254
truncate 76 setpriority 141 ioprio_set 251
socket 41 socketpair 53 clone 56 clone3 435 kill 62 tgkill 234 tkill 200 prlimit64 302
open 2 openat 257 openat2 437 creat 85
"""

_AARCH64 = """
ptrace 117 process_vm_readv 270 process_vm_writev 271 process_madvise 440 kcmp 272
pidfd_open 434 pidfd_getfd 438 pidfd_send_signal 424 rt_sigqueueinfo 138 rt_tgsigqueueinfo 240
migrate_pages 238 move_pages 239 unshare 97 setns 268
mount 40 umount2 39 pivot_root 41 chroot 51 move_mount 429 open_tree 428 fsopen 430 fsconfig 431
fsmount 432 fspick 433 mount_setattr 442 open_by_handle_at 265 name_to_handle_at 264 fanotify_init 262
bpf 280 keyctl 219 add_key 217 request_key 218 userfaultfd 282 perf_event_open 241
io_uring_setup 425 io_uring_enter 426 io_uring_register 427
init_module 105 finit_module 273 delete_module 106 kexec_load 104 kexec_file_load 294
reboot 142 swapon 224 swapoff 225 acct 89 quotactl 60 quotactl_fd 443 syslog 116
settimeofday 170 clock_settime 112 clock_adjtime 266 adjtimex 171 sethostname 161 setdomainname 162
vhangup 58 personality 92 lookup_dcookie 18 nfsservctl 42
shmget 194 shmat 196 shmctl 195 msgget 186 msgsnd 189 msgrcv 188 msgctl 187
semget 190 semop 193 semctl 191 semtimedop 192 mq_open 180 mq_unlink 181
fchmod 52 fchmodat 53 fchmodat2 452 fchown 55 fchownat 54
setxattr 5 lsetxattr 6 fsetxattr 7 removexattr 14 lremovexattr 15 fremovexattr 16
utimensat 88 inotify_init1 26 inotify_add_watch 27 truncate 45 setpriority 140 ioprio_set 30
socket 198 socketpair 199 clone 220 clone3 435 kill 129 tgkill 131 tkill 130 prlimit64 261
openat 56 openat2 437
"""


def _calls(table: str) -> dict[str, int]:
    words = table.split()
    return {name: int(number) for name, number in zip(words[::2], words[1::2], strict=True)}


MACHINES = {
    "x86_64": Machine(0xC000003E, _calls(_X86_64)),
    "aarch64": Machine(0xC00000B7, _calls(_AARCH64)),
}
"""By ``platform.machine()``; numbers from asm/unistd_64.h and asm-generic/unistd.h."""

_JUDGED_BY_ARGUMENT = ("clone", "prlimit64")
_ANSWERS = {
    # What a program sees where no network exists for it; libraries take it calmly.
    "socket": errno.EACCES,
    "socketpair": errno.EACCES,
    # What they ask is behind a pointer that a filter can't follow; C libraries then fall back to the older
    # calls.
    "clone3": errno.ENOSYS,
    "openat2": errno.ENOSYS,
}
_SIGNALS = ("kill", "tgkill", "tkill")
_TRUNCATING = ("open", "openat", "openat2", "creat")


def program(machine: Machine, *, guard_signals: bool, guard_truncation: bool) -> bytes:
    """The filter as an array of ``struct sock_filter``, for what the kernel's Landlock cannot yet withhold.

    ``guard_signals`` allows signals to the process itself only (``OWN_PID`` is to be replaced by its id).
    ``guard_truncation`` refuses to empty a file while opening it, which else a right to read suffices for.
    """
    code = [
        _instruction(_LOAD_WORD, _ARCHITECTURE_OFFSET),
        _instruction(_JUMP_EQUAL, machine.audit_architecture, if_true=1),
        # System calls of another instruction set have other numbers and would pass this filter.
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD_WORD, _NUMBER_OFFSET),
        # x32 calls on x86_64 carry this bit; no other architecture has numbers as large.
        _instruction(_JUMP_AT_LEAST, _X32_BIT, if_false=1),
        _instruction(_RETURN, _KILL_PROCESS),
    ]
    for name, number in machine.calls.items():
        if name not in (*_JUDGED_BY_ARGUMENT, *_SIGNALS, *_TRUNCATING):
            code += _when(number, [_refuse(_ANSWERS.get(name, errno.EPERM))])
    # A thread of the same process is fine, a process that could outlive it is not.
    code += _when(machine.calls["clone"], _first_argument(_JUMP_BITS, _CLONE_THREAD))
    # Limits of other processes, the server's own among them, are not the tool's business; 0 means itself.
    code += _when(machine.calls["prlimit64"], _first_argument(_JUMP_EQUAL, 0))
    if guard_signals:
        for name in _SIGNALS:
            code += _when(machine.calls[name], _first_argument(_JUMP_EQUAL, OWN_PID))
    if guard_truncation:
        code += _truncation(machine.calls)
    code.append(_instruction(_RETURN, _ALLOW))
    return b"".join(code)


def _truncation(calls: dict[str, int]) -> list[bytes]:
    code: list[bytes] = []
    for name, flags_argument in (("open", 1), ("openat", 2)):
        if name in calls:
            unwanted = [
                _instruction(_LOAD_WORD, _ARGUMENTS_OFFSET + 8 * flags_argument),
                _instruction(_JUMP_BITS, os.O_TRUNC, if_true=1),
                _instruction(_RETURN, _ALLOW),
                _refuse(errno.EPERM),
            ]
            code += _when(calls[name], unwanted)
    for name in ("openat2", "creat"):
        if name in calls:
            code += _when(calls[name], [_refuse(_ANSWERS.get(name, errno.EPERM))])
    return code


def _when(number: int, body: list[bytes]) -> list[bytes]:
    return [_instruction(_JUMP_EQUAL, number, if_false=len(body)), *body]


def _first_argument(test: int, value: int) -> list[bytes]:
    """Allow the call if its first argument passes ``test``, else refuse it."""
    return [
        _instruction(_LOAD_WORD, _ARGUMENTS_OFFSET),
        _instruction(test, value, if_false=1),
        _instruction(_RETURN, _ALLOW),
        _refuse(errno.EPERM),
    ]


def _refuse(error: int) -> bytes:
    return _instruction(_RETURN, _ERROR | error)


def _instruction(code: int, value: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
