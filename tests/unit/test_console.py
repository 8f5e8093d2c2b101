"""The log of several processes: told apart on the terminal, kept in files, never in anybody's way."""

from __future__ import annotations

import os
import time
from pathlib import Path

from vlog.cli.console import CombinedLog, LogStream, Terminal


def shown(write_end: int, read_end: int) -> str:
    os.close(write_end)
    with os.fdopen(read_end) as reader:
        return reader.read()


def test_lines_carry_their_name_and_files_keep_them_bare(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    log = CombinedLog(Terminal(write_end, colors=False), tmp_path)
    log.line("serve", "listening")
    log.say("VLog is ready.")
    LogStream(log, "vlog").write("2026 [info] one\n2026 [info] two\n")
    log.close()
    assert shown(write_end, read_end).splitlines() == [
        "serve      | listening",
        "VLog is ready.",
        "vlog       | 2026 [info] one",
        "vlog       | 2026 [info] two",
    ]
    assert (tmp_path / "serve.log").read_text() == "listening\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["serve.log", "vlog.log"]


def test_trouble_is_coloured_where_colours_show(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    log = CombinedLog(Terminal(write_end, colors=True), tmp_path)
    log.line("serve", "2026 [error    ] broke")
    log.close()
    assert "\x1b[31m2026 [error    ] broke\x1b[0m" in shown(write_end, read_end)
    assert "\x1b" not in (tmp_path / "serve.log").read_text()


def test_a_stopped_terminal_holds_up_nobody(tmp_path: Path) -> None:
    """Ctrl-S: the terminal takes nothing more, and the pipe to it is full."""
    read_end, write_end = os.pipe()
    log = CombinedLog(Terminal(write_end, colors=False), tmp_path)
    started = time.monotonic()
    for number in range(5000):
        log.line("serve", f"{number} {'x' * 100}")
    assert time.monotonic() - started < 5
    log.close()
    assert len((tmp_path / "serve.log").read_text().splitlines()) == 5000
    os.close(read_end)


def test_a_terminal_that_is_gone_is_no_error(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    log = CombinedLog(Terminal(write_end, colors=False), tmp_path)
    log.line("serve", "one")
    log.line("serve", "two")
    log.close()
    os.close(write_end)
    assert (tmp_path / "serve.log").read_text() == "one\ntwo\n"
