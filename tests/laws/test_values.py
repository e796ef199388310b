"""A mixture is a value: it cannot be changed, it changes nobody else, and copies equal it bit for bit."""

import copy
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import KINDS, mixtures, near, random_mixture

import mixtura as mx
from comparing import same_bits

ARRAYS = ("weights", "means", "covariances", "lower", "whitener", "log_scales")


@given(mixtures(named=True))
def test_saved_and_loaded_it_is_the_same(tmp_path_factory, mix):
    path = tmp_path_factory.mktemp("models") / "a.mix"
    mix.save(path)
    assert same_bits(mx.load(path), mix)


def test_a_fitted_mixture_is_saved_and_loaded_the_same(tmp_path):
    for kind in KINDS:
        x = near(random_mixture(3, "full", 3, 4), 400)
        mix = mx.fit(x, 7, covariance_type=kind, reg_covar=0.3, max_iter=5, rng=0).mixture
        mix.save(tmp_path / "a.mix")
        assert same_bits(mx.load(tmp_path / "a.mix"), mix), kind


@given(mixtures(named=True), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_pickled_and_copied_it_is_the_same(mix, protocol):
    for other in (pickle.loads(pickle.dumps(mix, protocol)), copy.copy(mix), copy.deepcopy(mix)):
        assert same_bits(other, mix)
        assert not any(getattr(other, name).flags.writeable for name in ARRAYS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_read_only(kind, name):
    mix = random_mixture(0, kind, 3, 2)
    made = (mix, mix.subset([0]), mix.marginal([0, 1]), mix.condition([0], [1.0]), mix.transform(np.eye(3)))
    for value in made:
        with pytest.raises(ValueError, match="read-only"):
            getattr(value, name)[0] = 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_handed_out_cannot_change_the_mixture(kind):
    mix = random_mixture(0, kind, 3, 2)
    before = pickle.dumps(mix)
    for out in (mix.mean(), mix.covariance(), mix.sample(3, rng=0), mix.responsibilities(mix.means)):
        out += 1
    matrices = mix.matrices
    if matrices.flags.writeable:
        matrices += 1
    assert pickle.dumps(mix) == before


def test_points_are_read_only():
    x, weight = np.ones((3, 2)), np.ones(3)
    points = mx.Points.from_array(x, weight)
    for array in (points.x, points.weight):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 2.0
    assert not np.shares_memory(points.weight, weight)
    x[0] = weight[0] = 5  # the caller's own arrays stay writable


def test_attributes_cannot_be_set():
    mix = random_mixture(0, "full", 2, 2)
    with pytest.raises(AttributeError):
        mix.weights = np.ones(2)


@pytest.mark.parametrize("kind", KINDS)
def test_the_callers_arrays_are_copied_and_never_changed(kind):
    model = random_mixture(0, kind, 3, 2)
    given = {name: np.array(getattr(model, name)) for name in ("weights", "means", "covariances")}
    given["weights"] *= 4
    kept = {name: array.copy() for name, array in given.items()}
    mix = mx.Mixture(**given, covariance_type=kind)
    for name, array in given.items():
        np.testing.assert_array_equal(array, kept[name])
        assert array.flags.writeable
        array += 1
        assert not np.shares_memory(array, getattr(mix, name))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["reference", "cpu"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_fit_leaves_its_input_alone(kind, engine, dtype):
    start = random_mixture(0, kind, 2, 2)
    x = near(start, 300).astype(dtype)
    weight = np.random.default_rng(0).uniform(0, 2, 300)
    kept, before = (x.copy(), weight.copy()), pickle.dumps(start)
    for how in (start, "kmeans", "partition", np.full((300, 2), 0.5)):
        mx.fit(x, 2, covariance_type=kind, start=how, sample_weight=weight, engine=engine, dtype=dtype, rng=0)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(weight, kept[1])
    assert x.flags.writeable
    assert weight.flags.writeable
    assert pickle.dumps(start) == before


@pytest.mark.filterwarnings("ignore:reg_covar is")  # so much of it that any points can be fitted
@given(mixtures(d=st.integers(3, 6), named=True))
def test_names_go_along(mix):
    assert mix.marginal([2, 0]).names == ("c2", "c0")
    assert mix.condition([1], [mix.mean()[1]]).names == tuple(n for n in mix.names if n != "c1")
    assert mix.subset([0]).names == mix.names
    assert mix.scale_covariances(2).names == mix.names
    assert mix.transform(np.eye(mix.n_coordinates)).names is None  # new coordinates, new names
    points = mx.Points.from_array(near(mix, 30), names=mix.names)
    assert mx.fit(points, 1, rng=0, reg_covar=float(mix.covariance().max())).mixture.names == mix.names


@given(mixtures(k=st.integers(2, 5)))
def test_subset_by_numbers_and_by_mask(mix):
    mask = np.arange(mix.n_components) % 2 == 0
    chosen = mix.subset(mask)
    assert same_bits(chosen, mix.subset(np.flatnonzero(mask)))
    np.testing.assert_array_equal(chosen.means, mix.means[mask])
    np.testing.assert_allclose(chosen.weights, mix.weights[mask] / mix.weights[mask].sum(), rtol=1e-15)


def test_weights_are_divided_by_their_sum():
    mix = mx.Mixture([1, 3], [[0.0], [1.0]], [1.0, 1.0], "spherical")
    np.testing.assert_array_equal(mix.weights, [0.25, 0.75])


def test_equal_mixtures_are_equal_and_hash_alike(tmp_path):
    one, two = (mx.Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 2.0], "spherical") for _ in range(2))
    assert one == two
    assert hash(one) == hash(two)
    one.save(tmp_path / "one.mix")
    assert mx.load(tmp_path / "one.mix") == one
    others = [
        mx.Mixture([0.4, 0.6], [[0.0], [1.0]], [1.0, 2.0], "spherical"),
        mx.Mixture([0.5, 0.5], [[0.0], [1.5]], [1.0, 2.0], "spherical"),
        mx.Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 3.0], "spherical"),
        mx.Mixture([0.5, 0.5], [[0.0], [1.0]], [[1.0], [2.0]], "diag"),
        mx.Mixture([0.5, 0.5], [[0.0], [1.0]], [1.0, 2.0], "spherical", names=["x"]),
        "no mixture",
    ]
    assert all(one != other for other in others)


def test_zeros_of_either_sign_are_the_same_value():
    one, two = (
        mx.Mixture([1.0, zero], [[zero, 1.0], [2.0, 3.0]], [[[1.0, zero], [zero, 1.0]], [[2.0, zero], [zero, 2.0]]])
        for zero in (0.0, -0.0)
    )
    assert one.means.tobytes() != two.means.tobytes()
    assert one == two
    assert hash(one) == hash(two)


def test_points_do_not_change_with_the_array_they_came_from():
    x = np.zeros((3, 2))
    points, shared = mx.Points.from_array(x), mx.Points.from_array(x, copy=False)
    x[0] = 9
    assert points.x[0, 0] == 0
    assert shared.x[0, 0] == 9


FAR_OFF = {
    "apart": ([[1e300, 0.0], [-1.7e308, 0.0]], np.eye(2), "tied"),
    "thin": ([[1e17, 0.0], [1e17, 0.0]], 1e-9 * np.eye(2), "tied"),
    "wide": ([[0.0, 0.0], [1.0, 0.0]], 1e305 * np.eye(2), "tied"),
    "small": ([[0.0, 0.0], [1e-300, 0.0]], 1e-300 * np.eye(2), "tied"),
    "on a line": ([[1e17], [1.0]], [1e-9, 1e307], "spherical"),
    "thin on a line": ([[-3e250], [3e250]], [1e-9, 1e-9], "spherical"),
}


@pytest.mark.parametrize("name", FAR_OFF)
def test_a_notebook_shows_numbers_however_far_off(name):
    means, covariances, kind = FAR_OFF[name]
    shown = mx.Mixture([0.5, 0.5], means, covariances, kind)._repr_html_()
    assert not re.search(r"\b(nan|inf)\b", shown)
    for numbers in re.findall(r'(?:points|translate|rx|ry)[=(]"?([-0-9., ]+)', shown):
        assert all(-1 <= float(number) <= 301 for number in re.split("[ ,]", numbers.strip()))
