"""Shares out this process's file descriptors, so that running out of them ends in refusals, not in silence.

When ``accept`` fails for want of a descriptor, uvloop may close the listening socket for good. So connections
are refused before that: what files, threads and the database need is set aside first.
"""

from __future__ import annotations

import resource
from contextlib import suppress

# Listeners, the loop, the database's pool, logs, and sixteen threads that walk paths with three each.
RESERVED = 96
MAX_CONNECTIONS = 2000
MAX_OPEN_FILES = 1024


def raise_limit() -> int:
    """Ask for as many descriptors as this process may have; the value is how many those are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # Some systems name no limit and then refuse it.
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def most_open_files() -> int:
    """How many files one zone may keep open between requests."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_OPEN_FILES if soft == resource.RLIM_INFINITY else max(8, min(MAX_OPEN_FILES, soft // 8))


def most_connections(limit: int, *, services: int) -> int:
    """How many connections each of the services may hold when the process has ``limit`` descriptors."""
    return max(8, min(MAX_CONNECTIONS, (limit - limit // 4 - RESERVED) // services))
