"""Where dots lie: samples of a mixture that keep their distance."""

from __future__ import annotations

import numpy as np

from ..arrays import Array, Integers
from ..checks import Rng, random_generator
from ..model.mixture import Mixture
from .field import plane

STRATUM = 8  # samples of which one dot is made
MOST = 1_000_000  # samples at most, as long as there are more than dots
ROUNDS = 3  # of moving each dot into the middle of its samples
CALM = 0.5  # of the deviation of a colour from what its component expects there
BLOCK = 1 << 17  # dots whose colours are looked at together
PLAUSIBLE = 2.0  # standard deviations of the colours at a place: no dot is further from what is expected there


def stipple(mixture: Mixture, n: int, scale: Array, rng: Rng, n_threads: int | None) -> tuple[Array, Integers]:
    """(n, d) samples of a mixture in random order, spread evenly in x and y (blue noise), and their components (n,).

    scale: (2,) pixels to a unit of x and y, in which distances are measured.

    Eight times as many samples are put in order along a Hilbert curve, and one of each eight in a row is taken at
    random: so each is a sample of the mixture, but every part of the plane gets its share of them. Then each moves to
    the mean of those samples that it is nearest to, three times (Lloyd 1982; Secord 2002, "Weighted Voronoi
    stippling"). Beyond half a million dots, which lie so densely that nobody could tell, they are independent.
    """
    from scipy.spatial import cKDTree

    from ..kernels import tour

    generator = random_generator(rng)
    each = max(1, min(STRATUM, MOST // max(n, 1)))
    drawn, labels = mixture.sample(each * n, rng=generator, return_labels=True)
    if each == 1 or n == 0:
        return drawn, labels
    places = drawn[:, :2] * scale
    order = tour.along_curve(places)
    places = places[order]
    chosen = np.arange(n) * each + generator.integers(each, size=n)
    middles = places[chosen]
    for _ in range(ROUNDS):
        nearest = cKDTree(middles).query(places, workers=-1 if n_threads is None else n_threads)[1]
        mass = np.bincount(nearest, minlength=n)
        for axis in (0, 1):
            sums = np.bincount(nearest, places[:, axis], n)
            middles[:, axis] = np.where(mass > 0, sums / np.maximum(mass, 1), middles[:, axis])
    kept = order[chosen]
    dots = np.concatenate([middles / scale, drawn[kept, 2:]], axis=1)
    shuffled = generator.permutation(n)
    return dots[shuffled], labels[kept[shuffled]]


def drawn_in(mixture: Mixture, dots: Array, n_threads: int | None) -> Array:
    """Dots (n, 5), of which colours that the mixture hardly ever has at their place become plausible, in place.

    A wide component scatters specks of its colour over places that belong to others.
    """
    for start in range(0, len(dots), BLOCK):
        part = dots[start : start + BLOCK]
        expected, deviation = _colours(mixture, part[:, :2], n_threads)
        away = part[:, 2:] - expected
        far = (np.abs(away) / (PLAUSIBLE * deviation)).max(axis=1)
        part[:, 2:] = expected + away / np.maximum(1.0, far)[:, None]
    return dots


def _colours(mixture: Mixture, places: Array, n_threads: int | None) -> tuple[Array, Array]:
    """(n, 3) the means and the standard deviations of the colours at places (n, 2).

    As `Mixture.regress` has them, without the covariances between colours, and of components that matter there.
    """
    n, k = len(places), mixture.n_components
    shares = plane(mixture).responsibilities(places, sparse=True, n_threads=n_threads)
    here, which = np.repeat(np.arange(n), np.diff(shares.indptr)), shares.indices
    gain, rest = mixture.family.conditional(mixture.covariances, k, np.arange(2), np.arange(2, 5))
    within = np.diagonal(mixture.family.part.dense(rest, k, 3), axis1=1, axis2=2)  # (k, 3)
    away = places[here] - mixture.means[which, :2]
    colours = mixture.means[which, 2:] + np.einsum("mcx,mx->mc", gain[which], away)

    def total(values: Array) -> Array:
        return np.stack([np.bincount(here, shares.data * column, n) for column in values.T], axis=1)

    expected = total(colours)
    return expected, np.sqrt(total((colours - expected[here]) ** 2 + within[which]))


def calm(mixture: Mixture) -> Mixture:
    """Mixture (x, y, r, g, b) whose colours at a place deviate half as much from what each component expects there.

    Its conditional means are those of the mixture. The tails of colours are most of what looks like confetti in a
    picture of samples.
    """
    spread = mixture.matrices.copy()  # (k, 5, 5)
    across = spread[:, 2:, :2]
    expected = across @ np.linalg.solve(spread[:, :2, :2], across.transpose(0, 2, 1))
    spread[:, 2:, 2:] = expected + CALM**2 * (spread[:, 2:, 2:] - expected)
    return Mixture(mixture.weights, mixture.means, spread, names=mixture.names)
