"""Colour maps: a few anchors from the sparse end to the dense one, interpolated in OKLab."""

from __future__ import annotations

import numpy as np

from ..arrays import Array, Bytes
from ..errors import InputError
from .checks import guess, whole

_ANCHORS = {
    # After Matplotlib's maps of these names (CC0) and Google's Turbo, ten to fifteen samples of each.
    "viridis": "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "magma": "000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf",
    "turbo": "30123b 4145ab 4675ed 39a2fc 1bcfd4 24eca6 61fc6c a4fc3b d1e834 f3c63a fe9b2d f36315 d93806 b11901 7a0402",
    "grey": "ffffff 000000",
    "ink": "fbf7ee d9dde0 9fb4c8 5d80a8 2f4f83 172a55 0b1230",
    "sunset": "1b1340 3d1c68 7a2482 b9327c e8505f fb8250 fdb862 fee6a2",
    "lagoon": "f4f1e4 c9e4d2 86cdbf 43a9b0 1f7f9c 1d5480 1a2c58 120f33",
    "psychedelic": "2b0a5c 6a00d6 d400b8 ff2e63 ff8a00 ffe600 5ee02e 00c9a7 0098ff 3a2bd8 a300c9 ff3d9a ffd0f0",
}

NAMES = tuple(_ANCHORS)
"""Names of the colour maps."""

# Björn Ottosson 2020, "A perceptual color space for image processing": linear sRGB to cone responses, and the
# cube roots of those to OKLab.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def colours(name: str, n: int) -> Bytes:
    """Sample a colour map evenly from its sparse end to its dense end.

    Parameters
    ----------
    name : str
        One of `NAMES`, or with ``"-r"`` appended for the reverse.
    n : int
        Colours, >= 1; a single one is that of the dense end.

    Returns
    -------
    ndarray of uint8, shape (n, 3)
        sRGB values.

    Raises
    ------
    InputError
        If the name is unknown (the error lists the known ones), or n is not a whole number >= 1.

    Notes
    -----
    Linear interpolation between anchors in OKLab, where equal steps look equal.

    References
    ----------
    Ottosson 2020, "A perceptual color space for image processing".
    """
    anchors = _anchors(name)
    whole(n, "n", of="colours")
    lab = np.cbrt(_linear(anchors / 255.0) @ _CONES.T) @ _LAB.T
    at = np.linspace(0.0, 1.0, n) if n > 1 else np.ones(1)
    knots = np.linspace(0.0, 1.0, len(anchors))
    mixed = np.stack([np.interp(at, knots, channel) for channel in lab.T], axis=1)
    linear = (mixed @ np.linalg.inv(_LAB).T) ** 3 @ np.linalg.inv(_CONES).T
    return np.rint(255.0 * _companded(np.clip(linear, 0.0, 1.0))).astype(np.uint8)


def _anchors(name: str) -> Array:
    """(m, 3) in 0..255."""
    key = name.strip().lower() if isinstance(name, str) else ""
    base = key.removesuffix("-r")
    if base not in _ANCHORS:
        raise InputError(
            f"the colour map {name!r} is unknown{guess(base, NAMES)}: choose one of {', '.join(NAMES)}; "
            f"with -r appended it is reversed.",
            "colours",
        )
    table = np.array([list(bytes.fromhex(code)) for code in _ANCHORS[base].split()], dtype=np.float64)
    return table[::-1] if key != base else table


def _linear(srgb: Array) -> Array:
    """Linear light in 0..1 of sRGB in 0..1 (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _companded(linear: Array) -> Array:
    """Way back from linear light to sRGB."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
