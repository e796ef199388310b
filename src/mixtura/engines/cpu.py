"""The E-step on this machine's cores: pruned tiles of points, through compiled kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import over_tiles, tiles
from ..kernels.threads import single_blas
from ..model.evaluate import components
from ..model.gaussian import Gaussians
from ..model.statistics import Statistics
from ..sources.points import Points
from .precision import Extent, exactly, unpacked, unwhitened

NO_ORDER = np.empty(0, np.int64)  # of the rows: sums need none
ROUGH = 1e-3  # error of z in double precision, in standard deviations, beyond which its bounds cannot be trusted


class CpuEngine:
    """The fast engine of few coordinates; the answer is the same to the bit for any number of threads.

    pairs: how many pairs of a point and a component the last E-step visited.
    """

    pairs: int

    def __init__(self, points: Points, n_threads: int | None = None) -> None:
        self.n_threads = n_threads
        self.points = points
        self.total: float = points.total
        self.pairs = 0
        self.extent: Extent = Extent(points)
        self.tiles: dict[Any, Any] = {}  # precision -> the points in it
        self.rooms: dict[Any, Any] = {}  # precision -> memory of the last pass, for the next one
        self._arranged(points.x.dtype)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "rooms": {}}

    @single_blas()
    def expect(self, mixture: Gaussians) -> Statistics:
        """The statistics of the points under `mixture`, which depend on nothing that was asked before."""
        single, double = np.dtype(np.float32), np.dtype(np.float64)
        if not self.extent.error(mixture, double) <= ROUGH:  # far outliers, or very thin components
            self.pairs = self.points.n * mixture.n_components
            return exactly(self.points, mixture)
        if self.points.x.dtype == single and np.isfinite(self.extent.error(mixture, single)):
            found, coarse = self._over(single, mixture)
            if not coarse:
                return found
        return self._over(double, mixture)[0]

    def _arranged(self, precision: Any) -> Any:
        if precision not in self.tiles:
            built = tiles.build(self.points.x, self.points.weight, precision, self.n_threads)
            self.tiles[precision] = built._replace(order=NO_ORDER)
        return self.tiles[precision]

    def _over(self, precision: Any, mixture: Gaussians) -> tuple[Statistics, bool]:
        """The statistics, and whether some tile was too wide for the precision."""
        arranged, table = self._arranged(precision), components(mixture, precision)
        self.rooms[precision] = over_tiles.rooms(arranged, table)
        near, thin, likelihood, self.pairs, coarse = over_tiles.expect(arranged, table, self.n_threads)
        d, diagonal = mixture.n_coordinates, mixture.whitener.ndim == 2
        mass, first, second = unpacked(near, d, diagonal=diagonal)
        some = np.flatnonzero(thin[:, 0])
        if len(some):
            lower = mixture.lower if len(mixture.lower) == 1 else mixture.lower[some]
            parts = unpacked(thin[some], d, diagonal=diagonal)
            mass[some] += parts[0]
            for total, part in zip((first, second), unwhitened(*parts[1:], lower), strict=True):
                total[some] += part
        return Statistics(mass, first, mixture.family.summed(second), likelihood, self.total), coarse
