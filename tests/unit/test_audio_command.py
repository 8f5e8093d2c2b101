"""Commands that make sound, word by word."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.media_values import AAC, every, grid_of, index
from vlog.media import audio_command, hardening
from vlog.media.loudness import Level
from vlog.media.plan import AudioRendition

AUDIO = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)
# Ten seconds from -2.1 s on, as in a stream whose clock has wrapped.
GRID = grid_of(index(every(3000, 300, start=-189_000)))
JOB = audio_command.AudioJob(
    ffmpeg="ffmpeg", source_url="file:/in/source", stream=AAC, grid=GRID, audio=AUDIO
)


def words(text: str) -> list[str]:
    """Arguments that hold no spaces."""
    return text.split()


def test_encoding_the_shared_sound() -> None:
    filters = (
        "asetpts=PTS-(-2.100000000)/TB,"
        "aresample=osr=48000:ochl=stereo:osf=fltp:first_pts=0:min_hard_comp=0.03:async=480:min_comp=0.005,"
        "apad,atrim=end_sample=480256"
    )
    expected = [
        *words("ffmpeg -hide_banner -nostdin -loglevel error -copyts -max_error_rate 1"),
        *hardening.ffmpeg_input_args(),
        *("-i", "file:/in/source", "-map", "0:1", "-af", filters),
        *words("-c:a aac -b:a 128000 -flags:a +bitexact"),
        *words("-map_metadata -1 -map_chapters -1 -fflags +bitexact -avoid_negative_ts disabled"),
        *("-movflags", "+empty_moov+default_base_moof+delay_moov+frag_discont+skip_trailer"),
        *words("-frag_duration 5000000 -f mp4 pipe:3"),
    ]
    argv = audio_command.encode_audio(JOB)
    assert argv == expected


def test_resuming_encodes_the_samples_that_are_missing() -> None:
    argv = audio_command.encode_audio(JOB, first_frame=300)
    assert argv[argv.index("-af") + 1].endswith("atrim=start_sample=307200:end_sample=480256")


LONG = replace(JOB, grid=grid_of(index(every(3000, 18_000, start=-189_000))))
EVEN = replace(LONG, stream=replace(AAC, is_even=True))


def test_sound_whose_times_are_samples_is_sought() -> None:
    argv = audio_command.encode_audio(EVEN, first_frame=20_000)
    at = argv.index("-noaccurate_seek")
    assert argv[at + 1 : at + 5] == ["-seek_timestamp", "1", "-ss", "420.566666667"]
    filters = filters_of(argv)
    assert filters[-1] == "atrim=start_pts=20480000:end_pts=28800000"
    assert any("first_pts=20384000" in each for each in filters)
    beyond = audio_command.encode_audio(
        replace(EVEN, stream=replace(EVEN.stream, end_seconds=Fraction(100))), first_frame=20_000
    )
    assert beyond[beyond.index("-ss") + 1] == "94.000000000", "begins with sound, if it is only to be cut off"


@pytest.mark.parametrize(
    "job",
    [
        LONG,
        replace(EVEN, is_alone=True),
        replace(EVEN, steered_by=0),
        replace(EVEN, stream=replace(EVEN.stream, codec="ac3")),
        replace(EVEN, stream=replace(EVEN.stream, sample_rate=44_100)),
        replace(EVEN, stream=replace(EVEN.stream, end_seconds=None)),
        replace(EVEN, stream=replace(EVEN.stream, end_seconds=Fraction(20))),
    ],
)
def test_other_sound_is_read_from_its_start(job: audio_command.AudioJob) -> None:
    assert "-ss" not in audio_command.encode_audio(job, first_frame=20_000)
    assert "-ss" not in audio_command.encode_audio(EVEN, first_frame=1_000)


def test_unheard_peaks_are_held_behind_the_gain() -> None:
    filters = filters_of(audio_command.encode_audio(JOB, Level(gain_db=6.0, limit_dbfs=-2.0)))
    at = filters.index("volume=6.0dB:precision=float")
    assert filters[at + 1] == "alimiter=limit=0.794328:level=0:latency=1"


def test_mono_stays_mono() -> None:
    argv = audio_command.encode_audio(replace(JOB, audio=replace(AUDIO, channels=1)))
    assert "ochl=mono" in argv[argv.index("-af") + 1]


def test_the_start_is_told_to_the_nanosecond() -> None:
    grid = replace(GRID, start_seconds=Fraction(1, 3))
    argv = audio_command.encode_audio(replace(JOB, grid=grid))
    assert argv[argv.index("-af") + 1].startswith("asetpts=PTS-(0.333333333)/TB,")


def filters_of(argv: list[str]) -> list[str]:
    return argv[argv.index("-af") + 1].split(",")


def test_one_gain_for_every_sample() -> None:
    filters = filters_of(audio_command.encode_audio(JOB, Level(gain_db=-2.34)))
    assert filters[2:4] == ["volume=-2.3dB:precision=float", "apad"]


def test_listening_hears_what_would_be_encoded() -> None:
    argv = audio_command.listen(JOB)
    assert filters_of(argv)[:2] == filters_of(audio_command.encode_audio(JOB))[:2]
    assert filters_of(argv)[2:] == [
        "atrim=end_sample=480256",
        "ebur128=framelog=quiet:peak=true:dualmono=true",
    ]
    # Told at this level; nothing is written.
    assert argv[argv.index("-loglevel") + 1] == "info"
    assert argv[-3:] == ["-f", "null", "-"]


def test_sound_alone_is_counted_and_not_clocked() -> None:
    assert filters_of(audio_command.encode_audio(replace(JOB, is_alone=True)))[0] == "asetpts=N/SR/TB"


def test_many_channels_are_mixed_without_clipping() -> None:
    surround = replace(JOB, stream=replace(AAC, channels=6, layout="5.1"))
    assert "rematrix_maxval=1" in filters_of(audio_command.encode_audio(surround))[1]


def test_a_format_that_changes_takes_a_turn_through_samples() -> None:
    argv = audio_command.encode_audio(replace(JOB, changes_format=True), Level(gain_db=1.0))
    # No filter that counts stands where ffmpeg would build it anew.
    assert "first_pts" not in argv[argv.index("-af") + 1]
    assert "first_pts" in argv[argv.index("-filter_complex") + 1]
    assert argv[argv.index("-dec") + 1] == "0:0"


@pytest.mark.parametrize(
    ("codec", "channels", "layout", "encoder"),
    [("aac", 1, "mono", "aac"), ("aac", 6, "5.1", "aac"), ("mp3", 2, "stereo", "libmp3lame")],
)
def test_silence_in_the_source_s_format(codec: str, channels: int, layout: str, encoder: str) -> None:
    stream = replace(AAC, codec=codec, channels=channels, sample_rate=44_100)
    argv = audio_command.encode_silence("ffmpeg", codec=codec, stream=stream)
    assert argv[argv.index("-i") + 1] == f"anullsrc=r=44100:cl={layout}"
    assert argv[argv.index("-c:a") + 1] == encoder
    # Nothing foreign is opened.
    assert "-i" not in argv[argv.index("-i") + 1 :]
