"""The one place that reads the wall clock; leases never use it (they live on the database's clock)."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)


def monotonic_seconds() -> float:
    """Seconds on a clock that never jumps, for measuring how long something takes."""
    return time.monotonic()
