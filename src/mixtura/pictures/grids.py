"""One number a pixel: the density as a grey, the conditional mean as a colour."""

from __future__ import annotations

import numpy as np

from ..checks import check_threads
from ..errors import InputError
from ..model.mixture import Mixture
from . import field
from .canvas import Pixels, at_resolution, blend, by_rows, canvas, colour, plane
from .colours import Colour
from .field import Frame
from .tone import Tone, parse_tone


def grid(
    mixture: Mixture,
    *,
    frame: Frame,
    size: tuple[int, int],
    tone: Tone | str = "linear",
    ink: str | Colour = "black",
    paper: str | Colour = "white",
    n_threads: int | None = None,
) -> Pixels:
    """The density of x and y at each pixel, through a tone curve: (h, w, 3) uint8 sRGB.

    The densities are divided by the largest one in the picture; `tone` (a Tone or its text, see
    `parse_tone`) makes greys of them, and the greys lead from `ink` (0) to `paper` (255). Where pixels are
    wider than one unit of the plane, the density is blurred by their width, so that small pictures miss no
    thin line. Coordinates after x and y are integrated out: of a mixture fitted to all pixels of a colour
    picture, the density is nearly flat.
    frame: the part of the plane that is shown. size: (width, height) of the output, in pixels.
    Raises InputError for malformed arguments.
    """
    check_threads(n_threads)
    sheet = canvas(frame, size)
    curve = parse_tone(tone)
    dark, light = colour(ink, "ink"), colour(paper, "paper")
    seen = at_resolution(plane(mixture), sheet)
    greys = curve.greys(field.log_density(seen, sheet.frame, sheet.size, n_threads=n_threads))
    return blend(sheet, dark, light, greys / np.float32(255), n_threads)


def mean(mixture: Mixture, *, frame: Frame, size: tuple[int, int], n_threads: int | None = None) -> Pixels:
    """The mean colour given the place, E[r, g, b | x, y], at each pixel: (h, w, 3) uint8 sRGB.

    mixture: of five coordinates, x, y, r, g, b, with colours in 0..255; means outside are clipped.
    frame: the part of the plane that is shown. size: (width, height) of the output, in pixels; where these are
    wider than one unit of the plane, each shows the mean of its neighbourhood, about as wide as itself.
    Raises InputError for malformed arguments, and for a mixture without colours.
    """
    check_threads(n_threads)
    sheet = canvas(frame, size)
    if mixture.n_coordinates != 5:
        raise InputError(
            f"the mixture has {mixture.n_coordinates} coordinates, but a mean colour needs five "
            f"(x, y, r, g, b): fit the picture as colour, or draw contour, dots, grid or ellipses."
        )
    seen = at_resolution(mixture, sheet)
    colours = field.mean(seen, sheet.frame, sheet.size, n_threads=n_threads)  # (h, w, 3)
    return by_rows(sheet, lambda rows: colours[rows], n_threads)
