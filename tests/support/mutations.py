"""Damages media files as disks, networks and attackers do; the same seed makes the same damage."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

Mutation = Callable[[bytearray, random.Random], None]

_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def flip_bits(data: bytearray, dice: random.Random) -> None:
    """Single bits, few or many."""
    for _ in range(dice.choice((1, 8, 64, 512))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def flip_head(data: bytearray, dice: random.Random) -> None:
    """Bits of the first kilobytes, where containers describe themselves."""
    for _ in range(dice.randrange(1, 32)):
        data[dice.randrange(min(len(data), 4096))] ^= 1 << dice.randrange(8)


def flip_tail(data: bytearray, dice: random.Random) -> None:
    """Bits of the last kilobytes, where an index often lies."""
    for _ in range(dice.randrange(1, 32)):
        data[-dice.randrange(1, min(len(data), 4096))] ^= 1 << dice.randrange(8)


def swap_chunks(data: bytearray, dice: random.Random) -> None:
    """Two pieces change places."""
    size = dice.choice((16, 188, 1024, 16384))
    if len(data) < 3 * size:
        return
    first, second = dice.randrange(len(data) - size), dice.randrange(len(data) - size)
    one, other = bytes(data[first : first + size]), bytes(data[second : second + size])
    data[first : first + size], data[second : second + size] = other, one


def drop_chunk(data: bytearray, dice: random.Random) -> None:
    """A piece is missing."""
    start = dice.randrange(len(data))
    del data[start : start + dice.choice((1, 7, 188, 4096))]


def repeat_chunk(data: bytearray, dice: random.Random) -> None:
    """A piece stands there twice."""
    start, size = dice.randrange(len(data)), dice.choice((1, 188, 4096))
    data[start:start] = data[start : start + size]


def cut_off(data: bytearray, dice: random.Random) -> None:
    """The end is missing."""
    del data[dice.randrange(max(len(data) // 8, 1), len(data)) :]


def lie_about_numbers(data: bytearray, dice: random.Random) -> None:
    """Lengths and counts become those that parsers stumble over."""
    for _ in range(dice.randrange(1, 4)):
        where = dice.randrange(max(min(len(data), 65536) - 4, 1))
        data[where : where + 4] = struct.pack(">I", dice.choice(_INTERESTING))


def blank(data: bytearray, dice: random.Random) -> None:
    """A piece is zeros: what a file system leaves behind that lost power."""
    start = dice.randrange(len(data))
    size = min(dice.choice((64, 4096, 65536)), len(data) - start)
    data[start : start + size] = bytes(size)


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    flip_head,
    flip_tail,
    swap_chunks,
    drop_chunk,
    repeat_chunk,
    cut_off,
    lie_about_numbers,
    blank,
)


def mutated(source: bytes, seed: int) -> tuple[bytes, str]:
    """The damaged bytes, and what was done to them."""
    dice = random.Random(seed)
    data = bytearray(source)
    done = dice.sample(MUTATIONS, dice.choice((1, 1, 2, 3)))
    for mutation in done:
        if len(data) > 8:
            mutation(data, dice)
    return bytes(data), "+".join(mutation.__name__ for mutation in done)
