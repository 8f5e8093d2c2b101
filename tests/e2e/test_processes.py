"""`vlog up` as a person runs it: started, stopped, killed, restarted; nothing lost, nothing left."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.support.installation import Installation
from tests.support.processes import command_line, descendants, left_after

STOP_SECONDS = 10.0
# Whoever runs the tests may have told them to ignore hang-ups (nohup); a terminal does not.
TERMINAL_SIGNALS = ("env", "--default-signal=HUP")
SECOND_START_SECONDS = 5.0

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vlog-up-") as folder:
        yield Path(folder)


@pytest.fixture
def installation(home: Path) -> Iterator[Installation]:
    made = Installation(home)
    yield made
    made.kill()


def process_id(installation: Installation) -> int:
    assert installation.process is not None
    return installation.process.pid


def answers(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health", timeout=2).status_code == 200
    return False


def until_it_answers(url: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not answers(url):
        assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.1)


def child(installation: Installation, words: str) -> int:
    found = [each for each in descendants(process_id(installation)) if words in command_line(each)]
    assert found, f"no process with {words!r}"
    return min(found)


def test_first_start_second_start_and_ctrl_c(home: Path) -> None:
    installation = Installation(home, secret=None)
    try:
        printed = installation.start()
        link = installation.setup_link()
        printed = installation.printed()
        for part in (installation.public, installation.admin, f"http://127.0.0.1:{installation.ports[2]}"):
            assert part in printed
        assert link.startswith(f"{installation.admin}/setup#token=")
        family = descendants(process_id(installation))
        assert len(family) >= 4
        assert installation.stop() == 0
        assert left_after(family, 1) == {}
        assert "Traceback" not in installation.printed()
        assert "VLog has stopped." in installation.printed()
        log = (home / "data" / "logs" / "postgres.log").read_text()
        assert log.rstrip().endswith("database system is shut down")
        assert link.partition("#")[2] not in "".join(
            path.read_text() for path in (home / "data" / "logs").iterdir()
        )

        # The best of three: somebody else's work on this machine is not what is judged.
        seconds = []
        for _ in range(3):
            started = time.monotonic()
            installation.start()
            seconds.append(time.monotonic() - started)
            assert installation.stop() == 0
            if seconds[-1] <= SECOND_START_SECONDS:
                break
        assert min(seconds) <= SECOND_START_SECONDS
    finally:
        installation.kill()


def on_a_terminal(installation: Installation) -> tuple[subprocess.Popen[bytes], int]:
    """``vlog up`` as the foreground job of its own terminal: the process, and the terminal's other end."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*TERMINAL_SIGNALS, "setsid", "--ctty", "--wait", *installation.command("up")],
        env=installation.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def read_until(terminal: int, words: bytes, seconds: float = 60) -> bytes:
    deadline = time.monotonic() + seconds
    seen = b""
    os.set_blocking(terminal, False)
    while words not in seen:
        assert time.monotonic() < deadline, seen.decode(errors="replace")
        with suppress(BlockingIOError):
            seen += os.read(terminal, 65536)
        time.sleep(0.02)
    return seen


def test_ctrl_c_in_a_terminal_reaches_children_through_their_parent_only(installation: Installation) -> None:
    process, terminal = on_a_terminal(installation)
    try:
        read_until(terminal, b"Ctrl-C stops everything")
        family = {process.pid, *descendants(process.pid)}
        started = time.monotonic()
        os.write(terminal, b"\x03")
        said = read_until(terminal, b"VLog has stopped.", STOP_SECONDS)
        assert process.wait(STOP_SECONDS) == 0
        assert time.monotonic() - started < STOP_SECONDS
        assert left_after(family, 1) == {}
        for unwanted in (b"Traceback", b"[error", b"KeyboardInterrupt"):
            assert unwanted not in said
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def test_a_terminal_that_is_closed_ends_everything(installation: Installation) -> None:
    process, terminal = on_a_terminal(installation)
    try:
        read_until(terminal, b"Ctrl-C stops everything")
        family = {process.pid, *descendants(process.pid)}
        os.close(terminal)
        process.wait(STOP_SECONDS)
        assert left_after(family, STOP_SECONDS) == {}
    finally:
        process.kill()
        process.wait()
    log = (installation.home / "data" / "logs" / "postgres.log").read_text()
    assert log.rstrip().endswith("database system is shut down")


def test_kill_9_of_the_supervisor_takes_all_along(installation: Installation) -> None:
    installation.start()
    family = descendants(process_id(installation))
    installation.kill()
    assert left_after(family, STOP_SECONDS) == {}
    # And the next start finds everything in order.
    installation.start()
    assert installation.stop() == 0


def test_kill_9_of_everything_loses_nothing(installation: Installation) -> None:
    installation.start()
    with installation.api() as api:
        assert api.post("/api/categories", json={"name": "Kept"}).is_success
    family = {process_id(installation), *descendants(process_id(installation))}
    for each in family:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    installation.kill()
    assert left_after(family, STOP_SECONDS) == {}
    installation.start()
    with installation.api() as api:
        assert [category["name"] for category in api.get("/api/categories").json()] == ["Kept"]
    assert installation.stop() == 0


def test_a_killed_child_and_a_killed_database_come_back(installation: Installation) -> None:
    installation.start()
    for words in ("vlog.cli.serve", "vlog.cli.background", "vlog.cli.transcoder", "bin/postgres"):
        victim = child(installation, words)
        os.kill(victim, signal.SIGKILL)
        assert left_after({victim}, 5) == {}
        time.sleep(1.5)
        until_it_answers(installation.public)
        assert child(installation, words) != victim
    family = descendants(process_id(installation))
    assert installation.stop() == 0
    assert left_after(family, 1) == {}


def test_a_second_ctrl_c_does_not_wait(installation: Installation) -> None:
    installation.start()
    family = descendants(process_id(installation))
    # A child that can't hear the polite request.
    os.kill(child(installation, "vlog.cli.background"), signal.SIGSTOP)
    process = installation.process
    assert process is not None
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(STOP_SECONDS) == 0
    assert time.monotonic() - started < 4
    assert left_after(family, 1) == {}


def test_a_child_that_does_not_stop_is_killed_in_time(installation: Installation) -> None:
    installation.start()
    family = descendants(process_id(installation))
    os.kill(child(installation, "vlog.cli.background"), signal.SIGSTOP)
    started = time.monotonic()
    assert installation.stop() == 0
    assert time.monotonic() - started < STOP_SECONDS
    assert left_after(family, 1) == {}
