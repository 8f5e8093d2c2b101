"""What this machine can encode with: proved by encoding, not believed from a list."""

from __future__ import annotations

from vlog.kit.errors import Unavailable
from vlog.media.encoders import ENCODERS
from vlog.media.stills import FORMATS
from vlog.pipeline import ffmpeg
from vlog.pipeline.failures import ToolFailure
from vlog.pipeline.jail import Jail, JailSpec
from vlog.pipeline.stills import proven_formats
from vlog.telemetry.logs import get_logger

_AAC = "aac"
_PICTURES = ("-f", "lavfi", "-i", "testsrc2=size=256x144:rate=25:duration=0.4")
_SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:duration=0.4")
_NOWHERE = ("-f", "null", "-")

_log = get_logger(__name__)


async def proven_encoders(jail: Jail) -> tuple[str, ...]:
    """The encoders that work here, by the names that tasks ask for.

    Raises ``Unavailable`` (code ``no_encoder``) when there is none for sound or none for pictures.
    """
    pictures = [
        name
        for name, encoder in ENCODERS.items()
        if await _works(jail, *_PICTURES, "-pix_fmt", "yuv420p", "-c:v", encoder.ffmpeg_name)
    ]
    sound = [_AAC] if await _works(jail, *_SOUND, "-c:a", _AAC) else []
    if not pictures or not sound:
        raise Unavailable(
            "ffmpeg encodes no H.264 or no AAC here; use the bundled one or set VLOG_FFMPEG to another.",
            code="no_encoder",
        )
    stills = [FORMATS[name].encoder for name in await proven_formats(jail)]
    return (*pictures, *sound, *stills)


async def _works(jail: Jail, *options: str) -> bool:
    argv = [str(jail.tools.ffmpeg), "-nostdin", "-hide_banner", "-v", "error", *options, *_NOWHERE]
    try:
        done = await ffmpeg.run(jail, argv, spec=JailSpec())
    except ToolFailure as error:
        _log.warning("encoder does not work here", options=options, reason=error.message)
        return False
    if done.returncode:
        _log.warning("encoder does not work here", options=options, reason=done.stderr_tail[-500:])
    return done.returncode == 0
