"""How likely bits are when a stream begins, and how fast models learn."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...arrays import Integers

FIRST = 6  # the count that models begin with: how much their first chances are trusted
_TABLE = ""


def initial() -> Integers:
    """(n, 2) the models when a stream begins: the chance of a 1, of 32768, and the count."""
    return _initial().copy()


@lru_cache(maxsize=1)
def rates() -> Integers:
    """How much of the way to what was seen a model goes, of 65536, by its count."""
    return np.array([131072 // (2 * count + 3) for count in range(128)], np.int64)


@lru_cache(maxsize=1)
def _initial() -> Integers:
    from ...kernels import coding

    learnt = _TABLE.ljust(coding.RESIDUAL * (coding.GROUPS + 5), "P")
    chances = [32768 * (2 * (ord(letter) - 32) + 1) // 190 for letter in learnt]
    counts = []
    for n in range(2, coding.FEW + 1):
        shares = [(j + 1) * (j + 2) * (n - j + 1) * (n - j + 2) for j in range(n + 1)]  # beta-binomial
        counts += [32768 * sum(shares[j + 1 :]) // sum(shares[j:]) for j in range(n)]
    first, many = coding.RESIDUAL, 4 * coding.RESIDUAL
    each = chances[:first] + counts + chances[first : first + many] + chances[first + many :]
    return np.array([[chance, FIRST] for chance in each], np.int64)
