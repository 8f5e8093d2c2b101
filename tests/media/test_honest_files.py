"""The locks in front of ffmpeg keep nothing out that people really have."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.clips import clip, clips_folder
from tests.support.jails import JAILS, build
from tests.support.looking import decoded, probed
from vlog.media.hardening import ffmpeg_input_args, ffprobe_input_args
from vlog.pipeline import ffmpeg
from vlog.pipeline.jail import Jail, JailSpec

MADE = {
    "mpeg4.avi": ["-c:v", "mpeg4", "-c:a", "libmp3lame"],
    "wmv.asf": ["-c:v", "wmv2", "-c:a", "wmav2"],
    "flv1.flv": ["-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100"],
    "theora.ogv": ["-c:v", "libtheora", "-c:a", "libvorbis"],
    "mpeg2.mxf": ["-c:v", "mpeg2video", "-c:a", "pcm_s16le", "-ar", "48000", "-s", "720x576"],
    "hevc.ts": ["-c:v", "libx265", "-c:a", "ac3"],
    "av1.mkv": ["-c:v", "libsvtav1", "-preset", "12", "-c:a", "libopus"],
    "vp9.webm": ["-c:v", "libvpx-vp9", "-c:a", "libopus"],
    "prores.mov": ["-c:v", "prores_ks", "-c:a", "pcm_s24le"],
    "dnxhd.mov": ["-c:v", "dnxhd", "-profile:v", "dnxhr_sq", "-s", "640x360", "-c:a", "alac"],
    "ffv1.mkv": ["-c:v", "ffv1", "-c:a", "flac"],
    "dv.avi": [
        "-c:v",
        "dvvideo",
        "-s",
        "720x576",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "pcm_s16le",
        "-ar",
        "48000",
    ],
    "mjpeg.mov": ["-c:v", "mjpeg", "-c:a", "adpcm_ima_qt"],
    "h263.3gp": ["-c:v", "h263", "-s", "352x288", "-an"],
    "moving.gif": ["-an"],
}
CLIPS = sorted(path.name for path in clips_folder().iterdir() if path.suffix not in {".md", ".sh", ""})


@pytest.fixture(params=JAILS)
def jail(request: pytest.FixtureRequest) -> Jail:
    return build(request.param)


class TestHonestFiles:
    """Each is probed and decoded, picture and sound, with all locks on."""

    @pytest.mark.parametrize("name", CLIPS)
    async def test_the_clips(self, jail: Jail, name: str) -> None:
        await self.assert_taken(jail, clip(name))

    @pytest.mark.parametrize("name", sorted(MADE))
    async def test_the_formats(self, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
        folder = tmp_path_factory.mktemp("made")
        inputs = ["-f", "lavfi", "-i", "testsrc2=s=320x180:d=0.4:r=25", "-f", "lavfi", "-i", "sine=d=0.4"]
        source = hostile.make(folder, *inputs, *MADE[name], name)
        await self.assert_taken(build("landlock"), source)

    async def assert_taken(self, jail: Jail, source: Path) -> None:
        said = await probed(jail, source, *ffprobe_input_args(), show="stream=codec_type")
        assert b"video" in said.checked().stdout
        assert (await decoded(jail, source, *ffmpeg_input_args())).checked().stdout
        # Sound is decoded too, where there is some.
        if b"audio" in said.stdout:
            argv = [str(jail.tools.ffmpeg), "-nostdin", "-v", "error", *ffmpeg_input_args()]
            argv += ["-i", jail.source_url(source), "-map", "0:a:0", "-t", "0.2", "-f", "s16le", "pipe:1"]
            assert (await ffmpeg.run(jail, argv, spec=JailSpec(source=source))).checked().stdout
