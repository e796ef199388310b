"""The likelihood never falls, whatever the points, the start and the regularisation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, near, random_mixture

import mixtura as mx
from mixtura.em.maximise import maximise
from mixtura.engines.reference import ReferenceEngine
from mixtura.errors import FitError

STARTS = ("kmeans", "kmeans++", "random", "random_from_data", "partition", "hierarchical")


def sound(fit, x, relative):
    """The laws of every fit; `relative` is the precision of its log likelihoods."""
    history = np.array(fit.log_likelihoods)
    assert np.isfinite(history).all()
    assert (np.diff(history) >= 0).all(), np.diff(history).min()
    assert len(history) == fit.n_iter + 1
    assert fit.log_likelihood == history[-1]
    mix = fit.mixture
    for array in (mix.weights, mix.means, mix.covariances):
        assert np.isfinite(array).all()
    assert abs(mix.weights.sum() - 1) < 1e-12
    assert (np.linalg.eigvalsh(mix.matrices) > 0).all()
    assert fit.dormant == tuple(np.flatnonzero(mix.weights == 0))
    again = mix.log_density(np.asarray(x, float)).mean()
    assert abs(again - fit.log_likelihood) <= relative * (1 + abs(again))
    assert fit.converged == (fit.stop_reason in ("converged", "stalled"))


@pytest.mark.filterwarnings("ignore:reg_covar is 100, but no column")  # as is meant here
@pytest.mark.parametrize("engine", ["reference", "cpu"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("reg_covar", [0.0, 1e-9, 1.0, 100.0])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_never_falls(engine, kind, start, reg_covar, dtype):
    x = near(random_mixture(8, "full", 2, 3), 400)
    fit = mx.fit(
        x,
        5,
        covariance_type=kind,
        start=start,
        reg_covar=reg_covar,
        tol=0,
        max_iter=25,
        dtype=dtype,
        rng=2,
        engine=engine,
    )
    # float32: points near 150 have steps of 1.5e-5, a log density slopes by up to some 10 a unit; z keeps 6 digits.
    sound(fit, x, 1e-10 if dtype == "float64" else 1e-4)
    if reg_covar:
        assert np.linalg.eigvalsh(fit.mixture.matrices).min() >= reg_covar * (1 - 1e-6)


@st.composite
def awkward_points(draw):
    """Few points, many of them on a coarse grid, some columns constant, away from the origin."""
    n, d = draw(st.integers(1, 40)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    steps = draw(st.sampled_from([1, 2, 10, 1000]))
    x = rng.integers(0, steps, (n, d)) / 4 + draw(st.sampled_from([0, -3.7, 1e3]))
    if draw(st.booleans()):
        x[:, 0] = 5.5
    return x


@pytest.mark.filterwarnings("ignore:reg_covar is .*, but no column")
@given(
    awkward_points(),
    st.sampled_from(KINDS),
    st.sampled_from(STARTS),
    st.sampled_from([0.0, 1e-6, 1e-2, 10.0]),
    st.integers(1, 6),
    st.booleans(),
)
@pytest.mark.filterwarnings("ignore:there (is|are) .* points? in x, but:mixtura.errors.MixturaWarning")
def test_it_never_falls_on_awkward_points(x, kind, start, reg_covar, k, weighted):
    k = min(k, len(x))
    weight = np.random.default_rng(len(x)).uniform(0.1, 3, len(x)) if weighted else None
    try:
        fit = mx.fit(x, k, covariance_type=kind, start=start, reg_covar=reg_covar, tol=0, rng=0, sample_weight=weight)
    except FitError as error:
        if reg_covar or "Raise reg_covar" not in str(error):
            raise
        return
    if weight is None:
        # A variance of reg_covar beside columns around 1000: z loses six digits, and
        # the density is of its square.
        sound(fit, x, 1e-7)
    assert (np.diff(fit.log_likelihoods) >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_stop_reasons(kind):
    x = near(random_mixture(8, "full", 2, 3), 400)
    options = {"covariance_type": kind, "rng": 0}
    assert mx.fit(x, 3, max_iter=2, tol=0, **options).stop_reason == "max_iter"
    assert mx.fit(x, 3, max_iter=0, **options).n_iter == 0
    converged = mx.fit(x, 3, max_iter=1000, tol=1e-4, **options)
    assert converged.stop_reason == "converged"
    assert np.diff(converged.log_likelihoods)[-2] < 1e-4 <= np.diff(converged.log_likelihoods)[:-2].min()
    assert mx.fit(x, 3, max_iter=100_000, tol=0, **options).stop_reason == "stalled"


@pytest.mark.parametrize("kind", KINDS)
def test_stalled_means_that_no_step_raises_it(kind):
    """With a large reg_covar the plain step falls long before the best variances above the floor are reached."""
    points = mx.Points.from_array(near(random_mixture(8, "full", 2, 3), 400))
    fit = mx.fit(points, 5, covariance_type=kind, reg_covar=1.0, tol=0, max_iter=5000, rng=0)
    assert fit.stop_reason == "stalled"
    engine = ReferenceEngine(points)
    here = engine.expect(fit.mixture)
    for floored in (False, True):
        there = engine.expect(maximise(here, fit.mixture, reg_covar=1.0, floored=floored))
        assert there.mean_log_likelihood <= here.mean_log_likelihood + 1e-12


def test_the_callback_sees_every_step_and_can_stop():
    x = near(random_mixture(8, "full", 2, 3), 400)
    seen = []

    def watch(step):
        seen.append(step)
        return step.iteration == 4

    fit = mx.fit(x, 3, tol=0, rng=0, n_init=5, on_step=watch)
    assert fit.stop_reason == "callback"
    assert not fit.converged
    assert [step.iteration for step in seen] == [1, 2, 3, 4]
    assert tuple(step.log_likelihood for step in seen) == fit.log_likelihoods[1:]
    np.testing.assert_allclose([step.change for step in seen], np.diff(fit.log_likelihoods), rtol=1e-12, atol=0)
    assert seen[-1].mixture is fit.mixture
