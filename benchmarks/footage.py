"""Sources for benchmarks, made once from the real test clips and kept in the temporary folder."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.support.clips import clip
from tests.support.jails import tools

FOLDER = Path(tempfile.gettempdir()) / "vlog-benchmark-footage"
# Different scenes: outdoor, animation, text on a screen, a city at night.
SCENES = (
    "outdoor_vp9_in_mp4.mp4",
    "bbb_720p_aac51.mp4",
    "screencast_speech.mp4",
    "city_mpeg2_cc0_noaudio.mpg",
)
SCENE_SECONDS = 5


def film_1080p(seconds: int) -> Path:
    """1080p30 H.264 at a camera's 18 Mbit/s with AAC sound: real footage, a new scene every five seconds."""
    path = FOLDER / f"film-1080p-18m-{seconds}s.mp4"
    if path.exists():
        return path
    inputs = [word for name in SCENES for word in ("-t", str(SCENE_SECONDS), "-i", str(clip(name)))]
    scaled = "".join(
        f"[{index}:v:0]fps=30,scale=1920:1080:force_original_aspect_ratio=increase,crop=1920:1080,setsar=1,"
        f"format=yuv420p,trim=end_frame={30 * SCENE_SECONDS},setpts=PTS-STARTPTS[v{index}];"
        for index in range(len(SCENES))
    )
    joined = "".join(f"[v{index}]" for index in range(len(SCENES)))
    graph = (
        f"{scaled}{joined}concat=n={len(SCENES)}[once];"
        f"[once]loop=loop=-1:size={30 * SCENE_SECONDS * len(SCENES)},trim=end_frame={30 * seconds}[out]"
    )
    tone = "sine=frequency=220:sample_rate=48000,aformat=channel_layouts=stereo,tremolo=f=3"
    _make(
        path,
        [
            *inputs,
            *("-f", "lavfi", "-t", str(seconds), "-i", tone),
            *("-filter_complex", graph, "-map", "[out]", "-map", f"{len(SCENES)}:a"),
            *("-c:v", "libx264", "-preset", "veryfast", "-b:v", "18M", "-maxrate", "22M", "-bufsize", "36M"),
            *("-g", "150", "-c:a", "aac", "-b:a", "160k"),
        ],
    )
    return path


def film_2160p(seconds: int) -> Path:
    """The same film at 2160p and about 28 Mbit/s."""
    path = FOLDER / f"film-2160p-{seconds}s.mp4"
    if not path.exists():
        _make(
            path,
            [
                *("-t", str(seconds), "-i", str(film_1080p(20)), "-vf", "scale=3840:2160", "-c:v", "libx264"),
                *("-preset", "ultrafast", "-b:v", "28M", "-maxrate", "35M", "-bufsize", "56M", "-g", "150"),
                *("-c:a", "copy"),
            ],
        )
    return path


def long_720p(minutes: int) -> Path:
    """720p30 H.264 + AAC at about 2 Mbit/s: a minute of film, repeated without encoding."""
    return _repeated(
        FOLDER / f"long-720p-{minutes}min.mp4",
        FOLDER / "minute-720p.mp4",
        [
            *("-i", str(film_1080p(60)), "-vf", "scale=1280:720", "-c:v", "libx264"),
            *("-preset", "veryfast", "-b:v", "2M", "-maxrate", "3M", "-bufsize", "4M", "-g", "150"),
            *("-c:a", "aac", "-b:a", "128k"),
        ],
        times=minutes,
    )


def long_vp9(minutes: int) -> Path:
    """1080p30 VP9 + Opus in WebM at about 6 Mbit/s, as browsers and download sites give it: 20 seconds of
    film, repeated without encoding.
    """
    return _repeated(
        FOLDER / f"long-vp9-1080p-{minutes}min.webm",
        FOLDER / "piece-vp9-1080p.webm",
        [
            *("-i", str(film_1080p(20)), "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
            *("-row-mt", "1", "-b:v", "6M", "-g", "150", "-c:a", "libopus", "-b:a", "128k"),
        ],
        times=3 * minutes,
    )


def long_surround(minutes: int) -> Path:
    """1080p30 HEVC at about 2 Mbit/s with AC-3 5.1 in Matroska, as discs are kept: 20 seconds of film with
    the sound of an animation, repeated without encoding.
    """
    return _repeated(
        FOLDER / f"long-surround-1080p-{minutes}min.mkv",
        FOLDER / "piece-surround-1080p.mkv",
        [
            *("-i", str(film_1080p(20)), "-stream_loop", "-1", "-i", str(clip("bbb_720p_aac51.mp4"))),
            *("-map", "0:v", "-map", "1:a", "-t", "20", "-c:v", "libx265", "-preset", "ultrafast"),
            *("-b:v", "2M", "-maxrate", "3M", "-bufsize", "4M", "-x265-params", "keyint=150:log-level=error"),
            *("-c:a", "ac3", "-b:a", "384k"),
        ],
        times=3 * minutes,
    )


def _repeated(path: Path, piece: Path, words: list[str], *, times: int) -> Path:
    """``piece``, which ffmpeg makes by ``words`` where it is missing, so many times without encoding."""
    if path.exists():
        return path
    if not piece.exists():
        _make(piece, words)
    listing = path.with_suffix(".txt")
    listing.write_text(f"file '{piece}'\n" * times)
    _make(path, ["-f", "concat", "-safe", "0", "-i", str(listing), "-c", "copy"])
    return path


def _make(path: Path, words: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    # The name keeps its ending: ffmpeg chooses the container by it.
    unfinished = path.with_stem(f"unfinished-{path.stem}")
    command = [str(tools().ffmpeg), "-v", "error", "-nostdin", "-y", *words, str(unfinished)]
    subprocess.run(command, check=True)
    unfinished.rename(path)
