"""The security headers of every answer. The content policy is a header: inside a page it binds less."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

# Scripts, styles and media come from this origin alone; nothing inline, no plug-ins, no foreign base.
# blob: is how a media element gets what Media Source Extensions feed it; data: small pictures in styles.
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
)
# An answer that is no page: should a browser show it as one after all, it can do nothing.
DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# What a worker script may do is decided by the policy that it is served with.
SCRIPT_POLICY = "default-src 'self'"

_COMMON = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Players on other sites read media, and what a refusal says of it (Fetch standard, "CORS protocol").
FOR_OTHER_SITES = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "Accept-Ranges, Content-Length, Content-Range, ETag, Retry-After",
}
_FOR_MEDIA = ("x-content-type-options", "content-security-policy", "cross-origin-resource-policy")


RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class HeaderPolicy:
    """The headers of one zone; a handler's own header of the same name is kept."""

    page: tuple[tuple[bytes, bytes], ...]
    data: tuple[tuple[bytes, bytes], ...]
    media: tuple[tuple[bytes, bytes], ...]

    def of(self, media_type: bytes) -> tuple[tuple[bytes, bytes], ...]:
        """What an answer of this type has."""
        if media_type.startswith(b"video/"):
            return self.media
        return self.page if media_type.startswith(b"text/html") else self.data

    def completed(self, given: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
        """The headers of an answer (names in lower case), and those of its type that it lacks."""
        present = dict(given)
        lacking = [each for each in self.of(present.get(b"content-type", b"")) if each[0] not in present]
        if b"frame-ancestors" in present.get(b"content-security-policy", b""):
            # The older header knows no list of sites, and must not forbid what the policy allows.
            lacking = [each for each in lacking if each[0] != b"x-frame-options"]
        return [*given, *lacking]

    def for_other_sites(self) -> HeaderPolicy:
        """The same for a place whose every answer, refusals included, other sites' scripts may read."""
        more = _raw(FOR_OTHER_SITES)
        return replace(self, page=(*self.page, *more), data=(*self.data, *more))


def policy(*, may_be_framed: bool) -> HeaderPolicy:
    """``may_be_framed``: pages may stand in frames of their own site; else in none."""
    ancestors, frame = ("'self'", "SAMEORIGIN") if may_be_framed else ("'none'", "DENY")
    page = {
        **_COMMON,
        "content-security-policy": _PAGE.format(ancestors=ancestors),
        "x-frame-options": frame,
    }
    data = {**_COMMON, "content-security-policy": DATA_POLICY, "x-frame-options": "DENY"}
    # A segment is no document: frames, openers and cameras mean nothing to it. Each header costs every one.
    media = {name: data[name] for name in _FOR_MEDIA}
    return HeaderPolicy(page=_raw(page), data=_raw(data), media=_raw(media))


def framed_by(domains: Sequence[str]) -> dict[str, str]:
    """The headers of a page that sites with these names may frame, or all sites where none is named."""
    # A name without a scheme stands for the page's own scheme, and for https (CSP3 §6.7.2.8).
    ancestors = " ".join(("'self'", *domains)) if domains else "*"
    return {
        "content-security-policy": _PAGE.format(ancestors=ancestors),
        "cross-origin-resource-policy": "cross-origin",
    }


def _raw(headers: dict[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), value.encode()) for name, value in headers.items())
