"""Wrong input gets one clear sentence: a table of what is asked and what is said."""
# ruff: noqa: E501 (a table has long lines)

import re

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix

import mixtura as mx
from mixtura.errors import CoordinateError, FitError, InputError

X = np.random.default_rng(0).normal(size=(50, 2))
MIX = mx.Mixture([0.5, 0.5], [[0, 0], [1, 1]], [np.eye(2)] * 2, names=("a", "b"))


def holding(value):
    x = X.copy()
    x[3, 1] = value
    return x


def weights(value):
    w = np.ones(50)
    w[7] = value
    return w


LINE = np.outer(np.arange(20.0), [1, 2])

FIT = {
    "NaN": (lambda: mx.fit(holding(np.nan), 1), r"x\[3, 1\] is nan, expected a finite number: remove or impute"),
    "infinity": (lambda: mx.fit(holding(-np.inf), 1), r"x\[3, 1\] is -inf"),
    "None": (lambda: mx.fit([[0.0, 1.0], [2.0, None]], 1), r"x\[1, 1\] is None"),
    "overflow": (lambda: mx.fit(holding(1e39), 1, dtype="float32"), r"x\[3, 1\] is 1e\+39.*overflows float32; use float64"),
    "huge": (lambda: mx.fit(holding(1e200), 1), r"x reaches 1e\+200.*squares would overflow.*rescale"),
    "huge integer": (lambda: mx.fit([[10**400]], 1), r"x cannot be read as numbers"),
    "1-d": (lambda: mx.fit(X[:, 0], 1), r"x has 1 dimension, expected 2 .*use x\.reshape\(-1, 1\)"),
    "3-d": (lambda: mx.fit(X[None], 1), r"x has 3 dimensions, expected 2"),
    "number": (lambda: mx.fit(5.0, 1), r"x has 0 dimensions, expected 2"),
    "ragged": (lambda: mx.fit([[1, 2], [3]], 1), r"x cannot be read as numbers"),
    "no points": (lambda: mx.fit(np.empty((0, 2)), 1), r"x has shape \(0, 2\): at least one point"),
    "no coordinates": (lambda: mx.fit(np.empty((5, 0)), 1), r"x has shape \(5, 0\): at least one point and one coordinate"),
    "sparse matrix": (lambda: mx.fit(csr_matrix(X), 1), r"x is a sparse matrix.*x\.toarray\(\)"),
    "sparse array": (lambda: mx.fit(csr_array(X), 1), r"x is a sparse matrix.*x\.toarray\(\)"),
    "text": (lambda: mx.fit([["a", "b"]], 1), r"x cannot be read as numbers: it holds text"),
    "numbers as text": (lambda: mx.fit([["1", "2"]], 1), r"x cannot be read as numbers: it holds text"),
    "times": (lambda: mx.fit(np.array([["2020-01-01"]], "M8[D]"), 1), r"x cannot be read as numbers: it holds times"),
    "objects": (lambda: mx.fit([[object(), 1]], 1), r"x cannot be read as numbers"),
    "complex": (lambda: mx.fit(X + 1j, 1), r"x holds complex numbers"),
    "masked": (lambda: mx.fit(np.ma.masked_array(X, X > 0), 1), r"x has masked entries: remove or impute"),
    "dtype": (lambda: mx.fit(X, 1, dtype="float16"), r"dtype is 'float16': choose float64 or float32"),
    "dtype nonsense": (lambda: mx.fit(X, 1, dtype="nonsense"), r"dtype is 'nonsense': choose float64 or float32"),
    "weight shape": (lambda: mx.fit(X, 1, sample_weight=[1.0]), r"sample_weight has shape \(1,\), expected \(50,\)"),
    "weight < 0": (lambda: mx.fit(X, 1, sample_weight=weights(-1)), r"sample_weight\[7\] is -1.*drop the point"),
    "weight NaN": (lambda: mx.fit(X, 1, sample_weight=weights(np.nan)), r"sample_weight\[7\] is nan"),
    "weight complex": (lambda: mx.fit(X, 1, sample_weight=weights(1) + 1j), r"sample_weight holds complex"),
    "weights zero": (lambda: mx.fit(X, 1, sample_weight=np.zeros(50)), r"sample_weight is zero everywhere"),
    "weights huge": (lambda: mx.fit(X, 1, sample_weight=np.full(50, 1e308)), r"sample_weight sums to more than float64 holds"),
    "weights of a huge sum": (lambda: mx.fit(X, 1, sample_weight=np.full(50, 3e299)), r"sample_weight sums to more than float64 holds once squares"),
    "weights of huge squares": (lambda: mx.fit(X * 1e40, 1, sample_weight=np.full(50, 1e240)), r"sample_weight sums to 5e\+241 and x reaches .*overflow"),
    "weights beyond single precision": (lambda: mx.fit(X, 1, sample_weight=weights(1e200), dtype="float32"), r"sample_weight sums to more than float32"),
    "weights of blocks": (lambda: mx.fit(lambda: [(X, np.full(50, 1e300))], 1), r"sample_weight of block 0 of x sums to more"),
    "weights twice": (
        lambda: mx.fit(mx.Points.from_array(X), 1, sample_weight=np.ones(50)),
        r"sample_weight was given, but x is Points",
    ),
    "k = 0": (lambda: mx.fit(X, 0), r"n_components is 0: give a whole number >= 1"),
    "k < 0": (lambda: mx.fit(X, -3), r"n_components is -3: give a whole number"),
    "k bool": (lambda: mx.fit(X, True), r"n_components is True: give a whole number"),
    "k float": (lambda: mx.fit(X, 2.0), r"n_components is 2\.0: give a whole number"),
    "covariance type": (lambda: mx.fit(X, 1, covariance_type="round"), r"covariance_type is 'round': choose one of full, tied"),
    "engine": (lambda: mx.fit(X, 1, engine="steam"), r"engine is 'steam': choose auto, blas, cpu or reference"),
    "start": (lambda: mx.fit(X, 1, start="here"), r"start is 'here': choose kmeans"),
    "start None": (lambda: mx.fit(X, 1, start=None), r"start is None: give a name, a Mixture, responsibilities"),
    "start object": (lambda: mx.fit(X, 1, start=object()), r"start is a object: give a name"),
    "start shape": (lambda: mx.fit(X, 2, start=np.ones((2, 50))), r"start has shape \(2, 50\), responsibilities .* \(50, 2\)"),
    "start sums": (lambda: mx.fit(X, 2, start=np.ones((50, 2))), r"start\[0\] sums to 2: responsibilities"),
    "start NaN": (lambda: mx.fit(X, 2, start=np.full((50, 2), np.nan)), r"start\[0\] sums to nan"),
    "start size": (lambda: mx.fit(X, 3, start=MIX), r"start has 2 components in 2 coordinates, expected 3 in 2"),
    "start type": (lambda: mx.fit(X, 2, start=MIX, covariance_type="diag"), r"start has full covariances.*make them agree"),
    "callable": (lambda: mx.fit(X, 1, start=lambda p, k, rng: MIX), r"start has 2 components .* expected 1"),
    "n_threads = 0": (lambda: mx.fit(X, 1, n_threads=0), r"n_threads is 0: give a whole number >= 1, or None"),
    "n_threads float": (lambda: mx.fit(X, 1, n_threads=1.5), r"n_threads is 1\.5: give a whole number"),
    "tol NaN": (lambda: mx.fit(X, 1, tol=np.nan), r"tol is nan: give a finite number >= 0"),
    "tol text": (lambda: mx.fit(X, 1, tol="small"), r"tol is 'small': give a finite number"),
    "tol < 0": (lambda: mx.fit(X, 1, tol=-1), r"tol is -1: give a finite number >= 0"),
    "reg_covar": (lambda: mx.fit(X, 1, reg_covar=-1e-6), r"reg_covar is -1e-06: give a finite number >= 0"),
    "max_iter": (lambda: mx.fit(X, 1, max_iter=2.5), r"max_iter is 2\.5: give a whole number >= 0"),
    "n_init": (lambda: mx.fit(X, 1, n_init=0), r"n_init is 0: give a whole number >= 1"),
    "rng": (lambda: mx.fit(X, 1, rng="dice"), r"rng is 'dice': give a whole number >= 0 or a numpy.random.Generator"),
    "on_step": (lambda: mx.fit(X, 1, on_step=5), r"on_step is 5: give a function"),
    "names": (lambda: mx.Points.from_array(X, names=["a"]), r"names has 1 entries for 2 coordinates"),
    "names text": (lambda: mx.Points.from_array(X, names="ab"), r"names is 'ab': give a list of strings"),
}  # fmt: skip

UNFIT = {
    "k > n": (lambda: mx.fit(X, 51), r"n_components is 51, but only 50 points have weight: lower n_components to 50"),
    "k > support": (lambda: mx.fit(X, 3, sample_weight=np.eye(1, 50)[0]), r"only 1 points have weight"),
    "far apart": (lambda: mx.Mixture([1, 1], [[-1e290], [1e200]], [[1], [1]], "diag").reduce(1), r"a squared distance overflows"),
    "line": (lambda: mx.fit(LINE, 1, reg_covar=0), r"covariances\[0\] is not positive definite.*Raise reg_covar"),
    "line, tied": (lambda: mx.fit(LINE, 2, reg_covar=0, covariance_type="tied"), r"covariances\[0\] is not positive definite"),
    "point": (
        lambda: mx.fit(np.vstack([X, np.full((9, 2), 99)]), 2, reg_covar=0, rng=0, start=np.eye(2)[[0] * 50 + [1] * 9]),
        r"covariances\[1\] is not positive definite.*lower n_components",
    ),
}  # fmt: skip

NUMBERS = {
    "weights": (lambda: mx.Mixture([1], [[0.0], [1.0]], [1, 1], "spherical"), r"weights has shape \(1,\), expected \(2,\)"),
    "weight < 0": (lambda: mx.Mixture([2, -1], [[0.0], [1.0]], [1, 1], "spherical"), r"weights\[1\] is -1: weights are >= 0"),
    "no weight": (lambda: mx.Mixture([0, 0], [[0.0], [1.0]], [1, 1], "spherical"), r"with a positive sum"),
    "weights huge": (lambda: mx.Mixture([1e308, 1e308], [[0.0], [1.0]], [1, 1], "spherical"), r"weights sum to more than"),
    "means": (lambda: mx.Mixture([1], [0.0], [1], "spherical"), r"means has shape \(1,\), expected \(k, d\)"),
    "mean NaN": (lambda: mx.Mixture([1], [[np.nan]], [1], "spherical"), r"means\[0, 0\] is nan, expected a finite"),
    "means text": (lambda: mx.Mixture([1], [["a"]], [1], "spherical"), r"means cannot be read as numbers"),
    "means complex": (lambda: mx.Mixture([1], [[1j]], [1], "spherical"), r"means holds complex numbers"),
    "shape": (lambda: mx.Mixture([1], [[0.0, 0]], [1], "full"), r"covariances has shape \(1,\), expected \(1, 2, 2\) for 'full'"),
    "asymmetric": (lambda: mx.Mixture([1], [[0.0, 0]], [[[1, 0.5], [0, 1]]]), r"covariances\[0\] is not symmetric"),
    "indefinite": (lambda: mx.Mixture([1], [[0.0, 0]], [[[1, 2], [2, 1]]]), r"covariances\[0\] .*smallest eigenvalue -1"),
    "variance 0": (lambda: mx.Mixture([1, 1], [[0.0], [0]], [[1], [0]], "diag"), r"covariances\[1\] is not positive definite"),
    "type": (lambda: mx.Mixture([1], [[0.0]], [1], "ball"), r"covariance_type is 'ball': choose one of full"),
    "names": (lambda: mx.Mixture([1], [[0.0]], [1], "spherical", names=["a", "b"]), r"names has 2 entries for 1 coordinates"),
    "names number": (lambda: mx.Mixture([1], [[0.0]], [1], "spherical", names=5), r"names is 5: give a list of strings"),
    "columns": (lambda: MIX.log_density([[1.0]]), r"x has 1 columns, the mixture has 2 coordinates"),
    "point": (lambda: MIX.predict([1.0, 2.0]), r"x has 1 dimension, expected 2"),
    "NaN": (lambda: MIX.responsibilities(holding(np.nan)), r"x\[3, 1\] is nan"),
    "far": (lambda: MIX.responsibilities([[1e200, 0]]), r"lies too far from every component"),
    "threads": (lambda: MIX.log_density(X, n_threads=0), r"n_threads is 0: give a whole number"),
    "values": (lambda: MIX.regress([0], X), r"values has 2 columns, expected 1"),
    "value": (lambda: MIX.condition([0], [1, 2]), r"value has shape \(2,\), expected \(1,\)"),
    "value far": (lambda: MIX.condition([0], [1e200]), r"lies too far from every component"),
    "n": (lambda: MIX.sample(-1), r"n is -1: the number of samples"),
    "n of no memory": (lambda: MIX.sample(10**15), "n is 1000000000000000: so many samples fit into no memory"),
    "n float": (lambda: MIX.sample(1.5), r"n is 1\.5: the number of samples"),
    "rng": (lambda: MIX.sample(1, rng=-1), r"rng is -1: give a whole number >= 0"),
    "factor": (lambda: MIX.scale_covariances(0), r"factor is 0: covariances are scaled by a finite number > 0"),
    "factor text": (lambda: MIX.scale_covariances("2"), r"factor is '2'"),
    "matrix": (lambda: MIX.transform(np.eye(3)), r"matrix has shape \(3, 3\), expected \(m, 2\)"),
    "flat": (lambda: MIX.transform([[1, 2], [2, 4]]), r"matrix has rank 1 for 2 rows"),
    "zero row": (lambda: MIX.transform([[0, 0]]), r"matrix has rank 0 for 1 rows"),
    "offset": (lambda: MIX.transform(np.eye(2), [1]), r"offset has shape \(1,\), expected \(2,\)"),
    "component": (lambda: MIX.subset([2]), r"components holds 2: the components are numbered 0 to 1"),
    "merged mask": (lambda: MIX.merge([True]), r"components has shape \(1,\), expected \(2,\) for a mask"),
    "wide": (lambda: mx.Mixture([1], [[0.0, 0]], [np.eye(2) * 2e307]), r"covariances reach 2e\+307, and their sums would overflow"),
    "too far apart": (lambda: mx.Mixture([1, 1], [[-1e290], [1e200]], [1, 1], "spherical").covariance(), r"the covariance overflows: the means reach 1e\+290"),
    "half a letter": (lambda: mx.Mixture([1], [[0.0]], [1], "spherical", names=["\ud83d"]), r"names\[0\] is '\\ud83d', half of a character"),
    "too wide": (lambda: MIX.scale_covariances(1e308), r"the largest covariance, 1, times that is above 1e\+300"),
    "no flag": (lambda: mx.fit(X, 2, accelerate="no"), r"accelerate is 'no': give True or False"),
    "no sparse flag": (lambda: MIX.responsibilities(X, sparse="no"), r"sparse is 'no': give True or False"),
    "no points": (lambda: mx.fit([], 2), r"x is empty: at least one row"),
    "mask": (lambda: MIX.subset([True]), r"components has shape \(1,\), expected \(2,\) for a mask"),
    "no component": (lambda: MIX.subset([]), r"components is \[\], expected a list of whole numbers"),
    "dormant": (lambda: mx.Mixture([1, 0], [[0.0], [1]], [1, 1], "spherical").subset([1]), r"have no weight"),
}  # fmt: skip

COORDINATES = {
    "unknown name": (lambda: MIX.condition("c", 1), r"on holds 'c': choose from a, b, each named once"),
    "name twice": (lambda: MIX.marginal(["a", "a"]), r"axes holds 0 more than once"),
    "no names": (
        lambda: mx.Mixture([1.0], [[0.0]], [1.0], "spherical").marginal("a"),
        r"the coordinates have no names: give their numbers",
    ),
    "twice": (lambda: MIX.marginal([0, 0]), r"axes holds 0 more than once"),
    "outside": (lambda: MIX.marginal([2]), r"axes holds 2: the coordinates are numbered 0 to 1"),
    "negative": (lambda: MIX.condition([-1], [0]), r"on holds -1: the coordinates are numbered"),
    "half": (lambda: MIX.marginal([0.5]), r"axes is \[0\.5\], expected a list of whole numbers"),
    "none": (lambda: MIX.marginal([]), r"axes is empty: keep at least one"),
    "mask": (lambda: MIX.marginal([True, False]), r"axes is \[True, False\], expected a list of whole numbers"),
    "all known": (lambda: MIX.condition([0, 1], [1, 2]), r"on covers all 2 coordinates: leave at least one free"),
    "regress all": (lambda: MIX.regress([1, 0], X), r"on covers all 2 coordinates"),
}

TABLE = [
    pytest.param(call, error, says, id=f"{door}: {name}")
    for door, table, error in (
        ("fit", FIT, InputError),
        ("data", UNFIT, FitError),
        ("mixture", NUMBERS, InputError),
        ("axes", COORDINATES, CoordinateError),
    )
    for name, (call, says) in table.items()
]


@pytest.mark.parametrize(("call", "error", "says"), TABLE)
def test_one_clear_sentence(call, error, says):
    with pytest.raises(error, match=says) as caught:
        call()
    message = str(caught.value)
    assert type(caught.value) is error
    assert isinstance(caught.value, ValueError)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize("more", [{}, {"accelerate": True}])
@pytest.mark.parametrize("kind", ["memory", "blocks", "names"])
def test_a_point_beyond_all_reach_is_not_a_silent_nan(kind, more):
    x = np.vstack([X[:7], [[0, -1e149]], X[7:]]) * 1e-3
    given = {"memory": x, "blocks": lambda: np.array_split(x, 20), "names": mx.Points.from_array(x, names=["a", "b"])}
    column = "1" if kind != "names" else "'b'"
    says = rf"^the log likelihood is -inf: row 7 of x, whose column {column} is -1e\+146, lies too far from .*Rescale"
    with pytest.raises(FitError, match=says) as caught:
        mx.fit(given[kind], 2, start=MIX.scale_covariances(1e-20), engine="reference", reg_covar=0, **more)
    assert type(caught.value) is FitError


FAR = np.vstack([X[:3], [[0.0, 1e200]], X[:3]])
ASKED = {
    "predict": (lambda: MIX.predict(FAR), "x[3], whose column 'b' is 1e+200, lies too far"),
    "responsibilities": (lambda: MIX.responsibilities(FAR), "x[3], whose column 'b' is 1e+200, lies too far"),
    "gaps": (
        lambda: MIX.responsibilities(np.where(X[0, 0] == FAR, np.nan, FAR), missing=True),
        "x[3], whose column 'b' is 1e+200, lies too far",
    ),
    "impute": (lambda: MIX.impute([[0.0, 1.0], [np.nan, 1e200]]), "x[1], whose column 'b' is 1e+200, lies too far"),
    "regress": (lambda: MIX.regress(["a"], [[0.0], [1e200]]), "values[1], whose column 'a' is 1e+200, lies too far"),
    "combine": (lambda: mx.combine(MIX, FAR), "x[3], whose column 'b' is 1e+200, lies too far"),
    "blocks": (
        lambda: np.asarray(MIX.predict(lambda: iter([FAR]))),
        "row 3 of a block of x, whose column 'b' is 1e+200, lies too far",
    ),
    "known in blocks": (
        lambda: np.asarray(MIX.regress(["a"], lambda: iter([[[0.0], [1e200]]]))),
        "row 1 of a block of values, whose column 'a' is 1e+200, lies too far",
    ),
    "estimator": (
        lambda: mx.GaussianMixture().fit(X).predict(FAR),
        "x[3], whose column 1 is 1e+200, lies too far",
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_the_point_that_lies_too_far_is_named(name):
    call, says = ASKED[name]
    with pytest.raises(InputError, match=re.escape(says)):
        call()


FLAT = {
    "a point": (lambda: MIX.log_density([0.0, 0.0]), "use x.reshape(1, -1), or [x], for one point."),
    "points": (
        lambda: MIX.marginal([0]).predict([0.0, 1.0, 2.0]),
        "use x.reshape(-1, 1) for points of one coordinate.",
    ),
    "neither": (lambda: MIX.density([0.0, 1.0, 2.0]), "rows are points, of 2 numbers each."),
    "known": (lambda: MIX.regress([0], [0.0]), "use values.reshape(-1, 1) for points of one coordinate."),
    "unknown": (
        lambda: mx.fit([1.0, 2.0], 1),
        "use x.reshape(-1, 1) for points of one coordinate or x.reshape(1, -1), or [x], for one point.",
    ),
}


@pytest.mark.parametrize("name", FLAT)
def test_numbers_in_a_row_are_told_how_to_become_a_table(name):
    call, says = FLAT[name]
    with pytest.raises(InputError, match=re.escape(f"has 1 dimension, expected 2 (n, d): {says}")):
        call()


HIDDEN = np.ma.masked_array(X, np.arange(100).reshape(50, 2) % 9 == 4)
CLASSES = np.ma.masked_array(np.arange(50) % 2, np.arange(50) == 3)
MASKED = {
    "rows": lambda: mx.fit(list(HIDDEN), 1),
    "gaps": lambda: mx.fit(HIDDEN, 1, missing=True),
    "weights": lambda: mx.fit(X, 1, sample_weight=HIDDEN[:, 0]),
    "start": lambda: mx.fit(X, 2, start=np.ma.masked_array(np.eye(2)[np.arange(50) % 2], HIDDEN.mask)),
    "means": lambda: mx.GaussianMixture(2, means_init=HIDDEN[1:3]).fit(X),
    "prior": lambda: mx.BayesianGaussianMixture(mean_prior=HIDDEN[2]).fit(X),
    "classes": lambda: mx.GaussianMixtureClassifier().fit(X, CLASSES),
    "classes of blocks": lambda: mx.GaussianMixtureClassifier().fit(lambda: [X], CLASSES),
    "probabilities": lambda: mx.GaussianMixtureClassifier(priors=CLASSES[2:4]).fit(X, CLASSES.data),
    "targets": lambda: mx.GaussianMixtureRegressor().fit(X, HIDDEN[:, 0]),
    "question": lambda: MIX.predict(HIDDEN),
    "picture": lambda: mx.compress.reduce(
        np.ma.masked_array(np.zeros((4, 4, 3), np.uint8), np.arange(48).reshape(4, 4, 3) == 5), 2
    ),
}


@pytest.mark.parametrize("name", MASKED)
def test_what_is_masked_is_no_number(name):
    with pytest.raises(InputError, match="has masked entries: remove or impute"):
        MASKED[name]()


ACCEPTED = {
    "Fortran order": np.asfortranarray(X),
    "strided": np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "backwards": X[::-1].copy()[::-1],
    "big-endian": X.astype(">f8"),
    "list": X.tolist(),
    "object": X.astype(object),
    "no mask": np.ma.masked_array(X),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_any_layout_is_the_same_table(name):
    expected = mx.fit(X, 3, rng=0)
    found = mx.fit(ACCEPTED[name], 3, rng=0)
    assert found.log_likelihoods == expected.log_likelihoods
    np.testing.assert_array_equal(MIX.log_density(ACCEPTED[name]), MIX.log_density(X))


def test_read_only_points_can_be_fitted():
    fixed = X.copy()
    fixed.flags.writeable = False
    for engine in ("reference", "cpu"):
        assert mx.fit(fixed, 2, rng=0, engine=engine, sample_weight=fixed[:, 0] ** 2).n_iter > 0


@pytest.mark.filterwarnings("ignore:there are 3 different points in x, but:mixtura.errors.MixturaWarning")  # of bool
@pytest.mark.parametrize("dtype", ["float16", "int8", "uint16", "int64", "bool", ">i4", "longdouble"])
def test_any_numbers_are_read_as_doubles(dtype):
    x = np.abs(np.round(X * 8)).astype(dtype)
    np.testing.assert_array_equal(mx.Points.from_array(x).x, x.astype(float))
    assert (
        mx.fit(x, 2, rng=0, reg_covar=1e-2).log_likelihoods
        == mx.fit(x.astype(float), 2, rng=0, reg_covar=1e-2).log_likelihoods
    )


def test_the_table_names_each_case_once():
    ids = [param.id for param in TABLE]
    assert len(set(ids)) == len(ids)
    assert all(re.compile(param.values[2]) for param in TABLE)


BESIDE = np.c_[np.random.default_rng(0).normal(size=(50, 2)), np.full(50, 3.0)]


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("kind", ["full", "tied", "diag"])
def test_a_constant_column_is_named(k, kind):
    frame = mx.Points.from_array(BESIDE, names=["age", "height", "year"])
    options = {"covariance_type": kind, "reg_covar": 0, "rng": 0}
    for given, called in ((frame, "column 'year'"), (BESIDE, "column 2"), (lambda: [BESIDE], "column 2")):
        with pytest.raises(
            mx.errors.FitError, match=f"{called} is constant. Raise reg_covar, or leave such a column out"
        ):
            mx.fit(given, k, **options)
    with pytest.raises(mx.errors.FitError, match="columns 0, 2 are constant"):
        mx.GaussianMixture(k, covariance_type=kind, reg_covar=0).fit(BESIDE * [0, 1, 1])
    with pytest.raises(mx.errors.FitError, match="column 'year' is constant, so that no default prior"):
        mx.fit(frame, k, covariance_type=kind, prior="default")
    assert (
        "column 2 is constant"
        in mx.choose(BESIDE, [k], covariance_type=[kind, "spherical"], reg_covar=0).candidates[0].reason
    )


def test_one_component_is_not_told_to_be_fewer():
    follows = np.c_[BESIDE[:, :2], BESIDE[:, 0] + BESIDE[:, 1]]
    with pytest.raises(mx.errors.FitError, match="leave out columns that tell nothing new") as told:
        mx.fit(follows, 1, reg_covar=0)
    assert "n_components" not in str(told.value)
    with pytest.raises(mx.errors.FitError, match="lower n_components"):
        mx.fit(follows, 2, reg_covar=0, rng=0)
