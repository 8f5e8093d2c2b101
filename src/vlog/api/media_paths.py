"""Which files of a video can be asked for by name, what type they are, and how long they may be kept.

The grammar is the whole of it: what does not match exactly is not looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from vlog.media.stills import FORMATS

Kind = Literal["manifest", "picture", "versioned", "segment"]

MEDIA_PREFIX = "/videos/"

_PATH = re.compile(
    r"(?P<storage_key>[a-z0-9]+(?:-[a-z0-9]+)*)/"
    r"(?:(?P<top>master\.m3u8|manifest\.mpd|preview\.mp4|thumbnail\.jpg|thumbnail_(?:wide|[1-9][0-9]{0,3})\.(?:jpg|webp|avif))"
    r"|(?P<token>[0-9a-f]{16,64})/(?P<rendition>[a-z0-9_]{1,20})/"
    r"(?P<file>init\.mp4|stream\.m3u8|segment_(?:0|[1-9][0-9]{0,7})\.m4s))"
)
_MAX_LENGTH = 256

# Our own table: the system's one may be missing or say "audio/x-mpegurl".
# RFC 8216 §4 (m3u8), ISO/IEC 23009-1 (mpd), RFC 6838 registrations of ISO BMFF.
_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "mpd": "application/dash+xml",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
    **{form.extension: form.media_type for form in FORMATS.values()},
}
_KINDS: dict[str, Kind] = {
    "m3u8": "manifest",
    "mpd": "manifest",
    "m4s": "segment",
    "mp4": "segment",
    **{form.extension: "picture" for form in FORMATS.values()},
}
# A manifest is replaced in place; the files of a generation never change under their name.
CACHE_CONTROL: dict[Kind, str] = {
    "manifest": "no-cache",
    "picture": "public, max-age=60, must-revalidate",
    # Asked for by the version that the video has now. Not for ever: the files of the next one are in their
    # place a moment before the video says so.
    "versioned": "public, max-age=604800",
    "segment": "public, max-age=31536000, immutable",
}


@dataclass(frozen=True, slots=True)
class MediaPath:
    """One file of a video: ``token`` is ``None`` for those that stand above the generations.

    ``version`` is the one of a picture that is asked for: what was opened for an earlier one will not do.
    """

    storage_key: str
    token: str | None
    names: tuple[str, ...]
    is_versioned: bool = False
    version: int = 0

    @property
    def is_preview(self) -> bool:
        """Whether it is the short silent film."""
        return self.token is None and self.extension == "mp4"

    @property
    def segment(self) -> int | None:
        """The number of the segment, ``None`` when it is another file."""
        name = self.names[-1]
        return int(name[len("segment_") : -len(".m4s")]) if name.endswith(".m4s") else None

    @property
    def extension(self) -> str:
        """The part after the dot."""
        return self.names[-1].rpartition(".")[2]

    @property
    def kind(self) -> Kind:
        """What sort of file it is."""
        if self.is_versioned:
            return "versioned"
        # It moves, but it is replaced in place as pictures are.
        return "picture" if self.is_preview else _KINDS[self.extension]

    def asked_with(self, query: bytes, *, version: int, preview_version: int) -> MediaPath:
        """The same file, asked for with this query: a picture of the present version may be kept longer."""
        if not query or self.kind != "picture":
            return self
        present = preview_version if self.is_preview else version
        # The next one is asked for by whoever heard of it before this process did.
        for asked in (present, present + 1):
            if query == b"v=%d" % asked:
                return replace(self, is_versioned=asked == present, version=asked)
        return self

    @property
    def media_type(self) -> str:
        """Its Content-Type."""
        return _TYPES[self.extension]


@lru_cache(maxsize=4096)
def parse(path: str) -> MediaPath | None:
    """The file that ``path`` (below ``/videos/``, percent-decoded) names, ``None`` when it names none."""
    match = _PATH.fullmatch(path) if len(path) <= _MAX_LENGTH else None
    if match is None:
        return None
    if match["top"] is not None:
        return MediaPath(match["storage_key"], None, (match["top"],))
    return MediaPath(match["storage_key"], match["token"], (match["rendition"], match["file"]))
