"""Directions that separate components: the generalised eigenproblem that they solve, and what they do not depend on."""

import numpy as np
import pytest
from scipy import linalg

import mixtura as mx
from mixtura.errors import InputError


@pytest.fixture
def mixture():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4, 5, 5))
    return mx.Mixture([0.1, 0.2, 0.3, 0.4], 2 * rng.normal(size=(4, 5)), a @ np.swapaxes(a, 1, 2) + np.eye(5))


def test_they_solve_the_eigenproblem_of_scrucca(mixture):
    matrix, separation = mixture.directions()
    whole, inverse = mixture.covariance(), np.linalg.inv(mixture.covariance())
    away = mixture.means - mixture.mean()
    between = sum(w * np.outer(m, m) for w, m in zip(mixture.weights, away, strict=True))
    within = sum(w * c for w, c in zip(mixture.weights, mixture.covariances, strict=True))
    apart = [c - within for c in mixture.covariances]
    kernel = between @ inverse @ between + sum(
        w * each @ inverse @ each for w, each in zip(mixture.weights, apart, strict=True)
    )
    np.testing.assert_allclose(separation, linalg.eigh(kernel, whole, eigvals_only=True)[::-1], rtol=1e-9)
    np.testing.assert_allclose(kernel @ matrix, whole @ matrix * separation, atol=1e-9)
    np.testing.assert_allclose(matrix.T @ whole @ matrix, np.eye(5), atol=1e-10)


def test_units_do_not_matter(mixture):
    turn = np.random.default_rng(1).normal(size=(5, 5))
    matrix, separation = mixture.directions()
    other = mixture.transform(turn, np.arange(5.0)).directions()
    np.testing.assert_allclose(other.separation, separation, rtol=1e-8)
    np.testing.assert_allclose(np.abs(matrix.T @ mixture.covariance() @ turn.T @ other.matrix), np.eye(5), atol=1e-6)


def test_what_all_components_share_does_not_separate():
    mixture = mx.Mixture([1, 2], [[0, 0, 7], [3, 3, 7]], [[2, 1, 0], [1, 2, 0], [0, 0, 4]], "tied")
    matrix, separation = mixture.directions()
    assert (separation > 1e-9).tolist() == [True, False, False]
    np.testing.assert_allclose(matrix[:, 0] / matrix[0, 0], [1, 1, 0], atol=1e-12)


def test_one_component_has_none():
    with pytest.raises(InputError, match="one component with weight, which nothing separates"):
        mx.Mixture([1, 0], [[0, 0], [1, 1]], [1, 1], "spherical").directions()
