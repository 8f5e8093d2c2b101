"""How a command ends: with success, or with one plain sentence and an exit code; never with a traceback.

Exit codes of verbs (``exit_code``): 0 done, 1 refused or failed, 2 the command line makes no sense, 3 the
service does not answer, 4 there is no such thing, 130 interrupted.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn

from vlog.kit.errors import NotFound, Unavailable, VlogError
from vlog.kit.lines import printable

DEBUG = "--debug"
FAILED = 1
UNREACHABLE = 3
NOT_FOUND = 4
HELD_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What a shell reports for a program that SIGINT ended.
INTERRUPTED = 130


def run_plainly(
    command: Callable[[], None],
    *,
    debug: bool = False,
    code_of: Callable[[VlogError], int] = lambda _: FAILED,
) -> NoReturn:
    """Run ``command`` and end the process; ``debug`` shows tracebacks instead of sentences.

    ``code_of`` says with which code a refusal ends it: services know one, so that supervisors do.
    """
    # Held back while modules were loaded (``main.become``): from here on an interruption ends in a clean way.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)
    if debug:
        command()
        sys.exit(0)
    sys.excepthook = _unexpected
    try:
        command()
    except VlogError as error:
        complain(error.message)
        sys.exit(code_of(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has heard enough, as in `vlog list | head`.
        sys.stdout = None
        sys.exit(FAILED)
    sys.exit(0)


def exit_code(error: VlogError) -> int:
    """With which code a command ends after this."""
    if isinstance(error, Unavailable):
        return UNREACHABLE
    return NOT_FOUND if isinstance(error, NotFound) else FAILED


def complain(sentence: str) -> None:
    """One sentence to the person at the terminal."""
    print(f"vlog: {printable(sentence)}", file=sys.stderr)


def _unexpected(kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    reason = str(error).strip().split("\n")[0]
    complain(f"unexpected {kind.__name__}{': ' if reason else ''}{reason} (`vlog --debug …` shows where)")
