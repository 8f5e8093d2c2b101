"""The start-up test of the jail: passes on a sound jail, and is able to fail."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.jails import JAILS, build
from vlog.pipeline import seccomp
from vlog.pipeline.bubblewrap import View
from vlog.pipeline.failures import SandboxBroken
from vlog.pipeline.jail import Jail, JailSpec
from vlog.pipeline.selftest import escapes, self_test


@pytest.mark.parametrize("name", JAILS)
async def test_a_sound_jail_passes_quickly(name: str) -> None:
    jail = build(name)
    started = time.monotonic()
    await self_test(jail)
    assert time.monotonic() - started < 1.5


async def test_without_a_jail_every_attempt_succeeds() -> None:
    assert await escapes(build("none")) == [
        "a disguised list reads a neighbour",
        "/etc/passwd can be read",
        "a playlist opens network connections",
        "a file can be written",
    ]


async def test_an_operator_who_wants_no_jail_is_not_stopped() -> None:
    await self_test(build("none"))


async def test_rules_that_are_too_wide_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Jail._landlock

    def too_wide(self: Jail, spec: JailSpec, tool: Path) -> object:
        return given(self, replace(spec, readable=(Path("/"),)), tool)

    monkeypatch.setattr(Jail, "_landlock", too_wide)
    with pytest.raises(SandboxBroken, match="a disguised list reads a neighbour; /etc/passwd can be read"):
        await self_test(build("landlock"))


async def test_a_view_that_is_too_wide_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Jail._view

    def too_wide(self: Jail, spec: JailSpec, tool: Path) -> View:
        return replace(given(self, spec, tool), readable=(Path("/etc"),))

    monkeypatch.setattr(Jail, "_view", too_wide)
    with pytest.raises(SandboxBroken, match=r"jail does not hold: /etc/passwd can be read\."):
        await self_test(build("bubblewrap"))


async def test_a_network_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a kernel whose Landlock knows no TCP, with the filter missing."""
    monkeypatch.setattr(seccomp, "program", lambda *_, **__: b"")
    with pytest.raises(SandboxBroken, match="network connections"):
        await self_test(build("landlock-2"))


async def test_a_jail_in_which_nothing_works_is_broken_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jail, "source_url", lambda _, source: f"file:{source}.elsewhere")
    with pytest.raises(SandboxBroken, match=r"ffmpeg can't read its own source.*ffprobe can't read"):
        await self_test(build("landlock"))
