"""Results of benchmarks: a table for people, JSON for machines."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One figure and its goal, as ``measured`` (lower is better) and ``goal`` in ``unit``."""

    name: str
    measured: float
    goal: float
    unit: str
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether the goal is reached."""
        return self.measured <= self.goal


def save(benchmark: str, claims: list[Claim], figures: dict[str, object]) -> None:
    """Print the claims as a table and keep them with all figures below ``results/``."""
    width = max(len(claim.name) for claim in claims)
    print(f"\n{benchmark}")
    for claim in claims:
        mark = "holds" if claim.holds else "MISSED"
        print(
            f"  {claim.name:<{width}}  {claim.measured:8.3f} {claim.unit:<4} goal ≤ {claim.goal:g}  {mark}"
            f"  {claim.note}"
        )
    RESULTS.mkdir(exist_ok=True)
    content = {
        "benchmark": benchmark,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": _processor(), "python": platform.python_version()},
        "claims": [{**asdict(claim), "holds": claim.holds} for claim in claims],
        "figures": figures,
    }
    (RESULTS / f"{benchmark}.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
