"""Damaged files end made or refused; a short version of ``make harness ARGS=mutations``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness import mutations
from harness.mutations import make_seeds, try_all
from harness.tracing import escapes, traced_command
from tests.support.clips import clip
from tests.support.hostile import disguises
from tests.support.jails import build, tools
from tests.support.mutations import MUTATIONS, mutated
from vlog.pipeline.jail import Jail


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_seeds(tmp_path_factory.mktemp("seeds"))


def test_the_same_seed_makes_the_same_damage() -> None:
    whole = bytes(range(256)) * 400
    assert mutated(whole, 7) == mutated(whole, 7)
    assert len({mutated(whole, seed)[0] for seed in range(50)}) == 50


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: str(each.__name__))
def test_each_way_of_damage_can_be_reached(mutation: object) -> None:
    names = {name for seed in range(200) for name in mutated(bytes(range(256)) * 400, seed)[1].split("+")}
    assert mutation.__name__ in names  # type: ignore[attr-defined]


async def test_damaged_files_break_nothing(seeds: list[Path], any_jail: Jail) -> None:
    counted, broken = await try_all(any_jail, seeds, files=2 * len(seeds), seed=1000)
    assert broken == []
    assert counted["made"]
    assert counted.total() > counted["made"]


def traced(command: list[str], log: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    done = subprocess.run(traced_command(command, log), capture_output=True, check=False)
    if b"ptrace" in done.stderr:
        pytest.skip("processes may not be traced here")


def test_an_open_outside_is_seen(tmp_path: Path) -> None:
    victim = tmp_path / "12.mp4"
    victim.write_bytes(clip("sintel_small.mp4").read_bytes())
    thief = tmp_path / "source"
    thief.write_text(disguises(victim, 9)["ffconcat-sibling"])
    traced([str(tools().ffprobe), "-v", "error", str(thief)], tmp_path / "trace")
    found, opened = escapes(tmp_path / "trace", tools())
    assert opened > 0
    assert [line for line in found if "12.mp4" in line]


def test_damaged_files_open_nothing_else(tmp_path: Path) -> None:
    traced(["true"], tmp_path / "trace")
    build("landlock")
    assert mutations.run(["--files", "6", "--traced"]) == 0
