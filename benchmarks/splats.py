"""An additive splat model of a picture, as a peer for mixtures: a sum of coloured Gaussian bumps, descended by Adam.

The painting at a place is ``sum_k c_k exp(-q_k / 2)``: components share no place by responsibilities, so
a colour is right only together with those of all that overlap it. Starts from the cut that `polish` starts from, and
has as many numbers a component as a mixture without slopes and weights: a place, two widths, an angle and a colour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

REACH = 3.5  # standard deviations within which a bump is drawn


@njit(cache=True, fastmath=True)
def _box(part: Any, width: int, height: int) -> tuple[int, int, int, int, float, float, float, float, float, float]:
    """Where a bump is seen, and the pieces of its exponent."""
    long, short = np.exp(part[2]), np.exp(part[3])
    cos, sin = np.cos(part[4]), np.sin(part[4])
    wide = REACH * np.sqrt((long * cos) ** 2 + (short * sin) ** 2)
    high = REACH * np.sqrt((long * sin) ** 2 + (short * cos) ** 2)
    left, right = max(0, int(part[0] - wide)), min(width, int(part[0] + wide) + 1)
    top, bottom = max(0, int(part[1] - high)), min(height, int(part[1] + high) + 1)
    return left, right, top, bottom, cos, sin, 1 / long, 1 / short, long, short


@njit(cache=True, fastmath=True)
def painted(parts: Any, width: int, height: int) -> Any:
    """(h, w, 3) the sum of all bumps."""
    out = np.zeros((height, width, 3), np.float32)
    for k in range(len(parts)):
        left, right, top, bottom, cos, sin, a, b, _, _ = _box(parts[k], width, height)
        for row in range(top, bottom):
            for column in range(left, right):
                dx, dy = column + 0.5 - parts[k, 0], row + 0.5 - parts[k, 1]
                u, v = (cos * dx + sin * dy) * a, (cos * dy - sin * dx) * b
                bump = np.exp(np.float32(-0.5 * (u * u + v * v)))
                for c in range(3):
                    out[row, column, c] += bump * parts[k, 5 + c]
    return out


@njit(cache=True, fastmath=True)
def _gradient(parts: Any, error: Any) -> Any:
    """(k, 8) of half the squared error; places in units of the widths, widths in logarithms."""
    height, width = error.shape[:2]
    found = np.zeros((len(parts), 8))
    for k in range(len(parts)):
        left, right, top, bottom, cos, sin, a, b, long, short = _box(parts[k], width, height)
        sums = np.zeros(8)
        for row in range(top, bottom):
            for column in range(left, right):
                dx, dy = column + 0.5 - parts[k, 0], row + 0.5 - parts[k, 1]
                u, v = (cos * dx + sin * dy) * a, (cos * dy - sin * dx) * b
                bump = np.exp(np.float32(-0.5 * (u * u + v * v)))
                pull = 0.0
                for c in range(3):
                    pull += error[row, column, c] * parts[k, 5 + c]
                    sums[5 + c] += error[row, column, c] * bump
                pull *= bump
                sums[0] += pull * u
                sums[1] += pull * v
                sums[2] += pull * u * u
                sums[3] += pull * v * v
                sums[4] += pull * u * v * (long / short - short / long)
        found[k] = sums
    return found


def fit(pixels: np.ndarray, start: Any, steps: int = 500, rate: float = 0.1) -> np.ndarray:
    """(h, w, 3) bytes of the painting. start: a mixture of x, y, r, g, b whose bumps are the first ones."""
    height, width = pixels.shape[:2]
    target = pixels.astype(np.float32) / 255
    values, axes = np.linalg.eigh(start.matrices[:, :2, :2])
    parts = np.empty((start.n_components, 8))
    parts[:, :2] = start.means[:, :2]
    parts[:, 2], parts[:, 3] = 0.5 * np.log(values[:, 1]), 0.5 * np.log(values[:, 0])
    parts[:, 4] = np.arctan2(axes[:, 1, 1], axes[:, 0, 1])
    parts[:, 5:] = 0.6 * start.means[:, 2:] / 255
    speed, mean, square = np.array([1, 1, 1, 1, 1, 0.3, 0.3, 0.3]), np.zeros_like(parts), np.zeros_like(parts)
    best, least = parts.copy(), np.inf
    for step in range(steps + 1):
        error = painted(parts, width, height) - target
        loss = float(np.mean(error**2))
        if loss < least:
            best, least = parts.copy(), loss
        if step == steps:
            break
        slope = _gradient(parts, error)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        pace = rate * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * step / steps)))
        move = pace * speed * (mean / (1 - 0.9 ** (step + 1))) / (np.sqrt(square / (1 - 0.99 ** (step + 1))) + 1e-12)
        cos, sin, long, short = np.cos(parts[:, 4]), np.sin(parts[:, 4]), np.exp(parts[:, 2]), np.exp(parts[:, 3])
        parts[:, 0] -= cos * long * move[:, 0] - sin * short * move[:, 1]
        parts[:, 1] -= sin * long * move[:, 0] + cos * short * move[:, 1]
        parts[:, 2:4] = np.maximum(parts[:, 2:4] - move[:, 2:4], np.log(0.35))
        parts[:, 4] -= move[:, 4] / np.maximum(long / short - short / long, 1)
        parts[:, 5:] -= move[:, 5:]
    return np.clip(np.rint(255 * painted(best, width, height)), 0, 255).astype(np.uint8)
