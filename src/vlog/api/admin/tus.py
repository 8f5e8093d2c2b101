"""The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), read and refused."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from vlog.api.deps import MAX_ID
from vlog.api.multipart import printable_name
from vlog.catalog.text import clean_description, clean_title, title_of_file
from vlog.catalog.videos import NewVideo
from vlog.kit.errors import Invalid
from vlog.processing.resumable import Checksum
from vlog.processing.upload_rows import Announced

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CHECKSUM_ALGORITHMS = ("sha256", "sha1")
CONTENT_TYPE = "application/offset+octet-stream"

_NUMBER = re.compile(r"[0-9]{1,18}")
_MANY_DIGITS = re.compile(r"[0-9]{19,}")
# More than any file has, and still a number that PostgreSQL knows.
_ENDLESS = 10**18
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_KEY = re.compile(r"[!-+\--~]+")
_BOOLEANS = {"true": True, "false": False}


def require_version(headers: Mapping[str, str]) -> None:
    """Raise ``Invalid`` (code ``unsupported_tus_version``) unless the client speaks this version."""
    if headers.get("tus-resumable") != VERSION:
        raise Invalid(
            f"This is tus {VERSION}: send Tus-Resumable: {VERSION}.", code="unsupported_tus_version"
        )


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that is a count of bytes. Raises ``Invalid`` (code ``bad_tus_header``)."""
    text = headers.get(name, "")
    if _MANY_DIGITS.fullmatch(text):
        # It is refused for what it is: too large, or not where the upload goes on.
        return _ENDLESS
    if not _NUMBER.fullmatch(text):
        raise bad_header(f"{name} must be there and be a whole number.")
    return int(text)


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """``Upload-Checksum``: an algorithm and the digest in Base64.

    Raises ``Invalid`` (codes ``bad_tus_header``, ``unsupported_checksum``).
    """
    text = headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        raise Invalid(
            f"Upload-Checksum can be of {' or '.join(CHECKSUM_ALGORITHMS)}.", code="unsupported_checksum"
        )
    return Checksum(algorithm=algorithm, digest=_base64(encoded, "Upload-Checksum"))


def announced(headers: Mapping[str, str], *, owner: str) -> Announced:
    """What a creation says of the upload and its video.

    Raises ``Invalid`` (``bad_tus_header``, and what the form of ``POST /api/videos`` is refused for).
    """
    metadata = _metadata(headers.get("upload-metadata", ""))
    return Announced(
        length_bytes=number(headers, "upload-length"),
        video=_video(metadata),
        metadata=_written(metadata),
        promised_sha256=_promised(metadata),
        owner=owner,
    )


def http_date(moment: datetime) -> str:
    """A moment as HTTP writes it (RFC 9110 §5.6.7)."""
    return format_datetime(moment, usegmt=True)


def bad_header(words: str) -> Invalid:
    """What to say of a header that is not as the protocol has it."""
    return Invalid(words, code="bad_tus_header")


def _metadata(raw: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in raw.split(",") if raw.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise bad_header("Upload-Metadata must be different names, each with a value in Base64.")
        value = _base64(encoded, "Upload-Metadata")
        try:
            found[key] = value.decode()
        except UnicodeDecodeError:
            raise bad_header(f"Upload-Metadata: {printable_name(key)} is not UTF-8.") from None
    return found


def _written(metadata: Mapping[str, str]) -> str:
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items())
    return ",".join(pair.rstrip() for pair in pairs)


def _video(metadata: Mapping[str, str]) -> NewVideo:
    filename = printable_name(metadata.get("filename", ""))
    title = metadata.get("title", "")
    if not title.strip():
        # What people call a file says more than nothing.
        title = title_of_file(filename) if filename else ""
    if not title:
        raise Invalid("The upload has neither a title nor a file name.", code="missing_title", field="title")
    publish = _BOOLEANS.get(metadata.get("publish", "true").strip().lower())
    if publish is None:
        raise Invalid("publish must be true or false.", code="invalid_publish", field="publish")
    return NewVideo(
        title=clean_title(title),
        description=clean_description(metadata.get("description", "")),
        category_id=_category_id(metadata.get("category_id", "").strip()),
        publish_when_ready=publish,
        source_filename=filename,
        replaces=_replaces(metadata.get("replaces", "").strip()),
    )


def _category_id(text: str) -> int | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MAX_ID:
        raise Invalid("There is no such category.", code="unknown_category", field="category_id")
    return int(text)


def _replaces(text: str) -> int | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MAX_ID:
        raise Invalid("There is no such video.", code="unknown_video", field="replaces")
    return int(text)


def _promised(metadata: Mapping[str, str]) -> bytes | None:
    text = metadata.get("sha256", "")
    if not text:
        return None
    if not _SHA256.fullmatch(text):
        raise Invalid("sha256 must be 64 hexadecimal digits.", code="invalid_sha256", field="sha256")
    return bytes.fromhex(text)


def _base64(text: str, header: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise bad_header(f"{header} is not valid Base64.") from None
