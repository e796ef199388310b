"""Mixtura: Gaussian mixtures as small immutable values.

>>> import mixtura as mx
>>> mix = mx.Mixture([0.3, 0.7], [[0.0], [4.0]], [[[1.0]], [[2.0]]])
>>> mix.mean()
array([2.8])

Public names are loaded when they are first used (Scientific Python's SPEC 1): importing mixtura is cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from . import compress as compress
    from . import errors as errors
    from . import generate as generate
    from . import grade as grade
    from . import patches as patches
    from . import pictures as pictures
    from . import plots as plots
    from . import sources as sources
    from . import studio as studio
    from .em.bootstrap import bootstrap as bootstrap
    from .em.choice import Candidate as Candidate
    from .em.choice import Choice as Choice
    from .em.choose import choose as choose
    from .em.clusters import Clusters as Clusters
    from .em.combine import combine as combine
    from .em.criteria import aic as aic
    from .em.criteria import bic as bic
    from .em.criteria import icl as icl
    from .em.factors import FactorFit as FactorFit
    from .em.factors import fit_factors as fit_factors
    from .em.fit import fit as fit
    from .em.likelihood_ratio import LikelihoodRatio as LikelihoodRatio
    from .em.likelihood_ratio import likelihood_ratio_test as likelihood_ratio_test
    from .em.loop import Fit as Fit
    from .em.loop import Step as Step
    from .em.prior import Prior as Prior
    from .em.uncertainty import Bootstrap as Bootstrap
    from .em.uncertainty import Interval as Interval
    from .em.uncertainty import Replicate as Replicate
    from .estimators.bayesian import BayesianGaussianMixture as BayesianGaussianMixture
    from .estimators.classifier import GaussianMixtureClassifier as GaussianMixtureClassifier
    from .estimators.gaussian_mixture import GaussianMixture as GaussianMixture
    from .estimators.regressor import GaussianMixtureRegressor as GaussianMixtureRegressor
    from .jobs.warm import Warmed as Warmed
    from .jobs.warm import warm as warm
    from .model.factors import FactorMixture as FactorMixture
    from .model.mixture import Mixture as Mixture
    from .model.statistics import Statistics as Statistics
    from .model.storage import load as load
    from .model.transport import Transport as Transport
    from .model.transport import morph as morph
    from .sources.points import Points as Points
    from .sources.source import Pass as Pass

_NAMES = {
    "em.bootstrap": ("bootstrap",),
    "em.choice": ("Candidate", "Choice"),
    "em.choose": ("choose",),
    "em.clusters": ("Clusters",),
    "em.combine": ("combine",),
    "em.criteria": ("aic", "bic", "icl"),
    "em.factors": ("FactorFit", "fit_factors"),
    "em.fit": ("fit",),
    "em.likelihood_ratio": ("LikelihoodRatio", "likelihood_ratio_test"),
    "em.loop": ("Fit", "Step"),
    "em.prior": ("Prior",),
    "em.uncertainty": ("Bootstrap", "Interval", "Replicate"),
    "estimators.bayesian": ("BayesianGaussianMixture",),
    "estimators.classifier": ("GaussianMixtureClassifier",),
    "estimators.gaussian_mixture": ("GaussianMixture",),
    "estimators.regressor": ("GaussianMixtureRegressor",),
    "jobs.warm": ("Warmed", "warm"),
    "model.factors": ("FactorMixture",),
    "model.mixture": ("Mixture",),
    "model.statistics": ("Statistics",),
    "model.storage": ("load",),
    "model.transport": ("Transport", "morph"),
    "sources.points": ("Points",),
    "sources.source": ("Pass",),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}
_MODULES = ("compress", "errors", "generate", "grade", "patches", "pictures", "plots", "sources", "studio")

__all__ = ["__version__", *_HOMES, *_MODULES]


if not TYPE_CHECKING:  # to type checkers, a name that is not above is none

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return importlib.import_module(f"{__name__}.{name}")
        if name in _HOMES:
            value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
            globals()[name] = value
            return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
