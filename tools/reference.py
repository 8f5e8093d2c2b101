"""Writes the reference pages from the code that they describe; ``--check`` only looks."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from vlog.config import VARIABLES
from vlog.events import types
from vlog.events.types import Event
from vlog.settings.known import KNOWN
from vlog.settings.spec import Setting

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code. Do not edit. -->\n"


def pages() -> dict[str, str]:
    """File name → content of every reference page."""
    return {"configuration.md": configuration(), "events.md": events()}


def configuration() -> str:
    """The environment variables of the processes, and the settings in the database."""
    lines = [
        "# Configuration",
        NOTE,
        "## Environment variables",
        "",
        "Read once when a process starts.",
        "",
        "| variable | meaning | default |",
        "|---|---|---|",
        *(f"| `{each.name}` | {each.help} | {each.default} |" for each in VARIABLES),
        "",
        "## Settings",
        "",
        "Kept in the database. Where it has no value the environment variable counts, then the default.",
        "",
        "| setting | meaning | allowed | default | variable |",
        "|---|---|---|---|---|",
        *(
            f"| `{key}` | {each.help} | {_allowed(each)} | {_value(each.default)} | `{each.variable}` |"
            for key, each in sorted(KNOWN.items())
        ),
        "",
    ]
    return "\n".join(lines)


def events() -> str:
    """Everything that is written to the outbox."""
    found = [each for _, each in inspect.getmembers(types, inspect.isclass) if issubclass(each, Event)]
    named = sorted((each.type, each) for each in found if hasattr(each, "type"))
    lines = [
        "# Events",
        NOTE,
        "Written in the transaction that makes them true.",
        "",
        "| event | when |",
        "|---|---|",
        *(f"| `{name}` | {inspect.getdoc(each)} |" for name, each in named),
        "",
    ]
    return "\n".join(lines)


def _allowed(setting: Setting[int] | Setting[float] | Setting[bool] | Setting[str]) -> str:
    if setting.choices:
        return ", ".join(setting.choices)
    if setting.minimum is not None and setting.maximum is not None:
        return f"{setting.minimum:g} to {setting.maximum:g}"
    return {bool: "true, false", str: "text"}.get(type(setting.default), "")


def _value(value: object) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else "–"


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` answer 1 when one of them is out of date."""
    stale = []
    for name, content in pages().items():
        path = FOLDER / name
        if path.exists() and path.read_text() == content:
            continue
        stale.append(name)
        if "--check" not in arguments:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    if stale and "--check" in arguments:
        print(f"Out of date: {', '.join(stale)}. Run `make docs`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
