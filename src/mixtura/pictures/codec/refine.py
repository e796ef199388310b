"""Rounded components, changed by one here and there, where the picture or the file gains by it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...arrays import Array, Integers
from . import layout, units
from .layout import Header

SWEEPS, LITTLE, LARGE = 4, 0.02, 100_000
"""How often all components are gone through, unless a smaller share of them is changed, or the picture is large."""
GAIN = 1.1
"""Decibels that twice the bytes are worth."""


def refined(
    header: Header, places: Integers, table: Integers, picture: Array, weight: Array, zoom: float, price: float
) -> tuple[Integers, Integers]:
    """Places and the table, improved.

    picture: (c, h, w) and weight: (h, w), float64. zoom: pixels of the original to one. price: of a bit, as a share of
    the square error.
    """
    from ...kernels import coding, refining

    k, channels = len(places), header.levels
    longer = max(header.width, header.height)
    half = 12 // header.octave
    middle = 6 * header.octave
    sizes = np.array([units.power(n * half - 24 * units.DOWN) for n in range(-middle, 38 * header.octave + 1)])
    sizes *= longer / zoom
    cell = longer / 2.0**header.grid / zoom
    turns, directions = header.turns.astype(np.int64), units.directions()
    steps, base = units._steps(header)
    _, height, width = picture.shape
    largest, gates, sums = np.empty((height, width)), np.empty((height, width)), np.empty((channels, height, width))
    forms, box, colours = np.empty((k, 6)), np.empty((k, 4), np.int64), np.empty((k, channels))
    most = np.empty((height // refining.COARSE + 1, width // refining.COARSE + 1))
    near, length = np.empty((3, 8), np.int64), k.bit_length()
    scratch, row, place = np.empty((4, 8)), np.empty(table.shape[1], np.int64), np.empty(2, np.int64)
    first = coding.RESIDUAL * 5 + coding.COUNTS
    for _ in range(SWEEPS):
        at, table, spacing, models = _learnt(header, places, table)
        geometry: Any = cell, sizes, middle, directions, turns, header.octave
        refining.boxes(at, table, *geometry, height, width, forms, most, box)
        refining.colours(table, steps, base, colours)
        refining.paint(forms, colours, box, largest, gates, sums)
        seen = np.where(gates > 0.0, weight, 0.0)
        gates[gates == 0.0], largest[~np.isfinite(largest)] = 1.0, 0.0
        error = float((np.square(np.clip(sums / gates, 0.0, 255.0) - picture) * seen).sum())
        start, names = np.empty(k + 1, np.int64), np.empty(coding.NEAR * k, np.int64)
        refining.followers(at, near, start, names)
        taken = refining.sweep(
            at, table, *header.extent, *geometry, steps, base, box, picture, seen, largest, gates, sums, start, names,
            np.zeros(4, np.int64), np.zeros(4096 + 512 * len(table), np.uint8), models, np.zeros(128, np.int64), first,
            spacing, near, length, price * error, scratch, row, place,
        )  # fmt: skip
        places = at
        if taken < LITTLE * k or height * width > LARGE:
            break
    return places, table


def _learnt(header: Header, places: Integers, table: Integers) -> tuple[Any, ...]:
    """Places and the table in the order of the file, spacings, and models that have seen it."""
    from ...kernels import coding

    at = np.concatenate([places, np.arange(len(places))[:, None]], axis=1).astype(np.int64)
    stream = layout._Stream(np.zeros(4096 + 64 * table.size, np.uint8), writing=True)
    stream.header(header)
    stream.places(header, at)
    table = np.ascontiguousarray(table[at[:, 2]], np.int64)
    stream.components(header, at, table)
    spacing = np.empty(len(at), np.int64)
    coding.spacings(at, np.empty((3, 8), np.int64), spacing)
    return np.ascontiguousarray(at[:, :2]), table, spacing, stream.models


def price(bytes_: float) -> float:
    """What a bit of a file of so many bytes is worth, as a share of the square error."""
    return GAIN / 10.0 * math.log(10.0) / (8.0 * bytes_ * math.log(2.0))
