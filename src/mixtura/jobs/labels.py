"""Which component each row belongs to, as a column of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model.mixture import Mixture

COMPONENT = "component"


def of_rows(mixture: Mixture, rows: Any, background: int | None = None, **how: Any) -> dict[str, Any]:
    """The column. background: the component whose rows are of none. how: as for `Mixture.predict`."""
    import numpy as np

    from ..em.background import unassigned

    return {COMPONENT: unassigned(np.asarray(mixture.predict(rows, **how)), background)}
