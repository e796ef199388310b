"""Choosing by the agreement of fits to halves: the index by brute force, the curve, and what is made of it."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import mixtura as mx
from mixtura.em.choice import Candidate, Choice
from mixtura.em.stability import adjusted_rand
from mixtura.engines import base
from mixtura.errors import FitError, InputError

THREE = np.concatenate([np.random.default_rng(k).normal((9 * k, 3 * (k == 1)), 1, (80, 2)) for k in range(3)])
ASKED = {"covariance_type": "full", "criterion": "stability", "rng": 0, "n_repeats": 4}


def by_pairs(labels, others):
    """Of pairs drawn with replacement: how often both say together, less what chance gives, over what is possible."""
    one, other = labels[:, None] == labels, others[:, None] == others
    both, chance = (one & other).mean(), one.mean() * other.mean()
    return (both - chance) / ((one.mean() + other.mean()) / 2 - chance)


def test_agreement_is_that_of_pairs():
    rng = np.random.default_rng(0)
    labels, times = rng.integers(0, 4, 200), rng.integers(1, 5, 200)
    others = np.where(rng.random(200) < 0.3, rng.integers(0, 5, 200), labels)
    assert adjusted_rand(labels, others, np.ones(200)) == pytest.approx(by_pairs(labels, others), rel=1e-12)
    many = np.repeat(labels, times), np.repeat(others, times)
    assert adjusted_rand(labels, others, times.astype(float)) == pytest.approx(by_pairs(*many), rel=1e-12)
    assert adjusted_rand(labels, others, times / 7) == pytest.approx(by_pairs(*many), rel=1e-12)
    large = np.tile(labels, 500), np.tile(others, 500)
    assert adjusted_rand(*large, np.ones(100_000)) == pytest.approx(adjusted_rand_score(*large), abs=1e-4)
    assert adjusted_rand(labels, (labels + 1) % 4, np.ones(200)) == 1.0
    assert adjusted_rand(labels * 0, labels * 0, np.ones(200)) == 1.0


def test_three_clusters_are_found_again_and_four_are_not():
    found = mx.choose(THREE, range(1, 5), **ASKED)
    assert found.best.n_components == 3
    one, two, three, four = found.candidates
    assert not one.eligible
    assert one.reason.startswith("one component agrees with itself")
    assert three.stability > 0.99
    assert four.stability < 0.9
    for each in (two, three, four):
        assert len(each.repeats) == 4
        assert each.stability == pytest.approx(np.mean(each.repeats))
        assert each.spread == pytest.approx(np.std(each.repeats, ddof=1))
    assert str(found).splitlines()[-1] == "> most components as stable as any: 3 full"
    assert three.mixture.predict(THREE).reshape(3, 80).std(axis=1).max() == 0
    noise = mx.choose(np.random.default_rng(0).normal(size=(200, 2)), [2, 3], **ASKED)
    assert "but no number is stable" in str(noise)


def test_the_curve_is_that_of_the_seed_whatever_the_threads(monkeypatch):
    monkeypatch.setattr(base, "SIDE_BY_SIDE", 0)
    once = mx.choose(THREE, [2, 4], n_threads=1, **ASKED)
    for again in (mx.choose(THREE, [2, 4], n_threads=3, **ASKED), mx.choose(THREE, [4, 2, 2], **ASKED)):
        assert again.rows() == once.rows()
        assert again.mixture == once.mixture
    other = mx.choose(THREE, [2, 4], **ASKED | {"rng": 1})
    assert other.candidates[1].repeats != once.candidates[1].repeats


def test_points_in_blocks_with_weights_and_gaps():
    rng = np.random.default_rng(0)
    x, weight = THREE[rng.permutation(240)], rng.integers(0, 3, 240).astype(float)
    x[rng.random(x.shape) < 0.1] = np.nan

    def blocks():
        return zip(np.array_split(x, 5), np.array_split(weight, 5), strict=True)

    asked = ASKED | {"covariance_type": "EII", "missing": True}
    found, expected = mx.choose(blocks, [3, 5], **asked), mx.choose(x, [3, 5], sample_weight=weight, **asked)
    assert found.best.n_components == expected.best.n_components == 3
    for each, other in zip(found.candidates, expected.candidates, strict=True):
        assert each.repeats == other.repeats


def test_halves_are_bounded(monkeypatch):
    from mixtura.em import stability

    seen = []
    monkeypatch.setattr(stability, "enough", lambda k, d: 50)
    half = stability._half
    monkeypatch.setattr(stability, "_half", lambda *given: seen.append(given[3].n) or half(*given))
    found = mx.choose(THREE, [3], **ASKED | {"n_repeats": 2})
    assert seen == [50] * 4
    assert found.best.log_likelihood == pytest.approx(found.mixture.log_density(THREE).sum())


def made(k, stability, spread, kind="full"):
    fit = mx.fit([[0.0], [1.0]], 1, covariance_type="diag")
    return Candidate(k, kind, fit, k, 0.0, 0.0, 0.0, 0.0, stability=stability, spread=spread)


@pytest.mark.parametrize(
    ("curve", "best"),
    [
        ({2: (1.0, 0.0), 3: (0.998, 0.0), 4: (0.99, 0.1)}, 3),  # what is no difference is none
        ({2: (0.9, 0.1), 3: (0.81, 0.0), 4: (0.79, 0.0)}, 3),  # the spread is that of the most stable one
        ({2: (0.7, 0.1), 5: (0.9, 0.01), 9: (0.85, 0.2)}, 5),
    ],
)
def test_the_most_components_within_the_spread_of_the_best(curve, best):
    choice = Choice(tuple(made(k, *values) for k, values in curve.items()), "stability")
    assert choice.best.n_components == best
    both = (*choice.candidates, *(made(k, mean + 1e-4, spread, "tied") for k, (mean, spread) in curve.items()))
    for order in (both, both[::-1]):  # of those with as many, the most stable one
        chosen = Choice(order, "stability").best
        assert (chosen.n_components, chosen.covariance_type) == (best, "tied")


def test_what_cannot_be_compared_says_why():
    with pytest.raises(InputError, match=r"criterion is 'stability', which compares .* n_components is 1 alone"):
        mx.choose(THREE, 1, criterion="stability")
    with pytest.raises(InputError, match="n_repeats is 1: give a whole number >= 2"):
        mx.choose(THREE, 2, criterion="stability", n_repeats=1)
    found = mx.choose(THREE[::20], [3, 7], **ASKED | {"covariance_type": "EII", "n_repeats": 2})
    assert found.best.n_components == 3
    assert found.candidates[1].stability is None
    assert found.candidates[1].reason.startswith("of half of the points, n_components is 7, but only 6 points")
    with pytest.raises(
        FitError, match=r"no candidate can be recommended; of the first \(1 EII\), one component agrees"
    ):
        mx.choose(THREE[:4], [1, 4], **ASKED | {"covariance_type": "EII"})


@pytest.mark.parametrize("start", ["hierarchical", "random_from_data"])
def test_families_side_by_side_are_as_one_after_the_other(start, monkeypatch):
    x = THREE[::2]
    asked = {"covariance_type": ["VVV", "VEE", "VVI", "EII"], "start": start, "rng": 5}
    monkeypatch.setattr(base, "SIDE_BY_SIDE", 0)
    alone, together = (mx.choose(x, [1, 2, 3], n_threads=threads, **asked) for threads in (1, 4))
    for one, other in itertools.zip_longest(alone.candidates, together.candidates):
        assert one.mixture == other.mixture
        assert one.fit.log_likelihoods == other.fit.log_likelihoods
    fewer = mx.choose(x, [1, 2, 3], **asked | {"covariance_type": ["VVI"]})  # nor does it matter what is tried beside
    assert [each.bic for each in fewer.candidates] == [each.bic for each in together.candidates[6:9]]


def test_halves_are_labelled_with_their_noise(monkeypatch):
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(200, 2)), rng.uniform(0.1, 1, (200, 2))
    x[:100] += 6
    predict, seen = mx.Mixture.predict, []

    def watched(mixture, points, **options):
        seen.append(points)
        return predict(mixture, points, **options)

    monkeypatch.setattr(mx.Mixture, "predict", watched)
    mx.choose(x, 2, covariance_type="full", criterion="stability", noise_covariance=noise, rng=0, n_repeats=2)
    assert len(seen) == 4
    assert all(points.noise.shape == points.x.shape for points in seen)
