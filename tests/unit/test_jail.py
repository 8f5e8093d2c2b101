"""From what a run may touch to the command line that holds it to that."""

from __future__ import annotations

import marshal
import os
import platform
import resource
from pathlib import Path
from typing import Any

import pytest

from vlog.config import load
from vlog.kit.errors import Invalid, NotFound
from vlog.pipeline import bubblewrap, landlock
from vlog.pipeline.binaries import MediaTools, Runtime
from vlog.pipeline.failures import SandboxMissing
from vlog.pipeline.jail import Jail, JailSpec, Limits, Mode

TOOLS = MediaTools(Path("/opt/ffmpeg"), Path("/opt/ffprobe"), "9.0", frozenset())


def held(mode: Mode = Mode.LANDLOCK, abi: int = 7) -> Jail:
    if mode is Mode.BUBBLEWRAP:
        return Jail(TOOLS, mode, bwrap=Path("/usr/bin/bwrap"))
    return Jail(TOOLS, mode, landlock_abi=abi if mode is Mode.LANDLOCK else 0)


def applied(command: list[str]) -> dict[str, Any]:
    """What the launcher is told."""
    spec = bytes.fromhex(command[command.index("--") - 1])
    told: dict[str, Any] = marshal.loads(spec)  # noqa: S302 - written by the code under test
    return told


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "7.mp4"
    file.write_bytes(b"video")
    return file


def test_the_source_is_always_named_by_an_absolute_url(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(source.parent)
    assert held().source_url(Path("-i_%d.mp4")) == f"file:{source.parent}/-i_%d.mp4"
    assert held(Mode.BUBBLEWRAP).source_url(Path("concat:a|b")) == "file:/in/source"


def test_the_command_shown_to_people_names_the_real_file(source: Path) -> None:
    walled = held(Mode.BUBBLEWRAP)
    argv = ["/opt/ffmpeg", "-i", walled.source_url(source), "pipe:3"]
    assert walled.shown(argv, source) == ["/opt/ffmpeg", "-i", f"file:{source}", "pipe:3"]


def test_the_source_gets_the_right_to_be_read_and_no_other(source: Path) -> None:
    command = held().command(JailSpec(source=source), ["/opt/ffprobe"])
    attributes, rules = applied(command)["landlock"]
    assert attributes == landlock.ruleset(7).attributes
    assert rules == [
        ("/opt/ffprobe", landlock.EXECUTE | landlock.READ_FILE, True),
        (str(source), landlock.READ_FILE, False),
    ]


def test_libraries_can_be_read_but_not_started(source: Path) -> None:
    tools = MediaTools(
        TOOLS.ffmpeg, TOOLS.ffprobe, "9.0", frozenset(), ffmpeg_runtime=Runtime(Path("/ld"), (Path("/lib"),))
    )
    command = Jail(tools, Mode.LANDLOCK, landlock_abi=7).command(JailSpec(source=source), ["/opt/ffmpeg"])
    rights = {path: given for path, given, _ in applied(command)["landlock"][1]}
    assert rights["/lib"] == landlock.READ_FILE
    assert rights["/ld"] == landlock.EXECUTE | landlock.READ_FILE


@pytest.mark.parametrize(("abi", "guards_signals", "guards_truncation"), [(2, 1, 1), (5, 1, 0), (6, 0, 0)])
def test_the_filter_fills_the_gaps_of_older_kernels(
    abi: int, guards_signals: int, guards_truncation: int
) -> None:
    code = applied(held(abi=abi).command(JailSpec(), ["/opt/ffprobe"]))["seccomp"]
    openat2 = (437).to_bytes(4, "little")
    assert (b"pid!" in code, openat2 in code) == (bool(guards_signals), bool(guards_truncation))


def test_limits_become_resource_limits() -> None:
    limits = Limits(address_space_bytes=1 << 30, cpu_seconds=7, file_size_bytes=5, open_files=9)
    told = dict(applied(held().command(JailSpec(limits=limits), ["/opt/ffprobe"]))["limits"])
    assert told == {
        resource.RLIMIT_AS: 1 << 30,
        resource.RLIMIT_CPU: 7,
        resource.RLIMIT_FSIZE: 5,
        resource.RLIMIT_NOFILE: 9,
        resource.RLIMIT_CORE: 0,
    }


def test_nothing_of_the_environment_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLOG_DATABASE_URL", "postgresql://secret")
    told = applied(held().command(JailSpec(), ["/opt/ffprobe"]))
    assert set(told["environment"]) == {"LC_ALL", "PATH", "AV_LOG_FORCE_NOCOLOR"}
    assert told["parent"] == os.getpid()


def test_the_launcher_runs_without_the_environment_and_its_packages() -> None:
    command = held().command(JailSpec(), ["/opt/ffprobe", "-version"])
    assert command[1:4] == ["-I", "-S", "-E"]
    assert command[-3:] == ["--", "/opt/ffprobe", "-version"]


def test_bubblewrap_finds_the_filter_after_the_passed_files(source: Path) -> None:
    command = held(Mode.BUBBLEWRAP).command(JailSpec(source=source), ["/opt/ffmpeg"], files=[(9, 3), (11, 4)])
    told = applied(command)
    assert told["seccomp_file"] == 5
    assert command[command.index("--seccomp") + 1] == "5"
    assert told["files"] == [(9, 3), (11, 4)]
    assert told["landlock"] is None
    assert command[-1] == "/opt/ffmpeg"


def test_an_unjailed_run_still_has_limits(source: Path) -> None:
    told = applied(held(Mode.NONE).command(JailSpec(source=source), ["/opt/ffmpeg"]))
    assert (told["landlock"], told["seccomp"]) == (None, b"")
    assert told["limits"]


def test_a_missing_source_is_said_before_anything_starts(source: Path) -> None:
    with pytest.raises(NotFound) as raised:
        held().command(JailSpec(source=source.with_name("gone")), ["/opt/ffprobe"])
    assert raised.value.code == "source_missing"


def test_a_link_or_a_folder_is_no_source(source: Path) -> None:
    link = source.with_name("link.mp4")
    link.symlink_to(source)
    for path in (link, source.parent):
        with pytest.raises(Invalid) as raised:
            held().command(JailSpec(source=path), ["/opt/ffprobe"])
        assert raised.value.code == "source_not_a_file"


class TestDetect:
    """Bubblewrap, else Landlock, else a refusal."""

    @pytest.fixture(autouse=True)
    def _machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(bubblewrap, "find", lambda: Path("/usr/bin/bwrap"))
        monkeypatch.setattr(bubblewrap, "works", lambda *_, **__: True)
        monkeypatch.setattr(landlock, "abi", lambda: 4)

    def test_bubblewrap_comes_first(self) -> None:
        assert Jail.detect(TOOLS, load({})) == Jail(TOOLS, Mode.BUBBLEWRAP, bwrap=Path("/usr/bin/bwrap"))

    def test_landlock_where_bubblewrap_may_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bubblewrap, "works", lambda *_, **__: False)
        assert Jail.detect(TOOLS, load({})) == Jail(TOOLS, Mode.LANDLOCK, landlock_abi=4)

    def test_neither_is_a_refusal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bubblewrap, "find", lambda: None)
        monkeypatch.setattr(landlock, "abi", lambda: 0)
        with pytest.raises(SandboxMissing) as raised:
            Jail.detect(TOOLS, load({}))
        assert raised.value.code == "sandbox_missing"

    def test_a_machine_without_a_filter_is_a_refusal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(platform, "machine", lambda: "riscv64")
        with pytest.raises(SandboxMissing):
            Jail.detect(TOOLS, load({}))

    def test_the_operator_can_do_without(self) -> None:
        assert Jail.detect(TOOLS, load({"VLOG_UNSAFE_NO_JAIL": "1"})).mode is Mode.NONE
