"""The pages' TypeScript says what the contracts on file say, and the generator knows what it can't say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.client_types import ROOT, UnknownSchemaError, expression, module, modules


@pytest.mark.parametrize("path", sorted(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_types_are_up_to_date(path: Path) -> None:
    assert path.read_text() == modules()[path], "run `make docs`"


@pytest.mark.parametrize(
    ("schema", "typescript"),
    [
        ({"type": "integer", "minimum": 1}, "number"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"enum": ["a", "b"], "type": "string"}, '"a" | "b"'),
        ({"const": 3}, "3"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Tag"}}, "Tag[]"),
        ({"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "null"}]}}, "(number | null)[]"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "Record<string, boolean>"),
        (
            {"type": "object", "properties": {"a-b": {"type": "null"}}, "required": ["a-b"]},
            '{ "a-b": null }',
        ),
        ({"title": "Anything"}, "unknown"),
    ],
)
def test_schemas_become_types(schema: dict[str, Any], typescript: str) -> None:
    assert expression(schema) == typescript


def test_what_it_does_not_know_is_an_error() -> None:
    with pytest.raises(UnknownSchemaError):
        expression({"allOf": [{"type": "string"}]})


def operation(**said: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    return {"responses": {"200": {"content": content}}, **said}


def test_operations_say_what_they_want_and_answer() -> None:
    thing = {"type": "object", "properties": {"name": {"type": "string", "default": ""}}}
    wish = {"type": "object", "properties": {"size": {"type": "integer", "default": 1}}}
    path = {"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}}
    query = {
        "in": "query",
        "name": "after",
        "schema": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    }
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}},
    }
    stream = {"responses": {"200": {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}}
    written = module(
        {
            "components": {"schemas": {"Thing": thing, "Wish": wish}},
            "paths": {
                "/things/{id}": {"put": operation(parameters=[path, query], requestBody=body)},
                "/live": {"get": stream},
            },
        },
        "admin",
    )
    # What is answered is answered in full; what is sent may leave out what has a default.
    assert "export interface Thing {\n  name: string;\n}" in written
    assert "export interface Wish {\n  size?: number;\n}" in written
    assert '"PUT /things/{id}": {\n    path: {\n      id: number;\n    };' in written
    assert "query?: {\n      after?: number | null;\n    };\n    body: Wish;\n    answer: Thing;" in written
    assert "/live" not in written
