"""One child process and its pipes on the event loop: its end, what it used, and what it says."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import functools
import os
import signal
import subprocess
import termios
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_READER_LIMIT_BYTES = 1 << 20
_PIPE_BYTES = 1 << 20
_PR_SET_CHILD_SUBREAPER = 36
_REAP_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class Exit:
    """How a child ended: its exit status, or the negative number of the signal, and what it used."""

    returncode: int
    cpu_seconds: float
    max_rss_bytes: int


class Child:
    """A process in a session of its own; made by ``spawn``.

    The event loop waits for it by its pidfd and reaps it with ``wait4``, which alone tells CPU time and
    memory of this one child. asyncio's and uvloop's own watchers wait only for processes that they have
    started. Everything happens in the loop's thread, so no signal can reach a process id that is in use
    again.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.pid = process.pid
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._exit: Exit | None = None
        self._ended = asyncio.Event()
        self._pidfd = os.pidfd_open(process.pid)
        self._loop.add_reader(self._pidfd, self._reap)

    @property
    def is_running(self) -> bool:
        """Whether the process has not been seen to end."""
        return self._exit is None

    async def wait(self) -> Exit:
        """The end of the process; may be awaited by several and be cancelled without harm."""
        while self._exit is None:
            await self._ended.wait()
        return self._exit

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and to whatever it has started; nothing happens once it has ended."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def _reap(self) -> None:
        # While its id is still taken: nothing that it has started may live on.
        self.signal_group(signal.SIGKILL)
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        _, status, used = os.wait4(self.pid, 0)
        returncode = os.waitstatus_to_exitcode(status)
        # Else the object reports a forgotten child when it is collected.
        self._process.returncode = returncode
        self._exit = Exit(returncode, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
        self._ended.set()
        self._reap_group()

    def _reap_group(self) -> None:
        """Collect what the process has left behind; it has been killed, but may need a moment to die."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-self.pid, os.WNOHANG)[0]:
                pass
            self._loop.call_later(_REAP_AGAIN_SECONDS, self._reap_group)


def spawn(command: Sequence[str], *, stdin: int, stdout: int, stderr: int, files: Sequence[int]) -> Child:
    """Start ``command`` with these standard files and with ``files`` open under the same numbers.

    To be called in the event loop's thread: the jail binds the child's life to the thread that has started
    it.
    """
    _adopt_orphans()
    process = subprocess.Popen(
        command,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=files,
        close_fds=True,
        # A group of its own, so that all of it can be killed, and no terminal.
        start_new_session=True,
    )
    return Child(process)


@functools.cache
def _adopt_orphans() -> None:
    """Become the parent of what a child leaves, or a container without an init would collect zombies."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


@contextlib.contextmanager
def input_file(data: bytes | None) -> Iterator[int]:
    """The number of a file in memory that holds ``data``, to be a stdin that nobody has to feed."""
    if data is None:
        yield subprocess.DEVNULL
        return
    with os.fdopen(os.memfd_create("stdin"), "wb") as file:
        file.write(data)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        yield file.fileno()


class Pipe:
    """A pipe from a child: ``writer`` goes to the child, the reading end to the event loop."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        # With the usual 64 KB, tool and reader wait for each other at every step: copying takes twice as
        # long. Refused to users who hold many pipes already.
        with contextlib.suppress(OSError):
            fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._writer_is_open = True
        self._transport: asyncio.ReadTransport | None = None

    async def connect(self, protocol: asyncio.Protocol) -> None:
        """Have the event loop read the pipe and feed ``protocol``."""
        loop = asyncio.get_running_loop()
        file = os.fdopen(self._reader, "rb", 0)
        self._transport, _ = await loop.connect_read_pipe(lambda: protocol, file)

    @property
    def is_held_up(self) -> bool:
        """Whether data waits here because whoever takes it does not keep up; the event loop leaves none."""
        if self._transport is None or self._transport.is_closing():
            return False
        return fcntl.ioctl(self._reader, termios.FIONREAD, bytes(4)) != bytes(4)

    def close_writer(self) -> None:
        """Close this side's copy of the writing end, without which the reader never sees the end."""
        if self._writer_is_open:
            self._writer_is_open = False
            os.close(self.writer)

    def close(self) -> None:
        """Close what is still open."""
        self.close_writer()
        if self._transport is None:
            os.close(self._reader)
        else:
            self._transport.close()


class Feed(asyncio.Protocol):
    """Hands what a pipe brings to a function; ``ended`` is set at its end."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._take(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Called by the event loop, at the end of the pipe too."""
        self.ended.set()


class Tail:
    """The last bytes of a stream that may be endless."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Take more of the stream."""
        self._data += data
        # Cut now and then, not each time: moving the rest costs more than keeping twice as much.
        if len(self._data) > 2 * self._size_bytes:
            del self._data[: -self._size_bytes]

    def text(self) -> str:
        """The tail as text, whatever bytes it holds."""
        return self._data[-self._size_bytes :].decode("utf-8", "replace")


class CountingReader(asyncio.StreamReader):
    """A stream reader that tells how many bytes arrive."""

    def __init__(self, count: Callable[[int], None]) -> None:
        super().__init__(limit=_READER_LIMIT_BYTES)
        self._count = count

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]
        """Called by the event loop, with bytes whatever the type stubs allow."""
        self._count(len(data))
        super().feed_data(data)
