"""Landlock rules as numbers: which rights a kernel can withhold, and which of them a jailed tool gets back.

Source: Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h of Linux. Landlock takes
away all rights that a ruleset names and gives back those of its rules, so a right that is missing here stays
open.
"""

from __future__ import annotations

import ctypes
import struct
from dataclasses import dataclass
from pathlib import Path

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_CHAR = 1 << 6
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
MAKE_SOCK = 1 << 9
MAKE_FIFO = 1 << 10
MAKE_BLOCK = 1 << 11
MAKE_SYM = 1 << 12
REFER = 1 << 13
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15

BIND_TCP = 1 << 0
CONNECT_TCP = 1 << 1

SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0
SCOPE_SIGNAL = 1 << 1

FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""The only rights that a rule on a single file may name; the kernel refuses others."""

_CREATE_RULESET = 444  # the same number on every architecture

FIRST_ABI_WITH_TRUNCATE = 3
FIRST_ABI_WITH_TCP = 4
FIRST_ABI_WITH_SCOPES = 6

_CREATE_RULESET_VERSION = 1 << 0
_FIRST_ABI = MAKE_SYM * 2 - 1


@dataclass(frozen=True)
class Ruleset:
    """What one kernel is asked to withhold. ``attributes`` is its ``struct landlock_ruleset_attr``."""

    filesystem: int
    network: int
    scoped: int
    attributes: bytes


@dataclass(frozen=True)
class Rule:
    """Rights given back on a path and on all that is beneath it."""

    path: Path
    rights: int


def abi() -> int:
    """The Landlock version of the running kernel; 0 when it has none or has it switched off."""
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    return max(
        0, int(syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(_CREATE_RULESET_VERSION)))
    )


def ruleset(version: int) -> Ruleset:
    """Withhold every right that Landlock ``version`` (at least 1) knows."""
    filesystem = _FIRST_ABI
    if version >= 2:
        filesystem |= REFER
    if version >= FIRST_ABI_WITH_TRUNCATE:
        filesystem |= TRUNCATE
    if version >= 5:
        filesystem |= IOCTL_DEV
    network = BIND_TCP | CONNECT_TCP if version >= FIRST_ABI_WITH_TCP else 0
    scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL if version >= FIRST_ABI_WITH_SCOPES else 0
    # Older kernels know a shorter struct and refuse a longer one with anything in its tail.
    fields = [filesystem]
    if version >= FIRST_ABI_WITH_TCP:
        fields.append(network)
    if version >= FIRST_ABI_WITH_SCOPES:
        fields.append(scoped)
    return Ruleset(filesystem, network, scoped, struct.pack(f"={len(fields)}Q", *fields))


def rule(path: Path, rights: int, *, withheld: Ruleset) -> Rule:
    """``rights`` on ``path``, cut down to what a rule on this path may name in this ruleset."""
    allowed = withheld.filesystem if path.is_dir() else withheld.filesystem & FILE_RIGHTS
    return Rule(path, rights & allowed)


READ_AND_WRITE_FOLDER = READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE
"""Enough for a tool to write files into a folder and replace them; no links, pipes, sockets or devices."""

USE_DEVICE = READ_FILE | WRITE_FILE | IOCTL_DEV
