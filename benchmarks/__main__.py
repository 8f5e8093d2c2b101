"""``python -m benchmarks [NAME…]``: run all benchmarks, or the named ones."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import structlog

from benchmarks import catalogue, extras, first_play, ladder, list_api, pages, serving, startup, upload

BENCHMARKS: dict[str, Callable[[], None]] = {
    "ladder": ladder.run,
    "first_play": first_play.run,
    "extras": extras.run,
    "serving": serving.run,
    "upload": upload.run,
    "list": list_api.run,
    "startup": startup.run,
    "catalogue": catalogue.run,
    "pages": pages.run,
}


def main(names: list[str]) -> int:
    """Run the benchmarks; the exit status is 2 for an unknown name."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"No benchmark {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()
    return 0


sys.exit(main(sys.argv[1:]))
