"""A fit that is killed resumes from its checkpoint, and ends with the same bits as one that never was."""

import random
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from terminal import mixtura

import mixtura as mx
from mixtura.errors import InputError, OutputError, SourceError, StorageError
from mixtura.model.storage import load_all

X = np.random.default_rng(0).normal(0, 1, (600, 2)) + np.random.default_rng(1).integers(0, 3, (600, 1)) * 1.5
SETTINGS = {"n_components": 3, "rng": 0, "tol": 1e-7, "max_iter": 60, "n_init": 2, "accelerate": True}


class StopError(Exception):
    """What a callback raises in the middle of a fit."""


def bits(found):
    mixture = found.mixture
    arrays = (mixture.weights, mixture.means, mixture.covariances)
    return found.log_likelihoods, found.stop_reason, *(array.tobytes() for array in arrays)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"accelerate": False, "n_init": 1, "covariance_type": "tied"},
        {"prior": "default", "covariance_type": "diag"},
        {"covariance_type": "spherical", "rng": None},
        {"n_components": 40, "reg_covar": 0.05, "n_init": 1},  # components are lost, variances held
    ],
    ids=["momentum", "plain", "prior", "any seed", "many"],
)
def test_stopped_at_every_step(tmp_path, more):
    """Stopped again and again, after each step once; without a seed the numbers that were drawn are kept."""
    settings = SETTINGS | more
    path = tmp_path / "fit.mix"
    whole = None if settings["rng"] is None else bits(mx.fit(X, **settings))

    def stop(step):
        raise StopError

    found = None
    for _ in range(200):
        try:
            found = mx.fit(X, checkpoint=path, on_step=stop, **settings)
            break
        except StopError:
            assert mx.load(path).n_components == settings["n_components"]
    assert found is not None
    assert bits(found) == whole or whole is None
    assert bits(mx.fit(X, checkpoint=path, **settings)) == bits(found), "what has ended is only read"


Y = X @ [1.0, 2.0] + np.random.default_rng(2).normal(0, 1, len(X))
ESTIMATORS = {
    "mixture": (mx.GaussianMixture, {"n_init": 2, "accelerate": True, "prior": "default"}, ()),
    "fixed": (
        mx.GaussianMixture,
        {"init_params": mx.fit(X, 3, rng=1, max_iter=2).mixture, "fixed": {"means": [0]}},
        (),
    ),
    "Bayesian": (mx.BayesianGaussianMixture, {"n_init": 2}, ()),
    "regressor": (mx.GaussianMixtureRegressor, {"prior": "default"}, (Y,)),
    "classifier": (mx.GaussianMixtureClassifier, {"n_init": 2}, (Y > 0,)),
}


def learnt(model):
    """All numbers that a fit has left in an estimator."""
    mixtures = getattr(model, "mixtures_", None) or [model.mixture_]
    arrays = [array for one in mixtures for array in (one.weights, one.means, one.covariances)]
    more = [np.ravel(getattr(model, name, 0.0)) for name in ("lower_bounds_", "mean_precision_", "degrees_of_freedom_")]
    return [array.tobytes() for array in (*arrays, *more)]


@pytest.mark.filterwarnings("ignore:Best performing")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators_resume_too(tmp_path, name):
    """Stopped in the middle, in each of their starts; a seed of scikit-learn's kind goes on as well."""
    estimator, settings, targets = ESTIMATORS[name]
    settings = {"n_components": 3, "random_state": 0, "tol": 0, "max_iter": 8, **settings}
    whole = learnt(estimator(**settings).fit(X, *targets))
    path, heard = tmp_path / "fit.mix", []

    def stop(step):
        heard.append(step)
        if len(heard) % 5 == 0:
            raise StopError

    for _ in range(20):
        try:
            model = estimator(**settings, checkpoint=path, on_step=stop).fit(X, *targets)
            break
        except StopError:
            assert list(tmp_path.glob("*.mix"))
    assert learnt(model) == whole
    assert len(heard) > 5, "it was stopped"
    with pytest.raises(InputError, match=r"tol was|reg_covar was"):
        estimator(**settings | {"reg_covar": 1e-3}, checkpoint=path).fit(X, *targets)


def test_more_steps_can_be_asked_for(tmp_path):
    path = tmp_path / "fit.mix"
    settings = SETTINGS | {"n_init": 1}
    few = mx.fit(X, checkpoint=path, **(settings | {"max_iter": 5}))
    assert (few.n_iter, few.stop_reason) == (5, "max_iter")
    mx.fit(X, checkpoint=path, **(settings | {"tol": 1e-2}))
    assert bits(mx.fit(X, checkpoint=path, **settings)) == bits(mx.fit(X, **settings))


# Killed by SIGKILL: whatever it was doing.

FIT = """
import sys
import numpy as np, mixtura as mx
X = np.load(sys.argv[1])
def blocks():
    for part in np.array_split(X, 7):
        yield part
print("ready", flush=True)
found = mx.fit(blocks, 4, rng=3, tol=0, max_iter=60, accelerate=True, n_init=2, checkpoint=sys.argv[2])
found.mixture.save(sys.argv[3], notes={"likelihoods": found.log_likelihoods})
"""


def test_killed_at_random_moments(tmp_path):
    """20 times, spread over the life of the fit: each process goes on until it is killed, and the last one ends."""
    data, path = tmp_path / "x.npy", tmp_path / "fit.mix"
    np.save(data, X)

    def begin(target):
        command = [sys.executable, "-c", FIT, data, path, tmp_path / target]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n"
        return process

    with begin("whole.mix") as whole:
        whole.wait()
    path.unlink()
    moments = random.Random(0)
    killed = 0
    while killed < 20:
        with begin("killed.mix") as process:
            timer = threading.Timer(moments.uniform(0, 0.2), process.kill)
            timer.start()
            code = process.wait()
            timer.cancel()
        if code == 0:  # it was faster; from the beginning then
            path.unlink()
            continue
        assert code == -signal.SIGKILL
        killed += 1
        if path.exists():
            mx.load(path)
        if killed % 7 == 0:
            path.unlink(missing_ok=True)
    with begin("killed.mix") as process:
        assert process.wait() == 0
    assert (tmp_path / "killed.mix").read_bytes() == (tmp_path / "whole.mix").read_bytes()
    names = {file.name for file in tmp_path.iterdir()}
    assert names <= {"x.npy", "fit.mix", "killed.mix", "whole.mix"}


def test_the_command_goes_on_too(tmp_path):
    np.save(tmp_path / "x.npy", X)
    words = ("fit", "x.npy", "-k", 3, "--tol", 1e-7)
    assert mixtura(*words, "-o", "whole.mix", "--stream", folder=tmp_path).code == 0
    few = mixtura(*words, "--stream", "--checkpoint", "c.mix", "--max-iter", 3, "--json", folder=tmp_path)
    assert few.record["n_iter"] == 3
    rest = mixtura(*words, "--stream", "--checkpoint", "c.mix", "-o", "x.mix", folder=tmp_path)
    assert rest.code == 0
    assert (tmp_path / "x.mix").read_bytes() == (tmp_path / "whole.mix").read_bytes()
    other = mixtura("fit", "x.npy", "-k", 4, "--checkpoint", "c.mix", folder=tmp_path)
    assert other.code == 2
    assert other.err.startswith("mixtura: --checkpoint c.mix is of another fit: -k was 3 there, and is 4 now.")
    itself = mixtura(*words, "--checkpoint", "x.mix", folder=tmp_path)
    assert itself.code == 2


def test_where_points_are_lost_it_is_said_what_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr("mixtura.sources.blocks.KEPT", 0)
    monkeypatch.setenv("MIXTURA_SPILL_GB", "0")
    path, passes = tmp_path / "fit.mix", []

    def blocks():
        passes.append(1)
        if len(passes) > 6:
            raise OSError("the disk is gone")
        return [X]

    with pytest.raises(
        SourceError, match=r"the disk is gone.* What was reached is in .*fit\.mix: the same fit resumes"
    ):
        mx.fit(blocks, checkpoint=path, **SETTINGS)
    passes.clear()
    monkeypatch.undo()
    assert bits(mx.fit(lambda: [X], checkpoint=path, **SETTINGS)) == bits(mx.fit(lambda: [X], **SETTINGS))


ANOTHER = [
    ({"n_components": 4}, "n_components was 3 there, and is 4 now"),
    ({"covariance_type": "diag"}, "covariance_type was full there, and is diag now"),
    ({"rng": 1}, "rng was 0 there, and is 1 now"),
    ({"start": "random"}, "start was kmeans"),
    ({"prior": "default"}, "prior was None there, and is Prior"),
    ({"x": X[:, :1]}, "number of coordinates was 2 there, and is 1 now"),
    ({"x": X[:50]}, "number of points was 600 there, and is 50 now"),
    ({"x": X + 1}, "fingerprint of the points was"),
    ({"x": X[:, ::-1]}, "fingerprint of the points was"),
    ({"x": -X}, "fingerprint of the points was"),
    ({"x": X * [0.5, 4.0]}, "fingerprint of the points was"),
    ({"x": X[::-1]}, "fingerprint of the points was"),
    ({"x": mx.Points.from_array(X, names=["a", "b"][: X.shape[1]])}, r"names was None there, and is \['a', 'b'\] now"),
    ({"sample_weight": np.full(600, 2.0)}, "sum of the weights was 600.0 there, and is 1200.0 now"),
]


NAMED = mx.Points.from_array(X, names=["a", "b"])
OTHER = mx.Mixture([0.5, 0.5], [[0.0, 1.0], [2.0, 3.0]], np.ones((2, 2)), "diag", names=["a", "b"])


def spread(points, k, rng):
    return np.tile(np.eye(k), (points.n // k + 1, 1))[: points.n]


def turned(points, k, rng):
    return np.tile(np.eye(k), (points.n // k + 1, 1))[1 : points.n + 1]


STARTS = [
    (spread, turned),
    (lambda points, k, rng: spread(points, k, rng) * 1.0, lambda points, k, rng: turned(points, k, rng) * 1.0),
    (OTHER, mx.Mixture(OTHER.weights, OTHER.means, OTHER.covariances, "diag", names=["b", "a"])),
    (np.eye(2)[np.arange(600) % 2], np.eye(2)[np.arange(1, 601) % 2]),
]


@pytest.mark.parametrize(("one", "other"), STARTS, ids=["function", "lambda", "names of a mixture", "array"])
def test_another_start_is_another_fit(tmp_path, one, other):
    path, settings = tmp_path / "fit.mix", {"covariance_type": "diag", "rng": 0}
    mx.fit(NAMED, 2, start=one, checkpoint=path, max_iter=1, **settings)
    mx.fit(NAMED, 2, start=one, checkpoint=path, max_iter=2, **settings)
    with pytest.raises(InputError, match="is of another fit: start was"):
        mx.fit(NAMED, 2, start=other, checkpoint=path, max_iter=2, **settings)


@pytest.mark.parametrize("given", ["means_init", "weights_init", "precisions_init"])
def test_what_estimators_are_given_to_start_from_is_compared(tmp_path, given):
    parts = {"means_init": [[0.0, 0.0], [1.0, 1.0]], "weights_init": [0.5, 0.5], "precisions_init": np.ones((2, 2))}
    others = {"means_init": [[0.0, 0.0], [1.0, 2.0]], "weights_init": [0.4, 0.6], "precisions_init": np.eye(2) + 1}
    settings = {"n_components": 2, "covariance_type": "diag", "random_state": 0, "checkpoint": tmp_path / "fit.mix"}
    settings |= {"n_init": 2, "max_iter": 50, **parts}
    mx.GaussianMixture(**settings).fit(X)
    mx.GaussianMixture(**settings).fit(X)
    for more in ({given: others[given]}, {given: None}):
        with pytest.raises(InputError, match="is of another fit: start was"):
            mx.GaussianMixture(**settings | more).fit(X)


def test_a_start_that_cannot_be_read_is_an_input_error(tmp_path):
    for wrong in ([["a"]], [[1.0], [1.0, 2.0]], object()):
        with pytest.raises(InputError, match="start"):
            mx.fit(X, 2, start=wrong, checkpoint=tmp_path / "fit.mix")


def test_weights_in_other_blocks_are_the_same_fit(tmp_path):
    """Their sum may be rounded in another way."""
    path, weight = tmp_path / "fit.mix", np.random.default_rng(0).uniform(0, 1, 600)
    settings = SETTINGS | {"max_iter": 2, "n_init": 1, "checkpoint": path}
    mx.fit(X, sample_weight=weight, **settings)
    for size in (7, 100):
        edges = range(0, 600, size)
        again = mx.fit(lambda: [(X[i : i + size], weight[i : i + size]) for i in edges], **settings)  # noqa: B023
        assert again.n_iter == 2


@pytest.mark.parametrize(("more", "words"), ANOTHER)
def test_another_fit_is_refused(tmp_path, more, words):
    path = tmp_path / "fit.mix"
    settings = SETTINGS | {"max_iter": 1, "n_init": 1}
    mx.fit(X, checkpoint=path, **settings)
    before = path.read_bytes()
    with pytest.raises(InputError, match=f"is of another fit: .*{words}.* Give another name, or remove"):
        mx.fit(**({"x": X, "checkpoint": path} | settings | more))
    assert path.read_bytes() == before


def test_another_kind_of_generator_is_another_fit(tmp_path):
    """The function draws from a Generator, the estimator from a RandomState, as scikit-learn does."""
    path = tmp_path / "fit.mix"
    mx.fit(X, 3, rng=0, max_iter=1, tol=1e-3, checkpoint=path)
    with pytest.raises(InputError, match="is of another fit: its random numbers are of another kind of generator"):
        mx.GaussianMixture(3, random_state=0, max_iter=1, checkpoint=path).fit(X)


def test_wrong_files(tmp_path):
    path = tmp_path / "fit.mix"
    found = mx.fit(X, 2, rng=0, max_iter=1)
    found.mixture.save(path)
    with pytest.raises(InputError, match="is a model, but no checkpoint"):
        mx.fit(X, 2, checkpoint=path)
    path.write_bytes(b"what is this")
    with pytest.raises(StorageError, match="not a model file"):
        mx.fit(X, 2, checkpoint=path)
    path.unlink()
    mx.fit(X, 2, rng=0, max_iter=1, checkpoint=path)
    mixture, notes, arrays = load_all(path)
    from mixtura.model.storage import save

    more = notes["checkpoint"]
    damage = (
        {"rng": 3}, {"visited": 3}, {"visited": []}, {"best": [1]}, {"job": [1]}, {"number": 7},
        {"number": -1}, {"value": 10**400}, {"value": 1.0}, {"version": "two"},
    )  # fmt: skip
    for broken in damage:
        save(mixture, path, notes={"checkpoint": notes["checkpoint"] | broken}, more=arrays)
        with pytest.raises(StorageError, match="is damaged"):
            mx.fit(X, 2, rng=0, max_iter=1, checkpoint=path)
    for other in ({}, arrays | {"mass": np.ones(3)}, arrays | {"second": np.full((2, 2, 2), np.inf)}):
        save(mixture, path, notes=notes, more=other)
        with pytest.raises(StorageError, match="is damaged"):
            mx.fit(X, 2, rng=0, max_iter=1, checkpoint=path)
    three = mx.fit(X, 3, rng=0, max_iter=1).mixture
    save(three, path, notes=notes, more={name: arrays[name] for name in ("mass", "first", "second")})
    with pytest.raises(StorageError, match=r"is damaged: .*3 full components"):
        mx.fit(X, 2, rng=0, max_iter=1, checkpoint=path)
    for version, words in ((1, "checkpoint of version 1, whose .*start=mixtura.load"), (9, "version 9, .*upgrade")):
        save(mixture, path, notes={"checkpoint": more | {"version": version}}, more=arrays)
        with pytest.raises(StorageError, match=words):
            mx.fit(X, 2, rng=0, max_iter=1, checkpoint=path)
    with pytest.raises(InputError, match=r"unknown extension '.npz'"):
        mx.fit(X, 2, checkpoint=tmp_path / "fit.npz")
    with pytest.raises(OutputError, match="no folder"):
        mx.fit(X, 2, checkpoint=tmp_path / "nowhere" / "fit.mix")
    with pytest.raises(InputError, match="checkpoint is 3"):
        mx.fit(X, 2, checkpoint=3)


def test_weights_of_other_rows_are_another_fit(tmp_path):
    path, weight = tmp_path / "fit.mix", np.arange(600) % 3 + 1.0
    settings = SETTINGS | {"max_iter": 1, "n_init": 1}
    mx.fit(X, checkpoint=path, sample_weight=weight, **settings)
    with pytest.raises(InputError, match="fingerprint of the points was"):
        mx.fit(X, checkpoint=path, sample_weight=weight[::-1], **settings)


def test_several_starts_keep_to_their_limits(tmp_path):
    settings = SETTINGS | {"n_init": 2}
    mx.fit(X, checkpoint=tmp_path / "fit.mix", **(settings | {"max_iter": 1}))
    with pytest.raises(InputError, match="max_iter was 1 there, and is 2 now"):
        mx.fit(X, checkpoint=tmp_path / "fit.mix", **(settings | {"max_iter": 2}))


def test_numbers_of_numpy_are_numbers(tmp_path):
    settings = SETTINGS | {"max_iter": 2, "n_init": np.int64(1), "tol": np.float32(0.5), "missing": np.bool_(False)}
    found = mx.fit(X, checkpoint=tmp_path / "fit.mix", **(settings | {"rng": np.int64(3)}))
    again = mx.fit(X, checkpoint=tmp_path / "fit.mix", **(settings | {"rng": 3}))
    assert again.mixture == found.mixture
