"""Files under false names and files that are two things at once: their content decides."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.inspections import WORK, best_jail
from vlog.pipeline.inspection import inspect
from vlog.pipeline.jail import Jail
from vlog.wire.work import Inspected

SOURCE = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-c:v", "libx264", "-preset", "ultrafast"]
PAGE = b"<!doctype html><script>document.title = 'it ran'</script>"


@pytest.fixture(scope="module")
def jail() -> Jail:
    return best_jail()


async def inspected(jail: Jail, source: Path) -> Inspected:
    return await inspect(jail, source, WORK, on_run=lambda _: None)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("mkv", "x.mp4"), ("mp4", "x.jpg"), ("mp4", "x"), ("mp4", "x.MP4 "), ("mp4", "x.mp4::$DATA")],
)
async def test_a_name_decides_nothing(jail: Jail, tmp_path: Path, kind: str, name: str) -> None:
    true = await inspected(jail, hostile.make(tmp_path, *SOURCE, f"true.{kind}"))
    shutil.move(tmp_path / f"true.{kind}", tmp_path / name)
    assert await inspected(jail, tmp_path / name) == true


@pytest.mark.parametrize("tail", ["page", "archive"])
async def test_what_hangs_behind_a_video_is_not_looked_at(jail: Jail, tmp_path: Path, tail: str) -> None:
    plain = hostile.make(tmp_path, *SOURCE, "plain.mp4")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("index.html", PAGE)
    both = tmp_path / "both.mp4"
    both.write_bytes(plain.read_bytes() + {"page": PAGE, "archive": archive.getvalue()}[tail])
    found, alone = await inspected(jail, both), await inspected(jail, plain)
    assert (found.info.video, found.grid) == (alone.info.video, alone.grid)


async def test_an_attachment_is_not_taken_out(jail: Jail, tmp_path: Path) -> None:
    (tmp_path / "x.ttf").write_bytes(bytes(100))
    named = ["-metadata:s:t", "mimetype=font/ttf", "-metadata:s:t", "filename=../../escaped.ttf"]
    source = hostile.make(tmp_path, *SOURCE, "-attach", "x.ttf", *named, "stowaway.mkv")
    await inspected(jail, source)
    assert not list(tmp_path.parent.parent.glob("escaped.ttf"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stowaway.mkv", "x.ttf"]


async def test_a_description_of_50_megabytes_is_not_read(jail: Jail, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(f";FFMETADATA1\ncomment={'x' * (50 << 20)}\n")
    plain = await inspected(jail, hostile.make(tmp_path, *SOURCE, "plain.mkv"))
    source = hostile.make(
        tmp_path, *SOURCE[:4], "-i", "words.txt", *SOURCE[4:], "-map_metadata", "1", "wordy.mkv"
    )
    found = await inspected(jail, source)
    assert source.stat().st_size > 50 << 20
    assert found.grid.cells == plain.grid.cells
