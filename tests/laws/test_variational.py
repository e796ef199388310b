"""The laws of variational Bayes: what its bound is, and that it never falls."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from mixtura.em.loop import climb
from mixtura.em.settings import Settings
from mixtura.em.variational import WEIGHT_PRIORS, Belief, Posterior, Variational, entropy, expected_weights
from mixtura.engines.cpu import CpuEngine
from mixtura.engines.reference import ReferenceEngine
from mixtura.model import evaluate

X = near(random_mixture(8, "full", 2, 3), 300)


def believed(x, kind, weights="dirichlet_process", concentration=0.2, more=0.0):
    """What one might believe of points like these."""
    d = x.shape[1]
    variances = x.var(axis=0)
    scale = {"diag": variances, "spherical": np.asarray(variances.mean())}.get(kind, np.diag(variances))
    return Belief(weights, concentration, x.mean(axis=0), 0.7, d + more, scale)


@given(
    mixtures(d=st.integers(1, 6), k=st.integers(1, 5)),
    st.sampled_from(WEIGHT_PRIORS),
    st.sampled_from([1e-5, 0.1, 1.0, 30.0]),
    st.floats(-0.9, 20.0),
    st.integers(0, 1000),
)
def test_the_bound_never_falls(start, weights, concentration, more, seed):
    """Nor does it without the loop, which would not take such a step."""
    x = near(start, 60, seed)
    objective = Variational(belief=believed(x, start.covariance_type, weights, concentration, more))
    engine = ReferenceEngine(mx.Points.from_array(x))
    mixture, values = start, []
    for _ in range(12):
        statistics = engine.expect(mixture)
        if values:
            values.append(objective.value(mixture, statistics))
        else:
            values = [-np.inf]
        mixture = objective.maximise(statistics, mixture)
    assert (np.diff(values) >= -1e-11 * np.abs(values[1:])).all()


@given(mixtures(d=st.integers(1, 4), k=st.integers(1, 4)), st.sampled_from(WEIGHT_PRIORS), st.integers(0, 1000))
def test_the_statistics_tell_the_entropy(start, weights, seed):
    x = near(start, 50, seed)
    engine = ReferenceEngine(mx.Points.from_array(x))
    objective = Variational(belief=believed(x, start.covariance_type, weights))
    for mixture in (start, objective.maximise(engine.expect(start), start)):
        shares = evaluate.responsibilities(mixture, x)
        expected = stats.entropy(shares, axis=1).sum()
        assert entropy(engine.expect(mixture), mixture) == pytest.approx(expected, abs=1e-9 * len(x))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", WEIGHT_PRIORS)
def test_the_step_is_the_best_of_its_kind(kind, weights):
    """At given q, the responsibilities of the E-step are the best: any others, followed by q, bound no higher."""
    objective = Variational(belief=believed(X, kind, weights))
    mixture = random_mixture(8, kind, 2, 3)
    engine = ReferenceEngine(mx.Points.from_array(X))
    for _ in range(300):
        mixture = objective.maximise(engine.expect(mixture), mixture)
    settled = objective.value(mixture, engine.expect(mixture))
    rng = np.random.default_rng(0)
    for size in (1e-1, 1e-2):
        now = mixture.expected
        moved = mx.Mixture(now.weights, now.means + rng.normal(0, size, now.means.shape), now.covariances, kind)
        assert objective.value(moved, engine.expect(moved)) < settled


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 3])
def test_for_one_component_the_bound_is_the_evidence(kind, d):
    """Then q is exact, and the next point has Student's distribution; in one coordinate for all types alike.

    (A process has a stick left after its last component, and no evidence is for that.)
    """
    if kind in ("diag", "spherical") and d > 1:
        pytest.skip("these keep the normaliser of a Wishart distribution, as scikit-learn does")
    x = near(random_mixture(5, "full", d, 1), 12, seed=3)
    belief = believed(x, kind, "dirichlet_distribution", more=1.5)
    objective = Variational(belief=belief)
    start = random_mixture(5, kind, d, 1)

    def bound(points):
        statistics = ReferenceEngine(mx.Points.from_array(points)).expect(start)
        return objective.maximise(statistics, start), objective.value(start, statistics)

    q, before = bound(x[:-1])
    _, after = bound(x)
    beta, nu = q.mean_precision[0], q.degrees_of_freedom.ravel()[0]
    spread = q.expected.matrices[0] * nu * (beta + 1) / (beta * (nu + 1 - d))
    expected = stats.multivariate_t(q.means[0], spread, df=nu + 1 - d).logpdf(x[-1])
    assert after - before - 0.5 * d * np.log(2 * np.pi) == pytest.approx(expected)


@pytest.mark.parametrize("weights", WEIGHT_PRIORS)
def test_the_e_step_is_an_expectation(weights):
    """Of the log of weight times density, over mixtures drawn from q."""
    rng = np.random.default_rng(0)
    objective = Variational(belief=believed(X, "full", weights, concentration=0.5))
    start = random_mixture(8, "full", 2, 3)
    q = objective.maximise(ReferenceEngine(mx.Points.from_array(X[:30])).expect(start), start)
    count = 20_000
    if weights == "dirichlet_process":
        broken = stats.beta(*q.concentration).rvs((count, 3), random_state=rng)
        shares = broken * np.cumprod(np.hstack([np.ones((count, 1)), 1 - broken[:, :-1]]), axis=1)
    else:
        shares = stats.dirichlet(q.concentration).rvs(count, random_state=rng)
    point = q.means[0] + [0.3, -0.4]
    for k in range(3):
        nu, beta = q.degrees_of_freedom[k], q.mean_precision[k]
        precision = stats.wishart(nu, np.linalg.inv(q.expected.covariances[k] * nu)).rvs(count, random_state=rng)
        noise = np.linalg.solve(
            np.linalg.cholesky(precision).transpose(0, 2, 1), rng.normal(size=(count, 2, 1)) / np.sqrt(beta)
        )
        away = point - q.means[k] - noise[:, :, 0]
        logs = np.log(shares[:, k]) - np.log(2 * np.pi) + 0.5 * np.linalg.slogdet(precision)[1]
        logs -= 0.5 * np.einsum("ni,nij,nj->n", away, precision, away)
        z = q.whitener[k] @ (point - q.means[k])
        error = logs.std() / np.sqrt(count)
        assert q.log_scales[k] - 0.5 * z @ z == pytest.approx(logs.mean(), abs=4 * error)


@pytest.mark.parametrize("weights", WEIGHT_PRIORS)
def test_expected_weights(weights):
    alpha = (
        np.array([[2.0, 1.5, 3.0], [4.0, 2.0, 0.5]]) if weights == "dirichlet_process" else np.array([2.0, 0.5, 3.0])
    )
    if alpha.ndim == 1:
        expected = stats.dirichlet(alpha).mean()
    else:
        v = stats.beta(*alpha).mean()
        expected = v * [1.0, 1 - v[0], (1 - v[0]) * (1 - v[1])]
    np.testing.assert_allclose(expected_weights(alpha), expected / expected.sum(), rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_posterior_is_gaussians_to_every_engine(kind):
    x = near(random_mixture(3, kind, 3, 4), 500)
    start = random_mixture(3, kind, 3, 4)
    points = mx.Points.from_array(x)
    objective = Variational(belief=believed(x, kind))
    q = objective.maximise(ReferenceEngine(points).expect(start), start)
    assert isinstance(q, Posterior)
    assert np.abs(evaluate.log_density(q, x) - q.expected.log_density(x)).max() > 1e-3
    one, other = ReferenceEngine(points).expect(q), CpuEngine(points).expect(q)
    np.testing.assert_allclose(one.mass, other.mass, rtol=1e-9)
    assert objective.value(q, one) == pytest.approx(objective.value(q, other), rel=1e-10)


def test_a_posterior_is_no_mixture_and_travels_whole():
    """Its Gaussians integrate to less than one, so it has none of a mixture's questions; workers get all of it."""
    start = random_mixture(3, "full", 1, 2)
    x = near(start, 10)
    q = Variational(belief=believed(x, "full")).maximise(ReferenceEngine(mx.Points.from_array(x)).expect(start), start)
    grid = np.linspace(q.means.min() - 60, q.means.max() + 60, 20_001)[:, None]
    assert np.trapezoid(np.exp(evaluate.log_density(q, grid)), grid[:, 0]) < 0.9
    assert np.trapezoid(q.expected.density(grid), grid[:, 0]) == pytest.approx(1)
    assert not isinstance(q, mx.Mixture)
    assert not any(hasattr(q, name) for name in ("density", "sample", "subset", "marginal", "transform", "weights"))
    again = pickle.loads(pickle.dumps(q))
    assert again.expected == q.expected
    np.testing.assert_array_equal(again.log_scales, q.log_scales)
    assert not again.whitener.flags.writeable


def test_no_step_is_tried_that_would_revive_a_component():
    class Counted:
        count = 0

        def expect(self, mixture):
            self.count += 1
            return ReferenceEngine(points).expect(mixture)

    points, engine = mx.Points.from_array(X), Counted()
    objective = Variational(belief=believed(X, "diag", concentration=1e-8))
    start = mx.Mixture([1.0] * 60, near(random_mixture(8, "diag", 2, 3), 60, 1), np.ones((60, 2)), "diag")
    found = climb(engine, start, objective, settings=Settings(tol=0.0, max_iter=25))
    assert found.dormant
    assert engine.count == found.n_iter + 1 + (found.stop_reason == "stalled")


def test_each_step_is_taken_once(monkeypatch):
    """The bound is that of the step to come, which is not taken again."""
    objective, steps, taken = Variational(belief=believed(X, "full")), [], Variational.maximise
    monkeypatch.setattr(Variational, "maximise", lambda *given, **more: steps.append(1) or taken(*given, **more))
    engine = ReferenceEngine(mx.Points.from_array(X))
    found = climb(engine, random_mixture(3, "full", 2, 3), objective, settings=Settings(tol=0.0, max_iter=7))
    assert found.n_iter == 7
    assert len(steps) == 8  # one an E-step
