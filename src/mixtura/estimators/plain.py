"""Rows that are already what scikit-learn's validation would make of them: looked at in a twentieth of its time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Floats
from ..sources.points import Points

PRECISIONS = np.dtype(np.float64), np.dtype(np.float32)


def as_it_is(estimator: Any, X: Any, *, reset: bool, least: int) -> Floats | None:
    """`X`, if scikit-learn's `validate_data` would return it unchanged and say nothing; None where it has to look.

    reset, least: as for `base.table`. What it notes of the columns is noted here too.
    """
    if type(X) is not np.ndarray or X.ndim != 2 or X.dtype not in PRECISIONS:
        return None
    n, d = X.shape
    if n < max(least, 1) or d < 1 or hasattr(estimator, "feature_names_in_"):
        return None
    if reset:
        estimator.n_features_in_ = d
    elif getattr(estimator, "n_features_in_", None) != d:
        return None
    return X


def points(rows: Floats, names: tuple[str, ...] | None) -> Points:
    """Checked rows as `Points.from_array` holds them, in the same memory where that is in order."""
    held = np.ascontiguousarray(rows).view()
    held.flags.writeable = False
    return Points(held, names=names)
