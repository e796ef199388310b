"""Figures of mixtures with Matplotlib: every function takes ``ax=`` and returns the axes.

Without `ax`, pyplot's current axes are drawn on, as pandas and seaborn do: notebooks show the figure, scripts do with
``plt.show()``, and what is drawn next comes on top, until ``plt.figure()`` begins another. Save it with
``ax.figure.savefig("density.png")``. In a figure of yours, pass the axes: ``plots.density(mix, ax=axes[0])``; pyplot is
left alone then.
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

from ..errors import MissingExtraError

try:
    import matplotlib as _matplotlib  # noqa: F401
except ImportError:
    raise MissingExtraError(
        "figures need Matplotlib, which is not installed: pip install 'mixtura[plots]' brings it."
    ) from None

from .choice import choice
from .conditionals import conditional, slices
from .curves import criteria, history, tones
from .films import sampling_film, slice_film
from .many_d import pairs, reduced
from .one_d import density, histogram
from .regions import boundary, responsibilities
from .sheets import channels, pixel_table, sheet
from .sure import intervals, replicates, uncertainty
from .three_d import solid_slices, surface
from .two_d import contours, ellipses, kmeans, scatter

__all__ = [
    "boundary",
    "channels",
    "choice",
    "conditional",
    "contours",
    "criteria",
    "density",
    "ellipses",
    "histogram",
    "history",
    "intervals",
    "kmeans",
    "pairs",
    "pixel_table",
    "reduced",
    "replicates",
    "responsibilities",
    "sampling_film",
    "scatter",
    "sheet",
    "slice_film",
    "slices",
    "solid_slices",
    "surface",
    "tones",
    "uncertainty",
]


def __dir__() -> list[str]:
    return __all__
