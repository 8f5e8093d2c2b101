"""The built front end: hashed files that browsers keep for ever, served from memory, compressed once."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vlog.api.conditional import is_known, tag_of
from vlog.api.headers import SCRIPT_POLICY
from vlog.kit.errors import Fault, NotFound

FOLDER = Path(__file__).resolve().parent.parent / "web" / "static"
# The name holds a hash of the content, so the content of a name never changes.
_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
}
_COMPRESSED = frozenset({".css", ".js", ".svg", ".json"})


@dataclass(frozen=True, slots=True)
class _Asset:
    plain: bytes
    gzipped: bytes | None
    media_type: str
    tag: str


class Assets:
    """Knows the address of each built file, and answers ``GET /static/{name}``."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._names = _manifest(folder)
        self._served = frozenset(self._names.values()) | _chunks(folder)
        self._loaded: dict[str, _Asset] = {}

    def url(self, name: str) -> str:
        """The address of a file by the name that it has in the sources; raises ``Fault``."""
        if name not in self._names:
            raise Fault(
                f"The front end is not built ({name} is missing): run `make install`.",
                code="front_end_missing",
            )
        return f"/static/{self._names[name]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        name = scope["path_params"]["name"]
        # Looked up, never joined to a path: there is no name that leads elsewhere.
        if name not in self._served:
            raise NotFound("There is no such file.", code="no_such_file")
        if name not in self._loaded:
            self._loaded[name] = await asyncio.to_thread(_load, self._folder / name)
        await _answer(request, self._loaded[name])(scope, receive, send)


def _answer(request: Request, asset: _Asset) -> Response:
    body, tag = asset.plain, asset.tag
    headers = {
        "cache-control": _FOREVER,
        "content-type": asset.media_type,
        "content-security-policy": SCRIPT_POLICY,
        "vary": "Accept-Encoding",
    }
    if asset.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        # Other bytes, so another tag (RFC 9110 §8.8.3.3).
        body, tag = asset.gzipped, f'{asset.tag[:-1]}-gz"'
        headers["content-encoding"] = "gzip"
    headers["etag"] = tag
    if is_known(request.headers.get("if-none-match"), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers["content-length"] = str(len(body))
    return Response(b"" if request.method == "HEAD" else body, headers=headers)


def _load(path: Path) -> _Asset:
    plain = path.read_bytes()
    gzipped = gzip.compress(plain, 9, mtime=0) if path.suffix in _COMPRESSED else None
    return _Asset(plain, gzipped, _TYPES.get(path.suffix, "application/octet-stream"), tag_of(plain))


def _manifest(folder: Path) -> dict[str, str]:
    try:
        names: dict[str, str] = json.loads((folder / "manifest.json").read_text())
    except FileNotFoundError:
        return {}
    return names


def _chunks(folder: Path) -> frozenset[str]:
    """Parts that bundles share: bundles import them, the manifest doesn't name them."""
    return frozenset(path.name for path in folder.glob("*.js"))
