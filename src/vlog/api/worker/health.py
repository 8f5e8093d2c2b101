"""``/api/health`` of the Worker API."""

from __future__ import annotations

from vlog.api import health

router = health.router("/api/health")
