"""A film of a fit to the rows of a table: the density of two of its columns as EM goes on."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, MixturaWarning
from ..writing import whole_file
from .trail import Trail

if TYPE_CHECKING:
    from ..em.loop import Fit, Step
    from ..model.mixture import Mixture
    from ..sources.source import Source

GLANCE = 20_000
"""Rows up to which the steps of a fit begin with where it starts, which takes as long as a step."""
SHEET = (640, 480)
"""Of the columns, whose units have nothing in common, in pixels."""
WIDEST = 1280
"""Pixels of a film."""


def fitted(x: Any, n_components: int, **how: Any) -> tuple[Fit, Trail]:
    """What `mixtura.fit` makes of these arguments, and the steps of it that are kept."""
    from ..em.fit import fit
    from ..sources import opened, precision

    trail, told = Trail(), how.pop("on_step", None)
    points = opened(x, dtype=precision(x, how.get("dtype")), missing=bool(how.get("missing")))

    def on_step(step: Step) -> None:
        trail.add(step.mixture)
        if told is not None:
            told(step)

    if how.get("checkpoint") is None and (first := begun(points, n_components, **how)) is not None:
        trail.add(first.mixture)
    found = fit(points, n_components, on_step=on_step, **how)
    trail.add(found.mixture)
    return found, trail


def begun(points: Source, n_components: int, **how: Any) -> Fit | None:
    """Where a fit begins, if that is soon told. What there is to warn of, the fit itself says."""
    from ..em.fit import fit
    from ..sources.points import Points

    if not isinstance(points, Points) or points.n > GLANCE:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MixturaWarning)
        return fit(points, n_components, **how | {"max_iter": 0})


def encoded(steps: Sequence[Mixture], kind: str, width: int | None = None) -> bytes:
    """The bytes of a film of steps over two coordinates. width: in pixels, `WIDEST` at most."""
    import numpy as np

    from ..pictures import film
    from ..pictures.field import Frame

    if len(steps) < 2:
        raise InputError("There is no fit here to make a film of: fit first.")
    if steps[0].n_coordinates < 2:
        raise InputError("A film shows two columns, and there is one: take a figure.")
    seen = Frame.around(steps[-1])  # y goes up
    sheet = np.diag([SHEET[0] / seen.width, -SHEET[1] / seen.height])
    turned = [step.transform(sheet) for step in steps]
    frame = Frame.around(turned[-1])
    size = frame.fit(min(width or SHEET[0], WIDEST))
    return film.encode(film.em(turned, "grid", frame=frame, size=size), kind)


def of_trail(trail: Trail, axes: Sequence[int], kind: str, width: int | None = None) -> bytes:
    """The bytes of the film of a fit's steps, over two of its coordinates."""
    return encoded([step.mixture() for step in trail.told(axes)], kind.lower(), width)


def write(path: Path, trail: Trail, axes: Sequence[int], width: int | None = None) -> None:
    """Write it."""
    content = of_trail(trail, axes, path.suffix, width)
    with whole_file(path) as file:
        file.write(content)
