"""The installed command `vlog`: becomes the program that the first word names.

Each process of an installation is a program of its own (``python -m``): it loads no client's libraries, and
the client none of theirs. This file loads nothing, because every start pays for it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from vlog.cli.plain import DEBUG, HELD_BACK

UP = ("-m", "vlog.cli.up")
SERVE = ("-m", "vlog.cli.serve")
TRANSCODER = ("-m", "vlog.cli.transcoder")
BACKGROUND = ("-m", "vlog.cli.background")
DATABASE = ("-m", "vlog.cli.database")
STORAGE = ("-m", "vlog.cli.storage")
DOWNLOAD = ("-m", "vlog.cli.download")
DOCTOR = ("-m", "vlog.cli.doctor")
VERBS = ("-m", "vlog.cli.verbs")


def main() -> None:
    """Run the command line of this process."""
    words = [word for word in sys.argv[1:] if word != DEBUG]
    if words == ["up"]:
        become(UP)
    if words in (["doctor"], ["doctor", "--json"]):
        become(DOCTOR, *words[1:])
    # All else needs its options parsed and its help shown first.
    become(VERBS, *words)


def become(program: tuple[str, str], *arguments: str) -> NoReturn:
    """Turn this process into ``python program arguments``; ``--debug`` goes along.

    Signals wait until ``run_plainly`` there: a Ctrl-C while modules load would end in their traceback.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    debug = [DEBUG] if DEBUG in sys.argv else []
    os.execv(sys.executable, [sys.executable, "-P", *program, *debug, *arguments])  # noqa: S606
