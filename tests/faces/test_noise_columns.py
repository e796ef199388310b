"""--noise-covariance: errors in columns beside the others, or in a file; and bootstraps of models with a background."""

import numpy as np
import pytest
from terminal import mixtura

import mixtura as mx
from mixtura.sources import opened, tables
from mixtura.sources.noise import measured

TRUE = mx.Mixture(
    [0.4, 0.6], [[0.0, 0.0], [6.0, 2.0]], [[[1.0, 0.5], [0.5, 1.0]], [[0.5, 0.0], [0.0, 2.0]]], names=["a", "b"]
)
RNG = np.random.default_rng(3)
ERRORS = RNG.uniform(0.1, 1.5, (150, 2))
X = TRUE.sample(150, rng=0) + RNG.normal(0, ERRORS)


@pytest.fixture
def folder(tmp_path):
    columns = {"a": X[:, 0], "b": X[:, 1], "a_err": ERRORS[:, 0], "b_err": ERRORS[:, 1], "w": np.ones(150)}
    tables.write(tmp_path / "t.csv", columns)
    np.save(tmp_path / "matrices.npy", np.einsum("ni,ij->nij", ERRORS**2, np.eye(2)))
    tables.write(tmp_path / "rows.csv", {"b": ERRORS[:, 1] ** 2, "a": ERRORS[:, 0] ** 2})
    tables.write(tmp_path / "one.csv", {"x": np.array([0.25]), "y": np.array([0.5])})
    TRUE.save(tmp_path / "m.mix")
    return tmp_path


COLUMNS = "a=a_err, b=b_err"


@pytest.mark.parametrize(
    ("text", "noise"),
    [(COLUMNS, ERRORS**2), ("b=b_err", ERRORS**2 * [0, 1]), ("rows.csv", ERRORS**2), ("one.csv", np.array([0.25, 0.5])),
     ("matrices.npy", np.einsum("ni,ij->nij", ERRORS**2, np.eye(2)))],
)  # fmt: skip
def test_fit_and_score_are_those_of_python(folder, text, noise):
    words = ("--columns", "a,b", "--noise-covariance", text, "--max-iter", "5", "-o", "f.mix", "--json")
    record = mixtura("fit", "t.csv", "-k", "2", *words, folder=folder).record
    expected = mx.fit(X, 2, noise_covariance=noise, max_iter=5, rng=0)
    assert record["log_likelihood"] == expected.log_likelihood
    np.testing.assert_array_equal(mx.load(folder / "f.mix").means, expected.mixture.means)
    record = mixtura("score", "m.mix", "t.csv", "--noise-covariance", text, "--json", folder=folder).record
    assert record["log_likelihood"] == pytest.approx(TRUE.log_density(X, noise_covariance=noise).mean(), rel=1e-12)
    assert record["bic"] == pytest.approx(mx.bic(TRUE, X, noise_covariance=noise), rel=1e-12)


def test_columns_of_errors_are_no_columns_of_the_fit(folder):
    words = ("--weight", "w", "--noise-covariance", COLUMNS, "-k", "1-2", "--covariance", "full", "--json")
    record = mixtura("choose", "t.csv", *words, folder=folder).record
    assert record["columns"] == ["a", "b"]
    expected = mx.choose(
        X, [1, 2], covariance_type="full", noise_covariance=ERRORS**2, sample_weight=np.ones(150), rng=0
    )
    assert record["candidates"] == expected.rows()


def test_predict_takes_errors_into_account(folder):
    said = mixtura("predict", "m.mix", "t.csv", "--noise-covariance", COLUMNS, "--probabilities", folder=folder)
    found = np.array([line.split(",") for line in said.out.splitlines()[1:]], float)
    shares = TRUE.responsibilities(measured(opened(X), ERRORS**2))
    np.testing.assert_allclose(found[:, 1:], shares, rtol=1e-12)
    np.testing.assert_array_equal(found[:, 0], shares.argmax(axis=1))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--noise-covariance", "a=none"), "t.csv has no column 'none'"),
        (("--noise-covariance", "c=a_err"), "--noise-covariance gives errors of 'c', but the columns are a, b"),
        (("--noise-covariance", "a=a_err,a=b_err"), "the errors of 'a' twice"),
        (("--noise-covariance", "=a_err"), "--noise-covariance is '=a_err': give the columns of errors as x=x_err"),
        (("--noise-covariance", "none.npy"), "--noise-covariance none.npy cannot be read as an array"),
        (("--noise-covariance", "none.csv"), "none.csv does not exist"),
        (("--noise-covariance", "a=a"), "column 'a' is -"),
        (
            ("--noise-covariance", "matrices.npy", "--columns", "a"),
            "--noise-covariance has shape (150, 2, 2), expected",
        ),
    ],
)
def test_mistakes(folder, words, says):
    words = words if "--columns" in words else (*words, "--columns", "a,b")
    said = mixtura("fit", "t.csv", "-k", "2", *words, folder=folder)
    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert len(said.err) < 500


@pytest.mark.parametrize("names", [["a", "b", "c"], None])
@pytest.mark.parametrize("text", ["a=a_err,b=b_err", "b=b_err", "rows.csv", "matrices.npy"])
def test_a_target_is_predicted_from_columns_with_errors(folder, text, names):
    """Row by row, the conditional of a mixture whose other columns are wider by their errors; gaps are no condition."""
    three = mx.Mixture([0.3, 0.7], [[0, 0, 1], [6, 2, -3]], [np.eye(3) + 0.6, 2 * np.eye(3) - 0.5], names=names)
    three.save(folder / "three.mix")
    target, words = ("c" if names else "x3"), () if names else ("--columns", "a,b")
    noise = ERRORS**2 * ([0, 1] if text == "b=b_err" else [1, 1])
    rows = np.column_stack([X, ERRORS])
    rows[np.arange(150) % 3 > 0, 1] = np.nan
    tables.write(folder / "gaps.csv", dict(zip(["a", "b", "a_err", "b_err"], rows.T, strict=True)))
    for table, more in (("t.csv", ()), ("gaps.csv", ("--missing",))):
        asked = ("predict", "three.mix", table, "--target", target, "--noise-covariance", text, *words, *more)
        said = mixtura(*asked, folder=folder)
        assert (said.code, said.err) == (0, "")
        first, *lines = said.out.splitlines()
        assert first == f"{target},{target}_deviation"
        found = np.array([line.split(",") for line in lines], float)
        for row in range(0, 150, 7):
            known = [0] if more and row % 3 else [0, 1]
            wide = np.zeros((3, 3))
            wide[known, known] = noise[row, known]
            there = mx.Mixture(three.weights, three.means, three.matrices + wide).condition(known, X[row, known])
            there = there.marginal([there.n_coordinates - 1])
            np.testing.assert_allclose(found[row], [there.mean()[0], np.sqrt(there.covariance()[0, 0])], rtol=1e-9)


def test_errors_of_a_target_are_none_of_its_others(folder):
    said = mixtura("predict", "m.mix", "t.csv", "--target", "a", "--noise-covariance", "a=a_err", folder=folder)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "--noise-covariance gives errors of 'a', but the columns are b" in said.err


def test_bootstrap_holds_the_background(folder):
    x = np.concatenate([TRUE.sample(200, rng=1), np.random.default_rng(2).uniform(-20, 20, (20, 2))])
    tables.write(folder / "far.csv", {"a": x[:, 0], "b": x[:, 1]})
    for noise, free in (("auto", True), ("0.1", False)):
        mixtura("fit", "far.csv", "-k", "2", "--noise", noise, "-o", "far.mix", "-q", folder=folder)
        words = ("bootstrap", "far.csv", "far.mix", "-n", "5", "--json", "-o", "each.csv")
        record = mixtura(*words, folder=folder).record
        mixture = mx.load(folder / "far.mix")
        last = [row for row in record["parameters"] if row["component"] == 2]
        assert record["background"] == 2
        assert [row["parameter"] for row in last] == ["weight"]
        assert (last[0]["standard_error"] > 1e-6) == free
        each = opened(folder / "each.csv").x
        names = tables.heading(folder / "each.csv").names
        np.testing.assert_allclose(each[:, names.index("covariance 2 a a")], mixture.covariances[2, 0, 0])
        assert np.ptp(each[:, names.index("mean 0 a")]) > 0
    test = mixtura("bootstrap", "far.csv", "far.mix", "--test", "-n", "3", "--json", folder=folder).record
    assert (test["n_components"], test["replicates"]) == (2, 3)
    assert test["p_value"] > 0.25  # two components suffice beside the noise
    mixtura("fit", "far.csv", "-k", "2", "--noise", "auto", "--covariance", "tied", "-o", "t.mix", "-q", folder=folder)
    mixtura("bootstrap", "far.csv", "t.mix", "-n", "3", "-o", "tied.csv", "-q", folder=folder)
    each, names = opened(folder / "tied.csv").x, tables.heading(folder / "tied.csv").names
    one, other, last = (each[:, names.index(f"covariance {k} a b")] for k in range(3))
    np.testing.assert_allclose(one, other)
    assert np.ptp(one) > 0
    assert (last == 0).all()
    near = np.array([[0.0, 0.0], [6.0, 2.0]])[np.arange(80) % 2] + np.random.default_rng(0).uniform(-1, 1, (80, 2))
    tables.write(folder / "near.csv", {"a": near[:, 0], "b": near[:, 1]})
    mixtura("fit", "near.csv", "-k", "2", "--noise", "auto", "-o", "n.mix", "-q", folder=folder)
    record = mixtura("bootstrap", "near.csv", "n.mix", "-n", "3", "--json", folder=folder).record
    assert record["failures"] == 0  # though the background has no rows
    assert record["parameters"][-1]["estimate"] < 1e-3
