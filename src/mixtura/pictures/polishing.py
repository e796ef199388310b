"""A mixture that paints a picture as well as it can: the error of the painting is minimised.

Coarse pictures come first, since a step on them costs little; between steps, components that hardly matter go to where
errors are largest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

import numpy as np

from ..arrays import Array, Numbers, Singles
from ..checks import check_flag, check_threads, check_unmasked, is_finite, is_true, is_whole
from ..errors import InputError, named
from ..model.mixture import Mixture
from . import checks, experts, field
from .experts import CHANNELS, GATE, NAMES
from .painter import Painter
from .tone import Tone, parse_tone

FIRST, LAST = 0.1, 0.003
"""Step lengths at the beginning and at the end: in standard deviations, nats and the like."""
OF_MIXTURE = 0.05
"""The first one where a mixture is given."""
COLOUR = 0.3
"""Steps of levels and slopes, as a share of these."""
STEPS = (320, 200, 40, 16, 8)
"""Of the coarsest picture, of the next one, and so on; at effort 1."""
ENOUGH = 64
"""Pixels a component that a coarse picture must have."""
MOST = 2**24
"""Pixels of the finest picture that is painted: of larger ones squares of four pixels count as one, or of sixteen."""
MOVED, MOVES, UNTIL = 0.04, 10, 0.6
"""The share of components that move at once; how often, and in which share of the coarsest picture's steps."""
_SHADES = 256


@dataclass(frozen=True)
class PolishStep:
    """What a callback sees after each step.

    Attributes
    ----------
    step : int
        1, 2, ...
    steps : int
        How many there will be.
    psnr : float
        Of the painting before the step, on the picture at hand, which may be a coarse one, in dB; colours are neither
        rounded nor clipped.
    mixture : Mixture
        What the step led to.
    """

    step: int
    steps: int
    psnr: float
    make: Callable[[], Mixture] = dataclass_field(repr=False)

    @property
    def mixture(self) -> Mixture:
        """What the step led to, made when it is asked for, before the next step."""
        return self.make()


def polish(
    start: Mixture | int,
    pixels: Numbers,
    *,
    effort: float = 1.0,
    slopes: bool = True,
    weight: Numbers | None = None,
    tone: Tone | str = "linear",
    on_step: Callable[[PolishStep], Any] | None = None,
    n_threads: int | None = None,
) -> Mixture:
    """Make a mixture that paints a picture with the least mean square error.

    Parameters
    ----------
    start : Mixture or int
        A mixture of x, y and the picture's channels (of x and y for a drawing), in pixels as
        `image.colour` gives them; or how many components to begin with, from a recursive cut of the picture.
    pixels : ndarray, shape (h, w, 3), (h, w, 4) or (h, w)
        sRGB values in 0..255; with a fourth channel, the opacity in 0..255; or the greys of a drawing, 0 being ink.
    effort : float, default 1
        Multiplies the number of steps, 0.05 to 50.
    slopes : bool, default True
        Whether colours may change across a component; else they are constant within each.
    weight : ndarray, shape (h, w), optional
        How much each pixel counts, >= 0; those of weight 0 are painted as their neighbours suggest.
    tone : Tone or str, default "linear"
        Of a drawing: the tone curve that its density is painted through, see `tone.parse_tone`; not "equalise".
    on_step : callable, optional
        Called with a `PolishStep` after each step; when it returns True, the polishing ends.
    n_threads : int, optional
        By default as many as there are cores. The result has the same bits for any number.

    Returns
    -------
    Mixture
        As many components as the start, with full covariances. Of a picture: names ``("x", "y", "r", "g", "b")``, and
        its conditional mean E[r, g, b | x, y], which `draw.mean` draws, is the painting; the covariance of a
        component's colours about it is diagonal, the mean square error near the component. Of a picture with opacity:
        a sixth coordinate ``"a"``, and colours are multiplied by the opacity / 255. Of a drawing: names ``("x", "y")``;
        `draw.grid` with the same tone paints it.

    Raises
    ------
    InputError
        If an argument is malformed, or there are more components than pixels.

    Notes
    -----
    No density model of the pixels results: the likelihood falls, usually by several nats a pixel. Use
    `mixtura.fit` to describe data, and this to paint.

    The painting of a pixel is ``sum_k g_k(x) (c_k + S_k (x - m_k))`` with the responsibilities g_k of the place
    alone, so a component has, beside its colours and slopes, a place, two widths, an angle and a weight. All are
    changed by Adam [1]_ along exact gradients, in units in which steps suit components of every size. A step costs
    O(n), n the pixels of the picture at hand, times the components that matter near a pixel, about ten. What
    comes out is never worse than the start.

    A drawing is painted by its density: the largest in the picture counts as 1 in the tone curve. A curve that is black
    from 0.5 on, such as ``"0:255,0.5:0,1:0"``, gives sharp strokes; the linear one, soft ones.

    References
    ----------
    .. [1] Kingma and Ba 2015, "Adam: a method for stochastic optimization".

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.pictures import draw, field, polish, quality
    >>> y, x = np.mgrid[:32, :48]
    >>> picture = np.stack([5 * x, 8 * y, np.where(x > 2 * y, 200, 90)], axis=-1).astype(np.uint8)
    >>> mix = polish(12, picture)
    >>> mix
    <Mixture of 12 full components in 5 coordinates, names=('x', 'y', 'r', 'g', 'b')>
    >>> painted = draw.mean(mix, frame=field.Frame.of_picture(48, 32), size=(48, 32))
    >>> quality.psnr(painted, picture) > 35
    True
    """
    picture, curve = _picture(pixels, tone)
    height, width, channels = picture.shape
    counts = _weights(weight, height, width)
    check_flag(slopes, "slopes")
    check_threads(n_threads)
    checks.callback(on_step, "on_step", "PolishStep")
    if not (is_finite(effort) and 0.05 <= effort <= 50):
        raise InputError(f"{named('effort')} is {effort!r}: give a number from 0.05 to 50, such as 1.")
    k = _check_start(start, 2 if curve is not None else 2 + channels, int(np.count_nonzero(counts)))
    whole = 1.0
    while picture.shape[0] * picture.shape[1] > MOST:
        picture, counts = _halved(picture, counts)
        whole *= 2.0
    levels = _levels(picture, counts, k)
    if isinstance(start, Mixture):
        begin = experts.zoomed(_given(start, width, height, curve is not None, n_threads), 1 / whole)
    else:
        begin = _begun(*levels[-1], k, curve, 2.0 ** (len(levels) - 1))
    rates = np.ones((1, begin.shape[1]))
    rates[:, CHANNELS:] = COLOUR
    if not slopes:
        for column in (CHANNELS + 1, CHANNELS + 2):
            begin[:, column::3] = rates[:, column::3] = 0.0
    plan = [max(1, round(effort * steps)) for steps in STEPS[: len(levels)]]
    course = _Course(sum(plan), OF_MIXTURE if isinstance(start, Mixture) else FIRST, rates, whole, on_step)
    painter = Painter(*levels[0], begin, curve=curve, n_threads=n_threads)
    before, last = painter.loss(), None
    for level, steps in zip(reversed(range(len(levels))), plan, strict=True):
        scale = 2.0**level
        now = painter
        if level:
            now = Painter(*levels.pop(), experts.zoomed(begin, 1 / scale), curve=curve, n_threads=n_threads)
        if last is not None:
            now.follow(last)
        course.follow(now, steps, scale)
        last = now
    if painter.loss() > before:
        painter.replace(begin)
    spread = np.zeros(k) if curve is not None else _spread(painter)
    return experts.to_mixture(experts.zoomed(painter.parameters, whole), spread)


class _Course:
    """The steps of a polishing, which become smaller over all levels.

    whole: pixels of the picture to one of the finest level.
    """

    def __init__(
        self, total: int, first: float, rates: Array, whole: float, on_step: Callable[[PolishStep], Any] | None
    ) -> None:
        self.total, self.first, self.rates, self.whole, self.on_step = total, first, rates, whole, on_step
        self.done, self.stopped = 0, False

    def follow(self, painter: Painter, steps: int, scale: float) -> None:
        """Take so many steps. scale: pixels of the finest level to one of the painter's."""
        moving = self.done == 0  # components move on the coarsest picture only
        every = max(1, int(UNTIL * steps / MOVES))
        for i in range(steps):
            if self.stopped:
                return
            if moving and i and i % every == 0 and i <= UNTIL * steps:
                painter.move(int(MOVED * len(painter.parameters)))
            along = 0.5 * (1.0 + math.cos(math.pi * self.done / self.total))
            loss = painter.step(self.rates * (LAST + (self.first - LAST) * along))
            self.done += 1
            if self.on_step is not None:
                step = PolishStep(self.done, self.total, painter.decibels(loss), _made(painter, scale * self.whole))
                self.stopped = is_true(self.on_step(step))


def _made(painter: Painter, scale: float) -> Callable[[], Mixture]:
    """A function that gives the painter's mixture as it is when called."""

    def make() -> Mixture:
        return experts.to_mixture(experts.zoomed(painter.parameters, scale), np.zeros(len(painter.parameters)))

    return make


def _picture(pixels: Any, tone: Tone | str) -> tuple[Numbers, Singles | None]:
    """A picture (h, w, c) of numbers in 0..255; of a drawing how dark it is, and the curve that paints densities."""
    check_unmasked(pixels, named("pixels"))
    array = np.asarray(pixels)
    shaped = (array.ndim == 3 and array.shape[2] in (3, 4)) or array.ndim == 2
    if not shaped or 0 in array.shape or array.dtype.kind not in "uif":
        raise InputError(
            f"{named('pixels')} is {array.dtype} of shape {array.shape}, expected numbers in 0..255 of shape "
            f"(h, w, 3), (h, w, 4) or, for a drawing, (h, w)."
        )
    if array.dtype != np.uint8:
        checks.check_range(array.min(), array.max(), named("pixels"))
    curve = parse_tone(tone)
    if array.ndim == 3:
        if curve != Tone():
            raise InputError(f"{named('tone')} is {str(curve)!r}: only drawings (h, w) go through a tone curve.")
        if array.shape[2] == 4:
            array = array.astype(np.float32)
            array[..., :3] *= array[..., 3:] / np.float32(255)
        return array, None
    if curve.kind == "equalise":
        raise InputError(
            f"{named('tone')} is 'equalise', which depends on all pixels at once: give linear, gamma:0.5, or points "
            f"such as 0:255,0.5:0,1:0."
        )
    with np.errstate(divide="ignore"):
        shades = np.log(np.linspace(0.0, 1.0, _SHADES + 1))
    return (np.float32(255) - array.astype(np.float32))[..., None], 1 - curve.greys(shades) / np.float32(255)


def _weights(weight: Any, height: int, width: int) -> Singles:
    """(h, w) how much each pixel counts."""
    if weight is None:
        return np.broadcast_to(np.float32(1), (height, width))
    check_unmasked(weight, named("weight"))
    array = np.asarray(weight)
    if array.shape != (height, width) or array.dtype.kind not in "uifb":
        raise InputError(
            f"{named('weight')} is {array.dtype} of shape {array.shape}, expected a number for each pixel: "
            f"({height}, {width})."
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and 0 < high < math.inf):  # so that NaN fails
        raise InputError(
            f"{named('weight')} has values from {low:g} to {high:g}: give finite numbers >= 0, not all of them 0."
        )
    return (array / high).astype(np.float32)


def _check_start(start: Any, d: int, pixels: int) -> int:
    """The number of components."""
    if isinstance(start, Mixture):
        if start.n_coordinates != d:
            raise InputError(
                f"{named('start')} is a mixture of {start.n_coordinates} coordinates, but painting these pixels needs "
                f"{d}: {', '.join(NAMES[:d])}."
            )
        return start.n_components
    if not is_whole(start) or start < 1:
        raise InputError(f"{named('start')} is {start!r}: give a Mixture, or a whole number of components >= 1.")
    if start > pixels:
        raise InputError(
            f"{named('start')} asks for {start} components, but only {pixels} pixels count: give {pixels} or fewer."
        )
    return int(start)


def _levels(picture: Numbers, weight: Singles, k: int) -> list[tuple[Numbers, Singles]]:
    """The picture and its weights, then coarser ones of half the sides while these have pixels enough."""
    levels = [(picture, weight)]
    while len(levels) < len(STEPS) and levels[-1][1].size >= 4 * ENOUGH * k:
        levels.append(_halved(*levels[-1]))
    return levels


def _halved(picture: Numbers, weight: Singles) -> tuple[Singles, Singles]:
    """The weighted means of squares of four pixels, and their weights; what lies beyond the edge has none."""
    height, width, channels = picture.shape
    down, across = -(-height // 2), -(-width // 2)
    total, mass = np.zeros((down, across, channels), np.float32), np.zeros((down, across), np.float32)
    for row in range(height):
        for column in (0, 1):
            part, share = picture[row, column::2], weight[row, column::2]
            total[row // 2, : len(part)] += part * share[:, None]
            mass[row // 2, : len(part)] += share
    total /= np.maximum(mass, np.float32(1e-6))[..., None]
    mass /= np.float32(4)
    return total, mass


def _begun(picture: Numbers, weight: Singles, k: int, curve: Singles | None, scale: float) -> Array:
    """Experts for a picture, or for a drawing, that is so many times as small as what they are to paint."""
    if curve is None:
        return experts.zoomed(experts.of_picture(picture, weight, k), scale)
    away = np.abs(curve[None, :] - np.linspace(0.0, 1.0, 256, dtype=np.float32)[:, None])
    near = away <= away.min(axis=1, keepdims=True) + 1e-3
    inverse = (near @ np.linspace(0.0, 255.0, len(curve))) / near.sum(axis=1)  # a density for each darkness
    density = inverse[np.clip(np.rint(picture), 0, 255).astype(np.intp)]
    return experts.zoomed(experts.of_drawing(density, weight, k), scale)


def _given(mixture: Mixture, width: int, height: int, drawn: bool, n_threads: int | None) -> Array:
    """The experts of a mixture; those of a density so high that the largest in the picture is 1."""
    parameters = experts.of_mixture(mixture)
    if drawn:
        frame = field.Frame.of_picture(width, height)
        highest = float(field.log_density(mixture, frame, (width, height), n_threads=n_threads).max())
        variances = np.asarray(np.linalg.eigvalsh(mixture.matrices), np.float64)
        heights = experts.gate_heights(mixture.weights, variances)
        parameters[:, GATE] = np.clip(heights - math.log(2 * math.pi) - highest, -40.0, 5.0)
    return parameters


def _spread(painter: Painter) -> Array:
    """(k,) the mean square error of the colours near each component."""
    mass, missed, _ = painter.accounts().T
    overall = missed.sum() / max(mass.sum(), 1e-9)
    near = np.where(mass > 1e-6, missed / np.maximum(mass, 1e-6), overall)
    return np.asarray(near * (255.0**2 / painter.channels))
