"""Pictures as planes that are worked one by one: greys, or opponent colours; opacity is kept aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Bools, Singles
from ..errors import InputError, named
from ..pictures import checks

OPPONENT = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0], [0.5, -1.0, 0.5]], np.float32) / np.sqrt(
    np.array([[3.0], [2.0], [1.5]], np.float32)
)
"""Orthonormal rows: brightness, red against blue, green against magenta. Noise is as strong in each as in colours."""


@dataclass(frozen=True, eq=False)
class Planes:
    """A picture taken apart.

    Attributes
    ----------
    planes : list of ndarray of float32, shape (h, w)
        One of greys, or three of opponent colours.
    opacity : ndarray or None
        Of the pixels, as given.
    """

    planes: list[Singles]
    opacity: Singles | None

    @classmethod
    def of(cls, picture: Any, *, gaps: Bools | None = None) -> Planes:
        """Take a picture apart.

        Parameters
        ----------
        picture : array_like, shape (h, w), (h, w, 3) or (h, w, 4)
            Greys, colours, or colours with an opacity, in 0..255.
        gaps : ndarray of bool, shape (h, w), optional
            Pixels whose values do not count.

        Returns
        -------
        Planes
            Where a pixel is transparent, it has the colour of the nearest one that can be seen, so that no hidden
            colour shows.
        """
        pixels = np.asarray(picture)
        opacity = None
        if pixels.ndim == 3 and pixels.shape[2] == 4:
            checks.picture(pixels[:, :, :3], "picture")
            checks.picture(pixels[:, :, 3], "picture", greys=True)
            opacity = np.asarray(pixels[:, :, 3], np.float32)
            pixels = pixels[:, :, :3]
        pixels = np.asarray(checks.picture(pixels, "picture", greys=True), np.float32)
        hidden = np.zeros(pixels.shape[:2], bool) if gaps is None else gaps
        if opacity is not None:
            hidden = hidden | (opacity == 0)
        if hidden.any() and not hidden.all():
            pixels = pixels[nearest_known(hidden)]
        if pixels.ndim == 2:
            return cls([pixels], opacity)
        return cls([np.asarray(pixels @ row, np.float32) for row in OPPONENT], opacity)

    def together(self, planes: list[Singles]) -> Singles:
        """Put planes together.

        Parameters
        ----------
        planes : list of ndarray of float32, shape (h, w)
            As many as there were.

        Returns
        -------
        ndarray of float32
            A picture of the form that was given, clipped to 0..255.
        """
        if len(planes) == 1:
            return np.asarray(np.clip(planes[0], 0, 255), np.float32)
        colours = np.asarray(np.clip(np.stack(planes, axis=2) @ OPPONENT, 0, 255), np.float32)
        return colours if self.opacity is None else np.concatenate([colours, self.opacity[:, :, None]], axis=2)


def nearest_known(hidden: Bools) -> tuple[Any, Any]:
    """Where the nearest known pixel of each pixel lies.

    Parameters
    ----------
    hidden : ndarray of bool, shape (h, w)
        Not all.

    Returns
    -------
    rows, columns : ndarray of int, shape (h, w)
    """
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    return rows, columns


def padded(plane: Singles, side: int) -> Singles:
    """A plane with sides of `side` at least: mirrored below and to the right.

    Parameters
    ----------
    plane : ndarray of float32, shape (h, w)
        Of any size.
    side : int
        In pixels.

    Returns
    -------
    ndarray of float32
    """
    more = [(0, max(0, side - length)) for length in plane.shape]
    return np.ascontiguousarray(np.pad(plane, more, mode="symmetric"))


def check_step(effort: Any, efforts: dict[str, int]) -> int:
    """The step between patches.

    Parameters
    ----------
    effort : str
        One of the names.
    efforts : dict
        The steps, by name.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If there is no such effort.
    """
    if effort not in efforts:
        raise InputError(f"{named('effort')} is {effort!r}: choose one of {', '.join(efforts)}.")
    return efforts[effort]
