"""The files of the embedded database: where they lie, who owns them, and how they are made safely."""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from vlog.kit.children import Identity
from vlog.kit.errors import Fault, Unavailable

# sun_path holds 108 bytes (unix(7)); "/.s.PGSQL.5432.lock" and the final zero take the rest.
_LONGEST_SOCKET_FOLDER = 88


@dataclass(frozen=True)
class Layout:
    """Where the parts of the embedded database lie below ``data_dir``."""

    data_dir: Path

    @property
    def secret(self) -> Path:
        """The password of the database's one role, readable by its owner only."""
        return self.data_dir / "pg.secret"

    @property
    def lock(self) -> Path:
        """Held by whoever runs the cluster."""
        return self.data_dir / "pg.lock"

    @property
    def log(self) -> Path:
        """What PostgreSQL reports."""
        return self.data_dir / "logs" / "postgres.log"

    def cluster(self, major: int) -> Path:
        """The cluster of one major version."""
        return self.data_dir / f"pg{major}"

    def majors(self) -> list[int]:
        """The major versions of complete clusters that are here, ascending."""
        found = (re.fullmatch(r"pg(\d+)", folder.name) for folder in self.data_dir.glob("pg*"))
        return sorted(int(name[1]) for name in found if name and self.version(int(name[1])) is not None)

    def version(self, major: int) -> str | None:
        """What the cluster says about itself; ``None`` when there is none."""
        try:
            return (self.cluster(major) / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return None

    @property
    def socket_folder(self) -> Path:
        """Where the server listens: below ``data_dir``, or elsewhere when its path can't name a socket."""
        below = self.data_dir / "run"
        # Lists of folders and of hosts are split at commas, by the server and by its clients.
        if len(os.fsencode(below)) <= _LONGEST_SOCKET_FOLDER and not set(str(below)) & set(',"\\%'):
            return below
        name = sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
        base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        return Path(base) / f"vlog-{os.geteuid()}-{name}"


def password(layout: Layout) -> str:
    """The password of the cluster's role. Raises ``Unavailable`` when its file is gone."""
    try:
        return layout.secret.read_text().strip()
    except FileNotFoundError as error:
        raise Unavailable(
            f"{layout.secret} is missing: it holds the database's password; restore it from a backup.",
            code="postgres_secret_missing",
        ) from error
    except PermissionError as error:
        raise Unavailable(
            f"{layout.secret} belongs to another user: run VLog as the user who started it first.",
            code="not_owner",
        ) from error


def make_secret(layout: Layout) -> None:
    """Choose the password, unless there is one: whole or not at all, and for its owner's eyes only."""
    if layout.secret.exists() and layout.secret.stat().st_size:
        return
    aside = layout.secret.with_suffix(".tmp")
    aside.unlink(missing_ok=True)
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, secrets.token_urlsafe(32).encode())
        os.fsync(file)
    finally:
        os.close(file)
    aside.replace(layout.secret)


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` durable."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def refuse_ruins(cluster: Path) -> None:
    """Raise ``Unavailable`` when files stand where the cluster shall be made: they may be all there is."""
    if cluster.exists() and any(cluster.iterdir()):
        raise Unavailable(
            f"{cluster} is no complete database (PG_VERSION is missing): restore it from a backup, "
            "or move it away to begin with an empty one.",
            code="postgres_damaged",
        )


def hand_over_once(cluster: Path, identity: Identity) -> None:
    """Give the cluster to the user that the server becomes, if it is not theirs yet."""
    if identity.user_id is not None and cluster.stat().st_uid != identity.user_id:
        hand_over([cluster], identity)


def hand_over(paths: Sequence[Path], identity: Identity) -> None:
    """Give ``paths`` and all below them to the user that the server becomes."""
    if identity.user_id is None or identity.group_id is None:
        return
    for path in paths:
        below = [Path(root, name) for root, folders, files in os.walk(path) for name in (*folders, *files)]
        for each in (path, *below):
            os.chown(each, identity.user_id, identity.group_id, follow_symlinks=False)


def make_private_folder(folder: Path) -> None:
    """A folder that only its owner can enter; refuses one that somebody else put there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (found.st_uid != os.geteuid() and os.geteuid() != 0):
        raise Fault(f"{folder} is not ours: remove it and try again.", code="not_owner")
    folder.chmod(0o700)
