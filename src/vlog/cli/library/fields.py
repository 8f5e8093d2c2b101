"""`vlog fields`: custom fields. What a video says to them is set by `vlog edit --set`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from vlog.cli.client import admin_api
from vlog.cli.library import naming
from vlog.cli.library.words import AsJson, Yes, add, print_json, print_table, say, sent, table, tell_deleted
from vlog.kit.errors import Invalid
from vlog.kit.lines import printable

fields = typer.Typer(help="List custom fields, and look after them.")


class Kind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    SELECT = "select"
    MULTI_SELECT = "multi_select"
    URL = "url"


_Field = Annotated[str, typer.Argument(metavar="FIELD", help="Its name, slug or number.")]
_Options = Annotated[
    list[str] | None, typer.Option("--option", metavar="VALUE", help="A choice; may be repeated.")
]
_Required = Annotated[bool | None, typer.Option("--required/--optional")]
_Position = Annotated[int | None, typer.Option("--position", min=0, help="Lower ones come first.")]
_Description = Annotated[str | None, typer.Option("-d", "--description")]
_Public = Annotated[bool | None, typer.Option("--public/--private", help="Whether visitors see it.")]
_Filterable = Annotated[
    bool | None,
    typer.Option("--filterable/--not-filterable", help="Whether visitors can filter by it, if they see it."),
]
_Limits = Annotated[
    list[str] | None,
    typer.Option("--limit", metavar="NAME=VALUE", help="min, max, min_length, max_length or pattern."),
]


@fields.callback(invoke_without_command=True)
def fields_alone(context: typer.Context, as_json: AsJson = False) -> None:
    """List custom fields, and look after them."""
    if context.invoked_subcommand is None:
        list_fields(as_json=as_json)


@fields.command("list")
def list_fields(as_json: AsJson = False) -> None:
    """List custom fields in their order."""
    with admin_api() as api:
        found = api.get("/api/custom-fields")
        names = {each["id"]: each["name"] for each in api.get("/api/categories")}
    if as_json:
        print_json(found)
    elif not found["fields"]:
        print("There are no custom fields yet: `vlog fields create NAME --type text` makes one.")
    else:
        rows = table("ID", "Name", "Slug", "Type", "Needed", "Visitors", "Of", "Choices")
        for each in found["fields"]:
            scope = names.get(each["category_id"], "all videos")
            add(
                rows,
                each["id"],
                each["name"],
                each["slug"],
                each["field_type"],
                each["required"],
                _seen_as(each),
                scope,
                each["options"] or None,
            )
        print_table(rows)


@fields.command("create", epilog="vlog fields create Level --type select --option easy --option hard")
def create_field(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    kind: Annotated[Kind, typer.Option("--type")] = Kind.TEXT,
    category: Annotated[str | None, typer.Option("-c", "--category", help="Only for its videos.")] = None,
    option: _Options = None,
    required: _Required = None,
    position: _Position = None,
    description: _Description = None,
    limit: _Limits = None,
    public: _Public = None,
    filterable: _Filterable = None,
    as_json: AsJson = False,
) -> None:
    """Make a custom field, for all videos or for those of one category."""
    body = sent(name=name, field_type=kind.value, options=option, required=required)
    body |= sent(position=position, description=description, constraints=_limits(limit))
    body |= sent(is_public=public, is_filterable=filterable)
    with admin_api() as api:
        if category is not None:
            body["category_id"] = naming.category(api, category)["id"]
        _tell(api.send("POST", "/api/custom-fields", json=body), "is there", as_json=as_json)


@fields.command("edit")
def edit_field(
    field: _Field,
    name: Annotated[str | None, typer.Option("-n", "--name")] = None,
    option: _Options = None,
    required: _Required = None,
    position: _Position = None,
    description: _Description = None,
    limit: _Limits = None,
    public: _Public = None,
    filterable: _Filterable = None,
    as_json: AsJson = False,
) -> None:
    """Change a custom field; its type and category are fixed, because values depend on them."""
    body = sent(name=name, options=option, required=required)
    body |= sent(position=position, description=description, constraints=_limits(limit))
    body |= sent(is_public=public, is_filterable=filterable)
    if not body:
        raise Invalid("Say what to change: `vlog fields edit --help` lists what can be.")
    with admin_api() as api:
        found = naming.field(api, field)["id"]
        _tell(api.send("PUT", f"/api/custom-fields/{found}", json=body), "is changed", as_json=as_json)


@fields.command("delete")
def delete_field(field: _Field, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a custom field with all its values."""
    with admin_api() as api:
        found = naming.field(api, field)
        if not yes:
            question = f"Delete the field “{printable(found['name'])}” with what all videos say to it?"
            typer.confirm(question, abort=True)
        api.send("DELETE", f"/api/custom-fields/{found['id']}")
    tell_deleted(found, f"“{found['name']}” is deleted.", as_json=as_json)


def _seen_as(field: dict[str, Any]) -> str:
    if not field["is_public"]:
        return "no"
    return "see, filter" if field["is_filterable"] else "see"


def _limits(given: list[str] | None) -> dict[str, Any] | None:
    if not given:
        return None
    limits: dict[str, Any] = {}
    for each in given:
        name, _, value = each.partition("=")
        try:
            limits[name] = value if name == "pattern" else float(value)
        except ValueError as error:
            raise Invalid(f"--limit {each}: write such as max_length=80.") from error
        if name.endswith("_length"):
            limits[name] = int(limits[name])
    return limits


def _tell(field: dict[str, Any], fate: str, *, as_json: bool) -> None:
    if as_json:
        print_json(field)
    else:
        say(f"Field {field['name']} ({field['slug']}) {fate}.")
