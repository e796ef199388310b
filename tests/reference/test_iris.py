"""Iris, whose best fits are known: log likelihood -214.3547 for two full components and -180.1855 for three.

reg_covar is tiny: the known numbers are of the likelihood itself, and adding 1e-6 to variances of 1e-2 would lower
it by some 1e-2. It is not zero, since a start may put a part of the points on a plane: the measurements are
rounded to 0.1, and many agree. The values are of scikit-learn, converged, over many starts.
"""

import pytest
from sklearn.datasets import load_iris

import mixtura as mx


@pytest.mark.parametrize(("k", "expected"), [(2, -214.3547), (3, -180.1855)])
@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_the_best_of_many_starts(k, expected, engine):
    x = load_iris().data
    fit = mx.fit(x, k, n_init=20, rng=0, tol=1e-9, max_iter=2000, reg_covar=1e-10, engine=engine)
    assert fit.log_likelihood * len(x) == pytest.approx(expected, abs=1e-3)
    assert fit.converged
    assert fit.dormant == ()
