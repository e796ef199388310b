"""Densities, labels, shares and regressions of many points go through the kernels, and agree with NumPy and scipy."""

import numpy as np
import pytest
from cases import KINDS, cases, clouds, mixture_for
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from mixtura.kernels import normalising, over_tiles, products
from mixtura.model import evaluate
from mixtura.model.gaussian import arrays

TABLE = cases()
# A log density of some -50 is the sum of d squares of z below 10, each with 16 digits; 7 digits in float32.
TOLERANCE = {np.float64: 1e-11, np.float32: 2e-5}


@pytest.fixture
def numpy_route(monkeypatch):
    """Ask a question again without the kernels."""

    def ask(question):
        with monkeypatch.context() as patch:
            patch.setattr(evaluate, "kernels_pay", lambda mixture, x: False)
            return question()

    return ask


@pytest.fixture(autouse=True)
def kernels_serve(monkeypatch):
    monkeypatch.setattr(evaluate, "ASKED", 0)


def table_for(name, dtype):
    case = TABLE[name]
    # float32 points are the same points for both routes.
    return case, case.x.astype(dtype)


NAMES = ("2 coordinates", "3 coordinates", "scale 1e12", "129 points", "one point", "outlier", "duplicates")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_log_density_and_labels(numpy_route, kind, name, dtype):
    case, x = table_for(name, dtype)
    mix = mixture_for(case, kind, 7, dormant=2)
    expected = numpy_route(lambda: mix.log_density(x))
    found = mix.log_density(x)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * 50)
    labels = mix.predict(x)
    shares = mix.responsibilities(x)
    best = shares.max(axis=1)
    own = shares[np.arange(len(x)), labels]
    assert (own >= best * (1 - 50 * TOLERANCE[dtype])).all(), "no other component is clearly more responsible"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("on", [[0, 1], [2, 0], [1]])
def test_regression(numpy_route, kind, dtype, on):
    case, x = table_for("3 coordinates", dtype)
    mix = mixture_for(case, kind, 7, dormant=1)
    expected = numpy_route(lambda: mix.regress(on, x[:, on]))
    found = mix.regress(on, x[:, on])
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE[dtype] * 50 * x.std())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pays", [True, False])
def test_many_points_against_scipy(monkeypatch, kind, pays):
    x = clouds(30_000, 2)
    mix = mixture_for(TABLE["2 coordinates"]._replace(x=x), kind, 8)
    monkeypatch.setattr(evaluate, "kernels_pay", lambda mixture, x: pays)
    each = [multivariate_normal(m, c).logpdf(x) for m, c in zip(mix.means, mix.matrices, strict=True)]
    joint = np.log(mix.weights) + np.transpose(each)
    np.testing.assert_allclose(mix.log_density(x), logsumexp(joint, axis=1), rtol=1e-10, atol=1e-10)
    second, first = np.sort(joint, axis=1)[:, -2:].T
    clear = first - second > 1e-10
    assert clear.mean() > 0.999
    np.testing.assert_array_equal(mix.predict(x)[clear], joint.argmax(axis=1)[clear])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("pays", [True, False])
def test_threads_change_no_bit(monkeypatch, dtype, pays):
    monkeypatch.setattr(evaluate, "kernels_pay", lambda mixture, x: pays)
    monkeypatch.setattr(over_tiles, "WORTH", 0)  # several ranges
    case, x = table_for("many tiles", dtype)
    mix = mixture_for(case, "full", 12)
    answers = set()
    for n_threads in (1, 2, 3, 8):
        parts = (
            mix.log_density(x, n_threads=n_threads),
            mix.predict(x, n_threads=n_threads),
            mix.regress([0], x[:, :1], n_threads=n_threads),
        )
        answers.add(tuple(part.tobytes() for part in parts))
    assert len(answers) == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_points_are_turned_block_by_block(dtype):
    """What is asked once of many coordinates by products is as of points that are turned before."""
    case, x = table_for("17 coordinates", dtype)
    x = np.tile(x, (-(-20_000 // len(x)), 1))
    mix = mixture_for(case, "full", 3)
    once, before = (products.ask(products.prepare(x, once=once), arrays(mix), np.copy) for once in (True, False))
    assert len(once) > 1
    for one, other in zip(once, before, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_lowest_number_wins_a_tie(kind):
    mix = mixture_for(TABLE["2 coordinates"], kind, 3)
    twins = mix.subset([2, 0, 1])
    both = type(mix)(
        np.tile(twins.weights, 2),
        np.tile(twins.means, (2, 1)),
        twins.covariances if kind == "tied" else np.concatenate([twins.covariances] * 2),
        kind,
    )
    assert both.predict(TABLE["2 coordinates"].x).max() <= 2


@pytest.mark.parametrize("k", [1, 2, 5, 99, 100, 300])
@pytest.mark.parametrize("b", [1, 20, 3000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_row_of_an_extreme_is_the_first(k, b, dtype):
    values = np.random.default_rng(k).integers(-3, 3, (k, b)).astype(dtype)  # of which many are equal
    values[:, -1] = -np.inf
    np.testing.assert_array_equal(normalising.row_of(values, values.max(axis=0)), values.argmax(axis=0))
    np.testing.assert_array_equal(normalising.row_of(values, values.min(axis=0)), values.argmin(axis=0))
    assert (normalising.row_of(values, np.full(b, np.nan)) < k).all()
