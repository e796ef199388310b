"""A mixture a class against naive Bayes, discriminant analysis and Bayes' rule spelt out."""

import numpy as np
import pytest
from cases import KINDS
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.datasets import load_iris, make_moons
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB

import mixtura as mx

X, Y = load_iris(return_X_y=True)
X = X + np.random.default_rng(0).normal(0, 0.01, X.shape)
NAMES = load_iris().target_names[Y]


@pytest.mark.parametrize("priors", [None, [0.7, 0.2, 0.1]])
@pytest.mark.parametrize("weighted", [False, True])
def test_one_diagonal_component_is_naive_bayes(priors, weighted):
    weight = np.random.default_rng(1).uniform(0, 2, 150) if weighted else None
    ours = mx.GaussianMixtureClassifier(covariance_type="diag", reg_covar=0, priors=priors).fit(X, NAMES, weight)
    theirs = GaussianNB(var_smoothing=0, priors=priors).fit(X, NAMES, weight)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_allclose(ours.class_prior_, theirs.class_prior_)
    np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6, atol=1e-12)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.score(X, NAMES) == theirs.score(X, NAMES)


def test_one_full_component_is_discriminant_analysis():
    ours = mx.GaussianMixtureClassifier(reg_covar=0).fit(X, Y)
    np.testing.assert_array_equal(ours.predict(X), QuadraticDiscriminantAnalysis().fit(X, Y).predict(X))
    for label, mixture in enumerate(ours.mixtures_):
        np.testing.assert_allclose(mixture.covariances[0], np.cov(X[label == Y].T, bias=True), rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_bayes_rule(kind):
    model = mx.GaussianMixtureClassifier(2, covariance_type=kind, random_state=0, reg_covar=1e-3).fit(X, Y)
    joint = np.stack(
        [
            logsumexp(
                [
                    np.log(weight) + multivariate_normal(mean, matrix).logpdf(X)
                    for weight, mean, matrix in zip(mix.weights, mix.means, mix.matrices, strict=True)
                ],
                axis=0,
            )
            for mix in model.mixtures_
        ],
        axis=1,
    ) + np.log([1 / 3, 1 / 3, 1 / 3])
    total = logsumexp(joint, axis=1)
    np.testing.assert_allclose(model.score_samples(X), total, rtol=1e-9)
    np.testing.assert_allclose(model.predict_log_proba(X), joint - total[:, None], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(model.decision_function(X), joint - total[:, None], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    assert model.score(X, Y) > 0.95


def test_two_classes_have_log_odds():
    model = mx.GaussianMixtureClassifier(reg_covar=1e-3).fit(X[:100], Y[:100])
    log = model.predict_log_proba(X)
    np.testing.assert_allclose(model.decision_function(X), log[:, 1] - log[:, 0], rtol=1e-9)
    assert np.isfinite(model.predict_log_proba(X * 50)).all()
    assert (model.predict_proba(X * 50).min(axis=1) == 0).any()


def test_more_components_follow_the_moons():
    x, y = make_moons(600, noise=0.1, random_state=0)
    scores = [mx.GaussianMixtureClassifier(k, random_state=0, max_iter=300).fit(x, y).score(x, y) for k in (1, 4)]
    assert scores[0] < 0.95 < 0.98 < scores[1]


def test_each_class_has_the_fit_of_its_rows():
    model = mx.GaussianMixtureClassifier(2, init_params="partition", reg_covar=1e-3, max_iter=300).fit(X, Y)
    for label, mixture in enumerate(model.mixtures_):
        alone = mx.GaussianMixture(2, init_params="partition", reg_covar=1e-3, max_iter=300).fit(X[label == Y])
        np.testing.assert_allclose(mixture.means, alone.means_, rtol=1e-12)


def few(y):
    y = y.copy()
    y[0] = 7
    return y


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (
            lambda: mx.GaussianMixtureClassifier(2).fit(X, few(Y)),
            "class 7 cannot be fitted: n_components is 2, but only 1 points",
        ),
        (
            lambda: mx.GaussianMixtureClassifier().fit(X, Y, (Y > 0) * 1.0),
            "class 0 cannot be fitted: its rows have no weight",
        ),
        (
            lambda: mx.GaussianMixtureClassifier(reg_covar=0).fit(X * [1, 1, 1, 0], NAMES),
            "class setosa cannot .*Raise reg_covar",
        ),
        (
            lambda: mx.GaussianMixtureClassifier(priors=[0.5, 0.5]).fit(X, Y),
            r"priors has shape \(2,\), expected \(3,\)",
        ),
        (lambda: mx.GaussianMixtureClassifier(priors=[0.5, 0.5, 0.5]).fit(X, Y), "priors sums to 1.5"),
        (lambda: mx.GaussianMixtureClassifier(priors="flat").fit(X, Y), "priors is 'flat'"),
        (lambda: mx.GaussianMixtureClassifier().fit(X, X[:, 0]), "Unknown label type: continuous"),
        (
            lambda: mx.GaussianMixtureClassifier(tol=-1).fit(X, Y),
            "'tol' parameter of GaussianMixtureClassifier must be",
        ),
        (lambda: mx.GaussianMixtureClassifier().fit(X, Y).predict(X * 1e200), r"X\[0\] lies too far from every class"),
        (lambda: mx.GaussianMixtureClassifier().fit(X * 1e200, Y), "squares would overflow"),
    ],
)
def test_wrong_questions(ask, says):
    with pytest.raises(ValueError, match=says):
        ask()
