"""Frames of pandas and polars go in, and their names come back."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mixtura as mx

NAMES = ("sepal length", "sepal width", "petal length", "petal width")
X, Y = load_iris(return_X_y=True)
FRAMES = {
    "pandas": pd.DataFrame(X, columns=NAMES),
    "polars": pl.DataFrame(X, schema=list(NAMES)),
    "pandas, Arrow": pd.DataFrame(X, columns=NAMES).convert_dtypes(dtype_backend="pyarrow"),
}
WITHIN = {"pandas": pd.DataFrame, "polars": pl.DataFrame}


@pytest.mark.parametrize("kind", FRAMES)
def test_names_come_back(kind):
    frame = FRAMES[kind]
    model = mx.GaussianMixture(3, random_state=0).fit(frame)
    np.testing.assert_array_equal(model.feature_names_in_, NAMES)
    assert model.mixture_.names == NAMES
    assert model.condition(["petal width"], [1.0]).names == NAMES[:3]
    assert model.marginal(["petal width", "sepal width"]).names == ("petal width", "sepal width")
    assert model.marginal("sepal width").names == ("sepal width",)
    plain = mx.GaussianMixture(3, random_state=0).fit(X)
    np.testing.assert_array_equal(model.means_, plain.means_)
    np.testing.assert_array_equal(model.predict(frame), plain.predict(X))
    assert plain.mixture_.names is None
    model.partial_fit(frame[:50])
    assert model.mixture_.names == NAMES


@pytest.mark.parametrize("kind", WITHIN)
def test_frames_come_out(kind):
    pipeline = make_pipeline(StandardScaler(), mx.GaussianMixture(2, random_state=0))
    shares = pipeline.set_output(transform=kind).fit(FRAMES[kind]).transform(FRAMES[kind])
    assert isinstance(shares, WITHIN[kind])
    assert list(shares.columns) == ["gaussianmixture0", "gaussianmixture1"]
    np.testing.assert_allclose(np.asarray(shares).sum(axis=1), 1)
    assert pipeline.predict(FRAMES[kind]).shape == (150,)


def test_shares_beside_other_columns():
    made = make_column_transformer(
        (mx.GaussianMixture(2, random_state=0), ["sepal length", "petal length"]), remainder="passthrough"
    )
    table = made.set_output(transform="pandas").fit_transform(FRAMES["pandas"])
    assert list(table.columns) == [
        "gaussianmixture__gaussianmixture0",
        "gaussianmixture__gaussianmixture1",
        "remainder__sepal width",
        "remainder__petal width",
    ]


@pytest.mark.parametrize("kind", WITHIN)
def test_regression_knows_the_names_of_both_sides(kind):
    frame = FRAMES[kind]
    inputs, outputs = frame[list(NAMES[:2])], frame[list(NAMES[2:])]
    model = mx.GaussianMixtureRegressor(2, random_state=0).fit(inputs, outputs)
    assert model.mixture_.names == NAMES
    assert model.predict(inputs).shape == (150, 2)
    assert mx.GaussianMixtureRegressor().fit(inputs, frame["petal width"]).mixture_.names == (*NAMES[:2], "petal width")
    assert mx.GaussianMixtureRegressor().fit(inputs, X[:, 2]).mixture_.names == (*NAMES[:2], "y")
    assert mx.GaussianMixtureRegressor().fit(inputs, X[:, 2:]).mixture_.names == (*NAMES[:2], "y0", "y1")


@pytest.mark.parametrize("kind", WITHIN)
def test_classes_may_be_a_series_of_text(kind):
    labels = {"pandas": pd.Series, "polars": pl.Series}[kind](list(load_iris().target_names[Y]))
    model = mx.GaussianMixtureClassifier(reg_covar=1e-3).fit(FRAMES[kind], labels)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert model.score(FRAMES[kind], labels) > 0.95
    assert model.mixtures_[0].names == NAMES


def test_a_grid_search_chooses():
    grid = {"n_components": [1, 2, 3], "covariance_type": ["full", "spherical"]}
    found = GridSearchCV(mx.GaussianMixture(random_state=0, max_iter=300, reg_covar=1e-4), grid, cv=3).fit(
        FRAMES["pandas"].sample(frac=1, random_state=0)
    )
    assert found.best_params_["covariance_type"] == "full"
    assert found.best_params_["n_components"] > 1


@pytest.mark.parametrize("kind", WITHIN)
def test_what_is_wrong_with_a_frame(kind):
    frame = FRAMES[kind]
    model = mx.GaussianMixture(2, random_state=0).fit(frame)
    with pytest.raises(ValueError, match="feature names should match those that were passed during fit"):
        model.predict(
            frame.rename(columns={"sepal width": "b"}) if kind == "pandas" else frame.rename({"sepal width": "b"})
        )
    holed = pd.DataFrame(np.where(np.arange(600).reshape(150, 4) == 9, np.nan, X), columns=NAMES)
    with pytest.raises(ValueError, match=r"contains NaN. X\[2, 1\] is nan \(column 'sepal width'\)"):
        model.fit(holed if kind == "pandas" else pl.from_pandas(holed))
    with pytest.raises(ValueError, match="there is no column 'height': its columns are"):
        model.condition(["height"], [1.0])
    with pytest.raises(ValueError, match="it was fitted to columns without names, so give numbers"):
        mx.GaussianMixture().fit(X).marginal(["sepal width"])


@pytest.mark.parametrize("kind", FRAMES)
def test_a_fit_takes_the_names_of_a_frame(kind):
    mixture = mx.fit(FRAMES[kind], 2, rng=0).mixture
    assert mixture == mx.fit(mx.Points.from_array(X, names=NAMES), 2, rng=0).mixture
    assert mixture.names == NAMES
    assert mixture.condition("sepal length", 5.0).names == NAMES[1:]
    assert mixture.marginal(FRAMES[kind].columns[:2]).names == NAMES[:2]
    with pytest.raises(mx.errors.CoordinateError, match="expected numbers or names of coordinates"):
        mixture.marginal([[0], [0, 1]])


def test_gaps_in_columns_of_whole_numbers():
    x = np.random.default_rng(0).integers(0, 9, (60, 2)).astype(float)
    x[5, 1] = np.nan
    frame = pd.DataFrame({"a": x[:, 0], "b": pd.array(x[:, 1], dtype="Int64")})
    expected = mx.fit(mx.Points.from_array(x, names=["a", "b"], missing=True), 2, rng=0, missing=True)
    assert mx.fit(frame, 2, rng=0, missing=True).mixture == expected.mixture
    with pytest.raises(mx.errors.InputError, match=r"x\[5, 1\] is nan"):
        mx.fit(frame, 2)
