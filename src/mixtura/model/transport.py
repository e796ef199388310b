"""Moving one mixture into another: the cheapest plan that is itself a Gaussian mixture, its map, and what lies between.

Source: Delon and Desolneux 2020, "A Wasserstein-type distance in the space of Gaussian mixture models".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np

from ..arrays import Array, Integers
from ..checks import is_finite
from ..errors import InputError, named
from . import pairs
from .families import CovarianceType
from .mixture import Mixture


@dataclass(frozen=True, eq=False, repr=False)
class Transport:
    """The cheapest way to move one mixture into another, component by component.

    `Mixture.transport` finds it.

    Attributes
    ----------
    source, target : Mixture
        Of k and l components.
    plan : ndarray of float, shape (k, l)
        The weight that goes from each component to each.
    distance : float
        The root of what the plan costs, in the units of the coordinates: see `Mixture.wasserstein`.
    """

    source: Mixture
    target: Mixture
    plan: Array
    distance: float

    def __repr__(self) -> str:
        k, other = self.plan.shape
        return f"<Transport of {k} components into {other}, distance {self.distance:.5g}>"

    def map(self, x: Any, *, n_threads: int | None = None) -> Any:
        """Where the points go.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `Mixture.log_density`.
        n_threads : int, optional
            Threads; by default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of float, shape (n, d)
            T(x), the sum of ``matrices[k] @ x + offsets[k]`` with the responsibilities of the source as weights.

        Raises
        ------
        InputError
            If a number is not finite, or the number of columns is wrong.

        Notes
        -----
        T(x) is the mean of where the plan takes what lies at x. Between two Gaussians it moves the one into the other;
        of mixtures the mean is kept, and the image is near the target where components overlap little.
        """
        from .evaluate import affine

        means, gain = self._maps

        def ask(rows: Any) -> Array:
            return affine(self.source, rows, means, gain, n_threads)

        return self.source._answers(x, ask, width=self.source.n_coordinates)

    def at(self, t: float) -> Mixture:
        """The mixture on its way: displacement interpolation.

        Parameters
        ----------
        t : float
            From 0, the source, to 1, the target.

        Returns
        -------
        Mixture
            Of at most k + l - 1 components, a pair of components each. Diagonal, spherical and tied covariances stay
            so where both mixtures have them; else they become full.

        Raises
        ------
        InputError
            If t is not in 0..1.

        Notes
        -----
        ``distance`` is t times the whole from the source, and 1 - t times the whole from the target.
        """
        if not (is_finite(t) and 0 <= t <= 1):
            raise InputError(f"{named('t')} is {t!r}: give a number from 0, the source, to 1, the target.")
        if t in (0, 1):
            return self.target if t else self.source
        i, j = self.joined
        p, q = self.source, self.target
        means = (1 - t) * p.means[i] + t * q.means[j]
        factors = (1 - t) * self.factors[0] + t * self.factors[1]
        kind: CovarianceType = "full"
        if factors.ndim == 2:
            kind = "spherical" if p.covariance_type == q.covariance_type == "spherical" else "diag"
            spreads = np.square(factors)
            spreads = spreads[:, 0] if kind == "spherical" else spreads
        else:
            spreads = factors @ np.swapaxes(factors, 1, 2)
            if len(spreads) == 1 and p.covariance_type == q.covariance_type == "tied":
                kind, spreads = "tied", spreads[0]
        return Mixture(self.plan[i, j], means, spreads, kind, names=p.names if p.names == q.names else None)

    @property
    def matrices(self) -> Array:
        """(k, d, d) what each component of the source is multiplied by; the identity for one without weight."""
        return self._maps[1]

    @property
    def offsets(self) -> Array:
        """(k, d) what is added to it then."""
        means, gain = self._maps
        return np.asarray(means - np.einsum("kij,kj->ki", gain, self.source.means))

    @cached_property
    def joined(self) -> tuple[Integers, Integers]:
        """(m,) and (m,) the components of the source and of the target between which something goes."""
        i, j = np.nonzero(self.plan)
        return i, j

    @cached_property
    def factors(self) -> tuple[Array, Array]:
        """Factors of the covariances of joined components: (m, d) of diagonal ones, (m, d, d), or (1, d, d) for all.

        Those of the target are turned so that on the way, factors lie in between as means do.
        """
        i, j = self.joined
        here, there = pairs.same_form(self.source.lower, self.target.lower)
        here, there = (stack if len(stack) == 1 else stack[at] for stack, at in ((here, i), (there, j)))
        return here, there if here.ndim == 2 else there @ pairs.rotations(here, there)

    @cached_property
    def _maps(self) -> tuple[Array, Array]:
        """(k, d) where the means of the source go and (k, d, d) the maps about them, on average over its pairs."""
        i, j = self.joined
        k, d = self.source.means.shape
        here, there = self.factors
        if here.ndim == 2:
            moves = (there / here)[:, :, None] * np.eye(d)
        else:
            moves = np.swapaxes(np.linalg.solve(np.swapaxes(here, 1, 2), np.swapaxes(there, 1, 2)), 1, 2)
        shares = self.plan[i, j] / self.plan.sum(axis=1)[i]
        means, gain = self.source.means.copy(), np.repeat(np.eye(d)[None], k, axis=0)
        means[i], gain[i] = 0.0, 0.0
        np.add.at(means, i, shares[:, None] * self.target.means[j])
        np.add.at(gain, i, shares[:, None, None] * moves)
        for array in (means, gain):
            array.flags.writeable = False
        return means, gain


def transport(p: Mixture, q: Mixture) -> Transport:
    """The cheapest transport of p into q; components without weight take no part."""
    from ..kernels.network_simplex import cheapest

    pairs.check_comparable(p, q)
    rows, columns = np.flatnonzero(p.weights), np.flatnonzero(q.weights)
    cost = pairs.squared_distances(p, q)
    pairs.check_finite(cost)
    plan = np.zeros(cost.shape)
    chosen = np.ix_(rows, columns)
    plan[chosen] = cheapest(cost[chosen], p.weights[rows], q.weights[columns])
    distance = float(np.sqrt((plan * cost).sum()))
    plan.flags.writeable = False
    return Transport(p, q, plan, distance)


@overload
def morph(p: Mixture, q: Mixture, t: float) -> Mixture: ...


@overload
def morph(p: Mixture, q: Mixture, t: Sequence[float] | Array) -> list[Mixture]: ...


def morph(p: Mixture, q: Mixture, t: Any) -> Mixture | list[Mixture]:
    """The mixture between two mixtures, on the cheapest way from one to the other.

    Parameters
    ----------
    p, q : Mixture
        In the same coordinates.
    t : float or sequence of float
        From 0, which is p, to 1, which is q. Of several, the way is found once.

    Returns
    -------
    Mixture or list of Mixture
        ``p.transport(q).at(t)``, or one each.

    Raises
    ------
    InputError
        If a mixture is in other coordinates, or t is not in 0..1.

    Examples
    --------
    >>> import mixtura as mx
    >>> one, other = (mx.Mixture([1.0], [[m]], [1.0], "spherical") for m in (0.0, 2.0))
    >>> [step.means.item() for step in mx.morph(one, other, [0, 0.5, 1])]
    [0.0, 1.0, 2.0]
    """
    if not isinstance(p, Mixture):
        raise InputError(f"p is {p!r:.80}, expected a Mixture.")
    way = p.transport(q)
    return [way.at(each) for each in t] if np.iterable(t) and not isinstance(t, str) else way.at(t)
