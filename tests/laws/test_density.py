"""A mixture is a density, and its marginals and conditionals are those of that density."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import mixtures, near, splits

import mixtura as mx

# Log densities of points some hundred standard deviations from the origin lose two digits to x - mean, and
# conditioning solves systems of condition number below 1e3: 1e-16 * 1e2 * 1e3, times a few.
LOG = 1e-9


@given(st.data())
def test_density_factorises(data):
    mix = data.draw(mixtures(d=st.integers(2, 6)))
    on, free = data.draw(splits(mix.n_coordinates))
    for x in near(mix, 4):
        joint = mix.log_density(x[None])[0]
        given_part = mix.marginal(on).log_density(x[None, on])[0]
        rest = mix.condition(on, x[on]).log_density(x[None, free])[0]
        np.testing.assert_allclose(given_part + rest, joint, rtol=0, atol=LOG * (1 + abs(joint)))


@given(mixtures())
def test_condition_on_nothing_changes_nothing(mix):
    same = mix.condition([], [])
    x = near(mix, 5)
    np.testing.assert_allclose(same.log_density(x), mix.log_density(x), rtol=1e-12)


@given(st.data())
def test_conditions_chain(data):
    mix = data.draw(mixtures(d=st.integers(3, 6)))
    x = near(mix, 1)[0]
    at_once = mix.condition([0, 2], x[[0, 2]])
    in_turn = mix.condition([2], x[[2]]).condition([0], x[[0]])
    points = near(at_once, 5)
    np.testing.assert_allclose(at_once.log_density(points), in_turn.log_density(points), rtol=LOG, atol=LOG)


@given(st.data())
def test_marginals_commute(data):
    mix = data.draw(mixtures(d=st.integers(3, 6)))
    order = data.draw(st.permutations(range(mix.n_coordinates)))
    first, then = list(order[:3]), [2, 0]
    twice = mix.marginal(first).marginal(then)
    once = mix.marginal([first[i] for i in then])
    np.testing.assert_array_equal(twice.means, once.means)
    np.testing.assert_array_equal(twice.covariances, once.covariances)
    np.testing.assert_allclose(twice.weights, once.weights, rtol=1e-15)


@given(st.data())
def test_marginal_then_condition_commute(data):
    mix = data.draw(mixtures(d=st.integers(3, 6)))
    x = near(mix, 1)[0]
    # Coordinate 1 is forgotten, before or after coordinate 0 is known.
    a = mix.marginal([0, 2]).condition([0], x[:1])
    b = mix.condition([0], x[:1]).marginal([1])
    points = near(a, 5)
    np.testing.assert_allclose(a.log_density(points), b.log_density(points), rtol=LOG, atol=LOG)


@given(mixtures(d=st.integers(1, 2), k=st.integers(1, 3)))
def test_density_integrates_to_one(mix):
    # The trapezoid rule on Gaussians is exact to rounding once the step is below the narrowest deviation.
    deviations = np.sqrt(np.linalg.eigvalsh(mix.matrices))
    step, reach = 0.5 * deviations.min(), 8 * deviations.max()
    axes = [
        np.arange(mix.means[:, j].min() - reach, mix.means[:, j].max() + reach, step) for j in range(mix.n_coordinates)
    ]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, mix.n_coordinates)
    assert abs(mix.density(grid).sum() * step**mix.n_coordinates - 1) < 1e-9


@given(mixtures(k=st.integers(2, 5)))
def test_density_is_the_sum_over_components(mix):
    x = near(mix, 5)
    each = [w * mix.subset([k]).density(x) for k, w in enumerate(mix.weights)]
    np.testing.assert_allclose(mix.density(x), np.sum(each, axis=0), rtol=LOG, atol=0)
    np.testing.assert_allclose(mix.responsibilities(x), np.transpose(each) / np.sum(each, axis=0)[:, None], atol=LOG)


@given(mixtures())
def test_responsibilities_sum_to_one_and_predict_names_the_largest(mix):
    x = near(mix, 20)
    shares = mix.responsibilities(x)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-14)
    assert (shares >= 0).all()
    np.testing.assert_array_equal(mix.predict(x), shares.argmax(axis=1))


@given(mixtures(k=st.integers(2, 5)), st.data())
def test_order_of_components_does_not_matter(mix, data):
    order = data.draw(st.permutations(range(mix.n_components)))
    x = near(mix, 5)
    shuffled = mix.subset(list(order))
    np.testing.assert_allclose(shuffled.log_density(x), mix.log_density(x), rtol=1e-12)
    np.testing.assert_allclose(shuffled.responsibilities(x), mix.responsibilities(x)[:, list(order)], atol=1e-12)


@given(mixtures(), st.floats(0.01, 100))
def test_scaled_covariances(mix, factor):
    sharp = mix.scale_covariances(factor)
    np.testing.assert_allclose(sharp.matrices, factor * mix.matrices, rtol=1e-14)
    np.testing.assert_array_equal(sharp.means, mix.means)


def test_an_empty_table_has_no_densities():
    from strategies import random_mixture

    mix = random_mixture(0, "full", 3, 2)
    none = np.empty((0, 3))
    assert mix.log_density(none).shape == (0,)
    assert mix.responsibilities(none).shape == (0, 2)
    assert mix.predict(none).shape == (0,)
    assert mix.regress([0], none[:, :1]).shape == (0, 2)


@given(st.data())
def test_coordinates_go_by_name_or_number(data):
    mix = data.draw(mixtures(d=st.integers(2, 6), named=True))
    on, _ = data.draw(splits(mix.n_coordinates))
    called, value = [f"c{i}" for i in on], mix.means[0, on]
    assert mix.marginal(called) == mix.marginal(on)
    assert mix.condition(called, value) == mix.condition(on, value)
    assert mix.marginal(called[0]) == mix.marginal(on[0])
    x = value[None]
    np.testing.assert_array_equal(mix.regress(called, x), mix.regress(on, x))


def test_beyond_all_squares_the_density_is_nothing():
    """Not NaN: infinite distances times the zeros of a whitener say nothing."""
    for family, one in (("full", np.eye(2)), ("spherical", 1.0)):
        mixture = mx.Mixture([0.5, 0.5], [[1.5e308, 0.0], [0.0, 0.0]], [one, one], family)
        found = mixture.log_density([[-1.5e308, 1.0], [0.0, 0.0], [1.5e308, 0.0]])
        assert found[0] == -np.inf
        np.testing.assert_allclose(found[1:], np.log(0.5) - np.log(2 * np.pi))
