"""What runs in the jail of a download: yt-dlp, and a way for it to the proxy that watches over it.

Started by path with nothing of VLog importable; it speaks to the outside in lines of JSON on standard output.
The jail has no network but a loopback of its own, on which this program passes connections on to the socket
``out`` in the work folder.
"""

from __future__ import annotations

import importlib
import json
import resource
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

_WORK = Path("/jail")
_BLOCK_BYTES = 64 << 10
_SAID_EVERY_BYTES = 1 << 20


def main() -> None:
    """Download one address into the work folder and say what it is."""
    wanted = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (wanted["max_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.path.append(wanted["library"])
    options = {
        "proxy": f"http://127.0.0.1:{_relay()}",
        "outtmpl": {"default": f"{_WORK}/media.%(ext)s"},
        "ffmpeg_location": wanted["ffmpeg"],
        # The best pictures and the best sound, put together by ffmpeg, or what has both.
        "format": "bv*+ba/b",
        "max_filesize": wanted["max_bytes"],
        "socket_timeout": 20,
        "retries": 3,
        "noplaylist": True,
        "cachedir": False,
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "logger": _Silent(),
        "progress_hooks": [_Progress()],
    }
    # Only known in the jail, where VLog's own packages are not.
    library = importlib.import_module("yt_dlp")
    try:
        with library.YoutubeDL(options) as downloader:
            info = downloader.extract_info(wanted["url"], download=True)
    except library.utils.YoutubeDLError as error:
        _say(error=str(getattr(error, "orig_msg", None) or error))
        return
    if "entries" in info:
        info = next(iter(info["entries"]), None) or {}
    _say(
        title=info.get("title"),
        description=info.get("description"),
        chapters=[
            {
                "title": each.get("title"),
                "start_time": each.get("start_time"),
                "end_time": each.get("end_time"),
            }
            for each in info.get("chapters") or []
        ],
    )


class _Silent:
    def debug(self, _text: str) -> None:
        """Nothing."""

    warning = error = debug


class _Progress:
    def __init__(self) -> None:
        self._said = 0

    def __call__(self, status: dict[str, Any]) -> None:
        done = status.get("downloaded_bytes") or 0
        if abs(done - self._said) >= _SAID_EVERY_BYTES:
            self._said = done
            _say(done_bytes=done, total_bytes=status.get("total_bytes") or status.get("total_bytes_estimate"))


def _say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _relay() -> int:
    """Pass what comes on the loopback on to the proxy's socket; the port."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(server,), daemon=True).start()
    return int(server.getsockname()[1])


def _accept(server: socket.socket) -> None:
    while True:
        near, _ = server.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(str(_WORK / "out"))
        except OSError:
            near.close()
            continue
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(_BLOCK_BYTES):
            target.sendall(block)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
