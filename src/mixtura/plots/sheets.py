"""Pictures in figures: sheets of them, the channels of one, and how pixels become points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import ConnectionPatch, Rectangle
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..pictures import image
from . import ground

GAP = 0.06  # between the pictures of a sheet, of their width


def sheet(
    pictures: Sequence[ArrayLike],
    *,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    ax: Axes | None = None,
    **shown: Any,
) -> Axes:
    """Pictures side by side, row by row, each as wide as the others.

    pictures: (h, w) greys or (h, w, 3) sRGB, uint8 or in 0..255. titles: one a picture, above it.
    columns: how many side by side; by default about as many as rows. shown: anything that `Axes.imshow` takes; greys
    run from black at 0 to white at 255. Returns the axes; its images are the pictures, in order.

    >>> import mixtura as mx
    >>> import numpy as np
    >>> ax = mx.plots.sheet(np.zeros((5, 8, 8)), columns=3)
    >>> len(ax.images)
    5
    """
    shots = [_picture(picture, i) for i, picture in enumerate(pictures)]
    if not shots:
        raise InputError("pictures is empty: give one at least.")
    if titles is not None and len(titles) != len(shots):
        raise InputError(f"titles has {len(titles)} entries for {len(shots)} pictures: give one a picture.")
    across = math.ceil(math.sqrt(len(shots))) if columns is None else ground.count(columns, "columns")
    across = min(across, len(shots))
    down = math.ceil(len(shots) / across)
    tall = max(shot.shape[0] / shot.shape[1] for shot in shots)
    wide = min(10.0, 1.2 + 1.4 * across)
    ax = ground.axes(ax, size=(wide, wide * down * (tall + GAP + (titles is not None) * 0.15) / across))
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
            ax.text(left + 0.5, low + 0.2 * line, titles[i], ha="center", va="bottom", color=ground.pen())
    ax.set(xlim=(0, across * (1 + GAP) - GAP), ylim=(GAP + line - down * pitch, line))
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def _line(ax: Axes, across: int) -> float:
    """How high a line of text is, in widths of a picture."""
    inches = ax.bbox.width / ax.get_figure(root=True).dpi / across  # type: ignore[union-attr]
    return float(np.clip(1.6 * ground.text_size() / 72 / inches, 0.05, 0.5))


def channels(picture: ArrayLike, *, ax: Axes | None = None, grey: bool = False, **shown: Any) -> Axes:
    """A colour picture and its three channels.

    picture: (h, w, 3) sRGB in 0..255. grey: the channels as greys instead of in their own light.
    shown: anything that `Axes.imshow` takes. Returns the axes; its images are the picture, red, green and blue.

    >>> import mixtura as mx
    >>> import numpy as np
    >>> ax = mx.plots.channels(np.full((4, 6, 3), (200, 100, 50), np.uint8))
    >>> ax.images[1].get_array()[0, 0].tolist()
    [200, 0, 0]
    """
    whole = _picture(picture, 0)
    if whole.ndim != 3:
        raise InputError(f"picture has shape {whole.shape}, expected (h, w, 3): a picture of greys has one channel.")
    parts = []
    for channel in range(3):
        part = whole[..., channel] if grey else np.zeros_like(whole)
        if not grey:
            part[..., channel] = whole[..., channel]
        parts.append(part)
    return sheet([whole, *parts], titles=["picture", "red", "green", "blue"], columns=2, ax=ax, **shown)


def pixel_table(
    picture: ArrayLike, *, kind: str = "colour", rows: int = 8, ax: Axes | None = None, threshold: str = "otsu"
) -> Axes:
    """How a (small) picture becomes points: its pixels, and beside them the first rows of the table that is fitted.

    kind: "colour" for every pixel's x, y, r, g, b; "ink" for the x, y of the dark ones, see `pictures.image.ink`.
    rows: how many. Pixels that are in the table's first rows are framed. Returns the axes.

    >>> import mixtura as mx
    >>> import numpy as np
    >>> ax = mx.plots.pixel_table(np.full((3, 3, 3), 90, np.uint8), rows=2)
    >>> [text.get_text() for text in ax.texts][:5]
    ['x', 'y', 'r', 'g', 'b']
    """
    whole = _picture(picture, 0)
    whole = np.repeat(whole[..., None], 3, axis=2) if whole.ndim == 2 else whole
    if kind not in ("colour", "ink"):
        raise InputError(f"kind is {kind!r}: choose colour or ink.")
    points = image.colour(whole) if kind == "colour" else image.ink(whole, threshold=threshold)
    table = points.x[: ground.count(rows, "rows")]
    height, width = whole.shape[:2]
    ax = ground.axes(ax, size=(8.0, 4.0))
    ax.imshow(whole, extent=(0, width, height, 0), interpolation="nearest")
    ax.set(xticks=np.arange(0, width + 1, max(1, width // 8)), yticks=np.arange(0, height + 1, max(1, height // 8)))
    assert points.names is not None
    pitch, step = 0.16 * width, height / (max(len(table), 7) + 1)
    left = 1.35 * width
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
        ax.add_patch(
            Rectangle((row[0] - 0.5, row[1] - 0.5), 1, 1, fill=False, edgecolor=ground.colours(2)[1], linewidth=1.2)
        )
        if i == 0:
            arrow = ConnectionPatch(
                (float(row[0]), float(row[1])), (left - 1.15 * pitch, level), "data", "data", arrowstyle="->",
                color=ground.colours(2)[1], connectionstyle="arc3,rad=-0.1",
            )  # fmt: skip
            ax.add_artist(arrow)
    if points.n > len(table):
        ax.text(left - 0.3 * pitch, (len(table) + 1.5) * step, f"… {points.n:,} rows", ha="left", va="center")
    ax.set(xlim=(0, left + (len(points.names) - 0.5) * pitch), ylim=(height, 0), xlabel="x", ylabel="y")
    ax.spines[["top", "right", "bottom", "left"]].set_visible(False)
    ax.set_aspect("equal")
    return ax


def _picture(given: ArrayLike, i: int) -> NDArray[np.uint8]:
    """(h, w) or (h, w, 3) uint8."""
    pixels = np.asarray(given)
    shaped = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if not shaped or 0 in pixels.shape or pixels.dtype.kind not in "uifb":
        raise InputError(
            f"pictures[{i}] is {pixels.dtype} of shape {pixels.shape}, expected greys (h, w) or sRGB (h, w, 3)."
        )
    if not (pixels.min() >= 0 and pixels.max() <= 255):  # so that NaN fails
        raise InputError(f"pictures[{i}] runs from {pixels.min():g} to {pixels.max():g}, expected values in 0..255.")
    return np.asarray(np.rint(pixels), np.uint8)
