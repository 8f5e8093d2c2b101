"""The process of `vlog work background`: what time brings, once per installation."""

from __future__ import annotations

import sys

from vlog.cli.plain import DEBUG, run_plainly
from vlog.config import load
from vlog.telemetry.logs import configure
from vlog.workers import background


def main() -> None:
    """Work until a signal. Raises ``VlogError`` in plain words."""
    config = load()
    configure(config)
    background.run(config)


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv)
