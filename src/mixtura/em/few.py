"""Whether there are points enough for so many components of a family, wherever they end."""

from __future__ import annotations

import warnings

import numpy as np

from ..errors import MixturaWarning, levels, named
from ..model.families import CovarianceType, family
from ..sources.points import Points
from ..sources.source import Source
from .objective import Objective
from .settings import REG_COVAR


def warn_if_few(
    source: Source, k: int, covariance_type: CovarianceType, objective: Objective, *, where: str = "x"
) -> bool:
    """Warn where some component must have fewer points than its covariance needs, and nothing is known beside them.

    Points in memory count once a place: more at the same one span nothing. Those that know their variance within, as
    pixels do, are as wide as that each. A width that is asked for by more than the usual reg_covar is meant, so that it
    takes but one point a component. where: what the points are in, for the sentence. Returns whether it warned.
    """
    held = objective.fixed is not None and objective.fixed.covariances.any()
    if held or objective.believed is not None or getattr(source, "within_variance", None) is not None:
        return False
    kind, survey = family(covariance_type), source.survey()
    meant = objective.reg_covar > REG_COVAR
    own, shared = (1, 0) if meant else (kind.least_points(survey.d), kind.shared_points(survey.d))
    need = max(k * own, shared + k if shared else 0)
    apart = places(source, need) if survey.support >= need else None
    found = survey.support if apart is None else apart
    if found >= need:
        return False
    most = min(found // own, found - shared)
    plural, several = "s" * (survey.d > 1), "s" * (k > 1)
    what = f"{k} {kind.name} component{several} of {survey.d} coordinate{plural} need{'' if several else 's'}"
    are, points = ("is", "point") if found == 1 else ("are", "points")
    who = "it is" if k == 1 else "they are" if shared else "some are"
    fewer = f"lower {named('n_components')} to {most}, " * (most >= 1)
    simpler = f"take a simpler {named('covariance_type')}, " * (len(kind.simpler) > 1 and not meant)
    known = named("prior", repr("default")) if found > survey.d else "leave out columns"  # that prior needs a width
    remedy = f"{fewer}{simpler}give more points" + f", or {known}" * (not meant) + "."
    remedy = remedy[0].upper() + remedy[1:]
    warnings.warn(
        MixturaWarning(
            f"there {are} {found}{'' if apart is None else ' different'} {points} in {where}, but {what} {need}: {who} "
            f"only as wide as {named('reg_covar')} ({objective.reg_covar:.3g}) somewhere. {remedy}"
        ),
        stacklevel=levels(),
    )
    return True


def places(source: Source, k: int) -> int | None:
    """How many different points there are, if they are fewer than k; None where they are not, or not in memory."""
    if not isinstance(source, Points) or source.incomplete:
        return None
    seen = set[bytes]()
    for block in source.take(None).blocks(max(64, k)):
        rows = np.ascontiguousarray(block.x + 0.0)  # so that both zeros are one number
        seen.update(rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel().tolist())
        if len(seen) >= k:
            return None
    return len(seen)
