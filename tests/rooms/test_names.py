"""Names of categories, tags, playlists and fields: strange ones, and one that many want at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from vlog.catalog import fields, playlists, tags, taxonomy
from vlog.db.engine import Database
from vlog.db.transaction import Transaction, transaction
from vlog.kit.errors import Conflict, Invalid
from vlog.kit.slugs import RESERVED_SLUGS

AT_ONCE = 30
Make = Callable[[Transaction, str], Awaitable[Any]]


async def _field(tx: Transaction, name: str) -> fields.Field:
    return await fields.create(tx, {"name": name, "field_type": "text"})


async def _playlist(tx: Transaction, name: str) -> playlists.Playlist:
    return await playlists.create(tx, {"title": name})


UNIQUE: dict[str, Make] = {"category": taxonomy.create, "tag": tags.create, "field": _field}
MAKERS: dict[str, Make] = {**UNIQUE, "playlist": _playlist}


async def make(db: Database, kind: str, name: str) -> Any:
    return await transaction(db, lambda tx: MAKERS[kind](tx, name))


async def at_once(work: Callable[[int], Awaitable[Any]]) -> tuple[list[Any], list[BaseException]]:
    """What succeeded and what did not."""
    found = await asyncio.gather(*(work(number) for number in range(AT_ONCE)), return_exceptions=True)
    refused = [each for each in found if isinstance(each, BaseException)]
    return [each for each in found if not isinstance(each, BaseException)], refused


@pytest.mark.parametrize("kind", UNIQUE)
async def test_of_many_who_want_a_name_one_gets_it(db: Database, kind: str) -> None:
    made, refused = await at_once(lambda _: make(db, kind, "Same name"))
    assert len(made) == 1
    assert {each.code for each in refused if isinstance(each, Conflict)} == {f"{kind}_exists"}
    assert all(isinstance(each, Conflict) for each in refused), refused


async def test_playlists_of_one_title_get_addresses_of_their_own(db: Database) -> None:
    made, refused = await at_once(lambda _: make(db, "playlist", "Same name"))
    assert refused == []
    assert len({each.slug for each in made}) == AT_ONCE


async def test_a_tag_that_many_give_at_once_is_one_tag(db: Database) -> None:
    made, refused = await at_once(lambda _: transaction(db, lambda tx: tags.named(tx, ["Sea", "Sky"])))
    assert refused == []
    assert len({tuple(each) for each in made}) == 1


async def test_of_many_that_are_renamed_to_one_name_one_gets_it(db: Database) -> None:
    categories = [await make(db, "category", f"Category no {number}") for number in range(AT_ONCE)]
    words = [await make(db, "tag", f"Tag no {number}") for number in range(AT_ONCE)]
    lists = [await make(db, "playlist", f"List no {number}") for number in range(AT_ONCE)]

    async def name(number: int) -> object:
        change: taxonomy.CategoryChanges = {"name": "Wanted"}
        return await transaction(db, lambda tx: taxonomy.edit(tx, categories[number].id, change))

    async def slug(number: int) -> object:
        change: taxonomy.CategoryChanges = {"slug": "wanted"}
        return await transaction(db, lambda tx: taxonomy.edit(tx, categories[number].id, change))

    async def word(number: int) -> object:
        return await transaction(db, lambda tx: tags.rename(tx, words[number].id, "Wanted"))

    async def address(number: int) -> object:
        return await transaction(db, lambda tx: playlists.edit(tx, lists[number].id, {"slug": "wanted"}))

    for work, code in (
        (name, "category_exists"),
        (slug, "category_exists"),
        (word, "tag_exists"),
        (address, "slug_taken"),
    ):
        made, refused = await at_once(work)
        assert len(made) == 1, code
        assert {getattr(each, "code", repr(each)) for each in refused} == {code}


@pytest.mark.parametrize("name", ["🎬", "!!!", "...", "日本"])
async def test_names_without_latin_letters_are_names(db: Database, name: str) -> None:
    # A neighbour whose own name looks like the number that this one would get.
    for kind in ("category", "tag"):
        for number in range(2, 7):
            await make(db, kind, f"{kind} {number}")
        made = await make(db, kind, name)
        assert made.name == name
        assert made.slug.startswith(f"{kind}-")
        assert made.slug.removeprefix(f"{kind}-").isdigit()
    assert (await make(db, "playlist", name)).slug == "list"
    assert (await make(db, "playlist", name)).slug == "list-2"
    with pytest.raises(Invalid):
        # The slug of a field is what a filter is called in an address.
        await make(db, "field", name)


async def test_a_tag_is_renamed_to_letters_of_another_script(db: Database) -> None:
    for number in range(3, 6):
        await make(db, "tag", f"tag {number}")
    sea = await make(db, "tag", "Sea")
    renamed = await transaction(db, lambda tx: tags.rename(tx, sea.id, "海"))
    assert (renamed.name, renamed.slug[:4]) == ("海", "tag-")
    again = await transaction(db, lambda tx: tags.rename(tx, sea.id, "海"))
    assert (again.slug, again.edit_revision) == (renamed.slug, renamed.edit_revision)


async def test_playlists_keep_away_from_reserved_addresses(db: Database) -> None:
    for name in sorted(RESERVED_SLUGS):
        assert (await make(db, "playlist", name)).slug == f"{name}-2"


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\nb", "\ud800", "x" * 256, "x" * 10**6])
async def test_names_that_are_none_are_refused(db: Database, kind: str, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        await make(db, kind, name)
    assert refused.value.code in {"invalid_name", "invalid_title"}


@pytest.mark.parametrize("kind", MAKERS)
async def test_names_are_kept_in_one_form(db: Database, kind: str) -> None:
    made = await make(db, kind, "  Cafe\u0301 \u202eabc ")
    assert getattr(made, "name", None) or made.title == "Café \u202eabc"
    if kind in UNIQUE:
        with pytest.raises(Conflict):
            await make(db, kind, "Café \u202eabc")
