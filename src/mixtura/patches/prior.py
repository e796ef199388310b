"""A mixture of patches: learnt from pictures, kept in a file, looked at."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, Bytes, Numbers, Singles
from ..checks import Rng, matrix, random_generator
from ..em.factors import fit_factors
from ..errors import InputError, StorageError, named
from ..model.factors import FactorMixture
from ..pictures import checks
from ..pictures.image import PIXEL_VARIANCE, grey

SIZES = (3, 16)
"""The smallest and the largest side of a patch, in pixels."""
RANK = 15
"""Axes of a component: of patches of 8 x 8, three quarters of the directions are the tail."""


@dataclass(frozen=True, eq=False)
class PatchMixture:
    """A mixture of small squares of pictures, each without its mean.

    Parameters
    ----------
    mixture : FactorMixture
        Of size * size coordinates, row by row, in greys of 255; all means are 0.
    size : int
        Pixels a side.

    Raises
    ------
    InputError
        If the mixture has other coordinates, or means that are not 0.
    """

    mixture: FactorMixture
    size: int

    def __post_init__(self) -> None:
        if self.mixture.n_coordinates != self.size**2 or not SIZES[0] <= self.size <= SIZES[1]:
            raise InputError(
                f"{named('size')} is {self.size!r}, but the mixture has {self.mixture.n_coordinates} coordinates: a "
                f"patch has size * size of them, and {SIZES[0]} to {SIZES[1]} a side."
            )
        if self.mixture.means.any():
            raise InputError("the means of a mixture of patches are 0: fit it with zero_mean=True.")

    def __repr__(self) -> str:
        return f"PatchMixture({self.mixture.n_components} components of {self.size} x {self.size} pixels)"

    def log_density(self, patches: ArrayLike, *, n_threads: int | None = None) -> Array:
        """The log density of patches, in the coordinates that are left without their means.

        Parameters
        ----------
        patches : array_like, shape (n, size, size)
            Greys of 255.
        n_threads : int, optional
            By default as many as there are cores.

        Returns
        -------
        ndarray of float, shape (n,)
            In nats.

        Raises
        ------
        InputError
            If the patches have another size.
        """
        rows = np.asarray(patches, np.float64)
        if rows.ndim != 3 or rows.shape[1:] != (self.size, self.size):
            raise InputError(f"patches has shape {rows.shape}, expected (n, {self.size}, {self.size}).")
        flat = matrix(rows.reshape(len(rows), -1), "patches")
        return self.mixture.log_density(flat - flat.mean(axis=1, keepdims=True), n_threads=n_threads)

    def sample(self, n: int, *, rng: Rng = None) -> Array:
        """Draw patches.

        Parameters
        ----------
        n : int
            How many.
        rng : int, numpy.random.Generator or None
            The seed, or a generator.

        Returns
        -------
        ndarray of float, shape (n, size, size)
            About 0.
        """
        return self.mixture.sample(n, rng=rng).reshape(n, self.size, self.size)

    def shown(self, component: int, n: int = 6) -> Bytes:
        """What a component looks like: its first axes as patches side by side, and some patches drawn from it.

        Parameters
        ----------
        component : int
            Which one; the heaviest is not the first.
        n : int, default 6
            How many of each.

        Returns
        -------
        ndarray of uint8, shape (2 size + 1, n (size + 1) - 1)
            Greys: the axes above, the drawn ones below.
        """
        count = self.mixture.n_components
        if not -count <= component < count:
            raise InputError(f"{named('component')} is {component!r}: there are {count} of them, from 0 on.")
        one = self.mixture.permuted(np.array([component % count]))
        n = min(checks.whole(n, "n", of="patches"), one.rank)
        drawn = one.sample(n, rng=0)
        sheet = np.full((2 * self.size + 1, n * (self.size + 1) - 1), 255, np.uint8)
        for row, patches in enumerate((one.axes[0, :n], drawn)):
            most = np.abs(patches).max(axis=1 if row == 0 else None, keepdims=True)
            greys = np.rint(127.5 + 127.5 * patches / np.maximum(most, 1e-9)).astype(np.uint8)
            for place, patch in enumerate(greys.reshape(n, self.size, self.size)):
                top, left = row * (self.size + 1), place * (self.size + 1)
                sheet[top : top + self.size, left : left + self.size] = patch
        return sheet

    def save(self, path: str | os.PathLike[str] | BinaryIO, *, dtype: str = "float16", **notes: Any) -> None:
        """Write it to a file, whole or not at all.

        Parameters
        ----------
        path : path or binary file
            Where to.
        dtype : {"float16", "float32", "float64"}
            How axes are kept. With the first, densities change in the fourth digit, and nobody sees it in a picture.
        **notes
            Anything that JSON can hold.
        """
        self.mixture.save(path, dtype=dtype, **notes, size=self.size)


def load(path: str | os.PathLike[str] | BinaryIO) -> PatchMixture:
    """The mixture of patches in a file.

    Parameters
    ----------
    path : path or binary file
        A file that `PatchMixture.save` wrote.

    Returns
    -------
    PatchMixture

    Raises
    ------
    StorageError
        If the file is missing, damaged or of another kind.
    """
    mixture, notes = FactorMixture.load_with_notes(path)
    try:
        return PatchMixture(mixture, int(notes["size"]))
    except (KeyError, ValueError, TypeError) as error:
        raise StorageError(f"{getattr(path, 'name', path)} holds no mixture of patches ({error}).") from None


@functools.cache
def standard() -> PatchMixture:
    """The mixture of patches that comes with the package: 200 components of 8 x 8 pixels, learnt from photographs.

    Returns
    -------
    PatchMixture

    Notes
    -----
    `samples/prior.py` learns it, from pictures that are in the public domain or under CC0; its list is in the notes of
    the file.
    """
    with resources.as_file(resources.files(__package__) / "standard.mix") as path:
        return load(Path(path))


def learn(
    pictures: Sequence[ArrayLike],
    k: int = 100,
    size: int = 8,
    *,
    rank: int = RANK,
    n_patches: int = 100_000,
    max_iter: int = 30,
    tol: float = 0.01,
    rng: Rng = 0,
    n_threads: int | None = None,
    on_step: Callable[[int, int, float], Any] | None = None,
) -> PatchMixture:
    """Learn what small squares of pictures look like.

    Parameters
    ----------
    pictures : sequence of array_like, shapes (h, w) or (h, w, 3)
        Greys or sRGB values in 0..255, of any sizes.
    k : int, default 100
        How many components.
    size : int, default 8
        Pixels a side, 3 to 16.
    rank : int, default 15
        Axes of a component; of small patches fewer.
    n_patches : int, default 100,000
        How many patches are drawn from all pictures, from each in the proportion of its pixels.
    max_iter : int, default 30
        The limit of iterations with all components.
    tol : float, default 0.01
        It ends when a step gains less: in the mean log likelihood of a patch, in nats.
    rng : int, numpy.random.Generator or None
        The seed that draws the patches.
    n_threads : int, optional
        By default as many as there are cores. The answer does not depend on it.
    on_step : callable, optional
        As for `mixtura.fit_factors`.

    Returns
    -------
    PatchMixture

    Raises
    ------
    InputError
        If an argument is malformed, or no picture is as large as a patch.
    FitError
        If there are fewer patches than components need.

    Notes
    -----
    Patches of colours are those of their greys. Noise in the pictures is learnt too: photographs that are shrunk
    to a half have less of it.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> stripes = np.tile(np.repeat([40.0, 200.0], 6), (60, 8))
    >>> mx.patches.learn([stripes], 2, 4, n_patches=500)
    PatchMixture(2 components of 4 x 4 pixels)
    """
    checks.whole(size, "size", least=SIZES[0], most=SIZES[1], of="pixels")
    checks.whole(n_patches, "n_patches", of="patches")
    greys = [plain(picture, f"pictures[{place}]") for place, picture in enumerate(_several(pictures))]
    large = [each for each in greys if min(each.shape) >= size]
    if not large:
        raise InputError(f"{named('pictures')} are all smaller than {size} x {size} pixels: give larger ones.")
    draw = random_generator(rng)
    areas = np.array([float(each.size) for each in large])
    counts = draw.multinomial(n_patches, areas / areas.sum())
    rows = np.concatenate([_drawn(each, size, int(count), draw) for each, count in zip(large, counts, strict=True)])
    rows -= rows.mean(axis=1, keepdims=True)
    found = fit_factors(
        rows,
        k,
        rank=min(rank, size**2 - 2),
        zero_mean=True,
        max_iter=max_iter,
        tol=tol,
        reg_covar=PIXEL_VARIANCE,
        dtype="float32",
        n_threads=n_threads,
        on_step=on_step,
    )
    return PatchMixture(found.mixture, size)


def plain(picture: Any, name: str = "picture") -> Singles:
    """The greys of a picture, which may be grey already.

    Parameters
    ----------
    picture : array_like, shape (h, w) or (h, w, 3)
        In 0..255.
    name : str
        What errors call it.

    Returns
    -------
    ndarray of float32, shape (h, w)
    """
    pixels = checks.picture(picture, name, greys=True)
    return np.asarray(pixels, np.float32) if pixels.ndim == 2 else grey(pixels)


def _several(pictures: Any) -> list[Any]:
    if isinstance(pictures, np.ndarray) and pictures.ndim == 2:
        raise InputError(f"{named('pictures')} is one picture: give a list of them, as [picture].")
    found = list(pictures)
    if not found:
        raise InputError(f"{named('pictures')} is empty: give one picture at least.")
    return found


def _drawn(picture: Singles, size: int, count: int, draw: np.random.Generator) -> Numbers:
    """(count, size size) patches from random places."""
    view = np.lib.stride_tricks.sliding_window_view(picture, (size, size))
    tops, lefts = (draw.integers(side, size=count) for side in view.shape[:2])
    return np.array(view[tops, lefts], np.float32).reshape(count, -1)
