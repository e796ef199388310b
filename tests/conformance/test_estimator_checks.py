"""scikit-learn's check_estimator: what every estimator must do, check by check."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import mixtura as mx

# "partition" draws no random numbers: with them, a row of weight 2 and the row twice lead to other starts.
ESTIMATORS = [
    mx.GaussianMixture(),
    mx.GaussianMixture(3, covariance_type="diag", init_params="partition"),
    mx.GaussianMixture(missing=True),
    mx.GaussianMixture(3, n_clusters="auto", init_params="partition"),
    mx.GaussianMixture(noise=0.1),
    mx.BayesianGaussianMixture(),
    mx.BayesianGaussianMixture(
        n_components=3,
        covariance_type="diag",
        init_params="partition",
        weight_concentration_prior_type="dirichlet_distribution",
    ),
    mx.GaussianMixtureRegressor(),
    mx.GaussianMixtureRegressor(2, init_params="partition"),
    mx.GaussianMixtureClassifier(),
    mx.GaussianMixtureClassifier(covariance_type="spherical", priors=None),
    mx.GaussianMixtureClassifier(covariance_type="shared"),
    mx.GaussianMixtureClassifier(noise=0.05, noise_label="most_probable"),
]


# The checks make data on which a fit need not converge, and small tables of many columns; one asks for two clusters of
# one component.
@pytest.mark.filterwarnings("ignore:n_clusters is 2, but:mixtura.errors.MixturaWarning")
@pytest.mark.filterwarnings("ignore:.* rows, but a .* covariance of:mixtura.errors.MixturaWarning")
@pytest.mark.filterwarnings("ignore:there (is|are) .* points? in:mixtura.errors.MixturaWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(ESTIMATORS)
def test_check(estimator, check):
    check(estimator)
