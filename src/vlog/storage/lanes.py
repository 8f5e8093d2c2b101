"""Threads for blocking file operations: a bounded number of them, so that a hung disk can't take them all.

Three lanes (reading, writing, looking) never starve each other. A call that gets no answer makes the circuit
ask the storage for a sign of life; when that does not come either, the storage hangs: the circuit opens, all
callers get their refusal at once, and no further thread is risked until the sign of life arrives.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import Unavailable
from vlog.telemetry.logs import get_logger

T = TypeVar("T")
# Apart, so that viewers never wait for uploads, nor anybody's look at a folder for either.
READING_THREADS = 16
WRITING_THREADS = 8
LOOKING_THREADS = 4
# More callers than this gain nothing from waiting: the storage is too slow for them.
MAX_WAITING = 2000

_log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long the storage may take, in seconds.

    ``suspect``: a call without an answer makes the circuit ask for a sign of life. ``life``: how long that
    may take before the storage counts as hung. ``answer``: how long one call waits on a slow one.
    """

    suspect: float = 2.0
    life: float = 3.0
    answer: float = 30.0


@dataclass(eq=False)
class _Call(Generic[T]):
    work: Callable[[], T]
    loop: asyncio.AbstractEventLoop
    outcome: asyncio.Future[T]
    unwanted: Callable[[T], object] | None = None

    def run(self) -> None:
        """In a thread: do the work and hand over what became of it."""
        if not self.outcome.done():
            with _HandedOver(self):
                self.succeed(self.work())

    def succeed(self, result: T) -> None:
        """In the thread: the caller gets this."""
        self._hand_over(self._succeed, result)

    def fail(self, error: BaseException) -> None:
        """In the thread: the caller gets it raised."""
        self._hand_over(self._fail, error)

    def _hand_over(self, deliver: Callable[..., None], what: object) -> None:
        # A loop that has ended waits for nothing any more.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(deliver, what)

    def _succeed(self, result: T) -> None:
        if not self.outcome.done():
            self.outcome.set_result(result)
        elif self.unwanted is not None:
            self.unwanted(result)

    def _fail(self, error: BaseException) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(error)


class _HandedOver:
    """A block whose errors are its caller's, whatever they are, and not the thread's that runs it."""

    def __init__(self, call: _Call[T]) -> None:
        self._call = call

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if error is not None:
            self._call.fail(error)
        return True


class Threads:
    """Up to ``limit`` threads, started when they are needed.

    They are daemons: a process whose storage hangs can still end.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._idle = threading.Semaphore(0)
        self._started = 0
        self._calls: SimpleQueue[_Call[object] | None] = SimpleQueue()

    @property
    def waiting(self) -> int:
        """Calls that no thread has taken yet."""
        return self._calls.qsize()

    def submit(self, call: _Call[T]) -> None:
        """Have the call run by the next free thread."""
        self._calls.put(call)  # type: ignore[arg-type]
        if not self._idle.acquire(blocking=False) and self._started < self._limit:
            self._started += 1
            threading.Thread(target=self._serve, name=self._name, daemon=True).start()

    def close(self) -> None:
        """Let the threads end, each after what it is doing."""
        for _ in range(self._started):
            self._calls.put(None)

    def _serve(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run()
            # Nothing of a finished call is kept alive while the thread waits for the next one.
            del call
            self._idle.release()


class Circuit:
    """Whether the storage answers at all; asks it, in a thread of its own, when there is a doubt."""

    def __init__(self, sign_of_life: Callable[[], object], pace: Pace) -> None:
        self._sign_of_life = sign_of_life
        self._pace = pace
        self._threads = Threads("storage-life", 1)
        self._waiting: set[asyncio.Future[object]] = set()
        self._asking = False
        self.is_open = False

    def require_life(self) -> None:
        """Raise ``Unavailable`` (code ``storage_hung``) while the storage is known to hang."""
        if self.is_open:
            raise hung()

    def join(self, outcome: asyncio.Future[T]) -> None:
        """Fail ``outcome`` when the circuit opens."""
        self._waiting.add(outcome)  # type: ignore[arg-type]
        outcome.add_done_callback(self._waiting.discard)

    def suspect(self) -> None:
        """Somebody waits for longer than usual: ask for a sign of life, unless that has been done."""
        if self._asking:
            return
        self._asking = True
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[object] = loop.create_future()
        silence = loop.call_later(self._pace.life, self._open)
        outcome.add_done_callback(lambda done: self._heard(done, silence))
        self._threads.submit(_Call(self._sign_of_life, loop, outcome))

    def close(self) -> None:
        """Ask nothing more."""
        self._threads.close()

    def _open(self) -> None:
        self.is_open = True
        _log.error("the storage hangs: calls are refused until it answers", waiting=len(self._waiting))
        for outcome in tuple(self._waiting):
            if not outcome.done():
                outcome.set_exception(hung())

    def _heard(self, outcome: asyncio.Future[object], silence: asyncio.TimerHandle) -> None:
        silence.cancel()
        self._asking = False
        # An error is an answer too: each call will meet it, and say which one.
        if not outcome.cancelled():
            outcome.exception()
        if self.is_open:
            self.is_open = False
            _log.warning("the storage answers again")


class Lane:
    """One kind of calls, with threads of its own."""

    def __init__(self, name: str, threads: int, *, circuit: Circuit, pace: Pace) -> None:
        self._threads = Threads(f"storage-{name}", threads)
        self._circuit = circuit
        self._pace = pace

    async def run(
        self,
        work: Callable[[], T],
        *,
        seconds: float | None = None,
        unwanted: Callable[[T], object] | None = None,
    ) -> T:
        """The result of ``work``; ``unwanted`` gets it when the caller has left meanwhile.

        Raises ``Unavailable``: code ``storage_hung`` when the storage does not answer, in ``seconds`` or at
        all; ``storage_busy`` when too many wait already. The thread goes on; only its caller leaves.
        """
        self._circuit.require_life()
        if self._threads.waiting >= MAX_WAITING:
            raise Unavailable("The storage is too busy.", code="storage_busy")
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[T] = loop.create_future()
        self._circuit.join(outcome)
        deadline = monotonic_seconds() + (self._pace.answer if seconds is None else seconds)
        patience = _Patience(self._circuit, outcome, deadline=deadline, step=self._pace.suspect)
        self._threads.submit(_Call(work, loop, outcome, unwanted))
        try:
            return await outcome
        finally:
            patience.end()

    def soon(self, work: Callable[[], object]) -> asyncio.Future[object]:
        """Have ``work`` done for certain, whoever waits for it; it raises nothing."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[object] = loop.create_future()
        outcome.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._threads.submit(_Call(work, loop, outcome))
        return outcome

    async def settle(self, work: Callable[[], object]) -> None:
        """``soon``, and wait for it as long as a healthy storage may take."""
        outcome = self.soon(work)
        if not self._circuit.is_open:
            await asyncio.wait({outcome}, timeout=self._pace.suspect)

    def close(self) -> None:
        """Take no more work; a hung thread is left behind."""
        self._threads.close()


class _Patience:
    """Looks at one call now and then: raises suspicion, and ends the waiting at the deadline."""

    def __init__(self, circuit: Circuit, outcome: asyncio.Future[T], *, deadline: float, step: float) -> None:
        self._circuit = circuit
        self._outcome = outcome
        self._deadline = deadline
        self._step = step
        self._arm()

    def end(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _arm(self) -> None:
        left = max(self._deadline - monotonic_seconds(), 0)
        self._timer = asyncio.get_running_loop().call_later(min(self._step, left), self._look)

    def _look(self) -> None:
        if self._outcome.done():
            return
        if monotonic_seconds() >= self._deadline:
            self._outcome.set_exception(hung())
            return
        self._circuit.suspect()
        self._arm()


@dataclass(frozen=True)
class Lanes:
    """The kinds of calls and their common circuit."""

    reading: Lane
    writing: Lane
    looking: Lane
    circuit: Circuit

    @classmethod
    def of(cls, sign_of_life: Callable[[], object], pace: Pace) -> Lanes:
        """Lanes to one storage; ``sign_of_life`` is a quick look at it."""
        circuit = Circuit(sign_of_life, pace)
        return cls(
            reading=Lane("reading", READING_THREADS, circuit=circuit, pace=pace),
            writing=Lane("writing", WRITING_THREADS, circuit=circuit, pace=pace),
            looking=Lane("looking", LOOKING_THREADS, circuit=circuit, pace=pace),
            circuit=circuit,
        )

    def close(self) -> None:
        """Take no more work; hung threads are left behind."""
        for each in (self.reading, self.writing, self.looking, self.circuit):
            each.close()


def hung() -> Unavailable:
    """What callers are told while the storage does not answer."""
    return Unavailable("The storage is not answering.", code="storage_hung")
