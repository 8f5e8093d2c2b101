"""The verbs as a whole: what scripts may count on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from vlog.cli.verbs import app

# What runs until it is stopped, prints a line, or writes a document of its own kind.
PLAIN = {
    *("up", "serve", "work transcoder", "work background"),
    *("version", "export", "chapters export"),
}
NEEDED = {
    *("list", "show", "edit", "publish", "unpublish", "delete", "restore", "purge", "retranscode"),
    *("categories", "tags", "playlists", "chapters list", "export", "import", "download"),
}


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, (*path, name))
    if not hasattr(command, "commands") or command.invoke_without_command:
        yield " ".join(path), command


def test_every_verb_of_a_library_speaks_json() -> None:
    verbs = dict(walk(typer.main.get_command(app)))
    assert verbs.keys() >= NEEDED
    mute = {name for name, verb in verbs.items() if not any("--json" in each.opts for each in verb.params)}
    assert {each for each in mute if not each.startswith(("db ", "storage "))} <= PLAIN


def test_whatever_removes_asks_unless_told_not_to() -> None:
    verbs = dict(walk(typer.main.get_command(app)))
    removing = [verb for name, verb in verbs.items() if name.split()[-1] in {"delete", "purge"}]
    assert len(removing) >= 6
    assert all(any("--yes" in each.opts for each in verb.params) for verb in removing)
