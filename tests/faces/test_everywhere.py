"""What is asked to choose families, K, clusters and noise, of weighted points wherever they are: the same answer.

Where it takes all points in memory, one sentence says so, and what to give instead.
"""

import dask.array as da
import numpy as np
import pytest

import mixtura as mx
from mixtura.errors import InputError

TRUE = mx.Mixture([0.4, 0.6], [[0, 0], [7, 3]], [[[1, 0], [0, 1]], [[2, 0.8], [0.8, 1]]])
RNG = np.random.default_rng(0)
X = np.concatenate([TRUE.sample(170, rng=0), RNG.uniform(-10, 20, (20, 2))])
W = RNG.integers(1, 4, 190).astype(float)
ERRORS = RNG.uniform(0.01, 0.3, X.shape)
CLASSES = (X[:, 0] > 3).astype(int)
HOW = {"max_iter": 5, "rng": 0}
LEARN = {"random_state": 0, "max_iter": 400}
FIT = mx.fit(X, 3, noise=True, rng=0)


def fit(k=2, **more):
    def ask(x, w, _):
        found = mx.fit(x, k, sample_weight=w, **(HOW | more)).mixture
        return np.concatenate([found.weights, found.means.ravel(), found.matrices.ravel()])

    return ask


def choose(by="bic", **more):
    def ask(x, w, _):
        some = {"covariance_type": ["full", "EII"], "n_folds": 2, "n_repeats": 2, "rng": 0, "max_iter": 5}
        found = mx.choose(x, [1, 2], sample_weight=w, criterion=by, **(some | more))
        return [getattr(each, by) for each in found.candidates if getattr(each, by) is not None]

    return ask


def learn(estimator, y=None, **more):
    """What the estimator says of the rows; questions are without weights."""

    def ask(x, w, bare):
        model = estimator(**(LEARN | more))
        model.fit(x, **({} if y is None else {"y": y}), sample_weight=w)
        return np.asarray(model.predict(bare))

    return ask


ANSWERED = {
    **{f"fit {kind}": fit(covariance_type=kind) for kind in ("VEE", "EVE", "EII", "EEI")},
    "hierarchical": fit(start="hierarchical"),
    "noise": fit(noise=True, covariance_type="EEE"),
    "errors": fit(noise_covariance=[0.1, 0.2]),
    "errors of rows, noise": fit(noise_covariance=ERRORS, noise=0.1),
    "prior": fit(prior="default"),
    **{f"choose {by}": choose(by) for by in ("bic", "icl", "cv", "stability")},
    "choose, one tree": choose(start="hierarchical", covariance_type="VEV"),
    "choose, noise": choose(noise=True),
    "choose, errors": choose(noise_covariance=[0.1, 0.2]),
    "combine": lambda x, w, _: mx.combine(FIT, x, sample_weight=w).entropies,
    "combine, errors": lambda x, w, _: mx.combine(FIT, x, sample_weight=w, noise_covariance=ERRORS).entropies,
    "cluster": lambda x, w, bare: np.asarray(mx.combine(FIT, x, sample_weight=w).predict(bare)),
    "criteria": lambda x, w, _: [score(FIT, x, sample_weight=w) for score in (mx.bic, mx.aic, mx.icl)],
    "label": lambda x, w, bare: np.asarray(FIT.predict(bare, noise_covariance=ERRORS)),
    "denoise": lambda x, w, bare: np.asarray(FIT.mixture.denoise(bare, ERRORS)),
    "density": lambda x, w, bare: np.asarray(FIT.mixture.log_density(bare, noise_covariance=ERRORS)),
    "mahalanobis": lambda x, w, bare: np.asarray(FIT.mixture.mahalanobis(bare)),
    "region": lambda x, w, bare: np.asarray(FIT.mixture.in_confidence_region(bare, 0.9)),
    "estimator": learn(mx.GaussianMixture, n_components=3, noise=True, n_clusters=2),
    "classifier": learn(mx.GaussianMixtureClassifier, CLASSES, n_components=1, noise=True),
    "classifier, shared": learn(mx.GaussianMixtureClassifier, CLASSES, covariance_type="shared", noise=True),
    "regressor": learn(mx.GaussianMixtureRegressor, X[:, 0] * X[:, 1], n_components=2, noise=0.1),
}

BLOCKS = "read in blocks, but it takes all points in memory .*: give a sample of the rows"
FIGURE = r"x is read in blocks, and a figure shows points in memory: give some of its rows, as mx.sources.opened\(x\)"
REFUSED = {
    "bootstrap": (lambda x, w: mx.bootstrap(x, FIT, n=2, sample_weight=w, rng=0), BLOCKS),
    "test": (lambda x, w: mx.likelihood_ratio_test(x, FIT, n=2, sample_weight=w, rng=0), BLOCKS),
    "responsibilities": (lambda x, w: mx.fit(x, 2, start=np.full((190, 2), 0.5), sample_weight=w), "in memory"),
    "function": (lambda x, w: mx.fit(x, 2, start=lambda points, k, rng: TRUE, sample_weight=w), "in memory"),
    "scatter": (lambda x, w: mx.plots.scatter(x), FIGURE),
    "pairs": (lambda x, w: mx.plots.pairs(FIT, x), FIGURE),
    "reduced": (lambda x, w: mx.plots.reduced(FIT, x), FIGURE),
    "uncertainty": (lambda x, w: mx.plots.uncertainty(FIT, x), FIGURE),
}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The points with their weights, and without: as (x, sample_weight, x)."""
    folder = tmp_path_factory.mktemp("everywhere")
    np.save(folder / "x.npy", X)
    cuts = [slice(0, 70), slice(70, 190)]
    return {
        "blocks": (lambda: iter([(X[cut], W[cut]) for cut in cuts]), None, lambda: iter([X[cut] for cut in cuts])),
        "file": (folder / "x.npy", W, folder / "x.npy"),
        "Dask": (da.from_array(X, chunks=(70, 2)), da.from_array(W, chunks=70), da.from_array(X, chunks=(70, 2))),
    }


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ANSWERED)
def test_the_same_answer(name, places):
    ask = ANSWERED[name]
    expected = ask(X, W, X)
    for place, given in places.items():
        np.testing.assert_allclose(ask(*given), expected, rtol=1e-7, atol=1e-9, err_msg=place)


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_all_points_says_so(name, places):
    ask, says = REFUSED[name]
    for place in ("blocks", "file"):
        with pytest.raises(InputError, match=says) as caught:
            ask(*places[place][:2])
        assert len(str(caught.value)) < 300
    if says == FIGURE:
        points = mx.sources.opened(places["file"][0]).take(np.arange(0, 190, 3))
        assert ask(points, None) is not None
