"""Mixtures of six coordinates x, y, r, g, b, a: pictures with an opacity, as `polish` makes them.

Colours are multiplied by the opacity, a / 255. So the colour over any paper is affine in the coordinates, and a
transparent pixel has no colour to be wrong about.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Bytes
from ..errors import InputError
from ..model.mixture import Mixture
from .canvas import Canvas, colour, means, toned
from .colours import Colour
from .experts import NAMES
from .field import AnyFrame
from .tone import Tone, parse_tone


def mean(
    mixture: Mixture,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    tone: Tone | str = "linear",
    n_threads: int | None = None,
) -> Bytes:
    """Draw the conditional mean colour and opacity at each pixel.

    Parameters
    ----------
    mixture : Mixture
        Of six coordinates x, y, r, g, b, a, colours multiplied by a / 255.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels; see `draw.mean`.
    tone : Tone or str, default "linear"
        One curve on the three channels of the colours, see `draw.mean`.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    ndarray of uint8, shape (h, w, 4)
        sRGB values, not multiplied by the opacity, and the opacity, as Pillow's mode "RGBA" has them.

    Raises
    ------
    InputError
        If an argument is malformed.
    """
    if not has_opacity(mixture):
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates, but a picture with an opacity has six: "
            f"{', '.join(NAMES)}."
        )
    canvas = Canvas.of(frame, size, n_threads)
    curve = parse_tone(tone)
    curve.colours(np.zeros(1))  # or its error, before any work
    pixels = np.empty((canvas.height, canvas.width, 4), np.uint8)
    for rows, band, found in means(mixture, canvas):
        found[..., :3] *= 255 / np.maximum(found[..., 3:], 1.0)
        pixels[rows, :, :3] = toned(band, found[..., :3], curve)
        pixels[rows, :, 3] = np.rint(np.clip(found[..., 3], 0, 255))
    return pixels


def on_paper(mixture: Mixture, paper: str | Colour = "white") -> Mixture:
    """Lay a picture with an opacity on paper.

    Parameters
    ----------
    mixture : Mixture
        Of six coordinates x, y, r, g, b, a, colours multiplied by a / 255; others are opaque.
    paper : str or tuple of int, default "white"
        A name, #rrggbb, or (r, g, b).

    Returns
    -------
    Mixture
        Of x, y, r, g, b, which every style, page and drawing shows; an opaque one as it is.

    Raises
    ------
    InputError
        If the colour is unknown.

    Notes
    -----
    Exact: the colour on paper is r + (1 - a / 255) paper, an affine function of the coordinates.
    """
    if not has_opacity(mixture):
        return mixture
    sheet = colour(paper, "paper").astype(np.float64)
    matrix = np.eye(5, 6)
    matrix[2:, 5] = -sheet / 255
    offset = np.concatenate([np.zeros(2), sheet])
    return Mixture(
        mixture.weights,
        mixture.means @ matrix.T + offset,
        matrix @ mixture.matrices @ matrix.T,
        names=NAMES[:5],
    )


def has_opacity(mixture: Mixture) -> bool:
    """Tell whether a mixture is a picture with an opacity.

    Parameters
    ----------
    mixture : Mixture
        Of any number of coordinates.

    Returns
    -------
    bool
        Whether it has six.
    """
    return mixture.n_coordinates == len(NAMES)
