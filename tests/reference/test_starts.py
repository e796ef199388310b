"""Where EM begins: every start for every covariance type, and k-means against scikit-learn's."""

import numpy as np
import pytest
from cases import KINDS, cases, clouds
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans, kmeans_plusplus

import mixtura as mx
from comparing import mixture_gap
from mixtura.em.kmeans import _seeds, lloyd, nearest, seed
from mixtura.em.objective import Objective
from mixtura.em.start import begin, from_labels, partition, spreads
from mixtura.errors import FitError, MixturaWarning
from mixtura.kernels import nearest as kernel
from mixtura.kernels.tiles import nearness_order

TABLE = cases()
STARTS = ("kmeans", "kmeans++", "random", "random_from_data", "partition", "hierarchical")


def points(x, weight=None, dtype="float64"):
    return mx.Points.from_array(x, weight, dtype=dtype)


def sound(mix, k, d, kind):
    assert mix.means.shape == (k, d)
    assert mix.covariance_type == kind
    assert abs(mix.weights.sum() - 1) < 1e-12
    for array in (mix.weights, mix.means, mix.covariances):
        assert np.isfinite(array).all()


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["1 coordinates", "17 coordinates", "offset 1e8", "scale 1e-12", "duplicates", "zero weights", "outlier"]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_start_for_every_type(start, kind, name, dtype):
    case = TABLE[name]
    given_points = points(case.x, case.weight, dtype)
    reg = case.reg or 1e-3 * float(np.var(case.x, axis=0).min())
    mix = begin(given_points, 4, start, covariance_type=kind, objective=Objective(reg), rng=np.random.default_rng(0))
    sound(mix, 4, case.x.shape[1], kind)
    # Whatever the parts, they are the points: the mixture's mean is theirs.
    centre = np.average(given_points.x.astype(float), axis=0, weights=case.weight)
    spread = case.x.std(axis=0) + 1e-300
    assert (np.abs(mix.mean() - centre) / spread < 1e-6).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_are_described_as_they_are(kind):
    x = clouds(300, 2)
    mix = begin(points(x), 3, "partition", covariance_type=kind, objective=Objective(), rng=np.random.default_rng(0))
    labels = partition(points(x), 3)
    parts = [x[labels == k] for k in range(3)]
    scatter = np.array([np.cov(part.T, bias=True) for part in parts])
    shares = np.bincount(labels) / 300
    expected = {
        "full": scatter,
        "tied": np.einsum("k,kij->ij", shares, scatter),
        "diag": np.array([np.diag(s) for s in scatter]),
        "spherical": np.array([np.trace(s) / 2 for s in scatter]),
    }[kind]
    np.testing.assert_allclose(mix.weights, shares, rtol=1e-12)
    np.testing.assert_allclose(mix.means, [part.mean(axis=0) for part in parts], rtol=1e-12)
    np.testing.assert_allclose(mix.covariances, expected, rtol=1e-9)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_fewer_distinct_points_than_components(start, kind, engine):
    x = np.repeat([[100.0, 7.0], [103.0, 9.0]], 30, axis=0)
    with pytest.warns(MixturaWarning, match="there are 2 different points in x, but 5 "):
        fit = mx.fit(x, 5, covariance_type=kind, start=start, reg_covar=0.01, rng=0, engine=engine)
    sound(fit.mixture, 5, 2, kind)
    assert np.isfinite(fit.log_likelihoods).all()
    assert fit.dormant == tuple(np.flatnonzero(fit.mixture.weights == 0))
    with pytest.raises(FitError, match=r"is not positive definite.*Raise reg_covar or lower n_components"):
        mx.fit(np.repeat(x[:1], 30, axis=0), 2, covariance_type=kind, start=start, reg_covar=0, rng=0, engine=engine)


@given(st.integers(0, 1000), st.integers(1, 20))
def test_seeds_are_distinct_points(seed_number, k):
    rng = np.random.default_rng(seed_number)
    x = np.unique(rng.integers(0, 6, (60, 2)), axis=0) + 1000.0
    k = min(k, len(x))
    seeds = seed(points(x), k, rng)
    assert len(np.unique(seeds, axis=0)) == k
    assert {tuple(s) for s in seeds} <= {tuple(row) for row in x}


@pytest.mark.parametrize("n", [400, 8_000])
def test_seeds_have_weight(n):
    x = clouds(n, 2)
    weight = (np.arange(n) % 4 == 0).astype(float)
    chosen = {tuple(row) for row in x[weight > 0]}
    for number in range(20):
        seeds = seed(points(x, weight), 30, np.random.default_rng(number))
        assert {tuple(s) for s in seeds} <= chosen


@pytest.mark.parametrize("d", [1, 3, 17])
def test_compiled_seeds_are_those_of_numpy(d):
    """Draws that NumPy and the kernel turn into the same rows, where rounding decides nothing."""
    rng = np.random.default_rng(d)
    x = rng.integers(-40, 40, (3_000, d)).astype(np.float32) / 64  # squares and their sums are exact
    mass = rng.integers(0, 3, 3_000).astype(np.float32)
    draws = rng.random((30, 4))
    first = int(mass.argmax())
    order = nearness_order(x)  # along which the kernel draws
    expected = order[_seeds(x[order], mass[order], draws, int(np.flatnonzero(order == first)[0]))]
    np.testing.assert_array_equal(kernel.seeds(x, mass, draws, first), expected)


def test_compiled_seeds_end_where_points_do():
    x = np.repeat(np.eye(3, dtype=np.float32), 100, axis=0)
    draws = np.random.default_rng(0).random((7, 2))
    found = kernel.seeds(x, np.ones(300, np.float32), draws, 5)
    assert sorted(found // 100) == [0, 1, 2]


def inertia(x, centres, labels):
    return float(((x - centres[labels]) ** 2).sum())


def centres_of(x, labels, k):
    return np.stack([x[labels == c].mean(axis=0) for c in range(k)])


@pytest.mark.parametrize(("n", "d", "k"), [(1500, 2, 12), (1500, 17, 12), (10_000, 2, 20)])
def test_seeds_are_as_good_as_scikit_learns(n, d, k):
    x, ours, theirs = clouds(n, d), [], []
    for number in range(40):
        seeds = seed(points(x), k, np.random.default_rng(number))
        ours.append(inertia(x, seeds, nearest(x, seeds)))
        others = kmeans_plusplus(x, k, random_state=number)[0]
        theirs.append(inertia(x, others, nearest(x, others)))
    # Both draw greedily; the mean of 40 inertias, each within 10 %, is known to 2 %.
    assert np.mean(ours) < 1.06 * np.mean(theirs)
    # Plain draws of points, which the law of k-means++ must beat.
    rng = np.random.default_rng(0)
    plain = [rng.choice(x, k, replace=False) for _ in range(40)]
    assert np.mean(ours) < 0.97 * np.mean([inertia(x, c, nearest(x, c)) for c in plain])


@pytest.mark.parametrize(("n", "d", "k"), [(800, 2, 6), (30_000, 2, 12), (600, 17, 5), (20_000, 17, 12), (900, 1, 4)])
def test_lloyd_ends_where_scikit_learn_does(n, d, k):
    x = clouds(n, d)
    seeds = seed(points(x), k, np.random.default_rng(3))
    centres, labels = lloyd(points(x), seeds)
    ours = inertia(x, centres_of(x, labels, k), labels)
    # Each centre is the mean of its points but for the last, small step.
    np.testing.assert_allclose(centres, centres_of(x, labels, k), atol=0.05)
    theirs = KMeans(k, init=seeds, n_init=1, tol=1e-4, max_iter=50).fit(x)
    assert ours == pytest.approx(theirs.inertia_, rel=1e-3)
    assert ours < inertia(x, seeds, nearest(x, seeds))


@pytest.mark.parametrize(
    ("n", "d", "k"), [(500, 2, 7), (30_000, 2, 12), (500, 17, 7), (20_000, 17, 12), (1500, 1, 200)]
)
def test_nearest_is_nearest(n, d, k):
    x = clouds(n, d)
    centres = x[:k] + 0.01
    distance = ((x[:, None] - centres) ** 2).sum(axis=2)
    labels = nearest(x, centres)
    np.testing.assert_allclose(distance[np.arange(n), labels], distance.min(axis=1), rtol=1e-9)


@pytest.mark.parametrize("n", [400, 50_000])
def test_lloyd_heeds_weights(n):
    x = clouds(n, 2)
    times = np.random.default_rng(0).integers(1, 4, n)
    centres, labels = lloyd(points(x, times), x[:5])
    expected, repeated = lloyd(points(np.repeat(x, times, axis=0)), x[:5])
    np.testing.assert_allclose(centres, expected, rtol=1e-9)
    np.testing.assert_array_equal(np.repeat(labels, times), repeated)


@given(st.integers(1, 300), st.integers(1, 40), st.integers(1, 3))
def test_partition_gives_equal_parts(n, k, d):
    k = min(k, n)
    x = np.random.default_rng(n).normal(size=(n, d))
    sizes = np.bincount(partition(points(x), k), minlength=k)
    assert sizes.max() - sizes.min() <= 1


def test_partition_splits_the_widest_column():
    x = np.random.default_rng(0).uniform(size=(1000, 3)) * [1.0, 10.0, 2.0]
    labels = partition(points(x), 4)
    assert np.ptp(x[labels < 2, 1]) < 5.5
    assert all(np.ptp(x[labels == part, 1]) < 3.0 for part in range(4))


@given(st.integers(1, 12), st.integers(0, 100))
def test_partition_gives_parts_of_equal_weight(k, number):
    rng = np.random.default_rng(number)
    weight = rng.uniform(0, 1, 500)
    mass = np.bincount(partition(points(rng.normal(size=(500, 2)), weight), k), weight, k)
    # Each cut falls between two points, and a part has a cut on either side.
    assert np.abs(mass - weight.sum() / k).max() <= 2


@pytest.mark.parametrize("kind", KINDS)
def test_start_by_responsibilities_and_by_callable(kind):
    x = clouds(300, 2)
    labels = partition(points(x), 3)
    options = {"covariance_type": kind, "max_iter": 3, "rng": 1}
    named = mx.fit(x, 3, start="partition", **options)
    shares = mx.fit(x, 3, start=np.eye(3)[labels], **options)
    by_list = mx.fit(x, 3, start=np.eye(3)[labels].tolist(), **options)
    called = mx.fit(x, 3, start=lambda p, k, rng: np.eye(k)[partition(p, k)], **options)
    mixture = begin(points(x), 3, "partition", covariance_type=kind, rng=np.random.default_rng(0))
    given_mixture = mx.fit(x, 3, start=lambda p, k, rng: mixture, **options)
    in_words = mx.fit(x, 3, start=lambda p, k, rng: "partition", **options)
    for other in (shares, by_list, called, given_mixture, in_words):
        # A tiny part of rounding: the sums are formed in another order.
        assert mixture_gap(other.mixture, named.mixture) < 1e-9


def test_a_callable_sees_the_points_and_the_generator():
    seen = {}

    def start(given_points, k, rng):
        seen.update(points=given_points, k=k, rng=rng)
        return "kmeans"

    rng = np.random.default_rng(0)
    mx.fit(clouds(50, 2), 3, start=start, rng=rng)
    assert isinstance(seen["points"], mx.Points)
    assert seen["k"] == 3
    assert seen["rng"] is rng


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_lost_component_is_revived(kind, engine, dtype):
    """Two far clouds; one component sees both, the other none."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2)) + 100
    x[:200] += [40, 0]
    variance = np.full(2, 500.0)
    covariances = {
        "full": np.array([np.diag(variance)] * 2),
        "tied": np.diag(variance),
        "diag": np.array([variance] * 2),
        "spherical": variance,
    }[kind]
    start = mx.Mixture([0.5, 0.5], [[120, 100], [1e6, 1e6]], covariances, kind)
    fit = mx.fit(x, 2, covariance_type=kind, start=start, engine=engine, dtype=dtype, tol=1e-9, max_iter=200)
    assert fit.dormant == ()
    np.testing.assert_allclose(np.sort(fit.mixture.means[:, 0]), [100, 140], atol=0.5)
    assert (np.diff(fit.log_likelihoods) >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
def test_a_component_that_cannot_be_revived_is_reported(kind, engine):
    """All points agree: a second component cannot raise the likelihood."""
    x = np.full((50, 2), 7.0)
    start = mx.Mixture([1, 0], [[7, 7], [1e6, 1e6]], unit_covariances(kind), kind)
    with pytest.warns(MixturaWarning, match="there is 1 different point in x, but 2 "):
        fit = mx.fit(x, 2, covariance_type=kind, start=start, engine=engine, reg_covar=1.0)
    assert fit.dormant == (1,)
    assert "1 dormant" in repr(fit)
    assert np.isfinite(fit.log_likelihoods).all()
    np.testing.assert_allclose(fit.mixture.means[0], 7, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_parts_are_the_same_together_as_one_by_one(kind, weighted, monkeypatch):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((600, 3)) + 1e3
    labels = rng.integers(0, 9, 600)
    labels[labels == 4] = 5  # a part without points
    table = points(x, rng.integers(0, 3, 600) if weighted else None)
    found = []
    for alone in (0, np.inf):
        monkeypatch.setattr("mixtura.em.start.ALONE", alone)
        found.append(from_labels(table, labels, 9, kind, Objective(1e-6)))
    one_by_one, together = found
    assert together.weights[4] == 0
    assert mixture_gap(one_by_one, together) < 1e-9


def test_spreads_heed_weights():
    rng = np.random.default_rng(0)
    x, times = rng.standard_t(2, (500, 3)) * [1e-9, 1.0, 1e9], rng.integers(1, 4, 500)
    expected = spreads(points(np.repeat(x, times, axis=0)))
    np.testing.assert_allclose(spreads(points(x, times)), expected, rtol=1e-9)
    low, high = np.sort(x, axis=0)[[5, 494]]
    np.testing.assert_allclose(spreads(points(x)), x.clip(low, high).std(axis=0), rtol=1e-9)


def unit_covariances(kind):
    return {"full": np.array([np.eye(2)] * 2), "tied": np.eye(2), "diag": np.ones((2, 2)), "spherical": np.ones(2)}[
        kind
    ]


@pytest.mark.parametrize("start", ["kmeans", "kmeans++", "random_from_data"])
@pytest.mark.parametrize(("d", "compiled"), [(2, True), (2, False), (20, False)])
def test_a_start_takes_no_more_threads_than_the_fit(monkeypatch, start, d, compiled):
    """Nor do the ways of scikit-learn's face, or of points with gaps and outliers."""
    asked = set()

    def wanted(n_threads):
        asked.add(n_threads)
        return 1

    monkeypatch.setattr("mixtura.kernels.threads.wanted", wanted)
    if compiled:
        monkeypatch.setattr("mixtura.em.start.PASS", 0.0)
    x = np.random.default_rng(0).normal(size=(2000, d))
    mx.fit(x, 3, start=start, n_threads=1, max_iter=1, rng=0)
    gaps = np.where(np.random.default_rng(1).random(x.shape) < 0.1, np.nan, x)
    mx.fit(gaps[:300], 2, start=start, missing=True, noise=True, n_threads=1, max_iter=1, rng=0)
    mx.fit(gaps, 2, start=start, missing=True, prior="default", n_threads=1, max_iter=1, rng=0)
    mx.fit(lambda: [x], 2, start=start, prior="default", n_threads=1, max_iter=1, rng=0)
    names = {"kmeans++": "k-means++"}
    mx.GaussianMixture(3, init_params=names.get(start, start), n_threads=1, tol=10.0, random_state=0).fit(x)
    assert asked == {1}
