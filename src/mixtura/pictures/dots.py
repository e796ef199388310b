"""Samples as dots."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..arrays import Array, Singles
from ..checks import Rng
from ..model.mixture import Mixture
from .canvas import Canvas, Pixels, blend, by_rows, colour, has_colour
from .checks import opacity, positive, whole
from .colours import Colour
from .field import AnyFrame, plane
from .grids import mean
from .stipples import calm, drawn_in, stipple

INK = "#1f3fbf"
LEAST = 0.7  # output pixels: smaller dots of ink are pale
COVER = (2.0, 3.0)  # how often dots with colours cover the mean, and plain paper


def dots(
    mixture: Mixture,
    *,
    frame: AnyFrame,
    size: tuple[int, int],
    samples: int = 40_000,
    radius: float | None = None,
    ink: str | Colour | None = None,
    paper: str | Colour | None = None,
    alpha: float = 0.85,
    independent: bool = False,
    rng: int | np.random.Generator | None = None,
    n_threads: int | None = None,
) -> Pixels:
    """Draw random points of a mixture as anti-aliased dots.

    A mixture of five coordinates (x, y, r, g, b) paints each dot in its own colour, clipped to 0..255, one over the
    other in random order. Any other, or any with `ink` given, paints x and y in one colour.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y.
    frame : Frame
        The part of the plane that is shown.
    size : tuple of int, (width, height)
        Of the output, in pixels.
    samples : int, default 40,000
        Number of points, >= 0; those outside the frame count.
    radius : float, optional
        In output pixels, > 0, also below one. By default it grows with the picture: a thousandth of its side for ink,
        and 0.7 at least; for colours such that the dots would cover the paper twice, or three times if it is given.
    ink : str or tuple of int, optional
        Colour of the dots; blue by default.
    paper : str or tuple of int, optional
        Colour of the background; by default white, and under coloured dots the mean colour of each place, as `mean`
        paints it.
    alpha : float, default 0.85
        Opacity of a dot, in 0..1.
    independent : bool, default False
        Whether the dots are independent samples, as `Mixture.sample` draws them; by default they are spread evenly.
    rng : int or numpy.random.Generator, optional
        Seed, or generator.
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

    Notes
    -----
    Evenly spread dots have the mixture's density and keep their distance from one another (blue noise): they are chosen
    from eight times as many samples, one from each eight that follow one another on a Hilbert curve, and moved to the
    means of those that are nearest to them, as in Lloyd's algorithm. More than half a million are independent. Their
    colours deviate half as much from the regression of their component as those of independent samples, which look
    like confetti, and at most two standard deviations from E[r, g, b | x, y].

    References
    ----------
    Secord 2002, "Weighted Voronoi stippling".
    """
    canvas = Canvas.of(frame, size, n_threads)
    whole(samples, "samples", least=0, of="dots")
    how = brush(mixture, canvas, samples, radius=radius, ink=ink, paper=paper, alpha=alpha, independent=independent)
    return lay(how, canvas, scatter(how.model, samples, canvas, independent=independent, rng=rng))


class Brush(NamedTuple):
    """How dots are painted: in their own colours or in one pen; the model has those coordinates that are needed."""

    model: Mixture
    coloured: bool
    ground: Singles | Pixels  # (3,), or a picture
    pen: Singles  # (3,)
    radius: float  # in output pixels
    opacity: float


def brush(
    mixture: Mixture,
    canvas: Canvas,
    samples: int,
    *,
    radius: float | None = None,
    ink: str | Colour | None = None,
    paper: str | Colour | None = None,
    alpha: float = 0.85,
    independent: bool = False,
) -> Brush:
    """Brush that these settings of `dots` mean."""
    coloured = ink is None and has_colour(mixture)
    ground: Singles | Pixels
    if coloured and paper is None:
        ground = mean(mixture, frame=canvas.frame, size=canvas.size, n_threads=canvas.n_threads)
    else:
        ground = colour("white" if paper is None else paper, "paper")
    pen = colour(INK if ink is None else ink, "ink")
    wide = _radius(radius, canvas, samples, COVER[paper is not None] if coloured else 0.0)
    return Brush(model_of(mixture, coloured, independent), coloured, ground, pen, wide, opacity(alpha, "alpha"))


def model_of(mixture: Mixture, coloured: bool, independent: bool) -> Mixture:
    """What dots are samples of."""
    if not coloured:
        return plane(mixture)
    return mixture if independent else calm(mixture)


def scatter(model: Mixture, n: int, canvas: Canvas, *, independent: bool, rng: Rng) -> Array:
    """Samples (n, d) of a model, spread evenly over the canvas unless they are to be independent."""
    if independent:
        return model.sample(n, rng=rng)
    dots, _ = stipple(model, n, canvas.scale, rng, canvas.n_threads)
    return drawn_in(model, dots, canvas.n_threads) if has_colour(model) else dots


def lay(how: Brush, canvas: Canvas, drawn: Array) -> Pixels:
    """Points (n, 2 or 5) on fresh paper, each over those before."""
    centres = canvas.to_pixels(drawn[:, :2])
    if how.coloured:
        painted = np.broadcast_to(how.ground, (canvas.height, canvas.width, 3)).astype(np.float32)
        own = drawn[:, 2:].clip(0, 255).astype(np.float32)
        discs(painted, centres, how.radius, own, how.opacity, canvas.n_threads)
        return by_rows(canvas, lambda rows: painted[rows])
    # One colour needs one number a pixel: the share of the paper that is covered.
    covered = np.zeros((canvas.height, canvas.width, 1), dtype=np.float32)
    discs(covered, centres, how.radius, np.ones((1, 1), dtype=np.float32), how.opacity, canvas.n_threads)
    return blend(canvas, np.asarray(how.ground, dtype=np.float32), how.pen, covered[..., 0])


def discs(out: Singles, centres: Array, radius: float, colours: Singles, alpha: float, n_threads: int | None) -> None:
    """Discs of one radius, painted over `out` (h, w, channels): centres (n, 2), colours (n or 1, channels)."""
    from ..kernels import splat

    shape = np.array([[radius, 0.0, radius]])
    splat.paint(out, centres, shape, colours, np.array([alpha], dtype=np.float32), n_threads=n_threads)


def _radius(radius: float | None, canvas: Canvas, samples: int, cover: float) -> float:
    if radius is not None:
        return positive(radius, "radius", "output pixels")
    area = canvas.width * canvas.height
    if cover and samples:
        return math.sqrt(cover * area / (math.pi * samples))
    return max(LEAST, math.sqrt(area) / 1000)
