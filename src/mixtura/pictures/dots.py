"""Samples as dots."""

from __future__ import annotations

import math

import numpy as np

from ..errors import InputError
from ..model.checks import check_threads, is_finite, is_whole
from ..model.mixture import Mixture
from .canvas import Array, Canvas, Pixels, Sheet, background, blend, by_rows, canvas, colour, has_colour, plane
from .colours import Colour
from .field import Frame

INK = "#1f3fbf"


def dots(
    mixture: Mixture,
    *,
    frame: Frame,
    size: tuple[int, int],
    samples: int = 40_000,
    radius: float | None = None,
    ink: str | Colour | None = None,
    paper: str | Colour | None = None,
    alpha: float = 0.85,
    rng: int | np.random.Generator | None = None,
    n_threads: int | None = None,
) -> Pixels:
    """Random points of the mixture as anti-aliased dots: (h, w, 3) uint8 sRGB.

    A mixture of five coordinates (x, y, r, g, b) paints each dot in its own colour, clipped to 0..255, one
    over the other in the order of sampling. Any other, or any with `ink` given, paints x and y in one colour.
    frame: the part of the plane that is shown. size: (width, height) of the output, in pixels.
    samples: how many, >= 0; those outside the frame count. radius: in output pixels, > 0, also below one; by
    default it grows with the picture: one pixel in 1000 for ink, and for colours as much as covers the paper
    three times over. ink: a blue by default. paper: white by default, under coloured
    dots their mean colour. alpha: each dot's opacity, 0..1. rng: a seed, or a Generator.
    Raises InputError for malformed arguments.
    """
    check_threads(n_threads)
    sheet = canvas(frame, size)
    if not is_whole(samples) or samples < 0:
        raise InputError(f"samples is {samples!r}: give a whole number of dots >= 0.")
    coloured = ink is None and has_colour(mixture)
    model = mixture if coloured else plane(mixture)
    ground = colour(background(model) if paper is None else paper, "paper")
    pen = colour(INK if ink is None else ink, "ink")
    opacity = share(alpha, "alpha")
    reach = _radius(radius, sheet, samples, coloured)
    drawn = model.sample(samples, rng=rng)
    centres = sheet.to_pixels(drawn[:, :2])
    if coloured:
        painted = np.broadcast_to(ground, (sheet.height, sheet.width, 3)).copy()
        _paint(painted, centres, reach, drawn[:, 2:].clip(0, 255).astype(np.float32), opacity, n_threads)
        return by_rows(sheet, lambda rows: painted[rows], n_threads)
    # One colour needs one number a pixel: the share of the paper that is covered.
    covered = np.zeros((sheet.height, sheet.width, 1), dtype=np.float32)
    _paint(covered, centres, reach, np.ones((1, 1), dtype=np.float32), opacity, n_threads)
    return blend(sheet, ground, pen, covered[..., 0], n_threads)


def _paint(sheet: Sheet, centres: Array, radius: float, colours: Sheet, alpha: float, n_threads: int | None) -> None:
    from ..kernels import splat

    shape = np.array([[radius, 0.0, radius]])
    splat.paint(sheet, centres, shape, colours, np.array([alpha], dtype=np.float32), n_threads=n_threads)


def _radius(radius: float | None, sheet: Canvas, samples: int, coloured: bool) -> float:
    if radius is not None:
        if not (is_finite(radius) and radius > 0):
            raise InputError(f"radius is {radius!r}: dots have a finite radius > 0, in output pixels.")
        return float(radius)
    area = sheet.width * sheet.height
    if coloured and samples:
        return math.sqrt(3.0 * area / (math.pi * samples))
    return math.sqrt(area) / 1000


def share(value: float, what: str) -> float:
    """`value` as an opacity in 0..1; InputError, calling it `what`, when it is none."""
    if not (is_finite(value) and 0 <= value <= 1):
        raise InputError(f"{what} is {value!r}: an opacity lies in 0..1.")
    return float(value)
