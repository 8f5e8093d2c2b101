"""The command line and a server that does what the test says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.admin_stub import AdminStub, admin_stub
from tests.support.cli import CATEGORIES, Cli


@pytest.fixture
def stub() -> Iterator[AdminStub]:
    with admin_stub() as running:
        running.on("GET", "/api/videos", (200, {"videos": [], "next_cursor": None, "has_more": False}))
        running.on("GET", "/api/categories", (200, CATEGORIES))
        yield running


@pytest.fixture
def vlog(stub: AdminStub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command, in this process and against that server."""
    return Cli(tmp_path, stub.url, capture=capsys)
