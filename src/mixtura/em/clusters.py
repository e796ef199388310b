"""What the combination of components into clusters found: a hierarchy, its entropies, and a suggested number."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, Integers
from ..checks import extra, is_whole
from ..errors import InputError, named
from ..model import evaluate
from ..model.mixture import Mixture
from ..sources.points import Points
from .background import NOISE, unassigned

ALIKE = 0.35  # a seam, where there is nothing else to compare with: of parts of a cluster, or between clusters
APART = 0.005  # a seam between clusters that have nothing in common


class Lines(NamedTuple):
    """Two lines that meet above one number of clusters: at each number the height of both."""

    elbow: int
    left: Array  # (elbow,), above 1, 2, ..., elbow
    right: Array  # above elbow, ..., m


@dataclass(frozen=True, eq=False, repr=False)
class Clusters:
    """Components of a mixture, united two by two into clusters until one is left: see `combine`.

    Attributes
    ----------
    mixture : Mixture
        The mixture.
    first : ndarray of int, shape (k,)
        The m clusters at first: each component by its own number, or, where it has no points of its own, by that of
        another; -1 for a background.
    merges : tuple of (int, int), length m - 1
        Which clusters are united, one after the other; the lower of a pair goes on.
    entropies : ndarray of float, shape (m,)
        The entropy of the assignment of points to 1, 2, ..., m clusters (and the background), in nats of all points
        together.
    seams : ndarray of float, shape (m - 1,)
        How far the two that are united overlap, where components of theirs touch most: the entropy that uniting these
        would take off, in bits a point of theirs. 0 where they are apart, 1 where they are equal.
    between : ndarray of float, shape (m - 1,)
        The strongest seam between clusters that there are before each union.
    background : int or None
        The component that is no part of a cluster.

    Notes
    -----
    `suggested` is the number of clusters with the largest ratio of two seams: the weakest of the unions on the way
    there, and the strongest between clusters that are left, each measured where two components touch most. So
    neighbours along a curve are one cluster, however long the curve is. Both ends are compared with a seam of 0.35, as
    two Gaussians of equal weight have that are 2.5 standard deviations apart: where nothing else tells, components that
    overlap less are clusters of their own, and those that overlap more are one. Below 0.005 (6 standard deviations)
    seams are alike.

    `elbow` is what mclust's clustCombiOptim takes: of two lines, nearest to the entropies by least squares, where they
    meet. That can be neither 1 nor m, and depends on how many parts the clusters were cut into.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> x = np.r_[rng.uniform(0, 1, 300), rng.uniform(3, 4, 300)][:, None]  # two clusters that are no Gaussians
    >>> clusters = mx.combine(mx.fit(x, 6, rng=0), x)
    >>> clusters.suggested
    2
    >>> clusters.groups(), clusters.groups(3)
    (array([0, 1, 0, 0, 1, 1]), array([0, 1, 0, 0, 2, 2]))
    """

    mixture: Mixture
    first: Integers
    merges: tuple[tuple[int, int], ...]
    entropies: Array
    seams: Array
    between: Array
    background: int | None = None

    def __post_init__(self) -> None:
        for array in (self.first, self.entropies, self.seams, self.between):
            array.flags.writeable = False

    @property
    def most(self) -> int:
        """The largest number of clusters, m."""
        return len(self.merges) + 1

    @cached_property
    def suggested(self) -> int:
        """The number of clusters that is suggested: see the notes."""
        within = np.append(ALIKE, np.minimum.accumulate(self.seams))
        ratios = within / np.maximum(np.append(self.between, ALIKE), APART)
        return self.most - int(ratios.argmax())

    @property
    def elbow(self) -> int:
        """The number of clusters at the elbow of the entropies: see the notes."""
        return self._lines.elbow

    @cached_property
    def _lines(self) -> Lines:
        counts, heights = np.arange(1.0, self.most + 1), self.entropies
        best, found = np.inf, Lines(self.most, heights, heights[-1:])
        for elbow in range(2, self.most):
            sides = (slice(0, elbow), slice(elbow - 1, None))
            left, right = (np.polyval(np.polyfit(counts[side], heights[side], 1), counts[side]) for side in sides)
            rest = np.square(left - heights[:elbow]).sum() + np.square(right - heights[elbow - 1 :]).sum()
            if rest < best:
                best, found = rest, Lines(elbow, left, right)
        return found

    # Labels

    def groups(self, n_clusters: int | None = None) -> Integers:
        """Say which cluster each component is part of.

        Parameters
        ----------
        n_clusters : int, optional
            1 <= n_clusters <= m; by default as many as are suggested.

        Returns
        -------
        ndarray of int, shape (k,)
            From 0 to n_clusters - 1, in the order of their lowest components; -1 for a background.

        Raises
        ------
        InputError
            If there are not so many.
        """
        n_clusters = self.suggested if n_clusters is None else n_clusters
        if not is_whole(n_clusters) or not 1 <= n_clusters <= self.most:
            raise InputError(
                f"{named('n_clusters')} is {n_clusters!r}: {self.most} components can be combined into 1 to "
                f"{self.most} clusters."
            )
        group = self.first.copy()
        for kept, gone in self.merges[: self.most - n_clusters]:
            group[group == gone] = kept
        there = np.flatnonzero(group != NOISE)
        _, opening, which = np.unique(group[there], return_index=True, return_inverse=True)
        group[there] = np.argsort(np.argsort(opening))[which]
        return group

    def membership(self, n_clusters: int | None = None) -> Array:
        """Say which components each cluster is made of, as a matrix that takes their responsibilities to its own.

        Parameters
        ----------
        n_clusters : int, optional
            By default as many as are suggested.

        Returns
        -------
        ndarray of float, shape (k, n_clusters), with a background (k, n_clusters + 1)
            1 where a component is part of a cluster, else 0. The last column is that of the background.
        """
        group = self.groups(n_clusters)
        clusters = int(group.max()) + 1
        union = np.zeros((len(group), clusters + (self.background is not None)))
        there = np.flatnonzero(group != NOISE)
        union[there, group[there]] = 1.0
        if self.background is not None:
            union[self.background, -1] = 1.0
        return union

    def responsibilities(
        self,
        x: Any,
        n_clusters: int | None = None,
        *,
        missing: bool = False,
        noise_covariance: Any = None,
        n_threads: int | None = None,
    ) -> Any:
        """The probability of each cluster, given each row.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `Mixture.responsibilities`.
        n_clusters : int, optional
            By default as many as are suggested.
        missing : bool
            Whether NaN marks a missing value.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.
        n_threads : int, optional
            By default all there are; the result does not depend on it.

        Returns
        -------
        ndarray of float, shape (n, n_clusters), with a background (n, n_clusters + 1)
            Rows sum to 1. The last column is that of the background, so that -1 finds it.
        """
        union = self.membership(n_clusters)
        return self._asked(x, lambda shares: shares @ union, missing, noise_covariance, n_threads, union.shape[1])

    def predict(
        self,
        x: Any,
        n_clusters: int | None = None,
        *,
        missing: bool = False,
        noise_covariance: Any = None,
        n_threads: int | None = None,
    ) -> Any:
        """The most probable cluster of each row.

        Parameters
        ----------
        x : array_like, shape (n, d), or any other data
            As for `Mixture.predict`.
        n_clusters : int, optional
            By default as many as are suggested.
        missing : bool
            Whether NaN marks a missing value.
        noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
            Of the errors of these rows, as for `fit`.
        n_threads : int, optional
            By default all there are; the result does not depend on it.

        Returns
        -------
        ndarray of int, shape (n,)
            From 0 to n_clusters - 1; -1 for the background.
        """
        union = self.membership(n_clusters)
        noise = None if self.background is None else union.shape[1] - 1

        def label(shares: Array) -> Integers:
            return unassigned(np.asarray((shares @ union).argmax(axis=1), np.intp), noise)

        return self._asked(x, label, missing, noise_covariance, n_threads)

    def _asked(
        self, x: Any, ask: Any, missing: bool, noise: Any, n_threads: int | None, width: int | None = None
    ) -> Any:
        def answer(points: Points) -> Any:
            return ask(evaluate.responsibilities(self.mixture, points.x, n_threads, points.noise))

        return self.mixture._told(x, answer, missing, width, noise=noise)

    # To be kept, and looked at

    def save(self, path: str | os.PathLike[str], *, n_clusters: int | None = None) -> None:
        """Write the mixture to a file, with a note of its clusters.

        Parameters
        ----------
        path : str or path-like
            The file, such as model.mix. `mixtura.load` reads its mixture, `mixtura predict` its clusters too.
        n_clusters : int, optional
            How many `mixtura predict` tells of; by default as many as are suggested.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        self.groups(n_clusters)  # raises, if there are not so many
        beside = {} if self.background is None else {"background": self.background}
        self.mixture.save(path, notes=beside | self.notes(n_clusters))

    def notes(self, n_clusters: int | None = None) -> dict[str, Any]:
        """List what a model file notes of the clusters.

        Parameters
        ----------
        n_clusters : int, optional
            By default as many as are suggested.

        Returns
        -------
        dict
            As JSON holds it.
        """
        kept = {name: getattr(self, name).tolist() for name in ("first", "entropies", "seams", "between")}
        merges = [list(pair) for pair in self.merges]
        told = self.suggested if n_clusters is None else int(n_clusters)
        return {"clusters": {**kept, "merges": merges, "n_clusters": told}}

    def rows(self) -> list[dict[str, Any]]:
        """List the levels, from the most clusters to one, as `pandas.DataFrame` takes them.

        Returns
        -------
        list of dict
            The number of clusters, the entropy, the pair that is united next (None at the last) and its seam, and
            whether the number is suggested.
        """
        pairs, seams = [*self.merges, None], [*self.seams.tolist(), None]
        return [
            {
                "n_clusters": level,
                "entropy": float(self.entropies[level - 1]),
                "united_next": pair,
                "seam": seam,
                "suggested": level == self.suggested,
            }
            for level, pair, seam in zip(range(self.most, 0, -1), pairs, seams, strict=True)
        ]

    def __repr__(self) -> str:
        beside = "" if self.background is None else " and a background"
        return f"<Clusters of {self.most} component{'s' * (self.most != 1)}{beside}: {self.suggested} suggested>"

    def _repr_html_(self) -> str:
        """The levels as a table."""
        heads = ("clusters", "entropy", "united next", "seam")
        lines = []
        for row in self.rows():
            pair = "" if row["united_next"] is None else " + ".join(map(str, row["united_next"]))
            seam = "" if row["seam"] is None else f"{row['seam']:.3g}"
            cells = (f"{row['n_clusters']}", f"{row['entropy']:.4g}", pair, seam)
            mark = ' style="font-weight:bold"' if row["suggested"] else ""
            lines.append(f"<tr{mark}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
        head = "".join(f"<th>{word}</th>" for word in heads)
        return f"<table><caption>{escape(repr(self).strip('<>'))}</caption><tr>{head}</tr>{''.join(lines)}</table>"

    def plot(self, ax: Any = None) -> Any:
        """The entropy against the number of clusters, with two lines that meet at its elbow, and the suggested number.

        Needs the extra `plots`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in pyplot's current axes.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.
        """
        extra("matplotlib", "figures need Matplotlib", "plots")
        from matplotlib.ticker import MaxNLocator

        from ..plots.axes import checked

        ax = checked(ax)
        counts, lines = np.arange(1, self.most + 1), self._lines
        (drawn,) = ax.plot(counts, self.entropies, "o", markersize=5, label="entropy")
        if self.most > 2:
            style = {"color": "0.5", "linestyle": "--", "linewidth": 1.2, "zorder": 1}
            ax.plot(counts[: lines.elbow], lines.left, label=f"elbow at {lines.elbow}", **style)
            ax.plot(counts[lines.elbow - 1 :], lines.right, **style)
        ring = {"markersize": 12, "markerfacecolor": "none", "markeredgewidth": 1.6, "color": drawn.get_color()}
        best = self.suggested
        ax.plot([best], [self.entropies[best - 1]], "o", label=f"suggested: {best}", **ring)
        ax.set(xlabel="number of clusters", ylabel="entropy of the assignment (nats)")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(frameon=False)
        return ax
