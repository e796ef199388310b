"""What a person opens: bytes become a picture, a table or a mixture, and what the page is told of it.

Nothing here takes a path from a client: its names are words to show, and files come as bytes, whose size, pixels and
rows are looked at before anything is decoded.
"""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, PictureError, StorageError, TableError
from ..jobs.standard import Stream, legible
from .data import Data
from .messages import LIMITS, check_size, sound
from .table import KEPT, NUMBERS, kind_of

if TYPE_CHECKING:
    from ..model.mixture import Mixture

SHOWN = 4_000_000
"""Pixels of a picture that the page is given at most: of larger ones, a smaller copy."""


@dataclass(frozen=True, eq=False)
class Opened:
    """What is open: the data for workers, and what the page is told, head and arrays."""

    data: Data
    head: dict[str, Any]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    mixture: Mixture | None = None
    file: bytes | None = None
    kind: str = ""
    names: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What it is called between the page and here."""
        found: str = self.head["id"]
        return found


def opened_file(
    content: bytes,
    name: str,
    *,
    kind: str,
    mode: str | None = None,
    threshold: float | None = None,
    columns: list[str] | None = None,
) -> Opened:
    """A file of some kind: "picture", "table" or "model". Raises errors of ours for what it is not."""
    name = cleaned(name)
    if len(content) > LIMITS["bytes"]:
        raise InputError(f"{name} has {len(content):,} bytes, the limit is {LIMITS['bytes']:,}: give a smaller file.")
    ending = "." + name.rpartition(".")[2].lower() if "." in name else ""
    kind = kind_of(ending) if kind_of(ending) != "picture" else kind
    if kind == "model":
        return _model_file(content, name)
    if kind == "table":
        from . import tabling

        x, told = tabling.read(content, name, ending, columns)
        return opened_points(x, told.columns, name, kind="table", told=told, file=content)
    pixels = _decoded(content, name)
    return opened_picture(pixels, mode, name, threshold=threshold, file=content)


def opened_points(
    x: Any,
    columns: list[str] | tuple[str, ...] | None,
    name: str,
    *,
    kind: str = "points",
    told: Any = None,
    mixture: Mixture | None = None,
    file: bytes | None = None,
) -> Opened:
    """Rows of numbers, NaN where there is none. kind: "points" or "table"."""
    from ..sources.tables import coordinate_names

    x = np.ascontiguousarray(x, np.float64)
    if x.ndim != 2 or not x.size:
        raise TableError(f"{name} holds no rows of numbers: give at least one.")
    n, d = x.shape
    if d > LIMITS["d"] or n > LIMITS["rows"] or x.size > NUMBERS:
        raise TableError(
            f"{name} has {n:,} rows of {d} columns, the limit is {LIMITS['rows']:,} rows, {LIMITS['d']} columns and "
            f"{NUMBERS:,} numbers: choose fewer columns, or a sample of the rows."
        )
    if np.isinf(x).any():
        raise TableError(f"{name} holds a number that is not finite: leave its row out.")
    known = coordinate_names(None if columns is None else [cleaned(each) for each in columns], d)
    head = _head(kind, name, known, n)
    if told is not None:
        head |= {"all_columns": told.all_columns, "types": told.types}
    arrays = {"points": x[_some(n)]}
    names = None if columns is None else known
    found = Data("table", name, x, names)
    return holding(Opened(found, head, arrays, file=file, kind="table", names=known), mixture)


def opened_picture(
    pixels: NDArray[Any],
    mode: str | None,
    name: str,
    *,
    threshold: float | None = None,
    mixture: Mixture | None = None,
    file: bytes | None = None,
) -> Opened:
    """A picture (h, w, 3 or 4) in 0..255. mode: "ink", "colour", or None for what suits it."""
    from ..jobs import reading
    from ..pictures import image

    data = Data("picture", name, pixels, mode=mode, threshold=threshold if mode != "colour" else None)
    read = data.read()
    kind: Any = read.kind
    assert read.points is not None
    assert read.pixels is not None
    at: Any = image.resolved(read.pixels, data.recipe().threshold) if kind == "ink" else None
    data = Data("picture", name, pixels, mode=kind, threshold=threshold if kind == "ink" else None)
    assert isinstance(read, reading.Read)
    n = read.points.survey().n
    height, width = read.pixels.shape[:2]
    head = _head(kind, name, read.points.names or ("x", "y"), n) | {
        "mode": kind,
        "threshold": float(at) if at is not None else None,
        "frame": [float(edge) for edge in read.frame],
        "width": width,
        "height": height,
    }
    arrays: dict[str, NDArray[Any]] = {
        "points": np.asarray(read.points.take(_some(n)).x, np.float64),
        "picture": np.frombuffer(_png(read.pixels), np.uint8),
    }
    return holding(Opened(data, head, arrays, file=file, kind="picture"), mixture)


def opened_model(mixture: Mixture, name: str, notes: dict[str, Any] | None = None, file: bytes | None = None) -> Opened:
    """A mixture without points. notes: of its file, from which come the frame, the names and the look."""
    from ..pictures.field import Frame
    from ..sources.tables import coordinate_names

    k, d = mixture.means.shape
    if k > LIMITS["k"] or d > LIMITS["d"]:
        raise StorageError(
            f"{name} has {k:,} components of {d} coordinates, the limit is {LIMITS['k']:,} of {LIMITS['d']}: reduce it."
        )
    notes = notes or {}
    head = _head("model", name, coordinate_names(mixture.names, d), 0)
    if notes.get("kind") in ("ink", "colour") and d in (2, 5, 6):
        frame = _frame(notes.get("frame")) or Frame.around(mixture)
        head |= {"mode": notes["kind"], "frame": [float(edge) for edge in frame]}
        head |= {"width": max(1, round(frame[2] - frame[0])), "height": max(1, round(frame[3] - frame[1]))}
    kept = notes.get("studio")
    kept = kept if isinstance(kept, dict) else {}
    for what in ("names", "colours"):
        words = kept.get(what)
        if isinstance(words, list) and len(words) == k and all(w is None or isinstance(w, str) for w in words):
            head[what] = [None if word is None else cleaned(word) for word in words]
    if isinstance(kept.get("look"), dict):
        head["keep"] = sound(kept["look"], KEPT)
    arrays: dict[str, NDArray[Any]] = {"points": np.empty((0, d))}
    for what, most in (("pins", 7), ("hidden", 1)):
        bits = kept.get(what)
        if isinstance(bits, list) and len(bits) == k and all(type(bit) is int and 0 <= bit <= most for bit in bits):
            arrays[what] = np.array(bits, np.uint8)
    return holding(Opened(Data("model", name), head, arrays, file=file, kind="model"), mixture)


def parts_of(mixture: Mixture) -> dict[str, NDArray[np.float64]]:
    """The arrays of a message: weights, means, and Cholesky factors of the covariances as full matrices."""
    k, d = mixture.means.shape
    check_size(k, d)
    lower = np.asarray(mixture.lower, np.float64)
    if lower.ndim == 2:
        factors = np.zeros((k, d, d))
        factors[:, np.arange(d), np.arange(d)] = lower
    else:
        factors = np.broadcast_to(lower, (k, d, d))
    return {"weights": mixture.weights, "means": mixture.means, "factors": np.ascontiguousarray(factors)}


def cleaned(name: str) -> str:
    """A stranger's name as a word to show: without folders, and without what cannot be seen."""
    word = legible(str(name).replace("\\", "/").rpartition("/")[2].strip())[:120]
    return word or "unnamed"


def holding(opened: Opened, mixture: Mixture | None) -> Opened:
    """The same data with a mixture, or another one."""
    if mixture is None or mixture is opened.mixture:
        return opened
    head = opened.head | {"covariance_type": mixture.covariance_type}
    return replace(opened, head=head, arrays=opened.arrays | parts_of(mixture), mixture=mixture)


def _head(kind: str, name: str, columns: Any, n: int) -> dict[str, Any]:
    known = [cleaned(each) for each in columns]
    return {
        "id": secrets.token_hex(8),
        "kind": kind,
        "name": name,
        "columns": known,
        "types": ["number"] * len(known),
        "all_columns": known,
        "n": n,
        "mode": None,
        "threshold": None,
        "frame": None,
        "width": None,
        "height": None,
    }


def _some(n: int) -> NDArray[np.intp]:
    """Which of so many points the page is shown, in their order."""
    most = LIMITS["sample"]
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, most, replace=False))


def _model_file(content: bytes, name: str) -> Opened:
    from ..jobs import tiny
    from ..model.storage import load_with_notes

    if name.lower().endswith(tiny.KIND):
        mixture = tiny.mixture(content)
        return opened_model(mixture, name, {"kind": "colour"}, content)
    mixture, notes = load_with_notes(Stream(content, name))
    return opened_model(mixture, name, notes, content)


def _decoded(content: bytes, name: str) -> NDArray[Any]:
    from ..pictures import files

    file = Stream(content, name)
    size = files.size_in_head(file)
    if size is None:
        raise PictureError(f"{name} is no picture that can be read: give a PNG, JPEG, WebP, TIFF or GIF.")
    if size[0] * size[1] > LIMITS["pixels"]:
        raise PictureError(
            f"{name} has {size[0]:,} x {size[1]:,} pixels, the limit is {LIMITS['pixels']:,}: scale it down, or use "
            f"the command line."
        )
    return files.decode(file, paper=None, max_pixels=LIMITS["pixels"]).pixels


def _png(pixels: NDArray[Any]) -> bytes:
    from PIL import Image

    image = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    if image.width * image.height > SHOWN:
        share = (SHOWN / (image.width * image.height)) ** 0.5
        image = image.resize(
            (max(1, int(image.width * share)), max(1, int(image.height * share))), Image.Resampling.BOX
        )
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _frame(given: Any) -> tuple[float, float, float, float] | None:
    try:
        left, top, right, bottom = (float(edge) for edge in given)
    except (TypeError, ValueError):
        return None
    sound = all(abs(edge) < 1e9 for edge in (left, top, right, bottom)) and left < right and top < bottom
    return (left, top, right, bottom) if sound else None
