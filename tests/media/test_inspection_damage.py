"""Files damaged at random and clocks that lie: each ends in an answer, soon, and never in an accident."""

from __future__ import annotations

import random
import struct
import time
from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.inspections import WORK, best_jail
from vlog.kit.errors import Invalid, TooLarge
from vlog.pipeline.inspection import inspect
from vlog.pipeline.jail import Jail
from vlog.wire.work import Inspected

SEEDS = range(12)
PATIENCE_SECONDS = 30.0
SOURCES = {
    "x.mp4": ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-c:a", "aac"],
    "x.mkv": ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "libopus"],
    "x.ts": ["-c:v", "mpeg2video", "-bf", "2", "-c:a", "mp2"],
    "x.avi": ["-c:v", "mpeg4", "-bf", "2", "-c:a", "libmp3lame"],
}


@pytest.fixture(scope="module")
def jail() -> Jail:
    return best_jail()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("damage")
    for name, options in SOURCES.items():
        inputs = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2"]
        hostile.make(made, *inputs, *options, name)
    return made


async def answer(jail: Jail, source: Path) -> Inspected | Invalid | TooLarge:
    started = time.monotonic()
    try:
        return await inspect(jail, source, WORK, on_run=lambda _: None)
    except (Invalid, TooLarge) as error:
        return error
    finally:
        assert time.monotonic() - started < PATIENCE_SECONDS


def damage(content: bytearray, dice: random.Random) -> None:
    """Bits flipped, pieces swapped, repeated and cut away, mostly where the structure is."""
    for _ in range(dice.randint(1, 30)):
        content[min(int(dice.expovariate(1 / 2000)), len(content) - 1)] ^= 1 << dice.randrange(8)
        content[-1 - min(int(dice.expovariate(1 / 2000)), len(content) - 1)] = dice.randrange(256)
    if dice.random() < 0.3:
        at, size = dice.randrange(len(content)), dice.randint(1, 5000)
        content[at:at] = content[at : at + size]
    if dice.random() < 0.3:
        at = dice.randrange(len(content))
        del content[at : at + dice.randint(1, 5000)]


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("seed", SEEDS)
async def test_damaged_files(jail: Jail, folder: Path, name: str, seed: int) -> None:
    dice = random.Random(seed)
    source = hostile.patched(folder / name, f"damaged-{name}", lambda content: damage(content, dice))
    found = await answer(jail, source)
    if isinstance(found, Inspected):
        assert found.grid.cells
        assert found.grid.frames > 0


LIES = {
    "zero duration": [(b"mvhd", 20, 0), (b"mdhd", 20, 0), (b"tkhd", 24, 0)],
    "endless duration": [(b"mvhd", 20, 0xFFFFFFFF), (b"mdhd", 20, 0xFFFFFFFF)],
    "no clock": [(b"mvhd", 16, 0), (b"mdhd", 16, 0)],
    "giant step": [(b"stts", 16, 0x7FFFFFFF)],
    "negative step": [(b"stts", 16, 0xFFFFFFF0)],
    "no step": [(b"stts", 16, 0)],
    "a billion samples": [(b"stsz", 12, 0x3FFFFFFF)],
    "a billion keys": [(b"stss", 8, 0x3FFFFFFF)],
    "absurd shift": [(b"ctts", 16, 0x7FFFFFFF)],
    "absurd edit": [(b"elst", 12, 0x7FFFFFFF), (b"elst", 16, 0x7FFFFFFF)],
}


@pytest.mark.parametrize("lie", LIES)
async def test_tables_that_lie(jail: Jail, folder: Path, lie: str) -> None:
    def tell(content: bytearray) -> None:
        for box, offset, value in LIES[lie]:
            at = content.index(box) + offset
            content[at : at + 4] = struct.pack(">I", value)

    found = await answer(jail, hostile.patched(folder / "x.mp4", "lie.mp4", tell))
    if isinstance(found, Inspected):
        # Whatever the file claims, its fifty pictures fill no more than a little.
        assert found.grid.frames <= 50
        assert len(found.grid.cells) <= 2 * 3600
