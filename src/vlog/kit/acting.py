"""Who is acting: set at a door for as long as a request takes, read where acts are written down."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Somebody who does something through a door. ``name`` is what people read in the audit log."""

    name: str
    ip: str = ""
    request_id: str = ""


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def act_as(actor: Actor | None) -> None:
    """From here on this task acts for ``actor``; ``None``: for nobody."""
    _actor.set(actor)


def actor() -> Actor | None:
    """Who this task acts for; ``None`` where VLog acts by itself."""
    return _actor.get()
