"""A mixture a class against naive Bayes, discriminant analysis and Bayes' rule spelt out."""

import pickle
import warnings

import numpy as np
import pytest
import sklearn
from cases import KINDS
from packaging.version import Version
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine, make_moons
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB

import mixtura as mx
from mixtura.errors import InputError, MixturaWarning

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


@pytest.mark.parametrize("criterion", ["icl", "cv", "stability"])
def test_any_criterion_chooses(criterion):
    model = mx.GaussianMixtureClassifier(criterion, covariance_type="EEI", random_state=0).fit(X[::2], Y[::2])
    for choice, mixture in zip(model.choices_, model.mixtures_, strict=True):
        assert choice.criterion == criterion
        assert choice.mixture is mixture
    assert model.score(X, Y) > 0.85
    if criterion == "icl":
        shared = mx.GaussianMixtureClassifier("icl", covariance_type="shared", random_state=0).fit(X, Y)
        assert shared.mixtures_[0].n_components == 1


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
        (lambda: mx.GaussianMixtureClassifier("dic").fit(X, Y), r"or a str among {.*'stability'.*}\. Got 'dic'"),
        (
            lambda: mx.GaussianMixtureClassifier("cv", covariance_type="shared").fit(X, Y),
            'n_components="cv" compares fits to some of the rows of one class',
        ),
        (lambda: mx.GaussianMixtureClassifier("bic", checkpoint="c.mix").fit(X, Y), "checkpoint is of one mixture"),
        (lambda: mx.GaussianMixtureClassifier("bic", on_step=print).fit(X, Y), "on_step is of one mixture"),
        (lambda: mx.GaussianMixtureClassifier("bic", init_params=np.ones((150, 1))).fit(X, Y), "init_params by name"),
        (
            lambda: mx.GaussianMixtureClassifier(covariance_type="shared", fixed={"means": [0]}).fit(X, Y),
            "fixed is of one mixture, but covariance_type=.shared. fits",
        ),
        (
            lambda: mx.GaussianMixtureClassifier(2, covariance_type="shared").fit(X, few(Y)),
            "class 7 cannot be fitted: n_components is 2, but only 1 points",
        ),
        (
            lambda: mx.GaussianMixtureClassifier(covariance_type="shared").fit(X, Y, (Y > 0) * 1.0),
            "class 0 cannot be fitted: its rows have no weight",
        ),
        (
            lambda: mx.GaussianMixtureClassifier(covariance_type="shared", reg_covar=0).fit(X * [1, 1, 1, 0], Y),
            "is not positive definite",
        ),
    ],
)
def test_wrong_questions(ask, says):
    with pytest.raises(ValueError, match=says):
        ask()


def wine_apart():
    """Two thirds of the wines to learn from, and the rest."""
    x, y = load_wine(return_X_y=True)
    test = np.arange(len(y)) % 3 == 0
    return x[~test], y[~test], x[test], y[test]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("priors", [None, [0.6, 0.3, 0.1]])
def test_one_shared_component_is_linear_discriminant_analysis(weighted, priors):
    """Its covariance is that of all rows about their classes' means, whatever the priors are."""
    weight = np.random.default_rng(2).integers(0, 4, 150) if weighted else np.ones(150, int)
    ours = mx.GaussianMixtureClassifier(covariance_type="shared", reg_covar=0, priors=priors)
    ours.fit(X, NAMES, weight if weighted else None)
    x, y = np.repeat(X, weight, axis=0), np.repeat(NAMES, weight)
    # "lsqr" weighs the classes' covariances by the priors; until 1.8, "svd" divided by n less the number of classes.
    solvers = [] if priors else ["lsqr"]
    if Version(sklearn.__version__) >= Version("1.9"):
        solvers.append("svd")
    for solver in solvers:
        theirs = LinearDiscriminantAnalysis(solver=solver, priors=priors, store_covariance=True).fit(x, y)
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-6, atol=1e-8)
    residual = x - np.stack([x[y == name].mean(axis=0) for name in ours.classes_])[np.unique(y, return_inverse=True)[1]]
    for mixture in ours.mixtures_:
        np.testing.assert_allclose(mixture.covariances, residual.T @ residual / len(x), rtol=1e-9)


def joint_likelihood(model, x, y):
    """The sum of ln P(class) + ln p(x | class) of the rows' own classes."""
    return sum(
        np.log(share) * (y == label).sum() + mixture.log_density(x[y == label]).sum()
        for label, share, mixture in zip(model.classes_, model.class_prior_, model.mixtures_, strict=True)
    )


def test_shared_components_are_the_maximum_of_the_joint_likelihood():
    """Any other covariance, means and weights make the rows with their classes less likely."""
    options = {"covariance_type": "shared", "reg_covar": 0, "tol": 1e-13, "max_iter": 5000, "random_state": 0}
    model = mx.GaussianMixtureClassifier(2, **options).fit(X, Y)
    assert len({mixture.covariances.tobytes() for mixture in model.mixtures_}) == 1
    best, kept = joint_likelihood(model, X, Y), model.mixtures_
    rng = np.random.default_rng(0)
    for size in (0.1, 0.01):
        for part in ("weights", "means", "covariances"):
            factor = np.exp(rng.normal(0, size)) if part == "covariances" else 1.0
            model.mixtures_ = [
                mx.Mixture(
                    mix.weights * np.exp(rng.normal(0, size * (part == "weights"), 2)),
                    mix.means + rng.normal(0, size * (part == "means"), mix.means.shape),
                    mix.covariances * factor,
                    "tied",
                )
                for mix in kept
            ]
            assert joint_likelihood(model, X, Y) < best


def test_shared_steps_never_lower_the_joint_likelihood_and_can_be_stopped():
    seen = []
    options = {"covariance_type": "shared", "random_state": 0, "tol": 0, "max_iter": 40, "on_step": seen.append}
    with pytest.warns(ConvergenceWarning):
        mx.GaussianMixtureClassifier(3, **options, accelerate=True).fit(X, Y)
    assert (np.diff([step.log_likelihood for step in seen]) >= 0).all()
    assert seen[-1].mixture.means.shape == (9, 4)
    assert seen[-1].mixture.weights[:3].sum() == pytest.approx(1 / 3)
    model = mx.GaussianMixtureClassifier(3, **{**options, "on_step": lambda step: step.iteration == 2}).fit(X, Y)
    assert model.n_iter_ == 2


@pytest.mark.filterwarnings("ignore:Only one sample available")
def test_classes_of_few_rows_can_share_a_covariance():
    """Also where the rows of one have no width at all, and nothing is added to the variances."""
    y = Y.copy()
    y[0], y[[1, 2]] = 7, 8
    model = mx.GaussianMixtureClassifier(covariance_type="shared", reg_covar=0).fit(X, y)
    theirs = LinearDiscriminantAnalysis(solver="lsqr").fit(X, y)
    np.testing.assert_array_equal(model.predict(X), theirs.predict(X))
    assert (model.predict(X[:50]) == 7).sum() == (theirs.predict(X[:50]) == 7).sum()
    large = mx.GaussianMixtureClassifier(covariance_type="shared").fit(X * 1e7, y)
    np.testing.assert_array_equal(large.predict(X * 1e7), model.predict(X))


@pytest.mark.parametrize(
    ("kind", "least", "held"), [("full", 5, 1), ("full", 5, 4), ("diag", 2, 1), ("spherical", 2, 1), ("tied", 5, 3)]
)
def test_a_class_of_few_rows_is_told(kind, least, held):
    y = Y.copy()
    y[:held] = 7
    model = mx.GaussianMixtureClassifier(covariance_type=kind)
    with pytest.warns(
        MixturaWarning, match=rf"class 7: .* {held} rows, but a {kind} covariance of 4 .* {least}:"
    ) as told:
        model.fit(X, y)
    assert len(told) == 1
    assert told[0].filename == __file__
    y[:least] = 7
    model.fit(X, y)
    model.set_params(prior="default").fit(X, Y)


def test_components_of_few_rows_are_told():
    x, y, _, _ = wine_apart()
    with pytest.warns(MixturaWarning, match=r"class [012]: a component has [\d.]+ rows, but a full covariance of 13"):
        mx.GaussianMixtureClassifier(4, random_state=0, max_iter=500).fit(x, y)
    mx.GaussianMixtureClassifier(4, prior="default", random_state=0, max_iter=500).fit(x, y)
    mx.GaussianMixtureClassifier(4, covariance_type="shared", random_state=0, max_iter=500).fit(x, y)
    with pytest.warns(MixturaWarning, match=r"the classes together: all components have 10 rows, .* needs 16:"):
        mx.GaussianMixtureClassifier(covariance_type="shared").fit(x[::13], y[::13])


def test_sharing_and_simpler_families_follow_few_rows_less():
    x, y, x_test, y_test = wine_apart()
    plain = {"random_state": 0, "max_iter": 500}

    def errors(*args, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MixturaWarning)
            model = mx.GaussianMixtureClassifier(*args, **plain, **options).fit(x, y)
        return int((model.predict(x_test) != y_test).sum())

    assert errors(3) > 8
    assert errors(covariance_type="shared") <= 2
    assert errors(3, covariance_type="shared") <= 2
    assert errors("bic", covariance_type="shared") <= 3
    assert errors("bic") <= 3


def test_bic_chooses_the_size_and_the_family_of_each_class():
    """A ring of three clusters, an ellipse that leans, and a ball: each as it was made."""
    rng = np.random.default_rng(0)
    ring = np.concatenate([rng.normal(0, 0.5, (40, 2)) + centre for centre in ([0, 9], [8, -5], [-8, -5])])
    leaning = rng.multivariate_normal([30, 0], [[4, 3.6], [3.6, 4]], 90)
    ball = rng.normal([60, 0], 1.5, (90, 2))
    x, y = np.concatenate([ring, leaning, ball]), np.repeat(["ring", "leaning", "ball"], [120, 90, 90])
    model = mx.GaussianMixtureClassifier("bic", random_state=0, max_iter=500, reg_covar=0.01).fit(x, y)
    found = {
        name: (mix.n_components, mix.covariance_type) for name, mix in zip(model.classes_, model.mixtures_, strict=True)
    }
    assert found == {"ball": (1, "spherical"), "leaning": (1, "full"), "ring": (3, found["ring"][1])}
    assert [choice.best.n_components for choice in model.choices_] == [1, 1, 3]
    assert model.score(x, y) == 1
    assert pickle.loads(pickle.dumps(model)).choices_[0].criterion == "bic"


@pytest.mark.parametrize(("kind", "tried"), [("diag", {"diag", "spherical"}), ("tied", {"tied"}), ("full", set(KINDS))])
def test_bic_tries_families_that_are_as_free_or_simpler(kind, tried):
    model = mx.GaussianMixtureClassifier("bic", covariance_type=kind, random_state=0, max_iter=20, prior="default")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X[::5], Y[::5])
    for choice in model.choices_:
        assert {each.covariance_type for each in choice.candidates} == tried
        assert max(each.n_components for each in choice.candidates) == 9


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_components_on_the_ticks_of_rounded_numbers_are_no_choice_for_classes_that_share(seed):
    """Their variance is next to nothing, and so is what their likelihood says."""
    rng = np.random.default_rng(seed)
    y = np.repeat(["low", "high"], 200)
    x = np.column_stack([rng.normal(4, 0.9, 400).round() + 3 * (y == "high"), rng.normal(size=400)])
    model = mx.GaussianMixtureClassifier("bic", covariance_type="shared", random_state=0, max_iter=500).fit(x, y)
    assert model.mixtures_[0].covariance()[0, 0] > 0.3
    assert model.mixtures_[0].covariances[0, 0] > 1 / 12
    assert model.mixtures_[0].n_components < 4


def test_bic_chooses_one_size_for_classes_that_share():
    options = {"covariance_type": "shared", "init_params": "partition", "max_iter": 500}
    model = mx.GaussianMixtureClassifier("bic", **options).fit(X, Y)
    scores = []
    for k in range(1, 10):  # not more, nor with fewer than two rows a component
        each = mx.GaussianMixtureClassifier(k, **options).fit(X, Y)
        free = 3 * k - 1 + 3 * k * 4 + 10
        scores.append(free * np.log(150) - 2 * joint_likelihood(each, X, Y))
    assert [mix.n_components for mix in model.mixtures_] == [1 + np.argmin(scores)] * 3
    assert not hasattr(model, "choices_")
    few = mx.GaussianMixtureClassifier("bic", **options).fit(X[::9], Y[::9])
    assert few.mixtures_[0].n_components <= 2


def test_a_grid_search_over_sizes_and_families():
    grid = {"n_components": [1, "bic"], "covariance_type": ["shared"], "priors": [None, [0.2, 0.4, 0.4]]}
    model = mx.GaussianMixtureClassifier(random_state=0, max_iter=500)
    search = GridSearchCV(model, grid, cv=2).fit(X[::3], Y[::3])
    assert search.best_score_ > 0.9
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("kind", [*KINDS, "shared"])
def test_a_prior_is_that_of_each_class(kind):
    """A prior that is given is the same for each class; the default one is of its rows, or of all where they share."""
    family = "tied" if kind == "shared" else kind
    given = mx.Prior.default(X, 1, covariance_type=family)
    for prior in ("default", given):
        model = mx.GaussianMixtureClassifier(covariance_type=kind, prior=prior, reg_covar=0).fit(X, Y)
        for label, mixture in enumerate(model.mixtures_):
            if kind != "shared":
                alone = mx.fit(X[label == Y], 1, covariance_type=kind, prior=prior, reg_covar=0).mixture
                np.testing.assert_allclose(mixture.means, alone.means, rtol=1e-9)
                np.testing.assert_allclose(mixture.covariances, alone.covariances, rtol=1e-9)
            else:
                counted = given if prior == "default" else prior
                mean = X[label == Y].sum(axis=0) + counted.mean_precision * np.asarray(counted.mean)
                np.testing.assert_allclose(mixture.means[0], mean / (50 + counted.mean_precision), rtol=1e-6)


def test_shared_classes_read_in_blocks_are_those_in_memory(tmp_path):
    np.save(tmp_path / "x.npy", X)
    weight = np.random.default_rng(0).integers(0, 3, 150).astype(float)
    for k in (1, "bic"):
        options = {"covariance_type": "shared", "init_params": "partition", "random_state": 0, "max_iter": 500}
        ours = mx.GaussianMixtureClassifier(k, **options).fit(tmp_path / "x.npy", Y, sample_weight=weight)
        held = mx.GaussianMixtureClassifier(k, **options).fit(X, Y, sample_weight=weight)
        for one, other in zip(ours.mixtures_, held.mixtures_, strict=True):
            np.testing.assert_allclose(one.covariances, other.covariances, rtol=1e-6)
        np.testing.assert_array_equal(np.concatenate(list(ours.predict(tmp_path / "x.npy"))), held.predict(X))


def test_a_shared_fit_resumes(tmp_path):
    options = {"covariance_type": "shared", "random_state": 0, "tol": 1e-7, "max_iter": 500, "n_init": 2}
    whole = mx.GaussianMixtureClassifier(2, **options).fit(X, Y)
    kept = {"checkpoint": tmp_path / "c.mix", **options}
    mx.GaussianMixtureClassifier(2, **kept, on_step=lambda step: step.iteration == 4).fit(X, Y)
    again = mx.GaussianMixtureClassifier(2, **kept).fit(X, Y)
    for one, other in zip(again.mixtures_, whole.mixtures_, strict=True):
        np.testing.assert_array_equal(one.means, other.means)
    with pytest.raises(mx.errors.InputError, match="is of another fit"):
        mx.GaussianMixtureClassifier(2, **kept).fit(X, Y[::-1])


@pytest.mark.parametrize("criterion", ["bic", "stability"])
def test_a_mixture_chooses_as_the_classes_do(criterion):
    model = mx.GaussianMixture(criterion, covariance_type="EEI", random_state=0, max_iter=300).fit(
        X, sample_weight=None
    )
    assert model.choice_.criterion == criterion
    assert model.mixture_ == model.choice_.mixture
    assert model.n_iter_ >= 1
    assert model.predict(X).max() == model.choice_.best.n_components - 1
    tried = {each.covariance_type for each in model.choice_.candidates}
    assert tried == {"EEI", "EII"}
    again = clone(model).fit(X)
    assert again.mixture_ == model.mixture_
    assert not hasattr(model.set_params(n_components=2).fit(X), "choice_")
    for wrong in ({"warm_start": True}, {"means_init": X[:2]}, {"checkpoint": "c.mix"}, {"on_step": print}):
        with pytest.raises(InputError, match=f'{next(iter(wrong))} is of one mixture, but n_components="{criterion}"'):
            mx.GaussianMixture(criterion, **wrong).fit(X)


@pytest.mark.parametrize("kind", ["full", "shared"])
def test_rows_may_have_errors(kind):
    """Bayes' rule spelt out, with the noise of each row; a class is fitted as its rows alone are."""
    rng = np.random.default_rng(3)
    noise = rng.uniform(0.01, 0.3, X.shape)
    seen = X + np.sqrt(noise) * rng.normal(size=X.shape)
    model = mx.GaussianMixtureClassifier(covariance_type=kind).fit(seen, Y, noise_covariance=noise)
    mixtures, rows = model.mixtures_, range(0, 150, 7)
    densities = [
        [multivariate_normal(mix.means[0], mix.matrices[0] + np.diag(noise[row])).logpdf(seen[row]) for mix in mixtures]
        for row in rows
    ]
    joint = np.log(model.class_prior_) + np.array(densities)
    some = {"X": seen[rows], "noise_covariance": noise[rows]}
    total = logsumexp(joint, axis=1)
    np.testing.assert_allclose(model.score_samples(**some), total)
    np.testing.assert_allclose(model.predict_log_proba(**some), joint - total[:, None], atol=1e-10)
    np.testing.assert_allclose(model.decision_function(**some), joint - total[:, None], atol=1e-10)
    np.testing.assert_allclose(model.predict_proba(**some), np.exp(joint - total[:, None]), atol=1e-12)
    np.testing.assert_array_equal(model.predict(**some), joint.argmax(axis=1))
    if kind == "full":
        alone = mx.fit(seen[Y == 1], 1, noise_covariance=noise[Y == 1], accelerate=False)
        np.testing.assert_allclose(mixtures[1].matrices, alone.mixture.matrices)
    stream = lambda: iter([seen[:70], seen[70:]])  # noqa: E731
    again = mx.GaussianMixtureClassifier(covariance_type=kind).fit(stream, Y, noise_covariance=noise)
    np.testing.assert_allclose(again.mixtures_[2].matrices, mixtures[2].matrices, rtol=1e-9)
    np.testing.assert_array_equal(np.asarray(again.predict(stream, noise)), model.predict(seen, noise))
