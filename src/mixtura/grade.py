"""The colours of one picture for another: the mixture of the one's colours is moved into that of the other's.

`learn` gives a `Look`, which grades pictures; `Look.table` and `read_cube` give a `Table`, which does so faster, and
which photo and film editors read as a .cube file.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Array, Bytes, Floats, Numbers, Singles
from .checks import is_finite, is_whole, random_generator
from .em.fit import fit
from .em.loop import Step
from .errors import InputError, PictureError, named
from .model.mixture import Mixture
from .model.transport import Transport
from .pictures import checks
from .sources.points import Points

GRAIN = 25.0
"""Squared steps of 255 that are added to the variances of colours: what is narrower is grain, and is not stretched."""
PIXELS = 20_000
"""Pixels that a mixture is fitted to, drawn from all."""
RADIUS = 4
"""Pixels: how far smoothing looks."""
BAND = 1_000_000
"""Pixels that are worked at once, so that what lies beside a picture stays small."""
SIDES = (2, 129)
"""The smallest and the largest side of a table."""


@dataclass(frozen=True, eq=False)
class Look:
    """How colours are graded.

    Parameters
    ----------
    transport : Transport
        From the mixture of the photo's colours to that of the picture's, in sRGB of 0..255.
    strength : float, default 1
        How far colours go: 0 leaves them, 1 takes them all the way.
    """

    transport: Transport
    strength: float = 1.0

    def colours(self, x: Any, *, n_threads: int | None = None) -> Array:
        """Grade colours.

        Parameters
        ----------
        x : array_like, shape (n, 3)
            sRGB values in 0..255.
        n_threads : int, optional
            By default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of float, shape (n, 3)
            In 0..255.
        """
        given = np.asarray(x, np.float64)
        moved = self.transport.map(given, n_threads=n_threads)
        return np.asarray(np.clip(given + self.strength * (moved - given), 0.0, 255.0))

    def apply(self, picture: Numbers, *, smooth: float = 8.0, n_threads: int | None = None) -> Bytes:
        """Grade a picture.

        Parameters
        ----------
        picture : array_like, shape (h, w, 3)
            sRGB values in 0..255.
        smooth : float, default 8
            Differences of about so many steps of 255 between neighbours are grain, and are not amplified; 0 grades
            each pixel for itself.
        n_threads : int, optional
            By default as many as there are cores. The answer does not depend on it.

        Returns
        -------
        ndarray of uint8, shape (h, w, 3)

        Raises
        ------
        InputError
            If an argument is malformed.

        Notes
        -----
        With `smooth`, a smoothed picture is graded, and what grading the picture itself has beside it, its detail, is
        added back: in even areas at most as much as the picture had, and all of it at edges, so that these have no
        halos. The smoothed picture is a guided filter's, which tells edges from grain (He, Sun and Tang 2010).
        """
        return _applied(lambda x: self.colours(x, n_threads=n_threads), picture, smooth)

    def table(self, size: int = 65, *, n_threads: int | None = None) -> Table:
        """Write down what the look makes of a grid of colours.

        Parameters
        ----------
        size : int, default 65
            Colours along each side of the grid, 2 to 129.
        n_threads : int, optional
            By default as many as there are cores.

        Returns
        -------
        Table

        Raises
        ------
        InputError
            If the size is no whole number in that range.
        """
        if not is_whole(size) or not SIDES[0] <= size <= SIDES[1]:
            raise InputError(f"{named('size')} is {size!r}: give a whole number from {SIDES[0]} to {SIDES[1]}.")
        side = np.linspace(0.0, 255.0, size)
        grid = np.stack(np.meshgrid(side, side, side, indexing="ij")[::-1], axis=-1)  # [b, g, r]
        found = self.colours(grid.reshape(-1, 3), n_threads=n_threads)
        return Table(found.reshape(grid.shape).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Table:
    """A look as a table of colours, between which is interpolated.

    Parameters
    ----------
    colours : ndarray of float32, shape (s, s, s, 3)
        colours[b, g, r] is that for red, green and blue of 255 r / (s - 1), and so on; sRGB in 0..255.
    """

    colours: Singles

    def apply(self, picture: Numbers, *, smooth: float = 0.0, strength: float = 1.0) -> Bytes:
        """Grade a picture.

        Parameters
        ----------
        picture : array_like, shape (h, w, 3)
            sRGB values in 0..255.
        smooth : float, default 0
            As for `Look.apply`.
        strength : float, default 1
            How far colours go, 0 to 1.

        Returns
        -------
        ndarray of uint8, shape (h, w, 3)

        Raises
        ------
        InputError
            If an argument is malformed.
        """
        from .kernels.lookup import looked_up

        check_strength(strength)

        def ask(x: Floats) -> Floats:
            pixels = np.ascontiguousarray(x, np.float32)
            out = np.empty_like(pixels)
            looked_up(pixels, self.colours, out)
            return out if strength == 1 else np.clip(pixels + np.float32(strength) * (out - pixels), 0, 255)

        return _applied(ask, picture, smooth)

    def cube(self, title: str = "Mixtura") -> str:
        """Write the table as the text of a .cube file, as Adobe's specification 1.0 has it.

        Parameters
        ----------
        title : str, default "Mixtura"
            What editors may show.

        Returns
        -------
        str
        """
        shown = "".join(letter if " " <= letter <= "~" and letter != '"' else "_" for letter in title)
        rows = np.clip(self.colours.reshape(-1, 3) / 255.0, 0.0, 1.0)
        body = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in rows.tolist())
        size = len(self.colours)
        return f'TITLE "{shown}"\nLUT_3D_SIZE {size}\nDOMAIN_MIN 0.0 0.0 0.0\nDOMAIN_MAX 1.0 1.0 1.0\n{body}\n'


def learn(
    photo: Numbers,
    like: Numbers,
    n_components: int = 60,
    *,
    strength: float = 1.0,
    max_iter: int = 60,
    tol: float = 1e-3,
    rng: int | np.random.Generator | None = 0,
    n_threads: int | None = None,
    on_step: Callable[[Step], Any] | None = None,
) -> Look:
    """Learn how to give a photo the colours of a picture.

    Parameters
    ----------
    photo, like : array_like, shape (h, w, 3)
        sRGB values in 0..255, of any sizes.
    n_components : int, default 60
        Gaussians in each mixture of colours; fewer where a picture has fewer colours.
    strength : float, default 1
        How far colours go, 0 to 1.
    max_iter, tol, rng, n_threads, on_step
        As for `mixtura.fit`; the seed also draws the pixels that are fitted, 20,000 of each picture.

    Returns
    -------
    Look

    Raises
    ------
    InputError
        If an argument is malformed.

    Notes
    -----
    With one component it is the transport of one Gaussian to another, which keeps the photo's relations; a few follow
    neither it nor the picture well, and twenty or more find the colours of things.

    References
    ----------
    Delon and Desolneux 2020, section 6.3; Pitié and Kokaram 2007 for one Gaussian.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> photo, like = rng.uniform(0, 90, (20, 20, 3)), rng.uniform(100, 190, (20, 20, 3))
    >>> abs(mx.grade.learn(photo, like, 1).apply(photo).mean() - like.mean()) < 1
    np.True_
    """
    check_strength(strength)
    if not is_whole(n_components) or n_components < 1:
        raise InputError(f"{named('n_components')} is {n_components!r}: give a whole number >= 1.")
    draw = random_generator(rng)
    how: dict[str, Any] = {"max_iter": max_iter, "tol": tol, "n_threads": n_threads, "on_step": on_step}

    def mixture(pixels: Numbers, name: str) -> Mixture:
        x = checks.picture(pixels, name).reshape(-1, 3)
        if len(x) > PIXELS:
            x = x[draw.integers(len(x), size=PIXELS)]
        x = x.astype(np.float64)
        k = min(n_components, len(np.unique(x, axis=0)))
        points = Points.from_array(x, copy=False, within_variance=GRAIN)
        return fit(points, k, accelerate=True, rng=draw, **how).mixture

    return Look(mixture(photo, "photo").transport(mixture(like, "like")), float(strength))


def read_cube(path: str | os.PathLike[str] | Any) -> Table:
    """Read a .cube file of three dimensions.

    Parameters
    ----------
    path : str, path-like or open binary file
        The file.

    Returns
    -------
    Table

    Raises
    ------
    PictureError
        If there is no such file, or it is no .cube file, is damaged, or has one dimension or another domain than 0..1.
    """
    name = str(getattr(path, "name", path))
    try:
        content = path.read() if hasattr(path, "read") else Path(path).read_bytes()
    except FileNotFoundError:
        raise PictureError(f"there is no file {name}: check the name and the folder.") from None
    except OSError as error:
        raise PictureError(f"{name} cannot be read ({error.strerror or error}): give another file.") from None
    size, rows = 0, []
    for number, line in enumerate(content.decode("latin-1").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#") or words[0] == "TITLE":
            continue
        wrong = PictureError(f"line {number} of {name} is {line[:40]!r}, which no .cube file of colours 0..1 has.")
        try:
            if words[0] == "LUT_3D_SIZE" and len(words) == 2 and SIDES[0] <= int(words[1]) <= 256:
                size = int(words[1])
            elif words[0] in ("DOMAIN_MIN", "DOMAIN_MAX"):
                if [float(word) for word in words[1:]] != [float(words[0] == "DOMAIN_MAX")] * 3:
                    raise wrong
            else:
                rows.append([float(word) for word in words])
                if len(words) != 3 or not all(map(math.isfinite, rows[-1])):
                    raise wrong
        except ValueError:
            raise wrong from None
    if not size or len(rows) != size**3:
        expected = f"LUT_3D_SIZE {size} and {size**3:,} colours" if size else "LUT_3D_SIZE and as many colours"
        raise PictureError(f"{name} has {len(rows):,} rows of colours, expected {expected}: it is no whole .cube file.")
    return Table(np.clip(255.0 * np.array(rows, np.float32), 0, 255).reshape(size, size, size, 3))


def check_strength(strength: float) -> None:
    """Raise InputError unless colours can go so far.

    Parameters
    ----------
    strength : float
        From 0 to 1.
    """
    if not (is_finite(strength) and 0 <= strength <= 1):
        raise InputError(f"{named('strength')} is {strength!r}: give a number from 0, as it was, to 1, all the way.")


def check_smooth(smooth: float) -> None:
    """Raise InputError unless a picture can be smoothed so much.

    Parameters
    ----------
    smooth : float
        Steps of 255.
    """
    if not (is_finite(smooth) and 0 <= smooth <= 255):
        raise InputError(f"{named('smooth')} is {smooth!r}: give a number from 0, not at all, to 255 steps of grey.")


def _applied(ask: Callable[[Floats], Floats], picture: Numbers, smooth: float) -> Bytes:
    """The picture through `ask`, which grades colours (n, 3), in bands of rows."""
    check_smooth(smooth)
    pixels = checks.picture(picture, "picture")
    height, width = pixels.shape[:2]
    out = np.empty((height, width, 3), np.uint8)
    margin = 2 * RADIUS if smooth else 0
    rows = max(1, BAND // width)
    for first in range(0, height, rows):
        last = min(height, first + rows)
        top, bottom = max(0, first - margin), min(height, last + margin)
        own = slice(first - top, last - top)
        band = pixels[top:bottom].astype(np.float32)
        graded = ask(band[own].reshape(-1, 3)).reshape(last - first, width, 3)
        if smooth:
            base, edges = (each[own] for each in _guided(band, smooth))
            plain = ask(base.reshape(-1, 3)).reshape(base.shape)
            more = graded - plain
            most = np.linalg.norm(band[own] - base, axis=2) / np.maximum(1.0 - edges, 1e-3)
            much = np.linalg.norm(more, axis=2)
            graded = plain + more * np.minimum(1.0, most / np.maximum(much, 1e-6))[:, :, None]
        out[first:last] = np.clip(np.rint(graded), 0, 255)
    return out


def _guided(pixels: Singles, grain: float) -> tuple[Singles, Singles]:
    """(h, w, 3) smoothed where neighbours differ by less than the grain, and (h, w) how much is kept, 1 at edges.

    Source: He, Sun and Tang 2010.
    """
    from scipy.ndimage import uniform_filter

    def box(a: Singles) -> Singles:
        side = 2 * RADIUS + 1
        return np.asarray(uniform_filter(a, (side, side, 1), mode="nearest"))

    mean = box(pixels)
    variance = np.maximum(box(np.square(pixels)) - np.square(mean), 0.0).sum(axis=2, keepdims=True)
    kept = variance / (variance + np.float32(3 * grain**2))
    edges = box(kept)
    found = edges * pixels + box(mean * (1 - kept))
    return np.asarray(np.clip(found, 0, 255), np.float32), edges[:, :, 0]
