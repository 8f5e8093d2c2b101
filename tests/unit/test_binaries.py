"""Where the tools are and what their files say of themselves; asking them is left to the media tests."""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from vlog.config import Config, load
from vlog.pipeline import binaries
from vlog.pipeline.binaries import MediaTools, Runtime, elf_interpreter, locate, parse_encoders
from vlog.pipeline.failures import ToolMissing

LISTING = """Encoders:
 V..... = Video
 A..... = Audio
 ------
 V....D libx264              libx264 H.264 / AVC (codec h264)
 A....D aac                  AAC (Advanced Audio Coding)
"""


def elf(interpreter: bytes | None) -> bytes:
    """The head of a 64-bit program with one program header."""
    header = b"\x7fELF\x02\x01".ljust(32, b"\0") + struct.pack("<Q", 64)
    header = header.ljust(54, b"\0") + struct.pack("<HH", 56, 1)
    kind = 3 if interpreter else 1
    text = interpreter or b""
    table = struct.pack("<IIQQQQ", kind, 0, 120, 0, 0, len(text) + 1).ljust(56, b"\0")
    return header.ljust(64, b"\0") + table + text + b"\0"


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    program = tmp_path / "ffmpeg"
    program.write_bytes(elf(None))
    program.chmod(0o755)
    return program


def test_encoders_are_the_names_below_the_dashes() -> None:
    assert parse_encoders(LISTING) == {"libx264", "aac"}


def test_a_dynamic_program_names_its_loader(tool: Path) -> None:
    tool.write_bytes(elf(b"/lib64/ld-linux-x86-64.so.2"))
    assert elf_interpreter(tool) == Path("/lib64/ld-linux-x86-64.so.2")


def test_a_static_program_names_none(tool: Path) -> None:
    assert elf_interpreter(tool) is None


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\nexec ffmpeg\n", b"\x7fELF\x01\x01", b"MZ"])
def test_a_script_is_no_program(tool: Path, content: bytes) -> None:
    tool.write_bytes(content)
    with pytest.raises(ToolMissing, match="not a script"):
        elf_interpreter(tool)


def test_a_wrong_setting_names_the_variable(tmp_path: Path) -> None:
    config = load({"VLOG_FFMPEG": str(tmp_path / "nothing")})
    with pytest.raises(ToolMissing, match="VLOG_FFMPEG"):
        locate(config, cache_dir=tmp_path)


def test_no_tool_at_all_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="install it or set VLOG_FFMPEG"):
        locate(load({}), cache_dir=tmp_path)


class TestCache:
    """The tools are asked once per binary. Here they can't be: what is answered comes from the cache."""

    @pytest.fixture
    def config(self, tool: Path) -> Config:
        return replace(load({}), ffmpeg=tool, ffprobe=tool)

    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        questions: list[str] = []

        def answer(command: list[str]) -> str:
            questions.append(command[-1])
            return "ffmpeg version n9.0.2-test Copyright" if command[-1] == "-version" else LISTING

        monkeypatch.setattr(binaries, "_output", answer)
        return questions

    def test_the_second_start_asks_nothing(self, config: Config, tmp_path: Path, asked: list[str]) -> None:
        first = locate(config, cache_dir=tmp_path / "cache")
        assert first == MediaTools(
            tmp_path / "ffmpeg", tmp_path / "ffmpeg", "n9.0.2-test", frozenset({"libx264", "aac"})
        )
        questions = len(asked)
        assert locate(config, cache_dir=tmp_path / "cache") == first
        assert len(asked) == questions

    def test_another_binary_isasked_again(
        self, config: Config, tmp_path: Path, tool: Path, asked: list[str]
    ) -> None:
        locate(config, cache_dir=tmp_path)
        questions = len(asked)
        tool.write_bytes(elf(None) + b"newer")
        locate(config, cache_dir=tmp_path)
        assert len(asked) == 2 * questions

    @pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"binaries": 1, "version": 2}'])
    def test_a_damaged_cache_is_no_cache(self, config: Config, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "media-tools.json").write_bytes(content)
        assert locate(config, cache_dir=tmp_path).ffmpeg_version == "n9.0.2-test"

    def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(
        self, config: Config, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        assert locate(config, cache_dir=tmp_path / "file").encoders

    def test_libraries_that_moved_are_found_again(self, config: Config, tmp_path: Path, tool: Path) -> None:
        tool.write_bytes(elf(b"/ld"))
        gone = tmp_path / "lib"
        gone.mkdir()
        tools = MediaTools(tool, tool, "old", frozenset(), Runtime(Path("/ld"), (gone,)))
        binaries._remember(tmp_path / "media-tools.json", tools)
        assert locate(config, cache_dir=tmp_path) == tools
        gone.rmdir()
        assert locate(config, cache_dir=tmp_path).ffmpeg_version == "n9.0.2-test"
