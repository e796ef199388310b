"""The laws of a fit, in 1 to 6 coordinates, for every covariance type and engine.

Weights count points; units, origin, and the order of rows, columns and components do not matter; no step falls.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mixtures, near

import mixtura as mx
from comparing import mixture_gap
from mixtura.errors import FitError

# Kernels are compiled for every number of coordinates; those for 5 serve other tests too, and 4 are left out.
COORDINATES = {"reference": st.integers(1, 6), "cpu": st.sampled_from([1, 2, 3, 5, 6])}
STEPS = {"max_iter": 3, "tol": 0.0}
CARRIED = 1e-7  # three steps carry rounding along; 100 deviations from the origin cost two digits, offsets one more
FEW = settings(max_examples=20)


@st.composite
def begun(draw, engine):
    """(start, x): 120 points, and a start that does not fit them yet."""
    true = draw(mixtures(d=COORDINATES[engine], k=st.integers(2, 4), scales=(1e-6, 1.0, 1e6)))
    x = near(true, 120, draw(st.integers(0, 1000)), spread=1.3)
    wide = true.scale_covariances(4.0 * true.n_coordinates)
    rows = np.linspace(0, 119, true.n_components).astype(int)
    return mx.Mixture(true.weights[::-1], x[rows], wide.covariances, true.covariance_type), x


def fitted(start, x, engine, weight=None):
    kind = start.covariance_type
    return mx.fit(
        x,
        start.n_components,
        covariance_type=kind,
        start=start,
        sample_weight=weight,
        engine=engine,
        reg_covar=0,
        **STEPS,
    )


@pytest.mark.parametrize("engine", COORDINATES)
@FEW
@given(data=st.data(), seed=st.integers(0, 1000))
def test_weights_count_points(engine, data, seed):
    start, x = data.draw(begun(engine))
    times = np.random.default_rng(seed).integers(0, 4, len(x))
    a, b = fitted(start, x, engine, times), fitted(start, np.repeat(x, times, axis=0), engine)
    assert mixture_gap(a.mixture, b.mixture) < CARRIED
    np.testing.assert_allclose(a.log_likelihoods, b.log_likelihoods, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("engine", COORDINATES)
@FEW
@given(data=st.data(), scale=st.sampled_from([1e-6, 0.5, 1e3]), seed=st.integers(0, 1000))
def test_units_and_origin_do_not_matter(engine, data, scale, seed):
    start, x = data.draw(begun(engine))
    offset = np.random.default_rng(seed).uniform(-3, 3, x.shape[1]) * np.abs(x).max() * scale
    kind = start.covariance_type
    moved = mx.Mixture(start.weights, start.means * scale + offset, start.covariances * scale**2, kind)
    a, b = fitted(start, x, engine).mixture, fitted(moved, x * scale + offset, engine).mixture
    expected = mx.Mixture(a.weights, a.means * scale + offset, a.covariances * scale**2, kind)
    assert mixture_gap(b, expected) < CARRIED


@pytest.mark.parametrize("engine", COORDINATES)
@FEW
@given(data=st.data())
def test_order_does_not_matter(engine, data):
    start, x = data.draw(begun(engine))
    axes = list(data.draw(st.permutations(range(x.shape[1]))))
    parts = list(data.draw(st.permutations(range(start.n_components))))
    rows = np.random.default_rng(0).permutation(len(x))
    a = fitted(start, x, engine).mixture
    b = fitted(start.marginal(axes).subset(parts), x[rows][:, axes], engine).mixture
    assert mixture_gap(b, a.marginal(axes).subset(parts)) < CARRIED


@pytest.mark.filterwarnings("ignore:reg_covar is")  # ten times the variance, on purpose
@pytest.mark.parametrize("engine", COORDINATES)
@FEW
@given(data=st.data(), reg=st.sampled_from([0.0, 1e-6, 0.1, 10.0]))
def test_the_likelihood_never_falls(engine, data, reg):
    start, x = data.draw(begun(engine))
    kind, k = start.covariance_type, start.n_components
    reg_covar = reg * float(np.trace(start.covariance())) / x.shape[1]
    options = {"covariance_type": kind, "start": start, "engine": engine, "reg_covar": reg_covar, "rng": 0}
    try:
        fit = mx.fit(x, k, tol=0, max_iter=12, **options)
    except FitError:
        assert reg == 0  # a component may collapse
        return
    assert (np.diff(fit.log_likelihoods) >= 0).all()
    assert np.isfinite(fit.log_likelihoods).all()
    assert fit.mixture.log_density(x).mean() == pytest.approx(fit.log_likelihood, rel=1e-9, abs=1e-9)
