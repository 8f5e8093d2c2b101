"""The family of errors that rooms raise; only ``api/errors.py`` knows which HTTP status each becomes.

VlogError
 ├─ Invalid            the request or the file is wrong
 │   └─ Damaged        what arrived is not what was sent
 ├─ NotAuthenticated   nobody is signed in
 ├─ NotPermitted       somebody is, but may not do this
 ├─ NotFound           there is no such thing (or the caller may not know of it)
 ├─ Gone               there was such a thing
 ├─ Conflict           the thing is not in the state that this needs
 │   └─ LeaseLost      somebody else holds the task now
 ├─ TooLarge           more bytes than allowed
 ├─ TooMany            more requests than allowed
 ├─ OutOfSpace         the storage is full
 ├─ Unavailable        a part that this needs is not answering: try again
 └─ Fault              our own mistake or a broken installation

The class docstring's first line is the default message. ``code`` is stable and documented; ``details`` is
JSON-serialisable and safe to show.
"""

from __future__ import annotations

from typing import ClassVar


class VlogError(Exception):
    """Something went wrong."""

    default_code: ClassVar[str] = "error"

    def __init__(self, message: str | None = None, *, code: str | None = None, **details: object) -> None:
        self.message = message or (type(self).__doc__ or "").strip().split("\n")[0]
        self.code = code or self.default_code
        self.details = details
        super().__init__(self.message)


class Invalid(VlogError):
    """The request is not valid."""

    default_code = "invalid"


class Damaged(Invalid):
    """What arrived is not what was sent; send it again."""

    default_code = "checksum_mismatch"


class NotAuthenticated(VlogError):
    """Sign in first."""

    default_code = "not_authenticated"


class NotPermitted(VlogError):
    """You may not do this."""

    default_code = "not_permitted"


class NotFound(VlogError):
    """There is no such thing here."""

    default_code = "not_found"


class Gone(VlogError):
    """This is no longer here."""

    default_code = "gone"


class Conflict(VlogError):
    """This does not fit the present state."""

    default_code = "conflict"


class LeaseLost(Conflict):
    """Another worker holds this task now."""

    default_code = "stale_lease"


class TooLarge(VlogError):
    """This is larger than allowed."""

    default_code = "too_large"


class TooMany(VlogError):
    """Too many requests; wait a little."""

    default_code = "too_many_requests"


class OutOfSpace(VlogError):
    """The storage is full."""

    default_code = "out_of_space"


class Unavailable(VlogError):
    """A part of VLog is not answering; try again in a moment."""

    default_code = "unavailable"


class Fault(VlogError):
    """VLog made a mistake."""

    default_code = "fault"
