"""What a .gmx file says, as whole numbers, and its bytes: the law is docs/gmx.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays import Integers
from ...errors import PictureError
from .chances import initial, rates

VERSION = 1
MARK = 0xD0
"""The first byte is this plus the version."""
LONGEST = 65_535
"""The most pixels of a side."""
MOST = 16_383
"""The most components."""
GRIDS, OCTAVES, STEPS = range(4, 15), (1, 2, 3, 4, 6), range(32)
"""Bits of the grid; steps to an octave; the numbers of the steps of levels."""
SHAPES = ((1, 1), (3, 2), (2, 3), (4, 3), (3, 4), (16, 9), (9, 16))
"""Aspect ratios that have a number."""
TURNS = (4, 6, 12, 16, 24, 32, 48, 64)
"""How many angles there are, by the half octaves of the ratio."""
RARE = 128, 256
"""Of 4096: the chance that slopes or gates are there; that an opacity is."""


@dataclass(frozen=True)
class Header:
    """What a file says before its components.

    Attributes
    ----------
    width, height : int
        Of the picture, in pixels.
    count : int
        Of components.
    grid : int
        The longer side has 2^grid places.
    octave : int
        Steps of sizes and ratios to an octave.
    luma, chroma : int
        Steps of Y, opacity, and of Co and Cg: 2^(n/4), in 0..255.
    opacity, slopes, gates : bool
        Whether components have these.
    """

    width: int
    height: int
    count: int
    grid: int
    octave: int
    luma: int
    chroma: int
    opacity: bool = False
    slopes: bool = False
    gates: bool = False

    @property
    def extent(self) -> tuple[int, int]:
        """How many places lie side by side, and one below the other."""
        longer = max(self.width, self.height)
        wide, high = (-(-(side << self.grid) // longer) for side in (self.width, self.height))
        return wide, high

    @property
    def levels(self) -> int:
        """Channels: Y, Co, Cg and the opacity."""
        return 4 if self.opacity else 3

    @property
    def turns(self) -> Integers:
        """How many angles each ratio has."""
        ratios = np.arange(8 * self.octave)
        return np.where(ratios == 0, 1, np.array(TURNS)[np.minimum(2 * ratios // self.octave, len(TURNS) - 1)])


def usual(count: int) -> tuple[int, int, int]:
    """The grid, octave and luma that cost least to say of so many components."""
    bits = count.bit_length()
    return 5 + bits // 2, 3 if bits > 4 else 2, 19 - 3 * bits // 4


def write(header: Header, places: Integers, table: Integers) -> bytes:
    """The bytes of a picture.

    places: (k, 2) on the grid. table: (k, 8 or, with slopes, 16), see kernels/coding.py.
    """
    at = np.concatenate([places, np.arange(len(places))[:, None]], axis=1).astype(np.int64)
    stream = _Stream(np.zeros(4096 + 64 * table.size, np.uint8), writing=True)
    stream.header(header)
    stream.places(header, at)
    stream.components(header, at, np.ascontiguousarray(table[at[:, 2]], np.int64))
    body = bytes([MARK + VERSION]) + stream.end().rstrip(b"\0")
    return body.ljust(header.count, b"\0")


def read(data: bytes) -> tuple[Header, Integers, Integers]:
    """The header, places and table of a picture. Raises PictureError."""
    _check_mark(data)
    stream = _Stream(np.frombuffer(data, np.uint8)[1:].copy(), writing=False)
    header = stream.header(None)
    if header.count > len(data):
        raise PictureError(
            f"the picture is damaged: {header.count:,} components cannot be in {len(data):,} bytes; get the file anew."
        )
    at = np.zeros((header.count, 3), np.int64)
    stream.places(header, at)
    table = np.zeros((header.count, 16 if header.slopes else 8), np.int64)
    stream.components(header, at, table)
    return header, at[:, :2], table


def head(data: bytes) -> Header:
    """The header alone. Raises PictureError."""
    _check_mark(data)
    return _Stream(np.frombuffer(data, np.uint8)[1:].copy(), writing=False).header(None)


def _check_mark(data: bytes) -> None:
    if not data or not MARK <= data[0] < MARK + 16:
        found = "is empty" if not data else f"begins with the byte {data[0]:#04x}"
        raise PictureError(f"the picture is no .gmx file: it {found}, expected {MARK + VERSION:#04x}.")
    if data[0] != MARK + VERSION:
        raise PictureError(
            f"the .gmx file has version {data[0] - MARK}, but this Mixtura reads version {VERSION}: update Mixtura."
        )


class _Stream:
    """A range coder with its models, which reads what it would write."""

    def __init__(self, data: Any, writing: bool) -> None:
        self.data = data if len(data) else np.zeros(1, np.uint8)
        first = 0 if writing else int.from_bytes(bytes(self.data[:4]).ljust(4, b"\0"), "big")
        self.coder = np.array([writing, first, 2**32 - 1, 0 if writing else 4], np.int64)
        self.models, self.rates = initial(), rates()

    def header(self, given: Header | None) -> Header:
        """Code the header; what is given is written."""
        told = given or Header(1, 1, 1, 5, 2, 19, 20)
        width = self._number(told.width)
        shapes = [_across(told.width, shape) for shape in SHAPES]
        shape = self._raw(1 + shapes.index(told.height) if told.height in shapes else 0, 3)
        height = _across(width, SHAPES[shape - 1]) if shape else self._number(told.height)
        count = self._number(told.count)
        guesses = usual(count)
        grid = guesses[0] + self._residual(0, told.grid - guesses[0])
        octave = guesses[1] + self._residual(0, told.octave - guesses[1])
        luma = guesses[2] + self._residual(0, told.luma - guesses[2])
        chroma = luma + 1 + self._residual(0, told.chroma - luma - 1)
        opacity = self._chosen(told.opacity, RARE[1])
        slopes, gates = (self._chosen(each, RARE[0]) for each in (told.slopes, told.gates))
        header = Header(width, height, count, grid, octave, luma, chroma, opacity, slopes, gates)
        within = grid in GRIDS and octave in OCTAVES and luma in STEPS and chroma in STEPS
        if not (0 < height <= LONGEST and count <= MOST and within):
            raise PictureError(f"the picture is damaged: its header says {header}; get the file anew.")
        return header

    def places(self, header: Header, at: Integers) -> None:
        """Code the places; they are put into the order of the file."""
        from ...kernels import coding

        stack = np.empty((64, 6), np.int64)
        first = coding.RESIDUAL  # after the models of the header
        coding.places(self.coder, self.data, self.models, self.rates, first, *header.extent, at, stack)

    def components(self, header: Header, at: Integers, table: Integers) -> None:
        """Code the rest of the components, in that order."""
        from ...kernels import coding

        near, spacing = np.empty((3, 8), np.int64), np.empty(len(at), np.int64)
        coding.spacings(at, near, spacing)
        first = coding.RESIDUAL * 5 + coding.COUNTS
        coding.components(
            self.coder, self.data, self.models, self.rates, first, at, spacing, header.octave,
            header.turns.astype(np.int64), header.levels, header.slopes, header.gates, near, table,
        )  # fmt: skip

    def end(self) -> bytes:
        """All bytes written, so few that what follows may be zeros."""
        _, low, width, place = (int(number) for number in self.coder)
        done = int.from_bytes(bytes(self.data[:place]), "big") << 32 | low
        for bits in range(32, -1, -1):
            rounded = -(-done >> bits) << bits
            if rounded < done + width:
                break
        return (rounded).to_bytes(place + 4, "big")

    def _raw(self, value: int, bits: int) -> int:
        from ...kernels import coding

        return int(coding.raw(self.coder, self.data, value, bits))

    def _chosen(self, value: bool, chance: int) -> bool:
        from ...kernels import coding

        return bool(coding.chosen(self.coder, self.data, int(value), chance))

    def _residual(self, first: int, value: int) -> int:
        from ...kernels import coding

        return int(coding.residual(self.coder, self.data, self.models, self.rates, first, value))

    def _number(self, value: int) -> int:
        """Code a number from 1 to 65,535: its length, then all bits but the first."""
        bits = 1 + self._raw(value.bit_length() - 1, 4)
        return 1 << (bits - 1) | self._raw(value & ((1 << (bits - 1)) - 1), bits - 1)


def _across(width: int, shape: tuple[int, int]) -> int:
    """The height of a picture of that shape."""
    return (2 * width * shape[1] + shape[0]) // (2 * shape[0])
