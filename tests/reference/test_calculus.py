"""Entropy, divergence, transport, regions and reduction against integration, POT, gmr, all groupings, publications."""

import functools

import gmr
import numpy as np
import ot
import pytest
from cases import KINDS, cases, mixture_for
from ot.gmm import gmm_ot_loss, gmm_ot_plan
from scipy.linalg import sqrtm
from scipy.optimize import linprog
from scipy.stats import chi2, entropy, multivariate_normal

import mixtura as mx
from mixtura.model import pairs

TABLE = cases()
SCALES = ("3 coordinates", "offset 1e8", "scale 1e-12", "scale 1e12", "one column 1e9 times wider", "one point")


def mixture(kind, d, k, seed, spread=2.0):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(k, d, d))
    full = root @ np.swapaxes(root, 1, 2) / d + 0.2 * np.eye(d)
    variances = rng.uniform(0.3, 2, (k, d))
    spreads = {"full": full, "tied": full[0], "diag": variances, "spherical": variances[:, 0]}[kind]
    return mx.Mixture(rng.uniform(0.2, 1, k), 50 + spread * rng.normal(size=(k, d)), spreads, kind)


def grid_around(*mixtures):
    """(points, volume of a cell): the trapezoid rule on Gaussians is exact once cells are below a deviation."""
    every = [m.matrices for m in mixtures]
    values = np.linalg.eigvalsh(np.concatenate(every))
    means = np.concatenate([m.means for m in mixtures])
    step, reach = 0.4 * np.sqrt(values.min()), 10 * np.sqrt(values.max())
    axes = [np.arange(m.min() - reach, m.max() + reach, step) for m in means.T]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, means.shape[1]), step ** len(axes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("spread", [0.3, 2.0, 10.0])
def test_entropy_and_divergence_by_integration(kind, d, spread):
    p, q = mixture(kind, d, 4, 1, spread), mixture("full", d, 3, 2, spread)
    x, cell = grid_around(p, q)
    a, b = p.log_density(x), q.log_density(x)
    share = np.exp(a) * cell
    assert share.sum() == pytest.approx(1, abs=1e-9)
    own, across = p.entropy(rng=0), p.kl(q, rng=0)
    for found, true in ((own, -(share @ a)), (across, share @ (a - b))):
        assert found.lower - 1e-9 <= true <= found.upper + 1e-9
        # Samples may miss an overlap of one in a million; the bounds know of it.
        assert abs(found.estimate - true) <= 5 * found.standard_error + 1e-5
    # The bounds are of use: the components are 4, so entropies differ by at most ln 4.
    assert own.upper - own.lower < 0.7
    assert own.standard_error < 0.01
    assert across.variational == pytest.approx(share @ (a - b), rel=0.5, abs=1)


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_where_they_are_tight(kind):
    """Against one broad Gaussian the cross entropy is known, so a bound on KL is as good as that on the entropy."""
    p = mixture(kind, 1, 4, 1)
    q = mx.Mixture([1.0], p.mean()[None], [1e6], "spherical")
    x, cell = grid_around(p)
    share = np.exp(p.log_density(x)) * cell
    true = share @ (p.log_density(x) - q.log_density(x))
    own, found = p.entropy(rng=0), p.kl(q, rng=0)
    assert found.lower <= true <= found.upper
    assert found.upper - found.lower == pytest.approx(own.upper - own.lower, rel=1e-3)


def test_components_far_apart_leave_no_doubt():
    mix = mixture("full", 3, 4, 1, spread=1e4)
    each = [multivariate_normal(m, c).entropy() for m, c in zip(mix.means, mix.covariances, strict=True)]
    expected = mix.weights @ each + entropy(mix.weights)
    found = mix.entropy(rng=0)
    assert found.standard_error == pytest.approx(0, abs=1e-15)
    for value in (found.estimate, found.lower):
        assert value == pytest.approx(expected, rel=1e-12)
    assert found.upper == pytest.approx(expected, rel=1e-12)


def test_divergence_of_two_normals():
    """Published: KL(N(m, s^2) || N(n, t^2)) = ln(t / s) + (s^2 + (m - n)^2) / (2 t^2) - 1/2."""
    one, other = mx.Mixture([1], [[1.0]], [4.0], "spherical"), mx.Mixture([1], [[3.0]], [9.0], "spherical")
    expected = np.log(3 / 2) + (4 + 4) / 18 - 0.5
    found = one.kl(other)
    assert found.lower == found.estimate == found.upper == found.variational == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SCALES)
def test_pairs_of_gaussians(kind, name):
    """Every table of pairs against the formula for matrices, in units of the data."""
    p, q = (mixture_for(TABLE[name], k, seed=s) for k, s in ((kind, 0), ("full", 1)))
    unit = np.sqrt(np.diagonal(p.covariance()))
    divergence, (distance, log_determinant) = pairs.divergences(p, q), pairs.sums(p, q)
    back = pairs.divergences(q, p).T
    for i in range(p.n_components):
        for j in range(q.n_components):
            a, b = p.matrices[i] / np.outer(unit, unit), q.matrices[j] / np.outer(unit, unit)
            m = (p.means[i] - q.means[j]) / unit
            log_det = np.linalg.slogdet(b)[1] - np.linalg.slogdet(a)[1]
            kl = 0.5 * (np.trace(np.linalg.solve(b, a)) + m @ np.linalg.solve(b, m) - len(m) + log_det)
            lk = 0.5 * (np.trace(np.linalg.solve(a, b)) + m @ np.linalg.solve(a, m) - len(m) - log_det)
            assert divergence[i, j] == pytest.approx(kl, rel=1e-8, abs=1e-10)
            assert back[i, j] == pytest.approx(lk, rel=1e-8, abs=1e-10)
            assert distance[i, j] == pytest.approx(m @ np.linalg.solve(a + b, m), rel=1e-8, abs=1e-10)
            whole = np.linalg.slogdet(a + b)[1] + 2 * np.log(unit).sum()
            assert log_determinant[i, j] == pytest.approx(whole, rel=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_distances_of_gaussians(kind, d):
    p, q = mixture(kind, d, 3, 1), mixture("full", d, 4, 2)
    found = pairs.squared_distances(p, q)
    for i in range(3):
        root = sqrtm(p.matrices[i])
        for j in range(4):
            cross = sqrtm(root @ q.matrices[j] @ root).real
            expected = np.sum((p.means[i] - q.means[j]) ** 2)
            expected += np.trace(p.matrices[i] + q.matrices[j] - 2 * cross)
            assert found[i, j] == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(pairs.squared_distances(p, p).diagonal(), 0, atol=1e-28)


@pytest.mark.parametrize("kinds", [(kind, "full") for kind in KINDS] + [("diag", "spherical"), ("tied", "tied")])
@pytest.mark.parametrize(("k", "other"), [(1, 4), (5, 5), (7, 3), (40, 30)])
def test_transport_against_pot(kinds, k, other):
    p, q = mixture(kinds[0], 3, k, 1), mixture(kinds[1], 3, other, 2)
    parts = (p.means, q.means, p.matrices, q.matrices, p.weights, q.weights)
    distance, plan = p.wasserstein(q, return_plan=True)
    assert distance**2 == pytest.approx(gmm_ot_loss(*parts), rel=1e-9)
    np.testing.assert_allclose(plan, gmm_ot_plan(*parts), atol=1e-9)  # costs in general position: one plan is cheapest


def test_transport_of_equal_weights():
    """Whole components move; and where weights differ in rounding, the general method finds the same plan."""
    p, q = mixture("full", 2, 6, 1), mixture("full", 2, 6, 2)
    even = np.full(6, 1 / 6)
    one, other = (mx.Mixture(even, m.means, m.covariances) for m in (p, q))
    distance, plan = one.wasserstein(other, return_plan=True)
    assert np.unique(plan) == pytest.approx([0, 1 / 6])
    nearly = mx.Mixture(even + 1e-12 * np.arange(6), p.means, p.covariances)
    assert nearly.wasserstein(other) == pytest.approx(distance, rel=1e-9)
    assert distance**2 == pytest.approx(ot.emd2(even, even, pairs.squared_distances(one, other)), rel=1e-12)


def test_transport_in_one_coordinate_by_quantiles():
    """Spikes on a line: the distance is that of the quantile functions."""
    rng = np.random.default_rng(0)
    p, q = (
        mx.Mixture(rng.uniform(size=n), 100 + rng.normal(size=(n, 1)), np.full(n, 1e-14), "spherical") for n in (7, 5)
    )
    expected = np.sqrt(ot.emd2_1d(p.means[:, 0], q.means[:, 0], p.weights, q.weights))
    assert p.wasserstein(q) == pytest.approx(expected, rel=1e-9)


def test_transport_of_very_unequal_weights():
    rng = np.random.default_rng(0)
    tiny = mixture("full", 2, 30, 1)
    p = mx.Mixture(rng.uniform(size=30) ** 40 + 1e-14, tiny.means, tiny.covariances)
    distance, plan = p.wasserstein(mixture("full", 2, 25, 2), return_plan=True)
    np.testing.assert_allclose(plan.sum(axis=1), p.weights, rtol=1e-9)
    assert np.isfinite(distance)


@pytest.mark.parametrize("d", range(2, 7))
def test_regions_against_gmr(d):
    """The regions of gmr have one degree of freedom too few; asked for the level that makes up for it, it agrees."""
    mix = mixture("full", d, 3, 1)
    other = gmr.GMM(3, mix.weights, mix.means, mix.covariances)
    x = mix.sample(300, rng=0)
    for level in (0.5, 0.95):
        shifted = chi2(d - 1).cdf(chi2(d).ppf(level))
        expected = [other.is_in_confidence_region(row, shifted) for row in x]
        np.testing.assert_array_equal(mix.in_confidence_region(x, level), expected)
        assert not np.array_equal([other.is_in_confidence_region(row, level) for row in x], expected)


def test_published_radii():
    """Tables of chi-square: 95 % of a Gaussian lie within these squared distances."""
    for d, squared in ((1, 3.841), (2, 5.991), (3, 7.815), (4, 9.488), (5, 11.070), (6, 12.592)):
        mix = mx.Mixture([1.0], np.full((1, d), 7.0), [1.0], "spherical")
        x = np.full((2, d), 7.0)
        x[:, -1] += np.sqrt([squared - 0.001, squared + 0.001])
        assert mix.in_confidence_region(x, 0.95).tolist() == [True, False]


def all_partitions(items):
    """Every way to cut a tuple into groups."""
    if len(items) == 1:
        yield [items]
        return
    for rest in all_partitions(items[1:]):
        for i in range(len(rest)):
            yield [*rest[:i], (items[0], *rest[i]), *rest[i + 1 :]]
        yield [items[:1], *rest]


@pytest.mark.parametrize("kind", KINDS)
def test_reduction_against_all_groupings(kind):
    """What is lost is near the least of all 966 groupings of eight components into three."""
    ratios = []
    for seed in range(6):
        mix = mixture(kind, 2, 8, seed)

        whole = mx.Mixture(mix.weights, mix.means, mix.matrices) if kind == "tied" else mix

        @functools.cache
        def lost(group, whole=whole):
            members = whole.subset(group)
            return whole.weights[list(group)] @ pairs.divergences(members, members.reduce(1))[:, 0]

        best = min(sum(map(lost, groups)) for groups in all_partitions(tuple(range(8))) if len(groups) == 3)
        ratios.append(mix.weights @ pairs.divergences(mix, mix.reduce(3)).min(axis=1) / best)
    assert min(ratios) > 1 - 1e-9
    assert np.median(ratios) < 1.05
    assert max(ratios) < 1.5


def test_the_transport_problem_is_the_published_one():
    """Delon and Desolneux 2020, proposition 4, solved as it is written."""
    p, q = mixture("full", 2, 3, 1), mixture("full", 2, 2, 2)
    cost = pairs.squared_distances(p, q)
    rows = np.kron(np.eye(3), np.ones((1, 2)))
    columns = np.kron(np.ones((1, 3)), np.eye(2))
    sums = np.concatenate([p.weights, q.weights])
    plain = linprog(cost.ravel(), A_eq=np.vstack([rows, columns])[:-1], b_eq=sums[:-1])
    assert p.wasserstein(q) ** 2 == pytest.approx(plain.fun, rel=1e-9)
