"""What is kept of a stream that may be endless."""

from __future__ import annotations

import os
import subprocess
import tracemalloc

from vlog.pipeline.child import Tail, input_file


def test_the_tail_is_the_end() -> None:
    tail = Tail(8)
    for number in range(100):
        tail.feed(b"%02d" % number)
    assert tail.text() == "96979899"


def test_a_flood_costs_no_memory() -> None:
    tail = Tail(64 << 10)
    block = b"x" * (256 << 10)
    tracemalloc.start()
    for _ in range(1000):
        tail.feed(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20
    assert len(tail.text()) == 64 << 10


def test_any_bytes_become_text() -> None:
    tail = Tail(100)
    tail.feed(b"ok \xff\xfe \xc3")
    assert tail.text() == "ok \ufffd\ufffd \ufffd"


def test_input_is_a_file_to_be_read_from_its_start() -> None:
    with input_file(b"bytes") as number:
        assert os.read(number, 100) == b"bytes"
    with input_file(None) as number:
        assert number == subprocess.DEVNULL
