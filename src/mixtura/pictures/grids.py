"""The density of each pixel as a grey, and the conditional mean as a colour."""

from __future__ import annotations

import numpy as np

from ..model.mixture import Mixture
from . import field
from .canvas import Canvas, Pixels, at_resolution, blend, check_colour, colour, means, toned
from .colours import Colour
from .field import AnyFrame
from .shown import picture
from .tone import Tone, parse_tone


def grid(
    mixture: Mixture,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    tone: Tone | str = "linear",
    ink: str | Colour = "black",
    paper: str | Colour = "white",
    n_threads: int | None = None,
) -> Pixels:
    """Draw the density of x and y at each pixel, through a tone curve.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y; others are integrated out. Of a mixture fitted to all pixels of a colour
        picture, the density is nearly flat.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels. Where these are wider than one unit of the plane, the density is blurred by their
        width, so that small pictures miss no thin line.
    tone : Tone or str, default "linear"
        Tone curve of the densities, which are divided by the largest in the picture; see `tone.parse_tone`.
    ink, paper : str or tuple of int
        Colours of the greys 0 and 255.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        sRGB values.

    Raises
    ------
    InputError
        If an argument is malformed.
    """
    canvas = Canvas.of(frame, size, n_threads)
    curve = parse_tone(tone)
    dark, light = colour(ink, "ink"), colour(paper, "paper")
    seen = at_resolution(field.plane(mixture), canvas)
    greys = curve.greys(field.log_density(seen, canvas.frame, canvas.size, n_threads=n_threads))
    greys /= np.float32(255)
    return blend(canvas, dark, light, greys)


def mean(
    mixture: Mixture,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    tone: Tone | str = "linear",
    n_threads: int | None = None,
) -> Pixels:
    """Draw the conditional mean colour E[r, g, b | x, y] at each pixel.

    Parameters
    ----------
    mixture : Mixture
        Of five coordinates x, y, r, g, b, with colours in 0..255; means outside are clipped.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels. Where these are wider than one unit of the plane, each shows the mean of its
        neighbourhood, about as wide as itself.
    tone : Tone or str, default "linear"
        One curve on all three channels, as in a photo editor: gamma:0.5 brightens, points c / 255:channel such as
        0:0,0.25:40,0.75:215,1:255 raise the contrast; see `tone.parse_tone`.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        sRGB values.

    Raises
    ------
    InputError
        If an argument is malformed, or the mixture has no colours.
    """
    canvas = Canvas.of(frame, size, n_threads)
    curve = parse_tone(tone)
    curve.colours(np.zeros(1))  # or its error, before any work
    check_colour(mixture)
    pixels = np.empty((canvas.height, canvas.width, 3), np.uint8)
    for rows, band, colours in means(mixture, canvas):
        pixels[rows] = toned(band, colours, curve)
    return picture(pixels)
