"""The fingerprint of points: what it depends on, what it does not, and that it stays the same from release to release.

Checkpoints keep it, so another hash is another version of them: then `PINNED` changes too.
"""

import functools
import itertools

import numpy as np
import pytest

import mixtura as mx
from mixtura.sources.fingerprint import CHUNK, above

TABLE = np.array([[1.5, -2.0, 0.0], [3.25, 1e300, -0.0], [0.1, 1e-310, 7.0]])
WEIGHT = np.array([1.0, 0.5, 3.0])
TABLE_32 = np.array([[1.5, -2.0], [0.1, 3e38]], np.float32)
PINNED = {
    "float64": (TABLE, None, 9831115698009409467),
    "float64, weights": (TABLE, WEIGHT, 15075935987364348996),
    "float32": (TABLE_32, None, 8607766007689832533),
    "float32, weights": (TABLE_32, WEIGHT[:2].astype(np.float32), 14506158525658990334),
}


def fingerprint(x, weight=None):
    return mx.Points(np.ascontiguousarray(x), weight).bits


def by_hand(x, weight):
    """The same with whole numbers of Python: SplitMix64's finaliser, and a polynomial."""

    def mixed(word):
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1)):
            word = (word ^ word >> shift) * factor % 2**64
        return word

    found = 0
    for row, heavy in zip(x, np.ones(len(x), x.dtype) if weight is None else weight, strict=True):
        words = np.r_[heavy, row].view(f"u{x.itemsize}").tolist()
        row_hash = mixed(sum(mixed((word + mixed(i + 1)) % 2**64) for i, word in enumerate(words)) % 2**64)
        found = (found * 6364136223846793005 + row_hash) % 2**64
    return found


@pytest.mark.parametrize("name", PINNED)
def test_pinned(name):
    x, weight, expected = PINNED[name]
    assert fingerprint(x, weight) == expected == by_hand(x, weight)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_bit_of_every_number_counts(dtype):
    """Alone, and together with any other one: no two of these tables are taken for the same."""
    table = np.random.default_rng(0).normal(5, 1, (3, 2)).astype(dtype)
    weight = np.array([1, 2, 3], dtype)
    seen = [fingerprint(table, weight)]
    words = [(array.reshape(-1).view(f"u{array.itemsize}"), i) for array in (table, weight) for i in range(array.size)]
    flips = [(*word, word[0].dtype.type(1 << bit)) for word in words for bit in range(8 * table.itemsize)]

    def flip(numbers, i, bit):
        numbers[i] ^= bit

    for one in flips:
        flip(*one)
        seen.append(fingerprint(table, weight))
        flip(*one)
    for one, other in itertools.combinations(flips[:: 5 if dtype == "float64" else 3], 2):
        flip(*one)
        flip(*other)
        seen.append(fingerprint(table, weight))
        flip(*one)
        flip(*other)
    assert fingerprint(table, weight) == seen[0]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_mirrors_scales_and_orders_of_columns_and_rows_count(d, dtype):
    """Any columns mirrored, any multiplied by a power of two, in another order; rows in another order."""
    x = np.random.default_rng(d).normal(size=(100, d)).astype(dtype)
    signs = [x * np.array(each, dtype) for each in itertools.product([1, -1], repeat=d)]
    scales = [x * np.array(each, dtype) for each in itertools.product([1, 2, 0.25], repeat=d)]
    orders = [x[:, each] for each in itertools.permutations(range(d))]
    swapped = [x[np.r_[i, 1:i, 0, i + 1 : 100]] for i in (1, 2, 50, 64, 99)]
    found = {fingerprint(each) for each in (*signs, *scales, *orders, *swapped, x[::-1])}
    assert len(found) == 2**d + 3**d - 1 + len(orders) - 1 + 6


def test_small_whole_numbers_do_not_collide():
    grid = np.array(list(itertools.product(range(-3, 4), repeat=4)), float)
    rows = [fingerprint(row[None]) for row in grid]
    pairs = [fingerprint(np.stack(two)) for two in itertools.product(grid[::60], grid[::41])]
    assert len(set(rows + pairs)) == len(rows + pairs)


def test_numbers_belong_to_their_row():
    """Where one column, or the weights, go to other rows, no column has changed as a set."""
    x = np.random.default_rng(1).normal(size=(200, 3))
    weight = np.arange(1.0, 201.0)
    turned = x.copy()
    turned[:, 1] = x[::-1, 1]
    assert fingerprint(turned, weight) != fingerprint(x, weight)
    assert fingerprint(x, weight[::-1].copy()) != fingerprint(x, weight)
    one = x.copy()
    one[[3, 7], 2] = x[[7, 3], 2]
    assert fingerprint(one) != fingerprint(x)
    assert fingerprint(x, x[:, 0].copy()) != fingerprint(np.column_stack([x[:, 0], x[:, 1:]]), x[:, 1].copy())


def test_weights_count_and_no_weight_is_weight_one():
    assert fingerprint(TABLE, np.ones(3)) == fingerprint(TABLE)
    assert fingerprint(TABLE_32, np.ones(2, np.float32)) == fingerprint(TABLE_32)
    assert len({fingerprint(TABLE, weight) for weight in (None, WEIGHT, 2 * WEIGHT, np.full(3, 2.0))}) == 4


@pytest.mark.parametrize("weighted", [True, False])
def test_blocks_do_not_count(weighted):
    n = CHUNK // 4 + 777  # more than are hashed at once
    x = np.random.default_rng(4).normal(size=(n, 3))
    weight = np.random.default_rng(5).uniform(0, 2, n) if weighted else None
    points = mx.Points(x, weight)
    for size in (7, 999, CHUNK // 4, CHUNK // 4 + 1, n):
        parts = points.blocks(size)
        assert functools.reduce(lambda bits, part: above(bits, part.n, part.bits), parts, 0) == points.bits
    assert above(points.bits, 0, 0) == points.bits
    assert 0 <= points.bits < 2**64
    assert fingerprint(np.vstack([x, x[:1]])) != fingerprint(x), "a row more is another table"
