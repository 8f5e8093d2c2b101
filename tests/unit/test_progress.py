"""The progress pipe may say anything; the reader keeps its head and its memory."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from vlog.media.progress import Progress, ProgressParser

REPORT = b"""frame=120
fps=59.94
stream_0_0_q=28.0
bitrate=1200.1kbits/s
total_size=393216
out_time_us=4004000
out_time_ms=4004000
out_time=00:00:04.004000
dup_frames=1
drop_frames=2
speed=2.35x
progress=continue
"""


def test_a_report_is_read() -> None:
    assert ProgressParser().feed(REPORT) == [
        Progress(
            frame=120,
            fps=59.94,
            speed=2.35,
            out_time_seconds=4.004,
            total_size_bytes=393216,
            duplicated_frames=1,
            dropped_frames=2,
            finished=False,
        )
    ]


def test_the_last_report_says_so() -> None:
    [report] = ProgressParser().feed(REPORT.replace(b"continue", b"end"))
    assert report.finished


@given(st.lists(st.integers(1, 40), max_size=20))
def test_reports_may_arrive_in_any_pieces(sizes: list[int]) -> None:
    parser, rest, reports = ProgressParser(), REPORT * 3, []
    for size in sizes:
        reports += parser.feed(rest[:size])
        rest = rest[size:]
    reports += parser.feed(rest)
    assert reports == ProgressParser().feed(REPORT) * 3


def test_not_available_is_none() -> None:
    text = b"frame=N/A\nfps=\nout_time_us=N/A\nspeed=N/A\ntotal_size=N/A\ndup_frames=N/A\nprogress=continue\n"
    assert ProgressParser().feed(text) == [Progress()]


def test_numbers_that_cannot_be_are_none() -> None:
    lines = (b"frame=-7", b"fps=inf", b"out_time_us=-9223372036854775807", b"speed=nanx", b"total_size=1e999")
    assert ProgressParser().feed(b"\n".join((*lines, b"progress=continue\n"))) == [Progress()]


def test_out_time_ms_holds_microseconds() -> None:
    [report] = ProgressParser().feed(b"out_time_ms=1500000\nprogress=continue\n")
    assert report.out_time_seconds == 1.5


def test_invalid_utf8_and_noise_are_passed_over() -> None:
    [report] = ProgressParser().feed(b"\xff\xfe=\x80\n=\n\nnonsense\nframe=5\n\xc3(=1\nprogress=continue\n")
    assert report == Progress(frame=5)


def test_a_line_of_ten_megabytes_costs_no_memory() -> None:
    parser = ProgressParser()
    tracemalloc.start()
    for _ in range(160):
        assert parser.feed(b"x" * 65536) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    # The line ends, the next one counts again.
    assert parser.feed(b"\nframe=9\nprogress=continue\n") == [Progress(frame=9)]


def test_invented_keys_are_not_kept() -> None:
    parser = ProgressParser()
    tracemalloc.start()
    for number in range(20_000):
        parser.feed(b"key%d=value\n" % number)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


@given(st.binary(max_size=400))
def test_no_bytes_break_it(data: bytes) -> None:
    parser = ProgressParser()
    parser.feed(data)
    assert parser.feed(b"\nprogress=end\n")[-1].finished
