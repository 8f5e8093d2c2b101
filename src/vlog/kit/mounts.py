"""Which file system a folder lies on, from Linux' table of mounts (proc_pid_mountinfo(5))."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# Changes that another machine makes there cause no events on this one.
_REMOTE = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "ocfs2",
        "gfs2",
        "beegfs",
    }
    | {"virtiofs", "vboxsf", "vmhgfs", "prl_fs", "davfs", "sshfs", "fuse"}
)
_ESCAPED = re.compile(r"\\([0-7]{3})")


def file_system_of(folder: Path, mounts: str) -> str | None:
    """The type of the file system that holds ``folder``, an absolute path without links."""
    best, kind = -1, None
    for line in mounts.splitlines():
        # "36 35 98:0 /root /mount/point rw shared:1 - ext4 /dev/sda1 rw": the fifth field is the place,
        # optional ones end at "-".
        place, _, rest = line.partition(" - ")
        fields = place.split(" ")
        if len(fields) < 5 or not rest:
            continue
        point = Path(_ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields[4]))
        # Of two mounts on one point the later one covers the earlier.
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), rest.split(" ")[0]
    return kind


def is_remote(kind: str | None) -> bool:
    """Whether other machines may write to a file system of this type."""
    return kind is not None and (kind in _REMOTE or kind.startswith("fuse."))
