"""The installation recognises what stands, and what it can't do it says in one sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sources import ROOT
from tools import bootstrap, build_frontend


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder that holds the bootstrap and nothing it could install."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "bootstrap.py", tmp_path / "tools")
    return tmp_path


def run_bootstrap(clone: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(clone / "tools" / "bootstrap.py"), *arguments]
    surroundings = {**os.environ, **environment}
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)


def sentences(text: str) -> int:
    return len(text.strip().splitlines())


def test_without_pip_one_sentence_names_the_package(clone: Path) -> None:
    stub = clone / "stub"
    stub.mkdir()
    (stub / "pip.py").write_text("raise SystemExit(1)\n")
    done = run_bootstrap(clone, "run", PYTHONPATH=str(stub))
    assert done.returncode == 1
    assert "apt-get install python3-pip" in done.stderr
    assert sentences(done.stderr) == 1
    assert not (clone / ".venv").exists()


def test_an_unknown_stage_is_refused(clone: Path) -> None:
    done = run_bootstrap(clone, "everything")
    assert done.returncode == 1
    assert "run | check | test" in done.stderr


def test_an_old_python_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "MIN_PYTHON", (99, 0))
    with pytest.raises(SystemExit, match="or newer"):
        bootstrap.require_python()


def test_a_missing_chromium_is_named_where_there_is_no_apt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="apt-get install chromium"):
        bootstrap.require_chromium()


def test_missing_witnesses_are_no_obstacle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "WITNESSES", ("no-such-program",))
    monkeypatch.setattr(bootstrap, "apt_command", lambda: None)
    bootstrap.want_witnesses()
    failing = tmp_path / "apt-get"
    failing.write_text("#!/bin/sh\nexit 100\n")
    failing.chmod(0o755)
    monkeypatch.setattr(bootstrap, "apt_command", lambda: [str(failing)])
    bootstrap.want_witnesses()
    assert "their tests will be skipped" in capsys.readouterr().out


def test_a_chromium_on_the_path_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chromium = tmp_path / "chromium"
    chromium.write_text("#!/bin/sh\n")
    chromium.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    bootstrap.require_chromium()


def test_caches_stay_in_the_clone_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    assert bootstrap.environment()["UV_CACHE_DIR"] == str(ROOT / ".cache" / "uv")
    monkeypatch.setenv("UV_CACHE_DIR", "/elsewhere")
    assert bootstrap.environment()["UV_CACHE_DIR"] == "/elsewhere"


def test_a_renamed_source_changes_the_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build_frontend, "ROOT", tmp_path)
    first = tmp_path / "a.ts"
    first.write_text("export {};\n")
    before = build_frontend.digest([first])
    assert before == build_frontend.digest([first])
    second = first.rename(tmp_path / "b.ts")
    assert before != build_frontend.digest([second])


def test_a_build_is_repeated_only_after_a_change_or_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(build_frontend, "STAMPS", tmp_path / "stamps")
    result = tmp_path / "manifest.json"

    def is_fresh(key: str) -> bool:
        with build_frontend.up_to_date("bundles", key, result) as fresh:
            result.write_text("{}")
        return fresh

    assert [is_fresh("one"), is_fresh("one"), is_fresh("two"), is_fresh("two")] == [False, True, False, True]
    with pytest.raises(SystemExit), build_frontend.up_to_date("bundles", "three", result):
        sys.exit(1)
    assert not is_fresh("three")
    result.unlink()
    assert not is_fresh("three")
