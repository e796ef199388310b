"""Components that learn to paint a picture, and are rounded group by group, while the others make up for it.

Shapes are rounded first, as errors of theirs cost most and places can undo much of it; then places, then levels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...arrays import Array, Integers, Numbers, Singles
from .. import experts, image, polishing
from ..experts import ANGLE, CHANNELS, GATE, PLACE, SCALE
from ..painter import Painter
from . import layout, refine, units
from .layout import Header

FIRST, LAST = 0.1, 0.003
"""Step lengths of free learning."""
AGAIN = 0.03
"""The first one after rounding."""
GROUPS = 8
STEPS = 120, 120, 80
"""After the groups of shapes, places and levels are rounded, in all; at effort 1."""
ENOUGH = 1000
"""Pixels a component of the picture on which components learn while they are rounded."""
LITTLE = 250
"""The same, on which they are refined thereafter."""
FINER = 3
"""By how many steps' numbers levels may be finer than usual, where there is room."""
SMOOTH, BUSY, ABOUT = (0.2, 0.4), 64.0, 16
"""Errors count by the power -SMOOTH of the variance of greys about a pixel, plus BUSY, in squares of ABOUT pixels."""
MANY = 1500
"""Components from which on the second power counts: what they still miss is structure."""
_SEED = 0
_EDGE = 0.01

Watch = Callable[[int, int], Any]


@dataclass(frozen=True, eq=False)
class Rounded:
    """A picture as whole numbers."""

    header: Header
    places: Integers
    table: Integers

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return layout.write(self.header, self.places, self.table)


class Learner:
    """A picture, and components that learn to paint it.

    picture: (h, w, c) numbers in 0..255, colours multiplied by the opacity. header: what is to be kept.
    """

    fixed: NDArray[np.float64]
    painter: Painter
    header: Header
    effort: float
    n_threads: int | None
    level: int
    zoom: Any

    def __init__(self, picture: Numbers, header: Header, *, effort: float, n_threads: int | None) -> None:
        self.header, self.effort, self.n_threads = header, effort, n_threads
        weight = _seen(picture, SMOOTH[header.count >= MANY])
        while picture.shape[0] * picture.shape[1] > polishing.MOST:
            picture, weight = polishing._halved(picture, weight)
        self.levels: list[tuple[Numbers, Singles]] = polishing._levels(picture, weight, header.count)
        self.rates: NDArray[np.float64] = np.ones((1, CHANNELS + 3 * header.levels))
        self.rates[:, CHANNELS:] = polishing.COLOUR
        if not header.slopes:
            for column in (CHANNELS + 1, CHANNELS + 2):
                self.rates[:, column::3] = 0.0
        if not header.gates:
            self.rates[:, GATE] = 0.0
        self.scale: Any = max(header.width, header.height) / max(picture.shape[:2])  # pixels to one of the finest level

    def learn(self) -> None:
        """Learn freely, on coarse pictures first."""
        last = len(self.levels) - 1
        begin = polishing._begun(*self.levels[-1], self.header.count, None, 2.0**last)
        begin[:, self.rates[0] == 0.0] = 0.0
        plan = [max(1, round(self.effort * steps)) for steps in polishing.STEPS[: last + 1]]
        done, painter = 0, None
        for level, steps in zip(range(last, -1, -1), plan, strict=True):
            now = self._painter(level, experts.zoomed(begin, 0.5**level))
            if painter is not None:
                now.follow(painter)
            every = max(1, int(polishing.UNTIL * steps / polishing.MOVES))
            for i in range(steps):
                if done == i and i and i % every == 0 and i <= polishing.UNTIL * steps:
                    now.move(int(polishing.MOVED * self.header.count))
                    self._tidy(now)
                along = 0.5 * (1.0 + math.cos(math.pi * done / sum(plan)))
                now.step(self.rates * (LAST + (FIRST - LAST) * along))
                self._tidy(now)
                done += 1
            painter = now
        assert painter is not None
        self._begin(painter.parameters)

    def _painter(self, level: int, parameters: Array) -> Painter:
        return Painter(*self.levels[level], parameters, n_threads=self.n_threads)

    def _begin(self, parameters: Array) -> None:
        """Go on with components that are given in pixels of the finest level."""
        level = 0
        while level + 1 < len(self.levels) and self.levels[level + 1][1].size >= ENOUGH * self.header.count:
            level += 1
        self.fixed = np.repeat(self.rates, self.header.count, axis=0)  # what is rounded has a rate of 0
        self.level, self.zoom = level, self.scale * 2.0**level
        self.painter = self._painter(level, experts.zoomed(parameters, 0.5**level))

    def _tidy(self, painter: Painter) -> None:
        """Keep places within the picture, and what the file does not hold at 0."""
        height, width = painter.size
        parameters = painter.parameters
        np.clip(parameters[:, PLACE], _EDGE, (width - _EDGE, height - _EDGE), out=parameters[:, PLACE])
        parameters[:, self.rates[0] == 0.0] = 0.0
        painter.prepare()

    def steps(self, count: int, rates: Array, first: float = AGAIN) -> None:
        """Learn on, by steps that become smaller."""
        for i in range(count):
            along = 0.5 * (1.0 + math.cos(math.pi * i / count))
            self.painter.step(rates * (LAST + (first - LAST) * along))
            self._tidy(self.painter)

    def drop(self, count: int) -> None:
        """Do without the components that matter least."""
        self.painter.refresh()
        cost = self.painter.accounts()[:, 2]
        kept = np.sort(np.argsort(-cost, kind="stable")[:count])
        self.header = replace(self.header, count=count)
        self.fixed = self.fixed[kept]
        self.painter = self._painter(self.level, self.painter.parameters[kept])

    def fit(self, budget: float, *, finer: bool = True) -> None:
        """Find the finest steps of levels that fit, unless the usual ones are to do, or do with fewer components."""
        usual = self.header
        finest = 0 if not finer else min(FINER, usual.luma) if usual.count > 1 else usual.luma
        for step in range(finest, -1, -1):
            self.header = replace(usual, luma=usual.luma - step, chroma=usual.chroma - step)
            size = len(self.rounded().data)
            if size <= budget:
                return
        while size > budget and self.header.count > 1:
            self.drop(max(1, min(self.header.count - 1, int(self.header.count * budget / size))))
            size = len(self.rounded().data)
        self.steps(max(1, round(self.effort * STEPS[2] / 2)), self.fixed)

    def rounded(self) -> Rounded:
        """Everything as whole numbers."""
        parameters = experts.zoomed(self.painter.parameters, self.zoom)
        gates = units.gates_rounded(parameters) if self.header.gates else np.zeros(len(parameters), np.int64)
        shapes = units.shape_rounded(parameters, self.header)
        places = units.place_rounded(parameters, self.header)
        levels = units.levels_rounded(parameters, self.header)
        return Rounded(self.header, places, np.concatenate([shapes, gates[:, None], levels], axis=1))

    def refined(self, given: Rounded, price: float) -> Rounded:
        """What was rounded, changed by one here and there. price: of a bit, as a share of the square error."""
        if given.header.slopes or given.header.gates:
            return given
        level = 0
        while level + 1 < len(self.levels) and self.levels[level + 1][1].size >= LITTLE * given.header.count:
            level += 1
        picture, weight = (np.asarray(each, np.float64) for each in self.levels[level])
        picture = np.ascontiguousarray(np.moveaxis(picture, 2, 0))
        zoom = self.scale * 2.0**level
        return Rounded(
            given.header, *refine.refined(given.header, given.places, given.table, picture, weight, zoom, price)
        )

    def round_shapes(self) -> None:
        """Round shapes and gates, and adapt the rest."""

        def shaped(parameters: Array) -> None:
            units.shape_rounded(parameters, self.header)
            if self.header.gates:
                units.gates_rounded(parameters)

        self._round(shaped, [*range(6)[SCALE], ANGLE, GATE], STEPS[0])

    def round_places(self) -> None:
        """Round places, and adapt the levels."""
        self._round(lambda parameters: units.place_rounded(parameters, self.header), [0, 1], STEPS[1])

    def round_levels(self) -> None:
        """Round the levels."""
        columns = list(range(CHANNELS, self.rates.shape[1]))
        self._round(lambda parameters: units.levels_rounded(parameters, self.header), columns, STEPS[2])

    def _round(self, rounding: Callable[[Array], Any], columns: list[int], steps: int) -> None:
        painter, count = self.painter, self.header.count
        order = np.random.default_rng(_SEED).permutation(count)
        groups = min(GROUPS, max(1, count))
        each = max(1, round(self.effort * steps / groups))
        for group in np.array_split(order, groups):
            parameters = experts.zoomed(painter.parameters, self.zoom)
            rounding(parameters)
            painter.parameters[group] = experts.zoomed(parameters, 1.0 / self.zoom)[group]
            painter.prepare()
            painter.due = True
            self.fixed[group[:, None], columns] = 0.0
            if self.fixed.any():
                self.steps(each, self.fixed)

    def decibels(self) -> float:
        """PSNR of the painting on the picture at hand."""
        return self.painter.decibels(self.painter.loss())


def _seen(picture: Numbers, power: float) -> Singles:
    """(h, w) how much an error of each pixel counts: more in smooth places, where it is seen."""
    from scipy.ndimage import uniform_filter

    luma = image.grey(picture[..., :3]).astype(np.float32)
    mean = uniform_filter(luma, ABOUT)
    variance = np.maximum(uniform_filter(luma * luma, ABOUT) - mean * mean, 0.0)
    weight = (variance + np.float32(BUSY)) ** np.float32(-power)
    return np.asarray(weight / weight.mean(dtype=np.float64), np.float32)
