"""What keeps `vlog up` from starting is one sentence that says what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.processes import descendants, left_after
from vlog.cli.ports import require_free
from vlog.config import Config
from vlog.kit.errors import Conflict, Invalid

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def namespaces_work() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="vlog-up-") as folder:
        yield Installation(Path(folder))


def run(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refusal(installation: Installation, extra: Mapping[str, str], prefix: tuple[str, ...] = ()) -> str:
    """The sentence with which ``vlog up`` ends."""
    return sentence_of(run([*prefix, *installation.command("up")], {**installation.environment, **extra}))


def sentence_of(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith("vlog: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.removeprefix("vlog: ").strip()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_an_occupied_port(installation: Installation, which: int) -> None:
    variable = ("VLOG_PUBLIC_PORT", "VLOG_ADMIN_PORT", "VLOG_WORKER_API_PORT")[which]
    with socket.create_server(("127.0.0.1", installation.ports[which])):
        sentence = refusal(installation, {})
    for part in (f"Port {installation.ports[which]}", variable, f"process {os.getpid()} (", "free port"):
        assert part in sentence
    # Nothing was begun.
    assert not (installation.home / "data" / "pg18").exists()


def test_a_port_whose_connections_linger_is_free(installation: Installation) -> None:
    port = installation.ports[0]
    with socket.create_server(("127.0.0.1", port)) as server:
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()
    require_free(
        Config(
            data_dir=installation.home,
            storage_path=installation.home,
            public_port=port,
            admin_port=installation.ports[1],
            worker_api_port=installation.ports[2],
        )
    )


@pytest.mark.parametrize(("host", "error"), [("203.0.113.7", Invalid), ("no such name", Invalid)])
def test_a_host_that_is_not_ours(installation: Installation, *, host: str, error: type[Exception]) -> None:
    config = Config(data_dir=installation.home, storage_path=installation.home, host=host)
    with pytest.raises(error, match="VLOG_HOST"):
        require_free(config)


def test_a_port_taken_on_another_address_of_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        config = Config(data_dir=Path(), storage_path=Path(), host="0.0.0.0", public_port=port)
        with pytest.raises(Conflict, match=f"Port {port}"):
            require_free(config)


def test_a_second_start_on_the_same_data(installation: Installation) -> None:
    installation.start()
    try:
        assert installation.process is not None
        sentence = refusal(installation, {})
        assert f"process {installation.process.pid}" in sentence
        assert "VLOG_DATA_DIR" in sentence
        family = descendants(installation.process.pid)
        assert installation.stop() == 0
        assert left_after(family, 1) == {}
    finally:
        installation.kill()


def test_a_missing_folder(installation: Installation) -> None:
    missing = installation.home / "mnt" / "nas"
    sentence = refusal(installation, {"VLOG_STORAGE_PATH": str(missing / "vlog")})
    assert str(missing) in sentence
    assert "VLOG_STORAGE_PATH" in sentence


@pytest.mark.skipif(not namespaces_work(), reason="mounting a small disk takes namespaces")
@pytest.mark.parametrize("size", ["64k", "60m"], ids=["no room at all", "too little room"])
def test_a_full_disk(installation: Installation, size: str) -> None:
    disk = installation.home / "disk"
    disk.mkdir()
    script = f'mount -t tmpfs -o size={size} none "{disk}" && exec "$@"'
    prefix = (*NAMESPACE, "sh", "-c", script, "sh")
    sentence = refusal(installation, {"VLOG_DATA_DIR": str(disk / "data")}, prefix)
    assert "is full" in sentence
    assert "VLOG_DATA_DIR" in sentence


@pytest.mark.skipif(not namespaces_work(), reason="mounting a disk takes namespaces")
def test_a_disk_mounted_for_reading(installation: Installation) -> None:
    disk = installation.home / "disk"
    (disk / "media").mkdir(parents=True)
    script = f'mount --bind "{disk}" "{disk}" && mount -o remount,ro,bind "{disk}" && exec "$@"'
    prefix = (*NAMESPACE, "sh", "-c", script, "sh")
    sentence = refusal(installation, {"VLOG_STORAGE_PATH": str(disk / "media")}, prefix)
    assert "read-only" in sentence
    assert "VLOG_STORAGE_PATH" in sentence


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://vlog:geheim@127.0.0.1:9/vlog", "Connection refused"),
        ("postgresql://vlog:geheim@/vlog?host=/nonexistent", "No such file"),
        ("postgresql://vlog:geheim@127.0.0.1:port/vlog", "not an address"),
    ],
)
def test_a_database_that_is_not_there(installation: Installation, url: str, words: str) -> None:
    sentence = refusal(installation, {"VLOG_DATABASE_URL": url})
    assert words in sentence
    assert "VLOG_DATABASE_URL" in sentence
    assert "geheim" not in sentence


def test_a_bad_variable(installation: Installation) -> None:
    assert "VLOG_ADMIN_PORT" in refusal(installation, {"VLOG_ADMIN_PORT": "ninety"})


async def test_another_database_is_used(installation: Installation, dsn: str) -> None:
    await asyncio.to_thread(installation.start, {"VLOG_DATABASE_URL": dsn})
    try:
        assert not (installation.home / "data" / "pg18").exists()
        assert await asyncio.to_thread(installation.stop) == 0
    finally:
        installation.kill()


@pytest.mark.parametrize("words", [("serve", "all"), ("work", "transcoder"), ("work", "background")])
def test_a_service_without_a_database(installation: Installation, words: tuple[str, ...]) -> None:
    done = run(installation.command(*words), installation.environment)
    assert done.returncode == 1
    # A transcoder tries its jail first, and logs that.
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("vlog: ")
    assert "vlog up" in sentence
    assert "VLOG_DATABASE_URL" in sentence


def test_the_schema_is_brought_up_without_services(installation: Installation) -> None:
    environment = installation.environment
    missing = sentence_of(run(installation.command("db", "status"), environment))
    assert "vlog db upgrade" in missing
    assert not (installation.home / "data").exists()
    done = run(installation.command("db", "upgrade"), environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "it was at none" in done.stdout
    assert run(installation.command("db", "status"), environment).returncode == 0
    assert (installation.storage / ".vlog-root").exists()
    assert not list((installation.home / "data").glob("run/*"))
