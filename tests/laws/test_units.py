"""Units of columns decide nothing: a fit in metres is the fit in feet, and a table is cut where its bulk is apart."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import mixtura as mx
from mixtura.em.objective import Objective
from mixtura.em.start import begin, in_own_units, spreads
from mixtura.estimators import starts

UNITS = np.array([3e-4, 70.0, 1.0])
OFFSET = np.array([2.0, -3e3, 0.1])
STARTS = ("kmeans", "kmeans++", "random", "random_from_data", "partition", "hierarchical")
CLOUDS = mx.Mixture([0.5, 0.3, 0.2], [[0, 0, 0], [4, 1, 0], [1, 5, 3]], [np.eye(3), 0.5 * np.eye(3), 2 * np.eye(3)])


def table(n=400, seed=0):
    return CLOUDS.sample(n, rng=seed)


def in_units(mixture, units, offset):
    """A mixture of the columns times `units`, plus `offset`; those of diagonal families stay diagonal."""
    return mixture.transform(np.diag(units), offset)


def agree(found, expected):
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-6)
    spread = np.sqrt(np.diagonal(expected.matrices, axis1=1, axis2=2))
    np.testing.assert_allclose((found.means - expected.means) / spread, 0, atol=1e-6)
    both = spread[:, :, None] * spread[:, None, :]
    np.testing.assert_allclose((found.matrices - expected.matrices) / both, 0, atol=1e-6)


@pytest.mark.parametrize("kind", ["full", "tied", "diag"])
@pytest.mark.parametrize("start", STARTS)
def test_a_fit_in_other_units_is_the_same_fit(kind, start):
    options = {"covariance_type": kind, "start": start, "reg_covar": 0, "rng": 1, "tol": 0, "max_iter": 5}
    x = table()
    agree(mx.fit(UNITS * x + OFFSET, 3, **options).mixture, in_units(mx.fit(x, 3, **options).mixture, UNITS, OFFSET))


@pytest.mark.parametrize("how", ["weights", "missing", "float32", "prior", "many"])
def test_so_it_is_whatever_the_points(how):
    x, options = table(), {"reg_covar": 0, "rng": 1, "tol": 0, "max_iter": 5}
    units, offset = UNITS, OFFSET
    if how == "weights":
        options["sample_weight"] = np.random.default_rng(0).integers(0, 4, len(x))
    elif how == "missing":
        x[np.random.default_rng(0).random(x.shape) < 0.2] = np.nan
        options["missing"] = True
    elif how == "float32":
        units, offset, options["dtype"] = np.array([2.0**-12, 2.0**6, 1.0]), 0 * OFFSET, "float32"
        x = x.astype(np.float32).astype(float)
    elif how == "prior":
        options["prior"] = "default"
    else:
        x = table(25_000)  # more than the start looks at
    agree(mx.fit(units * x + offset, 3, **options).mixture, in_units(mx.fit(x, 3, **options).mixture, units, offset))


def test_a_mixture_is_chosen_alike_in_other_units():
    x, options = table(300), {"covariance_type": ["full", "tied", "diag"], "reg_covar": 0, "rng": 0}
    one, other = mx.choose(x, range(1, 5), **options), mx.choose(UNITS * x, range(1, 5), **options)
    moved = 2 * len(x) * np.log(UNITS).sum()
    for a, b in zip(one.candidates, other.candidates, strict=True):
        assert (a.fit is None, a.reason == "") == (b.fit is None, b.reason == "")
        if a.fit is not None:
            assert b.bic - moved == pytest.approx(a.bic, rel=1e-6)
    assert one.candidates.index(one.best) == other.candidates.index(other.best)


SEGMENTS = np.array([[25, 3e4, 2, 100, 0.2], [40, 6e4, 10, 900, 0.8], [65, 3.5e4, 5, 300, 0.5], [50, 9e4, 1, 2e3, 0.9]])
WIDTHS = np.array([4, 2.2e4, 1, 120, 0.05])


@pytest.mark.parametrize("data", ["memory", "blocks", "dask"])
def test_segments_of_a_table_in_its_own_units(data):
    """Money varies by thousands and says nothing; age, visits, spend and score tell the segments."""
    rng = np.random.default_rng(5)
    segment = rng.integers(0, 4, 900)
    x = SEGMENTS[segment] + WIDTHS * rng.normal(size=(900, 5))
    given = x
    if data == "blocks":
        given = lambda: np.array_split(x, 7)  # noqa: E731
    elif data == "dask":
        given = pytest.importorskip("dask.array").from_array(x, chunks=(150, 5))
    for seed in range(5 if data == "memory" else 1):
        found = mx.fit(given, 4, n_init=2, rng=seed).mixture
        assert adjusted_rand_score(segment, found.predict(x)) > 0.99
        agree(found, mx.fit(x, 4, n_init=2, rng=seed).mixture)


def test_a_constant_column_changes_no_start():
    x = table()
    rng = lambda: np.random.default_rng(0)  # noqa: E731
    for value in (0.0, 1e9):
        beside = np.c_[x, np.full(len(x), value)]
        for kind in ("full", "diag"):
            alone = begin(mx.Points.from_array(x), 3, "kmeans", covariance_type=kind, rng=rng())
            wider = begin(mx.Points.from_array(beside), 3, "kmeans", covariance_type=kind, rng=rng())
            np.testing.assert_allclose(wider.means[:, :3], alone.means, rtol=1e-9)


def test_wild_values_change_no_unit():
    x = np.random.default_rng(0).normal(size=(1_000, 2)) * [1, 1e-3]
    calm = spreads(mx.Points.from_array(x))
    np.testing.assert_allclose(calm, x.std(axis=0), rtol=0.05)
    for wild in (1e6, -1e8):
        x[7] = wild
        np.testing.assert_allclose(spreads(mx.Points.from_array(x)), calm, rtol=0.02)
    times = np.random.default_rng(1).integers(0, 4, 1_000)
    weighted, repeated = mx.Points.from_array(x, times), mx.Points.from_array(np.repeat(x, times, axis=0))
    np.testing.assert_allclose(spreads(weighted), spreads(repeated), rtol=1e-12)


def test_the_unit_of_a_column_that_is_mostly_constant():
    x = np.zeros((1_000, 3))
    x[3:6, 0] = [1, 2, 3]
    x[:, 1] = 1e-200 * np.arange(1_000)
    found = spreads(mx.Points.from_array(x))
    np.testing.assert_allclose(found[:2], [x[:, 0].std(), 1e-200 * np.arange(1_000).std()], rtol=0.05)
    assert found[2] == 1


def test_columns_of_one_unit_stay_as_they_are():
    """Those of pixels, as the points say, and those of spherical components, as the family says."""
    x = table() * UNITS
    points = mx.Points.from_array(x)
    assert in_own_units(points, "spherical") is points
    assert in_own_units(points, "full") is not points
    picture = np.random.default_rng(0).integers(0, 256, (9, 30, 3)).astype(np.uint8)
    for pixels in (mx.pictures.image.colour(picture), mx.pictures.image.ink(picture)):
        some = pixels.take(np.arange(50)).rows(0, 40).columns(np.array([1, 0])).renamed(None)
        for each in (pixels, some):
            assert each.one_unit
            assert in_own_units(each, "full") is each
    same = mx.Points.from_array(x, one_unit=True)
    for dtype in ("float64", "float32"):
        options = {"rng": 0, "dtype": dtype, "reg_covar": 1e-12}
        assert mx.fit(same, 3, **options).mixture != mx.fit(points, 3, **options).mixture


@pytest.mark.parametrize("kind", ["full", "tied", "diag"])
def test_a_component_is_revived_alike_in_other_units(kind):
    """The heaviest is split along the axis that is long in units of the whole, not along that of large numbers."""
    x = mx.Mixture([0.5, 0.5], [[0, 0], [1, 9]], [np.diag([4.0, 1.0]), np.eye(2)]).sample(400, rng=0)

    def fitted(units):
        means = np.array([[0.5, 4], [1e3, 1e3]]) * units
        variances = 9 * units**2
        covariances = {"full": [np.diag(variances)] * 2, "tied": np.diag(variances), "diag": [variances] * 2}[kind]
        start = mx.Mixture([0.5, 0.5], means, covariances, kind)
        return mx.fit(x * units, 2, covariance_type=kind, start=start, reg_covar=0, tol=0, max_iter=5)

    units = np.array([50.0, 1e-3])
    one, other = fitted(np.ones(2)), fitted(units)
    assert one.dormant == ()
    agree(other.mixture, in_units(one.mixture, units, np.zeros(2)))


@pytest.mark.parametrize("few", [True, False])
def test_the_drop_in_starts_in_the_units_of_the_columns(few, monkeypatch):
    """As scikit-learn does; large tables too."""
    if not few:
        monkeypatch.setattr(starts, "FEW", 10)
    x = table() * [1, 1, 1e3]
    random = lambda: np.random.RandomState(3)  # noqa: E731
    options = {"covariance_type": "full", "objective": Objective(1e-6)}
    as_it_is, one_unit = (mx.Points.from_array(x, one_unit=one) for one in (False, True))
    found, expected = (starts.first(p, 3, "kmeans", random=random(), **options) for p in (as_it_is, one_unit))
    assert found == expected
    assert found != begin(as_it_is, 3, "kmeans", rng=np.random.default_rng(random().randint(2**31 - 1)), **options)
