"""What the use cases of this room stand on; ``context.Context`` is one."""

from __future__ import annotations

from typing import Protocol

from vlog.db.engine import Database
from vlog.settings.store import Settings
from vlog.storage.base import Storage


class Rooms(Protocol):
    """Database, storage and settings."""

    @property
    def db(self) -> Database:
        """The truth."""

    @property
    def storage(self) -> Storage:
        """The bytes."""

    @property
    def settings(self) -> Settings:
        """What the admin wishes."""
