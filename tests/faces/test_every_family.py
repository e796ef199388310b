"""Each covariance family wherever mixtures are fitted, kept or asked: weights, gaps, blocks, files, estimators."""

import json

import dask.array as da
import numpy as np
import pytest
from terminal import mixtura

import mixtura as mx
from mixtura.errors import FitError, InputError
from mixtura.model.families import BASIC, COVARIANCE_TYPES, FAMILIES, family

NEW = [name for name in COVARIANCE_TYPES if name not in BASIC]
new = pytest.mark.parametrize("name", NEW)
coupled = pytest.mark.parametrize("name", [name for name in NEW if family(name).restricted])
RNG = np.random.default_rng(0)
CLUSTERS = [([0, 0, 0], [[2, 0.8, 0], [0.8, 1, 0.2], [0, 0.2, 0.5]], 90), ([4, 4, 1], np.diag([0.5, 1, 1.5]), 60)]
X = np.concatenate([RNG.multivariate_normal(*each) for each in CLUSTERS])
Y = np.repeat([0, 1], [90, 60])
WEIGHT = RNG.integers(0, 3, len(X)).astype(float)
GAPS = np.where(RNG.random(X.shape) < 0.1, np.nan, X)


def rises(values):
    return bool((np.diff(values) > -1e-12 * np.abs(values[1:])).all())


def fit(name, x=X, k=2, **settings):
    return mx.fit(x, k, **{"covariance_type": name, "rng": 0, "max_iter": 12, "tol": 0} | settings)


@new
@pytest.mark.parametrize(
    "settings",
    [
        {"reg_covar": 0.3},
        {"reg_covar": 0, "accelerate": True},
        {"x": GAPS, "missing": True, "sample_weight": WEIGHT},
        {"prior": "default", "k": 3},
        {"start": "random", "k": 4},
    ],
    ids=["reg_covar", "accelerate", "missing", "prior", "random"],
)
def test_the_value_never_falls(name, settings):
    found = fit(name, **settings)
    assert rises(np.array(found.log_posteriors)), found
    assert found.mixture.covariance_type == name
    family(name).checked(found.mixture.covariances)


@new
def test_a_weight_is_so_many_rows(name):
    twice = fit(name, np.repeat(X, WEIGHT.astype(int), axis=0), start=fit(name).mixture)
    weighed = fit(name, start=fit(name).mixture, sample_weight=WEIGHT)
    np.testing.assert_allclose(weighed.mixture.covariances, twice.mixture.covariances, rtol=1e-7, atol=1e-9)


@new
def test_blocks_partitions_and_memory_agree(name):
    first = fit(name).mixture
    here = fit(name, start=first, max_iter=4)
    blocks = fit(name, lambda: iter([X[:40], X[40:41], X[41:]]), start=first, max_iter=4)
    partitions = fit(name, da.from_array(X, chunks=(60, 3)), start=first, max_iter=4)
    for there in (blocks, partitions):
        assert there.log_likelihood == pytest.approx(here.log_likelihood, rel=1e-12)


@new
def test_a_fit_resumes_to_the_bit(name, tmp_path):
    whole = fit(name, max_iter=6, accelerate=True)
    fit(name, max_iter=3, accelerate=True, checkpoint=tmp_path / "c.mix")
    assert fit(name, max_iter=6, accelerate=True, checkpoint=tmp_path / "c.mix").mixture == whole.mixture


@new
def test_files_keep_the_bits_and_say_that_they_are_of_version_2(name, tmp_path):
    mixture = fit(name).mixture
    mixture.save(tmp_path / "a.mix")
    assert mx.load(tmp_path / "a.mix") == mixture
    content = (tmp_path / "a.mix").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert header["__metadata__"]["version"] == "2"


@new
def test_what_is_fixed_stays(name):
    first = fit(name).mixture
    found = fit(name, start=first, fixed={"covariances": True, "means": [0]}).mixture
    np.testing.assert_array_equal(found.covariances, first.covariances)
    np.testing.assert_array_equal(found.means[0], first.means[0])
    with pytest.raises(
        InputError, match=rf"{name} components share .* fix .* with True, for all, or use {family(name).freed} on"
    ):
        fit(name, start=first, fixed={"covariances": [0]})


@new
def test_the_calculus_takes_it(name):
    """The density of the result is that of the same mixture told as a full one."""
    mixture = fit(name).mixture
    full = mx.Mixture(mixture.weights, mixture.means, mixture.matrices)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    for change in (
        lambda mix: mix.marginal([2, 0]),
        lambda mix: mix.condition([1], [1.0]),
        lambda mix: mix.transform(3 * turn),
        lambda mix: mix.transform(np.diag([1.0, 2, 3])),
        lambda mix: mix.transform([[1.0, 2, 3], [0, 1, 1]]),
        lambda mix: mix.product([1, 1, 1], np.diag([1.0, 2, 3])),
        lambda mix: mix.scale_covariances(2.0),
    ):
        found, told = change(mixture), change(full)
        np.testing.assert_allclose(found.matrices, told.matrices, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.means, told.means, rtol=1e-9, atol=1e-12)
    assert mixture.transform(3 * turn).covariance_type == (name if family(name).triangular else "full")
    assert mixture.merge([0, 1]).n_components == 1
    assert mixture.split(0, distance=0.5).n_components == 3


@new
def test_estimators_take_it(name):
    model = mx.GaussianMixture(2, covariance_type=name, random_state=0).fit(X)
    assert model.bic(X) == pytest.approx(mx.bic(model.mixture_, X))
    parts = {"weights_init": model.weights_, "means_init": model.means_, "precisions_init": model.precisions_}
    again = mx.GaussianMixture(2, covariance_type=name, **parts, max_iter=0).fit(X)
    np.testing.assert_allclose(again.covariances_, model.covariances_, rtol=1e-9)
    single = mx.GaussianMixture(2, covariance_type=name, random_state=0).fit(X.astype(np.float32))
    assert single.mixture_.covariance_type == name
    assert single.sample(3)[0].shape == (3, 3)
    model.partial_fit(X[:40])
    classes = mx.GaussianMixtureClassifier(2, covariance_type=name, random_state=0).fit(X, Y)
    assert classes.score(X, Y) > 0.9
    assert mx.GaussianMixtureRegressor(2, covariance_type=name, random_state=0).fit(X[:, :2], X[:, 2])


@new
def test_one_component_that_sees_more_rows_is_the_fit_to_all(name):
    model = mx.GaussianMixture(1, covariance_type=name).fit(X[:50]).partial_fit(X[50:])
    np.testing.assert_allclose(model.covariances_, fit(name, k=1).mixture.covariances, rtol=1e-9)


@coupled
def test_covariances_that_are_no_members_are_refused(name):
    own = family(name)
    given = np.stack([own.component(np.cov(X[rows].T)) for rows in (slice(50), slice(50, None))])
    with pytest.raises(
        InputError, match=rf"covariances\[.\] differs by .* from what {name} components have, .*(one|its)"
    ):
        mx.Mixture([1, 1], np.zeros((2, 3)), given, name)


@coupled
@pytest.mark.filterwarnings("ignore:reg_covar is 0.01")
def test_no_variance_is_below_reg_covar_where_a_fit_begins(name):
    thin = X * [1.0, 1.0, 1e-3]
    found = fit(name, thin, k=3, reg_covar=0.01, max_iter=1)
    widths = np.linalg.eigvalsh(found.mixture.matrices)
    assert widths.min() > 1e-4
    raised = family(name).raised(found.mixture.covariances, 0.1, found.mixture.weights)
    family(name).checked(raised)
    assert np.linalg.eigvalsh(family(name).dense(raised, 3, 3)).min() >= 0.1 * (1 - 1e-9)


@new
def test_points_on_a_plane_are_told(name):
    flat = X @ np.diag([1.0, 1, 0]) + 3.0
    alone = family(name).component_shape(3) == ()
    if alone:
        assert np.isfinite(fit(name, flat).log_likelihood)
        return
    with pytest.raises(FitError, match="column 2 is constant"):
        fit(name, flat, reg_covar=0)
    if family(name).triangular:
        leaning = flat @ np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
        with pytest.raises(FitError, match="not positive definite"):
            fit(name, leaning, reg_covar=0)


def test_names_are_mclusts_too():
    for letters, name in {"VVV": "full", "EEE": "tied", "VVI": "diag", "VII": "spherical"}.items():
        assert fit(letters).mixture == fit(name).mixture
        assert mx.Prior.default(X, 2, letters).covariance_type == name
        model = mx.GaussianMixture(2, covariance_type=letters, random_state=0).fit(X)
        assert model.covariance_type == letters
        assert model.mixture_.covariance_type == name
        assert mx.BayesianGaussianMixture(n_components=2, covariance_type=letters, random_state=0).fit(
            X
        ).means_.shape == (2, 3)


def test_e_and_v_are_of_one_coordinate():
    x = X[:, :1]
    assert fit("E", x).mixture == fit("EII", x).mixture
    assert fit("V", x).mixture == fit("spherical", x).mixture
    assert fit("E", x).mixture.covariances.shape == ()
    one = "which is of one coordinate, but there are 3: choose one of full, tied"
    for ask in (
        lambda: fit("E"),
        lambda: mx.choose(X, 1, covariance_type=["V", "full"]),
        lambda: mx.Mixture([1], [[0, 0, 0]], 1.0, "E"),
        lambda: mx.GaussianMixture(covariance_type="V").fit(X),
        lambda: mx.GaussianMixtureClassifier(covariance_type="V").fit(X, Y),
        lambda: mx.Prior.default(X, 2, "E"),
    ):
        with pytest.raises(InputError, match=one):
            ask()


def test_choose_compares_all():
    tried = mx.choose(X, [1, 2], covariance_type="all", rng=0)
    assert list(dict.fromkeys(each.covariance_type for each in tried.candidates)) == list(FAMILIES)
    assert tried.best.n_components == 2
    alone = mx.choose(X[:, :1], [1, 2], covariance_type="all", rng=0)
    assert {each.covariance_type for each in alone.candidates} == {"EII", "spherical"}
    basic = mx.choose(X, [1], rng=0)
    assert [each.covariance_type for each in basic.candidates] == list(BASIC)
    with pytest.raises(InputError, match=r"covariance_type is 'EVX': give one or several of full, .*VEV.*, or 'all'"):
        mx.choose(X, 2, covariance_type=["EVX"])


@pytest.mark.parametrize("name", ["EVE", "VEE"])
def test_a_variational_fit_says_which_it_takes(name):
    with pytest.raises(InputError, match="'covariance_type' parameter of BayesianGaussianMixture must be a str among"):
        mx.BayesianGaussianMixture(n_components=2, covariance_type=name).fit(X)


def test_commands_take_them(tmp_path):
    np.savetxt(tmp_path / "x.csv", X, delimiter=",", header="a,b,c", comments="")
    assert mixtura("fit", "x.csv", "-k", 2, "--covariance", "VEV", "-o", "m.mix", folder=tmp_path).code == 0
    assert mx.load(tmp_path / "m.mix").covariance_type == "VEV"
    said = mixtura("choose", "x.csv", "-k", "1", "--covariance", "all", "--start", "hierarchical", folder=tmp_path)
    assert all(name in said.out for name in FAMILIES)
    wrong = mixtura("choose", "x.csv", "-k", "1-2", "--covariance", "EEV,VVI,E", folder=tmp_path)
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "--covariance is 'E', which is of one coordinate" in wrong.err
    told = mixtura("fit", "--help", folder=tmp_path).out
    assert all(name in told for name in FAMILIES)
