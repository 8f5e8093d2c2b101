"""The process of `vlog work transcoder`: make uploaded videos playable."""

from __future__ import annotations

import sys

from vlog.cli.plain import DEBUG, run_plainly
from vlog.config import load
from vlog.telemetry.logs import configure
from vlog.workers import transcoder


def main() -> None:
    """Work until a signal. Raises ``VlogError`` in plain words."""
    config = load()
    configure(config)
    transcoder.run(config)


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv)
