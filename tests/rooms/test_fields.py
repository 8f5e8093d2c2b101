"""Custom fields: of all videos or of a category; checked, filtered by, removed with all that they hold."""

from __future__ import annotations

import pytest

from tests.rooms.test_listing import all_pages, fill
from vlog.catalog import browse, fields, filters, index, taxonomy, videos
from vlog.catalog.facets import Kind, parts
from vlog.catalog.fields import Field, NewField
from vlog.catalog.filters import Asked
from vlog.catalog.query import Order
from vlog.db.engine import Database
from vlog.db.transaction import transaction
from vlog.kit.errors import Conflict, Invalid, NotFound


async def make(db: Database, **new: object) -> Field:
    wanted: NewField = {"name": "Colour", "field_type": "text", **new}  # type: ignore[typeddict-item]
    return await transaction(db, lambda tx: fields.create(tx, wanted))


async def answer(db: Database, video_id: int, values: dict[int, object]) -> dict[str, object]:
    given = await transaction(db, lambda tx: fields.answer(tx, video_id, values))
    return {each.field.slug: each.value for each in given}


async def found(db: Database, **custom: str) -> set[int]:
    wanted = await filters.resolve(db, Asked(custom=tuple(custom.items())))
    return {video.id for video in await all_pages(db, wanted, Order(), limit=9)}


async def test_lists_are_filtered_by_every_type_of_field(db: Database) -> None:
    one, two = await fill(db, "One", "Two")
    colour = await make(db, options=["red", "green"], field_type="multi_select")
    price = await make(db, name="Price", field_type="number")
    tiny = await make(db, name="Tiny", field_type="number")
    day = await make(db, name="Shot on", field_type="date")
    await answer(db, one, {colour.id: ["red", "green"], price.id: 5.0, tiny.id: 1e-7, day.id: "2026-01-31"})
    await answer(db, two, {colour.id: ["green"], price.id: 6})
    assert await found(db, colour="green") == {one, two}
    assert await found(db, colour="red") == {one}
    assert await found(db, colour="green", price="6") == {two}
    assert await found(db, **{"shot-on": "2026-01-31"}) == {one}
    assert await found(db, tiny="0.0000001") == {one}
    assert await found(db, price="7") == set()
    assert await index.differences(db) == 0


async def test_visitors_filter_by_what_is_for_them(db: Database) -> None:
    (one,) = await fill(db, "One")
    secret = await make(db, name="Client", is_public=False)
    plain = await make(db, name="Camera", is_filterable=False)
    open_ = await make(db, name="Place")
    await answer(db, one, {secret.id: "ACME", plain.id: "A7", open_.id: "Lake"})
    for slug in ("client", "camera", "nothing"):
        with pytest.raises(NotFound) as refused:
            await found(db, **{slug: "ACME"})
        assert refused.value.code == "unknown_field"
    assert await found(db, place="Lake") == {one}
    told = [each.field.slug for each in await fields.shown(db, await videos.by_id(db, one))]
    assert told == ["camera", "place"]
    wanted = await filters.resolve(db, Asked())
    await transaction(db, index.fold)
    choices = await browse.choices(db, "catalog", wanted)
    ids = [parts(number)[1] for number in choices.videos if parts(number)[0] is Kind.CUSTOM]
    assert [each.field for each in await browse.field_values(db, ids)] == ["place"]
    await transaction(db, lambda tx: fields.edit(tx, secret.id, {"is_public": True}))
    assert await found(db, client="ACME") == {one}


async def test_who_edits_what_another_has_edited_is_told(db: Database) -> None:
    field = await make(db)
    after = await transaction(
        db, lambda tx: fields.edit(tx, field.id, {"name": "Hue"}, seen_revision=field.edit_revision)
    )
    with pytest.raises(Conflict) as refused:
        await transaction(
            db, lambda tx: fields.edit(tx, field.id, {"name": "Tint"}, seen_revision=field.edit_revision)
        )
    assert refused.value.code == "edited_meanwhile"
    assert (await fields.by_id(db, field.id)).name == "Hue"
    seen = after.edit_revision
    again = await transaction(db, lambda tx: fields.edit(tx, field.id, {"name": "Tint"}, seen_revision=seen))
    assert again.name == "Tint"


async def test_a_field_of_a_category_is_for_its_videos(db: Database) -> None:
    walks = await transaction(db, lambda tx: taxonomy.create(tx, "Walks"))
    inside, outside = await fill(db, "Inside", "Outside")
    await transaction(db, lambda tx: videos.edit(tx, inside, {"category_id": walks.id}))
    length = await make(db, name="Length", field_type="number", category_id=walks.id)
    assert await answer(db, inside, {length.id: 12}) == {"length": 12}
    with pytest.raises(Invalid) as refused:
        await answer(db, outside, {length.id: 12})
    assert refused.value.code == "unknown_field"
    # Two categories may have a field of the same name; one has it once. An export tells them apart.
    other = await make(db, name="Length")
    assert (length.slug, other.slug) == ("length", "length-2")
    with pytest.raises(Conflict) as taken:
        await make(db, name="length!", category_id=walks.id)
    assert taken.value.code == "field_exists"
    # What a video has said is kept when it moves elsewhere.
    await transaction(db, lambda tx: videos.edit(tx, inside, {"category_id": None}))
    given = await fields.of_video(db, await videos.by_id(db, inside))
    assert [each.value for each in given] == [12, None]


async def test_values_are_cleared_unless_they_are_needed(db: Database) -> None:
    (video_id,) = await fill(db, "One")
    colour = await make(db)
    needed = await make(db, name="Needed", required=True)
    await answer(db, video_id, {colour.id: "red", needed.id: "yes"})
    assert await answer(db, video_id, {colour.id: None}) == {"colour": None, "needed": "yes"}
    with pytest.raises(Invalid) as refused:
        await answer(db, video_id, {needed.id: ""})
    assert refused.value.code == "value_required"


async def test_a_removed_field_takes_its_values_along(db: Database) -> None:
    (video_id,) = await fill(db, "One")
    colour = await make(db)
    await answer(db, video_id, {colour.id: "red"})
    await transaction(db, lambda tx: fields.delete(tx, colour.id))
    await transaction(db, lambda tx: index.work_off(tx, limit=9))
    with pytest.raises(NotFound):
        await found(db, colour="red")
    assert await index.differences(db) == 0
    with pytest.raises(NotFound):
        await fields.by_id(db, colour.id)


@pytest.mark.parametrize(
    "new",
    [
        {"name": ""},
        {"name": "日本"},
        {"field_type": "select"},
        {"field_type": "select", "options": ["a", "a"]},
        {"field_type": "select", "options": [str(n) for n in range(101)]},
        {"options": ["a"]},
        {"category_id": 10**6},
    ],
)
async def test_impossible_fields_are_refused(db: Database, new: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        await make(db, **new)
    assert await fields.fields(db) == []


async def test_answers_that_are_known_use_up_no_numbers(db: Database) -> None:
    """Numbers of values are part of what lists filter by, and there is an end to them."""
    (video_id,) = await fill(db, "A film")
    colour = await make(db)
    for value in ("red", "red", "green", "red", "green", "blue"):
        await answer(db, video_id, {colour.id: value})
    rows = await db.fetch("SELECT id FROM custom_values ORDER BY id")
    assert [row["id"] for row in rows] == list(range(rows[0]["id"], rows[0]["id"] + 3))


async def test_a_library_of_many_values_is_filtered_as_any_other(db: Database) -> None:
    (video_id,) = await fill(db, "A film")
    colour = await make(db)
    jump = "SELECT setval(pg_get_serial_sequence('custom_values', 'id'), 20000000)"
    await transaction(db, lambda tx: tx.fetchval(jump))
    await answer(db, video_id, {colour.id: "red"})
    assert await found(db, colour="red") == {video_id}
    counted = await browse.choices(
        db, "catalog", await filters.resolve(db, Asked(custom=(("colour", "red"),)))
    )
    kinds = {parts(number) for number in counted.videos}
    assert (Kind.CUSTOM, 20_000_001) in kinds


async def test_fields_that_go_leave_nothing_in_the_index(db: Database) -> None:
    walks = await transaction(db, lambda tx: taxonomy.create(tx, "Walks"))
    moved, kept = await fill(db, "Moved", "Kept")
    length = await make(db, name="Length", field_type="number", category_id=walks.id)
    colour = await make(db)
    await transaction(db, lambda tx: videos.edit(tx, moved, {"category_id": walks.id}))
    await answer(db, moved, {length.id: 12})
    await answer(db, kept, {colour.id: "red"})
    await transaction(db, lambda tx: videos.edit(tx, moved, {"category_id": None}))
    # Its field goes with a category, also from videos that are in it no longer.
    await transaction(db, lambda tx: taxonomy.delete(tx, walks.id))
    await transaction(db, lambda tx: fields.delete(tx, colour.id))
    await transaction(db, lambda tx: index.work_off(tx, limit=10))
    assert await index.differences(db) == 0
