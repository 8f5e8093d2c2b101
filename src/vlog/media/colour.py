"""The colours of a source, so that all rungs show the same ones: what is known is kept, the rest is
guessed once.

A player that is told nothing guesses by the size of the picture, and would guess differently from rung
to rung.
"""

from __future__ import annotations

from dataclasses import dataclass

from vlog.media.info import VideoStream

_MATRICES = frozenset({"bt709", "smpte170m", "bt470bg", "smpte240m", "fcc", "bt2020nc"})
_PRIMARIES = frozenset({"bt709", "smpte170m", "bt470bg", "bt470m", "smpte240m", "bt2020", "smpte432"})
_TRANSFERS = frozenset(
    {
        "bt709",
        "smpte170m",
        "bt470bg",
        "bt470m",
        "smpte240m",
        "iec61966-2-1",
        "bt2020-10",
        "smpte2084",
        "arib-std-b67",
    }
)

# Where television changed its colours: larger pictures than these were never standard definition.
_SD_WIDTH, _SD_HEIGHT = 1024, 576


@dataclass(frozen=True)
class Colour:
    """ffmpeg's names of the matrix, the primaries and the transfer of what is made; the range is limited."""

    matrix: str
    primaries: str
    transfer: str

    @property
    def scale_options(self) -> str:
        """Options of the ``scale`` filter that convert into this."""
        return f"out_range=limited:out_color_matrix={_SCALER_NAMES.get(self.matrix, self.matrix)}"

    @property
    def parameters(self) -> str:
        """The filter that says so in each picture, for the encoder to write down.

        With the place of chroma and the field order: what differs between pictures of one source would come
        out as different initialisation segments.
        """
        return (
            f"setparams=range=limited:colorspace={self.matrix}:color_primaries={self.primaries}"
            f":color_trc={self.transfer}:chroma_location=left:field_mode=prog"
        )


_SCALER_NAMES = {"bt2020nc": "bt2020"}


def colour_of(video: VideoStream) -> Colour:
    """What a source is, or must be taken for."""
    guess = "smpte170m" if video.width <= _SD_WIDTH and video.height <= _SD_HEIGHT else "bt709"
    # Pictures in RGB have no matrix; they get the usual one.
    matrix = video.color_space if video.color_space in _MATRICES else guess
    primaries = video.color_primaries if video.color_primaries in _PRIMARIES else matrix_primaries(matrix)
    transfer = video.color_transfer if video.color_transfer in _TRANSFERS else _transfer(matrix)
    return Colour(matrix, primaries, transfer)


def matrix_primaries(matrix: str) -> str:
    """The primaries that go with a matrix."""
    return {"bt2020nc": "bt2020", "fcc": "bt470m"}.get(matrix, matrix)


def _transfer(matrix: str) -> str:
    return {"smpte170m": "smpte170m", "bt470bg": "smpte170m", "smpte240m": "smpte240m"}.get(matrix, "bt709")
