"""A background beside what is learnt: outliers bend no curve, and rows that are like no class are told so."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import mixtura as mx
from mixtura.errors import InputError

RNG = np.random.default_rng(0)
X = RNG.uniform(-2, 2, (400, 1))
CURVE = np.sin(2 * X[:, 0])
STRANGE = np.arange(400) % 10 == 0
Y = np.where(STRANGE, RNG.uniform(-8, 8, 400), CURVE + RNG.normal(0, 0.05, 400))
GRID = np.linspace(-1.8, 1.8, 40)[:, None]

# Two classes, each in two places; rows of neither, with the label of one
PLACES = np.array([[0.0, 0.0], [6.0, 6.0], [6.0, 0.0], [0.0, 6.0]])
ROWS = np.concatenate([PLACES[i] + RNG.normal(0, 1, (120, 2)) for i in range(4)] + [RNG.uniform(-12, 18, (48, 2))])
CLASSES = np.concatenate([np.repeat([0, 1], 240), RNG.integers(0, 2, 48)])
FAR = np.array([[15.0, 15.0], [-10.0, 10.0], [40.0, -40.0]])
HOW = {"n_components": 2, "random_state": 0, "max_iter": 500}


def fitted(**more):
    return mx.GaussianMixtureClassifier(**(HOW | {"noise": True} | more)).fit(ROWS, CLASSES)


@pytest.mark.filterwarnings("ignore:X and y. a component has:mixtura.errors.MixturaWarning")  # of the outliers
@pytest.mark.parametrize("noise", [True, 0.1])
def test_outliers_do_not_bend_the_curve(noise):
    off = {
        given: np.abs(
            mx.GaussianMixtureRegressor(8, noise=given, random_state=0, max_iter=500).fit(X, Y).predict(GRID)
            - np.sin(2 * GRID[:, 0])
        ).max()
        for given in (None, noise)
    }
    assert off[noise] < 0.1 < 0.2 < off[None]
    model = mx.GaussianMixtureRegressor(8, noise=noise, random_state=0, covariance_type="VEE").fit(X, Y)
    assert model.mixture_.n_components == 8
    assert model.mixture_.covariance_type == "VEE"
    assert model.background_share_ == pytest.approx(0.1, abs=0.03)


def test_a_curve_is_that_of_the_components_of_the_joint_fit():
    model = mx.GaussianMixtureRegressor(4, noise=True, random_state=0, init_params="partition", max_iter=500).fit(X, Y)
    joint = np.column_stack([X, Y])
    whole = np.append((1 - model.background_share_) * model.mixture_.weights, model.background_share_)
    low, high = joint.min(axis=0), joint.max(axis=0)
    mixture = mx.Mixture(
        whole,
        np.vstack([model.mixture_.means, (low + high) / 2]),
        np.concatenate([model.mixture_.covariances, np.diag((high - low) ** 2 / 12)[None]]),
    )
    again = mx.fit(joint, 4, noise=True, start=mixture, max_iter=1, tol=0)
    assert again.log_likelihoods[0] <= again.log_likelihoods[1] < again.log_likelihoods[0] + 1e-3  # where it ended
    blocks = lambda: iter([X[:150], X[150:]])  # noqa: E731
    streamed = mx.GaussianMixtureRegressor(4, noise=True, random_state=0, init_params="partition", max_iter=500)
    np.testing.assert_allclose(streamed.fit(blocks, Y).mixture_.means, model.mixture_.means, rtol=1e-6)
    assert mx.GaussianMixtureRegressor(1).fit(X, Y).background_share_ is None


@pytest.mark.parametrize("kind", ["full", "shared", "EII"])
def test_rows_of_no_class_by_bayes_rule(kind):
    """The mixture of each class and its background, spelt out; all backgrounds are as broad as all rows."""
    model = fitted(covariance_type=kind)
    assert model.predict(FAR).tolist() == [-1, -1, -1]
    inside = np.arange(480)
    assert np.mean(model.predict(ROWS[inside]) == CLASSES[inside]) > 0.97
    assert np.mean(model.predict(ROWS[480:]) == -1) > 0.6
    middle, width = (ROWS.min(axis=0) + ROWS.max(axis=0)) / 2, np.ptp(ROWS, axis=0)
    for mixture in model.mixtures_:
        np.testing.assert_allclose(mixture.means[-1], middle)
        variances = width**2 / 12 if kind != "EII" else np.full(2, (width**2 / 12).mean())
        np.testing.assert_allclose(mixture.matrices[-1], np.diag(variances))
    some = np.vstack([ROWS, FAR])

    def densities(mixture):
        terms = zip(mixture.weights, mixture.means, mixture.matrices, strict=True)
        return [weight * multivariate_normal(mean, matrix).pdf(some) for weight, mean, matrix in terms]

    joint = np.array(
        [prior * np.array(densities(each)) for prior, each in zip(model.class_prior_, model.mixtures_, strict=True)]
    )
    total = joint.sum(axis=(0, 1))
    np.testing.assert_allclose(model.predict_proba(some), (joint.sum(axis=1) / total).T, atol=1e-12)
    np.testing.assert_allclose(model.score_samples(some), np.log(total))
    outside = joint[:, -1].sum(axis=0) / total
    np.testing.assert_allclose(model.background_proba(some), outside, atol=1e-12)
    best = model.predict_proba(some).argmax(axis=1)
    np.testing.assert_array_equal(model.predict(some), np.where(outside > 0.5, -1, best))
    blocks = lambda: iter([ROWS[:100], ROWS[100:]])  # noqa: E731
    streamed = mx.GaussianMixtureClassifier(**HOW, noise=True, covariance_type=kind).fit(blocks, CLASSES)
    agree = np.asarray(streamed.predict(blocks)) == streamed.predict(ROWS)
    assert agree.all()
    assert streamed.predict(FAR).tolist() == [-1, -1, -1]


def test_classes_that_share_a_covariance_and_a_background_are_at_a_maximum():
    """The joint likelihood, written down: it rises with each step, and no parameter that is moved raises it."""
    steps = []
    model = fitted(
        covariance_type="shared", tol=1e-9, max_iter=3000, on_step=lambda step: steps.append(step.log_likelihood)
    )
    assert (np.diff(steps) >= 0).all()
    mixtures, shares = model.mixtures_, np.bincount(CLASSES) / len(CLASSES)

    def likelihood(share, scale, shift):
        total = 0.0
        for number, mixture in enumerate(mixtures):
            weights = np.append(mixture.weights[:-1] / mixture.weights[:-1].sum() * (1 - share), share)
            matrices = mixture.matrices * np.array([scale, scale, 1.0])[:, None, None]
            means = mixture.means + np.array([shift, 0.0, 0.0])[:, None]
            rows = ROWS[number == CLASSES]
            total += mx.Mixture(weights, means, matrices).log_density(rows).sum() + len(rows) * np.log(shares[number])
        return total / len(ROWS)

    share = mixtures[0].weights[-1]
    assert share == mixtures[1].weights[-1]
    best = likelihood(share, 1.0, 0.0)
    assert best == pytest.approx(steps[-1], abs=1e-9)
    for moved in ((1.01, 1, 0), (0.99, 1, 0), (1, 1.01, 0), (1, 0.99, 0), (1, 1, 0.01), (1, 1, -0.01)):
        assert likelihood(share * moved[0], *moved[1:]) < best


@pytest.mark.parametrize("kind", ["EII", "shared"])
def test_sizes_are_chosen_beside_the_noise(kind):
    model = fitted(n_components="bic", covariance_type=kind)
    sizes = [mixture.n_components - 1 for mixture in model.mixtures_]
    assert sizes == [2, 2]
    assert model.predict(FAR).tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("names", "given", "expected"),
    [
        (np.array(["left", "right"]), None, "noise"),
        (np.array(["left", "right"], object), None, "noise"),
        (np.array(["left", "right"]), -1, -1),
        (np.array([3, 7]), None, -1),
        (np.array([3, 7]), "none of them", "none of them"),
        (np.array([3, 7], np.uint8), None, -1),
        (np.array([False, True]), None, -1),
        (np.array([-1, 1]), "most_probable", None),
    ],
)
def test_what_a_row_of_no_class_is_called(names, given, expected):
    model = mx.GaussianMixtureClassifier(**HOW, noise=0.1, noise_label=given).fit(ROWS, names[CLASSES])
    told = model.predict(np.vstack([FAR[:1], PLACES[::2]]))
    told = told.tolist()
    assert told[1:] == names.tolist()
    assert told[0] == (names[model.predict_proba(FAR[:1]).argmax()] if expected is None else expected)
    assert model.background_proba(FAR[:1]) > 0.5
    assert model.noise_label_ == expected


def test_a_fit_with_noise_resumes(tmp_path):
    kept = {"checkpoint": tmp_path / "c.mix"}
    whole = fitted(tol=1e-7)
    fitted(tol=1e-7, **kept, on_step=lambda step: step.iteration == 3)
    again = fitted(tol=1e-7, **kept)
    for one, other in zip(again.mixtures_, whole.mixtures_, strict=True):
        np.testing.assert_array_equal(one.means, other.means)
    moved = np.vstack([ROWS, [[90.0, 0.0]]])  # the rows of class 0 stay, the box of all rows does not
    with pytest.raises(InputError, match=r"is of another fit.*noise"):
        mx.GaussianMixtureClassifier(**HOW, noise=True, tol=1e-7, **kept).fit(moved, np.append(CLASSES, 1))


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: fitted(noise=2), "'noise' parameter of GaussianMixtureClassifier must be .* or None. Got 2"),
        (lambda: fitted(noise_label=1), "noise_label is 1, which is a class: give another, .*'most_probable'"),
        (lambda: fitted(noise=None).background_proba(FAR), "fitted without a background: give noise=True"),
        (lambda: mx.GaussianMixtureRegressor(noise="much").fit(X, Y), "'noise' parameter of GaussianMixtureRegressor"),
        (
            lambda: mx.BayesianGaussianMixture(noise=True).fit(ROWS),
            "'noise' parameter of BayesianGaussianMixture must be None: each component has the prior, .* Got True",
        ),
    ],
)
def test_one_sentence_for_each_mistake(ask, says):
    with pytest.raises(InputError, match=says):
        ask()
