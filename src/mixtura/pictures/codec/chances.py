"""How likely bits are when a stream begins, and how fast models learn."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ...arrays import Integers

FIRST = 9  # the count that models begin with: how much their first chances are trusted
_TABLE = (
    "FOJA2........OOOOOpO]:#77777777B.;3DsObI.#7777777I;BB*yOn]K/%777777JIKE="
    "{Owrk_KH86777RUFGAlOX6#%7777777B-;:%rOcI/#.777777I8BC6pOncQQ?777777=I?G:"
    "bOI#7777777777PPPPlObQ##7777777H8M9#nOjbT8%#77777HFMJ;nOh^BH+777777EABO-"
    "uOiVD6-277777G@FB:yOsdK2*%%7777NINN;SO:1+%777777757BE(bOJ5*%7777777=3?8("
    "rO_N3%(777777J;GG0GO.)#777777773/:B8bOH-((7777777:0;=(oO[B**7777777F4ER/"
    "nO7777+777777EABO-uO7776-277777G@FB:yO7772*%%7777NINN;rO77/#.777777I8BC6"
    "SO71+%777777757BE(SO71+%777777757BE(SO71+%777777757BE(SO71+%777777757BE("
)  # of all models but those of counts, as measured on photographs


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

    chances = [32768 * (2 * (ord(letter) - 32) + 1) // 190 for letter in _TABLE]
    counts = []
    for n in range(2, coding.FEW + 1):
        shares = [(j + 1) * (j + 2) * (n - j + 1) * (n - j + 2) for j in range(n + 1)]  # beta-binomial
        counts += [32768 * sum(shares[j + 1 :]) // sum(shares[j:]) for j in range(n)]
    each = chances[: coding.RESIDUAL] + counts + chances[coding.RESIDUAL :]
    return np.array([[chance, FIRST] for chance in each], np.int64)
