"""Figures of mixtures with Matplotlib: every function takes ``ax=`` and returns the axes.

Without `ax`, a figure of its own is made that pyplot does not know: show it with ``plots.density(mix).figure``, save it
with ``.figure.savefig("density.png")``. In a figure of yours, pass the axes: ``plots.density(mix, ax=axes[0])``.
Colours, line widths and colour maps are those of `matplotlib.rcParams`. Needs the extra ``plots``.

Examples
--------
>>> import mixtura as mx
>>> mix = mx.Mixture([0.3, 0.7], [[0.0], [4.0]], [[[1.0]], [[2.0]]])
>>> ax = mx.plots.density(mix)
>>> len(ax.lines)  # two components and their sum
3
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ..errors import MissingExtraError

try:
    import matplotlib as _matplotlib  # noqa: F401
except ImportError:
    raise MissingExtraError(
        "figures need Matplotlib, which is not installed: pip install 'mixtura[plots]' brings it."
    ) from None

if TYPE_CHECKING:
    from .conditionals import conditional as conditional
    from .conditionals import slices as slices
    from .curves import criteria as criteria
    from .curves import history as history
    from .curves import tones as tones
    from .films import sampling_film as sampling_film
    from .films import slice_film as slice_film
    from .one_d import density as density
    from .one_d import histogram as histogram
    from .regions import boundary as boundary
    from .regions import responsibilities as responsibilities
    from .sheets import channels as channels
    from .sheets import pixel_table as pixel_table
    from .sheets import sheet as sheet
    from .three_d import solid_slices as solid_slices
    from .three_d import surface as surface
    from .two_d import contours as contours
    from .two_d import ellipses as ellipses
    from .two_d import kmeans as kmeans
    from .two_d import scatter as scatter

_HOMES = {
    name: module
    for module, names in {
        "one_d": ("density", "histogram"),
        "two_d": ("contours", "ellipses", "kmeans", "scatter"),
        "three_d": ("solid_slices", "surface"),
        "conditionals": ("conditional", "slices"),
        "regions": ("boundary", "responsibilities"),
        "curves": ("criteria", "history", "tones"),
        "sheets": ("channels", "pixel_table", "sheet"),
        "films": ("sampling_film", "slice_film"),
    }.items()
    for name in names
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
