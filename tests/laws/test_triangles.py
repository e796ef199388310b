"""Factors of many small matrices, which are worked together, are those that LAPACK gives one by one."""

from __future__ import annotations

import numpy as np
import pytest

import mixtura as mx
from mixtura.model import triangles

K = triangles.MANY + 3


@pytest.mark.parametrize("d", [1, 2, 5, triangles.SMALL])
def test_many_are_as_one_by_one(d):
    rng = np.random.default_rng(d)
    roots = rng.standard_normal((K, d, 2 * d)) * np.exp(rng.uniform(-20, 20, (K, d, 1)))  # columns of odd units
    matrices = roots @ roots.transpose(0, 2, 1)
    factors = triangles.cholesky(matrices)
    inverses = triangles.inverse(factors)
    for matrix, factor, inverse in zip(matrices, factors, inverses, strict=True):
        np.testing.assert_allclose(factor, np.linalg.cholesky(matrix), rtol=1e-9)
        np.testing.assert_allclose(inverse @ factor, np.eye(d), atol=1e-6)
    assert (np.triu(inverses, 1) == 0).all()
    assert factors.flags.c_contiguous
    assert inverses.flags.c_contiguous


@pytest.mark.parametrize("wrong", [[[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]], [[0.0, 0.0], [0.0, 1.0]]])
def test_the_one_that_is_none_is_named(wrong):
    covariances = np.tile(np.eye(2), (K, 1, 1))
    covariances[K - 2] = wrong
    with pytest.raises(mx.errors.InputError, match=rf"covariances\[{K - 2}\] is not positive definite"):
        mx.Mixture(np.ones(K), np.zeros((K, 2)), covariances)
