"""Log files stay small, and never stop what logs."""

from __future__ import annotations

from pathlib import Path

from vlog.telemetry.rotation import RotatingFile, rotate_in_place


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_generations_move_on_and_the_oldest_goes(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "a.log", limit_bytes=20, kept=2)
    for number in range(10):
        log.write(f"line {number:04}")
    log.close()
    assert names(tmp_path) == ["a.log", "a.log.1", "a.log.2"]
    assert (tmp_path / "a.log").read_text() == "line 0008\nline 0009\n"
    assert (tmp_path / "a.log.1").read_text() == "line 0006\nline 0007\n"
    assert (tmp_path / "a.log.2").read_text() == "line 0004\nline 0005\n"


def test_what_was_there_counts(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("x" * 19 + "\n")
    log = RotatingFile(tmp_path / "a.log", limit_bytes=20, kept=1)
    log.write("new")
    log.write("newer")
    log.close()
    assert (tmp_path / "a.log").read_text() == "newer\n"
    assert (tmp_path / "a.log.1").read_text() == "x" * 19 + "\nnew\n"


def test_only_the_owner_reads(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "a.log")
    log.write("secret")
    log.close()
    assert (tmp_path / "a.log").stat().st_mode & 0o777 == 0o600


def test_a_line_that_cannot_be_written_is_lost_in_silence(tmp_path: Path) -> None:
    log = RotatingFile(tmp_path / "missing" / "a.log")
    log.write("lost")
    (tmp_path / "missing").mkdir()
    log.write("kept")
    log.close()
    assert (tmp_path / "missing" / "a.log").read_text() == "kept\n"


def test_a_full_disk_does_not_raise() -> None:
    log = RotatingFile(Path("/dev/full"))
    log.write("lost")
    log.close()


def test_an_open_file_is_emptied_under_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("a") as writer:
        writer.write("x" * 30)
        writer.flush()
        rotate_in_place(path, limit_bytes=20, kept=1)
        writer.write("after")
        writer.flush()
        rotate_in_place(path, limit_bytes=20, kept=1)
    assert path.read_text() == "after"
    assert (tmp_path / "a.log.1").read_text() == "x" * 30
    assert names(tmp_path) == ["a.log", "a.log.1"]


def test_nothing_to_rotate_is_no_error(tmp_path: Path) -> None:
    rotate_in_place(tmp_path / "missing.log")
