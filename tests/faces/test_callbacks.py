"""A callback stops what it watches by the answer True, and by nothing that only counts as true."""

import numpy as np
import pytest

import mixtura as mx

X = np.random.default_rng(0).normal(size=(200, 2)) + np.arange(200)[:, None] % 2 * 3
ANSWERS = [(), (None, None), [0], "no", 1, 2.5, object(), np.ones(2), np.array([True, False]), None, False, np.False_]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_other_answers_go_on(answer):
    assert mx.fit(X, 2, tol=0, max_iter=4, rng=0, on_step=lambda step: answer).n_iter == 4
    found = mx.choose(X, [1, 2], covariance_type="diag", max_iter=2, rng=0, on_candidate=lambda each: answer)
    assert len(found.candidates) == 2


@pytest.mark.filterwarnings("ignore:Best performing")  # three steps are what we ask for
def test_estimators_and_passes_go_on():
    heard = []
    settings = {"n_components": 2, "tol": 0, "max_iter": 3, "random_state": 0, "on_step": lambda step: (heard, step)}
    assert mx.GaussianMixture(**settings).fit(X).n_iter_ == 3
    assert mx.BayesianGaussianMixture(**settings).fit(X).n_iter_ == 3
    assert mx.GaussianMixtureRegressor(**settings).fit(X[:, :1], X[:, 1]).n_iter_ == 3
    assert mx.GaussianMixtureClassifier(**settings).fit(X, np.arange(200) % 3 == 0).n_iter_ == 3
    assert mx.fit(lambda: [X], 1, max_iter=1, on_pass=lambda at: True).n_iter == 1


@pytest.mark.parametrize("answer", [True, np.True_])
def test_true_stops(answer):
    found = mx.fit(X, 2, tol=0, max_iter=4, rng=0, on_step=lambda step: answer)
    assert (found.n_iter, found.stop_reason) == (1, "callback")
    assert len(mx.choose(X, [1, 2], rng=0, on_candidate=lambda each: answer).candidates) == 1
    model = mx.GaussianMixture(2, tol=0, max_iter=4, random_state=0, on_step=lambda step: answer).fit(X)
    assert (model.n_iter_, model.stop_reason_) == (1, "callback")


def test_what_is_noted_by_the_way_stops_nothing():
    heights, means = [], []
    mx.fit(
        X,
        2,
        tol=0,
        max_iter=5,
        rng=0,
        on_step=lambda step: (heights.append(step.log_likelihood), means.append(step.mixture)),
    )
    assert len(heights) == len(means) == 5
