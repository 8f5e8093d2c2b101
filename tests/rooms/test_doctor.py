"""The doctor names what is wrong and how to mend it, whether VLog runs or not."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.disks import small_disk
from tests.support.installation import free_ports
from vlog.cli import diagnosis, diagnosis_server
from vlog.cli.diagnosis import Line, Verdict, good
from vlog.cli.doctor import Look, examine
from vlog.config import Config
from vlog.db.engine import Database


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "data" / "storage").mkdir(parents=True)
    first, second, third = free_ports()
    return Config(
        data_dir=tmp_path / "data",
        storage_path=tmp_path / "data" / "storage",
        public_port=first,
        admin_port=second,
        worker_api_port=third,
    )


def only_bad(lines: list[Line]) -> Line:
    """The one line that is not fine; it says how to mend it."""
    (line,) = [line for line in lines if line.verdict is not Verdict.OK]
    return line


def test_a_machine_that_is_fine(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    ports = dict(zip(("PUBLIC", "ADMIN", "WORKER_API"), map(str, free_ports()), strict=True))
    environment |= {f"VLOG_{name}_PORT": number for name, number in ports.items()}
    command = [str(Path(sys.executable).with_name("vlog")), "doctor", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = {line["subject"]: line for line in json.loads(done.stdout)}
    assert {"python", "data", "storage", "ffmpeg", "jail", "gpu", "database", "ports"} <= found.keys()
    assert [line for line in found.values() if line["verdict"] == "bad"] == []
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


async def hung(_: Config) -> list[Line]:
    """What a dead network disk does: the thread sleeps in the kernel, and no loop turns."""
    time.sleep(60)
    return []


async def silent(_: Config) -> list[Line]:
    """A server that takes the question and never answers."""
    await asyncio.sleep(60)
    return []


async def fine(_: Config) -> list[Line]:
    return [good("fine", "as it should be")]


def test_a_check_that_hangs_holds_no_other_and_is_said(config: Config) -> None:
    looks = (
        Look("disk", hung, seconds=0.3),
        Look("network", silent, seconds=0.3, late=Verdict.WARNING, remedy="Wait."),
        Look("rest", fine),
    )
    disk, network, rest = examine(config, looks)
    assert (disk.subject, disk.verdict, disk.words) == ("disk", Verdict.BAD, "no answer in 0.3 s")
    assert (network.verdict, network.remedy) == (Verdict.WARNING, "Wait.")
    assert rest == good("fine", "as it should be")


def test_the_command_ends_although_a_check_hangs(tmp_path: Path) -> None:
    script = """
import time
from vlog.cli import doctor
async def hung(_):
    # Not a daemon: as a thread of asyncio's own pool, it would be waited for at the end of the process.
    import asyncio
    await asyncio.to_thread(time.sleep, 3600)
doctor.LOOKS = (doctor.Look("disk", hung, seconds=0.2),)
doctor.main()
"""
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "no answer in 0.2 s" in done.stdout) == (1, True), done.stderr


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_check_that_breaks_is_no_clean_bill(config: Config) -> None:
    async def broken(_: Config) -> list[Line]:
        raise ZeroDivisionError

    (line,) = examine(config, (Look("odd", broken),))
    assert (line.subject, line.verdict) == ("odd", Verdict.BAD)


async def test_a_storage_that_is_another_folder(config: Config) -> None:
    (config.storage_path / "holiday.mp4").touch()
    line = only_bad(await diagnosis.storage(config))
    assert (line.verdict, "vlog storage adopt" in line.remedy) == (Verdict.BAD, True)


async def test_a_storage_that_can_only_be_read_or_is_nearly_full(config: Config) -> None:
    with small_disk(config.storage_path):
        line = only_bad(await diagnosis.storage(config))
        assert (line.verdict, "free" in line.words) == (Verdict.WARNING, True)
        with small_disk.read_only(config.storage_path):
            lines = await diagnosis.storage(config)
            assert [line for line in lines if line.verdict is Verdict.BAD and "written" in line.words]


async def test_folders_on_different_disks(config: Config) -> None:
    (config.storage_path / ".vlog-root").write_text("us\n")
    with small_disk(config.storage_path / "uploads"):
        line = only_bad(await diagnosis.storage(config))
    assert (line.verdict, "different disks" in line.words) == (Verdict.WARNING, True)


async def test_a_storage_that_does_not_exist(config: Config) -> None:
    elsewhere = replace(config, storage_path=Path("/nowhere/at/all"))
    assert only_bad(await diagnosis.storage(elsewhere)).verdict is Verdict.BAD


async def test_an_ffmpeg_that_is_none(config: Config) -> None:
    lines = await diagnosis.media_tools(replace(config, ffmpeg=Path("/bin/true")))
    assert ("ffmpeg", Verdict.BAD) in {(line.subject, line.verdict) for line in lines}


async def test_a_jail_that_is_switched_off(config: Config) -> None:
    line = only_bad(await diagnosis.media_tools(replace(config, unsafe_no_jail=True)))
    assert (line.subject, line.verdict) == ("jail", Verdict.WARNING)


async def test_the_database_as_it_should_be(config: Config, db: Database) -> None:
    lines = await diagnosis_server.database(replace(config, database_url=db.dsn))
    assert {line.subject: line.verdict for line in lines} == dict.fromkeys(
        ("database", "clock", "schema"), Verdict.OK
    )


async def test_a_schema_that_is_too_old(config: Config, db: Database) -> None:
    await db.pool.execute("UPDATE alembic_version SET version_num = '0001'")
    line = only_bad(await diagnosis_server.database(replace(config, database_url=db.dsn)))
    assert (line.subject, "vlog db upgrade" in line.remedy) == ("schema", True)


async def test_a_database_that_can_only_be_read(config: Config, db: Database) -> None:
    name = await db.fetchval("SELECT current_database()")
    await db.pool.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    line = only_bad(await diagnosis_server.database(replace(config, database_url=db.dsn)))
    assert (line.subject, line.verdict) == ("database", Verdict.BAD)


async def test_a_database_that_is_away(config: Config) -> None:
    dsn = "postgresql://user:secret@127.0.0.1:1/vlog"
    line = only_bad(await diagnosis_server.database(replace(config, database_url=dsn)))
    assert line.verdict is Verdict.BAD
    assert "secret" not in line.words + line.remedy


async def test_a_port_that_somebody_else_has(config: Config) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", config.admin_port))
        other.listen()
        line = only_bad(await diagnosis_server.ports(config))
    assert (line.verdict, "VLOG_ADMIN_PORT" in line.words) == (Verdict.BAD, True)
