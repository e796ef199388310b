"""The fingerprint of points: what it depends on, what it does not, and that it stays the same from release to release.

Checkpoints keep it, so another hash is another version of them: then `PINNED` changes too.
"""

import numpy as np
import pytest

import mixtura as mx

TABLE = np.array([[1.5, -2.0, 0.0], [3.25, 1e300, -0.0], [0.1, 1e-310, 7.0]])
WEIGHT = np.array([1.0, 0.5, 3.0])
TABLE_32 = np.array([[1.5, -2.0], [0.1, 3e38]], np.float32)
PINNED = {
    "float64": (TABLE, None, 10765353361943596604),
    "float64, weights": (TABLE, WEIGHT, 1676439303533726087),
    "float32": (TABLE_32, None, 9250153261315199677),
    "float32, weights": (TABLE_32, WEIGHT[:2].astype(np.float32), 3941765801384732757),
}


def fingerprint(x, weight=None):
    return mx.Points(np.ascontiguousarray(x), weight).bits


@pytest.mark.parametrize("name", PINNED)
def test_pinned(name):
    x, weight, expected = PINNED[name]
    assert fingerprint(x, weight) == expected


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_bit_of_every_number_counts(dtype):
    table = np.random.default_rng(0).normal(5, 1, (4, 3)).astype(dtype)
    weight = np.array([1, 2, 3, 4], dtype)
    width = 8 * table.itemsize
    before = fingerprint(table, weight)
    for array in (table, weight):
        numbers = array.reshape(-1).view(f"u{array.itemsize}")
        for i in range(len(numbers)):
            for bit in range(width):
                numbers[i] ^= numbers.dtype.type(1 << bit)
                assert fingerprint(table, weight) != before, (i, bit)
                numbers[i] ^= numbers.dtype.type(1 << bit)
    assert fingerprint(table, weight) == before


def test_the_order_of_columns_counts_and_that_of_rows_does_not():
    x = np.random.default_rng(1).normal(size=(200, 4))
    weight = np.random.default_rng(2).uniform(1, 2, 200)
    whole = fingerprint(x, weight)
    order = np.random.default_rng(3).permutation(200)
    assert fingerprint(x[order], weight[order]) == whole
    for columns in ([1, 0, 2, 3], [0, 1, 3, 2], [3, 2, 1, 0]):
        assert fingerprint(x[:, columns], weight) != whole


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


def test_weights_count_and_no_weight_is_weight_one():
    assert fingerprint(TABLE, np.ones(3)) == fingerprint(TABLE)
    assert fingerprint(TABLE_32, np.ones(2, np.float32)) == fingerprint(TABLE_32)
    assert len({fingerprint(TABLE, weight) for weight in (None, WEIGHT, 2 * WEIGHT, np.full(3, 2.0))}) == 4


@pytest.mark.parametrize("weighted", [True, False])
def test_fingerprints_of_blocks_add(weighted):
    x = np.random.default_rng(4).normal(size=(1000, 3))
    weight = np.random.default_rng(5).uniform(0, 2, 1000) if weighted else None
    points = mx.Points(x, weight)
    for size in (1, 7, 999, 1000):
        assert sum(block.bits for block in points.blocks(size)) % 2**64 == points.bits
    assert 0 <= points.bits < 2**64
    assert fingerprint(np.vstack([x, x[:1]])) != fingerprint(x), "a row more is another table"
