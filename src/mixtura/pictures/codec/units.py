"""Components as whole numbers, and what these mean: experts, and a mixture, the same to the bit on every machine."""

from __future__ import annotations

import math

import numpy as np

from ...arrays import Array, Integers
from ...model.mixture import Mixture
from ..experts import ANGLE, CHANNELS, GATE, NAMES, PLACE, SCALE
from ..image import PIXEL_VARIANCE
from .layout import Header

DOWN = 14
"""The smallest size is the longer side over 2^DOWN."""
GATES = 4
"""Steps of gates to a factor of 2."""
_TWENTY_FOURTH = 1.0293022366434921  # 2 to the power of 1/24
_TURN = 0.9998661379095618, 0.01636173162648678  # cosine and sine of pi / 192
_OF_RGB = np.array([[0.25, 0.5, 0.25], [0.5, 0.0, -0.5], [-0.25, 0.5, -0.25]])  # Y, Co, Cg


def step(number: int) -> float:
    """The step of levels of that number, in 0..255."""
    return power(number * 6)


def power(twenty_fourths: int) -> float:
    """2 to the power of so many 24ths, by products alone, which round alike everywhere."""
    whole, rest = divmod(twenty_fourths, 24)
    found = 1.0
    for _ in range(rest):
        found *= _TWENTY_FOURTH
    return math.ldexp(found, whole)


def directions() -> Array:
    """(192, 2) cosines and sines of the 192nds of a half turn."""
    out = np.empty((192, 2))
    x, y = 1.0, 0.0
    for row in out:
        row[:] = x, y
        x, y = x * _TURN[0] - y * _TURN[1], x * _TURN[1] + y * _TURN[0]
    return out


def place_rounded(parameters: Array, header: Header) -> Integers:
    """Round the places to those of the grid, which come back."""
    wide, high = header.extent
    cell = max(header.width, header.height) / 2**header.grid
    found = np.clip(np.floor(parameters[:, PLACE] / cell), 0, (wide - 1, high - 1)).astype(np.int64)
    parameters[:, PLACE] = (found + 0.5) * cell
    return np.asarray(found)


def shape_rounded(parameters: Array, header: Header) -> Integers:
    """Round sizes, ratios and angles; (k, 3) of them."""
    octave, longer = header.octave, math.log2(max(header.width, header.height))
    logs = -parameters[:, SCALE] / math.log(2.0) - longer + DOWN
    swapped = logs[:, 0] < logs[:, 1]
    size = np.clip(np.rint(logs.mean(axis=1) * octave), 0, 16 * octave)
    ratio = np.clip(np.rint(np.abs(logs[:, 0] - logs[:, 1]) * octave), 0, 6 * octave).astype(np.int64)
    turns = header.turns[ratio]
    turned = np.rint((parameters[:, ANGLE] + swapped * (math.pi / 2)) / math.pi * turns).astype(np.int64)
    slopes = parameters[:, CHANNELS:].reshape(len(parameters), -1, 3)
    slopes[swapped] = slopes[swapped][:, :, [0, 2, 1]] * [1.0, 1.0, -1.0]
    slopes[turned // turns % 2 == 1, :, 1:] *= -1.0
    angle = turned % turns
    parameters[:, CHANNELS:] = slopes.reshape(len(parameters), -1)
    parameters[:, SCALE] = -math.log(2.0) * (
        (size / octave)[:, None] + ratio[:, None] * [0.5 / octave, -0.5 / octave] - DOWN + longer
    )
    parameters[:, ANGLE] = angle * math.pi / turns
    return np.stack([size.astype(np.int64), ratio, angle], axis=1)


def levels_rounded(parameters: Array, header: Header) -> Integers:
    """Round levels and slopes; (k, 4 or, with slopes, 12) of them."""
    from ...kernels.coding import MOST

    k, channels = len(parameters), header.levels
    steps, base = _steps(header)
    found = np.zeros((k, 12 if header.slopes else 4), np.int64)
    for part in range(3 if header.slopes else 1):  # levels, and the slopes along each axis
        values = 255.0 * parameters[:, CHANNELS + part :: 3]
        values[:, :3] = values[:, :3] @ _OF_RGB.T
        numbers = np.clip(np.rint((values - (base if part == 0 else 0.0)) / steps), -MOST, MOST)
        column = np.arange(channels) if part == 0 else 3 + part + 2 * np.arange(channels)
        found[:, column] = numbers.astype(np.int64)
        rounded = numbers * steps + (base if part == 0 else 0.0)
        parameters[:, CHANNELS + part :: 3] = np.concatenate([_rgb(rounded), rounded[:, 3:]], axis=1) / 255.0
    if not header.slopes:
        parameters[:, CHANNELS + 1 :: 3] = parameters[:, CHANNELS + 2 :: 3] = 0.0
    return found


def gates_rounded(parameters: Array) -> Integers:
    """Round gates; (k,) of them."""
    unit = math.log(2.0) / GATES
    found = np.clip(np.rint(parameters[:, GATE] / unit), -80, 20).astype(np.int64)
    parameters[:, GATE] = found * unit
    return found


def mixture(header: Header, places: Integers, table: Integers) -> Mixture:
    """What a file says: each number of it by additions, products and quotients of doubles, which round alike."""
    from ...kernels.coding import ANGLE as TURN
    from ...kernels.coding import GATE as HEIGHT
    from ...kernels.coding import LEVELS, RATIO, SIZE

    k, channels = len(table), header.levels
    longer = max(header.width, header.height)
    half = 12 // header.octave  # 24ths of an octave in half a step
    sizes = np.array([power(n * half - 24 * DOWN) for n in range(-6 * header.octave, 38 * header.octave + 1)]) * longer
    first, second = (sizes[6 * header.octave + 2 * table[:, SIZE] + s * table[:, RATIO]] for s in (1, -1))
    cos, sin = directions()[table[:, TURN] * 192 // header.turns[table[:, RATIO]]].T
    axes = np.stack([first * cos, first * sin, -(second * sin), second * cos], axis=1).reshape(k, 2, 2)  # in rows
    steps, base = _steps(header)
    values = table[:, LEVELS : LEVELS + channels] * steps + base
    means = np.concatenate([(places + 0.5) * longer / 2.0**header.grid, _rgb(values), values[:, 3:]], axis=1)
    whole = np.zeros((k, 2, 2 + channels))
    whole[:, :, :2] = axes
    if header.slopes:
        for axis in range(2):
            along = table[:, LEVELS + 4 + axis : LEVELS + 4 + axis + 2 * channels : 2] * steps
            whole[:, axis, 2:] = np.concatenate([_rgb(along), along[:, 3:]], axis=1)
    covariances = whole[:, 0, :, None] * whole[:, 0, None, :] + whole[:, 1, :, None] * whole[:, 1, None, :]
    free = np.arange(2, 2 + channels)
    covariances[:, free, free] += PIXEL_VARIANCE
    weights = first * second
    if header.gates:
        weights = weights * np.array([power(int(n) * 24 // GATES) for n in np.maximum(table[:, HEIGHT], -80)])
    return Mixture(weights / math.fsum(weights), means, covariances, names=NAMES[: 2 + channels])


def _steps(header: Header) -> tuple[Array, Array]:
    """The steps of the levels, and where they begin."""
    luma, chroma = step(header.luma), step(header.chroma)
    return np.array([luma, chroma, chroma, luma])[: header.levels], np.array([128.0, 0.0, 0.0, 255.0])[: header.levels]


def _rgb(levels: Array) -> Array:
    """Red, green and blue of Y, Co and Cg."""
    y, orange, green = levels[:, 0], levels[:, 1], levels[:, 2]
    return np.stack([y - green + orange, y + green, y - green - orange], axis=1)
