"""Edits that meet: who edits says which state he has seen; if it is another by now, nothing is changed."""

from __future__ import annotations

from vlog.kit.errors import Conflict


def refuse_unseen(what: str, *, present: int, seen: int | None) -> None:
    """Raise ``Conflict`` (code ``edited_meanwhile``) if somebody has changed what an editor has seen.

    ``what`` is its kind in plain words; ``seen`` of ``None``: the editor doesn't ask.
    """
    if seen is not None and seen != present:
        raise Conflict(
            f"Somebody else has changed this {what} since you opened it: look at it, then save again.",
            code="edited_meanwhile",
        )
