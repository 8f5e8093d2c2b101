"""Watches with strace which files and sockets the media tools open."""

from __future__ import annotations

import re
from pathlib import Path

from vlog.pipeline.binaries import MediaTools

_LINE = re.compile(r"^(?P<pid>\d+)\s+(?P<call>\w+)\((?P<arguments>.*)\)\s+= (?P<result>-?\d+)")
_RESUMED = re.compile(
    r"^(?P<pid>\d+)\s+<\.\.\. (?P<call>\w+) resumed>(?P<arguments>.*)\)\s+= (?P<result>-?\d+)"
)
_UNFINISHED = re.compile(r"^(?P<pid>\d+)\s+(?P<call>\w+)\((?P<arguments>.*) <unfinished \.\.\.>$")
_PATH = re.compile(r'"(?P<path>[^"]*)"')
# What every program reads that is started: its libraries, devices without content, what the kernel tells of
# the processor. None of it is anybody's data.
_HARMLESS = (
    "/lib/",
    "/lib64/",
    "/usr/lib",
    "/usr/local/lib",
    "/etc/ld.so",
    "/etc/localtime",
    "/dev/null",
    "/dev/urandom",
    "/dev/zero",
    "/proc/self/",
    "/proc/sys/vm/overcommit_memory",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/sys/devices/system/",
    "/sys/fs/cgroup",
)


# The folder that the step of thumbnails names for its pictures, and removes.
_OWN_PICTURE = re.compile(r"/vlog-work-[^/]+/thumbnail_\d+\.\w+")


def traced_command(command: list[str], log: Path) -> list[str]:
    """``command`` under strace: executions, opens and connections of it and all that it starts."""
    calls = "trace=execve,open,openat,openat2,connect,clone,clone3,fork,vfork"
    return ["strace", "-f", "-qq", "--seccomp-bpf", "-s", "300", "-e", calls, "-o", str(log), *command]


def escapes(log: Path, tools: MediaTools) -> tuple[list[str], int]:
    """What the media tools opened beyond their source and libraries, and how much they opened at all.

    Attempts that the jail refused are no escapes.
    """
    programs = {str(tools.ffmpeg), str(tools.ffprobe)}
    inside: set[str] = set()
    waiting: dict[tuple[str, str], str] = {}
    found: list[str] = []
    opened = 0
    with log.open(errors="replace") as lines:
        for line in lines:
            if match := _UNFINISHED.match(line.rstrip("\n")):
                waiting[match["pid"], match["call"]] = match["arguments"]
                continue
            match = _LINE.match(line) or _RESUMED.match(line)
            if match is None:
                continue
            pid, call, result = match["pid"], match["call"], int(match["result"])
            arguments = waiting.pop((pid, call), "") + match["arguments"]
            if result < 0:
                continue
            if call == "execve":
                # The number of a process may be given again.
                (inside.add if _path(arguments) in programs else inside.discard)(pid)
            elif pid not in inside:
                continue
            elif call in {"clone", "clone3", "fork", "vfork"}:
                inside.add(str(result))
            else:
                opened += 1
                if call == "connect" or not _is_allowed(_path(arguments), tools):
                    found.append(f"{call}({arguments})")
    return found, opened


def _path(arguments: str) -> str:
    match = _PATH.search(arguments)
    return match["path"] if match else ""


def _is_allowed(path: str, tools: MediaTools) -> bool:
    own = {str(tools.ffmpeg.parent), str(tools.ffprobe.parent)}
    named = path.endswith("/source") or _OWN_PICTURE.search(path) is not None
    return named or path.startswith((*_HARMLESS, *own))
