"""How a media tool can end badly, one class per cause, so that an attempt records why and not only that."""

from __future__ import annotations

from vlog.kit.errors import Fault, Invalid, TooLarge, Unavailable, VlogError


class SandboxMissing(Unavailable):
    """No jail for media tools can be built on this machine; install bubblewrap or use a kernel with Landlock."""

    default_code = "sandbox_missing"


class SandboxBroken(Unavailable):
    """The jail for media tools does not hold; no media is touched until it does."""

    default_code = "sandbox_broken"


class ToolMissing(Unavailable):
    """A media tool was not found."""

    default_code = "media_tool_missing"


class ToolFailure(VlogError):
    """A media tool failed.

    ``command`` can be pasted into a shell; ``stderr_tail`` holds the tool's last words. Both name paths of the
    host, so they are attributes for logs and the task's record and not part of ``details``.
    """

    default_code = "media_tool_failed"

    def __init__(self, message: str | None = None, *, command: str = "", stderr_tail: str = "") -> None:
        super().__init__(message)
        self.command = command
        self.stderr_tail = stderr_tail


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
