"""Encoders are proved by encoding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.jails import build, tools
from vlog.kit.errors import Unavailable
from vlog.pipeline.jail import Jail
from vlog.workers.hardware import proven_encoders


async def test_what_the_bundled_tools_can_do(any_jail: Jail) -> None:
    pictures_and_sound = ("libx264", "aac")
    stills = ("mjpeg", "libwebp", "libsvtav1")
    assert await proven_encoders(any_jail) == (*pictures_and_sound, *stills)


async def test_a_tool_that_encodes_nothing_is_found_out(any_jail: Jail) -> None:
    """ffprobe in ffmpeg's place: it starts, and makes nothing."""
    useless = replace(tools(), ffmpeg=tools().ffprobe)
    with pytest.raises(Unavailable) as caught:
        await proven_encoders(build(any_jail.mode.value, useless))
    assert caught.value.code == "no_encoder"
