"""From one picture's mixture to the next one's: brought into one frame, and moved on the cheapest way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..arrays import Array
from ..errors import InputError, named
from ..model.mixture import Mixture
from ..model.transport import Transport
from .canvas import has_colour
from .field import Frame

BLACK_TO_WHITE = 0.4  # of the frame's longer side: how far a way between colours is beside one in the plane


@dataclass(frozen=True)
class Way:
    """From one mixture to another.

    Parameters
    ----------
    first, last : Mixture
        Its ends.
    units : ndarray of float, shape (d,)
        By which coordinates are multiplied, so that colours can be weighed against places.
    found : Transport
        Between the ends, in these units.
    """

    first: Mixture
    last: Mixture
    units: Array
    found: Transport

    def at(self, t: float) -> Mixture:
        """Find the mixture at a time.

        Parameters
        ----------
        t : float
            From 0 to 1.

        Returns
        -------
        Mixture
        """
        if t in (0, 1):
            return self.last if t else self.first
        return self.found.at(t).transform(np.diag(1 / self.units))

    def table(self) -> Array:
        """List the pairs of components between which something goes, the heaviest first.

        Returns
        -------
        ndarray of float, shape (m, 1 + 2 d + 2 d²)
            Log weight; mean and factor of the covariance, by rows, at the start; and both at the end. At any time
            between, mean and factor are those in between.
        """
        i, j = self.found.joined
        weights = self.found.plan[i, j]
        d = self.first.n_coordinates
        sides = [np.log(weights)[:, None]]
        for means, factors in zip((self.first.means[i], self.last.means[j]), self.found.factors, strict=True):
            full = factors[:, :, None] * np.eye(d) if factors.ndim == 2 else factors
            full = np.broadcast_to(full / self.units[:, None], (len(i), d, d))
            sides += [means, full.reshape(len(i), d * d)]
        return np.concatenate(sides, axis=1)[np.argsort(-weights, kind="stable")]


def ways(mixtures: Sequence[Mixture], frame: Frame) -> list[Way]:
    """Find the cheapest way from each mixture to the next one.

    Parameters
    ----------
    mixtures : sequence of Mixture
        Two at least, in the same coordinates: x and y, or x, y, r, g and b.
    frame : Frame
        The part of the plane that is shown.

    Returns
    -------
    list of Way
        One fewer than there are mixtures.

    Raises
    ------
    InputError
        If there are fewer than two, or they are of different coordinates.

    Notes
    -----
    Colours are weighed against places so that from black to white it is as far as 0.4 of the longer side of the frame.
    """
    if len(mixtures) < 2:
        raise InputError(f"{named('mixtures')} has {len(mixtures)}: from one to another takes two at least.")
    counts = {mixture.n_coordinates for mixture in mixtures}
    if counts not in ({2}, {5}):
        raise InputError(
            f"{named('mixtures')} has mixtures of {' and '.join(map(str, sorted(counts)))} coordinates: all have 2 "
            f"(x, y) or 5 (and colours)."
        )
    units = np.ones(counts.pop())
    units[2:] = BLACK_TO_WHITE * max(frame.width, frame.height) / 255
    weighed = [mixture.transform(np.diag(units)) for mixture in mixtures]
    found = [one.transport(other) for one, other in pairwise(weighed)]
    return [Way(*ends, units, way) for ends, way in zip(pairwise(mixtures), found, strict=True)]


def placed(mixture: Mixture, frame: Frame, into: Frame) -> Mixture:
    """Bring a mixture from its own frame into the middle of another.

    Parameters
    ----------
    mixture : Mixture
        Its first two coordinates are x and y.
    frame, into : Frame
        Its own part of the plane, and the other.

    Returns
    -------
    Mixture
        Scaled alike in x and y: one of colours covers the other frame, one of ink lies within it.
    """
    if frame == into:
        return mixture
    across, down = into.width / frame.width, into.height / frame.height
    scale, offset = np.ones(mixture.n_coordinates), np.zeros(mixture.n_coordinates)
    scale[:2] = max(across, down) if has_colour(mixture) else min(across, down)
    offset[:2] = [(into.left + into.right) / 2, (into.top + into.bottom) / 2]
    offset[:2] -= scale[:2] * [(frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2]
    return mixture.transform(np.diag(scale), offset)
