"""Downloads a video by its address with yt-dlp, in a jail whose only way out is ``egress``.

What comes back is somebody else's: the file is a plain file of an agreed name, whatever the site calls it,
and texts are shortened and cleaned.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import stat
import sys
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vlog.kit.errors import Invalid, TooLarge, Unavailable
from vlog.pipeline import bubblewrap
from vlog.pipeline.binaries import MediaTools
from vlog.pipeline.egress import Egress
from vlog.pipeline.failures import SandboxMissing

OnProgress = Callable[[int, int | None], None]

WALL_SECONDS = 3600.0
_INSIDE = Path(__file__).with_name("download_inside.py")
_LINE_BYTES = 4 << 20
_CERTIFICATES = ("/etc/ssl", "/usr/lib/ssl", "/usr/share/ca-certificates", "/etc/pki")
_SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")
_TITLE_LENGTH, _DESCRIPTION_LENGTH, _CHAPTERS = 255, 5000, 50


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Where a chapter of the download begins, in seconds."""

    title: str
    start_time: float


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """A file in the work folder, and what its site says of it."""

    file: Path
    title: str
    description: str
    chapters: tuple[Mark, ...]


def checked_url(url: str) -> str:
    """The address, if it is one of the web; raises ``Invalid`` (code ``invalid_url``)."""
    try:
        found = urlsplit(url)
        is_good = found.scheme in ("http", "https") and bool(found.hostname) and found.username is None
        is_good = is_good and (found.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or not url.isprintable() or " " in url:
        raise Invalid(
            f"{url} is no address of the web: it begins with https:// or http://.", code="invalid_url"
        )
    return url


async def download(
    url: str, work: Path, *, tools: MediaTools, egress: Egress, on_progress: OnProgress
) -> Downloaded:
    """Download what is at ``url`` into the empty folder ``work``.

    Raises ``Invalid`` (codes ``invalid_url``, ``download_missing``: yt-dlp is not installed,
    ``download_refused``), ``SandboxMissing``, ``TooLarge``, ``Unavailable``.
    """
    command = _command(checked_url(url), work, tools=tools, max_bytes=egress.max_bytes)
    async with egress.serving(work / "out"):
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
            limit=_LINE_BYTES,
        )
        try:
            async with asyncio.timeout(WALL_SECONDS):
                said, stderr = await asyncio.gather(_listen(child, on_progress), _tail(child))
                await child.wait()
        except TimeoutError as error:
            raise Unavailable("The download took longer than an hour.", code="download_timeout") from error
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if egress.received_bytes > egress.max_bytes:
        raise TooLarge(f"The download is larger than {egress.max_bytes / 1000**3:.0f} GB.")
    if egress.refused:
        raise Invalid(
            f"The download wanted to go to {egress.refused[0]}, which is no public address of the web.",
            code="address_not_public",
        )
    if "title" not in said:
        reason = str(said.get("error") or stderr or "nothing was found there")
        raise Invalid(f"{url} can't be downloaded: {_line(reason, 500)}", code="download_refused")
    return Downloaded(
        file=_file(work),
        title=_line(said.get("title"), _TITLE_LENGTH) or "Untitled",
        description=_text(said.get("description"), _DESCRIPTION_LENGTH),
        chapters=_chapters(said.get("chapters")),
    )


def _command(url: str, work: Path, *, tools: MediaTools, max_bytes: int) -> list[str]:
    found = importlib.util.find_spec("yt_dlp")
    if found is None or found.origin is None:
        raise Invalid(
            "Downloads need yt-dlp: install VLog with its extra `download`, such as "
            "`pip install 'vlog[download]'`.",
            code="download_missing",
        )
    bwrap = bubblewrap.find()
    runtime = tools.runtime_of(tools.ffmpeg)
    if bwrap is None or not bubblewrap.works(bwrap, tools.ffmpeg, runtime=runtime):
        raise SandboxMissing("Downloads run in a jail of their own, which needs bubblewrap (bwrap).")
    python = Path(os.path.realpath(sys.executable))
    library = Path(found.origin).parent
    interpreter = [] if runtime.interpreter is None else [runtime.interpreter]
    needed = [tools.ffmpeg, *interpreter, *runtime.library_folders, python, *_standard_library()]
    # Nothing can be put where the system's folders are seen already.
    seen = tuple(f"{folder}/" for folder in _SYSTEM)
    readable = [each for each in needed if not str(each).startswith(seen)]
    wanted = {"url": url, "library": "/library", "max_bytes": max_bytes, "ffmpeg": str(tools.ffmpeg)}
    return [
        str(bwrap),
        # Own users, processes, IPC, and a network of nothing but its own loopback.
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        *("--cap-drop", "ALL"),
        *(word for path in (*_SYSTEM, *_CERTIFICATES) for word in ("--ro-bind-try", path, path)),
        *(word for path in readable for word in ("--ro-bind-try", str(path), str(path))),
        *("--ro-bind", str(library), "/library/yt_dlp"),
        *("--ro-bind", str(_INSIDE), "/inside.py"),
        *("--bind", str(work), "/jail"),
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),  # noqa: S108 - the jail's own
        *("--setenv", "HOME", "/tmp", "--setenv", "LC_ALL", "C.UTF-8"),  # noqa: S108 - the jail's own
        *("--remount-ro", "/", "--chdir", "/jail", "--"),
        *(str(python), "-I", "-S", "/inside.py", json.dumps(wanted)),
    ]


def _standard_library() -> list[Path]:
    base = Path(os.path.realpath(sys.base_prefix))
    # Under /usr it is among the system's libraries already.
    return [] if base == Path("/usr") else [base / "lib"]


async def _listen(child: asyncio.subprocess.Process, on_progress: OnProgress) -> dict[str, Any]:
    """What was said last, and all progress on the way."""
    said: dict[str, Any] = {}
    while child.stdout is not None and (line := await child.stdout.readline()):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            done, total = entry.get("done_bytes"), entry.get("total_bytes")
            if isinstance(done, int):
                on_progress(done, int(total) if isinstance(total, int | float) else None)
            else:
                said = entry
    return said


async def _tail(child: asyncio.subprocess.Process) -> str:
    tail = b""
    while child.stderr is not None and (block := await child.stderr.read(1 << 16)):
        tail = (tail + block)[-2000:]
    lines = tail.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def _file(work: Path) -> Path:
    """The one file that is there under the agreed name; raises ``Invalid`` (code ``download_refused``)."""
    files = [each for each in work.glob("media.*") if stat.S_ISREG(each.lstat().st_mode)]
    if len(files) != 1:
        raise Invalid("The download brought no file.", code="download_refused")
    return files[0]


def _chapters(given: object) -> tuple[Mark, ...]:
    marks = []
    for each in given if isinstance(given, list) else []:
        start = each.get("start_time") if isinstance(each, dict) else None
        title = _line(each.get("title"), _TITLE_LENGTH) if isinstance(each, dict) else ""
        if isinstance(start, int | float) and 0 <= start < 10_000_000 and title:
            marks.append(Mark(title=title, start_time=float(start)))
    return tuple(marks[:_CHAPTERS])


def _line(text: object, maximum: int) -> str:
    return " ".join(_text(text, 4 * maximum).split())[:maximum]


def _text(text: object, maximum: int) -> str:
    """Without what neither titles nor descriptions may hold."""
    kept = str(text or "").replace("\r\n", "\n")
    plain = "".join(c for c in kept if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", plain)[:maximum].strip()
