"""Pictures in figures: contact sheets, the channels of a picture, and how pixels become points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.patches import ConnectionPatch, Rectangle
from numpy.typing import ArrayLike

from ..errors import InputError, named
from ..pictures import image
from ..pictures.checks import whole
from ..pictures.quantise import checked
from ..pictures.sheets import arrangement, coloured
from . import axes

GAP = 0.06  # between the pictures of a sheet, of their width


def sheet(
    pictures: Sequence[ArrayLike],
    *,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    ax: Axes | None = None,
    **shown: Any,
) -> Axes:
    """Plot pictures side by side, row by row, each as wide as the others.

    Parameters
    ----------
    pictures : sequence of array_like, shape (h, w) or (h, w, 3)
        Greys or sRGB values in 0..255, one picture at least.
    titles : sequence of str, optional
        One per picture, above it.
    columns : int, optional
        Pictures side by side; by default about as many as rows.
    ax : Axes, optional
        By default pyplot's current ones.
    **shown
        Passed to `Axes.imshow`; greys run from black at 0 to white at 255.

    Returns
    -------
    Axes
        Its images are the pictures, in order.

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> import numpy as np
    >>> ax = mx.plots.sheet(np.zeros((5, 8, 8)), columns=3)
    >>> len(ax.images)
    5
    """
    shots = [checked(picture, f"pictures[{i}]", greys=True) for i, picture in enumerate(pictures)]
    across, down = arrangement(len(shots), columns, titles, "titles")
    tall = max(shot.shape[0] / shot.shape[1] for shot in shots)
    wide = min(10.0, 1.2 + 1.4 * across)
    ax = axes.checked(ax, size=(wide, wide * down * (tall + GAP + (titles is not None) * 0.15) / across))
    line = 0.0 if titles is None else _line(ax, across)
    pitch = tall + GAP + line
    for i, shot in enumerate(shots):
        left, low = (i % across) * (1 + GAP), -(i // across) * pitch
        box = (left, left + 1, low - shot.shape[0] / shot.shape[1], low)
        style = dict[str, Any](interpolation="antialiased", extent=box)
        if shot.ndim == 2:
            style |= {"cmap": "gray", "vmin": 0, "vmax": 255}
        ax.imshow(shot, **(style | shown))
        if titles is not None:
            ax.text(left + 0.5, low + 0.2 * line, titles[i], ha="center", va="bottom", color=axes.pen())
    ax.set(xlim=(0, across * (1 + GAP) - GAP), ylim=(GAP + line - down * pitch, line))
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def _line(ax: Axes, across: int) -> float:
    """How high a line of text is, in widths of a picture."""
    inches = ax.bbox.width / ax.get_figure(root=True).dpi / across  # type: ignore[union-attr]
    return float(np.clip(1.6 * rcParams["font.size"] / 72 / inches, 0.05, 0.5))


def channels(picture: ArrayLike, *, ax: Axes | None = None, grey: bool = False, **shown: Any) -> Axes:
    """Plot a colour picture and its three channels.

    Parameters
    ----------
    picture : array_like, shape (h, w, 3)
        sRGB values in 0..255.
    ax : Axes, optional
        By default pyplot's current ones.
    grey : bool, default False
        Draw the channels as greys instead of in their own colour.
    **shown
        Passed to `Axes.imshow`.

    Returns
    -------
    Axes
        Its images are the picture, red, green and blue.

    Raises
    ------
    InputError
        If the picture is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> import numpy as np
    >>> ax = mx.plots.channels(np.full((4, 6, 3), (200, 100, 50), np.uint8))
    >>> ax.images[1].get_array()[0, 0].tolist()
    [200, 0, 0]
    """
    pixels = checked(picture, greys=True)
    if pixels.ndim != 3:
        raise InputError(
            f"{named('picture')} has shape {pixels.shape}, expected (h, w, 3): a picture of greys has one channel."
        )
    parts = [pixels[..., c] if grey else np.where(np.arange(3) == c, pixels, np.uint8(0)) for c in range(3)]
    return sheet([pixels, *parts], titles=["picture", "red", "green", "blue"], columns=2, ax=ax, **shown)


def pixel_table(
    picture: ArrayLike, *, kind: str = "colour", rows: int = 8, ax: Axes | None = None, threshold: str = "otsu"
) -> Axes:
    """Plot a (small) picture and, beside it, the first rows of the table of points that is fitted to it.

    Parameters
    ----------
    picture : array_like, shape (h, w, 3) or (h, w)
        sRGB values or greys in 0..255.
    kind : {"colour", "ink"}
        The x, y, r, g, b of every pixel, or the x, y of the dark ones; see `pictures.image`.
    rows : int, default 8
        Of the table, >= 1. Pixels that are in them are framed.
    ax : Axes, optional
        By default pyplot's current ones.
    threshold : str, default "otsu"
        Of ink, see `pictures.image.ink`.

    Returns
    -------
    Axes

    Raises
    ------
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> import mixtura as mx
    >>> import numpy as np
    >>> ax = mx.plots.pixel_table(np.full((3, 3, 3), 90, np.uint8), rows=2)
    >>> [text.get_text() for text in ax.texts][:5]
    ['x', 'y', 'r', 'g', 'b']
    """
    pixels = coloured(checked(picture, greys=True))
    if kind not in ("colour", "ink"):
        raise InputError(f"{named('kind')} is {kind!r}: choose colour or ink.")
    points = image.colour(pixels) if kind == "colour" else image.ink(pixels, threshold=threshold)
    table = points.x[: whole(rows, "rows")]
    height, width = pixels.shape[:2]
    ax = axes.checked(ax, size=(8.0, 4.0))
    ax.imshow(pixels, extent=(0, width, height, 0), interpolation="nearest")
    ax.set(xticks=np.arange(0, width + 1, max(1, width // 8)), yticks=np.arange(0, height + 1, max(1, height // 8)))
    assert points.names is not None
    pitch, step = 0.16 * width, height / (max(len(table), 7) + 1)
    left, mark = 1.35 * width, axes.colours(2)[1]
    for j, name in enumerate(points.names):
        ax.text(left + j * pitch, 0.5 * step, name, ha="right", va="center", weight="bold")
    for i, row in enumerate(table):
        level = (i + 1.5) * step
        for j, value in enumerate(row):
            text = f"{value:.1f}" if j < 2 else f"{value:.0f}"
            ax.text(left + j * pitch, level, text, ha="right", va="center", family="monospace")
        if kind == "colour":
            shade = tuple(float(v) / 255 for v in row[2:])
            ax.add_patch(Rectangle((left - 1.05 * pitch, level - 0.3 * step), 0.4 * pitch, 0.6 * step, color=shade))
        ax.add_patch(Rectangle((row[0] - 0.5, row[1] - 0.5), 1, 1, fill=False, edgecolor=mark, linewidth=1.2))
        if i == 0:
            arrow = ConnectionPatch(
                (float(row[0]), float(row[1])), (left - 1.15 * pitch, level), "data", "data", arrowstyle="->",
                color=mark, connectionstyle="arc3,rad=-0.1",
            )  # fmt: skip
            ax.add_artist(arrow)
    if points.n > len(table):
        ax.text(left - 0.3 * pitch, (len(table) + 1.5) * step, f"… {points.n:,} rows", ha="left", va="center")
    ax.set(xlim=(0, left + (len(points.names) - 0.5) * pitch), ylim=(height, 0), xlabel="x", ylabel="y")
    ax.spines[["top", "right", "bottom", "left"]].set_visible(False)
    ax.set_aspect("equal")
    return ax
