"""Experts that paint a picture, and how they learn: lists, gradients, steps, and moves.

The state is one table of parameters (experts.py). What should stay as it is has a rate of 0, for all or for some of the
experts, so that a part of the parameters can be fixed, rounded say, while the rest adapts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Floats, Integers, Numbers, Singles
from .experts import ANGLE, CHANNELS, GATE, PLACE, SCALE, zoomed

CUT = 5.0
"""Nats below the largest gate at which an expert is left out of a tile while it learns."""
FINE = 10.0
"""The same, for what is shown."""
REFRESH = 8
"""Steps after which the lists are made anew."""
DECAY, SHARP = 0.8, 0.9
"""Of Adam: how long the mean gradient and its mean square are remembered."""
NARROWEST = 0.4
"""The smallest standard deviation, in pixels."""
_PARTS, _GROUPS = 32, 8
_HALF = 0.5  # nats, so that the two gates of a split add up to about the one
_STEEPEST = 40.0  # of a gate, in nats


class Painter:
    """A picture, and experts that learn to paint it.

    Parameters
    ----------
    picture : ndarray, shape (h, w, c)
        Numbers in 0..255; for a density, (h, w, 1), how dark each pixel is.
    weight : ndarray, shape (h, w)
        How much each pixel counts.
    parameters : ndarray, shape (k, 6 + 3 c), or (k, 6)
        Of the experts, which paint the picture's channels, or a density. A copy is made.
    curve : ndarray, shape (n + 1,), optional
        What densities 0, 1/n, ... 1 are painted as.
    n_threads : int, optional
        By default as many as there are cores; results have the same bits for any number.
    """

    rows: int
    due: bool
    canvas: Any
    boxes: list[Integers]
    mean: NDArray[np.float64]
    square: NDArray[np.float64]
    gradient: NDArray[np.float64]
    count: int
    listed: int

    def __init__(
        self,
        picture: Numbers,
        weight: Numbers,
        parameters: Array,
        *,
        curve: Floats | None = None,
        n_threads: int | None = None,
    ) -> None:
        from ..kernels import threads

        self.size: tuple[Any, ...] = picture.shape[:2]
        self.channels: Any = picture.shape[2]
        self.canvas, self.boxes = _canvas(picture, weight, curve)
        self.total: Any = float(self.canvas.weight.sum(dtype=np.float64)) * self.channels
        self.n_threads = n_threads
        self.parameters: NDArray[np.float64] = np.array(parameters, np.float64, order="C")
        k, columns = self.parameters.shape
        self.mean, self.square, self.gradient = np.zeros((3, k, columns))
        self.experts: NDArray[np.float64] = np.empty((k, columns + 1))
        self.limits: NDArray[Any] = np.array([-math.log(2.0 * max(self.size)), -math.log(NARROWEST), _STEEPEST])
        self.count = self.listed = 0  # steps taken, and since when the lists are as they are
        self.due = True
        self.groups: list[tuple[int, int]] = threads.ranges(k, _GROUPS)
        self.parts: list[tuple[int, int]] = threads.ranges(len(self.canvas.centre), _PARTS)
        self.rows = 64  # experts that the scratch memory holds
        self.prepare()

    def prepare(self) -> None:
        """Take note of parameters that were changed."""
        from ..kernels import descent

        descent.prepare(self.parameters, 0, len(self.parameters), self.experts)

    def refresh(self, cut: float = CUT) -> None:
        """Find out which experts matter to which tile."""
        from ..kernels import experts, nearby, threads

        k, limit = len(self.experts), np.float32(cut)
        table = threads.aligned((experts.GEOMETRY, k + -k % experts.LANES), np.float32)
        table[2] = experts.LOWEST
        table[:, :k] = self.experts[:, : experts.GEOMETRY].T
        spare = threads.Spare(lambda: (experts.scratch(self.rows, self.channels), nearby.room(table)))

        def one(box: Integers) -> tuple[Any, Any]:
            memory, near = spare.take()
            counts = np.empty(len(box), np.int64)
            found = np.empty(len(box) * len(memory.gates), np.int32)
            given = self.canvas, self.experts, table, box, limit
            while (many := nearby.survey(*given, memory, near, found, counts)) < 0:
                memory = experts.scratch(-2 * many, self.channels)
                found = np.empty(len(box) * len(memory.gates), np.int32)
            spare.give((memory, near))
            return found[:many].copy(), counts

        boxes = threads.spread(one, self.boxes, self.n_threads)
        counts = np.zeros(len(self.canvas.centre), np.int64)
        for box, (_, each) in zip(self.boxes, boxes, strict=True):
            counts[box] = each
        start = np.concatenate([[0], np.cumsum(counts)])
        names = np.empty(start[-1], np.int32)
        for box, (found, each) in zip(self.boxes, boxes, strict=True):
            within = np.arange(len(found)) - np.repeat(np.cumsum(each) - each, each)
            names[np.repeat(start[box], each) + within] = found
        order = np.argsort(names, kind="stable")
        slot = np.empty(len(names), np.int64)
        slot[order] = np.arange(len(names))
        self.lists: experts.Lists = experts.Lists(start, names, slot)
        self.begin: NDArray[Any] = np.concatenate([[0], np.cumsum(np.bincount(names, minlength=k))])
        self.tile: NDArray[np.int32] = np.repeat(np.arange(len(counts), dtype=np.int32), counts)[order]
        self.rows = max(64, int(counts.max()))
        channels = (self.experts.shape[1] - experts.GEOMETRY) // 3
        self.moments: NDArray[np.float32] = np.empty((len(names), experts.width(channels)), np.float32)
        self.spare: threads.Spare[Any] = threads.Spare(lambda: experts.scratch(self.rows, self.channels))

    def replace(self, parameters: Array) -> None:
        """Take other experts, as many."""
        self.parameters[...] = parameters
        self.prepare()
        self.due = True

    def follow(self, coarse: Painter) -> None:
        """Go on where the painter of a picture of half the sides has come to."""
        self.replace(zoomed(coarse.parameters, 2.0))
        self.mean[...], self.square[...], self.count = 4.0 * coarse.mean, 16.0 * coarse.square, coarse.count

    def loss(self) -> float:
        """Half the sum of square errors of what is shown."""
        from ..kernels import experts

        self.refresh(FINE)
        self.due = True
        return self.ask(experts.ACCOUNTS)

    def ask(self, question: int, painting: Singles | None = None) -> float:
        """Half the sum of square errors, and what `question` of kernels/experts.py fills."""
        from ..kernels import experts, threads

        painted = np.empty((0, 0, 0), np.float32) if painting is None else painting

        def one(part: tuple[int, int]) -> float:
            memory = self.spare.take()
            found = experts.over(self.canvas, self.experts, self.lists, memory, *part, question, self.moments, painted)
            self.spare.give(memory)
            return float(found)

        return sum(threads.spread(one, self.parts, self.n_threads))

    def derive(self) -> float:
        """Fill the gradient; half the sum of square errors."""
        from ..kernels import descent, experts, threads

        loss = self.ask(experts.GRADIENT)

        def one(group: tuple[int, int]) -> None:
            descent.gradient(
                self.parameters, self.experts, self.canvas.centre, self.moments, self.begin, self.tile, *group,
                self.gradient,
            )  # fmt: skip

        threads.spread(one, self.groups, self.n_threads)
        return loss

    def step(self, rates: Array) -> float:
        """Take a step; half the sum of square errors before it.

        rates: (k or 1, columns) how far each parameter moves at most, about.
        """
        from ..kernels import descent, threads

        if self.due or self.count - self.listed >= REFRESH:
            self.refresh()
            self.due, self.listed = False, self.count
        loss = self.derive()
        self.count += 1

        def one(group: tuple[int, int]) -> None:
            descent.step(
                self.parameters, self.gradient, self.mean, self.square, rates, DECAY, SHARP, self.count, self.limits,
                *group,
            )  # fmt: skip
            descent.prepare(self.parameters, *group, self.experts)

        threads.spread(one, self.groups, self.n_threads)
        return loss

    def decibels(self, loss: float) -> float:
        """PSNR of half a sum of square errors."""
        return 10.0 * math.log10(self.total / (2.0 * loss)) if loss > 0 else math.inf

    def accounts(self) -> Array:
        """(k, 3) of each expert: its mass, the square error it answers for, what its removal would cost, about."""
        from ..kernels import experts

        self.ask(experts.ACCOUNTS)
        out = np.zeros((len(self.parameters), 3))
        some = np.flatnonzero(np.diff(self.begin))
        if len(some):
            out[some] = np.add.reduceat(self.moments[:, :3].astype(np.float64), self.begin[some])
        return out

    def move(self, most: int) -> int:
        """Take the experts that matter least to where errors are largest, `most` at most, and say how many.

        An expert of a large error is split in two along its longer axis; one of the two is the expert taken from
        elsewhere. Only where the error is well above the price.
        """
        from ..kernels import experts

        self.refresh()
        accounts, p = self.accounts(), self.parameters
        idle = np.argsort(accounts[:, 2], kind="stable")[:most]
        need = accounts[:, 1].copy()
        need[idle] = -1.0
        worst = np.argsort(-need, kind="stable")[:most]
        pays = 0.5 * need[worst] > accounts[idle, 2]
        idle, worst = idle[pays], worst[pays]
        long = np.argmin(p[worst, SCALE], axis=1)
        angle, reach = p[worst, ANGLE] + long * (math.pi / 2), np.exp(-p[worst, SCALE].min(axis=1))
        away = 0.5 * reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        row = np.arange(len(worst))
        halves = p[worst], p[worst]
        for half, side in zip(halves, (-1.0, 1.0), strict=True):
            half[:, PLACE] += side * away
            half[row, 2 + long] += math.log(1.25)
            if not self.experts.shape[1] > experts.GEOMETRY:
                half[:, GATE] -= _HALF
            for level in range(CHANNELS, p.shape[1], 3):
                half[:, level] += side * 0.5 * half[row, level + 1 + long]
                half[row, level + 1 + long] /= 1.25
        p[worst], p[idle] = halves
        self.mean[worst] = self.mean[idle] = 0.0
        self.square[idle] = self.square[worst]
        self.prepare()
        self.due = True
        return len(worst)

    def painting(self, cut: float = FINE) -> Singles:
        """(h, w, c) what the experts paint."""
        from ..kernels import experts

        self.refresh(cut)
        self.due = True
        out = np.empty_like(self.canvas.colour)
        self.ask(experts.PAINTING, out)
        height, width = self.size
        across, down = -(-width // experts.WIDE), -(-height // experts.TALL)
        whole = out.reshape(down, across, self.channels, experts.TALL, experts.WIDE).transpose(0, 3, 1, 4, 2)
        return np.ascontiguousarray(
            whole.reshape(down * experts.TALL, across * experts.WIDE, self.channels)[:height, :width]
        )


def _canvas(picture: Numbers, weight: Numbers, curve: Floats | None) -> tuple[Any, list[Integers]]:
    """The picture as the kernels take it, and the numbers of the tiles of each box."""
    from ..kernels import experts, nearby
    from ..kernels.threads import aligned

    height, width, channels = picture.shape
    wide, tall = experts.WIDE, experts.TALL
    across, down = -(-width // wide), -(-height // tall)
    colour = aligned((down * across, channels, experts.PIXELS), np.float32)
    counts = aligned((down * across, experts.PIXELS), np.float32)
    for row in range(down):
        band = picture[row * tall : (row + 1) * tall]
        padded = np.zeros((tall, across * wide, channels + 1), np.float32)
        padded[: len(band), :width, :channels] = band
        padded /= np.float32(255)
        padded[: len(band), :width, channels] = weight[row * tall : (row + 1) * tall]
        cut = padded.reshape(tall, across, wide, channels + 1).transpose(1, 3, 0, 2)
        tiles = cut.reshape(across, channels + 1, experts.PIXELS)
        part = slice(row * across, (row + 1) * across)
        colour[part], counts[part] = tiles[:, :channels], tiles[:, channels]
    rows, columns = np.divmod(np.arange(down * across), across)
    centre = np.stack([(columns + 0.5) * wide, (rows + 0.5) * tall], axis=1)
    lane = np.arange(experts.LANES)
    lanes = np.stack([lane % wide - (wide - 1) / 2, lane // wide - (experts.HIGH - 1) / 2]).astype(np.float32)
    shades = np.linspace(0.0, 1.0, 2) if curve is None else curve
    box = rows // nearby.BOX * -(-across // nearby.BOX) + columns // nearby.BOX
    order = np.argsort(box, kind="stable")
    boxes = np.split(order, np.flatnonzero(np.diff(box[order])) + 1)
    return experts.Canvas(colour, counts, centre, lanes, np.asarray(shades, np.float32)), boxes
