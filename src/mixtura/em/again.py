"""What a fit with a background climbed, from what it left: its mixture, and how many of its numbers were free."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from ..errors import InputError, named
from ..model.families import FAMILIES, CovarianceType, Family, family
from ..model.mixture import Mixture
from .background import WithBackground, components
from .objective import Objective

SAME = 1e-6  # of the largest number of a covariance: what rounding and inner iterations leave between members


def with_background_of(fit: Any, mixture: Mixture, inner: Objective, kind: CovarianceType) -> WithBackground:
    """The objective of the mixture of a fit with noise, whose components are of this family."""
    last = mixture.n_components - 1
    free = count(mixture, kind)
    share = None if free_numbers(fit, mixture) != free else float(mixture.weights[last])
    own = {field.name: getattr(inner, field.name) for field in fields(Objective)}
    variances = np.diagonal(mixture.matrices[last]).copy()
    return WithBackground(
        **own, covariance_type=kind, mean=mixture.means[last].copy(), variances=variances, share=share, given=True
    )


def has_background(fit: Any, mixture: Mixture) -> bool:
    """Whether a Fit, an estimator, or what a file tells, has a background. Raises InputError if it is not the last."""
    background = getattr(fit, "background_", getattr(fit, "background", None))
    if background is None or mixture.n_components == 1:
        return False
    if background != mixture.n_components - 1:
        raise InputError(
            f"the background of {named('fit')} is component {background}, expected the last one: give "
            f"mixture.subset(...) in that order."
        )
    return True


def free_numbers(fit: Any, mixture: Mixture) -> int:
    """How many numbers of a fit were free."""
    counted = getattr(fit, "_n_parameters", None)
    return int(counted() if counted is not None else getattr(fit, "n_parameters", mixture.n_parameters))


def count(mixture: Mixture, kind: CovarianceType) -> int:
    """The numbers that are free beside a background whose share is held."""
    k, d = mixture.n_components - 1, mixture.n_coordinates
    return k - 1 + k * d + family(kind).n_parameters(k, d)


def family_beside(fit: Any, mixture: Mixture) -> CovarianceType:
    """The family of the components of a fit with noise: the least free one that they are of, and that counts so."""
    free = free_numbers(fit, mixture)
    alike = [each for each in FAMILIES.values() if each.uncoupled.name == mixture.covariance_type]
    for kind in sorted(alike, key=lambda each: count(mixture, each.name)):
        if free - count(mixture, kind.name) in (0, 1) and _are_members(mixture, kind):
            return kind.name
    return mixture.covariance_type


def _are_members(mixture: Mixture, kind: Family) -> bool:
    """Whether the components beside a background are of a family."""
    there = mixture.covariances[:-1]
    held = components(mixture, kind.name).covariances
    if kind.restricted:
        held = kind.m_step(held, np.ones(len(held)), held)
    own = kind.separate(held, len(there))
    return bool(np.allclose(own, there, rtol=0.0, atol=SAME * float(np.abs(there).max())))
