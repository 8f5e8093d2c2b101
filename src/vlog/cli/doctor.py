"""`vlog doctor`: looks at everything that VLog needs on this machine; one line each, and how to mend it.

Works while VLog runs and while it does not, in a few seconds, and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from threading import Thread

from vlog.cli import diagnosis, diagnosis_server
from vlog.cli.diagnosis import Line, Verdict
from vlog.cli.plain import DEBUG, FAILED, run_plainly
from vlog.config import Config, load
from vlog.kit.lines import printable
from vlog.telemetry.logs import configure

_SIGNS = {Verdict.OK: ("✓", 32), Verdict.WARNING: ("!", 33), Verdict.BAD: ("✗", 31)}
_HANGS = "Something that it depends on hangs: a disk, or a network."


@dataclass(frozen=True)
class Look:
    """One subject. Whatever takes longer than ``seconds`` is itself the finding, as bad as ``late``."""

    subject: str
    work: Callable[[Config], Awaitable[list[Line]]]
    seconds: float = 3.0
    late: Verdict = Verdict.BAD
    remedy: str = _HANGS


LOOKS = (
    Look("python", diagnosis.python),
    Look("machine", diagnosis.machine),
    Look("data", diagnosis.folders),
    Look("storage", diagnosis.storage),
    # It starts a dozen programs, and a machine that is busy encoding is not ill.
    Look(
        "media tools",
        diagnosis.media_tools,
        seconds=4.0,
        late=Verdict.WARNING,
        remedy="Ask again when the machine is less busy; if it stays so, a disk hangs.",
    ),
    Look("gpu", diagnosis.gpu),
    Look("database", diagnosis_server.database),
    Look("ports", diagnosis_server.ports),
)


def main() -> None:
    """Print what is found; end with 1 when VLog could not work like this."""
    config = load()
    # What modules have to say is said by the lines below.
    configure(replace(config, log_level="error"))
    looking = [_Looking(look, config) for look in LOOKS]
    found = gathered(looking)
    if "--json" in sys.argv:
        print(json.dumps([asdict(line) for line in found], indent=2, ensure_ascii=False))
    else:
        _tell(found)
    sys.stdout.flush()
    failed = any(line.verdict is Verdict.BAD for line in found)
    if any(each.is_alive() for each in looking):
        # A thread that the kernel holds would hold the end of the process as well.
        os._exit(FAILED if failed else 0)
    if failed:
        sys.exit(FAILED)


def examine(config: Config, looks: tuple[Look, ...] = LOOKS) -> list[Line]:
    """All looks, side by side, in their order, each in its own time."""
    return gathered([_Looking(look, config) for look in looks])


def gathered(looking: list[_Looking]) -> list[Line]:
    """What all of them have found."""
    return [line for each in looking for line in each.found()]


class _Looking(Thread):
    """One look under way, in a thread and on a loop of its own: what hangs in the kernel holds no other."""

    def __init__(self, look: Look, config: Config) -> None:
        super().__init__(name=look.subject, daemon=True)
        self._look = look
        self._config = config
        self._lines: list[Line] | None = None
        self._until = time.monotonic() + look.seconds
        self.start()

    def run(self) -> None:
        try:
            self._lines = asyncio.run(self._answer())
        except TimeoutError:
            self._lines = [self._late]

    async def _answer(self) -> list[Line]:
        # Cancelled shortly after nobody waits any more: no program that it started is left behind.
        async with asyncio.timeout(self._look.seconds):
            return await self._look.work(self._config)

    def found(self) -> list[Line]:
        """Its lines, or that it has none in time."""
        self.join(max(self._until - time.monotonic(), 0))
        if self.is_alive():
            return [self._late]
        if self._lines is None:
            return [Line(self.name, Verdict.BAD, "it can't be looked at", "What is said above tells why.")]
        return self._lines

    @property
    def _late(self) -> Line:
        return Line(self.name, self._look.late, f"no answer in {self._look.seconds:g} s", self._look.remedy)


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
