"""Points that know how far what a row stands for reaches about it: pixels are squares, and a fit has their width."""

import dataclasses

import numpy as np
import pytest

import mixtura as mx
from mixtura.errors import InputError
from mixtura.pictures import bands, image, quantise
from mixtura.pictures.image import PIXEL_VARIANCE

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (24, 32, 3)).astype(np.uint8)
POINTS = image.ink(PICTURE)
BLIND = dataclasses.replace(POINTS, within_variance=None)
HOW = {"rng": 0, "max_iter": 5}


def same(one, other):
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    "points",
    [
        POINTS,
        image.colour(PICTURE),
        image.ink(PICTURE, threshold="grey"),
        quantise.histogram(PICTURE).points(),
        POINTS.take(np.arange(9)),
        POINTS.rows(3, 9),
        POINTS.columns(np.array([1])),
        POINTS.renamed(None),
        bands.source(PICTURE, "colour", weight=np.ones(PICTURE.shape[:2], np.float32)),
    ],
)
def test_pixels_know_that_they_are_squares(points):
    assert points.within_variance == 1 / 12


def test_a_pixel_cut_into_many_points_has_that_variance():
    """The law behind it: the scatter of what a row stands for is that between rows and that within them."""
    fine = (np.arange(12000).reshape(-1, 1) + 0.5) / 1000  # twelve cells of side 1, each cut into a thousand
    cells = mx.Points.from_array(np.arange(12)[:, None] + 0.5, within_variance=PIXEL_VARIANCE)
    expected = mx.fit(fine, 1, reg_covar=0).mixture.covariances
    np.testing.assert_allclose(mx.fit(cells, 1).mixture.covariances, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_fit_of_pixels_has_their_width(dtype):
    found = mx.fit(POINTS, 20, dtype=dtype, **HOW)
    same(found.mixture, mx.fit(BLIND, 20, dtype=dtype, reg_covar=1 / 12, **HOW).mixture)
    assert np.linalg.eigvalsh(found.mixture.covariances.astype(float)).min() > 0.99 / 12


def test_what_is_asked_for_wins():
    same(mx.fit(POINTS, 20, reg_covar=1e-6, **HOW).mixture, mx.fit(BLIND, 20, **HOW).mixture)
    wide = mx.fit(POINTS, 5, reg_covar=4.0, **HOW).mixture
    assert np.linalg.eigvalsh(wide.covariances).min() > 3.99


def test_a_choice_and_its_errors_have_the_same_width():
    one, other = (mx.choose(x, [1, 3], rng=0, **more) for x, more in ((POINTS, {}), (BLIND, {"reg_covar": 1 / 12})))
    assert [each.bic for each in one.candidates] == [each.bic for each in other.candidates]
    same(one.best.mixture, other.best.mixture)
    fit = mx.fit(POINTS, 2, **HOW)
    one, other = (
        mx.bootstrap(x, fit, 3, rng=0, **more).means().standard_error
        for x, more in ((POINTS, {}), (BLIND, {"reg_covar": 1 / 12}))
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("estimator", "more"),
    [
        (mx.GaussianMixture, {"n_components": 12}),
        (mx.GaussianMixture, {"n_components": 12, "noise": True}),
        (mx.GaussianMixture, {"n_components": "bic", "covariance_type": "spherical"}),
        (mx.BayesianGaussianMixture, {"n_components": 12}),
        (mx.GaussianMixtureClassifier, {"n_components": 6}),
        (mx.GaussianMixtureClassifier, {"n_components": 6, "covariance_type": "shared"}),
    ],
)
def test_estimators_of_pixels_have_their_width_too(estimator, more):
    y = POINTS.x[:, 0] > 6
    told = [y] if estimator is mx.GaussianMixtureClassifier else []
    fits = [
        estimator(**more, random_state=0, **reg).fit(x, *told)
        for x, reg in ((POINTS, {}), (BLIND, {"reg_covar": 1 / 12}), (POINTS, {"reg_covar": 1e-3}))
    ]
    one, other, narrow = (fit.mixtures_ if told else [fit.mixture_] for fit in fits)
    for each, like in zip(one, other, strict=True):
        same(each, like)
    assert one != narrow  # what is asked for wins
    if estimator is mx.GaussianMixture and more["n_components"] == 12:
        fits[0].partial_fit(POINTS)
        same(fits[0].mixture_, fits[1].partial_fit(BLIND).mixture_)


def test_large_pictures_know_it_too(monkeypatch):
    monkeypatch.setattr(bands, "HELD", 0)
    made = bands.source(PICTURE, "ink")
    assert isinstance(made, bands.Bands)
    assert made.take(None).within_variance == made.within_variance == 1 / 12
    found = mx.fit(made, 5, dtype="float32", **HOW)
    same(found.mixture, mx.fit(made, 5, dtype="float32", reg_covar=1 / 12, **HOW).mixture)


def test_another_precision_loses_nothing_that_points_know():
    noisy = dataclasses.replace(BLIND, noise=np.full((BLIND.n, 2), 0.5), within_variance=0.25)
    again = mx.sources.opened(noisy, dtype="float32")
    assert (again.dtype, again.within_variance, again.one_unit) == (np.float32, 0.25, True)
    np.testing.assert_array_equal(again.noise, noisy.noise)


@pytest.mark.parametrize("wrong", [-1, float("nan"), "wide", [1.0, 2.0]])
def test_what_is_no_variance(wrong):
    with pytest.raises(InputError, match=r"within_variance is .*, expected a finite number >= 0"):
        mx.Points.from_array([[1.0]], within_variance=wrong)
