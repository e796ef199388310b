"""From the moments of tiles to the gradient of a painting's error, and a step of its parameters.

The parameters of an expert, as columns: the place m (2) in pixels; log inverse standard deviations along two axes; the
angle of the first; the gate b; for each channel the level and the slopes along the axes, by standard deviation. In
these units a step means the same for experts of every size: places are moved in standard deviations.
"""
# mypy: ignore-errors

from __future__ import annotations

import math

import numpy as np

from .compiled import compiled
from .experts import GEOMETRY

PLAIN = 6  # parameters before the channels
SMALL = 1e-3  # a derivative that is rounding rather than error

_compiled = compiled(fastmath={"contract", "nsz"})


@_compiled
def prepare(parameters, first, last, experts):
    """Write the rows first..last of the experts as the kernels take them."""
    channels = (parameters.shape[1] - PLAIN) // 3
    for k in range(first, last):
        p, row = parameters[k], experts[k]
        cos, sin, one, two = math.cos(p[4]), math.sin(p[4]), math.exp(p[2]), math.exp(p[3])
        row[0], row[1], row[2] = p[0], p[1], p[5]
        row[3], row[4], row[5], row[6] = one * cos, one * sin, -two * sin, two * cos
        for c in range(channels):
            level, along, across = p[PLAIN + 3 * c], p[PLAIN + 3 * c + 1], p[PLAIN + 3 * c + 2]
            j = GEOMETRY + 3 * c
            row[j] = level
            row[j + 1] = along * row[3] + across * row[5]
            row[j + 2] = along * row[4] + across * row[6]


@_compiled
def gradient(parameters, experts, centre, moments, begin, tile, first, last, out):
    """Write the derivatives of half the square error by the parameters of the experts first..last.

    Places count in standard deviations, along the expert's axes. begin: (K + 1,), the rows of `moments` that belong to
    expert k are those from begin[k] on; tile: (n,) of each row.
    """
    channels = (parameters.shape[1] - PLAIN) // 3
    for k in range(first, last):
        p, row, g = parameters[k], experts[k], out[k]
        q, qx, qy, qxx, qxy, qyy = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(len(g)):
            g[j] = 0.0
        for i in range(begin[k], begin[k + 1]):
            m, t = moments[i], tile[i]
            dx, dy = centre[t, 0] - row[0], centre[t, 1] - row[1]
            m0, m1, m2 = np.float64(m[0]), np.float64(m[1]), np.float64(m[2])
            q += m0
            qx += m1 + dx * m0
            qy += m2 + dy * m0
            qxx += m[3] + dx * (2.0 * m1 + dx * m0)
            qxy += m[4] + dx * (m2 + dy * m0) + dy * m1
            qyy += m[5] + dy * (2.0 * m2 + dy * m0)
            for c in range(PLAIN, PLAIN + 3 * channels, 3):
                r = np.float64(m[c])
                g[c] += r
                g[c + 1] += m[c + 1] + dx * r
                g[c + 2] += m[c + 2] + dy * r
        # from x - m to z = W (x - m)
        a, b, c_, d = row[3], row[4], row[5], row[6]
        z1, z2 = a * qx + b * qy, c_ * qx + d * qy
        z11 = a * a * qxx + 2.0 * a * b * qxy + b * b * qyy
        z22 = c_ * c_ * qxx + 2.0 * c_ * d * qxy + d * d * qyy
        z12 = a * c_ * qxx + (a * d + b * c_) * qxy + b * d * qyy
        h1, h2, h11, h12, h21, h22 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for c in range(PLAIN, PLAIN + 3 * channels, 3):
            r1, r2 = a * g[c + 1] + b * g[c + 2], c_ * g[c + 1] + d * g[c + 2]
            along, across = p[c + 1], p[c + 2]
            h1 += along * g[c]
            h2 += across * g[c]
            h11 += along * r1
            h12 += along * r2
            h21 += across * r1
            h22 += across * r2
            g[c + 1], g[c + 2] = r1, r2
        ratio = math.exp(p[2] - p[3])
        g[0], g[1] = z1 - h1, z2 - h2
        g[2], g[3] = h11 - z11, h22 - z22
        g[4] = -z12 * (ratio - 1.0 / ratio) + ratio * h12 - h21 / ratio
        g[5] = q


@_compiled
def step(parameters, slope, mean, square, rates, decay, sharp, count, limits, first, last):
    """A step of Adam of the experts first..last.

    rates: (K or 1, columns). limits: the least and the most of a log inverse standard deviation, the most of |b|.
    """
    bias, bias2 = 1.0 - decay**count, 1.0 - sharp**count
    for k in range(first, last):
        p, rate = parameters[k], rates[k if len(rates) > 1 else 0]
        one, two = math.exp(-p[2]), math.exp(-p[3])
        cos, sin = math.cos(p[4]), math.sin(p[4])
        du, dv = 0.0, 0.0
        for j in range(len(p)):
            g = slope[k, j]
            mean[k, j] = decay * mean[k, j] + (1.0 - decay) * g
            square[k, j] = sharp * square[k, j] + (1.0 - sharp) * g * g
            move = -rate[j] * (mean[k, j] / bias) / (math.sqrt(square[k, j] / bias2) + SMALL)
            if j == 0:
                du = move * one
            elif j == 1:
                dv = move * two
            else:
                p[j] += move
        p[0] += cos * du - sin * dv
        p[1] += sin * du + cos * dv
        for j in range(2, 4):
            p[j] = min(max(p[j], limits[0]), limits[1])
        p[5] = min(max(p[5], -limits[2]), limits[2])
