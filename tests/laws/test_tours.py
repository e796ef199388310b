"""Tours: every place once, near ones in a row, and no two edges that could be exchanged for shorter ones."""

from itertools import combinations, permutations

import numpy as np
import pytest

from mixtura.kernels import tour


def length(places):
    return float(np.hypot(*np.diff(places, axis=0).T).sum())


def uniform(n, seed=0):
    return np.random.default_rng(seed).uniform(0, 100, (n, 2))


def clusters(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 1000, (12, 2))[rng.integers(12, size=n)] + rng.normal(0, 20, (n, 2))


@pytest.mark.parametrize(
    "places",
    [
        *(uniform(n) for n in range(12)),
        clusters(3000),
        np.zeros((40, 2)),
        np.repeat(uniform(9), 30, axis=0),
        np.stack([np.arange(50.0), np.zeros(50)], axis=1),
        np.random.default_rng(1).integers(0, 6, (400, 2)),
    ],
    ids=[*map(str, range(12)), "clusters", "one place", "nine places", "a line", "a grid"],
)
def test_every_place_is_visited_once(places):
    for order in (tour.along_curve(places) if len(places) else np.arange(0), tour.short(places)):
        assert np.array_equal(np.sort(order), np.arange(len(places)))
    assert np.array_equal(tour.short(places), tour.short(places.copy()))


def test_a_line_is_walked_from_end_to_end():
    places = np.random.default_rng(3).permutation(np.stack([np.arange(60.0), 0.5 * np.arange(60.0)], axis=1))
    assert length(places[tour.short(places)]) == pytest.approx(59 * np.hypot(1, 0.5))


def test_few_places_nearly_have_the_shortest_tour():
    ratios = []
    for seed in range(8):
        places = uniform(6, seed)
        shortest = min(length(places[list(order)]) for order in permutations(range(6)))
        ratios.append(length(places[tour.short(places)]) / shortest)
    assert np.mean(ratios) < 1.03
    assert max(ratios) < 1.2
    assert min(ratios) > 1 - 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_no_exchange_of_two_edges_is_left(seed):
    """Of so few places each is a near one of each other, so that no exchange is passed over."""
    places = uniform(tour.NEAR + 1, seed)
    order = tour.short(places)
    own = length(places[order])
    for i, j in combinations(range(len(order) + 1), 2):  # turning round i..j exchanges the two edges at its ends
        other = np.concatenate([order[:i], order[i:j][::-1], order[j:]])
        assert length(places[other]) >= own - 1e-9


@pytest.mark.parametrize(("places", "most"), [(uniform(5000), 1.1), (uniform(5000, 1) * [1, 0.2], 1.12)])
def test_many_places_have_a_short_tour(places, most):
    area = np.prod(np.ptp(places, axis=0))
    shortest = 0.7124 * np.sqrt(len(places) * area)  # of many random places: Beardwood and others 1959
    found = length(places[tour.short(places)])
    assert 0.95 * shortest < found < most * shortest
    assert found < 0.82 * length(places[tour.along_curve(places)])


def test_clusters_have_a_short_tour():
    places = clusters(4000)
    assert length(places[tour.short(places)]) < 0.82 * length(places[tour.along_curve(places)])


def test_neighbours_on_the_hilbert_curve_are_neighbours_on_the_grid():
    side = np.arange(16) * 4096.0
    places = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    walk = places[tour.along_curve(places)]
    assert (np.abs(np.diff(walk, axis=0)).sum(axis=1) == 4096).all()
