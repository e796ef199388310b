"""Ellipses painted over one another, anti-aliased, in order.

A pixel row is cut into thin strips. The chord of the ellipse along each strip is known exactly, and so is its
overlap with each pixel; their mean is the covered share of the pixel. Nothing is rounded to the pixel grid, so
ellipses thinner than a pixel keep their place, and on average their area.
"""
# mypy: ignore-errors

from __future__ import annotations

import math

import numpy as np

from . import threads
from .compiled import compiled

STRIPS = 16  # a pixel row; the share of a pixel is then good to about a grey level in 256


def paint(sheet, centres, shapes, colours, alpha, *, n_threads=None):
    """Paint n ellipses over `sheet`, the first one first, in place.

    sheet: (h, w, c) float32. centres: (n, 2) float64, x and y in pixels from the sheet's outer corner, y down.
    shapes: (n, 3) float64, or (1, 3) for all: half the height, the shift of the chord's middle in x for each
    step down in y, and half the chord through the centre; all in pixels.
    colours: (n, c) or (1, c) float32. alpha: (n,) or (1,) float32, the opacity in 0..1.
    Every pixel sees the same ellipses in the same order, however many threads there are.
    """
    workers = threads.available() if n_threads is None else n_threads
    bands = threads.ranges(len(sheet), 4 * workers if workers > 1 else 1)
    threads.spread(lambda rows: _band(sheet, centres, shapes, colours, alpha, *rows), bands, n_threads)


@compiled
def _band(sheet, centres, shapes, colours, alpha, first, last):
    """The rows first..last of `paint`."""
    left, right = np.empty(STRIPS), np.empty(STRIPS)
    for i in range(len(centres)):
        shape = shapes[i if len(shapes) > 1 else 0]
        y = centres[i, 1]
        low, high = max(y - shape[0], float(first)), min(y + shape[0], float(last))
        if low >= high:
            continue
        colour = colours[i if len(colours) > 1 else 0]
        opacity = alpha[i if len(alpha) > 1 else 0]
        for row in range(int(low), min(int(high) + 1, last)):
            _chords(left, right, centres[i, 0], row - y, shape)
            _row(sheet[row], left, right, colour, opacity)


@compiled
def _chords(left, right, x, dy, shape):
    """Where the ellipse begins and ends on each strip of the row that starts `dy` below its centre."""
    for j in range(STRIPS):
        down = dy + (j + 0.5) / STRIPS
        ratio = down / shape[0]
        half = shape[2] * math.sqrt(max(0.0, 1.0 - ratio * ratio))  # 0 above and below the ellipse
        middle = x + shape[1] * down
        left[j], right[j] = middle - half, middle + half


@compiled
def _row(row, left, right, colour, opacity):
    """Lay the colour over the pixels of one row, each by the share of it between `left` and `right`."""
    outer, inner = left.min(), left.max()
    end, most = right.min(), right.max()
    width = float(len(row))
    if most <= 0.0 or outer >= width:
        return
    for column in range(int(max(outer, 0.0)), int(min(most, width - 1.0)) + 1):
        start, stop = float(column), column + 1.0
        share = 1.0
        if start < inner or stop > end:
            share = 0.0
            for j in range(STRIPS):
                share += max(0.0, min(right[j], stop) - max(left[j], start))
            share /= STRIPS
        cover = np.float32(share * opacity)
        for channel in range(row.shape[1]):
            row[column, channel] += cover * (colour[channel] - row[column, channel])
