"""The comparators can fail."""

import numpy as np
import pytest
from strategies import KINDS, near, random_mixture

import mixtura as mx
from comparing import mixture_gap, same_bits, statistics_gap
from mixtura.engines.reference import ReferenceEngine


def altered(array):
    changed = np.array(array, dtype=float)
    changed.flat[-1] *= 1 + 1e-6
    return changed


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["mass", "first", "second", "log_likelihood", "total"])
def test_statistics_gap_sees_each_part(kind, part):
    mix = random_mixture(1, kind, 3, 2, 1e3)
    true = ReferenceEngine(mx.Points.from_array(near(mix, 50))).expect(mix)
    parts = {name: getattr(true, name) for name in ("mass", "first", "second", "log_likelihood", "total")}
    changed = altered(parts[part])
    parts[part] = changed if changed.ndim else float(changed)
    assert statistics_gap(true, true, mix) == 0
    assert 1e-9 < statistics_gap(mx.Statistics(**parts), true, mix) < 1e-5


def test_statistics_gap_is_not_below_a_limit_with_nan():
    mix = random_mixture(1, "full", 2, 2)
    true = ReferenceEngine(mx.Points.from_array(near(mix, 50))).expect(mix)
    wrong = mx.Statistics(true.mass * np.nan, true.first, true.second, true.log_likelihood, true.total)
    assert not statistics_gap(wrong, true, mix) < 1e9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["weights", "means", "covariances"])
def test_mixture_comparators_see_each_part(kind, part):
    mix = random_mixture(1, kind, 3, 2, 1e3)
    parts = {name: getattr(mix, name) for name in ("weights", "means", "covariances")}
    parts[part] = altered(parts[part])
    other = mx.Mixture(**parts, covariance_type=kind)
    assert mixture_gap(mix, mix) == 0
    assert mixture_gap(other, mix) > 1e-8
    assert same_bits(mix, mix)
    assert not same_bits(other, mix)
