"""What a person takes away: the bytes that the command line would write, by the functions that it writes them with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FitError, InputError
from .opening import cleaned
from .starting import mixture_of
from .table import LIMITS

if TYPE_CHECKING:
    from ..jobs.trail import Packed
    from ..model.mixture import Mixture
    from .data import Data
    from .messages import Message
    from .opening import Opened

MIMES = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "html": "text/html",
    "webp": "image/webp",
    "mix": "application/octet-stream",
    "gmx": "application/octet-stream",
    "csv": "text/csv",
}
FILM_WIDTH = 480
"""Of a picture's film, where none is asked for."""


@dataclass(frozen=True, eq=False)
class Request:
    """What is asked for, as the process that draws needs it.

    head: of the message. hidden, pins: of the components. source: the kind of what is open, and its name. frame: of a
    picture. steps: of the last fit, for its film. data: the rows of a table, or the picture, which that process has.
    fresh: whether the command would make the mixture from the picture, not read it.
    """

    head: dict[str, Any]
    mixture: Mixture
    hidden: tuple[int, ...]
    pins: tuple[int, ...]
    mode: str | None
    source: str
    name: str
    frame: tuple[float, ...] | None
    steps: Sequence[Packed]
    fresh: bool
    data: Data | None = None

    @classmethod
    def of(
        cls, message: Message, opened: Opened | None, exact: Mixture | None, steps: Sequence[Packed], fresh: bool
    ) -> Request:
        """Of a message that was checked, and what is open; exact: the very mixture, where it is known."""
        if opened is None:
            raise FitError("Nothing is open here: open the file again.")
        arrays, head, told = message.arrays, message.head, opened.head
        names = opened.names or None
        mixture = mixture_of(arrays, names=names) if exact is None else exact
        frame = None if told["frame"] is None else tuple(float(edge) for edge in told["frame"])
        return cls(
            head, mixture, tuple(arrays["hidden"].nonzero()[0].tolist()) if "hidden" in arrays else (),
            tuple(arrays["pins"].tolist()) if "pins" in arrays else (), told["mode"], told["kind"], told["name"], frame,
            steps, fresh,
        )  # fmt: skip

    @property
    def needs_data(self) -> bool:
        """Whether it is made of what is open too, not of the mixture alone."""
        return self.head["kind"] in ("csv", "gmx") or (self.mode is None and self.head["kind"] != "mix")

    @property
    def stem(self) -> str:
        """What the file is called, without its extension."""
        given = cleaned(self.head.get("name") or self.name.rpartition(".")[0] or self.name)
        kept = "".join("-" if letter in '/\\:*?"<>|' else letter for letter in given).strip(". ")
        return kept or "mixture"


def taken(request: Request, data: Data | None = None) -> tuple[str, str, bytes]:
    """The name, the medium and the bytes of what is asked for. data: of what is open."""
    kind = request.head["kind"]
    request = replace(request, data=data if request.needs_data else None)
    make = {"csv": _labels, "mix": _model, "gmx": _tiny, "webp": _film}.get(kind, _drawing)
    return f"{request.stem}.{kind}", MIMES[kind], make(request)


def _drawing(request: Request) -> bytes:
    """A picture, a drawing or a page."""
    return _painted(request, request.head["kind"]) if request.mode is not None else _figure(request)


def _painted(request: Request, kind: str, steps: Sequence[Mixture] = (), **more: Any) -> bytes:
    """What `mixtura paint` writes of a model."""
    from ..jobs.paint import made

    name = f"{request.stem}.{kind}"
    recipe = replace(_recipe(request, kind), outputs=(Path(name),), **more)
    return made(recipe, _read(request), steps=steps, notes=_notes(request))[name]


def _recipe(request: Request, kind: str) -> Any:
    from ..jobs.recipe import Recipe

    look = request.head["look"]
    if kind in ("mix", "gmx"):
        return Recipe(image=Path(request.name))
    settings = {"tone": look["tone"], "colours": look["colours"], "ink": look["ink"], "samples": look["dots"]}
    settings["radius"] = look["radius"]
    return Recipe(
        image=Path(request.name if request.fresh else f"{Path(request.name).stem}.mix"),
        styles=(look["style"],), sharpen=look["sharpen"], without=request.hidden, heaviest=look["count"],
        paper=look["paper"], rng=look["seed"], size=_size(request, kind), max_pixels=LIMITS["take"],
        settings={name: value for name, value in settings.items() if value is not None},
    )  # fmt: skip


def _size(request: Request, kind: str) -> tuple[int, int] | None:
    """(width, height) for the frame; None for its own."""
    width = request.head["width"]
    if width is None or kind == "html" or request.frame is None:
        return None
    left, top, right, bottom = request.frame
    return width, max(1, math.floor(width * (bottom - top) / (right - left) + 0.5))


def _read(request: Request) -> Any:
    from ..jobs.reading import Read
    from ..pictures.field import Frame

    frame: Any = request.frame
    mode = request.mode or ""
    return Read(mode, Frame.around(request.mixture) if frame is None else Frame(*frame), mixture=request.mixture)


def _notes(request: Request) -> dict[str, Any]:
    """What the studio keeps in a model beside the mixture."""
    head = request.head
    k = request.mixture.n_components
    kept: dict[str, Any] = {name: head[name] for name in ("names", "colours") if any(head.get(name) or ())}
    if any(request.pins):
        kept["pins"] = list(request.pins)
    if request.hidden:
        kept["hidden"] = [int(i in request.hidden) for i in range(k)]
    if head.get("keep"):
        kept["look"] = head["keep"]
    return {"studio": kept}


def _model(request: Request) -> bytes:
    """A model with its names, pins, hidden ones and look."""
    if request.mode is not None:
        return _painted(request, "mix")
    import io

    from ..model.storage import save

    file = io.BytesIO()
    save(request.mixture, file, notes=_notes(request))
    return file.getvalue()


def _tiny(request: Request) -> bytes:
    """A tiny picture: encoded anew from the picture, of as many components."""
    from ..jobs.paint import made

    if request.data is None or request.data.kind != "picture" or not request.data.has_points:
        raise InputError("A tiny picture is made from the picture itself, which is not open: open it.")
    recipe = request.data.recipe(n_components=request.mixture.n_components, outputs=(Path("tiny.gmx"),), polish=False)
    return made(recipe, request.data.read())["tiny.gmx"]


def _film(request: Request) -> bytes:
    """A film of the session's EM."""
    from ..jobs import filming

    steps = [step.mixture() for step in request.steps]
    if request.mode is None or len(steps) < 2:
        return filming.encoded(steps, ".webp", request.head["width"])
    look = {**request.head["look"], "dots": None, "radius": None}
    head = {**request.head, "width": min(request.head["width"] or FILM_WIDTH, filming.WIDEST), "look": look}
    return _painted(replace(request, head=head), "webp", steps, film="fit")


def plane_axes(given: Sequence[int], d: int) -> list[int]:
    """The two coordinates that are shown, or the only one."""
    axes = [axis for axis in dict.fromkeys(given) if axis < d][:2]
    return axes if len(axes) == min(2, d) else list(range(min(2, d)))


def _figure(request: Request) -> bytes:
    """What `mixtura show` draws of a model, with the rows of its table; or the page that explores it."""
    kind = request.head["kind"]
    if kind == "html":
        return _page(request)
    from ..jobs import figure
    from ..sources.tables import coordinate_names

    rows = request.data if request.source == "table" else None
    x = None if rows is None or rows.array is None else rows.array
    known = coordinate_names(request.mixture.names, request.mixture.n_coordinates)
    axes = plane_axes(request.head["axes"], request.mixture.n_coordinates)
    drawn = figure.of_model(request.mixture, known, x, axes)
    width = None if request.head["width"] is None or kind != "png" else max(50, request.head["width"])
    return figure.encoded(drawn, f".{kind}", width)


def _page(request: Request) -> bytes:
    """The page of one file that goes on from here."""
    from .static import ROWS, page

    rows = request.data
    whole = rows is not None and rows.has_points and rows.points().n <= ROWS
    return page(request.mixture, rows.points() if whole and rows is not None else None, name=request.name).encode()


def _labels(request: Request) -> bytes:
    """What `mixtura predict` writes."""
    from ..jobs import labels
    from ..sources.tables import encoded

    data = request.data
    if data is None or not data.has_points or data.mode == "ink":
        raise InputError("Labels are of the rows of a table or of the pixels of a colour picture: open one.")
    if data.kind != "table":
        return encoded(labels.of_rows(request.mixture, data.read().points))
    points = data.points()
    return encoded(labels.of_rows(request.mixture, points, missing=points.incomplete))
