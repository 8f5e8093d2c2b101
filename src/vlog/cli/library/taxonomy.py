"""`vlog categories` and `vlog tags`."""

from __future__ import annotations

from typing import Annotated

import typer

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library import naming
from vlog.cli.library.words import (
    AsJson,
    CategoryName,
    TagName,
    Yes,
    add,
    print_json,
    print_table,
    say,
    sent,
    table,
    tell_deleted,
)
from vlog.kit.errors import Conflict, Invalid
from vlog.kit.lines import printable

categories = typer.Typer(help="List categories, and look after them.")
tags = typer.Typer(help="List tags, and look after them.")
_Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
_NewName = Annotated[str | None, typer.Option("-n", "--name", help="Another name.")]
_Description = Annotated[str | None, typer.Option("-d", "--description")]


@categories.callback(invoke_without_command=True)
def categories_alone(
    context: typer.Context,
    create: Annotated[str | None, typer.Option("--create", metavar="NAME", help="Make a new one.")] = None,
    as_json: AsJson = False,
) -> None:
    """List categories, or make one."""
    if context.invoked_subcommand is None:
        if create is not None:
            create_category(create, description="", as_json=as_json)
        else:
            list_categories(as_json=as_json)


@categories.command("list")
def list_categories(as_json: AsJson = False) -> None:
    """List categories in their order."""
    with admin_api() as api:
        found = api.get("/api/categories")
    if as_json:
        print_json(found)
    elif not found:
        print("There are no categories yet: `vlog categories create NAME` makes one.")
    else:
        rows = table("ID", "Name", "Slug", "Videos")
        for each in found:
            add(rows, each["id"], each["name"], each["slug"], each.get("video_count"))
        print_table(rows)


@categories.command("create", epilog="vlog categories create 'Talks' -d 'What was said'")
def create_category(name: _Name, description: _Description = None, as_json: AsJson = False) -> None:
    """Make a category, at the end."""
    body = {"name": name, **({"description": description} if description else {})}
    with admin_api() as api:
        made = api.send("POST", "/api/categories", json=body)
    if as_json:
        print_json(made)
    else:
        say(f"Category {made['name']} ({made['slug']}) is there.")


@categories.command("edit", epilog="vlog categories edit talks --name 'Talks and papers'")
def edit_category(
    category: CategoryName,
    name: _NewName = None,
    slug: Annotated[str | None, typer.Option("--slug")] = None,
    description: _Description = None,
    as_json: AsJson = False,
) -> None:
    """Change a category's name, address or description."""
    body = sent(name=name, slug=slug, description=description)
    if not body:
        raise Invalid("Say what to change: --name, --slug or --description.")
    with admin_api() as api:
        edited = api.send("PUT", f"/api/categories/{naming.category(api, category)['id']}", json=body)
    if as_json:
        print_json(edited)
    else:
        say(f"Category {edited['name']} ({edited['slug']}) is changed.")


@categories.command("move", epilog="vlog categories move talks --before music")
def move_category(
    category: CategoryName,
    before: Annotated[
        str | None, typer.Option("--before", help="In front of this one; else the end.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a category elsewhere in the order."""
    with admin_api() as api:
        moved = int(naming.category(api, category)["id"])
        rest = [each["id"] for each in api.get("/api/categories") if each["id"] != moved]
        at = rest.index(naming.category(api, before)["id"]) if before is not None else len(rest)
        order = [*rest[:at], moved, *rest[at:]]
        found = api.send("POST", "/api/categories/reorder", json={"category_ids": order})
    if as_json:
        print_json(found)
    else:
        say(f"Category {category} is moved.")


@categories.command("reorder", epilog="vlog categories reorder music talks films")
def reorder_categories(
    names: Annotated[list[str], typer.Argument(metavar="CATEGORY")], as_json: AsJson = False
) -> None:
    """Put categories into this order; those that are not named follow."""
    with admin_api() as api:
        first = [int(naming.category(api, name)["id"]) for name in names]
        if len(set(first)) != len(first):
            raise Conflict("Name each category once.")
        rest = [each["id"] for each in api.get("/api/categories") if each["id"] not in first]
        found = api.send("POST", "/api/categories/reorder", json={"category_ids": [*first, *rest]})
    if as_json:
        print_json(found)
    else:
        print("Categories are in order.")


@categories.command("delete")
def delete_category(category: CategoryName, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a category; its videos stay, without one."""
    with admin_api() as api:
        _delete(api, "/api/categories", naming.category(api, category), yes=yes, as_json=as_json)


@tags.callback(invoke_without_command=True)
def tags_alone(context: typer.Context, as_json: AsJson = False) -> None:
    """List tags, and look after them."""
    if context.invoked_subcommand is None:
        list_tags(as_json=as_json)


@tags.command("list")
def list_tags(as_json: AsJson = False) -> None:
    """List tags by name."""
    with admin_api() as api:
        found = list(naming.tags(api))
    if as_json:
        print_json(found)
    elif not found:
        print("There are no tags yet: `vlog edit VIDEO --add-tag NAME` makes one.")
    else:
        rows = table("ID", "Name", "Slug", "Videos")
        for each in found:
            add(rows, each["id"], each["name"], each["slug"], each["video_count"])
        print_table(rows)


@tags.command("create")
def create_tag(name: _Name, as_json: AsJson = False) -> None:
    """Make a tag."""
    with admin_api() as api:
        made = api.send("POST", "/api/tags", json={"name": name})
    if as_json:
        print_json(made)
    else:
        say(f"Tag {made['name']} ({made['slug']}) is there.")


@tags.command("rename", epilog="vlog tags rename musik music")
def rename_tag(tag: TagName, name: _Name, as_json: AsJson = False) -> None:
    """Give a tag another name and the address that goes with it."""
    with admin_api() as api:
        renamed = api.send("PUT", f"/api/tags/{naming.tag(api, tag)['id']}", json={"name": name})
    if as_json:
        print_json(renamed)
    else:
        say(f"The tag is called {renamed['name']} ({renamed['slug']}).")


@tags.command("merge", epilog="vlog tags merge musik music")
def merge_tag(
    tag: TagName,
    into: Annotated[str, typer.Argument(metavar="INTO", help="What its videos have instead.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Give a tag's videos another tag instead, and remove it."""
    with admin_api() as api:
        gone, stays = naming.tag(api, tag), naming.tag(api, into)
        if gone["id"] == stays["id"]:
            raise Invalid("A tag can't be merged into itself.", code="same_tag")
        if not yes:
            question = (
                f"Replace “{printable(gone['name'])}” by “{printable(stays['name'])}” on all its videos?"
            )
            typer.confirm(question, abort=True)
        merged = api.send("POST", f"/api/tags/{gone['id']}/merge", json={"into": stays["id"]})
    if as_json:
        print_json(merged)
    else:
        say(f"Tag {gone['name']} is now {merged['name']}.")


@tags.command("delete")
def delete_tag(tag: TagName, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a tag from all videos."""
    with admin_api() as api:
        _delete(api, "/api/tags", naming.tag(api, tag), yes=yes, as_json=as_json)


def _delete(api: AdminApi, path: str, thing: naming.Thing, *, yes: bool, as_json: bool) -> None:
    if not yes:
        count = thing.get("video_count") or 0
        held = f" {count} videos have it." if count else ""
        typer.confirm(f"Delete “{printable(thing['name'])}”?{held}", abort=True)
    api.send("DELETE", f"{path}/{thing['id']}")
    tell_deleted(thing, f"“{thing['name']}” is deleted.", as_json=as_json)
