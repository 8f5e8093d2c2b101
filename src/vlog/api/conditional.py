"""Entity tags, and answers that are sent only when the client does not have them yet (RFC 9110 §13)."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from hashlib import sha256
from time import time

from starlette.requests import Request
from starlette.responses import Response

_MAX_DATE_LENGTH = 64
# Two changes within one second have one date (RFC 9110 §8.8.2.2): a recent one is not believed.
_DOUBT_SECONDS = 2
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')


def tag_of(body: bytes) -> str:
    """A strong entity tag of these bytes."""
    return f'"{sha256(body).hexdigest()[:24]}"'


def is_known(if_none_match: str | None, tag: str) -> bool:
    """Whether the client has the representation with this tag already (weak comparison)."""
    if not if_none_match or len(if_none_match) > 2048:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(each.removeprefix("W/") == tag for each in _TAG.findall(if_none_match))


def is_same(if_range: str, *, tag: str, modified: str) -> bool:
    """Whether ``If-Range`` names this version: by its strong tag, or by its date to the letter.

    RFC 9110 §13.1.5.
    """
    named = if_range.strip()
    return named == tag or (named == modified and not _is_recent(modified))


def is_unchanged(if_modified_since: str | None, *, modified: str) -> bool:
    """Whether the client's version is at least as young as this one; what is no HTTP date says nothing.

    RFC 9110 §13.1.3, for clients that keep no tags: ``If-None-Match``, where it is sent, counts alone.
    """
    if not if_modified_since or len(if_modified_since) > _MAX_DATE_LENGTH:
        return False
    if if_modified_since == modified:
        return not _is_recent(modified)
    try:
        since = parsedate_to_datetime(if_modified_since)
    except ValueError:
        return False
    # The oldest of the three forms names no zone and means UTC (§5.6.7).
    since = since if since.tzinfo is not None else since.replace(tzinfo=UTC)
    return since >= parsedate_to_datetime(modified) and not _is_recent(modified)


def _is_recent(modified: str) -> bool:
    return time() - parsedate_to_datetime(modified).timestamp() <= _DOUBT_SECONDS


def tagged_response(
    request: Request,
    body: bytes,
    tag: str,
    *,
    cache_control: str = "no-cache",
    media_type: str = "application/json",
) -> Response:
    """A body with its entity tag: 304 without a body when the client has it."""
    headers = {"etag": tag, "cache-control": cache_control}
    if is_known(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
