"""The contract of each zone and the table of all routes, as files of the repository: a change shows in the
diff before clients meet it.

``VLOG_WRITE_SNAPSHOTS=1 pytest tests/api/test_openapi.py`` writes the files anew, then `make docs`
what is made of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.support.doors import doors
from vlog.api.app import Service, build_admin, build_public, build_worker
from vlog.context import Context

SNAPSHOTS = Path(__file__).parent / "snapshots"
ZONES = {"public": build_public, "admin": build_admin, "worker": build_worker}


def contract(app: FastAPI) -> str:
    schema = app.openapi()
    # The version of the package is no part of what clients rely on.
    schema["info"].pop("version")
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(("zone", "build"), ZONES.items())
async def test_the_contract_is_the_one_on_file(
    ctx: Context, zone: str, build: Callable[[Context], Service]
) -> None:
    service = build(ctx)
    service.close()
    found, file = contract(service.app), SNAPSHOTS / f"{zone}.json"
    if os.environ.get("VLOG_WRITE_SNAPSHOTS"):
        file.write_text(found)
    assert found == file.read_text()


@pytest.mark.parametrize(("zone", "build"), ZONES.items())
async def test_every_answer_has_a_shape(ctx: Context, zone: str, build: Callable[[Context], Service]) -> None:
    service = build(ctx)
    service.close()
    for path, operations in service.app.openapi()["paths"].items():
        for method, operation in operations.items():
            good = {code: answer for code, answer in operation["responses"].items() if code.startswith("2")}
            for code, answer in good.items():
                if code != "204":
                    (content,) = answer["content"].values()
                    assert content["schema"], f"{zone}: {method} {path} answers anything"


def table(ctx: Context) -> list[dict[str, str]]:
    """All doors of the three services."""
    rows = []
    for zone, build in ZONES.items():
        service = build(ctx)
        service.close()
        rows += [
            {"zone": zone, "method": door.method, "path": door.path, "guard": door.guard}
            for door in doors(service.app)
        ]
    return rows


async def test_the_table_of_routes_is_the_one_on_file(ctx: Context) -> None:
    file = SNAPSHOTS / "doors.json"
    found = json.dumps(table(ctx), indent=1) + "\n"
    if os.environ.get("VLOG_WRITE_SNAPSHOTS"):
        file.write_text(found)
    assert found == file.read_text()
