"""The process of `vlog serve`: the services of one installation, all or one of them."""

from __future__ import annotations

import sys

from vlog.api import serve
from vlog.cli.plain import DEBUG, run_plainly
from vlog.config import load
from vlog.telemetry.logs import configure

ALL = "all"


def main() -> None:
    """Serve what the first argument names until a signal. Raises ``VlogError`` in plain words."""
    service = sys.argv[1] if len(sys.argv) > 1 else ALL
    config = load()
    configure(config)
    serve.run(config, serve.SERVICES if service == ALL else (service,))


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv)
