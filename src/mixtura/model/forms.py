"""What covariance families are made of: what is asked of them, and the two forms in which covariances are stored.

What is stored for one component has the `component_shape`: a matrix (d, d), variances (d,), or one variance (). Shared
families store that once, others with a first axis of k. Second moments have the shape of the covariances. For the
kernels, there are two forms of Cholesky factors L with S = L L^T: triangular, (k, d, d), with (1, d, d) where it is
shared; and diagonal, (k, d), the standard deviations.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from ..checks import check_symmetric
from ..errors import FitError, InputError, named
from ..kernels.threads import HELD, single_blas
from . import decomposition, triangles

Array = NDArray[np.float64]
Integers = NDArray[np.intp]
Bools = NDArray[np.bool_]
CovarianceType = Literal[
    "full", "tied", "diag", "spherical",
    "EII", "EEI", "VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV",
    "VVV", "EEE", "VVI", "VII", "E", "V",
]  # fmt: skip
BASIC: tuple[CovarianceType, ...] = ("full", "tied", "diag", "spherical")

EPS: float = decomposition.EPS
ROUNDING: float = decomposition.ROUNDING
MEMBER = 1e-6  # of the standard deviations: what a member of a family may be off

FAMILIES: dict[str, Family] = {}  # by name: each enters it where its class is made


def wide(values: NDArray[Any], covariances: Array) -> NDArray[Any]:
    """`values`, one a component or one for all, with the axes that it takes to multiply `covariances`."""
    return values[(...,) + (None,) * (covariances.ndim - values.ndim)]


class Family(Protocol):
    """A set of covariances. See `families` for what its class gives."""

    name: ClassVar[CovarianceType]
    letters: ClassVar[CovarianceType]
    triangular: ClassVar[bool]
    shared: ClassVar[bool] = False
    freed: ClassVar[CovarianceType | None] = None
    closed: ClassVar[bool] = True
    scaling: ClassVar[bool] = True
    restricted: ClassVar[bool] = False
    kin: ClassVar[str] = ""

    def __init_subclass__(cls, **told: Any) -> None:
        """Keep what a class tells of its family, and the family under its name, if it has one."""
        super().__init_subclass__()
        for key, value in told.items():
            setattr(cls, key, value)
        if "name" in told:
            FAMILIES[cls.name] = cls()

    def __repr__(self) -> str:
        return f"<family {self.name}>"

    @property
    def coupled(self) -> bool:
        """Whether the covariance of one component says something of those of the others."""
        return self.freed is not None

    @property
    def uncoupled(self) -> Family:
        """The family of the same form in which each component has a covariance of its own."""
        return self if self.freed is None else FAMILIES[self.freed]

    @property
    def part(self) -> Family:
        """The family of marginals and conditionals."""
        return self if self.closed else self.uncoupled

    # Shapes

    def component_shape(self, d: int) -> tuple[int, ...]:
        """The shape of one component's covariance."""

    def n_parameters(self, k: int, d: int) -> int:
        """How many numbers of the covariances may vary freely."""
        often = {"I": 0, "E": 1, "V": k}
        volume, shape, axes = (often[letter] for letter in self.letters)
        return volume + shape * (d - 1) + axes * d * (d - 1) // 2

    def least_points(self, d: int) -> int:
        """How many points a component needs for a regular covariance of its own; one, where it has none."""
        return 1 if self.letters[:2] in ("EE", "EI") else 2

    def shared_points(self, d: int) -> int:
        """How many points the components need together for a regular shape that they share, beside one each."""
        return 1 if self.coupled and self.letters[1] != "V" else 0

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        """The shape of the covariances, and of the second moments, of k components in d coordinates."""
        return self.component_shape(d) if self.shared else (k, *self.component_shape(d))

    def pooled(self, d: int) -> int:
        """How many coordinates a stored variance is the mean of."""
        return 1

    def stack(self, covariances: Array) -> Array:
        """With a first axis, of length 1 where they are shared."""
        return np.asarray(covariances)[None] if self.shared else covariances

    def unstack(self, stack: Array) -> Array:
        """The inverse of `stack`."""
        return np.asarray(stack[0]) if self.shared else stack

    def take(self, covariances: Array, components: Integers | list[int]) -> Array:
        """Those of some components."""
        return covariances if self.shared else covariances[components]

    def separate(self, covariances: Array, k: int) -> Array:
        """The covariances of k components, each with its own, in the shape of `uncoupled`."""
        return np.repeat(np.asarray(covariances)[None], k, axis=0) if self.shared else covariances

    def total(self, values: Array) -> Array:
        """Values (k, ...) summed over the components that share a covariance."""
        return np.asarray(values.sum(axis=0)) if self.shared else values

    # Forms

    def checked(self, covariances: Array) -> Array:
        """Covariances of the right shape, unless they are no members of the family; `lower` checks their sign."""
        if not self.restricted:
            return covariances
        variances = np.diagonal(covariances, axis1=-2, axis2=-1) if self.triangular else covariances
        if not (variances > 0).all():
            return covariances
        away = np.abs(self.m_step(covariances, np.ones(len(covariances))) - covariances)
        size = np.sqrt(variances[:, :, None] * variances[:, None]) if self.triangular else variances
        off = (away / size).reshape(len(covariances), -1).max(axis=1)
        worst = int(off.argmax())
        if off[worst] > MEMBER:
            raise InputError(
                f"covariances[{worst}] differs by {off[worst]:.2g} of its variances from what {self.name} components "
                f"have, {self.words} (limit {MEMBER:g}): give {named('covariance_type', repr(self.freed))}."
            )
        return covariances

    @property
    def words(self) -> str:
        """What its components have in common."""
        each = {"E": "one", "V": "each its own"}
        parts = zip(("volume", "shape", "orientation"), self.letters, strict=True)
        return ", ".join(f"{each[letter]} {part}" for part, letter in parts if letter in each)

    def lower(self, covariances: Array, k: int, d: int, remedy: str = "") -> Array:
        """The Cholesky factors in the kernels' form.

        Raises InputError (FitError with a `remedy`) that names the component which is not positive definite.
        """

    def dense(self, covariances: Array, k: int, d: int) -> Array:
        """(k, d, d) matrices."""

    def cells(self, form: Array) -> Array:
        """What the kernels' form, (k, d, d), (1, d, d) or (k, d), repeats, once: (k or 1, *component_shape)."""
        return form[:1] if self.shared else form

    def component(self, matrix: Array) -> Array:
        """One component's covariance that is nearest to a matrix (d, d): the matrix, its diagonal, or its mean."""

    def alike(self, matrix: Array, k: int) -> Array:
        """The covariances of k components, each nearest to the same matrix (d, d)."""
        return np.broadcast_to(self.component(matrix), self.shape(k, len(matrix))).copy()

    def upright(self, variances: Array, k: int) -> Array:
        """The covariances of k components, each nearest to these variances (d,) of uncorrelated coordinates."""
        return self.alike(np.diag(variances), k)

    def averaged(self, weights: Array, covariances: Array) -> Array:
        """The covariances of a single component: their mean by weight."""
        return covariances if self.shared else np.einsum("k,k...->...", weights, covariances)[None]

    def squared(self, factor: Array) -> Array:
        """L L^T of triangular factors, squares of diagonal ones."""

    def inverse(self, covariances: Array) -> Array:
        """The precisions of covariances, and the other way round."""

    # Marginals, conditionals, images: covariances of the family `part`

    def marginal(self, covariances: Array, axes: Integers) -> Array:
        """The covariances of some of the coordinates."""

    def conditional(self, covariances: Array, k: int, on: Integers, free: Integers) -> tuple[Array, Array]:
        """(gain, rest): the regression of the coordinates `free` on the coordinates `on`, component by component.

        gain: (k, free, on) with E[free | on = v] = mean_free + gain (v - mean_on). rest: the covariances given `on`.
        Source: Bishop 2006, equations 2.81 and 2.82.
        """

    def image(self, covariances: Array, k: int, a: Array) -> tuple[Family, Array]:
        """The covariances of a @ x, and their family."""

    def rescaled(self, scales: Array) -> Family:
        """The family of covariances once all coordinates were multiplied by the roots of `scales` (d,)."""
        return self if self.scaling or np.ptp(scales) == 0 else self.part

    # Moments, as sums over points

    def moments(self, weight: Array, away: Array) -> Array:
        """The sum over n rows of weight (k, n) times the square of away (k, n, d)."""

    def summed(self, form: Array) -> Array:
        """Second moments in the kernels' form, (k, d, d), (1, d, d) or (k, d), as this family needs them."""
        return self.total(form)

    def reduced(self, scatter: Array) -> Array:
        """Second moments (k, d, d) as this family needs them."""

    def embedded(self, second: Array, axes: Integers, d: int) -> Array:
        """Second moments over the coordinates `axes` as those over all, 0 in the others."""

    # The M-step

    def scatter(self, second: Array, mass: Array, shift: Array) -> Array:
        """The second moments about means that move by `shift` (k, d), divided by the mass (k,): see `m_step`."""
        squares = shift**2  # (k, d)
        # Where a mean moves by many of its new standard deviations, second / mass and the squared shift cancel; what
        # rounding leaves of them may be anything, also negative, so as much is added. It goes away as means settle.
        rounding = 8.0 * shift.shape[1] * EPS * squares
        if self.shared:
            total, weight = mass.sum(), mass
            rounding = mass @ rounding / total
        else:
            total, weight = np.where(mass > 0, mass, 1.0), np.ones(len(mass))
            second = second / wide(total, second)
        found = second - self.moments(weight[:, None], shift[:, None])
        if self.shared:
            found = found / total
        pooled = self.pooled(shift.shape[1])
        return self.widened(found / pooled if pooled > 1 else found, rounding)

    def m_step(self, scatter: Array, mass: Array, now: Array | None = None) -> Array:
        """The covariances that make points of that scatter likeliest: the scatter, unless the family restricts it.

        now: covariances of the family that will be no likelier, if the M-step iterates.
        """
        if not self.restricted:
            return scatter
        return np.asarray(self.likeliest(scatter[None], mass[None], None if now is None else now[None])[0])

    def nearby(self, covariances: Array) -> Array:
        """A member of the family that is near to covariances which are nearly of it, without iterations."""
        return self.near(covariances[None], np.ones((1, len(covariances))))[0] if self.restricted else covariances

    # The same of several mixtures, (b, k, ...), where each component has a covariance of its own in the kernels' form

    def likeliest(self, scatter: Array, mass: Array, now: Array | None = None, *, one: Bools | None = None) -> Array:
        """The `m_step` of several mixtures. mass: (b, k), 0 of components that are none."""
        if self.shared:
            share = mass / mass.sum(axis=1, keepdims=True)
            whole = (share[:, None] @ scatter.reshape(*mass.shape, -1)).reshape(len(mass), 1, *scatter.shape[2:])
            scatter = np.broadcast_to(whole, scatter.shape)
        if self.pooled(scatter.shape[-1]) > 1:
            scatter = np.broadcast_to(scatter.mean(axis=-1, keepdims=True), scatter.shape)
        return scatter

    def near(self, covariances: Array, mass: Array, *, one: Bools | None = None) -> Array:
        """What is `nearby`, of several mixtures; mass: 0 of components that are none, else 1."""
        return self.likeliest(covariances, mass) if self.restricted else covariances

    def widened(self, covariances: Array, extra: Array | float) -> Array:
        """With `extra` added to the variances: one number, or (..., d), one a coordinate."""

    def floored(self, covariances: Array, floor: float) -> Array:
        """With eigenvalues below `floor` raised to it."""

    def least(self, covariances: Array) -> float:
        """The smallest of all eigenvalues."""

    def raised(self, covariances: Array, floor: float, mass: Array) -> Array:
        """Members of the family near to these, without eigenvalues below `floor`."""
        found = self.floored(covariances, floor)
        if not self.restricted or found is covariances or np.array_equal(found, covariances):
            return found
        found = self.m_step(found, mass, covariances)
        return np.asarray(found * max(1.0, floor / self.least(found)))

    @property
    def simpler(self) -> tuple[CovarianceType, ...]:
        """The families all of whose members are of this one, itself among them; of the basic ones, the basic ones."""
        freedom = "IEV".index
        return tuple(
            each.name
            for each in FAMILIES.values()
            if (each.name in BASIC or self.name not in BASIC)
            and all(freedom(one) <= freedom(other) for one, other in zip(each.letters, self.letters, strict=True))
        )

    def kept(self, covariances: Array, now: Array, mask: NDArray[np.bool_]) -> Array:
        """The covariances, but those of the components in mask (k,) as they are `now`; coupled ones all or none."""
        if self.coupled:
            return now.copy() if mask.any() else covariances
        return np.where(wide(mask, now), now, covariances)

    def remembered(self, covariances: Array, mass: Array, d: int) -> Array:
        """The second moments about the means that have these covariances."""
        return wide(self.pooled(d) * self.total(mass), covariances) * covariances

    # Conjugate priors: |S|^(-power / 2) exp(-tr(scale S^-1) / 2), with powers of each variance where S is diagonal

    def power(self, degrees: float, d: int) -> float:
        """The power of an inverse Wishart, or inverse gamma, distribution with these degrees of freedom."""

    def least_degrees(self, d: int) -> float:
        """What the degrees of freedom must be above."""

    def counts(self, mass: Array, degrees: float, d: int) -> Array:
        """What the scatter of points of that mass (k,), with that of the prior, is divided by at the mode.

        A mean adds one point, as its prior is |S|^(-1/2) wide.
        """
        return np.asarray(self.pooled(d) * self.total(mass + 1.0) + self.power(degrees, d))

    def traces(self, whitener: Array, second: Array) -> float:
        """The sum of tr(S^-1 second) over the distinct covariances. second: shaped as them, or as one component's."""

    # Log-Cholesky parameters, in which any numbers are covariances

    def to_vector(self, lower: Array) -> Array:
        """(p,) Cholesky factors, with the logarithms of their diagonals."""

    def from_vector(self, vector: Array, k: int, d: int) -> Array:
        """The covariances of such a vector, in their shape; `nearby` brings them into the family."""


class Triangular(Family):
    """Covariances that are matrices (d, d)."""

    triangular = True

    def component_shape(self, d: int) -> tuple[int, ...]:
        return d, d

    def least_points(self, d: int) -> int:
        return d + 1 if self.letters[1] == "V" else super().least_points(d)

    def shared_points(self, d: int) -> int:
        return d * super().shared_points(d)

    def checked(self, covariances: Array) -> Array:
        check_symmetric(covariances)
        return super().checked(np.asarray(0.5 * (covariances + np.swapaxes(covariances, -1, -2))))

    def lower(self, covariances: Array, k: int, d: int, remedy: str = "") -> Array:
        matrices = self.stack(covariances)
        try:
            factor = triangles.cholesky(matrices)
        except np.linalg.LinAlgError:
            flat = np.array([_singular(matrix) for matrix in matrices])
        else:
            flat = _flat(factor, matrices)
            if not flat.any():
                return factor
        component = int(flat.argmax())
        try:
            values = np.linalg.eigvalsh(matrices[component])
        except np.linalg.LinAlgError:  # it holds what is no number
            values = np.full(d, np.nan)
        _not_positive(component, float(values[0]), remedy, ROUNDING * d * float(values[-1]))

    def dense(self, covariances: Array, k: int, d: int) -> Array:
        return self.separate(covariances, k)

    def component(self, matrix: Array) -> Array:
        return matrix

    @single_blas()
    def squared(self, factor: Array) -> Array:
        return np.asarray(factor @ np.swapaxes(factor, -1, -2))

    @single_blas()
    def inverse(self, covariances: Array) -> Array:
        inverse = np.linalg.inv(covariances)
        return np.asarray(0.5 * (inverse + np.swapaxes(inverse, -1, -2)))

    def marginal(self, covariances: Array, axes: Integers) -> Array:
        return covariances[..., axes[:, None], axes]

    @single_blas()
    def conditional(self, covariances: Array, k: int, on: Integers, free: Integers) -> tuple[Array, Array]:
        matrices = self.stack(covariances)
        known = np.linalg.cholesky(self.marginal(matrices, on))
        z = np.linalg.solve(known, matrices[:, on[:, None], free])  # L^-1 of the (k, on, free) between them
        gain = np.linalg.solve(known.transpose(0, 2, 1), z).transpose(0, 2, 1)
        rest = self.marginal(matrices, free) - z.transpose(0, 2, 1) @ z
        return np.repeat(gain, k, axis=0) if self.shared else gain, self.unstack(rest)

    @single_blas()
    def image(self, covariances: Array, k: int, a: Array) -> tuple[Family, Array]:
        turned = a @ a.T  # a rotation that scales all axes alike keeps every family
        off = np.abs(turned - turned[0, 0] * np.eye(len(a))).max()
        alike = self.scaling or off <= 64 * EPS * turned[0, 0]
        return self if len(a) == a.shape[1] and alike else self.part, a @ covariances @ a.T

    def moments(self, weight: Array, away: Array) -> Array:
        if self.shared:
            weight, away = weight.reshape(1, -1), away.reshape(1, -1, away.shape[-1])
        if away.shape[-2] == 1:  # one row a component: a product of matrices would be called for each
            return self.unstack((weight * away[:, 0])[:, :, None] * away)
        heavy = np.swapaxes(weight[..., None] * away, -1, -2)
        if away.ndim == 3 and len(heavy) * away.shape[-1] ** 2 <= HELD:
            return self.unstack(np.array([np.dot(one, rows) for one, rows in zip(heavy, away, strict=True)]))
        return self.unstack(heavy @ away)

    def reduced(self, scatter: Array) -> Array:
        return self.total(scatter)

    def embedded(self, second: Array, axes: Integers, d: int) -> Array:
        out = np.zeros((*second.shape[:-2], d, d))
        out[..., axes[:, None], axes] = second
        return out

    def widened(self, covariances: Array, extra: Array | float) -> Array:
        out = covariances.copy()
        np.einsum("...ii->...i", out)[...] += extra  # a view of the diagonals
        return out

    @single_blas()
    def floored(self, covariances: Array, floor: float) -> Array:
        values, vectors = np.linalg.eigh(covariances)
        if (values >= floor * (1.0 - 1e-9)).all():  # up to the rounding of the eigenvalues
            return covariances
        raised = np.maximum(values, floor)
        return np.asarray((vectors * raised[..., None, :]) @ np.swapaxes(vectors, -1, -2))

    @single_blas()
    def least(self, covariances: Array) -> float:
        return float(np.linalg.eigvalsh(covariances).min())

    def power(self, degrees: float, d: int) -> float:
        return degrees + d + 1.0

    def least_degrees(self, d: int) -> float:
        return d - 1

    def traces(self, whitener: Array, second: Array) -> float:
        w = self.cells(whitener)
        return float(np.vdot(w, w @ second))

    def to_vector(self, lower: Array) -> Array:
        diagonal = np.arange(lower.shape[-1])
        factors = self.cells(lower).copy()
        factors[:, diagonal, diagonal] = np.log(factors[:, diagonal, diagonal])
        return factors[:, *np.tril_indices(lower.shape[-1])].ravel()

    def from_vector(self, vector: Array, k: int, d: int) -> Array:
        lower, diagonal = np.zeros((1 if self.shared else k, d, d)), np.arange(d)
        lower[:, *np.tril_indices(d)] = vector.reshape(len(lower), -1)
        lower[:, diagonal, diagonal] = np.exp(lower[:, diagonal, diagonal])
        return self.unstack(self.squared(lower))


class Diagonal(Family):
    """Covariances that are variances: here one a coordinate, (d,)."""

    triangular = False

    def component_shape(self, d: int) -> tuple[int, ...]:
        return (d,)

    def _variances(self, covariances: Array, k: int, d: int) -> Array:
        """(k, d)."""
        stack = self.stack(covariances)
        return np.broadcast_to(stack.reshape(len(stack), -1), (k, d))

    def lower(self, covariances: Array, k: int, d: int, remedy: str = "") -> Array:
        variances = self._variances(covariances, k, d)
        if not (variances > 0).all():
            component = int(np.argwhere(~(variances > 0))[0, 0])
            _not_positive(component, float(variances[component].min()), remedy)
        return np.sqrt(variances)

    def dense(self, covariances: Array, k: int, d: int) -> Array:
        return np.asarray(self._variances(covariances, k, d)[:, :, None] * np.eye(d))

    def component(self, matrix: Array) -> Array:
        return np.diagonal(matrix).copy()

    def upright(self, variances: Array, k: int) -> Array:
        return np.broadcast_to(variances, self.shape(k, len(variances))).copy()

    def squared(self, factor: Array) -> Array:
        return np.asarray(factor**2)

    def inverse(self, covariances: Array) -> Array:
        return np.asarray(1.0 / covariances)

    def marginal(self, covariances: Array, axes: Integers) -> Array:
        return covariances[..., axes]

    def conditional(self, covariances: Array, k: int, on: Integers, free: Integers) -> tuple[Array, Array]:
        return np.zeros((k, len(free), len(on))), self.marginal(covariances, free)

    def image(self, covariances: Array, k: int, a: Array) -> tuple[Family, Array]:
        d = a.shape[1]
        if (np.count_nonzero(a, axis=1) != 1).any():
            return FAMILIES["full"], a @ self.dense(covariances, k, d) @ a.T
        scales = np.square(a.sum(axis=1))  # each row takes one coordinate, none twice
        kept = (self if len(a) == d else self.part).rescaled(scales)
        variances = self._variances(covariances, k, d)[:, np.abs(a).argmax(axis=1)] * scales
        return kept, kept.unstack(kept.cells(variances))

    def moments(self, weight: Array, away: Array) -> Array:
        return self.summed((weight[:, None] @ away**2)[:, 0])

    def reduced(self, scatter: Array) -> Array:
        return self.summed(np.diagonal(scatter, axis1=1, axis2=2).copy())

    def embedded(self, second: Array, axes: Integers, d: int) -> Array:
        out = np.zeros((*second.shape[:-1], d))
        out[..., axes] = second
        return out

    def widened(self, covariances: Array, extra: Array | float) -> Array:
        return np.asarray(covariances + extra)

    def floored(self, covariances: Array, floor: float) -> Array:
        return np.asarray(np.maximum(covariances, floor))

    def least(self, covariances: Array) -> float:
        return float(covariances.min())

    def power(self, degrees: float, d: int) -> float:
        return degrees + 2.0

    def least_degrees(self, d: int) -> float:
        return 0.0

    def traces(self, whitener: Array, second: Array) -> float:
        return float((self.cells(whitener) ** 2 * second).sum())

    def to_vector(self, lower: Array) -> Array:
        return np.asarray(np.log(self.cells(lower)).ravel())

    def from_vector(self, vector: Array, k: int, d: int) -> Array:
        return np.asarray(np.exp(2.0 * vector).reshape(self.shape(k, d)))


class Round(Diagonal, scaling=False):
    """Covariances of one variance for all coordinates."""

    def component_shape(self, d: int) -> tuple[int, ...]:
        return ()

    def pooled(self, d: int) -> int:
        return d

    def cells(self, form: Array) -> Array:
        return super().cells(form)[..., 0]

    def component(self, matrix: Array) -> Array:
        return np.asarray(np.mean(np.diagonal(matrix)))

    def upright(self, variances: Array, k: int) -> Array:
        return np.full(self.shape(k, len(variances)), variances.mean())

    def marginal(self, covariances: Array, axes: Integers) -> Array:
        return covariances

    def rescaled(self, scales: Array) -> Family:
        return self if np.ptp(scales) == 0 else FAMILIES["EEI" if self.shared else "diag"]

    def summed(self, form: Array) -> Array:
        return self.total(form.sum(axis=1))

    def embedded(self, second: Array, axes: Integers, d: int) -> Array:
        return second

    def widened(self, covariances: Array, extra: Array | float) -> Array:
        return np.asarray(covariances + (extra if np.ndim(extra) == 0 else np.mean(extra, axis=-1)))


def _singular(matrix: Array) -> bool:
    try:
        return bool(_flat(np.asarray(np.linalg.cholesky(matrix), np.float64), matrix))
    except np.linalg.LinAlgError:
        return True


def _flat(factor: Array, matrices: Array) -> NDArray[np.bool_]:
    """Whether a coordinate follows from those before it up to rounding: then it is chance that Cholesky ended."""
    pivots = factor.diagonal(axis1=-2, axis2=-1) ** 2
    variances = matrices.diagonal(axis1=-2, axis2=-1)
    return np.asarray(~(pivots > ROUNDING * factor.shape[-1] * variances).all(axis=-1))


def _not_positive(component: int, smallest: float, remedy: str, limit: float = 0.0) -> NoReturn:
    text = (
        f"covariances[{component}] is not positive definite (smallest eigenvalue {smallest:.2g}, "
        f"it must be > {limit:.2g})"
    )
    if remedy:
        raise FitError(f"{text}: {remedy}")
    raise InputError(f"{text}: add a small number to its diagonal.")
