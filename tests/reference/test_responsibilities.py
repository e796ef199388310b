"""Responsibilities through the kernels, dense and sparse, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import mixtura as mx
from mixtura.kernels import over_tiles


def mixture(k, d, rng):
    scale = rng.uniform(0.2, 2, (k, d))
    turn = np.linalg.qr(rng.standard_normal((k, d, d)))[0]
    return mx.Mixture(rng.uniform(1, 2, k), rng.normal(0, 8, (k, d)), turn * scale[:, None] @ turn.transpose(0, 2, 1))


def by_scipy(mix, x):
    joint = np.stack(
        [w * multivariate_normal(m, c).pdf(x) for w, m, c in zip(mix.weights, mix.means, mix.covariances, strict=True)],
        axis=1,
    )
    return joint / joint.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("n", "k", "d"), [(5003, 60, 2), (300, 40, 2), (4001, 60, 3), (50, 8, 20)])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_dense_and_sparse_are_scipys(monkeypatch, n, k, d, n_threads):
    monkeypatch.setattr(over_tiles, "WORTH", 0)  # several ranges
    rng = np.random.default_rng(n)
    mix = mixture(k, d, rng)
    x = mix.sample(n, rng=rng)
    expected = by_scipy(mix, x)
    dense = mix.responsibilities(x, n_threads=n_threads)
    sparse = mix.responsibilities(x, sparse=True, n_threads=n_threads)
    np.testing.assert_allclose(dense, expected, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(sparse.toarray(), expected, rtol=1e-9, atol=1e-14)
    assert sparse.shape == (n, k)
    assert sparse.has_canonical_format
    np.testing.assert_allclose(sparse.sum(axis=1), 1, rtol=1e-12)
    assert sparse.nnz < 0.7 * n * k


def test_single_precision_stays_near():
    rng = np.random.default_rng(7)
    mix = mixture(60, 2, rng)
    x = mix.sample(5000, rng=rng).astype(np.float32)
    # Seven digits of log densities of some ten nats.
    np.testing.assert_allclose(mix.responsibilities(x, sparse=True).toarray(), by_scipy(mix, x), atol=2e-5)


def test_no_rows_and_one_row():
    mix = mx.Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0], "spherical")
    assert mix.responsibilities(np.empty((0, 1)), sparse=True).shape == (0, 2)
    np.testing.assert_allclose(mix.responsibilities([[0.5]], sparse=True).toarray(), [[0.5, 0.5]])
