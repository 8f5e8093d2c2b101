"""Long-lived loops of one process as a unit: one dies → all stop; a signal → all stop in peace."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import structlog

from vlog.kit.errors import Fault

Loop = Callable[[asyncio.Event], Awaitable[None]]

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# What a cancelled loop gets for its ``finally`` blocks; who needs longer than that hangs.
_CANCEL_SECONDS = 1.0

_log = structlog.get_logger(__name__)


async def pause(seconds: float, stopping: asyncio.Event) -> None:
    """Sleep, but not beyond the moment at which a loop is asked to stop."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


class Supervisor:
    """Runs named loops until one dies or the process is asked to stop.

    Each loop gets ``stopping`` and shall return soon after it is set; after ``stop_seconds`` it is cancelled.
    A loop that raises, or returns without having been asked to, stops all others, and ``run`` raises its
    error. The first SIGINT or SIGTERM sets ``stopping``, the second one cancels at once.
    """

    def __init__(self, *, stop_seconds: float = 6.0) -> None:
        self.stopping = asyncio.Event()
        self._stop_seconds = stop_seconds
        self._loops: dict[str, Loop] = {}
        self._hurry = asyncio.Event()

    def add(self, name: str, loop: Loop) -> None:
        """Register ``loop`` before ``run``; ``name`` is what logs and errors call it."""
        if name in self._loops:
            raise Fault(f"Two loops are called {name}.")
        self._loops[name] = loop

    def stop(self) -> None:
        """Ask all loops to end; asked twice, end them."""
        (self._hurry if self.stopping.is_set() else self.stopping).set()

    async def run(self) -> None:
        """Run all loops until they have ended; raises the error of the loop that died first.

        Must run in the main thread, where signals arrive.
        """
        with on_signals(STOP_SIGNALS, self.stop):
            tasks = [
                asyncio.create_task(_named(name, loop, self.stopping), name=name)
                for name, loop in self._loops.items()
            ]
            asked = asyncio.create_task(self.stopping.wait())
            try:
                await asyncio.wait([*tasks, asked], return_when=asyncio.FIRST_COMPLETED)
                # Before the others hear of it: what they raise while stopping is a consequence.
                errors = _errors(tasks)
                self.stopping.set()
                await self._drain(tasks)
            finally:
                for task in [*tasks, asked]:
                    task.cancel()
        errors = errors or _errors(tasks)
        for error in errors[1:]:
            _log.error("loop died", exc_info=error)
        if errors:
            raise errors[0]

    async def _drain(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        hurry = asyncio.create_task(self._hurry.wait())
        every = asyncio.gather(*tasks, return_exceptions=True)
        either: list[asyncio.Future[Any]] = [every, hurry]
        await asyncio.wait(either, timeout=self._stop_seconds, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        late = [task for task in tasks if not task.done()]
        if not late:
            return
        _log.warning("loops cancelled", loops=[task.get_name() for task in late])
        for task in late:
            task.cancel()
        _, stuck = await asyncio.wait(late, timeout=_CANCEL_SECONDS)
        if stuck:
            _log.error("loops ignore their cancellation", loops=[task.get_name() for task in stuck])


async def _named(name: str, loop: Loop, stopping: asyncio.Event) -> None:
    await loop(stopping)
    if not stopping.is_set():
        raise Fault(f"The loop {name} ended by itself.", code="loop_ended")


def _errors(tasks: Sequence[asyncio.Task[None]]) -> list[BaseException]:
    done = [task for task in tasks if task.done() and not task.cancelled()]
    return [error for task in done if (error := task.exception()) is not None]


@contextmanager
def on_signals(signals: Sequence[signal.Signals], react: Callable[[], None]) -> Iterator[None]:
    """Call ``react`` in the running loop whenever one of ``signals`` arrives; afterwards they act as before.

    Restores handlers by hand: ``remove_signal_handler`` would forget what stood there.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in signals}
    for number in signals:
        loop.add_signal_handler(number, react)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


async def run_until_signalled(
    work: Coroutine[object, object, None], *, signals: Sequence[signal.Signals], on_repeat: Callable[[], None]
) -> bool:
    """Run ``work`` to its end, or cancel it at the first of ``signals``: its ``finally`` blocks clean up.

    Further signals call ``on_repeat`` (somebody is in a hurry). Returns whether a signal ended it; raises
    what ``work`` raises.
    """
    signalled = False
    task = asyncio.ensure_future(work)

    def react() -> None:
        nonlocal signalled
        if signalled:
            on_repeat()
            return
        signalled = True
        task.cancel()

    with on_signals(signals, react):
        try:
            await task
        except asyncio.CancelledError:
            if not signalled:
                raise
    return signalled
