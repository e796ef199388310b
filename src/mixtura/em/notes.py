"""What a model file tells beside its mixture: which component is a background, and into which clusters the others go.

It is in the notes of the file, which any Mixtura reads, so that nothing but these labels is lost to one that does not
know of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..checks import is_whole
from ..errors import StorageError
from ..model.mixture import Mixture
from .clusters import Clusters


class Told(NamedTuple):
    """A mixture, and what its file tells of it.

    n_clusters: how many of the clusters are meant. whole: the coordinates that were whole numbers where it was fitted.
    """

    mixture: Mixture
    background: int | None
    n_parameters: int
    clusters: Clusters | None
    n_clusters: int | None
    whole: tuple[int, ...] = ()


def told(mixture: Mixture, notes: Mapping[str, Any], where: str) -> Told:
    """What these notes say. where: what to call the file. Raises StorageError for notes that fit no such mixture."""
    k = mixture.n_components
    background, parameters = notes.get("background"), notes.get("n_parameters", mixture.n_parameters)
    try:
        if background is not None and not (is_whole(background) and 0 <= background < k):
            raise ValueError(f"background {background!r} of {k} components")
        if not is_whole(parameters) or parameters < 0:
            raise ValueError(f"n_parameters {parameters!r}")
        whole = tuple(notes.get("whole", ()))
        if not all(is_whole(each) and 0 <= each < mixture.n_coordinates for each in whole):
            raise ValueError(f"whole {whole!r} of {mixture.n_coordinates} coordinates")
        clusters, count = _clusters(mixture, background, notes["clusters"]) if "clusters" in notes else (None, None)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise StorageError(f"{where} is damaged: its notes on the mixture cannot be read ({error}).") from None
    return Told(mixture, background, parameters, clusters, count, whole)


def _clusters(mixture: Mixture, background: int | None, kept: Mapping[str, Any]) -> tuple[Clusters, int]:
    k, count = mixture.n_components, kept["n_clusters"]
    first = np.array(kept["first"], np.intp)
    merges = tuple((int(one), int(other)) for one, other in kept["merges"])
    m = len(merges) + 1
    entropies, seams, between = (np.array(kept[name], np.float64) for name in ("entropies", "seams", "between"))
    if first.shape != (k,) or (entropies.shape, seams.shape, between.shape) != ((m,), (m - 1,), (m - 1,)):
        raise ValueError(f"clusters of {first.shape} components and {m} levels")
    known = set(range(k)) - {background}
    if not all({one, other} <= known for one, other in merges) or not set(first.tolist()) <= {*known, -1}:
        raise ValueError("clusters of components that there are not")
    found = Clusters(mixture, first, merges, entropies, seams, between, background)
    if len(set(found.groups(found.most).tolist()) - {-1}) != m or not is_whole(count) or not 1 <= count <= m:
        raise ValueError(f"{count!r} clusters of {m}")
    return found, int(count)
