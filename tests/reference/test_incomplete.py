"""Missing values against independent sources: scipy on what is observed, closed forms, and derivatives."""

import tracemalloc

import numpy as np
import pytest
from cases import KINDS, clouds
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

import mixtura as mx
from comparing import mixture_gap, statistics_gap
from mixtura.em.accelerate import _from_vector, _to_vector
from mixtura.engines import incomplete
from mixtura.engines.choose import choose_engine
from mixtura.engines.incomplete import IncompleteEngine
from mixtura.engines.reference import ReferenceEngine
from mixtura.model import incomplete as incomplete_rows
from mixtura.model.incomplete import arranged, kinds
from mixtura.model.statistics import Statistics


def with_gaps(x, share=0.3, seed=0):
    """A copy with a share of the values missing; the first row misses all, the second none."""
    x = np.array(x)
    gaps = np.random.default_rng(seed).random(x.shape) < share
    gaps[0], gaps[1] = True, False
    x[gaps] = np.nan
    return x


def mixture_over(x, kind, k=3, seed=0):
    """A mixture that overlaps the points."""
    rng = np.random.default_rng(seed)
    d = x.shape[1]
    whole = np.atleast_2d(np.cov(x.T))
    factors = rng.uniform(0.4, 1.5, k)
    covariances = {
        "full": whole * factors[:, None, None],
        "tied": whole,
        "diag": np.diagonal(whole) * rng.uniform(0.5, 1.5, (k, d)),
        "spherical": np.trace(whole) / d * factors,
    }[kind]
    return mx.Mixture(rng.uniform(0.2, 1, k), x[rng.integers(0, len(x), k)], covariances, kind)


def one_by_one(mix, x, weight):
    """(n, k) log joint densities and the Statistics, a row and a component at a time."""
    k, d = mix.means.shape
    joint = np.tile(np.log(mix.weights), (len(x), 1))
    mass, first, scatter, likelihood = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d)), 0.0
    for i, row in enumerate(x):
        o = ~np.isnan(row)
        away, rest = np.zeros((k, d)), mix.matrices.copy()
        for j, (mean, s) in enumerate(zip(mix.means, mix.matrices, strict=True)):
            if o.any():
                joint[i, j] += multivariate_normal(mean[o], s[np.ix_(o, o)]).logpdf(row[o])
                gain = np.linalg.solve(s[np.ix_(o, o)], s[o]).T
                away[j], rest[j] = gain @ (row[o] - mean[o]), s - gain @ s[o]
        share = weight[i] * np.exp(joint[i] - logsumexp(joint[i]))
        mass += share
        first += share[:, None] * away
        scatter += share[:, None, None] * (away[:, :, None] * away[:, None, :] + rest)
        likelihood += weight[i] * logsumexp(joint[i])
    return joint, Statistics(mass, first, mix.family.reduced(scatter), likelihood, weight.sum())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_expectation_row_by_row(kind, d, monkeypatch):
    x = with_gaps(clouds(150, d))
    mix = mixture_over(clouds(150, d), kind)
    weight = np.random.default_rng(1).uniform(0, 2, 150)
    _, expected = one_by_one(mix, x, weight)
    points = mx.Points(x, weight)
    alone = IncompleteEngine(points, 3, kind, "reference")
    assert not alone.common
    assert statistics_gap(alone.expect(mix), expected, mix) < 1e-13
    monkeypatch.setattr(incomplete, "FEW_NUMBERS", 3 * 10 * d)  # ten complete rows have an engine of their own
    shared = IncompleteEngine(points, 3, kind)
    assert shared.common
    assert d == 1 or len(shared.x)
    assert statistics_gap(shared.expect(mix), expected, mix) < 1e-13
    single = IncompleteEngine(mx.Points(x.astype(np.float32), weight.astype(np.float32)), 3, kind)
    assert statistics_gap(single.expect(mix), expected, mix) < 1e-5


PLACES = {"far": (1e8, 1.0), "tiny": (0, 1e-12), "columns apart": (0, [1, 1e9, 1e-6])}


# Spherical components do not follow columns that are scaled apart.
@pytest.mark.parametrize(
    ("kind", "place"), [(k, p) for k in KINDS for p in PLACES if (k, p) != ("spherical", "columns apart")]
)
def test_the_expectation_on_hard_data(kind, place):
    """Against the plain case, moved and scaled: nothing else may change but for rounding of the points."""
    offset, scale = PLACES[place]
    base = with_gaps(clouds(200, 3))
    mix = mixture_over(clouds(200, 3), kind)
    unit = np.broadcast_to(np.asarray(scale, float), 3)
    square = {"full": np.outer(unit, unit), "tied": np.outer(unit, unit), "diag": unit**2}.get(kind, unit[0] ** 2)
    moved = mx.Mixture(mix.weights, mix.means * unit + offset, mix.covariances * square, kind)
    a = IncompleteEngine(mx.Points(base), 3, kind).expect(mix)
    b = IncompleteEngine(mx.Points(base * unit + offset), 3, kind).expect(moved)
    width = {"full": unit[None], "tied": unit[None], "diag": unit[None]}.get(kind, unit[0])
    back = Statistics(b.mass, b.first / width, b.second / square, a.log_likelihood, b.total)
    assert statistics_gap(back, a, mix) < (1e-6 if offset else 1e-12)
    seen = (~np.isnan(base)).sum(axis=0)
    assert b.log_likelihood + seen @ np.log(unit) == pytest.approx(a.log_likelihood, rel=1e-6 if offset else 1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_complete_points_through_the_engine_of_gaps(kind):
    x = clouds(300, 4)
    mix = mixture_over(x, kind)
    points = mx.Points.from_array(x)
    assert (
        statistics_gap(IncompleteEngine(points, 3, kind).expect(mix), ReferenceEngine(points).expect(mix), mix) < 1e-13
    )
    assert isinstance(choose_engine(mx.Points(with_gaps(x)), 3, kind, "cpu"), IncompleteEngine)
    assert not isinstance(choose_engine(points, 3, kind, "cpu"), IncompleteEngine)


@pytest.mark.parametrize("kind", KINDS)
def test_densities_of_what_is_observed(kind):
    x = with_gaps(clouds(120, 3))
    mix = mixture_over(clouds(120, 3), kind)
    joint, _ = one_by_one(mix, x, np.ones(120))
    logs = logsumexp(joint, axis=1)
    np.testing.assert_allclose(mix.log_density(x, missing=True), logs, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(mix.density(x, missing=True), np.exp(logs), rtol=1e-11)
    shares = mix.responsibilities(x, missing=True)
    np.testing.assert_allclose(shares, np.exp(joint - logs[:, None]), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(mix.responsibilities(x, missing=True, sparse=True).toarray(), shares, atol=1e-15)
    np.testing.assert_array_equal(mix.predict(x, missing=True), joint.argmax(axis=1))
    assert mix.log_density(x[:1], missing=True)[0] == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(shares[0], mix.weights, rtol=1e-12)


def test_rows_of_which_many_miss_the_same_go_through_the_kernels():
    full = clouds(60_000, 2)
    mix = mixture_over(full, "full", k=8)
    x = full.copy()
    x[:40_000, 0] = np.nan
    x[-3:, 1] = np.nan
    x[-1] = np.nan
    for ask, alone in (
        (mix.log_density, incomplete_rows.log_density),
        (mix.responsibilities, incomplete_rows.responsibilities),
        (mix.predict, incomplete_rows.predict),
    ):
        found = ask(x, missing=True)
        np.testing.assert_allclose(found, alone(mix, x), rtol=1e-9, atol=1e-14)
        np.testing.assert_array_equal(found[40_000:-3], ask(full[40_000:-3]))


@pytest.mark.parametrize("kind", KINDS)
def test_imputed_means_are_regressions(kind):
    x = with_gaps(clouds(80, 3))
    mix = mixture_over(clouds(80, 3), kind)
    found = mix.impute(x)
    for row, filled in zip(x, found, strict=True):
        known, free = np.flatnonzero(~np.isnan(row)), np.flatnonzero(np.isnan(row))
        np.testing.assert_array_equal(filled[known], row[known])
        if len(known) == 0:
            np.testing.assert_allclose(filled, mix.mean(), rtol=1e-12)
        elif len(free):
            np.testing.assert_allclose(filled[free], mix.regress(known, row[None, known])[0], rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_imputed_samples_have_the_conditional_moments(kind):
    mix = mixture_over(clouds(80, 3), kind)
    value = mix.means[0, 1] + 1.0
    n = 40_000
    x = np.tile([np.nan, value, np.nan], (n, 1))
    drawn = mix.impute(x, how="sample", rng=3)
    expected = mix.condition([1], [value])
    np.testing.assert_array_equal(drawn[:, 1], value)
    free = drawn[:, [0, 2]]
    deviation = np.sqrt(np.diagonal(expected.covariance()))
    assert (np.abs(free.mean(axis=0) - expected.mean()) < 5 * deviation / np.sqrt(n)).all()
    gap = (np.cov(free.T) - expected.covariance()) / np.outer(deviation, deviation)
    assert np.abs(gap).max() < 0.06
    np.testing.assert_array_equal(drawn, mix.impute(x, how="sample", rng=3))


def monotone(x):
    """The maximum likelihood of one Gaussian when column j + 1 is missing wherever column j is (Anderson 1957).

    Each column is regressed on those before it, over the rows that have it.
    """
    d = x.shape[1]
    mean, covariance = np.zeros(d), np.zeros((d, d))
    for j in range(d):
        rows = ~np.isnan(x[:, j])
        design = np.column_stack([np.ones(rows.sum()), x[rows, :j]])
        beta = np.linalg.lstsq(design, x[rows, j], rcond=None)[0]
        residual = np.mean((x[rows, j] - design @ beta) ** 2)
        mean[j] = beta[0] + beta[1:] @ mean[:j]
        covariance[j, :j] = covariance[:j, j] = covariance[:j, :j] @ beta[1:]
        covariance[j, j] = residual + beta[1:] @ covariance[:j, :j] @ beta[1:]
    return mean, covariance


@pytest.mark.parametrize("d", [2, 4])
def test_one_gaussian_with_a_monotone_pattern_has_a_closed_form(d):
    rng = np.random.default_rng(4)
    x = clouds(200, d)
    for i, kept in enumerate(np.sort(rng.integers(1, d + 1, 200))):
        x[i, kept:] = np.nan
    fit = mx.fit(x, 1, missing=True, tol=0, reg_covar=0, max_iter=3000)
    mean, covariance = monotone(x)
    np.testing.assert_allclose(fit.mixture.means[0], mean, rtol=1e-6)
    np.testing.assert_allclose(fit.mixture.covariances[0], covariance, rtol=1e-5, atol=1e-7)
    assert mx.Mixture([1], [mean], [covariance]).log_density(x, missing=True).mean() == pytest.approx(
        fit.log_likelihood, abs=1e-12
    )


def test_worms_in_apples():
    """18 trees, 12 of them with the share of wormy apples: Little and Rubin 1987, as R's package mvnmle has it.

    Its estimates are those of a numerical search that stops early; its log likelihood leaves out the constant.
    """
    size = [8, 6, 11, 22, 14, 17, 18, 24, 19, 23, 26, 40, 4, 4, 5, 6, 8, 10]
    worms = [59, 58, 56, 53, 50, 45, 43, 42, 39, 38, 30, 27]
    x = np.column_stack([size, worms + 6 * [np.nan]])
    fit = mx.fit(x, 1, missing=True, reg_covar=0, tol=0, max_iter=1000)
    np.testing.assert_allclose(fit.mixture.means[0], [14.72227, 49.33325], rtol=1e-5)
    np.testing.assert_allclose(fit.mixture.covariances[0], [[89.53415, -90.69653], [-90.69653, 114.6947]], rtol=1e-5)
    constant = 0.5 * np.log(2 * np.pi) * (18 + 12)
    assert 18 * fit.log_likelihood + constant == pytest.approx(-74.217476133, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_vanish_at_the_fit(kind):
    full = mx.Mixture([0.4, 0.6], [[0, 0], [5, 3]], [[[1, 0.6], [0.6, 1]], [[2, -0.5], [-0.5, 1]]]).sample(400, rng=1)
    x = with_gaps(full, 0.25)
    fit = mx.fit(x, 2, covariance_type=kind, missing=True, tol=0, reg_covar=0, max_iter=2000, rng=0)
    here = _to_vector(fit.mixture)

    def slope(at):
        step = 1e-5
        ends = [
            _from_vector(at + sign * step * e, fit.mixture).log_density(x[1:], missing=True).mean()
            for e in np.eye(len(at))
            for sign in (1, -1)
        ]
        return np.array(ends[::2]) - np.array(ends[1::2])

    assert np.abs(slope(here)).max() / 2e-5 < 2e-6
    assert np.abs(slope(here + 0.02)).max() / 2e-5 > 1e-3  # it can fail


def test_missing_at_random_is_no_bias_but_deletion_is():
    """Values are missing where another, which is observed, is large: rows without gaps are no fair sample."""
    true = mx.Mixture([0.5, 0.5], [[0, 0], [6, 4]], [[[1, 0.8], [0.8, 1]], [[1, -0.7], [-0.7, 1]]])
    full, label = true.sample(20_000, rng=2, return_labels=True)
    x = full.copy()
    gone = np.random.default_rng(0).random(len(x)) < np.where(x[:, 0] > true.means[label, 0], 0.8, 0.05)
    x[gone, 1] = np.nan
    fit = mx.fit(x, 2, missing=True, rng=0, tol=1e-8, max_iter=500).mixture
    deleted = mx.fit(x[~gone], 2, rng=0, tol=1e-8, max_iter=500).mixture
    fit, deleted = (m.subset(np.argsort(m.means[:, 0])) for m in (fit, deleted))
    assert mixture_gap(fit, true) < 0.08
    assert mixture_gap(deleted, true) > 0.4


def test_rows_are_arranged_once_each():
    observed = np.random.default_rng(0).random((1000, 7)) < 0.4
    values, which = kinds(observed)
    np.testing.assert_array_equal(values[which], observed)
    assert len(values) == len(np.unique(observed, axis=0))
    wide = np.repeat(observed, 12, axis=1)  # more coordinates than bits in a word
    np.testing.assert_array_equal(kinds(wide)[0][kinds(wide)[1]], wide)
    for most in (1, 8, 100, 10**6):
        seen = []
        for rows, count in arranged(which, most):
            assert rows.shape[1] <= most
            assert (np.diff(which[rows], axis=1) == 0).all()
            seen += [row[:c] for row, c in zip(rows, count, strict=True)]
        assert sorted(np.concatenate(seen)) == list(range(1000))


def test_memory_is_bounded():
    """No array of points times components times coordinates squared, nor of their patterns."""
    n, d, k = 8000, 12, 20
    x = with_gaps(clouds(n, d), 0.4)
    mix = mixture_over(clouds(n, d), "full", k=k)
    engine = IncompleteEngine(mx.Points(x), k, "full")
    assert len(kinds(~np.isnan(x))[0]) > 2000
    tracemalloc.start()
    engine.expect(mix)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.2 * n * k * d * d * 8
