"""Each way a tool can end has its own name."""

from __future__ import annotations

import signal

import pytest

from vlog.kit.errors import VlogError
from vlog.pipeline.failures import (
    Completed,
    DecoderCrashed,
    ExitedWithError,
    OutputTooBig,
    SandboxBroken,
    Stalled,
    TimedOut,
    ToolFailure,
    judged,
    unwrapped,
)


def ended(returncode: int, *, stderr: str = "", cpu_seconds: float = 1.0) -> Completed:
    return Completed(
        command="ffmpeg -i file:/a.mp4",
        returncode=returncode,
        stdout=b"",
        stderr_tail=stderr,
        cpu_seconds=cpu_seconds,
        max_rss_bytes=1,
        wall_seconds=1.0,
    )


@pytest.mark.parametrize("status", [0, 1, 183, 255])
def test_any_exit_status_is_an_end_of_its_own_will(status: int) -> None:
    run = ended(status)
    assert judged(run, None, cpu_limit_seconds=60) is run


@pytest.mark.parametrize(
    ("run", "error", "code"),
    [
        (ended(-signal.SIGSEGV), DecoderCrashed, "decoder_crash"),
        (ended(-signal.SIGABRT), DecoderCrashed, "decoder_crash"),
        (ended(-signal.SIGSYS), DecoderCrashed, "decoder_crash"),
        # By the kernel when memory is short: not by the CPU limit, which is far.
        (ended(-signal.SIGKILL), DecoderCrashed, "decoder_crash"),
        (ended(-signal.SIGKILL, cpu_seconds=55.0), TimedOut, "media_timeout"),
        (ended(-signal.SIGXCPU), TimedOut, "media_timeout"),
        (ended(-signal.SIGXFSZ), OutputTooBig, "output_too_big"),
    ],
)
def test_a_signal_tells_why(run: Completed, error: type[ToolFailure], code: str) -> None:
    with pytest.raises(error) as raised:
        judged(run, None, cpu_limit_seconds=60)
    assert raised.value.code == code
    assert raised.value.run is run
    # Paths and words of the tool stay out of what may be shown to anybody.
    assert raised.value.details == {}


@pytest.mark.parametrize("verdict", [TimedOut, Stalled, OutputTooBig])
def test_the_reason_of_our_own_kill_comes_first(verdict: type[ToolFailure]) -> None:
    with pytest.raises(verdict):
        judged(ended(-signal.SIGKILL, cpu_seconds=60), verdict, cpu_limit_seconds=60)


@pytest.mark.parametrize(
    ("status", "words"), [(125, "vlog-jail: no such file"), (1, "bwrap: No permissions")]
)
def test_a_jail_that_could_not_be_built_is_not_the_files_fault(status: int, words: str) -> None:
    with pytest.raises(SandboxBroken):
        judged(ended(status, stderr=words), None, cpu_limit_seconds=60)


@pytest.mark.parametrize(
    ("status", "inside"), [(139, -11), (137, -9), (159, -31), (0, 0), (183, 183), (255, 255)]
)
def test_a_signal_inside_bubblewrap_is_seen_outside(status: int, inside: int) -> None:
    assert unwrapped(status) == inside


def test_a_checked_run_raises_with_the_last_words() -> None:
    assert ended(0).checked().returncode == 0
    with pytest.raises(ExitedWithError, match="Invalid data found") as raised:
        ended(183, stderr="first\nInvalid data found\n").checked()
    assert isinstance(raised.value, VlogError)
