"""The rooms stand where the plan puts them: import contracts, models at home, nothing left over."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp

from tests.support.sources import ROOT, Source, listing, nodes, package_sources, python_sources


def imported_names(source: Source) -> set[str]:
    """Every dotted name that a file imports: ``from a import b`` counts as ``a`` and ``a.b``."""
    names = {alias.name for statement in nodes(source, ast.Import) for alias in statement.names}
    for statement in nodes(source, ast.ImportFrom):
        names.add(statement.module or "")
        names.update(f"{statement.module}.{alias.name}" for alias in statement.names)
    return names


def test_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_models_stay_in_their_room() -> None:
    """Another room's tables are reached through that room's functions."""
    strays = [
        f"{source.path} imports {name}"
        for source in package_sources()
        for name in sorted(imported_names(source))
        if name.startswith("vlog.") and name.endswith(".models")
        if source.module.split(".")[1] != name.split(".")[1]
    ]
    assert not strays, listing(strays)


def test_only_the_doors_know_the_web_framework() -> None:
    strays = [
        f"{source.path} imports {name}"
        for source in package_sources()
        if not source.module.startswith("vlog.api.")
        for name in sorted(imported_names(source))
        if name.partition(".")[0] in {"fastapi", "starlette"}
    ]
    assert not strays, listing(strays)


def spawned_modules(source: Source) -> set[str]:
    """Modules that a file starts as processes, named as ``"-m", "vlog.x"`` or ``"sibling.py"``."""
    words = [node.value for node in nodes(source, ast.Constant) if isinstance(node.value, str)]
    room = source.module.rpartition(".")[0]
    siblings = {f"{room}.{word.removesuffix('.py')}" for word in words if word.endswith(".py")}
    return siblings | (set(words) if "-m" in words else set())


def entry_points() -> set[str]:
    """Where the product is entered: the installed commands and the migrations."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    commands = {target.partition(":")[0] for target in project["scripts"].values()}
    migrations = [source for source in python_sources() if source.path.startswith("migrations/")]
    return commands.union(*(imported_names(source) for source in migrations))


def test_every_module_is_reachable() -> None:
    """A module that no command, migration or spawned process leads to is dead, or not wired yet."""
    graph = grimp.build_graph("vlog", cache_dir=None)
    by_module = {source.module: source for source in package_sources()}
    reached: set[str] = set()
    todo = entry_points() & graph.modules
    while todo:
        found = todo | {module for name in todo for module in graph.find_upstream_modules(name)}
        # Importing a.b runs a/__init__.py, and with it all that it imports.
        parents = {name.rpartition(".")[0] for name in found} & graph.modules
        reached |= found
        spawned = {child for name in found & set(by_module) for child in spawned_modules(by_module[name])}
        todo = ((parents | spawned) & graph.modules) - reached
    unreachable = set(by_module) - reached
    assert not unreachable, listing(unreachable)
