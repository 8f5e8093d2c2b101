"""Rules that no comment can switch off, unlike a linter's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.support.sources import Source, listing, nodes, package_sources

# Where one failing task, request or loop must not take the others down.
LAST_RESORTS = {
    "src/vlog/pipeline/runner.py",
    "src/vlog/api/middleware.py",
}
BROAD = {"Exception", "BaseException"}


def names_in(expression: ast.expr | None) -> set[str]:
    if expression is None:
        return set()
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}


def raises_on(handler: ast.ExceptHandler) -> bool:
    """Cleaning up and raising the same error again hides nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def broad_handlers(source: Source) -> Iterator[ast.ExceptHandler | ast.Call]:
    for handler in nodes(source, ast.ExceptHandler):
        is_broad = handler.type is None or names_in(handler.type) & BROAD
        if is_broad and not raises_on(handler):
            yield handler
    for call in nodes(source, ast.Call):
        is_suppress = "suppress" in ast.unparse(call.func)
        if is_suppress and any(names_in(argument) & BROAD for argument in call.args):
            yield call


def test_broad_excepts_stand_where_they_are_the_purpose() -> None:
    strays = [
        source.at(handler)
        for source in package_sources()
        if source.path not in LAST_RESORTS
        for handler in broad_handlers(source)
    ]
    assert not strays, listing(strays)
    needed = {source.path for source in package_sources() if any(broad_handlers(source))}
    assert needed == LAST_RESORTS, "an exception that nobody needs is an open door"


def test_imports_stand_at_the_top() -> None:
    """An import inside a function hides a circle, and a floor crossed the wrong way."""
    strays = [
        source.at(statement)
        for source in package_sources()
        for function in [*nodes(source, ast.FunctionDef), *nodes(source, ast.AsyncFunctionDef)]
        for statement in ast.walk(function)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]
    assert not strays, listing(strays)


def test_only_the_command_line_prints() -> None:
    strays = [
        source.at(call)
        for source in package_sources()
        if not source.path.startswith("src/vlog/cli/")
        for call in nodes(source, ast.Call)
        if isinstance(call.func, ast.Name) and call.func.id == "print"
    ]
    assert not strays, listing(strays)


def test_every_module_says_why_it_exists() -> None:
    silent = [source.path for source in package_sources() if not ast.get_docstring(source.tree)]
    assert not silent, listing(silent)
