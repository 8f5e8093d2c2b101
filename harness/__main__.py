"""``python -m harness [NAME] [options]``: kill, starve and feed garbage until something breaks.

Without a name, ``proofs``. Each name has its own ``--help``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from harness import crashes, mutations, proofs, uploads

HARNESSES: dict[str, Callable[[Sequence[str]], int]] = {
    "proofs": proofs.run,
    "mutations": mutations.run,
    "uploads": uploads.run,
    "crashes": crashes.run,
}


def main(arguments: list[str]) -> int:
    """Run one harness; its exit status is 0 when nothing broke, 2 for an unknown name."""
    if not arguments or arguments[0].startswith("-"):
        arguments = ["proofs", *arguments]
    name, *rest = arguments
    if name not in HARNESSES:
        print(f"No harness {name}; there are: {', '.join(HARNESSES)}", file=sys.stderr)
        return 2
    return HARNESSES[name](rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
