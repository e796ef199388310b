"""Fingerprints: 64 bits that tell rows of numbers, with their weights and in their order, from all others by chance.

Each number's bit pattern and the place of its column go through the finaliser of SplitMix64, a bijection that spreads
every bit over all; so does the sum of these over a row. A table is the polynomial of its rows' hashes in `BASE`, modulo
2^64: that of two tables, one below the other, follows from theirs, so no division into blocks or partitions changes it.

Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA; the constants are
Stafford's "Mix13", 2011.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats

Hashes = NDArray[np.uint64]

WORD = 2**64
BASE = 6364136223846793005  # Knuth's, for MMIX; it is 5 modulo 8, so its powers repeat after 2^62 rows
CHUNK = 2**15  # numbers that are hashed at once: they stay in the cache
_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def fingerprint(x: Floats, weight: Floats | None) -> int:
    """The fingerprint of rows (n, d) and their weights (n,); no weights are weights of one."""
    n, d = x.shape
    keys = _mixed(np.arange(1, d + 2, dtype=np.uint64))
    size = max(1, CHUNK // (d + 1))
    powers = np.cumprod(np.array([1] + [BASE] * (min(size, n) - 1), np.uint64))[::-1]
    found = 0
    one = np.ones(1, x.dtype)
    for first in range(0, n, size):
        rows = slice(first, first + size)
        weights = one if weight is None else weight[rows]
        hashes = _mixed(_bits(weights) + keys[0])
        hashes = hashes + _mixed(np.add(_bits(x[rows]).T, keys[1:, None], order="C")).sum(axis=0, dtype=np.uint64)
        below = int((_mixed(hashes) * powers[-len(hashes) :]).sum(dtype=np.uint64))
        found = above(found, len(hashes), below)
    return found


def above(upper: int, n: int, lower: int) -> int:
    """The fingerprint of a table above another one, which has n rows."""
    return (upper * pow(BASE, n, WORD) + lower) % WORD


def _bits(numbers: Floats) -> Hashes:
    return numbers.view(f"u{numbers.itemsize}").astype(np.uint64, copy=False)


def _mixed(words: Hashes) -> Hashes:
    """Each word, its bits mixed; in place."""
    shifted = np.empty_like(words)
    for shift, factor in _STEPS:
        words ^= np.right_shift(words, np.uint64(shift), out=shifted)
        words *= np.uint64(factor)
    words ^= np.right_shift(words, np.uint64(31), out=shifted)
    return words
