"""`vlog edit`: title, description, address, category, tags, visibility, custom fields."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library import completing, naming
from vlog.cli.library.acts import PANEL, each
from vlog.cli.library.words import AsJson, Videos, only_one, sent
from vlog.kit.errors import Invalid, NotFound

editing = typer.Typer()


class Visibility(StrEnum):
    """Who may see a video."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


_TagNames = Annotated[
    list[str] | None,
    typer.Option(
        "--tag", metavar="NAME", help="Exactly these tags; may be repeated.", autocompletion=completing.tags
    ),
]
_Category = Annotated[
    str | None,
    typer.Option(
        "-c", "--category", metavar="NAME", help="“” for none.", autocompletion=completing.categories
    ),
]


@editing.command(
    rich_help_panel=PANEL,
    epilog="vlog edit am-see --title 'At the lake' --add-tag summer\n\n"
    "vlog edit am-see --description @notes.md\n\nvlog edit 12 13 --category talks --set speaker=Ada",
)
def edit(
    videos: Videos,
    title: Annotated[str | None, typer.Option("-t", "--title")] = None,
    description: Annotated[
        str | None,
        typer.Option("-d", "--description", metavar="TEXT", help="Or @FILE, or - for standard input."),
    ] = None,
    slug: Annotated[str | None, typer.Option("--slug", help="Old addresses lead on to it.")] = None,
    category: _Category = None,
    tag: _TagNames = None,
    add_tag: Annotated[list[str] | None, typer.Option("--add-tag", metavar="NAME")] = None,
    remove_tag: Annotated[list[str] | None, typer.Option("--remove-tag", metavar="NAME")] = None,
    visibility: Annotated[Visibility | None, typer.Option("--visibility")] = None,
    featured: Annotated[bool | None, typer.Option("--featured/--not-featured")] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="A custom field; empty clears it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is known of videos; what is not named stays as it is."""
    only_one(videos, ("--title", title), ("--slug", slug))
    fields = sent(
        title=title,
        description=None if description is None else text_of(description),
        slug=slug,
        visibility=visibility and visibility.value,
        is_featured=featured,
    )
    with admin_api() as api:
        if category is not None:
            fields["category_id"] = naming.category(api, category)["id"] if category else None
        tags = _Tags(api, tag, add_tag or [], removed=remove_tag or [])
        answers = _answers(api, values or [])
        if not fields and not tags.is_asked and not answers:
            raise Invalid("Say what to change: `vlog edit --help` lists what can be.")

        def act(api: AdminApi, found: int) -> None:
            _edit(api, found, fields, tags=tags)
            if answers:
                api.send("PUT", f"/api/videos/{found}/custom-fields", json={"values": answers})

        each(api, videos, act, told="Video {} is changed.", as_json=as_json)


def text_of(given: str) -> str:
    """What was typed, or what a file (``@name``) or standard input (``-``) says. Raises ``VlogError``."""
    if given != "-" and not given.startswith("@"):
        return given
    try:
        return sys.stdin.read() if given == "-" else Path(given[1:]).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {given[1:]}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{given[1:] or 'Standard input'} can't be read as text.") from error


class _Tags:
    """Which tags a video shall have, by those that it has."""

    def __init__(
        self, api: AdminApi, exactly: Sequence[str] | None, added: Sequence[str], *, removed: Sequence[str]
    ) -> None:
        self._exactly = None if exactly is None else naming.tag_ids(api, [name for name in exactly if name])
        self._added = naming.tag_ids(api, list(added)) if added else []
        self._removed = [naming.tag(api, name)["id"] for name in removed]
        self.is_asked = exactly is not None or bool(added) or bool(removed)

    def of(self, video: Mapping[str, Any]) -> list[int]:
        """All tags that the video is to have."""
        present = [each["id"] for each in video["tags"]] if self._exactly is None else self._exactly
        wanted = dict.fromkeys([*present, *self._added])
        return [each for each in wanted if each not in self._removed]


def _edit(api: AdminApi, found: int, fields: Mapping[str, Any], *, tags: _Tags) -> None:
    if not fields and not tags.is_asked:
        return
    body = dict(fields)
    if tags.is_asked:
        video = api.get(f"/api/videos/{found}")
        # What was read is what is changed: somebody else's edit in between is not undone.
        body |= {"tag_ids": tags.of(video), "edit_revision": video["edit_revision"]}
    api.send("PUT", f"/api/videos/{found}", json=body)


def _answers(api: AdminApi, given: Sequence[str]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for each_given in given:
        name, equals, value = each_given.partition("=")
        if not equals:
            raise Invalid(f"--set {each_given}: write FIELD=VALUE.")
        field = naming.field(api, name)
        answers[str(field["id"])] = _value(field["field_type"], value, name=name)
    return answers


def _value(kind: str, text: str, *, name: str) -> object:
    if not text:
        return None
    if kind == "multi_select":
        return [part.strip() for part in text.split(",")]
    if kind != "number":
        return text
    try:
        return float(text)
    except ValueError as error:
        raise Invalid(f"{name} is a number.") from error
