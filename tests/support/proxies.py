"""nginx and Caddy in front of a running VLog, with the configurations that the repository ships."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.installation import Installation, free_ports
from tests.support.site import wait_for
from tests.support.sources import ROOT

# The proxy asks from 127.0.0.1, which is trusted; visitors come from another address of this machine.
VISITOR = "127.0.0.2"
BEHIND = {"VLOG_TRUSTED_PROXIES": "127.0.0.1", "VLOG_X_ACCEL_PREFIX": "/internal-media"}
_STORAGE = "/var/lib/vlog/storage/"


@dataclass(frozen=True)
class Front:
    """Where visitors reach the two sites."""

    name: str
    public: str
    admin: str

    def visitor(self, **headers: str) -> httpx.Client:
        """Somebody who looks at the public site."""
        return _client(self.public, headers)

    def untidied(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status and body for exactly this path: other clients would tidy it up."""
        parts = urlsplit(self.public)
        place = (parts.hostname or "", parts.port)
        connection = (
            HTTPSConnection(*place, context=ssl._create_unverified_context(), timeout=30)  # noqa: S323
            if parts.scheme == "https"
            else HTTPConnection(*place, timeout=30)
        )
        with closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def admins(self, installation: Installation, **headers: str) -> httpx.Client:
        """The admin, signed in by header."""
        return _client(self.admin, {"X-Admin-Secret": installation.secret or "", **headers})


def _client(base_url: str, headers: dict[str, str]) -> httpx.Client:
    # The certificate was made a moment ago.
    transport = httpx.HTTPTransport(local_address=VISITOR, verify=False)
    return httpx.Client(base_url=base_url, headers=headers, timeout=30, transport=transport)


@contextmanager
def nginx(installation: Installation, folder: Path) -> Iterator[Front]:
    """The shipped files with this installation's ports and folder in their place."""
    program = _program("nginx")
    public, admin, _ = free_ports()
    shutil.copytree(ROOT / "deploy" / "nginx", folder, dirs_exist_ok=True)
    storage = f"{installation.storage}/"
    _replace(folder / "vlog.inc", {_STORAGE: storage}, times=2)
    site = {
        "127.0.0.1:9000": f"127.0.0.1:{installation.ports[0]}",
        "127.0.0.1:9001": f"127.0.0.1:{installation.ports[1]}",
        "snippets/vlog.inc": str(folder / "vlog.inc"),
    }
    text = (folder / "vlog.conf").read_text()
    for name, port in (("videos.example", public), ("admin.videos.example", admin)):
        listening = f"listen 80;\n    server_name {name};"
        assert listening in text
        text = text.replace(listening, f"listen 127.0.0.1:{port};\n    server_name {name};")
    (folder / "vlog.conf").write_text(text)
    _replace(folder / "vlog.conf", site)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Its workers must be able to read the test's folder, which is its owner's alone.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log info;"
        f" events {{ worker_connections 512; }}"
        f" http {{ {temporary} access_log {folder}/access.log; include {folder}/vlog.conf; }}\n"
    )
    command = [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    with _running(command, folder):
        wait_for(f"http://127.0.0.1:{public}/health")
        yield Front("nginx", f"http://127.0.0.1:{public}", f"http://127.0.0.1:{admin}")


@contextmanager
def caddy(installation: Installation, folder: Path) -> Iterator[Front]:
    """The shipped file with this installation's ports, and certificates of Caddy's own."""
    program = _program("caddy")
    public, admin, _ = free_ports()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "deploy" / "caddy" / "Caddyfile", folder / "Caddyfile")
    changes = {
        "# tls internal": "tls internal",
        "\nvideos.example": f"\nhttps://localhost:{public}",
        "admin.videos.example": f"https://localhost:{admin}",
        "127.0.0.1:9000": f"127.0.0.1:{installation.ports[0]}",
        "127.0.0.1:9001": f"127.0.0.1:{installation.ports[1]}",
    }
    _replace(folder / "Caddyfile", changes)
    # What belongs to the machine is left alone: no trust store, no port 80, no control port.
    options = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n"
    (folder / "Caddyfile").write_text(options + (folder / "Caddyfile").read_text())
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}
    with _running([program, "run", "--config", str(folder / "Caddyfile")], folder, environment):
        wait_for(f"https://localhost:{public}/health")
        yield Front("Caddy", f"https://localhost:{public}", f"https://localhost:{admin}")


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed: `apt-get install {name}` brings it")
    return found


def _replace(path: Path, changes: dict[str, str], *, times: int = 1) -> None:
    text = path.read_text()
    for old, new in changes.items():
        assert text.count(old) >= times, f"{path.name} has no {old!r}"
        text = text.replace(old, new)
    path.write_text(text)


@contextmanager
def _running(
    command: Sequence[str], folder: Path, environment: dict[str, str] | None = None
) -> Iterator[None]:
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)
