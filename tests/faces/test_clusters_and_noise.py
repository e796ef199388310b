"""Clusters of several components, and outliers, in estimators, commands and files."""

import json
import pickle
import re

import dask.array as da
import numpy as np
import pytest
from sklearn.datasets import make_moons
from terminal import mixtura

import mixtura as mx
from mixtura.errors import InputError, MixturaWarning, StorageError
from mixtura.model.storage import load_with_notes, save
from mixtura.sources import tables

RNG = np.random.default_rng(0)
MOONS, MOON = make_moons(400, noise=0.05, random_state=0)
X = np.concatenate([MOONS, RNG.uniform([-2, -2], [3, 2.5], (40, 2))])
MODEL = {"n_components": 8, "random_state": 0, "init_params": "hierarchical", "max_iter": 300}
NOISY = mx.fit(X, 8, noise=True, n_init=3, rng=0)


def agreement(label, truth):
    return max(np.mean(label == truth), np.mean(label == 1 - truth))


# Estimators


def test_n_clusters_is_what_predict_tells_of():
    model = mx.GaussianMixture(**MODEL, n_clusters="auto").fit(MOONS)
    assert model.n_clusters_ == model.clusters_.suggested == 2
    assert agreement(model.predict(MOONS), MOON) > 0.99
    shares = model.predict_proba(MOONS)
    assert shares.shape == (400, 2)
    np.testing.assert_allclose(shares, model.clusters_.responsibilities(MOONS), atol=1e-12)
    assert (model.predict(MOONS) == shares.argmax(axis=1)).all()
    assert model.set_output(transform="pandas").fit_transform(MOONS).shape == (400, 2)
    plain = mx.GaussianMixture(**MODEL).fit(MOONS)
    assert plain.mixture_ == model.mixture_
    assert (model.score_samples(MOONS) == plain.score_samples(MOONS)).all()
    assert not hasattr(plain, "clusters_")
    assert (mx.GaussianMixture(**MODEL, n_clusters=3).fit_predict(MOONS) == model.clusters_.predict(MOONS, 3)).all()
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(MOONS) == model.predict(MOONS)).all()


def test_rows_in_blocks_and_partitions_have_the_same_clusters():
    model = mx.GaussianMixture(**MODEL, n_clusters=2, noise=True).fit(X)
    label = model.predict(X)
    blocks = mx.GaussianMixture(**(MODEL | {"init_params": model.mixture_}), n_clusters=2, noise=True)
    blocks.fit(lambda: [X[:200], X[200:]])
    partitions = mx.combine(model.mixture_, da.from_array(X, chunks=(100, 2)), background=8)
    assert partitions.merges == model.clusters_.merges
    np.testing.assert_allclose(partitions.entropies, model.clusters_.entropies, atol=1e-9)
    assert blocks.clusters_.merges == mx.combine(blocks.mixture_, X, background=8).merges
    assert (np.asarray(model.predict(lambda: [X[:99], X[99:]])) == label).all()
    lazy = model.predict_proba(da.from_array(X, chunks=(100, 2)))
    np.testing.assert_allclose(lazy.compute(), model.predict_proba(X), atol=1e-12)
    assert lazy.shape == (440, 3)


def test_a_bayesian_mixture_combines_the_components_that_have_rows():
    model = mx.BayesianGaussianMixture(
        n_components=14, weight_concentration_prior=1e-3, n_clusters=2, random_state=0, max_iter=1000
    )
    label = model.fit_predict(MOONS)
    assert model.clusters_.most < 14
    assert model.n_clusters_ == 2
    assert agreement(label, MOON) > 0.98
    np.testing.assert_allclose(model.predict_proba(MOONS).sum(axis=1), 1)


def test_more_clusters_than_components_are_as_many_as_there_are():
    model = mx.GaussianMixture(2, n_clusters=5, random_state=0, max_iter=500)
    with pytest.warns(MixturaWarning, match=r"n_clusters is 5, but the number of components .* is 2: raise"):
        model.fit(MOONS)
    assert model.n_clusters_ == 2


@pytest.mark.parametrize("kind", ["full", "tied", "EII"])
def test_noise_has_the_label_of_scikit_learns_clusterers(kind):
    model = mx.GaussianMixture(**MODEL, noise=True, covariance_type=kind).fit(X)
    label, shares = model.predict(X), model.predict_proba(X)
    assert model.background_ == 8
    assert set(label) <= {-1, *range(8)}
    assert -1 in label
    assert shares.shape == (440, 9)
    assert (shares[np.arange(440), label] == shares.max(axis=1)).all()  # -1 finds the last column
    assert model.means_.shape == (9, 2)
    assert len(model.covariances_) == 9
    assert (model.fit_predict(X) == label).all()
    assert set(model.sample(500)[1]) <= {-1, *range(8)}
    count = model.mixture_.subset(range(8)).n_parameters if kind == "full" else {"tied": 26, "EII": 24}[kind]
    assert model._n_parameters() == count + 1
    assert model.bic(X) == pytest.approx(-2 * 440 * model.score(X) + (count + 1) * np.log(440))
    model.means_ = model.means_ + 1.0
    assert model.mixture_.means[0, 0] == model.means_[0, 0]  # what a program sets is followed still


def test_noise_goes_on_with_warm_starts_and_more_rows():
    model = mx.GaussianMixture(**MODEL, noise=0.1, covariance_type="VEE", warm_start=True, tol=1e-4).fit(X)
    background = model.means_[8].copy()
    model.fit(X)
    assert model.n_iter_ < 20
    model.partial_fit(X[:200]).partial_fit(X[200:])
    assert (model.means_[8] == background).all()
    assert model.weights_[8] == pytest.approx(0.1)
    with pytest.raises(InputError, match="warm_start=True resumes from <Mixture of 9"):
        model.set_params(noise=None).fit(X)
    given = mx.GaussianMixture(2, noise=True, means_init=[[0, 1], [1, 0]], fixed={"means": [0]})
    with pytest.raises(InputError, match="start is no Mixture"):
        given.fit(X)
    start = mx.Mixture([0.5, 0.5], [[0, 1], [1, 0]], [np.eye(2)] * 2)
    fixed = mx.GaussianMixture(2, noise=True, init_params=start, fixed={"means": [0]}, max_iter=500).fit(X)
    assert fixed.means_[0].tolist() == [0, 1]


# Files


def test_a_file_tells_of_both_and_stays_a_model(tmp_path):
    path = tmp_path / "a.mix"
    NOISY.save(path, notes={"of": "moons"})
    assert mx.load(path) == NOISY.mixture
    assert load_with_notes(path)[1] == {"background": 8, "n_parameters": NOISY.n_parameters, "of": "moons"}
    header = path.read_bytes()[8 : 8 + int.from_bytes(path.read_bytes()[:8], "little")]
    assert json.loads(header)["__metadata__"]["version"] == "1"  # which any Mixtura reads
    mx.fit(X, 2, rng=0).save(path)
    assert load_with_notes(path)[1] == {}
    clusters = mx.combine(NOISY, X)
    clusters.save(path, n_clusters=3)
    notes = load_with_notes(path)[1]
    assert (notes["background"], notes["clusters"]["n_clusters"]) == (8, 3)
    with pytest.raises(InputError, match="n_clusters is 9: 8 components can be combined into 1 to 8"):
        clusters.save(path, n_clusters=9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"background": 9},
        {"background": "last"},
        {"n_parameters": None},
        {"clusters": {}},
        {"clusters": 5},
        *({"clusters": change} for change in (
            {"n_clusters": 9}, {"n_clusters": 1.5}, {"first": [0, 1]}, {"merges": [[0, 99]]}, {"merges": 3},
            {"seams": [0.1]}, {"first": [99] * 9}, {"entropies": "high"},
        )),
    ],
    ids=str,
)  # fmt: skip
def test_notes_of_a_stranger_are_looked_at(wrong, tmp_path):
    notes = mx.combine(NOISY, X).notes() | {"background": 8}
    change = wrong.get("clusters")
    if isinstance(change, dict) and change:
        wrong = {"clusters": notes["clusters"] | change}
    save(NOISY.mixture, tmp_path / "a.mix", notes=notes | wrong)
    said = mixtura("show", "a.mix", folder=tmp_path)
    assert said.code == 2
    assert re.fullmatch(r"mixtura: a\.mix is damaged: its notes on the mixture cannot be read \(.*\)\.\n", said.err)
    assert len(said.err) < 500
    from mixtura.em.notes import told

    with pytest.raises(StorageError):
        told(*load_with_notes(tmp_path / "a.mix"), "a.mix")


# Commands


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table of the points, and a model of them with noise and clusters."""
    made = tmp_path_factory.mktemp("clusters")
    tables.write(made / "moons.csv", dict(zip("xy", X.T, strict=True)))
    return made


def ok(*words, folder):
    said = mixtura(*words, folder=folder)
    assert (said.code, said.err) == (0, ""), said
    return said


def columns(said):
    first, *lines = said.out.splitlines()
    return dict(zip(first.split(","), np.array([line.split(",") for line in lines], float).T, strict=True))


def test_fit_and_predict_tell_of_clusters_and_of_noise(folder):
    words = ("fit", "moons.csv", "-k", "8", "--n-init", "3", "-o", "a.mix")
    said = ok(*words, "--noise", "auto", "--clusters", "auto", folder=folder)
    assert "a background of" in said.out
    assert "combined into 2 clusters: 0 of 0 + " in said.out
    assert mx.load(folder / "a.mix").means.tobytes() == NOISY.mixture.means.tobytes()
    clusters = mx.combine(NOISY, X)
    found = columns(ok("predict", "a.mix", "moons.csv", "--probabilities", folder=folder))
    assert list(found) == ["cluster", "p0", "p1", "p_noise"]
    assert (found["cluster"] == clusters.predict(X)).all()
    np.testing.assert_allclose(np.stack([*found.values()][1:], axis=1), clusters.responsibilities(X), atol=1e-9)
    three = columns(ok("predict", "a.mix", "moons.csv", "--clusters", "3", folder=folder))
    assert (three["cluster"] == clusters.predict(X, 3)).all()
    shown = ok("show", "a.mix", "--no-plot", folder=folder).out
    assert "component 8 is a background" in shown
    assert "2 clusters of components: 0 of " in shown
    assert ok("show", "a.mix", "--json", folder=folder).record["clusters"] == clusters.groups().tolist()
    record = ok("score", "a.mix", "moons.csv", "--json", folder=folder).record
    assert record["bic"] == pytest.approx(mx.bic(NOISY, X), rel=1e-9)
    assert -1 in columns(ok("sample", "a.mix", "-n", "200", "--labels", folder=folder))["component"]


def test_a_model_without_clusters_is_combined_by_the_table(folder):
    ok("fit", "moons.csv", "-k", "8", "--noise", "0.1", "-o", "b.mix", folder=folder)
    fit = mx.fit(X, 8, noise=0.1, rng=0)
    found = columns(ok("predict", "b.mix", "moons.csv", "--probabilities", folder=folder))
    assert list(found) == ["component", *(f"p{i}" for i in range(8)), "p_noise"]
    assert (found["component"] == fit.predict(X)).all()
    found = columns(ok("predict", "b.mix", "moons.csv", "--clusters", "auto", folder=folder))
    assert (found["cluster"] == mx.combine(fit, X).predict(X)).all()
    record = ok("condition", "b.mix", "x=1", "-o", "c.mix", "--json", folder=folder).record
    assert record["n_components"] == 9
    assert load_with_notes(folder / "c.mix")[1] == {"background": 8}


def test_choose_keeps_both(folder):
    words = ("choose", "moons.csv", "-k", "8", "--covariance", "full", "--noise", "auto", "--clusters", "2")
    record = ok(*words, "-o", "d.mix", "--json", folder=folder).record
    assert (record["n_clusters"], record["background"], len(record["clusters"])) == (2, 8, 9)
    assert set(columns(ok("predict", "d.mix", "moons.csv", folder=folder))["cluster"]) == {-1, 0, 1}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fit", "moons.csv", "-k", "2", "--noise", "2"), "--noise is '2': give auto, or the share of the background"),
        (("fit", "moons.csv", "-k", "2", "--noise", "much"), "--noise is 'much': give auto"),
        (("fit", "moons.csv", "-k", "2", "--clusters", "0"), "--clusters is '0': give auto, or a whole number >= 1"),
        (("fit", "moons.csv", "-k", "2", "--clusters", "3"), "--clusters is 3, but there are 2 components"),
        (("choose", "moons.csv", "-k", "2", "--covariance", "full", "--clusters", "3"),
         "--clusters is 3: 2 components can be combined into 1 to 2 clusters"),
        (("predict", "true.mix", "moons.csv", "--clusters", "4"), "--clusters is 4: 2 components can be combined"),
        (("predict", "true.mix", "moons.csv", "--target", "x", "--clusters", "2"),
         "--target and --clusters do not go together"),
    ],
)  # fmt: skip
def test_one_sentence_for_each_mistake(folder, words, says):
    mx.Mixture([0.5, 0.5], [[0, 1], [1, 0]], [np.eye(2)] * 2, names=["x", "y"]).save(folder / "true.mix")
    said = mixtura(*words, folder=folder)
    assert said.code == 2
    assert said.err.startswith(f"mixtura: {says}")
    assert said.err.count("\n") == 1
    assert len(said.err) < 500
    assert not (folder / "moons.mix").exists()
