"""Which ffmpeg and ffprobe this process uses, and what they can do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vlog.config import Config


@dataclass(frozen=True)
class MediaTools:
    """The two media tools: where they are, which version ffmpeg is, which encoders it holds."""

    ffmpeg: Path
    ffprobe: Path
    ffmpeg_version: str
    encoders: frozenset[str]


def locate(config: Config, *, cache_dir: Path) -> MediaTools:
    """Find both tools (configured path, bundled with the wheels, ``PATH``) and ask ffmpeg once per binary what it
    is; the answer is kept in ``cache_dir``. Raises ``ToolMissing`` (code ``media_tool_missing``)."""
    raise NotImplementedError
