"""The verbs for the library against a real admin service: what they print, change, and end with."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.api import make_ready, make_video
from tests.support.cli_site import Terminal, terminal
from tests.support.databases import shift_clock
from tests.support.site import make_clip
from tests.support.web import site
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.processing.findings import Finding, record
from vlog.storage.layout import Key


@pytest.fixture
async def vlog(ctx: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Terminal]:
    async with terminal(ctx, tmp_path, capture=capsys) as running:
        yield running


async def test_a_video_is_named_by_number_slug_or_address(ctx: Context, vlog: Terminal) -> None:
    video = await make_ready(ctx, "At the lake")
    for name in (str(video.id), "at-the-lake", "https://videos.example/watch/at-the-lake?t=5"):
        assert (await vlog.json("show", name))["id"] == video.id
    assert (await vlog("edit", "at-the-lake", "--slug", "lake")).code == 0
    assert (await vlog.json("show", "at-the-lake"))["slug"] == "lake"
    assert (await vlog("show", "nowhere")).code == 4
    assert (await vlog("show", "../../health")).code == 4
    # A number beyond all numbers is a word like others; a page's address says what its video is called.
    year = await make_ready(ctx, "2024")
    assert (await vlog("show", "2024")).code == (await vlog("show", "9" * 30)).code == 4
    assert (await vlog.json("show", "https://videos.example/watch/2024"))["id"] == year.id
    shown = (await vlog("show", "lake")).out
    assert "At the lake" in shown
    assert "https://videos.example/watch/lake" in shown


async def test_edits_and_lists(ctx: Context, vlog: Terminal, tmp_path: Path) -> None:
    first, second = await make_ready(ctx, "One"), await make_ready(ctx, "Two")
    notes = tmp_path / "notes.md"
    notes.write_text("Some *notes*\n", encoding="utf-8")
    assert (await vlog("categories", "create", "Talks")).out == "Category Talks (talks) is there.\n"
    done = await vlog("fields", "create", "Level", "--type", "select", "--option", "easy", "--option", "hard")
    assert done.code == 0
    edited = await vlog.json(
        *("edit", "one", "two", "-c", "talks", "--tag", "Sea", "--tag", "Wind"),
        *("-d", f"@{notes}", "--featured", "--set", "level=hard"),
    )
    assert edited["failed"] == 0
    assert (await vlog("edit", "one", "--remove-tag", "wind", "--add-tag", "Sun")).code == 0
    shown = await vlog.json("show", "one")
    assert [tag["name"] for tag in shown["tags"]] == ["Sea", "Sun"]
    assert shown["description"] == "Some *notes*"
    assert shown["custom_fields"][0]["value"] == "hard"
    by_tag = await vlog.json("list", "--tag", "sea,wind", "-c", "talks", "--featured")
    assert [video["id"] for video in by_tag] == [second.id]
    assert [v["id"] for v in await vlog.json("list", "--sort", "title", "--all")] == [first.id, second.id]
    assert [v["id"] for v in await vlog.json("list", "one")] == [first.id]
    assert (await vlog("edit", "one", "two", "--title", "Both")).code == 1
    assert (await vlog("edit", "one")).code == 1
    same = await vlog("tags", "merge", "sea", "SEA")
    assert (same.code, same.out) == (1, "")
    assert (await vlog("list", "--sort", "luck")).code == 2
    plain = (await vlog("list")).out
    assert "─" not in plain
    assert "Two" in plain.splitlines()[1]


async def test_some_fail_and_all_are_tried(ctx: Context, vlog: Terminal) -> None:
    await make_ready(ctx, "One")
    done = await vlog("unpublish", "nowhere", "one")
    assert done.code == 4
    assert done.err == "vlog: nowhere: There is no such video.\nvlog: 1 of 2 done, 1 failed.\n"
    mixed = await vlog.json("restore", "one", "nowhere", code=1)
    assert [each["code"] for each in mixed["results"]] == ["not_deleted", "unknown_video"]
    assert (await vlog("schedule", "one", "2100-01-01T10:00")).code == 0
    assert (await vlog.json("show", "one"))["publish_at"].startswith("2")
    assert (await vlog("schedule", "one", "tomorrow")).code == 1


async def test_work_on_what_plays(ctx: Context, vlog: Terminal) -> None:
    await make_ready(ctx, "One")
    assert (await vlog.json("thumbnail", "one"))["is_pending"] is False
    assert (await vlog("thumbnail", "one", "--at", "0:05", "--revert")).code == 1
    assert (await vlog("thumbnail", "one", "--at", "soon")).code == 1
    assert (await vlog("thumbnail", "one", "--image", "nothing.png")).code == 4
    # This one was made without a source.
    refused = await vlog.json("retranscode", "one", "nowhere", code=1)
    assert refused["failed"] == 2
    assert (await vlog("retranscode", "one", "--priority", "soon")).code == 2
    assert (await vlog("upload", __file__, "--replaces", "nowhere")).code == 4


async def test_what_is_due_is_looked_at_and_purged(ctx: Context, vlog: Terminal) -> None:
    kept, old = await make_ready(ctx, "Kept"), await make_ready(ctx, "Old")
    assert (await vlog("purge")).code == 2
    assert (await vlog("purge", "old", "--due")).code == 2
    refused = await vlog.json("purge", "old", "--dry-run", code=1)
    assert refused["results"][0]["code"] == "not_deleted"
    await vlog("delete", "old", "--yes")
    assert (await vlog("purge", "old", "--dry-run")).out == f"Video {old.id} would be deleted for good.\n"
    assert "0 videos of 1 in the archive would go now" in (await vlog("purge", "--due", "--dry-run")).out
    await shift_clock(ctx.db, "31 days")
    found = await vlog.json("purge", "--due", "--dry-run")
    assert (found["purged"], found["left"], found["archive"]["due"][0]["id"]) == (0, 1, old.id)
    assert "Old" in (await vlog("purge", "--due", "--dry-run")).out
    assert (await vlog("purge", "--due", typed="n\n")).code == 1
    assert [video["slug"] for video in await vlog.json("archive")] == ["old"]
    assert await vlog.json("purge", "--due", "--yes") == {"dry_run": False, "purged": 1, "left": 0}
    assert await vlog.json("archive") == []
    assert (await vlog.json("show", "kept"))["id"] == kept.id


async def test_removals_are_told_to_programs_too(ctx: Context, vlog: Terminal) -> None:
    video = await make_ready(ctx, "One")
    await vlog("playlists", "create", "{Sea}", "--slug", "sea")
    await vlog("playlists", "add", "sea", "one")
    taken = await vlog.json("playlists", "remove", "sea", "one", "nowhere", code=4)
    assert [(each["id"], each["ok"]) for each in taken["results"]] == [(video.id, True), (None, False)]
    for group, words in (
        ("playlists", ["sea"]),
        ("categories", ["talks"]),
        ("tags", ["talks"]),
        ("fields", ["talks"]),
    ):
        if group != "playlists":
            await vlog(group, "create", "Talks")
        gone = await vlog.json(group, "delete", *words, "--yes")
        assert (gone["slug"], gone["deleted"]) == (words[0], True)


async def test_trash_and_purge_ask(ctx: Context, vlog: Terminal) -> None:
    await make_ready(ctx, "One")
    assert (await vlog("delete", "one", typed="n\n")).code == 1
    assert (await vlog("delete", "one", "--yes")).code == 0
    assert [video["slug"] for video in await vlog.json("archive")] == ["one"]
    refused = await vlog("purge", "one", typed="n\n")
    assert (refused.code, "“One” for good" in refused.out) == (1, True)
    assert (await vlog("restore", "one")).code == 0
    assert (await vlog("purge", "one", "--yes")).code == 1
    await vlog("delete", "one", "--yes")
    assert (await vlog("purge", "one", typed="y\n")).code == 0
    actions = [entry["action"] for entry in await vlog.json("audit", "-n", "2")]
    assert actions == ["video.purged", "video.deleted"]
    assert "video.purged" in (await vlog("audit", "--subject", "video")).out


async def test_categories_and_tags(ctx: Context, vlog: Terminal) -> None:
    await make_ready(ctx, "One")
    for name in ("Talks", "Walks", "Films"):
        await vlog("categories", "create", name)
    assert (await vlog("categories", "move", "films", "--before", "walks")).code == 0
    assert [each["slug"] for each in await vlog.json("categories")] == ["talks", "films", "walks"]
    await vlog("categories", "reorder", "walks")
    assert [each["slug"] for each in await vlog.json("categories", "list")] == ["walks", "talks", "films"]
    assert (await vlog.json("categories", "edit", "Talks", "-n", "Speeches"))["name"] == "Speeches"
    assert (await vlog("categories", "delete", "films", typed="y\n")).code == 0
    await vlog("edit", "one", "--tag", "Musik", "--tag", "Music")
    assert (await vlog.json("tags", "rename", "musik", "Klang"))["slug"] == "klang"
    assert (await vlog("tags", "merge", "klang", "music", "--yes")).code == 0
    assert [each["slug"] for each in await vlog.json("tags")] == ["music"]
    assert (await vlog("tags", "delete", "nothing", "--yes")).code == 4
    assert (await vlog("tags", "delete", "music", "--yes")).code == 0


async def test_playlists(ctx: Context, vlog: Terminal) -> None:
    for title in ("One", "Two", "Three"):
        await make_ready(ctx, title)
    made = await vlog.json("playlists", "create", "Sailing", "--type", "course")
    assert (await vlog("playlists", "add", "sailing", "one", "two", "three")).code == 0
    await vlog("playlists", "move", "sailing", "three", "--before", "one")
    shown = await vlog.json("playlists", "show", "sailing")
    assert [video["slug"] for video in shown["videos"]] == ["three", "one", "two"]
    await vlog("playlists", "reorder", "sailing", "two")
    await vlog("playlists", "remove", "sailing", "one")
    assert "two" in (await vlog("playlists", "show", "sailing")).out.lower()
    edited = await vlog.json("playlists", "edit", "sailing", "-t", "To sail", "--visibility", "unlisted")
    assert (edited["title"], edited["visibility"], edited["video_count"]) == ("To sail", "unlisted", 2)
    assert (await vlog("playlists", "delete", "sailing", "--yes")).code == 0
    assert await vlog.json("playlists") == []
    assert (await vlog("playlists", "restore", str(made["id"]))).code == 0


async def test_chapters(ctx: Context, vlog: Terminal, tmp_path: Path) -> None:
    await make_ready(ctx, "One")
    await vlog("edit", "one", "-d", "0:00 Start\n0:20 Middle\n0:50 End")
    assert (await vlog.json("chapters", "import", "one", "--from-description"))["total_count"] == 3
    exported = (await vlog("chapters", "export", "one")).out
    file = tmp_path / "c.vtt"
    assert (await vlog("chapters", "export", "one", "-o", str(file))).code == 0
    assert file.read_text() == exported
    assert (await vlog("chapters", "import", "one", str(file))).code == 1
    assert (await vlog("chapters", "import", "one", str(file), "--replace")).code == 0
    await vlog("chapters", "add", "one", "0:30", "Later", "--end", "0:31")
    await vlog("chapters", "edit", "one", "1", "-t", "Begin")
    await vlog("chapters", "remove", "one", "2", "--yes")
    listed = await vlog.json("chapters", "list", "one")
    assert [(each["start_time"], each["title"]) for each in listed["chapters"]] == [
        (0, "Begin"),
        (30, "Later"),
        (50, "End"),
    ]
    assert (await vlog("chapters", "reorder", "one", "3", "1", "2")).code == 0
    assert (await vlog("chapters", "add", "one", "soon", "Title")).code == 1
    assert (await vlog("chapters", "edit", "one", "9", "-t", "x")).code == 4


async def test_fields(vlog: Terminal) -> None:
    made = await vlog.json(
        "fields", "create", "Pages", "--type", "number", "--limit", "min=1", "--limit", "max=9"
    )
    assert made["constraints"]["max"] == 9
    assert (await vlog.json("fields", "edit", "pages", "--required"))["required"] is True
    assert "Pages" in (await vlog("fields")).out
    assert (await vlog("fields", "create", "Bad", "--limit", "min=x")).code == 1
    assert (await vlog("fields", "delete", "pages", "--yes")).code == 0


async def test_findings_are_listed_and_acknowledged(ctx: Context, vlog: Terminal) -> None:
    video = await make_ready(ctx, "At the lake")
    assert "Nothing is wrong" in (await vlog("storage", "findings")).out
    lost = Finding(key="uploads/1", kind="missing", part="source", video_id=video.id)
    stray = Finding.unknown(Key("videos/nobody"))
    await transaction(ctx.db, lambda tx: record(tx, [lost, stray]))
    assert [each["count"] for each in await vlog.json("storage", "findings", "--open")] == [1, 1]
    assert (await vlog("storage", "acknowledge")).code == 1
    done = await vlog("storage", "acknowledge", "at-the-lake")
    assert (done.code, done.out) == (0, f"Acknowledged: video {video.id}.\n")
    (known,) = await vlog.json("storage", "findings", "--acknowledged")
    (still,) = await vlog.json("storage", "findings", "--open")
    assert (known["video_id"], still["video_id"]) == (video.id, None)
    listed = (await vlog("storage", "findings")).out
    assert re.search(r"At the lake +uploads/1 +missing .+ acknowledged", listed), listed
    assert (await vlog("storage", "acknowledge", "--strays")).code == 0
    assert await vlog.json("storage", "findings", "--open") == []
    assert (await vlog("storage", "acknowledge", "at-the-lake", "--undo")).code == 0
    assert len(await vlog.json("storage", "findings", "--open")) == 1
    assert (await vlog("storage", "acknowledge", "4711")).code == 4


async def test_a_shell_completes_verbs_and_slugs(ctx: Context, vlog: Terminal) -> None:
    await make_ready(ctx, "At the lake")
    await make_video(ctx, "At sea")
    words = {"_VLOG_COMPLETE": "complete_bash", "COMP_CWORD": "1", "COMP_WORDS": "vlog unpub"}
    assert (await vlog(**words)).out.split() == ["unpublish"]
    words = {**words, "COMP_CWORD": "2", "COMP_WORDS": "vlog show at-the"}
    assert (await vlog(**words)).out.split() == ["at-the-lake"]
    silent = await vlog(**words, VLOG_ADMIN_API_URL="http://127.0.0.1:9")
    assert (silent.out.strip(), silent.err) == ("", "")


async def test_what_others_wrote_steers_no_terminal(ctx: Context, vlog: Terminal) -> None:
    video = await make_ready(ctx, "One")
    await vlog("edit", "one", "-t", "Red [bold]alert[/bold] :smile:")
    out = (await vlog("list")).out
    assert "Red [bold]alert[/bold] :smile:" in out
    assert json.loads((await vlog("list", "--json")).out)[0]["id"] == video.id


async def test_a_download_becomes_a_video(vlog: Terminal, tmp_path: Path) -> None:
    """``vlog download`` is a program of its own; its jail lets it out to here because it is told so."""
    clip = tmp_path / "At sea.mp4"
    make_clip(clip)
    with site(clip) as (url, _):
        allowed = {**vlog.cli.environment, "VLOG_DOWNLOAD_ALLOW": "127.0.0.1/32"}
        good = await run_vlog(
            allowed, "download", f"{url}/at-sea.mp4", f"{url}/inward", "--json", "-d", "Waves"
        )
        first, second = json.loads(good[1])
        assert (good[0], first["error"], second["video_id"]) == (1, None, None)
        assert "no public address" in second["error"]
        shown = await vlog.json("show", str(first["video_id"]))
        assert (shown["title"], shown["description"]) == ("at-sea", "Waves")
        refused = await run_vlog(vlog.cli.environment, "download", f"{url}/at-sea.mp4")
        assert (refused[0], "no public address" in refused[2]) == (1, True)
    assert (await run_vlog(vlog.cli.environment, "download", "file:///etc/passwd"))[0] == 1


async def run_vlog(environment: dict[str, str], *words: str) -> tuple[int, str, str]:
    """The installed command as a process: its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "vlog.cli.verbs", *words), env=environment, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()
