"""``python -m harness proofs [--rounds N]``: repeat proofs by kill, damage and hostility until one fails."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

PROOFS = (
    "tests/media/test_crash_recovery.py",
    "tests/e2e/test_kills.py",
    "tests/e2e/test_half_made.py",
    "tests/e2e/test_processes.py",
    "tests/media/test_hostile_files.py",
    "tests/media/test_hostile_bombs.py",
    "tests/media/test_inspection_damage.py",
    "tests/rooms/test_embedded.py",
    "tests/rooms/test_bad_disks.py",
    "tests/rooms/test_storage_faults.py",
    "tests/rooms/test_database_faults.py",
    "tests/e2e/test_database_outage.py",
)


def run(arguments: Sequence[str]) -> int:
    """Run the rounds; the exit status is that of the round that failed, or 0."""
    parser = argparse.ArgumentParser(prog="harness proofs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="how often each proof is repeated")
    rounds = parser.parse_args(arguments).rounds
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", flush=True)
        status = subprocess.run([sys.executable, "-m", "pytest", "--quiet", *PROOFS], check=False).returncode
        if status:
            return status
    return 0
