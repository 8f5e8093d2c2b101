"""The repository's own files, read once, for tests that judge how the code is written."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "vlog"
PYTHON_FOLDERS = ("src", "tests", "tools", "benchmarks", "harness", "migrations")


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the repository's root, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def module(self) -> str:
        """The dotted name, for files of the package: ``vlog.kit.clock``."""
        parts = Path(self.path).with_suffix("").parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def at(self, node: ast.stmt | ast.expr | ast.excepthandler) -> str:
        """``path:line``, as editors open it."""
        return f"{self.path}:{node.lineno}"


@cache
def files() -> tuple[str, ...]:
    """Every file that git knows or would take, by its path from the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file()))


@cache
def python_sources() -> tuple[Source, ...]:
    """Every Python file of the house: product, tests, tools, benchmarks, migrations."""
    names = [name for name in files() if name.endswith(".py") and name.startswith(PYTHON_FOLDERS)]
    texts = [(name, (ROOT / name).read_text(encoding="utf-8")) for name in names]
    return tuple(Source(name, text, ast.parse(text)) for name, text in texts)


@cache
def package_sources() -> tuple[Source, ...]:
    """The product's Python files."""
    return tuple(source for source in python_sources() if source.path.startswith("src/vlog/"))


Node = TypeVar("Node", bound=ast.AST)


def nodes(source: Source, kind: type[Node]) -> Iterator[Node]:
    """The nodes of one kind, anywhere in a file."""
    return (node for node in ast.walk(source.tree) if isinstance(node, kind))


def listing(found: Iterable[str]) -> str:
    """What a failed test shows: every place, one a line."""
    return "\n" + "\n".join(sorted(found))
