"""`vlog inbox`: what lies in the watched folder, and why some of it stays there."""

from __future__ import annotations

import json

from rich.text import Text

from vlog.cli.client import AdminApi
from vlog.cli.library.words import print_table, table
from vlog.kit.lines import printable

_WORDS = {"waiting": "waiting", "taking": "being taken", "accepted": "is a video", "failed": "failed"}
_STYLES = {"waiting": "dim", "taking": "cyan", "accepted": "green", "failed": "red"}


def list_inbox(api: AdminApi, *, as_json: bool) -> bool:
    """Print the files in the inbox; whether none of them has failed."""
    inbox = api.get("/api/inbox")
    files = inbox["files"]
    if as_json:
        print(json.dumps(inbox, ensure_ascii=False, indent=2))
    elif not inbox["is_on"]:
        print("The inbox is off (setting storage.inbox).")
    elif not files:
        print(f"The inbox is empty: put files into {inbox['folder']} in the storage folder.")
    else:
        rows = table("File", "State", "What")
        for file in files:
            state = str(file["state"])
            what = file["error_message"] or (f"/watch/{file['slug']}" if file["slug"] else "")
            rows.add_row(
                Text(printable(file["name"])),
                Text(_WORDS.get(state, state), style=_STYLES.get(state, "")),
                Text(printable(what)),
            )
        print_table(rows)
    return not any(file["state"] == "failed" for file in files)
