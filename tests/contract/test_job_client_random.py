"""The fake and the real server, told the same random words, give the same answers and end alike."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest

from tests.contract.worlds import GRID, FakeWorld, LocalWorld, World
from tests.support.deliveries import EVERYTHING, segment, video_init
from vlog.kit.errors import VlogError
from vlog.wire.work import Failure, Lease, Made, Progress

WORDS = 70
FAILURE = Failure(code="decoder_crash", message="It crashed.", retryable=True)
Say = Callable[[World], Awaitable[object]]


class Script:
    """A random sequence of words; remembers every lease that was ever given out, so zombies speak too."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._leases: list[Lease] = []
        self._clock = 0.0

    def next(self) -> tuple[str, Say]:
        """A word's name, for the report, and the word."""
        kind = self._dice.choices(
            ["claim", "init", "segments", "finish", "fail", "release", "renew", "time", "sweep"],
            [6, 4, 10, 3, 2, 2, 2, 3, 2],
        )[0]
        if kind == "claim" or (not self._leases and kind not in {"time", "sweep"}):
            return "claim", lambda world: world.client.claim(EVERYTHING)
        if kind == "sweep":
            return kind, lambda world: world.sweep()
        if kind == "time":
            self._clock += self._dice.choice([5, 30, 61])
            clock = self._clock
            return f"it is {clock}", lambda world: world.pass_time(clock)
        # The newest lease as a rule, an old one now and then.
        lease = self._leases[-1] if self._dice.random() < 0.7 else self._dice.choice(self._leases)
        return f"{kind} {lease}", self._word(kind, lease)

    def heard(self, lease: Lease) -> None:
        """A claim was answered."""
        self._leases.append(lease)

    def _word(self, kind: str, lease: Lease) -> Say:
        level = self._dice.choice([30, 30, 30, 31])
        numbers = self._dice.sample(range(6), self._dice.randint(1, 3))
        content = self._dice.choice(["", "", "", "other"])
        batch = [segment(GRID, number, content=content) for number in numbers]
        words: dict[str, Say] = {
            "init": lambda world: world.client.put_init(lease, "360p", video_init(level=level)),
            "segments": lambda world: world.client.put_segments(lease, "360p", batch),
            "finish": lambda world: world.client.finish(lease, Made(), ()),
            "fail": lambda world: world.client.fail(lease, FAILURE, ()),
            "release": lambda world: world.client.release(lease),
            "renew": lambda world: world.client.renew(lease, Progress(frames=3)),
        }
        return words[kind]


async def answer(world: World, word: Say) -> object:
    """What the worker would hear: an error's class and code, an offer's main parts, or nothing."""
    try:
        heard = await word(world)
    except VlogError as error:
        return type(error).__name__, error.code
    if heard is None:
        return None
    return heard.lease, heard.attempt, heard.work.durable  # type: ignore[attr-defined]


@pytest.mark.parametrize("seed", range(8))
async def test_the_same_words_have_the_same_effect(
    seed: int, fake_world: FakeWorld, local_world: LocalWorld
) -> None:
    script = Script(seed)
    runs = [(0, 2), (2, 4), (4, 6)]
    ids = [(await fake_world.add_video(*run), await local_world.add_video(*run)) for run in runs]
    assert all(one == other for one, other in ids)
    story = []
    for _ in range(WORDS):
        name, word = script.next()
        story.append(name)
        expected, found = await answer(fake_world, word), await answer(local_world, word)
        assert found == expected, "\n".join(story)
        if isinstance(found, tuple) and isinstance(found[0], Lease):
            script.heard(found[0])
        for task_id, _ in ids:
            states = await fake_world.state(task_id), await local_world.state(task_id)
            assert states[0] == states[1], "\n".join(story)
    for number in range(6):
        name = f"segment_{number}.m4s"
        assert await fake_world.stored(name) == await local_world.stored(name)
