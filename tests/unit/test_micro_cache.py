"""Answers that are kept for a moment: one question for all who ask, never more memory than agreed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from vlog.api.conditional import tag_of
from vlog.api.micro_cache import MicroCache
from vlog.kit.errors import NotFound


class Source:
    """Makes answers when it is let, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.body = b"one"
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self) -> bytes:
        self.asked += 1
        body = self.body
        await self.gate.wait()
        return body


def holding(size: int) -> Callable[[], Awaitable[bytes]]:
    async def make() -> bytes:
        return bytes(size)

    return make


async def test_what_is_here_is_not_asked_for_again() -> None:
    cache, source = MicroCache(life_seconds=60), Source()
    first = await cache.get("key", source)
    source.body = b"two"
    assert (await cache.get("key", source)) is first
    assert (first.body, first.tag) == (b"one", tag_of(b"one"))
    assert (await cache.get("other", source)).body == b"two"
    assert source.asked == 2


async def test_a_hundred_at_once_are_one_question() -> None:
    cache, source = MicroCache(), Source()
    source.gate.clear()
    waiting = [asyncio.create_task(cache.get("key", source)) for _ in range(100)]
    await asyncio.sleep(0)
    # One who leaves takes nothing from the others.
    waiting.pop(50).cancel()
    await asyncio.sleep(0)
    source.gate.set()
    answers = await asyncio.gather(*waiting)
    assert len({id(answer) for answer in answers}) == 1
    assert source.asked == 1


async def test_when_the_one_who_asked_leaves_another_asks() -> None:
    cache, source = MicroCache(), Source()
    source.gate.clear()
    waiting = [asyncio.create_task(cache.get("key", source)) for _ in range(100)]
    await asyncio.sleep(0)
    waiting.pop(0).cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    source.gate.set()
    answers = await asyncio.gather(*waiting)
    assert len({id(answer) for answer in answers}) == 1
    assert source.asked == 2


async def test_a_life_of_nothing_keeps_nothing() -> None:
    cache, source = MicroCache(life_seconds=0), Source()
    await cache.get("key", source)
    await cache.get("key", source)
    assert (source.asked, cache.size_bytes) == (2, 0)


async def test_what_a_change_has_overtaken_is_not_kept() -> None:
    cache, source = MicroCache(life_seconds=60), Source()
    source.gate.clear()
    before = asyncio.create_task(cache.get("key", source))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    cache.clear()
    source.body = b"two"
    after = asyncio.create_task(cache.get("key", source))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    source.gate.set()
    assert (await before).body == b"one"
    assert (await after).body == b"two"
    assert (await cache.get("key", source)).body == b"two"
    assert source.asked == 2


async def test_a_failure_is_told_to_all_and_not_kept() -> None:
    cache = MicroCache(life_seconds=60)
    asked = 0

    async def failing() -> bytes:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise NotFound

    results = await asyncio.gather(*(cache.get("key", failing) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(result, NotFound) for result in results)
    with pytest.raises(NotFound):
        await cache.get("key", failing)
    assert (asked, cache.size_bytes) == (2, 0)


async def test_memory_is_bounded() -> None:
    cache = MicroCache(life_seconds=60, max_bytes=100_000)
    for number in range(1000):
        await cache.get(number, holding(5000))
        assert cache.size_bytes <= 100_000
    # One that alone is too large is answered all the same.
    assert len((await cache.get("large", holding(200_000))).body) == 200_000
    assert cache.size_bytes <= 100_000
