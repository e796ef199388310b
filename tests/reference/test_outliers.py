"""One point far out: its neighbours keep their digits, whatever the size of its tile; too far is said."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import mixtura as mx
from comparing import statistics_gap
from mixtura.em.start import begin, sample
from mixtura.engines.blas import BlasEngine
from mixtura.engines.cpu import CpuEngine
from mixtura.engines.reference import ReferenceEngine
from mixtura.kernels.threads import single_blas


def with_outlier(rest, far):
    """Points of which the last tile holds `rest`, one of them far out."""
    rng = np.random.default_rng(0)
    return np.vstack([rng.normal(size=(39 * 128 + rest - 1, 2)), [[far, 5.0]]])


def narrow(x):
    return mx.Mixture(np.ones(60), x[:60], np.full(60, 0.01), "spherical")


@pytest.mark.parametrize("rest", [2, 16, 40, 89, 128])
@pytest.mark.parametrize("far", [1e6, 1e9])
def test_masses_keep_their_digits(rest, far):
    x = with_outlier(rest, far)
    points, mix = mx.Points.from_array(x), narrow(x)
    found, expected = CpuEngine(points).expect(mix), ReferenceEngine(points).expect(mix)
    np.testing.assert_allclose(found.mass, expected.mass, rtol=1e-11)


@pytest.mark.parametrize("rest", [2, 16, 40, 89])
def test_single_precision_input_is_asked_in_double(rest):
    x = with_outlier(rest, 1e6).astype(np.float32)
    mix = narrow(x.astype(float))
    np.testing.assert_array_equal(mix.log_density(x), mix.log_density(x.astype(float)))
    np.testing.assert_array_equal(mix.responsibilities(x[:50]), mix.responsibilities(x[:50].astype(float)))


def test_an_outlier_does_not_press_the_others_together():
    """The order of neighbours goes by what most points span, so as few pairs are visited as without it."""
    rng = np.random.default_rng(3)
    x = rng.uniform(size=(50_000, 2))
    mix = begin(mx.Points.from_array(x), 200, "kmeans", rng=rng)
    pairs = []
    for points in (x, np.vstack([x, [[1e9, 5.0]]])):
        engine = CpuEngine(mx.Points.from_array(points))
        engine.expect(mix)
        pairs.append(engine.pairs)
    assert pairs[1] < 1.1 * pairs[0]


@pytest.mark.parametrize("n", [10, 200_000])
def test_too_far_to_be_counted(n):
    x = np.zeros((n, 2))
    x[3] = 1e200
    mix = mx.Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], np.ones((2, 2)), "diag")
    assert mix.log_density(x)[3] == -np.inf
    for question in (mix.responsibilities, lambda x: mix.responsibilities(x, sparse=True)):
        with pytest.raises(mx.errors.InputError, match="too far"):
            question(x)
    with pytest.raises(mx.errors.InputError, match="too far"):
        mix.regress([0], x[:, :1])


def test_two_groups_whose_squared_distance_is_infinite():
    y = np.random.default_rng(0).normal(size=(100, 2))
    x = np.concatenate([1e-100 * y[:50], 1e60 + 1e50 * y[50:]])
    mix = mx.Mixture([0.5, 0.5], [[0.0, 0.0], [1e60, 1e60]], [[1e-200, 1e-200], [1e100, 1e100]], "diag")
    points = mx.Points.from_array(x)
    found, expected = BlasEngine(points, "diag").expect(mix), ReferenceEngine(points).expect(mix)
    assert statistics_gap(found, expected, mix) < 1e-12


def test_a_heavy_point_is_always_in_the_sample():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300_000, 2))
    weight = np.ones(300_000)
    x[7], weight[7] = 50.0, 1e6
    points = mx.Points.from_array(x, weight)
    few = sample(points, 1000, rng)
    assert few.n == 1000
    # It has 1e6 of 1.3e6: of even steps, that share within one step at each end.
    assert (few.x[:, 0] == 50.0).sum() == pytest.approx(1000 / 1.3, abs=1)
    mix = begin(points, 2, "kmeans", rng=rng)
    assert mix.weights.max() == pytest.approx(1 / 1.3, abs=1e-3)


def test_single_precision_far_from_zero_is_told():
    x = np.random.default_rng(0).normal(size=(300, 2)) * [1e-3, 1.0] + [1e6, 0.0]
    with pytest.warns(UserWarning, match=r"column 0 of x spans 0.00\d+ about 1e\+06.*Use dtype='float64'"):
        mx.fit(x, 2, rng=0, dtype="float32")
    x[:, 0] = 1e6  # a constant column loses nothing
    mx.fit(x, 2, rng=0, dtype="float32")


@pytest.mark.parametrize(("d", "far", "dtype"), [(20, 1e12, "float32"), (20, 1e20, "float64"), (20, 1e9, "float32")])
def test_an_outlier_in_high_dimension_leaves_the_others_their_digits(d, far, dtype):
    x = np.random.default_rng(0).normal(size=(600, d))
    x[0] = far
    fit = mx.fit(x, 3, rng=0, dtype=dtype, engine="cpu")
    assert fit.mixture.log_density(x.astype(dtype)).mean() == pytest.approx(fit.log_likelihood, rel=1e-5)


def test_many_sentinels_do_not_blur_the_rest():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2000, 2))
    x[rng.random(2000) < 0.1] = 1e15
    fast, slow = (mx.fit(x, 3, rng=0, engine=engine) for engine in ("cpu", "reference"))
    assert fast.log_likelihood == pytest.approx(slow.log_likelihood, rel=1e-9)


def test_what_is_asked_beside_a_far_point_does_not_matter():
    rng = np.random.default_rng(0)
    mix = mx.Mixture(np.ones(200), rng.normal(size=(200, 2)), np.full(200, 0.1), "spherical")
    near = rng.normal(size=(2000, 2))
    together = np.concatenate([near, np.full((300, 2), 1e13)])
    np.testing.assert_allclose(mix.log_density(together)[:2000], mix.log_density(near), rtol=1e-10)
    np.testing.assert_array_equal(mix.predict(together)[:2000], mix.predict(near))


def test_who_needs_one_blas_thread_last_gives_the_others_back():
    def threads():
        return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]

    first, second = single_blas(), single_blas()
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert set(threads()) == {1}
        second.__exit__(None, None, None)
        assert threads() == before
