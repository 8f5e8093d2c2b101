"""The one log of `vlog up`: all processes together on the terminal, each in a file of its own."""

from __future__ import annotations

import io
import os
import queue
import sys
import threading
from contextlib import suppress
from pathlib import Path

from vlog.telemetry.rotation import RotatingFile

_WAITING_LINES = 2000
_LAST_WORDS_SECONDS = 1.0
_NAME_WIDTH = 10
_PALETTE = (36, 35, 34, 32, 33)
_RED, _YELLOW, _BOLD = 31, 33, 1


class Terminal:
    """Writes lines from a thread of its own: a stopped (Ctrl-S) or closed terminal must hold up nobody.

    Lines that find the queue full are dropped; the files have them.
    """

    def __init__(self, file: int, *, colors: bool) -> None:
        self.colors = colors
        self._file = file
        self._lines: queue.Queue[str | None] = queue.Queue(_WAITING_LINES)
        self._thread = threading.Thread(target=self._write_all, name="terminal", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Show ``line`` soon, or never."""
        with suppress(queue.Full):
            self._lines.put_nowait(line)

    def close(self) -> None:
        """Show what waits, unless the terminal takes nothing more."""
        with suppress(queue.Full):
            self._lines.put(None, timeout=_LAST_WORDS_SECONDS)
        self._thread.join(_LAST_WORDS_SECONDS)

    def paint(self, text: str, color: int) -> str:
        """``text`` in an ANSI colour where the terminal shows any."""
        return f"\x1b[{color}m{text}\x1b[0m" if self.colors else text

    def _write_all(self) -> None:
        while (line := self._lines.get()) is not None:
            data = f"{line}\n".encode(errors="replace")
            # Gone (EIO after a hang-up, EPIPE): keep taking lines, so that the queue never fills.
            with suppress(OSError):
                while data:
                    data = data[os.write(self._file, data) :]


def standard_terminal() -> Terminal:
    """The terminal that this process was started from."""
    colors = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Terminal(sys.stdout.fileno(), colors=colors)


class CombinedLog:
    """Lines of several processes, told apart by name and colour."""

    def __init__(self, terminal: Terminal, folder: Path) -> None:
        self._terminal = terminal
        self._folder = folder
        self._files: dict[str, RotatingFile] = {}

    def line(self, name: str, line: str) -> None:
        """Take one line of the process ``name``; it holds no control characters."""
        if name not in self._files:
            self._files[name] = RotatingFile(self._folder / f"{name}.log")
        self._files[name].write(line)
        prefix = self._terminal.paint(f"{name:<{_NAME_WIDTH}} |", self._color(name))
        self._terminal.write(f"{prefix} {self._by_level(line)}")

    def say(self, text: str) -> None:
        """A message of ours to the person at the terminal; it stands in no file."""
        self._terminal.write(text)

    def strong(self, text: str) -> str:
        """``text`` so that it is found among log lines."""
        return self._terminal.paint(text, _BOLD)

    def close(self) -> None:
        """Write what waits and close the files."""
        self._terminal.close()
        for file in self._files.values():
            file.close()

    def _color(self, name: str) -> int:
        return _PALETTE[list(self._files).index(name) % len(_PALETTE)]

    def _by_level(self, line: str) -> str:
        if "[error" in line or "[critical" in line:
            return self._terminal.paint(line, _RED)
        return self._terminal.paint(line, _YELLOW) if "[warning" in line else line


class LogStream(io.TextIOBase):
    """A stream for this process's own logging that ends in a combined log."""

    def __init__(self, log: CombinedLog, name: str) -> None:
        self._log = log
        self._name = name

    def write(self, text: str) -> int:
        """Take whole lines, as logging writes them."""
        for line in text.splitlines():
            self._log.line(self._name, line)
        return len(text)
