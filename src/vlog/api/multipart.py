"""Reads ``multipart/form-data`` (RFC 7578) piece by piece: fields are small and kept, the file only passes.

A push parser does the byte work; here are the limits. Nothing is spooled: a file's bytes leave in the step in
which they came.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from vlog.kit.errors import Invalid

FILE_FIELD = "file"
MAX_FIELD_BYTES = 32 << 10
MAX_PARTS = 20
# Chunks before the first boundary and after the last one: a preamble or epilogue, which nobody needs
# (RFC 2046 §5.1.1).
MAX_PADDING_BYTES = 128 << 10
FILENAME_MAX_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Field:
    """A complete field."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FileBegins:
    """The file begins; ``filename`` is what the client calls it, cleaned for showing."""

    filename: str


@dataclass(frozen=True, slots=True)
class FileData:
    """The next bytes of the file."""

    data: bytes


Piece = Field | FileBegins | FileData


class FormParser:
    """Turns chunks of a body into pieces. Raises ``Invalid`` (code ``bad_multipart``)."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
            raise _refusal("The body must be multipart/form-data with a boundary.")
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._on_part_begin,
                "on_part_data": self._on_part_data,
                "on_part_end": self._on_part_end,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_end": self._on_end,
            },
        )
        self._pieces: list[Piece] = []
        self._parts = 0
        self._padding_bytes = 0
        self._inside = False
        self._ended = False
        self._header = (bytearray(), bytearray())
        self._disposition = b""
        self._field: tuple[str, bytearray] | None = None
        self._seen: set[str] = set()

    def feed(self, chunk: bytes) -> list[Piece]:
        """The pieces that this chunk completes or continues."""
        if self._ended:
            self._count_padding(chunk)
            return []
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise _refusal("The form is not well-formed multipart/form-data.") from error
        if not self._inside:
            self._count_padding(chunk)
        pieces, self._pieces = self._pieces, []
        return pieces

    def finish(self) -> None:
        """The body is over; raises unless the form is complete."""
        if not self._ended:
            raise _refusal("The form ends in the middle.")

    def _count_padding(self, chunk: bytes) -> None:
        self._padding_bytes += len(chunk)
        if self._padding_bytes > MAX_PADDING_BYTES:
            raise _refusal("There is too much around the form's parts.")

    def _on_part_begin(self) -> None:
        self._inside = True
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise _refusal(f"The form has more than {MAX_PARTS} parts.")
        self._disposition = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _on_header_end(self) -> None:
        name, value = self._header
        if name.lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _on_headers_finished(self) -> None:
        kind, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if kind != b"form-data" or not name:
            raise _refusal("A part of the form has no name.")
        if name in self._seen:
            raise _refusal(f"The form has two parts of one name ({printable_name(name)}).")
        self._seen.add(name)
        filename = options.get(b"filename")
        if name == FILE_FIELD and filename is not None:
            self._field = None
            self._pieces.append(FileBegins(printable_name(filename.decode("utf-8", "replace"))))
        elif filename is not None:
            raise _refusal("The form has a file that nobody asked for.")
        else:
            self._field = (name, bytearray())

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._pieces.append(FileData(data[start:end]))
            return
        name, value = self._field
        value.extend(data[start:end])
        if len(value) > MAX_FIELD_BYTES:
            raise Invalid(f"The field {printable_name(name)} is too long.", code="field_too_long")

    def _on_part_end(self) -> None:
        if self._field is not None:
            name, value = self._field
            try:
                self._pieces.append(Field(name, value.decode()))
            except UnicodeDecodeError:
                raise _refusal(f"The field {printable_name(name)} is not UTF-8.") from None

    def _on_end(self) -> None:
        self._ended = True


def printable_name(name: str) -> str:
    """A file's name as it may be shown: without its folders, controls and direction marks. Never a path."""
    # Browsers write a quote in a name as %22 (WHATWG HTML, multipart/form-data encoding).
    last = name.replace("%22", '"').replace("\\", "/").rpartition("/")[2]
    kept = "".join(char for char in last if unicodedata.category(char) not in {"Cc", "Cf", "Cs"})
    return unicodedata.normalize("NFC", kept).strip()[:FILENAME_MAX_LENGTH]


def _refusal(words: str) -> Invalid:
    return Invalid(words, code="bad_multipart")
