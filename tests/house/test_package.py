"""The wheel carries all that the product reads at run time, also when it is built where no node is."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.sources import ROOT, files


def built(target: str, *, source: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [package] = folder.glob("vlog-*.whl" if target == "wheel" else "vlog-*.tar.gz")
    return package


def contents(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", source=ROOT, folder=tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_package_and_the_migrations(wheel: Path) -> None:
    package = {path.removeprefix("src/") for path in files() if path.startswith("src/vlog/")}
    migrations = {f"vlog/_{path}" for path in files() if path.startswith("migrations/")}
    assert package | migrations <= contents(wheel)


def test_the_wheel_holds_every_file_of_the_front_end(wheel: Path) -> None:
    static = "vlog/web/static"
    with ZipFile(wheel) as archive:
        manifest = json.loads(archive.read(f"{static}/manifest.json"))
    assert {"public.css", "admin.css", "watch.js"} <= manifest.keys()
    assert {f"{static}/{file}" for file in manifest.values()} <= contents(wheel)


def test_the_wheel_holds_nothing_of_the_workshop(wheel: Path) -> None:
    rooms = {name.partition("/")[0] for name in contents(wheel)}
    assert {room for room in rooms if not room.endswith(".dist-info")} == {"vlog"}


def test_an_sdist_becomes_the_same_wheel_without_node(wheel: Path, tmp_path: Path) -> None:
    sdist = built("sdist", source=ROOT, folder=tmp_path)
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / sdist.name.removesuffix(".tar.gz")
    (unpacked / "tools" / "build_frontend.py").write_text("raise SystemExit('node is not needed here')\n")
    again = built("wheel", source=unpacked, folder=tmp_path / "again")
    assert contents(again) == contents(wheel)
