"""Samples of one component, inside a confidence region, inside a box: where they may lie, and how they lie there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, kstest
from strategies import KINDS, mixtures, random_mixture

import mixtura as mx
from mixtura.errors import InputError

N = 3000
CHANCE = 1e-7  # of a wrong alarm, for each of some thousand tests whose seeds are fixed


@st.composite
def boxes(draw, mix):
    """(low, high): around a point of the mixture or out in its tails, wide, thin or open a coordinate."""
    d = mix.n_coordinates
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = np.sqrt(np.diagonal(mix.covariance()))
    away = draw(st.sampled_from([0.0, 1.0, 10.0, 100.0])) * rng.choice([-1, 1], d)
    centre = mix.sample(1, rng=rng)[0] + away * scale
    width = scale * 10.0 ** rng.uniform(draw(st.sampled_from([-8, -1])), 1, d)
    low, high = centre - width, centre + width
    low[rng.random(d) < 0.25] = -np.inf
    high[rng.random(d) < 0.25] = np.inf
    return low, high


@given(mixtures(), st.data())
def test_no_sample_leaves_the_box(mix, data):
    low, high = data.draw(boxes(mix))
    x, labels = mix.sample(300, box=(low, high), rng=0, return_labels=True)
    assert x.shape == (300, mix.n_coordinates)
    assert ((low <= x) & (x <= high)).all()
    assert set(labels) <= set(range(mix.n_components))
    np.testing.assert_array_equal(x, mix.sample(300, box=(low, high), rng=0))


@settings(max_examples=25)
@given(mixtures(), st.data())
def test_a_box_leaves_the_shape_of_the_density(mix, data):
    """Samples in a box are as those of the mixture that fall there, in their labels and in every coordinate."""
    scale = np.sqrt(np.diagonal(mix.covariance()))
    centre = mix.sample(1, rng=data.draw(st.integers(0, 1000)))[0]
    low, high = centre - scale * 1.2, centre + scale * 1.5
    found, found_labels = mix.sample(N, box=(low, high), rng=1, return_labels=True)
    x, labels = mix.sample(200_000, rng=2, return_labels=True)
    inside = ((low <= x) & (x <= high)).all(axis=1)
    x, labels = x[inside], labels[inside]
    share = np.bincount(labels, minlength=mix.n_components) / len(labels)
    counted = np.bincount(found_labels, minlength=mix.n_components) / N
    error = np.sqrt(share * (1 - share) * (1 / N + 1 / len(labels)))
    assert (np.abs(counted - share) <= 6 * error + 1e-3).all()
    for j in range(mix.n_coordinates):
        assert kstest(found[:, j], x[:, j]).pvalue > CHANCE


@given(mixtures(), st.data())
def test_samples_of_one_component(mix, data):
    k = data.draw(st.integers(0, mix.n_components - 1))
    x, labels = mix.sample(N, component=k, rng=0, return_labels=True)
    assert (labels == k).all()
    w = mix.whitener[k if len(mix.whitener) > 1 else 0]
    z = (x - mix.means[k]) * w if w.ndim == 1 else (x - mix.means[k]) @ w.T
    for column in z.T:
        assert kstest(column, "norm").pvalue > CHANCE


@given(mixtures(), st.floats(1e-6, 0.999))
def test_samples_within_a_region(mix, level):
    x, labels = mix.sample(N, within=level, rng=0, return_labels=True)
    inside = mix.in_confidence_region(x, level)
    assert inside.mean() > 0.999  # at the border, rounding decides
    for k in range(mix.n_components):
        own = mix.subset([k])
        squared = -2 * (own.log_density(x[labels == k]) - own.log_scales[0])
        # The share that a point's own ellipsoid holds is uniform up to the level.
        held = chi2(mix.n_coordinates).cdf(np.maximum(squared, 0)) / level
        assert len(held) == 0 or kstest(held, "uniform").pvalue > CHANCE
    share = np.bincount(labels, minlength=mix.n_components) / N
    assert (np.abs(share - mix.weights) <= 6 * np.sqrt(mix.weights / N)).all()


@given(mixtures(), st.floats(0.01, 0.99))
def test_regions(mix, level):
    x, labels = mix.sample(N, rng=3, return_labels=True)
    inside = mix.in_confidence_region(x, level)
    each = [mix.in_confidence_region(x, level, component=k) for k in range(mix.n_components)]
    np.testing.assert_array_equal(inside, np.any(each, axis=0))
    assert (inside <= mix.in_confidence_region(x, 0.5 + level / 2)).all()
    error = 6 * np.sqrt(level * (1 - level) / N)
    own = np.choose(labels, each)
    assert abs(own.mean() - level) <= error
    assert inside.mean() >= level - error
    d = mix.n_coordinates
    a = np.random.default_rng(0).normal(size=(d, d)) + 3 * np.eye(d)
    image = mix.transform(a, np.ones(d)).in_confidence_region(x @ a.T + 1, level)
    assert (image == inside).mean() > 0.998  # at the border, rounding decides


@pytest.mark.parametrize("kind", KINDS)
def test_dormant_components_have_no_region(kind):
    mix = random_mixture(0, kind, 2, 2)
    asleep = mx.Mixture([0, 1], [[0, 0], [1e6, 1e6]], mix.covariances, kind)
    assert not asleep.in_confidence_region([[0, 0]], 0.9)[0]
    assert asleep.in_confidence_region([[0, 0]], 0.9, component=0)[0]
    assert asleep.in_confidence_region(np.empty((0, 2)), 0.9).shape == (0,)
    assert np.abs(asleep.sample(5, component=0, rng=0)).max() < 100


def test_an_open_box_is_no_box():
    mix = random_mixture(0, "full", 3, 2)
    whole = mix.sample(50, box=(-np.inf, np.inf), rng=4)
    np.testing.assert_array_equal(whole, mix.sample(50, rng=4))
    assert mix.sample(0, box=(0, 1e3), rng=0).shape == (0, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"box": (0, 1), "within": 0.5}, "within and box are both given"),
        ({"box": 3}, "box is 3, expected"),
        ({"box": (0, 1, 2)}, "expected"),
        ({"box": ([0, 0, 0], 1)}, "low of the box is .*, expected 2 numbers"),
        ({"box": (0, [1, np.nan])}, "high of the box is .*, expected 2 numbers"),
        ({"box": ([0, 5], [1, 5])}, "empty in coordinate 1: its low 5 is not below its high 5"),
        ({"box": (0, "a")}, "box high cannot be read as numbers"),
        ({"box": (1e9, 2e9)}, "standard deviations off the nearest component, samples are exact up to 1e"),
        ({"within": 0}, "level is 0: a confidence region holds"),
        ({"within": 1.01}, "level is 1.01: a confidence region holds"),
        ({"within": np.nan}, "level is nan: a confidence region holds"),
        ({"component": 2}, "component is 2: the components are numbered 0 to 1"),
        ({"component": [0, 1]}, "numbered 0 to 1"),
        ({"component": True}, "numbered 0 to 1"),
    ],
)
def test_wrong_requests(options, message):
    with pytest.raises(InputError, match=message):
        random_mixture(0, "full", 2, 2).sample(3, **options)


def test_what_is_not_exact_is_refused():
    """Nearly flat Gaussians far out: the ratio of densities has no digits left, and says so."""
    flat = mx.Mixture([1.0], [[0.0, 0.0]], [[[1.0, 1 - 1e-13], [1 - 1e-13, 1.0]]])
    with pytest.raises(InputError, match="too far out for double precision"):
        flat.sample(10, box=([5, -9], [6, -8]), rng=0)
