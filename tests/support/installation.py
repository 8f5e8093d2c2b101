"""A whole running VLog for tests and benchmarks: ``vlog up`` on free ports in a temporary home."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

SECRET = "correct-horse-battery-staple"
START_SECONDS = 60
STOP_SECONDS = 20


def free_ports() -> tuple[int, int, int]:
    """Three ports that nobody listens on right now."""
    sockets = (socket.socket(), socket.socket(), socket.socket())
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        first, second, third = (int(each.getsockname()[1]) for each in sockets)
        return first, second, third
    finally:
        for each in sockets:
            each.close()


@dataclass
class Installation:
    """One home folder with its ports; ``start`` and ``stop`` may alternate."""

    home: Path
    ports: tuple[int, int, int] = field(default_factory=free_ports)
    secret: str | None = SECRET
    program: Path = field(default_factory=lambda: Path(sys.executable).with_name("vlog"))
    process: subprocess.Popen[bytes] | None = None

    @property
    def public(self) -> str:
        """Base URL of the public site."""
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def admin(self) -> str:
        """Base URL of the admin service."""
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def storage(self) -> Path:
        """Where the media are."""
        return self.home / "data" / "storage"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands; nothing of this process's VLOG_… reaches them."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VLOG_")}
        chosen = {
            "HOME": str(self.home),
            "VLOG_DATA_DIR": str(self.home / "data"),
            "VLOG_PUBLIC_PORT": str(self.ports[0]),
            "VLOG_ADMIN_PORT": str(self.ports[1]),
            "VLOG_WORKER_API_PORT": str(self.ports[2]),
        }
        if self.secret:
            chosen["VLOG_ADMIN_API_SECRET"] = self.secret
        return {**kept, **chosen}

    def command(self, *words: str) -> list[str]:
        """``vlog …`` of this checkout, or of another environment."""
        return [str(self.program), *words]

    def start(self, extra: Mapping[str, str] | None = None) -> str:
        """Start and wait until all three services answer; the value is what was printed so far."""
        log = self.home / "up.log"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command("up"),
                env={**self.environment, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"vlog up did not start:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.05)
        return log.read_text(errors="replace")

    def printed(self) -> str:
        """What ``vlog up`` has printed since its last start."""
        return (self.home / "up.log").read_text(errors="replace")

    def setup_link(self) -> str:
        """The one-time link that was printed."""
        deadline = time.monotonic() + 10
        while not (found := re.search(r"http\S+/setup#token=[\w-]+", self.printed())):
            if time.monotonic() > deadline:
                raise RuntimeError(f"no set-up link in:\n{self.printed()}")
            time.sleep(0.1)
        return found.group()

    def stop(self) -> int:
        """Press Ctrl-C and wait; the value is the exit status."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def kill(self) -> None:
        """``kill -9`` of ``vlog up``: everything below it must die with it."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()

    def api(self) -> httpx.Client:
        """A client of the admin API, signed in by header."""
        return httpx.Client(base_url=self.admin, headers={"X-Admin-Secret": self.secret or ""}, timeout=60)

    def upload(self, path: Path, title: str) -> dict[str, Any]:
        """Send a file in one multipart request; the value is the answer."""
        with self.api() as client, path.open("rb") as file:
            answer = client.post("/api/videos", data={"title": title}, files={"file": (path.name, file)})
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def video(self, video_id: int) -> dict[str, Any]:
        """The admin's view of a video."""
        with self.api() as client:
            answer = client.get(f"/api/videos/{video_id}")
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    def wait_until_over(
        self, video_id: int, *, seconds: float = 120, whole_job: bool = False
    ) -> dict[str, Any]:
        """Wait for ready or failed (or for the job's end); the value is the admin's view."""
        deadline = time.monotonic() + seconds
        while True:
            video = self.video(video_id)
            over = video["status"] in {"ready", "failed"}
            if over and (not whole_job or video["job"]["state"] in {"done", "failed", "cancelled"}):
                return video
            if time.monotonic() > deadline:
                raise TimeoutError(f"still {video['status']} after {seconds} s: {video['job']}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether all three services do."""
        try:
            return all(
                httpx.get(f"http://127.0.0.1:{port}{path}", timeout=1).status_code == 200
                for port, path in zip(self.ports, ("/health", "/health", "/api/health"), strict=True)
            )
        except httpx.HTTPError:
            return False


@contextmanager
def running(home: Path, *, secret: str | None = SECRET) -> Iterator[Installation]:
    """A started installation that is stopped, or killed, at the end."""
    installation = Installation(home, secret=secret)
    try:
        installation.start()
        yield installation
        installation.stop()
    finally:
        installation.kill()
