"""Mixtures fitted to the points of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError, PictureError, named
from .progress import Progress, Watcher, steps, unwatched

if TYPE_CHECKING:
    import numpy as np

    from ..em.loop import Fit
    from ..model.gaussian import CovarianceType
    from ..model.mixture import Mixture
    from ..sources.points import Points
    from ..sources.source import Source

WARM_UP = 250  # points a component: larger pictures are first fitted on a subset of that many


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """How pictures are fitted.

    Attributes
    ----------
    n_components : int or None
        None for 500 in ink and 1,000 in colour, fewer in a small picture.
    covariance_type, max_iter, tol, rng, dtype, n_threads
        As for `mixtura.fit`; the seed and the threads also draw.
    n_init : int
        The number of starts, of a picture with many pixels on a part of them.
    reg_covar : float or None
        Added to the variances; None for that of a pixel.
    start : str or Mixture
        As for `mixtura.fit`; from a mixture, all pixels are fitted at once.
    fixed : mapping or None
        As for `mixtura.fit`: what of a mixture keeps its value.
    """

    n_components: int | None = None
    covariance_type: CovarianceType = "full"
    max_iter: int = 100
    tol: float = 1e-3
    rng: int = 0
    dtype: str = "float32"
    n_threads: int | None = None
    start: str | Mixture = "kmeans"
    fixed: Mapping[str, Any] | None = None
    n_init: int = 1
    reg_covar: float | None = None


def components(points: Source, kind: str, wanted: int | None, start: str | Mixture = "kmeans") -> int:
    """How many components to fit; PictureError when the picture has too few points for them.

    start: a mixture has as many as are asked for, and decides where nothing is.
    """
    if not isinstance(start, str):
        if wanted not in (None, start.n_components):
            raise InputError(
                f"{named('start')} has {start.n_components} components, but {named('n_components')} is {wanted}: leave "
                f"{named('n_components')} out."
            )
        wanted = start.n_components
    support = points.survey().support
    usual = min(500 if kind == "ink" else 1000, max(1, support // 10))  # a small picture has few pixels
    k = usual if wanted is None else wanted
    if support < 2:
        raise PictureError(
            f"the picture has 1 ink pixel, at least 2 are needed: move {named('threshold')}, or try "
            f"{named('light', True)}."
        )
    if k > support:
        raise PictureError(
            f"the picture has {support} {'ink ' if kind == 'ink' else ''}pixels, fewer than the {k} components "
            f"asked for: lower {named('n_components')} to {support} or less."
        )
    return k


def fit_points(points: Source, n_components: int, how: Fitting, watch: Watcher = unwatched) -> Fit:
    """Fit pixels: first a random subset of many, then all of them, so that few passes over all are needed."""
    import numpy as np

    from ..em.fit import fit
    from ..em.start import sample

    rng = np.random.default_rng(how.rng)
    start: Any = how.start
    n_init = how.n_init
    if points.survey().n >= 4 * WARM_UP * n_components > 0 and how.max_iter > 0 and isinstance(start, str):
        stage = "fitting a sample"
        watch(Progress(stage))
        few = sample(points, WARM_UP * n_components, rng)
        settings = _em(how, watch, stage)
        start = fit(few, n_components, start=start, rng=rng, n_init=n_init, **settings).mixture  # type: ignore[arg-type]
        n_init = 1
        watch(Progress("fitting"))
    return fit(points, n_components, start=start, rng=rng, n_init=n_init, fixed=how.fixed, **_em(how, watch, "fitting"))


def _em(how: Fitting, watch: Watcher, stage: str) -> dict[str, Any]:
    """What `mixtura.fit` is given beside the points, the number of components, the start and the generator."""
    return {
        **{name: getattr(how, name) for name in ("covariance_type", "max_iter", "tol", "dtype", "n_threads")},
        "reg_covar": how.reg_covar,
        "accelerate": True,
        "on_step": steps(watch, stage, how.max_iter, how.tol),
    }


def kept_steps(points: Source, n_components: int, how: Fitting, watch: Watcher) -> tuple[Fit, list[Mixture]]:
    """The same, and its steps, of the sample and of all, for a film."""
    from .trail import Trail

    trail = Trail()

    def kept(progress: Progress) -> None:
        if progress.step is not None:
            trail.add(progress.step.mixture)
        watch(progress)

    found = fit_points(points, n_components, how, kept)
    trail.add(found.mixture)
    return found, trail.mixtures()


def film_fit(points: Source, kind: str, how: Fitting, watch: Watcher, path: list[Mixture]) -> Fit:
    """A fit worth watching: it begins with wide components on random points, and `path` takes every mixture.

    Many points are represented by a random subset.
    """
    import numpy as np

    from ..em.fit import fit
    from ..em.start import sample
    from ..model.families import family
    from ..model.mixture import Mixture
    from ..pictures.image import PIXEL_VARIANCE

    k = components(points, kind, how.n_components)
    rng = np.random.default_rng(how.rng)
    many = points.survey().n > WARM_UP * k > 0
    few = sample(points, WARM_UP * k, rng) if many else points.take(None)

    def begin(given: Points, count: int, rng: np.random.Generator) -> Any:
        spread = np.cov(few.x.T, aweights=few.weight) / np.sqrt(k) + PIXEL_VARIANCE * np.eye(few.d)
        chosen = given.x[rng.choice(given.n, size=count, replace=False)]
        shape = how.covariance_type
        covariances = family(shape).alike(spread, count)
        path.append(Mixture(np.ones(count), chosen, covariances, shape, names=given.names))
        return path[0]

    def kept(progress: Progress) -> None:
        if progress.step is not None:
            path.append(progress.step.mixture)
        watch(progress)

    stage = "fitting for the film"
    watch(Progress(stage))
    found = fit(few, k, start=begin, rng=rng, **_em(how, kept, stage))
    if len(path) == 1:
        path.append(found.mixture)  # without an iteration, the film stands still
    return found
