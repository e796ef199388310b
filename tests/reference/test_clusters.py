"""Components combined into clusters: beside the criterion by brute force, and R's mclust by a table of its values.

`clustcombi.R` writes the table.
"""

import csv
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_circles, make_moons

import mixtura as mx
from mixtura.em import combine as door
from mixtura.errors import InputError

HERE = Path(__file__).parent
DATA = {
    "iris": load_iris().data,
    "geyser": np.loadtxt(HERE.parents[1] / "samples" / "geyser.csv", delimiter=",", skiprows=1),
}


def entropy(shares, weight=1.0):
    """-sum of t ln t, as it stands."""
    return -(weight * np.where(shares > 0, shares * np.log(np.where(shares > 0, shares, 1.0)), 0.0)).sum()


def by_brute_force(shares, weight=1.0):
    """(pairs, entropies of 1, 2, ... clusters): every pair is tried, and its entropy taken of all points."""
    columns = {i: shares[:, [i]] for i in range(shares.shape[1])}
    weight = np.reshape(weight, (-1, 1))
    pairs, entropies = [], [entropy(shares, weight)]
    while len(columns) > 1:
        tried = {}
        for a, b in combinations(columns, 2):
            rest = [columns[i] for i in columns if i not in (a, b)]
            tried[a, b] = entropy(np.hstack([*rest, columns[a] + columns[b]]), weight)
        a, b = min(tried, key=tried.get)
        columns[a] = columns[a] + columns.pop(b)
        pairs.append((a, b))
        entropies.append(tried[a, b])
    return pairs, np.array(entropies[::-1])


def overlapping(k, d=2, seed=0, n=300):
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(k, d, d))
    mix = mx.Mixture(rng.uniform(0.5, 1, k), rng.normal(0, 1.5, (k, d)), roots @ roots.transpose(0, 2, 1) + np.eye(d))
    return mix, mix.sample(n, rng=seed)


# The hierarchy


@pytest.mark.parametrize("k", [1, 2, 3, 5, 9])
def test_every_union_is_the_one_that_lowers_the_entropy_most(k):
    mix, x = overlapping(k, seed=k)
    weight = np.random.default_rng(1).uniform(0, 3, len(x))
    found = mx.combine(mix, x, sample_weight=weight)
    pairs, entropies = by_brute_force(mix.responsibilities(x), weight)
    assert list(found.merges) == pairs
    np.testing.assert_allclose(found.entropies, entropies, atol=1e-9)
    assert found.entropies[0] == 0.0
    assert not found.entropies.flags.writeable
    assert not found.seams.flags.writeable


def mclust():
    """{(data, G): {what: arrays}}."""
    table = {}
    with (HERE / "clustcombi.csv").open() as file:
        for row in csv.DictReader(file):
            here = table.setdefault((row["data"], int(row["G"])), {})
            here.setdefault(row["what"], []).append(np.array([float(word) for word in row["values"].split()]))
    return table


@pytest.mark.parametrize("cell", mclust().items(), ids=lambda cell: "-".join(map(str, cell[0])))
def test_mclust_combines_the_same_components(cell):
    (name, k), told = cell
    x = DATA[name]
    d = x.shape[1]
    (weights,), (means,), (covariances,) = told["weights"], told["means"], told["covariances"]
    mix = mx.Mixture(weights, means.reshape(k, d), covariances.reshape(k, d, d))
    found = mx.combine(mix, x)
    (entropies,), ((elbow,),) = told["entropies"], told["elbow"]
    np.testing.assert_allclose(found.entropies, entropies, rtol=1e-7, atol=1e-9)
    assert found.elbow == elbow
    for level, groups in zip(range(k, 0, -1), told["groups"], strict=True):
        if level == k or entropies[level] > 1e-9:  # clusters that are apart are united in any order
            assert (found.groups(level) == groups).all()


def test_blocks_are_the_points(monkeypatch):
    mix, x = overlapping(8, seed=3, n=1000)
    weight = np.random.default_rng(1).uniform(0, 2, len(x))
    passes, overlaps = [], door._overlaps
    monkeypatch.setattr(door, "_overlaps", lambda *given: passes.append(1) or overlaps(*given))
    whole = mx.combine(mix, x, sample_weight=weight)
    source = mx.sources.opened(lambda: ((x[i : i + 130], weight[i : i + 130]) for i in range(0, 1000, 130)))
    parts = mx.combine(mix, source)
    assert parts.merges == whole.merges
    np.testing.assert_allclose(parts.entropies, whole.entropies, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(parts.seams, whole.seams, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(parts.between, whole.between, rtol=1e-12, atol=1e-12)
    assert (np.asarray(parts.predict(lambda: [x[:500], x[500:]], 3)) == whole.predict(x, 3)).all()
    assert 2 < len(passes) < 2 * 8  # bounds spare some, and decide nothing that they do not know


def test_weights_are_repetitions_and_gaps_are_marginals():
    mix, x = overlapping(4, seed=5, n=80)
    counts = np.random.default_rng(0).integers(0, 4, len(x))
    weighted, repeated = mx.combine(mix, x, sample_weight=counts), mx.combine(mix, np.repeat(x, counts, axis=0))
    assert weighted.merges == repeated.merges
    np.testing.assert_allclose(weighted.entropies, repeated.entropies, atol=1e-10)
    gaps = x.copy()
    gaps[::3, 0] = np.nan
    found = mx.combine(mix, gaps, missing=True)
    pairs, entropies = by_brute_force(mix.responsibilities(gaps, missing=True))
    assert list(found.merges) == pairs
    np.testing.assert_allclose(found.entropies, entropies, atol=1e-10)


def test_what_is_apart_is_united_last_and_the_nearest_first():
    mix = mx.Mixture([0.2] * 5, [[0.0], [1.0], [1e4], [1e4 + 100], [-1e6]], [1.0] * 5, "spherical")
    found = mx.combine(mix, mix.sample(500, rng=0))
    assert found.merges == ((0, 1), (2, 3), (0, 2), (0, 4))
    assert found.suggested == 4


# The number


def test_two_moons_come_out_as_two():
    for seed in range(3):
        x, moon = make_moons(400, noise=0.05, random_state=seed)
        for k in (8, 10, 12):
            clusters = mx.combine(mx.fit(x, k, tol=1e-4, n_init=3, rng=0), x)
            assert clusters.suggested == 2
            label = clusters.predict(x)
            assert max(np.mean(label == moon), np.mean(label != moon)) > 0.98


@pytest.mark.parametrize(
    ("many", "k", "make"),
    [
        (2, 12, lambda rng: make_circles(1000, noise=0.05, factor=0.4, random_state=1)[0]),
        (2, 8, lambda rng: np.r_[rng.uniform(-1, 1, (500, 2)), rng.uniform([2, -1], [4, 1], (500, 2))]),
        (1, 4, lambda rng: rng.normal(size=(1000, 2))),
        (5, 5, lambda rng: rng.normal(size=(1000, 1)) + 5 * rng.integers(0, 5, (1000, 1))),
        (5, 7, lambda rng: rng.normal(size=(1000, 1)) + 8 * rng.integers(0, 5, (1000, 1))),
    ],
    ids=["rings", "squares", "one", "five", "five-by-seven"],
)
def test_the_suggested_number_of_other_shapes(many, k, make):
    x = make(np.random.default_rng(0))
    assert mx.combine(mx.fit(x, k, n_init=3, rng=0), x).suggested == many


def test_equal_components_have_the_seam_one_and_are_one_cluster():
    mix = mx.Mixture([0.5, 0.25, 0.25], [[0.0], [0.0], [99.0]], [1.0] * 3, "spherical")
    found = mx.combine(mix, mix.sample(400, rng=0))
    assert found.seams[0] == found.between[0] == pytest.approx(-(2 * np.log2(2 / 3) + np.log2(1 / 3)) / 3)  # 2:1
    assert found.seams[1] == found.between[1] == 0
    assert found.suggested == 2


def test_a_weak_seam_counts_at_every_level_that_it_is_part_of():
    mix, _ = overlapping(5)
    rest = (mix, np.arange(5), ((0, 1), (2, 3), (0, 2), (0, 4)), np.zeros(5))
    weak = mx.Clusters(*rest, np.array([0.3, 0.02, 0.3, 0.001]), np.array([0.3, 0.3, 0.3, 0.02]))
    assert weak.suggested == 5
    strong = mx.Clusters(*rest, np.array([0.3, 0.2, 0.3, 0.001]), np.array([0.3, 0.3, 0.3, 0.02]))
    assert strong.suggested == 2


# Labels


def test_labels_at_each_level_are_nested_and_numbered_by_their_lowest_component():
    mix, x = overlapping(6, seed=2)
    found = mx.combine(mix, x)
    shares = mix.responsibilities(x)
    for level in range(1, 7):
        groups = found.groups(level)
        assert groups[0] == 0
        assert (np.diff(np.unique(groups, return_index=True)[1]) > 0).all()
        united = np.stack([shares[:, groups == i].sum(axis=1) for i in range(level)], axis=1)
        np.testing.assert_allclose(found.responsibilities(x, level), united, atol=1e-15)
        assert (found.predict(x, level) == united.argmax(axis=1)).all()
    for level in range(1, 6):
        pairs = {*zip(found.groups(level + 1).tolist(), found.groups(level).tolist(), strict=True)}
        assert len(pairs) == level + 1  # each cluster is part of one


def test_a_background_belongs_to_no_cluster_and_what_has_no_points_is_none():
    mix = mx.Mixture([0.4, 0.0, 0.4, 0.2], [[0.0], [0.5], [1.0], [5.0]], [1.0, 1.0, 1.0, 50.0], "spherical")
    x = mix.sample(300, rng=0)
    found = mx.combine(mix, x, background=3)
    assert found.merges == ((0, 2),)
    assert found.groups(2).tolist() == [0, 0, 1, -1]
    assert found.groups(1).tolist() == [0, 0, 0, -1]
    shares = found.responsibilities(x, 1)
    assert shares.shape == (300, 2)
    np.testing.assert_allclose(shares[:, 1], mix.responsibilities(x)[:, 3])
    label = found.predict(x, 1)
    assert (label == np.where(shares[:, 1] > 0.5, -1, 0)).all()
    assert set(label) == {-1, 0}
    np.testing.assert_allclose(found.entropies[0], entropy(shares))


def test_a_table_of_levels_and_a_page():
    mix, x = overlapping(4, seed=1)
    found = mx.combine(mix, x)
    rows = found.rows()
    assert [row["n_clusters"] for row in rows] == [4, 3, 2, 1]
    assert [row["entropy"] for row in rows] == found.entropies[::-1].tolist()
    assert [row["united_next"] for row in rows] == [*found.merges, None]
    assert sum(row["suggested"] for row in rows) == 1
    assert repr(found) == f"<Clusters of 4 components: {found.suggested} suggested>"
    assert found._repr_html_().count("<tr") == 5


def test_the_figure_shows_the_entropies_and_the_lines():
    plt = pytest.importorskip("matplotlib.pyplot")
    x, _ = make_moons(400, noise=0.05, random_state=0)
    found = mx.combine(mx.fit(x, 8, n_init=3, rng=0), x)
    ax = found.plot()
    points, left, right, ring = ax.lines
    assert points.get_ydata().tolist() == found.entropies.tolist()
    assert left.get_xdata().tolist() == list(range(1, found.elbow + 1))
    assert right.get_xdata().tolist() == list(range(found.elbow, 9))
    assert ring.get_xdata().tolist() == [2]
    plt.figure()
    assert len(mx.combine(mx.fit(x, 2, rng=0), x).plot().lines) == 2


# Wrong input


def test_what_cannot_be_combined():
    mix, x = overlapping(3)
    found = mx.combine(mix, x)
    for wrong in (0, 4, 1.5, "two", True):
        with pytest.raises(InputError, match=r"n_clusters is .*: 3 components can be combined into 1 to 3"):
            found.groups(wrong)
    with pytest.raises(InputError, match="fit is a list: give a Fit or a Mixture"):
        mx.combine([1], x)
    with pytest.raises(InputError, match="x has 1 columns, the mixture has 2"):
        mx.combine(mix, x[:, :1])
    with pytest.raises(InputError, match="background"):
        mx.combine(mix, x, background=3)
    with pytest.raises(InputError, match="nothing to combine"):
        mx.combine(mx.Mixture([1.0], [[0.0]], [1.0], "spherical"), [[0.0]], background=0)
