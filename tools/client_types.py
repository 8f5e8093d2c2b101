"""Writes the TypeScript types of both web faces' APIs from the contracts on file; ``--check`` only looks.

Every schema of a contract becomes an interface, every operation that speaks JSON a member of
``Operations``: what it wants (path, query, body) and what it answers. A page that reads a field which
the server does not send, or sends one that it does not take, then fails ``tsc``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = ROOT / "tests" / "api" / "snapshots"
FRONTEND = ROOT / "frontend" / "src"
NOTE = "// Written by `make docs` from tests/api/snapshots/{zone}.json. Do not edit."
# Zone → where its types stand. The public zone's stand beside the one client that both faces share.
TARGETS = {"admin": FRONTEND / "admin" / "api-types.ts", "public": FRONTEND / "shared" / "api-types.ts"}
METHODS = ("get", "post", "put", "patch", "delete")
JSON_TYPE = "application/json"
PRIMITIVES = {
    "integer": "number",
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "null": "null",
}


class UnknownSchemaError(Exception):
    """A schema says something that the generator has no TypeScript for: teach it."""


def modules() -> dict[Path, str]:
    """File → its content, for every zone with a web face."""
    return {
        path: module(json.loads((CONTRACTS / f"{zone}.json").read_text()), zone)
        for zone, path in TARGETS.items()
    }


def module(contract: Json, zone: str) -> str:
    """One zone's TypeScript: its schemas as interfaces, then the map of its operations."""
    schemas = contract["components"]["schemas"]
    whole = set(_reached(_parts(contract["paths"], answers=True), schemas))
    whole -= set(_reached(_parts(contract["paths"], answers=False), schemas))
    blocks = [NOTE.format(zone=zone)]
    for name, schema in sorted(schemas.items()):
        # What the server only says it says in full; what it is told may leave out what has a default.
        full = name in whole and "properties" in schema
        blocks.append(
            declaration(name, {**schema, "required": list(schema["properties"])} if full else schema)
        )
    blocks.append("\n".join(["export interface Operations {", *_operations(contract["paths"]), "}"]))
    return "\n\n".join(blocks) + "\n"


def declaration(name: str, schema: Json) -> str:
    """``export interface …`` of an object, ``export type …`` of anything else."""
    comment = _comment(schema.get("description", ""))
    if "properties" not in schema:
        return f"{comment}export type {name} = {expression(schema)};"
    members = [f"  {member};" for member in _members(schema)]
    return "\n".join([f"{comment}export interface {name} {{", *members, "}"])


def _parts(paths: Json, *, answers: bool) -> list[Json]:
    """What all operations answer when all is well, or what they take."""
    operations = [each for operations in paths.values() for each in operations.values()]
    if not answers:
        return [each.get("requestBody", {}) for each in operations]
    return [answer for each in operations for status, answer in each["responses"].items() if status[0] == "2"]


def _reached(parts: list[Json], schemas: Json) -> Iterator[str]:
    """The names of the schemas that parts of a contract lead to."""
    seen: set[str] = set()
    waiting = [json.dumps(parts)]
    while waiting:
        for name in re.findall(r"#/components/schemas/(\w+)", waiting.pop()):
            if name not in seen:
                seen.add(name)
                waiting.append(json.dumps(schemas[name]))
                yield name


def expression(schema: Json) -> str:
    """The TypeScript type of a schema (JSON Schema 2020-12, as far as pydantic writes it)."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return _union(json.dumps(each) for each in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _union(expression(each) for each in schema[key])
    kind = schema.get("type")
    if kind in PRIMITIVES:
        return PRIMITIVES[kind]
    if kind == "array" and "items" in schema:
        return _array(expression(schema["items"]))
    if kind == "object":
        return _object(schema)
    if kind is None and not set(schema) - {"title", "description", "default", "examples"}:
        return "unknown"
    raise UnknownSchemaError(json.dumps(schema))


def _array(item: str) -> str:
    return f"({item})[]" if " | " in item else f"{item}[]"


def _object(schema: Json) -> str:
    if "properties" in schema:
        return f"{{ {'; '.join(_members(schema))} }}"
    values = schema.get("additionalProperties", True)
    return f"Record<string, {expression(values) if isinstance(values, dict) else 'unknown'}>"


def _union(parts: Iterator[str]) -> str:
    return " | ".join(dict.fromkeys(parts))


def _members(schema: Json) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, each in schema["properties"].items():
        yield f"{_key(name)}{'' if name in required else '?'}: {expression(each)}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else json.dumps(name)


def _comment(words: str) -> str:
    """The first paragraph, on one line: the rest is in the contract."""
    first = " ".join(words.split("\n\n", maxsplit=1)[0].split()).replace("``", "`").replace("*/", "")
    return f"/** {first} */\n" if first else ""


def _operations(paths: Json) -> Iterator[str]:
    """A member for every operation that answers JSON or nothing; streams and files are only addresses."""
    for path, operations in sorted(paths.items()):
        for method in METHODS:
            operation = operations.get(method)
            answer = None if operation is None else _answer(operation["responses"])
            if operation is None or answer is None:
                continue
            yield f'  "{method.upper()} {path}": {{'
            yield f"    path{_parameters(operation, 'path')};"
            yield f"    query{_parameters(operation, 'query')};"
            yield f"    body{_body(operation)};"
            yield f"    answer: {answer};"
            yield "  };"


def _answer(responses: Json) -> str | None:
    """The type of its good answers; ``None`` when one of them is no JSON."""
    types = []
    for status, response in responses.items():
        if not status.startswith("2"):
            continue
        content = response.get("content", {})
        if content and JSON_TYPE not in content:
            return None
        types.append(expression(content[JSON_TYPE]["schema"]) if content else "null")
    return _union(iter(types))


def _parameters(operation: Json, place: str) -> str:
    found = [each for each in operation.get("parameters", ()) if each["in"] == place]
    if not found:
        return "?: never"
    optional = "" if any(each.get("required") for each in found) else "?"
    return "\n".join([f"{optional}: {{", *(f"      {_parameter(each)};" for each in found), "    }"])


def _parameter(parameter: Json) -> str:
    """A member; in a query ``null`` leaves it out."""
    kind = expression(parameter["schema"])
    if parameter["in"] == "query":
        kind = _union(iter([*kind.removesuffix(" | null").split(" | "), "null"]))
    return f"{_key(parameter['name'])}{'' if parameter.get('required') else '?'}: {kind}"


def _body(operation: Json) -> str:
    body = operation.get("requestBody")
    if body is None:
        return "?: never"
    content = body["content"]
    shape = expression(content[JSON_TYPE]["schema"]) if JSON_TYPE in content else "FormData"
    return f"{'' if body.get('required') else '?'}: {shape}"


def main(arguments: list[str]) -> int:
    """Write the modules, or with ``--check`` answer 1 when one of them is out of date."""
    stale = {
        path: content
        for path, content in modules().items()
        if not path.exists() or path.read_text() != content
    }
    if "--check" in arguments:
        return 1 if stale else 0
    for path, content in stale.items():
        path.write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
