"""Anti-aliased ellipses, composited in order.

A pixel row is cut into thin strips. The chord of the ellipse along each strip is computed exactly, and so is
its overlap with each pixel; their mean is the pixel's coverage. Nothing is rounded to the pixel
grid, so ellipses thinner than a pixel keep their position, and on average their area.
"""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from . import threads
from .compiled import FASTMATH, compiled

# Values are never NaN, which allows vectorised minima and maxima over strips.
_compiled = compiled(fastmath=FASTMATH | {"nnan"}, inner=True)

STRIPS = 16  # per pixel row; the error of the coverage is then about one grey level in 256


def paint(
    picture: np.ndarray,
    centres: np.ndarray,
    shapes: np.ndarray,
    colours: np.ndarray,
    alpha: np.ndarray,
    *,
    n_threads: int | None = None,
) -> None:
    """Paint n ellipses over `picture`, the first one first, in place.

    picture: (h, w, c) float32. centres: (n, 2) float64, x and y in pixels from the picture's corner, y down.
    shapes: (n, 3) float64, or (1, 3) for all: half the height, the shift of the chord's middle in x for each
    step down in y, and half the chord through the centre; all in pixels.
    colours: (n, c) or (1, c) float32. alpha: (n,) or (1,) float32, the opacity in 0..1.
    The result does not depend on the number of threads.
    """
    workers = threads.available() if n_threads is None else n_threads
    bands = threads.ranges(len(picture), 4 * workers if workers > 1 else 1)
    threads.spread(lambda rows: _band(picture, centres, shapes, colours, alpha, *rows), bands, n_threads)


@compiled(fastmath=FASTMATH | {"nnan"}, allocates=True)
def _band(picture, centres, shapes, colours, alpha, first, last):
    """The rows first..last of `paint`."""
    left, right = np.empty(STRIPS, np.float32), np.empty(STRIPS, np.float32)
    many, colourful, varied = len(shapes) > 1, len(colours) > 1, len(alpha) > 1
    for i in range(len(centres)):
        y, half = centres[i, 1], shapes[i if many else 0, 0]
        if y + half <= first or y - half >= last:
            continue
        shape, colour = shapes[i if many else 0], colours[i if colourful else 0]
        opacity = alpha[i if varied else 0]
        for row in range(int(max(y - half, float(first))), int(min(y + half, last - 1.0)) + 1):
            _chords(left, right, centres[i, 0], row - y, shape)
            _row(picture[row], left, right, colour, opacity)


@_compiled
def _chords(left, right, x, dy, shape):
    """The ends of the ellipse's chord on each strip of the row that starts `dy` below its centre."""
    start, slope, width = np.float32(x + shape[1] * dy), np.float32(shape[1]), np.float32(shape[2])
    top, step = np.float32(dy / shape[0]), np.float32(1.0 / shape[0])
    for j in range(STRIPS):
        down = np.float32(j + 0.5) * np.float32(1.0 / STRIPS)
        ratio = top + down * step
        half = width * np.sqrt(max(np.float32(0.0), np.float32(1.0) - ratio * ratio))  # 0 above and below the ellipse
        middle = start + slope * down
        left[j] = middle - half
        right[j] = middle + half


@_compiled
def _row(row, left, right, colour, opacity):
    """Composite the colour over the pixels of one row, by their coverage between `left` and `right`."""
    outer, inner, end, most = left[0], left[0], right[0], right[0]
    for j in range(STRIPS):
        outer, inner = min(outer, left[j]), max(inner, left[j])
        end, most = min(end, right[j]), max(most, right[j])
    one = np.float32(1.0)
    if most <= 0.0 or outer >= len(row):
        return
    for column in range(int(max(outer, np.float32(0.0))), int(min(most, np.float32(len(row) - 1))) + 1):
        start = np.float32(column)
        stop = start + one
        share = one
        if start < inner or stop > end:
            share = np.float32(0.0)
            for j in range(STRIPS):
                share += max(np.float32(0.0), min(right[j], stop) - max(left[j], start))
            share *= np.float32(1.0 / STRIPS)
        cover = share * opacity
        for channel in range(row.shape[1]):
            row[column, channel] += cover * (colour[channel] - row[column, channel])
