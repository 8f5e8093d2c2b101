"""From any number of channels to stereo, without losing speech and without clipping.

Source: ITU-R BS.775-3 annex 4: the centre and the rear channels go to both sides 3 dB lower (0.707), effects
of low frequency are left out.
"""

from __future__ import annotations

from vlog.media.info import AudioStream

STEREO = 2
# In the order of WAV files, which is what makers of files without a layout meant: front left and right,
# centre, low frequencies, rear or side pairs.
_USUAL = {
    3: ("c0+0.707*c2", "c1+0.707*c2"),
    4: ("c0+0.707*c2", "c1+0.707*c3"),
    5: ("c0+0.707*c2+0.707*c3", "c1+0.707*c2+0.707*c4"),
    6: ("c0+0.707*c2+0.707*c4", "c1+0.707*c2+0.707*c5"),
    8: ("c0+0.707*c2+0.707*c4+0.707*c6", "c1+0.707*c2+0.707*c5+0.707*c7"),
}


def by_hand(stream: AudioStream) -> str:
    """The filter that mixes channels whose places are not known; empty where ffmpeg knows what to do."""
    if stream.channels <= STEREO or _is_known(stream.layout):
        return ""
    left, right = _USUAL.get(stream.channels) or _in_turn(stream.channels)
    # "<" scales so that all channels at full level together do not clip.
    return f"pan=stereo|c0<{left}|c1<{right}"


def _in_turn(count: int) -> tuple[str, str]:
    """Where nothing is known every channel is heard, in turn on either side, and an odd one on both."""
    left, right = range(0, count, 2), list(range(1, count, 2))
    sides = (left, [*right, count - 1] if count % 2 else right)
    first, second = ("+".join(f"c{channel}" for channel in side) for side in sides)
    return first, second


def _is_known(layout: str) -> bool:
    """Named places can be mixed; sound fields and listed channels of one's own can't."""
    return bool(layout) and not layout.startswith(("ambisonic", "binaural")) and " channels" not in layout
