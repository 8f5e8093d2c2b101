"""What bubblewrap is told to show, and nothing else."""

from __future__ import annotations

from pathlib import Path

from vlog.pipeline.binaries import Runtime
from vlog.pipeline.bubblewrap import View, prefix

BWRAP = Path("/usr/bin/bwrap")
TOOL = Path("/opt/ffmpeg")
STATIC = Runtime()
DYNAMIC = Runtime(Path("/lib64/ld-linux-x86-64.so.2"), (Path("/lib/x86_64-linux-gnu"),))


def test_a_static_tool_sees_itself_and_the_source() -> None:
    view = View(tool=TOOL, runtime=STATIC, source=Path("/storage/uploads/7.mp4"))
    assert prefix(BWRAP, view, seccomp_file=3) == [
        "/usr/bin/bwrap",
        *("--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--as-pid-1"),
        *("--seccomp", "3"),
        *("--ro-bind", "/opt/ffmpeg", "/opt/ffmpeg"),
        *("--ro-bind", "/storage/uploads/7.mp4", "/in/source"),
        *("--remount-ro", "/", "--chdir", "/", "--"),
    ]


def test_a_dynamic_tool_sees_its_libraries_too() -> None:
    line = " ".join(prefix(BWRAP, View(tool=TOOL, runtime=DYNAMIC)))
    assert "--ro-bind /lib64/ld-linux-x86-64.so.2 /lib64/ld-linux-x86-64.so.2" in line
    assert "--ro-bind /lib/x86_64-linux-gnu /lib/x86_64-linux-gnu" in line
    assert "--ro-bind-try /etc/ld.so.cache /etc/ld.so.cache" in line


def test_only_named_folders_are_writable() -> None:
    view = View(tool=TOOL, runtime=STATIC, writable=(Path("/out"),), devices=(Path("/dev/dri/renderD128"),))
    arguments = prefix(BWRAP, view)
    assert arguments.count("--bind") == 1
    assert arguments[arguments.index("--bind") + 1] == "/out"
    assert arguments[arguments.index("--dev-bind") + 1] == "/dev/dri/renderD128"


def test_no_filter_is_promised_where_none_is_passed() -> None:
    assert "--seccomp" not in prefix(BWRAP, View(tool=TOOL, runtime=STATIC))
