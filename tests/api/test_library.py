"""The doors of the library: categories, tags, playlists, chapters, fields, and what the audit log
says of it all.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import change, make_ready
from vlog.catalog import fields
from vlog.context import Context

MISSING = 10**6


async def post(admin: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await admin.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def put(admin: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = await admin.put(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def acts(admin: httpx.AsyncClient, **query: Any) -> list[str]:
    return [entry["action"] for entry in (await admin.get("/api/audit", params=query)).json()["entries"]]


async def test_categories_are_edited_and_sorted(admin: httpx.AsyncClient) -> None:
    first = await post(admin, "/api/categories", {"name": "Walks"}, 201)
    second = await post(admin, "/api/categories", {"name": "Talks"}, 201)
    edited = await put(admin, f"/api/categories/{first['id']}", {"name": "Hikes", "slug": "on-foot"})
    assert (edited["name"], edited["slug"], edited["description"]) == ("Hikes", "on-foot", "")
    ids = [second["id"], first["id"]]
    found = await post(admin, "/api/categories/reorder", {"category_ids": ids})
    assert [each["id"] for each in found] == ids
    assert [each["id"] for each in (await admin.get("/api/categories")).json()] == ids
    taken = await put(admin, f"/api/categories/{first['id']}", {"name": "Talks"}, 409)
    assert taken["code"] == "category_exists"
    stale = await post(admin, "/api/categories/reorder", {"category_ids": ids[:1]}, 409)
    assert stale["code"] == "categories_changed"
    await put(admin, f"/api/categories/{MISSING}", {"name": "x"}, 404)
    await put(admin, f"/api/categories/{first['id']}", {"slug": "Not a slug"}, 422)
    assert await acts(admin, subject_type="category") == [
        "category.moved",
        "category.edited",
        "category.created",
        "category.created",
    ]


async def test_tags_are_paged_renamed_and_merged(ctx: Context, admin: httpx.AsyncClient) -> None:
    made = [await post(admin, "/api/tags", {"name": name}, 201) for name in ("Sea", "lake", "Ocean")]
    sea, lake, ocean = (each["id"] for each in made)
    first = (await admin.get("/api/tags", params={"limit": 2})).json()
    assert [each["name"] for each in first["tags"]] == ["lake", "Ocean"]
    rest = (await admin.get("/api/tags", params={"limit": 2, "after": first["next_after"]})).json()
    assert ([each["name"] for each in rest["tags"]], rest["next_after"]) == (["Sea"], None)
    video = await make_ready(ctx)
    await put(admin, f"/api/videos/{video.id}", {"tag_ids": [sea, lake]})
    await post(admin, f"/api/tags/{sea}/merge", {"into": ocean})
    assert (await put(admin, f"/api/tags/{lake}", {"name": "Ocean"}, 409))["code"] == "tag_exists"
    assert (await put(admin, f"/api/tags/{lake}", {"name": "Lakes"}))["slug"] == "lakes"
    assert (await admin.delete(f"/api/tags/{lake}")).status_code == 204
    assert (await post(admin, f"/api/tags/{ocean}/merge", {"into": ocean}, 422))["code"] == "same_tag"
    assert (await admin.delete(f"/api/tags/{sea}")).status_code == 404
    too_many = await put(admin, f"/api/videos/{video.id}", {"tag_ids": list(range(1, 22))}, 422)
    assert too_many["code"] == "too_many_tags"
    gone = await put(admin, f"/api/videos/{video.id}", {"tag_ids": [MISSING]}, 422)
    assert gone["code"] == "unknown_tag"


async def test_two_who_edit_one_video(ctx: Context, admin: httpx.AsyncClient) -> None:
    """The second is told, and nothing is lost."""
    video = await make_ready(ctx)
    path = f"/api/videos/{video.id}"
    seen = (await admin.get(path)).json()["edit_revision"]
    await put(admin, path, {"title": "Theirs", "edit_revision": seen})
    refused = await put(admin, path, {"title": "Mine", "edit_revision": seen}, 409)
    assert refused["code"] == "edited_meanwhile"
    assert (await admin.get(path)).json()["title"] == "Theirs"


async def test_a_playlist_from_made_to_removed(ctx: Context, admin: httpx.AsyncClient) -> None:
    ids = [(await make_ready(ctx, title)).id for title in ("One", "Two", "Three")]
    made = await post(admin, "/api/playlists", {"title": "A course", "playlist_type": "course"}, 201)
    path = f"/api/playlists/{made['id']}"
    assert (made["slug"], made["video_count"], made["visibility"]) == ("a-course", 0, "public")
    assert (await post(admin, f"{path}/videos", {"video_ids": ids[:2]}))["video_count"] == 2
    await post(admin, f"{path}/videos", {"video_ids": [ids[2]], "before": ids[0]})
    await post(admin, f"{path}/move", {"video_id": ids[2], "before": ids[1]})
    page = (await admin.get(f"{path}/videos", params={"limit": 2})).json()
    assert [each["id"] for each in page["videos"]] == [ids[0], ids[2]]
    rest = (await admin.get(f"{path}/videos", params={"after": page["next_position"]})).json()
    assert [(each["number"], each["id"]) for each in rest["videos"]] == [(3, ids[1])]
    await post(admin, f"{path}/reorder", {"video_ids": ids})
    assert (await post(admin, f"{path}/reorder", {"video_ids": ids[:2]}, 409))["code"] == "playlist_changed"
    edited = await put(admin, path, {"thumbnail_video_id": ids[1], "is_featured": True, "edit_revision": 0})
    assert (edited["thumbnail_video_id"], edited["is_featured"]) == (ids[1], True)
    assert (await put(admin, path, {"title": "x", "edit_revision": 0}, 409))["code"] == "edited_meanwhile"
    assert (await admin.delete(f"{path}/videos/{ids[1]}")).json()["thumbnail_video_id"] is None
    assert (await admin.delete(f"{path}/videos/{ids[1]}")).status_code == 404
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert (await post(admin, f"{path}/restore", {}))["video_count"] == 2
    listed = (await admin.get("/api/playlists", params={"limit": 1})).json()
    assert ([each["id"] for each in listed["playlists"]], listed["next_cursor"]) == ([made["id"]], None)


async def test_chapters_by_hand_and_from_the_description(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    path = f"/api/videos/{video.id}/chapters"
    assert (await post(admin, f"{path}/from-description", {}, 409))["code"] == "no_chapters_found"
    await put(admin, f"/api/videos/{video.id}", {"description": "0:00 Opening\n0:30 Middle"})
    found = await post(admin, f"{path}/from-description", {})
    assert [(each["title"], each["start_time"]) for each in found["chapters"]] == [
        ("Opening", 0.0),
        ("Middle", 30.0),
    ]
    assert (await post(admin, f"{path}/from-description", {}, 409))["code"] == "chapters_exist"
    end = await post(admin, path, {"title": "End", "start_time": 60, "end_time": 61}, 201)
    changed = await put(admin, f"{path}/{end['id']}", {"end_time": None})
    assert (changed["title"], changed["end_time"]) == ("End", None)
    assert (await post(admin, path, {"title": "Beyond", "start_time": 62}, 422))[
        "code"
    ] == "invalid_start_time"
    ids = [each["id"] for each in (await admin.get(path)).json()["chapters"]]
    assert (await post(admin, f"{path}/reorder", {"chapter_ids": ids[::-1]}))["total_count"] == 3
    assert (await admin.delete(f"{path}/{ids[0]}")).status_code == 204
    assert (await admin.delete(f"{path}/{ids[0]}")).status_code == 404
    assert (await admin.get(f"/api/videos/{MISSING}/chapters")).status_code == 404


async def test_fields_and_what_a_video_says_to_them(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    field = {"name": "Colour", "field_type": "select", "options": ["red", "blue"]}
    made = await post(admin, "/api/custom-fields", field, 201)
    price = await post(
        admin, "/api/custom-fields", {"name": "Price", "field_type": "number", "constraints": {"min": 1}}, 201
    )
    path = f"/api/videos/{video.id}/custom-fields"
    answer = await put(admin, path, {"values": {made["id"]: "red", price["id"]: 5}})
    assert {each["field_slug"]: each["value"] for each in answer["fields"]} == {"colour": "red", "price": 5}
    refused = await put(admin, path, {"values": {made["id"]: "pink"}}, 422)
    assert (refused["code"], "red, blue" in refused["detail"]) == ("invalid_value", True)
    assert (await put(admin, path, {"values": {price["id"]: 0}}, 422))["code"] == "invalid_value"
    edited = await put(admin, f"/api/custom-fields/{made['id']}", {"options": ["red", "green"]})
    assert edited["options"] == ["red", "green"]
    assert (await admin.get("/api/custom-fields")).json()["total_count"] == 2
    assert (await admin.get(f"/api/custom-fields/{price['id']}")).json()["constraints"]["min"] == 1
    assert (await admin.delete(f"/api/custom-fields/{made['id']}")).status_code == 204
    assert (await admin.get(f"/api/custom-fields/{made['id']}")).status_code == 404
    assert len((await admin.get(path)).json()["fields"]) == 1


async def test_visitors_are_told_what_is_for_them(
    ctx: Context, admin: httpx.AsyncClient, public: httpx.AsyncClient
) -> None:
    video = await make_ready(ctx)
    shown: dict[str, object] = {"name": "Place", "field_type": "text"}
    hidden = {"name": "Client", "field_type": "text", "is_public": False}
    place = await post(admin, "/api/custom-fields", shown, 201)
    client = await post(admin, "/api/custom-fields", hidden, 201)
    assert (place["is_public"], place["is_filterable"], client["is_public"]) == (True, True, False)
    values = {place["id"]: "Hull", client["id"]: "ACME"}
    await put(admin, f"/api/videos/{video.id}/custom-fields", {"values": values})
    told = (await public.get(f"/api/videos/{video.slug}")).json()["custom_fields"]
    assert [(each["field_slug"], each["value"]) for each in told] == [("place", "Hull")]
    page = (await public.get(f"/watch/{video.slug}")).text
    assert ("Hull" in page, "ACME" in page) == (True, False)
    found = await public.get("/api/videos", params={"custom.place": "Hull"})
    assert [each["id"] for each in found.json()["videos"]] == [video.id]
    for slug in ("client", "nothing"):
        refused = await public.get("/api/videos", params={f"custom.{slug}": "ACME"})
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_field")
    assert "leads nowhere" in (await public.get("/search?custom.client=ACME")).text
    await put(admin, f"/api/custom-fields/{place['id']}", {"is_filterable": False})
    assert (await public.get("/api/videos?custom.place=Hull&limit=1")).status_code == 404


async def test_of_two_who_edit_the_second_is_told(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    field = {"name": "Place", "field_type": "text"}
    for path, new, name in (
        ("/api/categories", {"name": "Place"}, "name"),
        ("/api/tags", {"name": "Place"}, "name"),
        ("/api/custom-fields", field, "name"),
        ("/api/playlists", {"title": "Place"}, "title"),
        (f"/api/videos/{video.id}/chapters", {"title": "Place", "start_time": 1}, "title"),
    ):
        made = await post(admin, path, new, 201)
        one = f"{path}/{made['id']}"
        seen = made["edit_revision"]
        first = await put(admin, one, {name: "Quay", "edit_revision": seen})
        assert first["edit_revision"] != seen, path
        refused = await put(admin, one, {name: "Harbour", "edit_revision": seen}, 409)
        assert (refused["code"], "look at it" in refused["detail"]) == ("edited_meanwhile", True), path
        again = await put(admin, one, {name: "Harbour", "edit_revision": first["edit_revision"]})
        assert again[name] == "Harbour", path


async def test_the_log_tells_who_and_what(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, "Before")
    answer = await admin.put(
        f"/api/videos/{video.id}", json={"title": "After"}, headers={"x-request-id": "request-4711"}
    )
    assert answer.status_code == 200
    await admin.post(f"/api/videos/{video.id}/unpublish")
    await admin.delete(f"/api/videos/{video.id}")
    page = (await admin.get("/api/audit", params={"limit": 2})).json()
    assert [entry["action"] for entry in page["entries"]] == ["video.deleted", "video.unpublished"]
    rest = (await admin.get("/api/audit", params={"before": page["next_before"]})).json()
    (entry,) = rest["entries"]
    assert entry["details"] == {"title": ["Before", "After"]}
    assert (entry["actor"], entry["request_id"]) == ("admin (secret)", "request-4711")
    assert entry["ip"] == "203.0.113.7"
    assert await acts(admin, subject_type="video", subject_id=MISSING) == []
    assert (await admin.get("/api/audit", params={"action": "nonsense"})).status_code == 422


@pytest.mark.parametrize("sort", ["date", "title", "duration", "views"])
async def test_the_public_list_in_every_order(ctx: Context, public: httpx.AsyncClient, sort: str) -> None:
    ids = {(await make_ready(ctx, f"Film {number}")).id for number in range(3)}
    seen: list[int] = []
    query = {"sort": sort, "order": "asc", "limit": "2"}
    while True:
        page = (await public.get("/api/videos", params=query)).json()
        seen += [each["id"] for each in page["videos"]]
        if not page["has_more"]:
            break
        query["cursor"] = page["next_cursor"]
    assert (len(seen), set(seen)) == (3, ids)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"tag": "nothing"}, 404),
        ({"category": "nothing"}, 404),
        ({"duration": "endless"}, 422),
        ({"quality": "best"}, 422),
        ({"sort": "fame"}, 422),
        ({"order": "up"}, 422),
        ({"date_from": "yesterday"}, 422),
        ({"date_from": "2026-02-01T00:00:00Z", "date_to": "2026-01-01T00:00:00Z"}, 422),
        ({"tag": ",".join(f"t{n}" for n in range(30))}, 422),
        ({"search": "x" * 201}, 422),
        ({"cursor": "garbage"}, 400),
        ({f"custom.f{n}": "1" for n in range(11)}, 422),
        ({"custom.colour": "red"}, 404),
        ({"utm_source": "mail", "duration": "short,long", "quality": "1080p"}, 200),
    ],
)
async def test_what_the_public_list_refuses(
    public: httpx.AsyncClient, query: dict[str, str], status: int
) -> None:
    answer = await public.get("/api/videos", params=query)
    assert answer.status_code == status, answer.text


async def test_what_a_page_asks_before_it_acts(ctx: Context, admin: httpx.AsyncClient) -> None:
    """Tags by how their names begin, chapters that a description would make, answers to a field."""
    for name in ("Sea", "seaside", "Lake", "100%", "Ärmel"):
        await post(admin, "/api/tags", {"name": name}, 201)
    for search, expected in (("SEA", ["Sea", "seaside"]), ("100%", ["100%"]), ("_", []), ("är", ["Ärmel"])):
        found = (await admin.get("/api/tags", params={"search": search})).json()
        assert [each["name"] for each in found["tags"]] == expected
    video = await make_ready(ctx)
    chapters = f"/api/videos/{video.id}/chapters"
    assert (await admin.get(f"{chapters}/from-description")).json()["code"] == "no_chapters_found"
    await put(admin, f"/api/videos/{video.id}", {"description": "0:00 Quay\n0:30 Sea"})
    listed = (await admin.get(f"{chapters}/from-description")).json()["chapters"]
    assert listed == [{"title": "Quay", "start_time": 0.0}, {"title": "Sea", "start_time": 30.0}]
    assert (await admin.get(chapters)).json()["total_count"] == 0
    assert (await admin.get(f"{chapters}/from-source")).json()["code"] == "no_chapters_found"
    shown = await post(admin, "/api/markdown/preview", {"text": "**0:30** Sea <b>", "duration": 61})
    assert [each["text"] for each in shown["pieces"] if each["kind"] == "text"] == ["0:30", " Sea <b>", "\n"]
    assert {"kind": "open", "text": "a", "value": "?t=30"} in shown["pieces"]
    field = await post(admin, "/api/custom-fields", {"name": "Place", "field_type": "text"}, 201)
    values = f"/api/videos/{video.id}/custom-fields"
    stale = await put(admin, values, {"values": {field["id"]: "Hull"}, "edit_revision": 0}, 409)
    assert stale["code"] == "edited_meanwhile"
    await put(admin, values, {"values": {field["id"]: "Hull"}, "edit_revision": 1})
    usage = (await admin.get(f"/api/custom-fields/{field['id']}/usage")).json()
    assert usage == {"field_id": field["id"], "videos": 1, "is_more": False}


NO_SLUGS = ("%00", "..%5c", "a" * 300, "%F0%9F%8E%AC")


@pytest.mark.parametrize("slug", NO_SLUGS)
async def test_what_is_no_slug_names_nothing(ctx: Context, public: httpx.AsyncClient, slug: str) -> None:
    video = await make_ready(ctx)
    for path in ("api/categories/", "api/tags/", "api/playlists/", "category/", "tag/", "playlist/"):
        assert (await public.get(f"/{path}{slug}")).status_code == 404, path
    assert (await public.get(f"/tag/{slug}/feed.rss")).status_code == 404
    assert (await public.get(f"/watch/{video.slug}?playlist={slug}")).status_code == 200
    assert (await public.get(f"/api/videos?tag={slug}")).status_code == 404
    assert (await public.get(f"/api/videos?custom.{slug}=x")).status_code == 404
    await change(ctx.db, lambda tx: fields.create(tx, {"name": "Place", "field_type": "text"}))
    assert (await public.get(f"/api/videos?custom.place={slug}")).json()["videos"] == []


async def test_tags_for_many_are_some(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    refused = await post(admin, "/api/videos/bulk/tags", {"video_ids": [video.id]}, 422)
    assert refused["code"] == "nothing_to_change"
    assert await acts(admin) == []


async def test_publishing_twice_is_one_act(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx, public=False)
    for _ in range(2):
        await post(admin, f"/api/videos/{video.id}/publish", {})
    assert await acts(admin) == ["video.published"]


async def test_parts_of_a_video_for_themselves(ctx: Context, admin: httpx.AsyncClient) -> None:
    video = await make_ready(ctx)
    base = f"/api/videos/{video.id}"
    sea, ice = [(await post(admin, "/api/tags", {"name": name}, 201))["id"] for name in ("Sea", "Ice")]
    assert [each["name"] for each in await put(admin, f"{base}/tags", {"tag_ids": [sea, ice]})] == [
        "Ice",
        "Sea",
    ]
    stale = await put(admin, f"{base}/tags", {"tag_ids": [], "edit_revision": 0}, 409)
    assert stale["code"] == "edited_meanwhile"
    assert (await admin.delete(f"{base}/tags/{ice}")).status_code == 204
    assert (await admin.delete(f"{base}/tags/{ice}")).status_code == 404
    assert [each["slug"] for each in (await admin.get(f"{base}/tags")).json()] == ["sea"]
    assert (await admin.get(f"{base}/progress")).json()["status"] == "ready"
    made = await post(admin, f"{base}/chapters", {"title": "Start", "start_time": 0}, 201)
    assert (await admin.get(f"{base}/chapters/{made['id']}")).json() == made
    assert (await admin.get(f"{base}/chapters/{MISSING}")).status_code == 404
    await admin.delete(base)
    page = (await admin.get("/api/videos/archived")).json()
    assert (page["total"], [each["id"] for each in page["videos"]]) == (1, [video.id])
    for path in ("tags", "progress"):
        assert (await admin.get(f"/api/videos/{MISSING}/{path}")).status_code == 404


async def test_fields_of_one_category_alone(admin: httpx.AsyncClient) -> None:
    walks = await post(admin, "/api/categories", {"name": "Walks"}, 201)
    for name, category_id in (("Length", walks["id"]), ("Colour", None)):
        new = {"name": name, "field_type": "text", "category_id": category_id}
        await post(admin, "/api/custom-fields", new, 201)
    for asked, names in ((walks["id"], ["Length"]), (0, ["Colour"]), (None, ["Length", "Colour"])):
        query = {} if asked is None else {"category_id": asked}
        found = (await admin.get("/api/custom-fields", params=query)).json()
        assert [each["name"] for each in found["fields"]] == names
