"""Commands that make video, word by word: a change of one must be meant."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.support.media_values import AAC, MILLISECONDS, every, grid_of, index, info_of
from vlog.media import command, hardening
from vlog.media.command import VideoJob
from vlog.media.grid import Grid
from vlog.media.info import MediaInfo, Rotation
from vlog.media.plan import VideoRendition

START = 126_000
LOCKS = hardening.ffmpeg_input_args()

HIGH = VideoRendition(
    name="720p",
    width=1280,
    height=720,
    encoder="libx264",
    preset="veryfast",
    crf=23,
    max_bit_rate=2_500_000,
    buffer_bits=5_000_000,
    profile="high",
    level="3.1",
)
LOW = replace(
    HIGH, name="360p", width=640, height=360, max_bit_rate=600_000, buffer_bits=1_200_000, level="3.0"
)
# 30 pictures a second from 1.4 s on, a key frame each 5 s.
EVEN = grid_of(index(every(3000, 900, start=START), keys=every(450_000, 6, start=START)))


def words(text: str) -> list[str]:
    """Arguments that hold no spaces."""
    return text.split()


def job(
    grid: Grid = EVEN, *, info: MediaInfo | None = None, rungs: tuple[VideoRendition, ...] = (LOW,)
) -> VideoJob:
    return VideoJob(
        ffmpeg="ffmpeg",
        source_url="file:/in/source",
        info=info or replace(info_of(), format_names=("mov", "mp4")),
        grid=grid,
        rungs=rungs,
    )


def option(argv: list[str], name: str) -> str | None:
    return argv[argv.index(name) + 1] if name in argv else None


def test_a_chunk_of_two_rungs() -> None:
    def output(rung: int, bits: int, level: str) -> str:
        return (
            f"-map [o{rung}] -fps_mode passthrough -enc_time_base 1/30 "
            f"-c:v libx264 -preset veryfast -crf 23 -maxrate {bits} -bufsize {2 * bits} "
            f"-profile:v high -level:v {level} -threads:v 1 -a53cc 0 "
            "-x264-params keyint=362:min-keyint=181:open-gop=0:stitchable=1:fps=30/1 -flags:v +bitexact "
            "-force_key_frames 11.983333,17.983333,23.983333 -forced-idr 1 -video_track_timescale 30000 "
            "-map_metadata -1 -map_chapters -1 -fflags +bitexact -avoid_negative_ts disabled "
            "-movflags +empty_moov+default_base_moof+delay_moov+frag_discont+skip_trailer+frag_keyframe "
            f"-f mp4 pipe:{3 + rung}"
        )

    graph = (
        "[0:0]settb=1/90000,trim=start_pts=1204500:end_pts=2823001,setpts=PTS-(126000),settb=1/30,"
        r"select=isnan(prev_selected_pts)+gt(pts\,prev_selected_pts)[s0];"
        "[s0]setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited,"
        "scale=1280:720:flags=bicubic:out_range=limited:out_color_matrix=bt709,format=yuv420p,setsar=1,"
        "setparams=range=limited:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
        ":chroma_location=left:field_mode=prog,split=2[o0][s1];"
        "[s1]scale=640:360:flags=bicubic[o1]"
    )
    expected = [
        *words("ffmpeg -hide_banner -nostdin -loglevel error -copyts -max_error_rate 1"),
        *words("-noaccurate_seek -seek_timestamp 1 -ss 11.400001"),
        *words("-threads 1 -reinit_filter 0 -noautorotate"),
        *LOCKS,
        *("-i", "file:/in/source", "-filter_complex", graph),
        *output(0, 2_500_000, "3.1").split(),
        *output(1, 600_000, "3.0").split(),
    ]
    assert command.encode(job(EVEN.between(2, 5), rungs=(HIGH, LOW))) == expected


def test_the_first_chunk_begins_at_the_start_of_the_file() -> None:
    assert "-ss" not in command.encode(job(EVEN.between(0, 1)))


def test_a_container_without_an_index_is_sought_earlier() -> None:
    stream = replace(info_of(), format_names=("mpegts",))
    assert option(command.encode(job(EVEN.between(2, 5), info=stream)), "-ss") == "9.900001"


def test_the_end_of_the_last_chunk_is_right_behind_its_last_picture() -> None:
    last = len(EVEN.cells) - 1
    # Half a picture early where another follows, so that a guessed timestamp does not slip in.
    assert "end_pts=2284500," in command.graph(job(EVEN.between(2, last)))
    assert f"end_pts={START + 899 * 3000 + 1}," in command.graph(job(EVEN.between(2, last + 1)))


def test_uneven_pictures_keep_the_clock_of_the_source() -> None:
    stamps = [33 * number + (number * number) % 11 for number in range(900)]
    grid = grid_of(index(stamps, time_base=MILLISECONDS))
    assert grid.frame_duration is None
    argv = command.encode(job(grid.between(1, 3)))
    first = grid.cells[1].first_pts
    assert f"settb=1/1000,trim=start_pts={first}:" in command.graph(job(grid.between(1, 3)))
    assert option(argv, "-enc_time_base") == "1/1000"
    assert option(argv, "-video_track_timescale") == "1000"
    forced = Fraction((option(argv, "-force_key_frames") or "").split(",")[0])
    assert 0 < Fraction(first, 1000) - forced < Fraction(1, 1000)


def test_the_finest_clocks_are_rounded_to_microseconds() -> None:
    stamps = [33_333_333 * number + (number * number) % 7_000_000 for number in range(60)]
    grid = grid_of(index(stamps, time_base=Fraction(1, 1_000_000_000)))
    assert command.encoder_time_base(grid) == Fraction(1, 1_000_000)


def test_fast_sources_are_thinned_by_the_distance_of_their_pictures() -> None:
    grid = grid_of(index(every(750, 1200)))
    assert grid.decimation
    graph = command.graph(job(grid))
    assert rf"select=isnan(prev_selected_pts)+gte(pts-prev_selected_pts\,{grid.decimation})" in graph


@pytest.mark.parametrize(
    ("rotation", "filters"),
    [(0, ""), (90, "transpose=clock"), (180, "hflip,vflip"), (270, "transpose=cclock")],
)
def test_pictures_are_turned_before_they_are_brought_to_size(rotation: Rotation, filters: str) -> None:
    info = info_of()
    turned = replace(info, pictures=replace(info.video, rotation=rotation))
    head, _, rest = command.graph(job(info=turned)).partition("scale=640:360")
    assert ("transpose" in head, "flip" in head) == ("transpose" in filters, "flip" in filters)
    assert head.endswith(f"{filters},")
    assert "transpose" not in rest


def test_keys_are_forced_where_cells_begin_also_behind_a_held_first_picture() -> None:
    grid = replace(EVEN, lead=45_000)
    assert option(command.encode(job(grid.between(0, 2))), "-force_key_frames") == "0.000000,5.983333"


def test_copying_pictures_and_sound() -> None:
    output = (
        "-map_metadata -1 -map_chapters -1 -fflags +bitexact -avoid_negative_ts disabled "
        "-movflags +empty_moov+default_base_moof+delay_moov+frag_discont+skip_trailer "
        "-frag_duration 5000000 -flush_packets 0 -f mp4"
    )
    expected = [
        *words("ffmpeg -hide_banner -nostdin -loglevel error -copyts -max_error_rate 1"),
        *LOCKS,
        *("-i", "file:/in/source"),
        *words(f"-map 0:0 -c:v copy -video_track_timescale 90000 {output} pipe:3"),
        *words(f"-map 0:1 -c:a copy -bsf:a aac_adtstoasc {output} pipe:4"),
    ]
    argv = command.copy("ffmpeg", "file:/in/source", info=info_of(audio=AAC), grid=EVEN, audio=True)
    assert argv == expected
    silent = command.copy("ffmpeg", "file:/in/source", info=info_of(audio=AAC), grid=EVEN, audio=False)
    assert silent == expected[: expected.index("pipe:3") + 1]


def test_only_aac_loses_its_headers() -> None:
    mp3 = info_of(audio=replace(AAC, codec="mp3"))
    assert "-bsf:a" not in command.copy("ffmpeg", "file:/s", info=mp3, grid=EVEN, audio=True)


def test_slow_presets_look_less_far_ahead() -> None:
    argv = command.encode(job(rungs=(replace(LOW, preset="medium"),)))
    assert ":rc-lookahead=20" in (option(argv, "-x264-params") or "")


def test_pauses_take_the_pictures_in_order() -> None:
    plain = option(command.encode(job()), "-x264-params") or ""
    paused = option(command.encode(job(replace(EVEN, has_pauses=True))), "-x264-params") or ""
    assert paused == f"{plain}:bframes=0"
