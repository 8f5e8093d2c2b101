"""What is asked of kernels of every age."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from vlog.pipeline import landlock

# Highest right per version, from the kernel's include/uapi/linux/landlock.h.
HANDLED = [
    (1, (1 << 13) - 1, 0, 0),
    (2, (1 << 14) - 1, 0, 0),
    (3, (1 << 15) - 1, 0, 0),
    (4, (1 << 15) - 1, 3, 0),
    (5, (1 << 16) - 1, 3, 0),
    (6, (1 << 16) - 1, 3, 3),
    (7, (1 << 16) - 1, 3, 3),
]


@pytest.mark.parametrize(("version", "filesystem", "network", "scoped"), HANDLED)
def test_all_that_a_version_knows_is_withheld(
    version: int, filesystem: int, network: int, scoped: int
) -> None:
    withheld = landlock.ruleset(version)
    assert (withheld.filesystem, withheld.network, withheld.scoped) == (filesystem, network, scoped)


@pytest.mark.parametrize(("version", "size"), [(1, 8), (3, 8), (4, 16), (5, 16), (6, 24), (9, 24)])
def test_the_struct_is_as_long_as_the_version_takes(version: int, size: int) -> None:
    withheld = landlock.ruleset(version)
    assert len(withheld.attributes) == size
    assert struct.unpack_from("=Q", withheld.attributes) == (withheld.filesystem,)


def test_a_rule_on_a_file_names_no_folder_right(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    withheld = landlock.ruleset(7)
    given = landlock.READ_AND_WRITE_FOLDER
    assert landlock.rule(file, given, withheld=withheld).rights == given & landlock.FILE_RIGHTS
    assert landlock.rule(tmp_path, given, withheld=withheld).rights == given


def test_a_rule_names_no_right_that_an_old_kernel_does_not_know(tmp_path: Path) -> None:
    rule = landlock.rule(tmp_path, landlock.READ_AND_WRITE_FOLDER, withheld=landlock.ruleset(1))
    assert not rule.rights & landlock.TRUNCATE
    device = landlock.rule(Path("/dev/null"), landlock.USE_DEVICE, withheld=landlock.ruleset(4))
    assert not device.rights & landlock.IOCTL_DEV
