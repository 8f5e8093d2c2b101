"""The process of `vlog serve`: the services of one installation, all or one of them."""

from __future__ import annotations

import sys

from vlog.api import serve
from vlog.cli.plain import DEBUG, run_plainly
from vlog.config import load
from vlog.telemetry.logs import configure

ALL = "all"


def main() -> None:
    """Serve what the arguments name until a signal. Raises ``VlogError`` in plain words."""
    services = [word for word in sys.argv[1:] if word != DEBUG] or [ALL]
    config = load()
    configure(config)
    serve.run(config, serve.SERVICES if ALL in services else tuple(services))


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv)
