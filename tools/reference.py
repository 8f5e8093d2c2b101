"""Writes the reference pages from the code that they describe; ``--check`` only looks."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from vlog.cli.verbs import app
from vlog.config import VARIABLES
from vlog.events import types
from vlog.events.types import Event
from vlog.settings.known import KNOWN
from vlog.settings.spec import Setting

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
DOORS = FOLDER.parents[1] / "tests" / "api" / "snapshots" / "doors.json"
_ZONES = {"public": "Public site", "admin": "Admin", "worker": "Worker API"}
_GUARDS = {
    "anybody": "anybody",
    "admin": "the admin: the secret, or a session (with its CSRF token where something changes)",
}
NOTE = "<!-- Written by `make docs` from the code. Do not edit. -->\n"


def pages() -> dict[str, str]:
    """File name → content of every reference page."""
    return {
        "configuration.md": configuration(),
        "events.md": events(),
        "commands.md": commands(),
        "routes.md": routes(),
    }


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


def routes() -> str:
    """Who may use which address: the table that tests/api/test_guards.py makes of the services and tries."""
    doors = json.loads(DOORS.read_text())
    lines = ["# Routes and who may use them", NOTE]
    for zone, words in _ZONES.items():
        lines += [f"## {words}", "", "| method | path | who |", "|---|---|---|"]
        lines += [
            f"| {door['method']} | `{door['path']}` | {_GUARDS[door['guard']]} |"
            for door in doors
            if door["zone"] == zone
        ]
        lines.append("")
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


def commands() -> str:
    """Every verb of the command line with its options."""
    lines = [
        "# Commands",
        NOTE,
        "Of `vlog`; `--help` says the same at the terminal, `vlog --install-completion` completes verbs,",
        "slugs and categories. How they are used: [Work from the command line](../how-to/command-line.md).",
        "",
        "| exit code | meaning |",
        "|---|---|",
        "| 0 | done |",
        "| 1 | refused, or it failed, at least for some of what was named |",
        "| 2 | the command line makes no sense |",
        "| 3 | the service does not answer |",
        "| 4 | there is no such thing |",
        "| 130 | interrupted |",
        "",
        "`up`, `serve`, `work`, `db`, `storage` and `doctor` end with 0 or 1.",
        "",
        *_commands("vlog", typer.main.get_command(app)),
    ]
    return "\n".join(lines)


def _commands(name: str, command: Any) -> Iterator[str]:
    for word, each in sorted(getattr(command, "commands", {}).items()):
        yield from _command(f"{name} {word}", each)
        yield from _commands(f"{name} {word}", each)


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    words = [each.metavar or each.name.upper() for each in arguments]
    yield from (f"## {' '.join([name, *words])}", "", " ".join((command.help or "").split()), "")
    options = [each for each in command.params if each.param_type_name == "option" and each.name != "help"]
    if options:
        yield from ("| option | meaning |", "|---|---|")
        for each in options:
            names = ", ".join(f"`{name}`" for name in [*each.opts, *each.secondary_opts])
            yield f"| {names} | {each.help or ''} |"
        yield ""
    if examples := (command.epilog or "").split("\n\n"):
        found = [line for line in examples if line.startswith("vlog ")]
        if found:
            yield from ("```sh", *found, "```", "")


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
