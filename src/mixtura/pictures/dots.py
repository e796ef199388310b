"""Samples as dots."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..errors import InputError, named
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
        raise InputError(f"{named('samples')} is {samples!r}: give a whole number of dots >= 0.")
    how = brush(mixture, sheet, samples, radius=radius, ink=ink, paper=paper, alpha=alpha)
    return lay(how, sheet, how.model.sample(samples, rng=rng), n_threads)


class Brush(NamedTuple):
    """How dots are painted: in their own colours or in one pen; the model has those coordinates that are needed."""

    model: Mixture
    coloured: bool
    ground: Sheet  # (3,)
    pen: Sheet  # (3,)
    radius: float  # in output pixels
    opacity: float


def brush(
    mixture: Mixture,
    sheet: Canvas,
    samples: int,
    *,
    radius: float | None = None,
    ink: str | Colour | None = None,
    paper: str | Colour | None = None,
    alpha: float = 0.85,
) -> Brush:
    """The brush that these settings of `dots` mean."""
    coloured = ink is None and has_colour(mixture)
    model = mixture if coloured else plane(mixture)
    return Brush(
        model,
        coloured,
        colour(background(model) if paper is None else paper, "paper"),
        colour(INK if ink is None else ink, "ink"),
        _radius(radius, sheet, samples, coloured),
        share(alpha, "alpha"),
    )


def lay(how: Brush, sheet: Canvas, drawn: Array, n_threads: int | None) -> Pixels:
    """The points (n, 2 or 5) on fresh paper, each over those before."""
    centres = sheet.to_pixels(drawn[:, :2])
    if how.coloured:
        painted = np.broadcast_to(how.ground, (sheet.height, sheet.width, 3)).copy()
        own = drawn[:, 2:].clip(0, 255).astype(np.float32)
        _paint(painted, centres, how.radius, own, how.opacity, n_threads)
        return by_rows(sheet, lambda rows: painted[rows], n_threads)
    # One colour needs one number a pixel: the share of the paper that is covered.
    covered = np.zeros((sheet.height, sheet.width, 1), dtype=np.float32)
    _paint(covered, centres, how.radius, np.ones((1, 1), dtype=np.float32), how.opacity, n_threads)
    return blend(sheet, how.ground, how.pen, covered[..., 0], n_threads)


def _paint(sheet: Sheet, centres: Array, radius: float, colours: Sheet, alpha: float, n_threads: int | None) -> None:
    from ..kernels import splat

    shape = np.array([[radius, 0.0, radius]])
    splat.paint(sheet, centres, shape, colours, np.array([alpha], dtype=np.float32), n_threads=n_threads)


def _radius(radius: float | None, sheet: Canvas, samples: int, coloured: bool) -> float:
    if radius is not None:
        if not (is_finite(radius) and radius > 0):
            raise InputError(f"{named('radius')} is {radius!r}: dots have a finite radius > 0, in output pixels.")
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
