"""How a run of a media tool ends: a value when it ended by itself, else one error class per cause."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from vlog.kit.errors import Fault, Invalid, TooLarge, Unavailable, VlogError
from vlog.pipeline.jail_launcher import FAILED, FAILURE_MARK


class SandboxMissing(Unavailable):
    """No jail for media tools works here: install bubblewrap, or use a kernel with Landlock."""

    default_code = "sandbox_missing"


class SandboxBroken(Unavailable):
    """The jail for media tools does not hold; no media is touched until it does."""

    default_code = "sandbox_broken"


class ToolMissing(Unavailable):
    """A media tool was not found."""

    default_code = "media_tool_missing"


@dataclass(frozen=True, kw_only=True)
class Completed:
    """What one run was and used. ``command`` can be pasted into a shell (the jail's prefix is left out).

    ``returncode`` is negative when a signal ended the tool. ``stderr_tail`` holds its last 64 KB of words.
    ``max_rss_bytes`` is an upper bound: Linux counts the peak of the process that has started the tool, too.
    """

    command: str
    returncode: int
    stdout: bytes
    stderr_tail: str
    cpu_seconds: float
    max_rss_bytes: int
    wall_seconds: float

    def checked(self) -> Completed:
        """This value, or ``ExitedWithError`` when the tool's exit status is not 0."""
        if self.returncode != 0:
            last = self.stderr_tail.strip().rsplit("\n", 1)[-1]
            raise ExitedWithError(f"The media tool ended with status {self.returncode}: {last}", run=self)
        return self


class ToolFailure(VlogError):
    """A media tool failed. ``run`` says what was run and what it said last.

    It names paths of this machine, so it is an attribute for logs and the task's record, not part of
    ``details``.
    """

    default_code = "media_tool_failed"

    def __init__(self, message: str | None = None, *, run: Completed) -> None:
        super().__init__(message)
        self.run = run


class ExitedWithError(ToolFailure, Fault):
    """The media tool ended with an error."""

    default_code = "media_tool_failed"


class DecoderCrashed(ToolFailure, Invalid):
    """The media tool crashed on this file."""

    default_code = "decoder_crash"


class TimedOut(ToolFailure, Invalid):
    """The media tool took longer than this file may take."""

    default_code = "media_timeout"


class Stalled(ToolFailure, Invalid):
    """The media tool made no progress and was stopped."""

    default_code = "media_stalled"


class OutputTooBig(ToolFailure, TooLarge):
    """The media tool wrote more than this file may produce."""

    default_code = "output_too_big"


_BY_SIGNAL = 128
_FATAL_SIGNALS = frozenset(
    {
        *(signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV),
        *(signal.SIGKILL, signal.SIGXCPU, signal.SIGXFSZ, signal.SIGSYS),
    }
)


def unwrapped(returncode: int) -> int:
    """The status of the tool inside bubblewrap, which ends by itself and tells a signal as a shell does."""
    return _BY_SIGNAL - returncode if returncode - _BY_SIGNAL in _FATAL_SIGNALS else returncode


def judged(run: Completed, verdict: type[ToolFailure] | None, *, cpu_limit_seconds: int) -> Completed:
    """The run itself if the tool ended by its own will, else the error that tells why it did not.

    ``verdict`` is why it was killed from here, if it was.
    """
    if verdict is not None:
        raise verdict(run=run)
    if run.returncode in {FAILED, 1} and run.stderr_tail.startswith((FAILURE_MARK, "bwrap: ")):
        raise SandboxBroken(f"The jail could not be built: {run.stderr_tail.strip()}")
    if run.returncode >= 0:
        return run
    number = -run.returncode
    if number == signal.SIGXFSZ:
        raise OutputTooBig(run=run)
    # The kernel limits by ticks and reports by nanoseconds: on a busy machine they differ by a tenth.
    spent_all = run.cpu_seconds > 0.75 * cpu_limit_seconds
    if number == signal.SIGXCPU or (number == signal.SIGKILL and spent_all):
        raise TimedOut(run=run)
    raise DecoderCrashed(f"The media tool was ended by {signal.Signals(number).name}.", run=run)
