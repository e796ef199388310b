"""Pictures that show themselves in notebooks, and are arrays in every other way."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

WIDEST = 1200
"""Pixels of the longer side, at most, that a notebook is given."""


class Picture(np.ndarray[Any, np.dtype[np.uint8]]):
    """An array of pixels, (h, w, 3) or (h, w, 4) uint8 of sRGB, that a notebook shows as the picture.

    Parts of it are pictures too, where they have this shape; what is computed of it is a plain array.
    """

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else np.asarray(array)

    def _repr_png_(self) -> bytes | None:
        if self.ndim != 3 or self.shape[2] not in (3, 4) or self.dtype != np.uint8 or not self.size:
            return None
        return png(np.asarray(self))


def picture(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> Picture:
    """The same memory as a picture."""
    return pixels.view(Picture)


def png(pixels: Any, widest: int = WIDEST) -> bytes:
    """A .png of pixels, smaller where these have a side that is longer."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if max(image.size) > widest:
        image.thumbnail((widest, widest), Image.Resampling.LANCZOS, reducing_gap=3.0)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
