"""When viewers get a video: as soon as it can be played through, and with no promise that is not kept."""

from __future__ import annotations

import re

import pytest

from tests.support.databases import shift_clock
from tests.support.deliveries import EVERYTHING, audio_init, deliver, inspect, segment, work_off
from tests.support.uploaded import (
    assert_all_is_there,
    claimed,
    master,
    source_values,
    upload,
    variants,
    video_of,
)
from vlog.context import Context
from vlog.db.transaction import transaction
from vlog.kit.errors import Invalid
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo
from vlog.processing import generations, requests
from vlog.settings.store import put
from vlog.storage import layout
from vlog.wire.work import AudioWork, Failure, Made, Offer, RemuxWork, VideoWork
from vlog.workers.local_client import LocalClient

GIVE_UP = Failure(code="undecodable", message="The pictures can't be decoded.", retryable=False)


async def set_to(ctx: Context, key: str, value: object) -> None:
    await transaction(ctx.db, lambda tx: put(tx, key, value, actor="test"))
    ctx.settings.forget()


async def begun(
    ctx: Context, *, remux: bool = False, with_audio: bool = True
) -> tuple[LocalClient, MediaInfo, Grid]:
    """A video that has been inspected, and nothing more."""
    await upload(ctx)
    client = LocalClient(ctx)
    info, grid = source_values(remux=remux, with_audio=with_audio)
    await inspect(client, info=info, grid=grid)
    return client, info, grid


async def opened(ctx: Context) -> tuple[LocalClient, Offer, Offer, Grid]:
    """A live video of which two cells of each first rendition are there, and the tasks that make the rest."""
    client, _, grid = await begun(ctx)
    sound = await claimed(client)
    await deliver(client, sound, grid=grid, numbers=[0, 1])
    pictures = await claimed(client)
    await deliver(client, pictures, grid=grid, numbers=[0, 1])
    assert (await video_of(ctx, 1)).status == "ready"
    return client, sound, pictures, grid


async def playlist(ctx: Context, rendition: str) -> str:
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    folder = layout.rendition("a-video", live.token, name=rendition)
    return (await ctx.storage.read(layout.media_playlist(folder))).decode()


async def test_a_video_is_live_with_its_first_segments_and_its_playlists_are_complete(ctx: Context) -> None:
    client, sound, pictures, grid = await opened(ctx)
    video = await video_of(ctx, 1)
    assert video.published_at is not None
    assert video.manifest_written == video.manifest_revision
    assert variants(await master(ctx)) == {"360p", "audio"}
    before = {}
    for name in ("360p", "audio"):
        before[name] = await playlist(ctx, name)
        assert before[name].count("#EXTINF") == len(grid.cells) == 10
        assert before[name].endswith("#EXT-X-ENDLIST\n")
        assert "#EXT-X-PLAYLIST-TYPE:VOD" in before[name]
    manifest = (await ctx.storage.read(layout.manifest("a-video"))).decode()
    announced = int(re.findall(r"[^-]BANDWIDTH=(\d+)", await master(ctx))[0])
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    assert {name: each.cells for name, each in live.unfinished.items()} == {"360p": 10, "audio": 10}
    await client.release(sound.lease)
    await client.release(pictures.lease)
    info, grid = source_values(remux=False)
    # What was told before is what has come, to the last digit.
    await work_off(client, info=info, grid=grid, limit=4)
    for name, text in before.items():
        assert await playlist(ctx, name) == text
    after = (await ctx.storage.read(layout.manifest("a-video"))).decode()
    timeline = re.compile(r"<SegmentTimeline>.*?</SegmentTimeline>", re.DOTALL)
    assert timeline.findall(after) == timeline.findall(manifest)
    measured = int(re.findall(r"[^-]BANDWIDTH=(\d+)", await master(ctx))[0])
    assert measured < announced
    await work_off(client, info=info, grid=grid)
    await assert_all_is_there(ctx)
    assert variants(await master(ctx)) == {"360p", "480p", "720p", "1080p", "audio"}


async def test_a_source_that_is_taken_over_plays_from_its_first_segments(ctx: Context) -> None:
    client, _, grid = await begun(ctx, remux=True)
    offer = await claimed(client)
    assert isinstance(offer.work, RemuxWork)
    await deliver(client, offer, grid=grid, numbers=[0, 1, 2])
    assert (await video_of(ctx, 1)).status == "ready"
    assert variants(await master(ctx)) == {"original", "audio_source"}


async def test_pictures_alone_do_not_go_live_where_there_is_sound(ctx: Context) -> None:
    client, _, grid = await begun(ctx)
    sound, pictures = await claimed(client), await claimed(client)
    await deliver(client, pictures, grid=grid, numbers=[0, 1, 2])
    assert (await video_of(ctx, 1)).status == "processing"
    # The middle of the sound is no beginning either.
    await client.put_init(sound.lease, "audio", audio_init())
    await client.put_segments(sound.lease, "audio", [segment(grid, 1, timescale=48_000)])
    assert (await video_of(ctx, 1)).status == "processing"
    await client.put_segments(sound.lease, "audio", [segment(grid, 0, timescale=48_000)])
    assert (await video_of(ctx, 1)).status == "ready"


async def test_what_is_made_slower_than_it_plays_waits_until_it_is_complete(ctx: Context) -> None:
    client, info, grid = await begun(ctx)
    sound, pictures = await claimed(client), await claimed(client)
    await deliver(client, sound, grid=grid)
    await shift_clock(ctx.db, "10 seconds")
    await deliver(client, pictures, grid=grid, numbers=[0, 1])
    assert (await video_of(ctx, 1)).status == "processing", "12 seconds in 10 are not 1.5 times"
    await deliver(client, pictures, grid=grid, numbers=[2])
    assert (await video_of(ctx, 1)).status == "ready", "18 seconds in 10 are"
    for offer in (sound, pictures):
        await client.release(offer.lease)
    await work_off(client, info=info, grid=grid)
    await assert_all_is_there(ctx)


async def test_the_speed_asked_for_is_a_setting(ctx: Context) -> None:
    await set_to(ctx, "streaming.publish_speed", 0)
    client, _, grid = await begun(ctx, with_audio=False)
    offer = await claimed(client)
    await shift_clock(ctx.db, "59 seconds")
    await deliver(client, offer, grid=grid, numbers=[0])
    assert (await video_of(ctx, 1)).status == "ready"


async def test_by_wish_a_video_waits_for_its_first_rendition(ctx: Context) -> None:
    await set_to(ctx, "streaming.publish_at", "first_rendition")
    client, info, grid = await begun(ctx)
    sound, pictures = await claimed(client), await claimed(client)
    for offer in (sound, pictures):
        await deliver(client, offer, grid=grid, numbers=[0, 1])
    assert (await video_of(ctx, 1)).status == "processing"
    for offer in (sound, pictures):
        await client.release(offer.lease)
    done: list[str] = []
    while (await video_of(ctx, 1)).status == "processing":
        done += await work_off(client, info=info, grid=grid, limit=1)
    assert sorted(done) == ["audio", "thumbnail", "video", "video"]
    assert variants(await master(ctx)) == {"360p", "audio"}


async def test_by_wish_a_video_waits_for_everything(ctx: Context) -> None:
    await set_to(ctx, "streaming.publish_at", "complete")
    client, info, grid = await begun(ctx)
    while len(await work_off(client, info=info, grid=grid, limit=1)):
        complete = await ctx.db.fetchval("SELECT count(*) FROM video_qualities")
        assert (await video_of(ctx, 1)).status == ("ready" if complete == 5 else "processing")
    assert variants(await master(ctx)) == {"360p", "480p", "720p", "1080p", "audio"}


async def test_everything_is_what_can_be_had(ctx: Context) -> None:
    """The last rendition fails: the others are all that will come."""
    await set_to(ctx, "streaming.publish_at", "complete")
    client, info, grid = await begun(ctx, with_audio=False)
    await work_off(client, info=info, grid=grid, limit=3)
    offer = await claimed(client)
    assert isinstance(offer.work, VideoWork)
    assert len(offer.work.rungs) == 3
    assert (await video_of(ctx, 1)).status == "processing"
    await client.fail(offer.lease, GIVE_UP, ())
    assert (await video_of(ctx, 1)).status == "ready"
    assert variants(await master(ctx)) == {"360p"}
    assert await ctx.db.fetchval("SELECT state FROM transcoding_jobs") == "done"


# ---------------------------------------------------------------- promises that can't be kept


async def test_a_video_whose_rest_can_not_be_made_is_taken_back_with_words(ctx: Context) -> None:
    client, sound, pictures, grid = await opened(ctx)
    for offer in (sound, pictures):
        await client.put_segments(
            offer.lease,
            "audio" if isinstance(offer.work, AudioWork) else "360p",
            [segment(grid, 2, timescale=48_000 if isinstance(offer.work, AudioWork) else None)],
        )
    await client.fail(pictures.lease, GIVE_UP, ())
    video = await video_of(ctx, 1)
    assert not video.is_playable
    assert await generations.live(ctx.db, "a-video") is None
    assert await ctx.db.fetchval("SELECT count(*) FROM catalog_index") == 0
    # The other rungs may still come: until they do, the video is being made.
    assert video.status == "processing"
    others = await claimed(client)
    while others.work.__class__.__name__ != "VideoWork":
        await client.release(others.lease)
        await ctx.db.fetch(
            "UPDATE transcoding_tasks SET available_at = 'infinity' WHERE id = $1", others.lease.task_id
        )
        others = await claimed(client)
    await client.fail(others.lease, GIVE_UP, ())
    video = await video_of(ctx, 1)
    assert (video.status, video.error_code, video.error_message) == ("failed", GIVE_UP.code, GIVE_UP.message)
    assert video.published_at is not None
    # One more try goes on with what is durable, and viewers get it back.
    await ctx.db.fetch("UPDATE transcoding_tasks SET available_at = app_now() WHERE state = 'queued'")
    await requests.retry(ctx, 1)
    info, grid = source_values(remux=False)
    await work_off(client, info=info, grid=grid)
    assert (await video_of(ctx, 1)).is_playable
    await assert_all_is_there(ctx)


async def test_a_lost_rendition_leaves_the_playlists_when_another_is_complete(ctx: Context) -> None:
    client, sound, pictures, grid = await opened(ctx)
    await deliver(client, sound, grid=grid)
    await client.finish(sound.lease, Made(), ())
    await ctx.db.fetch("UPDATE transcoding_tasks SET available_at = 'infinity' WHERE stage = 0")
    info, _ = source_values(remux=False)
    await work_off(client, info=info, grid=grid)
    assert variants(await master(ctx)) == {"360p", "480p", "720p", "1080p", "audio"}
    await client.fail(pictures.lease, GIVE_UP, ())
    video = await video_of(ctx, 1)
    assert video.is_playable
    assert variants(await master(ctx)) == {"480p", "720p", "1080p", "audio"}
    live = await generations.live(ctx.db, "a-video")
    assert live is not None
    assert live.unfinished == {}
    await assert_all_is_there(ctx)


async def test_a_source_that_can_not_be_taken_over_after_all_is_taken_back_and_encoded(ctx: Context) -> None:
    client, _, grid = await begun(ctx, remux=True)
    offer = await claimed(client)
    await deliver(client, offer, grid=grid, numbers=[0, 1])
    assert (await video_of(ctx, 1)).is_playable
    refusal = Failure(code="not_remuxable", message="The frames do not fit.", retryable=False)
    await client.fail(offer.lease, refusal, ())
    video = await video_of(ctx, 1)
    assert (video.status, video.is_playable) == ("processing", False)
    info, grid = source_values(remux=False)
    await work_off(client, info=info, grid=grid)
    assert (await video_of(ctx, 1)).is_playable
    assert "original" not in variants(await master(ctx))
    await assert_all_is_there(ctx)


async def test_sound_that_is_not_as_announced_is_refused(ctx: Context) -> None:
    client, sound, _, grid = await opened(ctx)
    honest = segment(grid, 2, timescale=48_000)
    for wrong in (
        {"start": honest.start + 1024, "duration": honest.duration - 1024},
        {"duration": honest.duration + 1024},
    ):
        moved = type(honest)(**{**{f: getattr(honest, f) for f in honest.__struct_fields__}, **wrong})
        with pytest.raises(Invalid, match="not as announced"):
            await client.put_segments(sound.lease, "audio", [moved])
    await client.put_segments(sound.lease, "audio", [honest])


async def test_an_unfinished_encoding_does_not_replace_what_plays(ctx: Context) -> None:
    client, info, grid = await begun(ctx, with_audio=False)
    await work_off(client, info=info, grid=grid)
    first = await generations.live(ctx.db, "a-video")
    await ctx.db.fetch("UPDATE transcoding_jobs SET state = 'queued', generation_id = NULL")
    await ctx.db.fetch(
        "INSERT INTO transcoding_tasks (job_id, kind) SELECT id, 'inspect' FROM transcoding_jobs"
    )
    await inspect(client, info=info, grid=grid)
    offer = await claimed(client)
    await deliver(client, offer, grid=grid, numbers=[0, 1, 2])
    assert await generations.live(ctx.db, "a-video") == first
    await client.release(offer.lease)
    await work_off(client, info=info, grid=grid)
    second = await generations.live(ctx.db, "a-video")
    assert first is not None
    assert second is not None
    assert first.token != second.token
    assert await client.claim(EVERYTHING) is None
