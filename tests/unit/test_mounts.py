"""Which file system holds a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from vlog.kit.mounts import file_system_of, is_remote

TABLE = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv/media rw - nfs4 nas:/export rw,vers=4.2
31 30 0:41 / /srv/media/fast rw master:2 shared:3 - xfs /dev/nvme0n1 rw
32 22 0:42 / /mnt/my\040disk rw - fuse.sshfs me@host: rw
33 22 0:43 / /over rw - tmpfs tmpfs rw
34 22 0:44 / /over rw - cifs //nas/share rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind", "remote"),
    [
        ("/home/me", "ext4", False),
        ("/srv/media", "nfs4", True),
        ("/srv/media/uploads/inbox", "nfs4", True),
        ("/srv/media/fast/inbox", "xfs", False),
        ("/srv/mediathek", "ext4", False),
        ("/mnt/my disk/inbox", "fuse.sshfs", True),
        ("/over/inbox", "cifs", True),
    ],
)
def test_the_nearest_mount_decides(folder: str, kind: str, remote: bool) -> None:
    assert file_system_of(Path(folder), TABLE) == kind
    assert is_remote(kind) is remote


def test_an_unknown_place_is_not_remote() -> None:
    assert file_system_of(Path("/home"), "") is None
    assert is_remote(None) is False
