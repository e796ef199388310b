"""The pictures that are kept: every style of two small mixtures. `python tests/golden/pictures.py` paints them anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import mixtura as mx
from mixtura.pictures import draw, files

FOLDER = Path(__file__).parent / "images"
FRAME, SIZE = (0, 0, 60, 40), (90, 60)

INK = mx.Mixture(
    [0.5, 0.3, 0.2],
    [[18, 14], [40, 24], [30, 33]],
    [[[40, 12], [12, 9]], [[9, -6], [-6, 25]], [[30, 0], [0, 1.5]]],
)
_rotation = np.array(
    [[1, 0.3, 0.2, 0.1, 0], [0, 1, 0, 0.2, 0.1], [0, 0, 1, 0.5, 0.2], [0, 0, 0, 1, 0.4], [0, 0, 0, 0, 1]]
)
COLOUR = mx.Mixture(
    [0.4, 0.3, 0.3],
    [[15, 20, 220, 60, 40], [45, 12, 40, 120, 200], [42, 32, 60, 180, 80]],
    [
        _rotation @ np.diag(scale) @ _rotation.T
        for scale in ([60, 90, 90, 50, 40], [70, 20, 30, 60, 90], [80, 15, 40, 90, 30])
    ],
)

CASES = {
    "ink-contour": (INK, "contour", {}),
    "ink-contour-lines": (INK, "contour", {"filled": False, "colours": "turbo"}),
    "ink-dots": (INK, "dots", {"samples": 600, "radius": 0.8, "rng": 1}),
    "ink-grid": (INK, "grid", {}),
    "ink-grid-tone": (INK, "grid", {"tone": "0:255,0.1:80,1:0", "ink": "navy", "paper": "ivory"}),
    "ink-grid-equalise": (INK, "grid", {"tone": "equalise"}),
    "ink-ellipses": (INK, "ellipses", {}),
    "colour-dots": (COLOUR, "dots", {"samples": 900, "rng": 2}),
    "colour-mean": (COLOUR, "mean", {}),
    "colour-ellipses": (COLOUR, "ellipses", {}),
}


def paint(name: str) -> np.ndarray:
    mixture, style, settings = CASES[name]
    return draw.picture(mixture, style, frame=mx.pictures.field.Frame(*FRAME), size=SIZE, **settings)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in CASES:
        files.write(FOLDER / f"{name}.png", paint(name))
        print(FOLDER / f"{name}.png")
