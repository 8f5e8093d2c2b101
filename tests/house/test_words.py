"""What a committed file must not say: unfinished business, ticket numbers, this machine's paths."""

from __future__ import annotations

import re

from tests.support.sources import ROOT, files, listing

CODE = (".py", ".ts", ".mjs", ".css", ".html", ".sql", ".sh")
LOCKS = ("uv.lock", "frontend/package-lock.json")
LARGEST_FILE_BYTES = 2 * 1024 * 1024

# Written in pieces, so that this file does not name what it forbids.
UNFINISHED = re.compile(
    r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b|\bNot" + r"ImplementedError\s*(\(\))?\s*$"
)
TICKETS = re.compile(
    r"(?i)\b(?:issue|ticket|bug|pull request) #?\d+\b|\b(?:see|fix(?:es)?|closes|pr) #\d+\b|\(#\d+\)"
)
MACHINE_PATHS = re.compile(r"(?<![\w.-])/(?:wo" + r"rk|fa" + r"rm|ro" + r"ot)/")


def texts(endings: tuple[str, ...]) -> dict[str, str]:
    """Readable files with one of the endings; an empty ending stands for all."""
    found = {}
    for path in files():
        if path.endswith(endings) and path not in LOCKS:
            content = (ROOT / path).read_bytes()
            if b"\0" not in content:
                found[path] = content.decode("utf-8")
    return found


def places(pattern: re.Pattern[str], endings: tuple[str, ...]) -> list[str]:
    """``path:line: text`` of every match."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts(endings).items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_code_is_finished() -> None:
    found = places(UNFINISHED, CODE)
    assert not found, listing(found)


def test_code_names_no_tickets() -> None:
    """A reader of the code has the reason before them, not a number to look up."""
    found = places(TICKETS, (".py", ".ts", ".mjs", ".sql", ".sh"))
    assert not found, listing(found)


def test_files_name_no_path_of_one_machine() -> None:
    found = places(MACHINE_PATHS, ("",))
    assert not found, listing(found)


def test_committed_files_are_small() -> None:
    large = [path for path in files() if (ROOT / path).stat().st_size > LARGEST_FILE_BYTES]
    assert not large, listing(large)
