"""Where an estimator's fit begins: scikit-learn's four kinds of init_params, number for number, and ours.

Up to FEW pairs of a point and a component the first three names draw the same random numbers as scikit-learn, and
"kmeans" has the labels of its KMeans, so that the same random_state leads to the same fit. Larger tables begin as
`mixtura.fit` does, from a sample: KMeans on all points would take longer than the fit. All take the columns in their
units, as there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays import Array
from ..checks import check_unmasked
from ..em.fixed import PARTS
from ..em.kmeans import nearest
from ..em.objective import Objective
from ..em.start import begin, from_labels, from_responsibilities
from ..errors import InputError
from ..model.families import CovarianceType, family
from ..model.mixture import Mixture
from ..sources.points import Points
from ..sources.source import Source
from .kmeans import labels_of_kmeans

OURS = ("partition", "hierarchical")
FEW = 2_000_000
IN_MEMORY = 2**24  # numbers of which a start may look at all, where they are read in blocks: 128 MB
NAMES = ("kmeans", "k-means++", "random", "random_from_data", "partition", "hierarchical")


def first(
    source: Source,
    k: int,
    how: Any,
    *,
    covariance_type: CovarianceType,
    objective: Objective,
    random: np.random.RandomState,
    n_threads: int | None = None,
) -> Mixture:
    """The mixture of k components that a fit begins from.

    how: one of NAMES; or what `mixtura.fit` takes as a start: a Mixture, responsibilities (n, k), a callable.
    objective: whose M-step makes it. The points have weight. "k-means++" and "random_from_data" give each point to its
    nearest seed (scikit-learn starts from the seeds alone, with variances of reg_covar).
    """
    few = isinstance(source, Points) and source.n * k <= FEW and not source.incomplete
    if not isinstance(source, Points) or not isinstance(how, str) or how in OURS or not few:
        start: Any = "kmeans++" if isinstance(how, str) and how == "k-means++" else how
        rng = np.random.default_rng(random.randint(2**31 - 1))
        made: dict[str, Any] = {"covariance_type": covariance_type, "objective": objective, "n_threads": n_threads}
        return begin(source, k, start, rng=rng, scaled=False, **made)
    points, x, weight = source, source.x, source.weight
    if how == "random":
        shares = random.uniform(size=(points.n, k))
        shares /= shares.sum(axis=1, keepdims=True)
        return from_responsibilities(points, shares, covariance_type, objective)
    if how == "kmeans":
        labels = labels_of_kmeans(x, weight, k, random, n_threads)
    else:
        if how == "k-means++":
            from sklearn.cluster import kmeans_plusplus

            _, rows = kmeans_plusplus(x, k, sample_weight=weight, random_state=random)
        else:
            rows = random.choice(points.n, size=k, replace=False)
        labels = nearest(x, x[rows].astype(np.float64), n_threads=n_threads)
    return from_labels(points, labels.astype(np.intp), k, covariance_type, objective)


def replaced(
    mixture: Mixture | None,
    given: Mapping[str, Array],
    *,
    covariance_type: CovarianceType,
    names: tuple[str, ...] | None,
) -> Mixture:
    """`mixture` with the parts that were given in place of its own; it may be None if all were."""
    if mixture is not None and not given:
        return mixture
    own = {} if mixture is None else {part: getattr(mixture, part) for part in PARTS}
    return Mixture(**{**own, **given}, covariance_type=covariance_type, names=names)


def checked_weights(given: Any, k: int) -> Array:
    """`given` as (k,) weights that sum to one."""
    weights = shaped(given, (k,), "weights")
    if (weights < 0).any() or (weights > 1).any():
        # scikit-learn's words, which programs may know, put the two numbers the wrong way round; ours follow.
        raise InputError(
            "The parameter 'weights' should be in the range [0, 1], but got max value "
            f"{weights.min():.5f}, min value {weights.max():.5f}: weights_init runs from {weights.min():.5g} to "
            f"{weights.max():.5g}."
        )
    if abs(1.0 - weights.sum()) > (1e-6 if getattr(given, "dtype", None) == np.float32 else 1e-8):
        raise InputError(
            f"The parameter 'weights' should be normalized, but got sum(weights) = {weights.sum():.5f}: divide "
            f"weights_init by its sum."
        )
    return weights


def from_precisions(given: Any, covariance_type: CovarianceType, k: int, d: int) -> Array:
    """The covariances whose inverses are `given`, positive definite, in the shape of their type."""
    kind = family(covariance_type)
    precisions = shaped(given, kind.shape(k, d), f"{covariance_type} precision")
    return kind.inverse(_positive(precisions, covariance_type, "precisions_init"))


def checked_spread(given: Any, covariance_type: CovarianceType, d: int, parameter: str) -> Array:
    """`given` as one component's covariance, positive definite, in the shape of its type. parameter: its name."""
    spread = shaped(given, family(covariance_type).component_shape(d), f"{covariance_type} {parameter}")
    _positive(spread[None], covariance_type, parameter)
    return spread


def _positive(numbers: Array, covariance_type: CovarianceType, parameter: str) -> Array:
    """Covariances or precisions, unless one is not positive definite; told in scikit-learn's words for both."""
    name = f"{covariance_type} precision"
    if not family(covariance_type).triangular:
        if not (numbers > 0).all():
            raise InputError(f"'{name}' should be positive: the smallest of {parameter} is {numbers.min():.5g}.")
        return numbers
    for component, matrix in enumerate(numbers.reshape(-1, *numbers.shape[-2:])):
        symmetric = np.allclose(matrix, matrix.T)
        smallest = float(np.linalg.eigvalsh(matrix)[0])
        if not symmetric or smallest <= 0:
            found = f"its smallest eigenvalue is {smallest:.5g}" if symmetric else "it differs from its transpose"
            raise InputError(f"'{name}' should be symmetric, positive-definite: of {parameter}[{component}], {found}.")
    return numbers


def shaped(given: Any, shape: tuple[int, ...], name: str) -> Array:
    """`given` as finite numbers of that shape."""
    check_unmasked(given, name)
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"The parameter '{name}' cannot be read as numbers: give an array of shape {shape}.") from None
    if array.shape != shape:
        raise InputError(f"The parameter '{name}' should have the shape of {shape}, but got {array.shape}")
    if not np.isfinite(array).all():
        raise InputError(f"The parameter '{name}' contains NaN or infinity: give finite numbers.")
    return array
