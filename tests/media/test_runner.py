"""A worker's life with a task: what is told to the server, and what is dead when it ends early."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.barcode_sources import BarcodeSources
from tests.support.clips import clip
from tests.support.presentations import inspected, rung, thumbnail_work
from tests.support.processes import descendants, left_after
from tests.support.recording_client import RecordingClient
from vlog.kit.errors import Invalid, NotFound, Unavailable
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.media.stills import PictureFile
from vlog.pipeline import runner
from vlog.pipeline.jail import Jail
from vlog.pipeline.runner import run_task
from vlog.wire.work import (
    AudioWork,
    Capabilities,
    Inspected,
    InspectWork,
    Lease,
    Made,
    Offer,
    Pictured,
    Progress,
    RemuxWork,
    Result,
    ToolRun,
    VideoWork,
    Work,
)

INSPECT = InspectWork(segment_seconds=1, max_frame_rate=60, max_duration_seconds=3600, remux=True)
SMALL = rung("90p", 160, 90)
# More than enough to be met in the middle of it.
SLOW = replace(rung("1080p", 1920, 1080, preset="veryslow"), level="5.1")
EVERYTHING = Capabilities(
    worker="test", kinds=("inspect", "remux", "audio", "video", "thumbnail"), encoders=("libx264",)
)


def offer(work: Work, *, lease_seconds: int = 60, task_id: int = 1) -> Offer:
    lease = Lease(task_id=task_id, epoch=1)
    return Offer(lease=lease, lease_seconds=lease_seconds, job_id=1, attempt=1, work=work)


def video(found: Inspected, each: VideoRendition) -> VideoWork:
    return VideoWork(info=found.info, grid=found.grid, first_cell=0, last=True, rungs=(each,), durable={})


def children() -> set[int]:
    """This process's tools."""
    return descendants(os.getpid())


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_each_kind_of_task_is_done_and_told(barcodes: BarcodeSources, any_jail: Jail) -> None:
    source = barcodes.path("even.mp4")
    client = RecordingClient(source)
    await run_task(offer(INSPECT), client, any_jail)
    [found] = client.results
    assert isinstance(found, Inspected)
    original = VideoRendition(name="original", width=320, height=180, encoder="copy")
    copied = AudioRendition(name="audio", encoder="copy", sample_rate=48_000, channels=2, bit_rate=1)
    encoded = AudioRendition(name="shared", encoder="aac", sample_rate=48_000, channels=2, bit_rate=64_000)
    works: list[Work] = [
        RemuxWork(info=found.info, grid=found.grid, video=original, audio=copied, durable={}),
        AudioWork(info=found.info, grid=found.grid, audio=encoded, durable={}),
        video(found, SMALL),
        thumbnail_work(found),
    ]
    for work in works:
        await run_task(offer(work), client, any_jail)
    assert client.failures == []
    picture = PictureFile(format="jpeg", width=320, height=180)
    assert client.results[1:4] == [Made(), Made(), Made()]
    assert isinstance(client.results[4], Pictured)
    assert client.results[4].files == tuple(client.thumbnail) == (picture,)
    assert set(client.segments) == {"original", "audio", "shared", "90p"}
    # Commands as a person would run them, and what they have cost.
    assert all(f"file:{source}" in run.command and run.exit_status == 0 for run in client.runs)
    assert sum(run.cpu_seconds for run in client.runs) > 0
    assert all(run.max_rss_bytes > 1 << 20 for run in client.runs)


async def test_a_source_that_is_no_video_fails_for_good(any_jail: Jail, tmp_path: Path) -> None:
    source = tmp_path / "text.mp4"
    source.write_text("no video " * 1000)
    client = RecordingClient(source)
    await run_task(offer(INSPECT), client, any_jail)
    [failure] = client.failures
    assert (failure.code, failure.retryable) == ("not_media", False)


async def test_a_tool_s_failure_comes_with_its_last_words(
    barcodes: BarcodeSources, any_jail: Jail, tmp_path: Path
) -> None:
    found = await inspected(any_jail, barcodes.path("even.mp4"))
    ruined = tmp_path / "ruined.mp4"
    ruined.write_bytes(bytes(10_000))
    client = RecordingClient(ruined)
    await run_task(offer(video(found, SMALL)), client, any_jail)
    [failure] = client.failures
    assert (failure.code, failure.retryable) == ("media_tool_failed", True)
    [run] = client.runs
    assert run.exit_status != 0
    assert "Invalid data" in run.stderr_tail
    assert str(tmp_path) not in failure.message


async def test_a_source_that_is_gone_is_tried_again(any_jail: Jail, tmp_path: Path) -> None:
    client = RecordingClient(tmp_path / "gone.mp4")
    await run_task(offer(INSPECT), client, any_jail)
    [failure] = client.failures
    assert failure.retryable


async def test_a_mistake_of_our_own_is_told_without_its_insides(
    barcodes: BarcodeSources, any_jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mistaken(*_arguments: object, **_options: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(runner, "inspect", mistaken)
    client = RecordingClient(barcodes.path("even.mp4"))
    await run_task(offer(INSPECT), client, any_jail)
    [failure] = client.failures
    assert (failure.code, failure.retryable) == ("fault", True)
    assert "secret" not in failure.message


async def test_a_result_that_is_not_accepted_fails_the_task(barcodes: BarcodeSources, any_jail: Jail) -> None:
    class Strict(RecordingClient):
        async def finish(self, lease: Lease, result: Result, runs: Sequence[ToolRun]) -> None:
            raise Invalid("Some segments are missing.", code="incomplete")

    client = Strict(barcodes.path("even.mp4"))
    await run_task(offer(INSPECT), client, any_jail)
    [failure] = client.failures
    assert (failure.code, failure.retryable) == ("incomplete", True)


async def test_a_source_that_is_not_to_be_had_fails_the_task(any_jail: Jail) -> None:
    class Sourceless(RecordingClient):
        async def source(self, lease: Lease) -> Path:
            raise NotFound("gone", code="source_missing")

    client = Sourceless(Path("source"))
    await run_task(offer(INSPECT), client, any_jail)
    assert client.failures[0].code == "source_missing"


async def slow_task(jail: Jail) -> tuple[RecordingClient, Offer]:
    source = clip("outdoor_vp9_in_mp4.mp4")
    found = await inspected(jail, source, segment_seconds=1)
    return RecordingClient(source), offer(video(found, SLOW), lease_seconds=1)


async def started(client: RecordingClient, task: asyncio.Task[None], before: set[int]) -> set[int]:
    """The task's processes, once it has some."""
    await until(lambda: task.done() or children() - before)
    assert not task.done(), client.failures
    return children() - before


async def test_a_lost_lease_kills_the_tools_and_nothing_is_told(any_jail: Jail) -> None:
    client, slow = await slow_task(any_jail)
    before = children()
    task = asyncio.create_task(run_task(slow, client, any_jail))
    await started(client, task, before)
    client.lost.add(slow.lease.task_id)
    lost_at = time.monotonic()
    await task
    # The next renewal, a quarter of the lease later, brings it out.
    assert time.monotonic() - lost_at < 2
    assert left_after(children() - before, 5.0) == {}
    assert (client.results, client.failures, client.released) == ([], [], [])


async def test_a_cancelled_task_is_given_back(any_jail: Jail) -> None:
    client, slow = await slow_task(any_jail)
    before = children()
    task = asyncio.create_task(run_task(slow, client, any_jail))
    await started(client, task, before)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_after(children() - before, 5.0) == {}
    assert client.released == [slow.lease]
    assert client.failures == []


async def test_the_lease_is_renewed_with_progress(any_jail: Jail) -> None:
    client, slow = await slow_task(any_jail)
    task = asyncio.create_task(run_task(slow, client, any_jail))
    await until(lambda: any(told.frames for told in client.renewals))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [told.frames for told in client.renewals] == sorted(told.frames for told in client.renewals)
    assert any(told.speed and told.speed > 0 for told in client.renewals)


async def test_a_server_that_is_away_for_the_whole_lease_has_lost_its_worker(any_jail: Jail) -> None:
    class Gone(RecordingClient):
        async def renew(self, lease: Lease, progress: Progress) -> None:
            raise Unavailable

    client, slow = await slow_task(any_jail)
    away = Gone(clip("outdoor_vp9_in_mp4.mp4"))
    before = children()
    async with asyncio.timeout(10):
        await run_task(slow, away, any_jail)
    assert left_after(children() - before, 5.0) == {}
    assert (away.results, away.failures, client.released) == ([], [], [])


async def test_a_worker_does_as_many_tasks_at_a_time_as_it_has_slots(
    barcodes: BarcodeSources, any_jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_a_time: list[int] = []
    now = 0

    async def counted(*_arguments: object, **_options: object) -> Inspected:
        nonlocal now
        now += 1
        at_a_time.append(now)
        await asyncio.sleep(0.01)
        now -= 1
        return await inspected(any_jail, barcodes.path("even.mp4"))

    monkeypatch.setattr(runner, "inspect", counted)
    offers = [offer(INSPECT, task_id=number) for number in range(7)]
    client = RecordingClient(barcodes.path("even.mp4"), offers)
    stop = asyncio.Event()
    working = asyncio.create_task(runner.work(client, any_jail, EVERYTHING, slots=3, stop=stop))
    await until(lambda: len(client.results) == 7)
    stop.set()
    await working
    assert max(at_a_time) == 3


async def test_stopping_gives_back_what_is_under_way(any_jail: Jail) -> None:
    client, slow = await slow_task(any_jail)
    client.offers.append(slow)
    before, stop = children(), asyncio.Event()
    working = asyncio.create_task(runner.work(client, any_jail, EVERYTHING, slots=2, stop=stop))
    await until(lambda: children() - before)
    stop.set()
    async with asyncio.timeout(5):
        await working
    assert client.released == [slow.lease]
    assert left_after(children() - before, 5.0) == {}


async def test_a_worker_waits_for_a_server_that_is_away(
    barcodes: BarcodeSources, any_jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(RecordingClient):
        asked = 0

        async def claim(self, capabilities: Capabilities) -> Offer | None:
            self.asked += 1
            if self.asked < 3:
                raise Unavailable
            return await super().claim(capabilities)

    monkeypatch.setattr(runner, "_FIRST_PAUSE_SECONDS", 0.01)
    client = Late(barcodes.path("even.mp4"), [offer(INSPECT)])
    stop = asyncio.Event()
    working: Awaitable[None] = asyncio.create_task(
        runner.work(client, any_jail, EVERYTHING, slots=1, stop=stop)
    )
    await until(lambda: client.results)
    stop.set()
    await working
