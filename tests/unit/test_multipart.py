"""Forms with a file, whole and in pieces, well-formed and hostile."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vlog.api.multipart import Field, FileBegins, FileData, FormParser, Piece, printable_name
from vlog.kit.errors import Invalid

TYPE = "multipart/form-data; boundary=XX"


def part(headers: str, body: bytes) -> bytes:
    return b"--XX\r\n" + headers.encode() + b"\r\n\r\n" + body + b"\r\n"


def field(name: str, value: bytes) -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', value)


def file(body: bytes, filename: str = "a.mp4") -> bytes:
    return part(
        f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: video/mp4', body
    )


END = b"--XX--\r\n"


def read(body: bytes, *, step: int = 1 << 16, content_type: str = TYPE) -> list[Piece]:
    """All pieces; those of the file joined."""
    parser = FormParser(content_type)
    pieces: list[Piece] = []
    for start in range(0, len(body), step):
        for piece in parser.feed(body[start : start + step]):
            if isinstance(piece, FileData) and pieces and isinstance(pieces[-1], FileData):
                pieces[-1] = FileData(pieces[-1].data + piece.data)
            else:
                pieces.append(piece)
    parser.finish()
    return pieces


def test_fields_and_file_in_any_order() -> None:
    title, bytes_ = field("title", "Café".encode()), file(b"\0\r\n--X\r\n")
    assert read(title + bytes_ + END) == [
        Field("title", "Café"),
        FileBegins("a.mp4"),
        FileData(b"\0\r\n--X\r\n"),
    ]
    assert read(bytes_ + title + END)[-1] == Field("title", "Café")


@given(st.binary(max_size=300), st.integers(1, 50))
def test_where_the_body_is_cut_makes_no_difference(content: bytes, step: int) -> None:
    if b"--XX" in content:
        return
    body = field("title", b"t") + file(content) + END
    pieces = read(body, step=step)
    assert pieces[:2] == [Field("title", "t"), FileBegins("a.mp4")]
    assert b"".join(piece.data for piece in pieces if isinstance(piece, FileData)) == content


def test_what_stands_around_the_parts_is_passed_over() -> None:
    body = b"\r\n" + field("title", b"t") + END + b"epilogue" * 100
    assert read(body, step=7) == [Field("title", "t")]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=XX",
        "multipart/form-data; boundary=" + "x" * 71,
    ],
)
def test_other_types_are_refused(content_type: str) -> None:
    with pytest.raises(Invalid) as refused:
        FormParser(content_type)
    assert refused.value.code == "bad_multipart"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--XX\r\n",
        b"garbage that is no form",
        field("title", b"t"),
        field("title", b"t") + END[:-4],
        field("title", b"one") + field("title", b"two") + END,
        file(b"1") + file(b"2") + END,
        part('Content-Disposition: form-data; name="other"; filename="x"', b"1") + END,
        part("Content-Disposition: attachment", b"1") + END,
        part("Content-Type: text/plain", b"1") + END,
        field("title", b"\xff\xfe") + END,
        b"".join(field(f"f{number}", b"") for number in range(21)) + END,
        part("\r\n".join(f"X-{number}: y" for number in range(20)), b"") + END,
        part("X: " + "y" * 10_000, b"") + END,
    ],
)
def test_what_is_no_proper_form_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(body)
    assert refused.value.code == "bad_multipart"


def test_fields_are_small() -> None:
    with pytest.raises(Invalid) as refused:
        read(field("title", b"x" * 100_000) + END)
    assert refused.value.code == "field_too_long"


@pytest.mark.parametrize(
    "flood",
    [
        b"\r\n" * (5 << 20),
        b"--XX\r\n" + b"A: b\r\n" * (1 << 20),
        b"--XX\r\nContent-Disposition: " + b";" * (10 << 20),
        field("title", b"t") + END + b"z" * (10 << 20),
        b"".join(field(f"f{number}", b"") for number in range(100_000)),
    ],
    ids=["preamble", "headers", "semicolons", "epilogue", "parts"],
)
def test_floods_are_cut_short(flood: bytes) -> None:
    before = time.process_time()
    with pytest.raises(Invalid):
        read(flood)
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("holiday.mp4", "holiday.mp4"),
        ("C:\\films\\a.mp4", "a.mp4"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nb\x00.mp4", "ab.mp4"),
        ("\u202egnp.mp4", "gnp.mp4"),
        ("say %22hi%22.mp4", 'say "hi".mp4'),
        ("Cafe\u0301.mp4", "Café.mp4"),
        ("🎬" * 300, "🎬" * 255),
        ("/", ""),
    ],
)
def test_names_are_for_showing_only(sent: str, shown: str) -> None:
    assert printable_name(sent) == shown
