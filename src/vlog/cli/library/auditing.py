"""`vlog audit`: who has done what."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from vlog.cli.client import admin_api
from vlog.cli.library.naming import video_id
from vlog.cli.library.words import AsJson, add, moment, print_json, print_table, sent, table

auditing = typer.Typer()
_PAGE = 200


@auditing.command(
    rich_help_panel="Care", epilog="vlog audit --video am-see\n\nvlog audit --action video.purged --json"
)
def audit(
    action: Annotated[str | None, typer.Option("--action", help="Such as video.edited.")] = None,
    video: Annotated[str | None, typer.Option("--video", help="Only what was done to it.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="Only of this kind, such as playlist.")
    ] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=100_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List who has done what, newest first."""
    found: list[dict[str, Any]] = []
    with admin_api() as api:
        query = sent(action=action, subject_type="video" if video else subject)
        if video is not None:
            query["subject_id"] = video_id(api, video)
        while len(found) < limit:
            page = api.get("/api/audit", limit=min(_PAGE, limit - len(found)), **query)
            found += page["entries"]
            if page["next_before"] is None:
                break
            query["before"] = page["next_before"]
    if as_json:
        print_json(found)
        return
    if not found:
        print("Nothing was done.")
        return
    rows = table("When", "Who", "What", "To", "Details")
    for each in found:
        subject_name = each["subject_name"] or each["subject_id"]
        details = json.dumps(each["details"], ensure_ascii=False) if each["details"] else None
        add(rows, moment(each["created_at"]), each["actor"], each["action"], subject_name, details)
    print_table(rows)
