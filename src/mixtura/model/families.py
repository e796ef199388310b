"""Covariance families: the sets of covariances that the components of a mixture may have, one record each.

    family              covariance of component j      stored as
    full       VVV      any S_j                        (k, d, d)
    tied       EEE      one S, shared by all           (d, d)
    diag       VVI      diagonal                       (k, d), variances
    spherical  VII      a multiple of the identity     (k,), variances
               EII      the same multiple              (), one variance
               EEI      the same diagonal              (d,), variances
               VEI EVI  diagonal, of one shape, or one volume              (k, d), variances
               VEE EVE VVE EEV VEV EVV                 (k, d, d)

The first four names and their shapes are scikit-learn's. The others are mclust's, which say what is Equal in all
components and what Varies: volume, shape and orientation (I where the axes are those of the coordinates); see
`decomposition`. Its names for the first four, and E and V of one coordinate, are understood, and become those here.
Whatever differs between families is asked of the record, which `family` finds by its name; nothing else compares
names. A record has no state; its methods take and return arrays, in the forms of `forms`.

A new family is a class here, with its name in `CovarianceType`, and a row in the table of
`tests/laws/test_families.py`, which holds it to all laws. The class stands on `Triangular`, where a covariance is a
matrix, on `Diagonal`, where it is variances, on `Round`, where it is one, or on one of the families below whose shapes
it shares, and tells in its head:

- `name`, and `letters`, mclust's name, which tells the number of parameters; `shared=True` if one covariance serves
  all components;
- `freed`, if covariances are coupled (shared, or of equal volume, shape or orientation): the name of the family of the
  same form in which each component has its own. Components that are merged or split become of that family;
- `closed=False`, if marginals, conditionals and linear images leave the family; they are then of `freed`;
  `scaling=False`, if it matters in which units the coordinates are;
- `restricted=True`, where not all arrays of the stored shape are members: those that are not raise InputError;

and has as methods:

- `least_points`, `shared_points`, where they differ from what the letters say;
- `likeliest`, if it is restricted, which the likelihood is maximised by: from the scatter of each component, divided
  by its mass, and the masses, the member of the family with the largest sum of -mass (ln |S| + tr(S^-1 scatter)) / 2,
  of several mixtures at once. It may iterate; then it ends at a maximum, and no lower than at the covariances `now`. It
  leaves members of the family as they are, and copes with masses of 0. So flooring, what is added to variances and
  steps with momentum, which take place in the stored shape, come back into the family through it;
- `near`, if it is restricted and `likeliest` iterates: a member that is near, without iterations;
- `kin`, where one call serves several families that differ in whether they have one volume: then both are told which
  do, `one` (b,), if they are not all of this family.
"""

from __future__ import annotations

import numpy as np

from ..errors import InputError, named
from ..kernels.threads import single_blas
from .decomposition import (
    nearly_of_one_orientation,
    nearly_of_one_shape,
    nearly_of_one_spectrum,
    of_one_orientation,
    of_one_shape,
    of_one_spectrum,
    of_one_volume,
)
from .forms import BASIC as BASIC
from .forms import EPS as EPS
from .forms import FAMILIES as FAMILIES
from .forms import ROUNDING as ROUNDING
from .forms import Array, Bools, Diagonal, Round, Triangular
from .forms import CovarianceType as CovarianceType
from .forms import Family as Family
from .forms import wide as wide


class Full(Triangular, name="full", letters="VVV"):
    """Each component its own matrix."""


class Tied(Triangular, name="tied", letters="EEE", shared=True, freed="full"):
    """One matrix for all components."""


class Diag(Diagonal, name="diag", letters="VVI"):
    """Each component its own variances."""


class Spherical(Round, name="spherical", letters="VII"):
    """Each component its own variance."""


class EqualSpherical(Round, name="EII", letters="EII", shared=True, freed="spherical"):
    """One variance, for all components."""


class EqualDiag(Diagonal, name="EEI", letters="EEI", shared=True, freed="diag"):
    """The same variances in all components."""


class DiagOfOneShape(Diagonal, name="VEI", letters="VEI", freed="diag", restricted=True):
    """Variances in the same proportions, of each component's own size."""

    @single_blas()
    def likeliest(self, scatter: Array, mass: Array, now: Array | None = None, *, one: Bools | None = None) -> Array:
        """Those in the likeliest proportions."""
        return of_one_shape(scatter, mass, now)

    def near(self, covariances: Array, mass: Array, *, one: Bools | None = None) -> Array:
        """Those in proportions near to all."""
        return nearly_of_one_shape(covariances, mass)


class DiagOfOneVolume(Diagonal, name="EVI", letters="EVI", freed="diag", closed=False, restricted=True):
    """Variances of the same product."""

    def likeliest(self, scatter: Array, mass: Array, now: Array | None = None, *, one: Bools | None = None) -> Array:
        """Those of the likeliest product."""
        return of_one_volume(scatter, mass)


class Coupled(Triangular, freed="full", closed=False, scaling=False, restricted=True):
    """Matrices of their own that have something in common."""


class OfOneShape(Coupled, name="VEE", letters="VEE", closed=True, scaling=True):
    """Multiples of one matrix."""

    @single_blas()
    def likeliest(self, scatter: Array, mass: Array, now: Array | None = None, *, one: Bools | None = None) -> Array:
        """The likeliest multiples."""
        return of_one_shape(scatter, mass, now)

    @single_blas()
    def near(self, covariances: Array, mass: Array, *, one: Bools | None = None) -> Array:
        """Multiples of a matrix near to all."""
        return nearly_of_one_shape(covariances, mass)


class Aligned(Coupled, kin="of one orientation"):
    """Matrices of the same axes."""

    @single_blas()
    def likeliest(self, scatter: Array, mass: Array, now: Array | None = None, *, one: Bools | None = None) -> Array:
        """Those on the likeliest axes."""
        return of_one_orientation(scatter, mass, now, one=self._one(mass, one))

    @single_blas()
    def near(self, covariances: Array, mass: Array, *, one: Bools | None = None) -> Array:
        """Those on axes near to all."""
        return nearly_of_one_orientation(covariances, mass, one=self._one(mass, one))

    def _one(self, mass: Array, one: Bools | None) -> Bools:
        return np.full(len(mass), self.letters[0] == "E") if one is None else one


class OfOneOrientationAndVolume(Aligned, name="EVE", letters="EVE"):
    """Matrices of the same axes and determinant."""


class OfOneOrientation(Aligned, name="VVE", letters="VVE"):
    """Matrices of the same axes, alone."""


class Turned(Coupled):
    """Matrices whose eigenvalues are in the same proportions, on axes of their own."""

    @single_blas()
    def likeliest(self, scatter: Array, mass: Array, now: Array | None = None, *, one: Bools | None = None) -> Array:
        """Those of the likeliest eigenvalues."""
        return of_one_spectrum(scatter, mass, now, one=self.letters[0] == "E")


class OfOneSpectrum(Turned, name="EEV", letters="EEV"):
    """Matrices of the same eigenvalues."""


class OfProportionalSpectra(Turned, name="VEV", letters="VEV"):
    """Matrices whose eigenvalues are in the same proportions, alone."""

    @single_blas()
    def near(self, covariances: Array, mass: Array, *, one: Bools | None = None) -> Array:
        """Those of eigenvalues in proportions near to all."""
        return nearly_of_one_spectrum(covariances, mass)


class OfOneVolume(Coupled, name="EVV", letters="EVV", scaling=True):
    """Matrices of one determinant."""

    @single_blas()
    def likeliest(self, scatter: Array, mass: Array, now: Array | None = None, *, one: Bools | None = None) -> Array:
        """Those of the likeliest determinant."""
        return of_one_volume(scatter, mass)


COVARIANCE_TYPES: tuple[CovarianceType, ...] = tuple(each.name for each in FAMILIES.values())
ONE_COORDINATE: dict[str, CovarianceType] = {"E": "EII", "V": "spherical"}  # mclust's names where d is 1
ALIASES: dict[str, CovarianceType] = {
    each.letters: each.name for each in FAMILIES.values() if each.letters != each.name
}
NAMES: tuple[str, ...] = (*FAMILIES, *ALIASES, *ONE_COORDINATE)


def family(name: CovarianceType, d: int | None = None) -> Family:
    """The family of that name, for d coordinates where that is known. Raises InputError."""
    if isinstance(name, str) and name in FAMILIES:
        return FAMILIES[name]
    if not isinstance(name, str) or name not in NAMES:
        raise InputError(f"{named('covariance_type')} is {name!r}: choose one of {', '.join(NAMES)}.")
    if name in ONE_COORDINATE and d not in (None, 1):
        raise InputError(
            f"{named('covariance_type')} is {name!r}, which is of one coordinate, but there are {d}: choose one of "
            f"{', '.join((*FAMILIES, *ALIASES))}."
        )
    return FAMILIES[ALIASES.get(name) or ONE_COORDINATE[name]]


def every(d: int) -> tuple[CovarianceType, ...]:
    """All families that differ in d coordinates."""
    return COVARIANCE_TYPES if d > 1 else tuple(ONE_COORDINATE.values())
