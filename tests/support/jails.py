"""The jails that this machine can build, and Python as a prisoner: it can try what ffmpeg should not."""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

import pytest

from vlog.config import load
from vlog.pipeline import bubblewrap, landlock
from vlog.pipeline.binaries import MediaTools, locate, runtime
from vlog.pipeline.jail import Jail, JailSpec, Limits, Mode

# What the kernel of Debian 12 offers: no rights on truncation, TCP, signals, which seccomp must then cover.
DEBIAN_12_ABI = 2

JAILS = ("bubblewrap", "landlock", f"landlock-{DEBIAN_12_ABI}")
"""Names for ``build``; the numbered one asks no more of Landlock than that version knows."""


@cache
def tools() -> MediaTools:
    """The bundled ffmpeg and ffprobe."""
    return locate(load({}), cache_dir=Path(tempfile.gettempdir()) / "vlog-test-tools")


def build(name: str, media_tools: MediaTools | None = None) -> Jail:
    """The named jail around ``media_tools`` (else the bundled ones), or a skip that says what is missing."""
    held = media_tools or tools()
    if name == "none":
        return Jail(held, Mode.NONE)
    if name == "bubblewrap":
        bwrap = bubblewrap.find()
        if bwrap is None:
            pytest.skip("bubblewrap is not installed")
        if not bubblewrap.works(bwrap, tools().ffprobe, runtime=tools().ffprobe_runtime):
            pytest.skip("bubblewrap may not make namespaces here")
        return Jail(held, Mode.BUBBLEWRAP, bwrap=bwrap)
    known, asked = landlock.abi(), int(name.partition("-")[2] or 0)
    if known < max(asked, 1):
        pytest.skip(f"the kernel has Landlock version {known}")
    return Jail(held, Mode.LANDLOCK, landlock_abi=asked or known)


def python_tools() -> MediaTools:
    """Tools that are both this very Python."""
    python = Path(sys.executable).resolve()
    needs = runtime(python)
    return MediaTools(python, python, "none", frozenset(), ffmpeg_runtime=needs, ffprobe_runtime=needs)


def python_argv(code: str) -> list[str]:
    """``code`` as a run of ``python_tools``."""
    return [str(Path(sys.executable).resolve()), "-I", "-S", "-c", code]


def python_spec(*, source: Path | None = None, limits: Limits | None = None) -> JailSpec:
    """A spec in which Python finds its standard library."""
    library = Path(sysconfig.get_path("stdlib")).resolve()
    return JailSpec(source=source, limits=limits or Limits(), readable=(library,))
