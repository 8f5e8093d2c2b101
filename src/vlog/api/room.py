"""Tells when full sockets have room again, without asking about each of them.

An event loop watches a socket only as long as somebody waits for it: two calls of the kernel for each wait,
and for a transport's own wait some bytes that pass through it, besides. Here a connection that was ever
full stays in one edge-triggered ``epoll`` (epoll(7)) until it closes, and the loop watches that ``epoll``.
Many that have room in the same moment are one wake-up.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakKeyDictionary

# So many have their turn before the loop looks at everything else.
AT_ONCE = 128


class Room:
    """The full sockets of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._polled = select.epoll()
        self._calls: dict[int, Callable[[], None]] = {}
        loop.add_reader(self._polled.fileno(), self._tell)

    def watch(self, descriptor: int, call: Callable[[], None]) -> None:
        """From now on, ``call`` each time the socket has room after it was full, and perhaps once more often.

        The kernel reports what changes: whoever fills a socket to the brim hears of it, nobody else must.
        """
        self._polled.register(descriptor, select.EPOLLOUT | select.EPOLLET)
        self._calls[descriptor] = call

    def forget(self, descriptor: int) -> None:
        """The socket is about to be closed."""
        if self._calls.pop(descriptor, None) is not None:
            # Closed already, the kernel has forgotten it.
            with suppress(OSError):
                self._polled.unregister(descriptor)

    def _tell(self) -> None:
        for descriptor, _ in self._polled.poll(0, AT_ONCE):
            # One of those before may have closed it.
            call = self._calls.get(descriptor)
            if call is not None:
                call()


_rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, Room] = WeakKeyDictionary()


def room_of(loop: asyncio.AbstractEventLoop) -> Room:
    """The one of this loop."""
    found = _rooms.get(loop)
    if found is None:
        found = _rooms[loop] = Room(loop)
    return found
