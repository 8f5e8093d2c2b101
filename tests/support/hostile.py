"""Files that mean harm, each made in a moment by the bundled ffmpeg or by hand."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.jails import tools

DASH = """<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">
<Representation id="1" bandwidth="1"><BaseURL>{url}</BaseURL></Representation>
</AdaptationSet></Period></MPD>
"""
SDP = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=x
c=IN IP4 127.0.0.1
t=0 0
m=video {port} RTP/AVP 96
a=rtpmap:96 H264/90000
"""
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="64" height="36">
<image href="{url}" width="9" height="9"/></svg>
"""


def hls(*lines: str) -> str:
    """A playlist of one segment per line, tags before it included."""
    return "\n".join(("#EXTM3U", "#EXT-X-MEDIA-SEQUENCE:0", *lines, "#EXT-X-ENDLIST", ""))


def disguises(victim: Path, port: int) -> dict[str, str]:
    """Texts that name ``victim`` or a server on ``port``; each may come in as the bytes of an "MP4"."""
    web = f"http://127.0.0.1:{port}"
    return {
        "ffconcat-sibling": f"ffconcat version 1.0\nfile {victim.name}\n",
        "ffconcat-absolute": f"ffconcat version 1.0\nfile {victim}\n",
        "ffconcat-hostname": "ffconcat version 1.0\nfile /etc/hostname\n",
        "ffconcat-web": f"ffconcat version 1.0\nfile {web}/a.mp4\n",
        "hls-file": hls("#EXTINF:1,", f"file://{victim}"),
        "hls-sibling": hls("#EXTINF:1,", victim.name),
        "hls-passwd": hls("#EXTINF:1,", "file:///etc/passwd"),
        "hls-web": hls("#EXTINF:1,", f"{web}/a.ts"),
        "hls-key": hls(f'#EXT-X-KEY:METHOD=AES-128,URI="{web}/key"', "#EXTINF:1,", victim.name),
        "hls-data": hls("#EXTINF:1,", "data:video/mp2t;base64,R0AREABC8CUAAcEAAP8B/wAB"),
        "hls-concat": hls("#EXTINF:1,", f"concat:{web}/header|file://{victim}"),
        "dash-file": DASH.format(url=f"file://{victim}"),
        "dash-web": DASH.format(url=f"{web}/a.mp4"),
        "sdp": SDP.format(port=port),
        "svg": SVG.format(url=f"file://{victim}"),
    }


def nonsense() -> dict[str, bytes]:
    """Bytes that are no video at all."""
    return {
        "empty": b"",
        "one byte": b"\0",
        "noise": random.Random(1).randbytes(300_000),
        "text": b"root:x:0:0:root:/root:/bin/bash\n" * 500,
        "html": b"<!doctype html><script>alert(1)</script>",
        "zip": b"PK\x03\x04" + bytes(200),
        "srt": b"1\n00:00:01,000 --> 00:00:02,000\nHello\n",
        "ffmetadata": b";FFMETADATA1\ntitle=x\n",
    }


def make(folder: Path, *arguments: str) -> Path:
    """Run ffmpeg, free, in ``folder``; the last argument is the file that it makes."""
    command = [str(tools().ffmpeg), "-nostdin", "-v", "error", "-y", *arguments]
    subprocess.run(command, cwd=folder, check=True)
    return folder / arguments[-1]


def picture(size: str, *, rate: str = "25", frames: int = 1) -> list[str]:
    """Input arguments of a plain picture."""
    return ["-f", "lavfi", "-i", f"color=blue:s={size}:r={rate}", "-frames:v", str(frames)]


def patched(source: Path, name: str, change: Callable[[bytearray], None]) -> Path:
    """A copy of ``source`` in which ``change`` has altered some bytes."""
    content = bytearray(source.read_bytes())
    change(content)
    target = source.with_name(name)
    target.write_bytes(content)
    return target


def streams(folder: Path, *, video: int, audio: int, name: str) -> Path:
    """A Matroska file with very many tiny streams."""
    sound = ["-f", "lavfi", "-i", "sine=d=0.1:sample_rate=8000"] if audio else []
    maps = ["-map", "0"] * video + ["-map", "1"] * audio
    coded = ["-c:v", "mpeg4", "-c:a", "pcm_s16le"]
    return make(folder, "-f", "lavfi", "-i", "color=s=16x16:r=5:d=0.2", *sound, *maps, *coded, name)
