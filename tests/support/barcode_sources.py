"""The sources that have broken players, encoders and clocks before, each with numbered pictures."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from tests.support.barcode import make_source, run_ffmpeg

H264 = ("-c:v", "libx264", "-preset", "veryfast", "-g", "77", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "96k")
WRAP_SECONDS = (1 << 33) / 90_000
"""When the 33-bit clock of a transport stream starts again from 0."""

UNEVEN = (
    # A phone's jitter, then three pauses of 0.1, 0.37 and 6.7 seconds.
    r"settb=1/90000,setpts=N*3000+floor(700*sin(N*1.7))+9000*gt(N\,60)+33000*gt(N\,100)+600000*gt(N\,180)"
)


class BarcodeSources:
    """Makes each source once, in ``folder``, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """The source called ``name``, such as ``ntsc.mp4``."""
        made = self.folder / name
        if not made.exists():
            make: Callable[[Path], object] = getattr(self, "_" + name.replace(".", "_"))
            make(made)
        return made

    @cached_property
    def _plain(self) -> Path:
        return self.path("even.mp4")

    def _even_mp4(self, path: Path) -> None:
        make_source(path, rate=Fraction(30), count=210, sound_seconds=7, options=(*H264, *AAC))

    def _ntsc_mp4(self, path: Path) -> None:
        make_source(path, rate=Fraction(30000, 1001), count=210, sound_seconds=7, options=(*H264, *AAC))

    def _film_mkv(self, path: Path) -> None:
        make_source(path, rate=Fraction(24000, 1001), count=170, sound_seconds=7, options=(*H264, *AAC))

    def _pal_ts(self, path: Path) -> None:
        make_source(path, rate=Fraction(25), count=175, sound_seconds=7, options=(*H264, *AAC))

    def _open_groups_mp4(self, path: Path) -> None:
        x265 = ("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1")
        groups = ("-x265-params", "open-gop=1:keyint=50:bframes=4:log-level=none")
        make_source(path, rate=Fraction(60), count=360, sound_seconds=6, options=(*x265, *groups, *AAC))

    def _silent_mp4(self, path: Path) -> None:
        make_source(path, rate=Fraction(30), count=210, options=H264)

    def _longer_sound_mp4(self, path: Path) -> None:
        make_source(path, rate=Fraction(30), count=150, sound_seconds=9.2, options=(*H264, *AAC))

    def _shorter_sound_mp4(self, path: Path) -> None:
        make_source(path, rate=Fraction(30), count=210, sound_seconds=4, options=(*H264, *AAC))

    def _live_webm(self, path: Path) -> None:
        vp9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "60")
        # As browsers record: no index and no duration.
        sound = ("-c:a", "libopus", "-live", "1")
        make_source(path, rate=Fraction(30), count=210, sound_seconds=7, options=(*vp9, *sound))

    def _cut_mp4(self, path: Path) -> None:
        # Copied from the middle of a group: an edit list hides what had to come along.
        run_ffmpeg("-ss", "1.3", "-i", self._plain, "-c", "copy", path)

    def _late_pictures_mp4(self, path: Path) -> None:
        late = ("-itsoffset", "0.7", "-i", self._plain)
        run_ffmpeg("-i", self._plain, *late, "-map", "1:v", "-map", "0:a", "-c", "copy", path)

    def _late_sound_mp4(self, path: Path) -> None:
        late = ("-itsoffset", "0.45", "-i", self._plain)
        run_ffmpeg("-i", self._plain, *late, "-map", "0:v", "-map", "1:a", "-c", "copy", path)

    def _wrapped_clock_ts(self, path: Path) -> None:
        shift = ("-output_ts_offset", str(WRAP_SECONDS - 3.5))
        run_ffmpeg("-i", self._plain, "-c", "copy", *shift, path)

    def _rotated_mp4(self, path: Path) -> None:
        run_ffmpeg("-display_rotation", "90", "-i", self._plain, "-c", "copy", path)

    def _fragmented_mp4(self, path: Path) -> None:
        flags = "+frag_keyframe+empty_moov+default_base_moof"
        run_ffmpeg("-i", self._plain, "-c", "copy", "-movflags", flags, path)

    def _packets_without_times_avi(self, path: Path) -> None:
        options = ("-c:v", "mpeg4", "-bf", "2", "-q:v", "4", "-c:a", "mp3")
        make_source(path, rate=Fraction(25), count=175, sound_seconds=7, options=options)

    def _uneven_mp4(self, path: Path) -> None:
        clock = ("-fps_mode", "passthrough", "-enc_time_base", "1/90000", "-video_track_timescale", "90000")
        options = ("-vf", UNEVEN, *clock, *H264, *AAC)
        make_source(path, rate=Fraction(30), count=240, sound_seconds=16, options=options)

    def _fast_mp4(self, path: Path) -> None:
        make_source(path, rate=Fraction(120), count=480, sound_seconds=4, options=(*H264, *AAC))

    def _wide_pixels_mp4(self, path: Path) -> None:
        make_source(path, rate=Fraction(30), count=60, options=(*H264, "-vf", "setsar=2"))

    def _growing_ts(self, path: Path) -> None:
        small, large = path.with_suffix(".1.ts"), path.with_suffix(".2.ts")
        make_source(small, rate=Fraction(25), count=75, options=H264)
        grown = ("-vf", "trim=start_frame=75,scale=640:360", "-output_ts_offset", "0.08")
        make_source(large, rate=Fraction(25), count=150, options=(*grown, *H264))
        path.write_bytes(small.read_bytes() + large.read_bytes())

    def _single_pictures_mov(self, path: Path) -> None:
        make_source(path, rate=Fraction(30), count=90, options=("-c:v", "mjpeg", "-q:v", "3"))

    def _mp3_mp4(self, path: Path) -> None:
        make_source(
            path, rate=Fraction(30), count=150, sound_seconds=5, options=(*H264, "-c:a", "libmp3lame")
        )
