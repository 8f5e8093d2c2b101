"""Files, functions and signatures small enough to be read at one sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.support.sources import ROOT, Source, files, listing, package_sources, python_sources

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 5
POSITIONAL_PARAMETERS = 3
# One list of all settings is read by searching, not from top to bottom.
# So is one step of the schema, which must stay one.
LONG_FILES = {"src/vlog/settings/known.py", "migrations/versions/0003_library.py"}
# Written by a tool from the contracts of the APIs; nobody reads them from top to bottom either.
GENERATED = {"frontend/src/admin/api-types.ts", "frontend/src/shared/api-types.ts"}
# Decorators whose functions a framework calls, by name: their parameters are options and query fields.
DOORS = {
    "command",
    "callback",
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "api_route",
    "route",
}
# Functions that a library calls by position: the order is its choice.
FOREIGN_SIGNATURES = {
    ("scope", "receive", "send"),  # ASGI
    ("logger", "method", "event"),  # structlog
    ("connection", "pid", "channel", "payload"),  # asyncpg
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: Source) -> Iterator[tuple[Function, bool]]:
    """Every function of a file, and whether its first parameter is the instance or class."""
    for parent in ast.walk(source.tree):
        for child in ast.iter_child_nodes(parent):
            if isinstance(child, Function):
                names = {name.id for name in child.decorator_list if isinstance(name, ast.Name)}
                yield child, isinstance(parent, ast.ClassDef) and "staticmethod" not in names


def is_door(function: Function) -> bool:
    calls = (call.func for call in function.decorator_list if isinstance(call, ast.Call))
    return any(isinstance(call, ast.Attribute) and call.attr in DOORS for call in calls)


def is_foreign(function: Function) -> bool:
    names = tuple(argument.arg.lstrip("_") for argument in function.args.args if argument.arg != "self")
    is_dunder = function.name.startswith("__") and function.name != "__init__"
    return is_dunder or names in FOREIGN_SIGNATURES


def line_count(path: str) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def test_python_files_are_short() -> None:
    sizes = {source.path: line_count(source.path) for source in python_sources()}
    long = {path: size for path, size in sizes.items() if size > FILE_LINES and path not in LONG_FILES}
    assert not long, listing(f"{path}: {size} lines" for path, size in long.items())


def test_scripts_styles_and_templates_are_short() -> None:
    limits = {".ts": 200, ".css": 400, ".html": 200, ".mjs": 200, ".sql": 200}
    sizes = {
        path: line_count(path) for path in files() if path.endswith(tuple(limits)) and path not in GENERATED
    }
    long = {path: size for path, size in sizes.items() if size > limits["." + path.rpartition(".")[2]]}
    assert not long, listing(f"{path}: {size} lines" for path, size in long.items())


def test_functions_are_short() -> None:
    long = [
        f"{source.at(function)} {function.name}: {size} lines"
        for source in python_sources()
        for function, _ in functions(source)
        if (size := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]
    assert not long, listing(long)


def test_signatures_are_short() -> None:
    """At most five parameters, the third and later ones by name only: calls then explain themselves."""
    wide = []
    for source in package_sources():
        for function, is_method in functions(source):
            if is_door(function) or is_foreign(function):
                continue
            arguments = function.args
            positional = len(arguments.posonlyargs) + len(arguments.args) - is_method
            if positional > POSITIONAL_PARAMETERS or positional + len(arguments.kwonlyargs) > PARAMETERS:
                wide.append(f"{source.at(function)} {function.name}")
    assert not wide, listing(wide)
