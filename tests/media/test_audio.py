"""The shared sound: resumed in the middle it is as if it had never stopped."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace as replaced
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from tests.support.clips import clip
from tests.support.jails import tools
from tests.support.presentations import assignment, inspected
from tests.support.recording_client import RecordingClient
from vlog.media.audio_command import AudioJob, encode_audio
from vlog.media.loudness import Level
from vlog.media.plan import AudioRendition
from vlog.pipeline.audio import make_audio
from vlog.pipeline.jail import Jail
from vlog.wire.work import AudioWork

AUDIO = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)


def heard(client: RecordingClient) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The joined segments, decoded to one channel."""
    made = client.segments["audio"]
    media = client.inits["audio"] + b"".join(made[number].data for number in sorted(made))
    command = [str(tools().ffmpeg), "-v", "error", "-xerror", "-i", "-", "-ac", "1", "-f", "s16le", "-"]
    done = subprocess.run(command, input=media, capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<i2").astype(np.float64)


async def made_in_two_goes(
    jail: Jail, source: Path, durable: Sequence[int]
) -> tuple[RecordingClient, RecordingClient]:
    """The sound made at once, and the sound made again where only ``durable`` cells were kept."""
    found = await inspected(jail, source, segment_seconds=2)
    whole, resumed = RecordingClient(source), RecordingClient(source)
    work = AudioWork(info=found.info, grid=found.grid, audio=AUDIO, durable={})
    await make_audio(assignment(jail, source, whole), work)
    resumed.inits["audio"] = whole.inits["audio"]
    resumed.segments["audio"] = {number: whole.segments["audio"][number] for number in durable}
    again = AudioWork(info=found.info, grid=found.grid, audio=AUDIO, durable={"audio": tuple(durable)})
    await make_audio(assignment(jail, source, resumed), again)
    return whole, resumed


@pytest.mark.parametrize(
    "name", ["screencast_speech.mp4", "mpeg2_ps_ntsc.mpeg", "webcam_audio_first_mp3.mp4"]
)
async def test_resumed_sound_has_no_seam(any_jail: Jail, name: str) -> None:
    whole, resumed = await made_in_two_goes(any_jail, clip(name), (0, 1))
    places = [
        [(each.number, each.start, each.duration) for each in client.segments["audio"].values()]
        for client in (whole, resumed)
    ]
    assert places[0] == places[1]
    one, other = heard(whole), heard(resumed)
    assert len(one) == len(other)
    # Two encodes of the same sound differ by what the encoder leaves out, and nowhere by more.
    loudness = np.sqrt(np.mean(one**2))
    difference = np.sqrt(np.mean((one - other) ** 2))
    assert 0 < difference < loudness / 4, (difference, loudness)
    seam = whole.segments["audio"][2].start
    around = slice(seam - 2048, seam + 4096)
    local = np.sqrt(np.mean((one[around] - other[around]) ** 2))
    assert local <= loudness / 4, (local, loudness)


async def test_sound_in_two_tasks_has_no_seam(any_jail: Jail) -> None:
    """The second begins in the middle; the first goes on until it is told that the rest is taken."""
    source = clip("screencast_speech.mp4")
    found = await inspected(any_jail, source, segment_seconds=2)
    whole, cut = RecordingClient(source), RecordingClient(source)
    work = AudioWork(info=found.info, grid=found.grid, audio=AUDIO, durable={})
    await make_audio(assignment(any_jail, source, whole), work)
    cut.taken_from = 2
    await make_audio(assignment(any_jail, source, cut), replace(work, end_cell=2))
    assert sorted(cut.segments["audio"]) == [0, 1]
    cut.taken_from = None
    await make_audio(assignment(any_jail, source, cut), replace(work, first_cell=2))
    made = [(each.number, each.start, each.duration) for each in whole.segments["audio"].values()]
    assert sorted((each.number, each.start, each.duration) for each in cut.segments["audio"].values()) == made
    one, other = heard(whole), heard(cut)
    seam = whole.segments["audio"][2].start
    around = slice(seam - 2048, seam + 4096)
    local = np.sqrt(np.mean((one[around] - other[around]) ** 2))
    assert local <= np.sqrt(np.mean(one**2)) / 4


async def test_nothing_is_made_when_all_is_there(any_jail: Jail) -> None:
    source = clip("screencast_speech.mp4")
    _, resumed = await made_in_two_goes(any_jail, source, (0, 1, 2, 3))
    assert resumed.batches == []


def samples_of(job: AudioJob, *, first_frame: int) -> tuple[list[str], bytes]:
    """What the encoder would be given, and the words that get it."""
    argv = encode_audio(job, Level(gain_db=3.0, limit_dbfs=-6.0), first_frame=first_frame)
    end = len(argv) - argv[::-1].index("-c:a") - 1
    command = [*argv[:end], "-c:a", "pcm_f32le", "-f", "f32le", "-"]
    return argv, subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize(("codec", "words"), [("aac", "aac -aac_pns 0"), ("mp3", "libmp3lame")])
async def test_sound_that_is_sought_is_the_same_to_the_bit(
    any_jail: Jail, tmp_path: Path, codec: str, words: str
) -> None:
    """Two minutes of noise with a late start, so loud that the limiter has to act."""
    source = tmp_path / "long.mp4"
    sound = "anoisesrc=d=120:c=pink:r=48000:a=0.4:seed=5"
    made = ["-f", "lavfi", "-i", "testsrc2=s=64x36:r=2:d=121", "-itsoffset", "0.7"]
    made += ["-f", "lavfi", "-i", sound, "-af", "tremolo=f=0.5", "-ac", "2"]
    made += ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", *words.split()]
    subprocess.run([str(tools().ffmpeg), "-v", "error", *made, str(source)], check=True)
    found = await inspected(any_jail, source, segment_seconds=6)
    assert found.info.audio is not None
    assert (found.info.audio.codec, found.info.audio.is_even) == (codec, True)
    for changes_format in (False, True):
        job = AudioJob(
            ffmpeg=str(tools().ffmpeg),
            source_url=f"file:{source}",
            stream=found.info.audio,
            grid=found.grid,
            audio=AUDIO,
            changes_format=changes_format,
        )
        for first_frame in (3000, 5000):
            argv, sought = samples_of(job, first_frame=first_frame)
            plain = replaced(job, stream=replaced(job.stream, is_even=False))
            other, whole = samples_of(plain, first_frame=first_frame)
            assert ("-ss" in argv, "-ss" in other) == (True, False)
            assert len(whole) == (job.end_sample - first_frame * 1024) * 8
            assert sought == whole, (changes_format, first_frame)


async def test_sound_on_a_rounded_clock_is_not_sought(any_jail: Jail, tmp_path: Path) -> None:
    source = tmp_path / "same.mkv"
    command = [str(tools().ffmpeg), "-v", "error", "-i", str(clip("screencast_speech.mp4"))]
    subprocess.run([*command, "-c", "copy", str(source)], check=True)
    for file, expected in ((clip("screencast_speech.mp4"), True), (source, False)):
        found = await inspected(any_jail, file)
        assert found.info.audio is not None
        assert found.info.audio.is_even is expected
