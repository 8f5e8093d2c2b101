"""Where the files of a video lie and whether visitors may have them, remembered for a moment."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from vlog.api.listening import messages, video_of
from vlog.api.media_paths import MediaPath
from vlog.catalog import videos
from vlog.db.engine import Database
from vlog.events.bus import EventBus
from vlog.kit.clock import monotonic_seconds
from vlog.kit.errors import NotFound, Unavailable
from vlog.processing import generations
from vlog.processing.demand import WantedCell
from vlog.processing.generations import Unfinished
from vlog.storage import layout
from vlog.storage.layout import Key

# The bound on how long a hidden video can still be had when the hint of its hiding was lost.
LIFE_SECONDS = 1.0
# In its last moments an answer that is still asked for is renewed, so that nobody has to wait when it ends.
AHEAD_SECONDS = 0.4
# How much longer an answer counts while the database is away; both together bound how long what was hidden
# in its last moment can still be had.
AWAY_SECONDS = 4.0
_MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one video.

    ``folders`` maps each living token to the names that its folder may have; ``unfinished`` are renditions
    below ``token``, the present one, of which segments may be asked for that are still to be made.
    """

    video_id: int
    is_public: bool
    roots: tuple[Key, ...]
    folders: dict[str, tuple[str, ...]]
    token: str | None = None
    unfinished: dict[str, Unfinished] = field(default_factory=dict)
    thumbnail_version: int = 0
    preview_version: int = 0
    _found: dict[MediaPath, list[Key]] = field(default_factory=dict, compare=False, repr=False)

    def promised(self, path: MediaPath) -> WantedCell | None:
        """The segment, if it is one that may still have to be made; raises ``NotFound`` beyond the last."""
        if not self.unfinished or path.token != self.token or (number := path.segment) is None:
            return None
        made = self.unfinished.get(path.names[0])
        if made is None:
            return None
        if number >= made.cells:
            raise NotFound("There is no such file.", code="no_such_file")
        return WantedCell(made.generation_id, path.names[0], number)

    def keys(self, path: MediaPath) -> list[Key]:
        """Where the file may lie, likeliest first; empty when its address is dead."""
        found = self._found.get(path)
        if found is None:
            # A place lives for a second: what it remembers of its files can't grow large.
            found = self._found[path] = self._look(path)
        return found

    def _look(self, path: MediaPath) -> list[Key]:
        if path.token is None:
            return [root.child(*path.names) for root in self.roots]
        folders = self.folders.get(path.token, ())
        return [root.child(folder, *path.names) for root in self.roots for folder in folders]


class Places:
    """Answers from the database, at most ``LIFE_SECONDS`` old; an event makes the next answer a fresh one."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[str, tuple[float, Place | None]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Place | None]] = {}

    def known(self, storage_key: str) -> Place | None:
        """The place of a video, if it was asked for a moment ago."""
        known = self._known.get(storage_key)
        left_seconds = known[0] - monotonic_seconds() if known is not None else 0
        if known is None or left_seconds <= 0:
            return None
        if left_seconds < AHEAD_SECONDS:
            self._ask(storage_key)
        return known[1]

    async def find(self, storage_key: str) -> Place | None:
        """The place of a video, ``None`` when there is none of this key."""
        known = self._known.get(storage_key)
        if known is not None and known[0] > monotonic_seconds():
            return known[1]
        # A thousand viewers of one video are one question; that one of them leaves hurts no other.
        try:
            return await asyncio.shield(self._ask(storage_key))
        except Unavailable:
            # A restart of the database interrupts nobody's film.
            if known is not None and known[0] + AWAY_SECONDS > monotonic_seconds():
                return known[1]
            raise

    def _ask(self, storage_key: str) -> asyncio.Task[Place | None]:
        asking = self._asking.get(storage_key)
        if asking is None:
            asking = asyncio.create_task(self._look(storage_key))
            self._asking[storage_key] = asking
            asking.add_done_callback(lambda done: self._learn(storage_key, done))
        return asking

    def _learn(self, storage_key: str, asked: asyncio.Task[Place | None]) -> None:
        # An answer that a change has overtaken is given to those who wait, but not kept.
        is_current = self._asking.get(storage_key) is asked
        if is_current:
            del self._asking[storage_key]
        if asked.cancelled() or asked.exception() is not None or not is_current:
            return
        self._known[storage_key] = (monotonic_seconds() + LIFE_SECONDS, asked.result())
        self._known.move_to_end(storage_key)
        while len(self._known) > _MAX_ENTRIES:
            self._known.popitem(last=False)

    async def _look(self, storage_key: str) -> Place | None:
        video = await videos.by_storage_key(self._db, storage_key)
        if video is None:
            return None
        live = await generations.live(self._db, storage_key)
        # While a video moves to or from the archive its files may be in either folder.
        roots = [layout.video(storage_key), layout.archived(storage_key)]
        if video.deleted_at is not None:
            roots.reverse()
        return Place(
            video_id=video.id,
            is_public=video.is_playable,
            roots=tuple(roots),
            folders=live.folders if live is not None else {},
            token=live.token if live is not None else None,
            unfinished=live.unfinished if live is not None else {},
            thumbnail_version=video.thumbnail_version,
            preview_version=video.preview_version,
        )

    async def follow(self, bus: EventBus, stopping: asyncio.Event) -> None:
        """Forget what events say has changed."""
        async for message in messages(bus, stopping):
            if message.lagged:
                self._known.clear()
                self._asking.clear()
            elif message.topic == "event" and (video_id := video_of(message)) is not None:
                self._forget(video_id)

    def _forget(self, video_id: int) -> None:
        # A key that was unknown may have become known: those answers go too.
        stale = [
            key for key, (_, place) in self._known.items() if place is None or place.video_id == video_id
        ]
        for key in stale:
            del self._known[key]
        # Questions on their way may have been answered before the change.
        self._asking.clear()
