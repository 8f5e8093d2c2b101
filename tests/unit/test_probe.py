"""What ffmpeg said, brought into a form that may be shown."""

from __future__ import annotations

import pytest

from vlog.pipeline.failures import Completed
from vlog.pipeline.probe import complaints, reason


def ended(stderr: str) -> Completed:
    return Completed(
        command="ffmpeg",
        returncode=1,
        stdout=b"",
        stderr_tail=stderr,
        cpu_seconds=0.0,
        max_rss_bytes=0,
        wall_seconds=0.0,
    )


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        ("", "no picture came out"),
        ("\n \n", "no picture came out"),
        ("[h264 @ 0x55ae] no frame!\n", "no frame!"),
        ("first\n[mov,mp4 @ 0x7f] moov atom not found\n", "moov atom not found"),
        ("file:/srv/uploads/7.mp4: Invalid data found\n", "Invalid data found"),
        ("/in/source: Invalid data found\n", "Invalid data found"),
        ("[in#0 @ 0x5] [h264 @ 0x6] two at once", "two at once"),
        ("\x1b[31mred\x07", "[31mred"),
        ("x" * 500, "x" * 200),
    ],
)
def test_last_words_name_neither_addresses_nor_places(stderr: str, words: str) -> None:
    assert reason(ended(stderr)) == words


def test_a_decoder_of_another_stream_is_no_complaint() -> None:
    stderr = (
        "[mov_text @ 0x1] Codec (mov_text) not on whitelist 'h264'\n"
        "    Last message repeated 1 times\n"
        "[h264 @ 0x2] A non-intra slice in an IDR NAL unit.\n\n"
    )
    assert complaints(stderr) == ("[h264 @ 0x2] A non-intra slice in an IDR NAL unit.",)
    assert complaints("") == ()
