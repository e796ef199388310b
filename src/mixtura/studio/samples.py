"""Samples to begin with: the pictures and the table that come with the package, and points as teachers draw them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InputError
from .opening import Opened, opened_file, opened_points

PICTURES = {
    "harbour": ("harbour.png", "Harbour, a colour scene"),
    "butterfly": ("butterfly.png", "Butterfly, in ink"),
    "dog": ("dog.png", "Dog, a drawing"),
}
TABLES = {"geyser": ("geyser.csv", "Old Faithful, eruptions and waits")}


def _blobs(rng: np.random.Generator) -> Array:
    return np.concatenate([rng.normal((x, 0.0), 0.25, (250, 2)) for x in (-2.0, 2.0)])


def _unequal(rng: np.random.Generator) -> Array:
    return np.concatenate([rng.normal((-2.0, 0.0), 1.0, (450, 2)), rng.normal((2.0, 0.0), 0.25, (50, 2))])


def _stretched(rng: np.random.Generator) -> Array:
    places = ((-4.0, 2.0), (1.0, -3.0), (4.0, 3.0))
    return np.concatenate([rng.normal(place, 0.7, (150, 2)) @ rng.standard_normal((2, 2)) for place in places])


def _moons(rng: np.random.Generator) -> Array:
    turn = np.pi * np.arange(200) / 199
    upper = np.column_stack([np.cos(turn), np.sin(turn)])
    lower = np.column_stack([1 - np.cos(turn), 0.5 - np.sin(turn)])
    return np.concatenate([upper, lower]) + rng.normal(0.0, 0.08, (400, 2))


POINTS: dict[str, tuple[Callable[[np.random.Generator], Array], int, str]] = {
    "blobs": (_blobs, 0, "Two blobs"),
    "unequal": (_unequal, 0, "A wide and a narrow blob"),
    "stretched": (_stretched, 60, "Stretched blobs"),
    "moons": (_moons, 0, "Two moons"),
}


def listed() -> list[dict[str, str]]:
    """The samples, as `welcome` names them."""
    pictures = [{"name": name, "title": title, "kind": "picture"} for name, (_, title) in PICTURES.items()]
    points = [{"name": name, "title": title, "kind": "points"} for name, (_, _, title) in POINTS.items()]
    tables = [{"name": name, "title": title, "kind": "table"} for name, (_, title) in TABLES.items()]
    return [*pictures, *points, *tables]


def opened_sample(name: str, **how: Any) -> Opened:
    """A sample by its name. how: as for `opened_file`. Raises InputError where there is none."""
    from ..gallery import sample

    if name in POINTS:
        make, seed, _ = POINTS[name]
        return opened_points(make(np.random.default_rng(seed)), ["x", "y"], name)
    known = PICTURES | TABLES
    if name not in known:
        raise InputError(f"There is no such sample: choose among {', '.join([*known, *POINTS])}.")
    file = sample(known[name][0])
    return opened_file(file.read_bytes(), file.name, kind="picture" if name in PICTURES else "table", **how)
