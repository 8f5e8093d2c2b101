"""`vlog doctor`: looks at everything that VLog needs on this machine; one line each, and how to mend it.

Works while VLog runs and while it does not, in a few seconds, and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace

from vlog.cli import diagnosis, diagnosis_server
from vlog.cli.diagnosis import Line, Verdict
from vlog.cli.plain import DEBUG, FAILED, run_plainly
from vlog.config import Config, load
from vlog.kit.lines import printable
from vlog.telemetry.logs import configure

# Whatever hangs is itself the finding.
ANSWER_SECONDS = 8.0
_SIGNS = {Verdict.OK: ("✓", 32), Verdict.WARNING: ("!", 33), Verdict.BAD: ("✗", 31)}

Look = Callable[[Config], Awaitable[list[Line]]]
LOOKS: dict[str, Look] = {
    "python": diagnosis.python,
    "machine": diagnosis.machine,
    "folders": diagnosis.folders,
    "storage": diagnosis.storage,
    "media tools": diagnosis.media_tools,
    "gpu": diagnosis.gpu,
    "database": diagnosis_server.database,
    "ports": diagnosis_server.ports,
}


def main() -> None:
    """Print what is found; end with 1 when VLog could not work like this."""
    config = load()
    # What modules have to say is said by the lines below.
    configure(replace(config, log_level="error"))
    found = asyncio.run(examine(config))
    if "--json" in sys.argv:
        print(json.dumps([asdict(line) for line in found], indent=2, ensure_ascii=False))
    else:
        _tell(found)
    sys.stdout.flush()
    if any(line.verdict is Verdict.BAD for line in found):
        sys.exit(FAILED)


async def examine(config: Config) -> list[Line]:
    """All looks, side by side, in their order."""
    answers = await asyncio.gather(*(_look(name, look, config) for name, look in LOOKS.items()))
    return [line for lines in answers for line in lines]


async def _look(name: str, look: Look, config: Config) -> list[Line]:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await look(config)
    except TimeoutError:
        remedy = "Something it depends on hangs: a disk, or a network."
        return [Line(name, Verdict.BAD, f"no answer in {ANSWER_SECONDS:.0f} s", remedy)]


def _tell(found: list[Line]) -> None:
    colors = sys.stdout.isatty()
    for line in found:
        sign, color = _SIGNS[line.verdict]
        shown = f"\x1b[{color}m{sign}\x1b[0m" if colors else sign
        print(f"{shown} {line.subject:<12} {printable(line.words)}")
        if line.remedy:
            print(f"  {'':<12} → {printable(line.remedy)}")
    bad = sum(line.verdict is Verdict.BAD for line in found)
    warnings = sum(line.verdict is Verdict.WARNING for line in found)
    print()
    if bad:
        print(f"{bad} thing{'s' if bad > 1 else ''} must be mended before VLog can work.")
    elif warnings:
        print(f"VLog can work; {warnings} thing{'s' if warnings > 1 else ''} could be better.")
    else:
        print("VLog can work here.")


if __name__ == "__main__":
    run_plainly(main, debug=DEBUG in sys.argv)
