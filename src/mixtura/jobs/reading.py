"""What pictures and models are read as: points to fit, or a mixture, and the frame that is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError, PictureError, StorageError, named
from .progress import Watcher, told_memory
from .standard import Stream, called, opened

if TYPE_CHECKING:
    from ..arrays import Bytes, Numbers, Singles
    from ..model.mixture import Mixture
    from ..pictures.field import Frame
    from ..sources.source import Source

Kind = Literal["auto", "ink", "colour"]
KINDS: tuple[Kind, ...] = ("auto", "ink", "colour")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How pictures are read.

    Attributes
    ----------
    kind : {"auto", "ink", "colour"}
        Whether the points are the places of the dark pixels ("ink"), or the place and colour of every pixel.
    threshold : str
        Which pixels are ink, see `mixtura.pictures.image.ink`.
    light : bool
        Whether the light pixels are the ink.
    paper : str or None
        The colour that shows through transparent pixels, white by default, and that styles draw on.
    max_pixels : int
        The largest picture that is read or written, in pixels.
    profile : bool
        Whether the picture's own profile is applied, see `mixtura.pictures.files.read`.
    """

    kind: Kind = "auto"
    threshold: str = "otsu"
    light: bool = False
    paper: str | None = None
    max_pixels: int = 100_000_000
    profile: bool = True


@dataclass(frozen=True, eq=False)
class Read:
    """What was read: a picture as points, or a mixture.

    pixels: on paper. layers: the same with their opacities, where some are transparent and no paper was named. ink:
    which pixels are ink; None where all are colours. opaque: whether no paper can show through.
    """

    kind: str
    frame: Frame
    points: Source | None = None
    pixels: Numbers | None = None
    layers: Numbers | None = None
    weight: Singles | None = None
    mixture: Mixture | None = None
    profile: str | None = None
    memory: int | None = None
    tone: str | None = None
    ink: dict[str, Any] | None = None
    opaque: bool = True

    @property
    def canvas(self) -> Numbers:
        """What polishing paints: the drawing, or the pixels with their opacity where they have one."""
        from ..pictures import image

        assert self.pixels is not None
        if self.ink is not None:
            return image.drawing(self.pixels, **self.ink)
        return self.pixels if self.layers is None else self.layers

    @property
    def whole(self) -> Frame:
        """The frame of the whole picture."""
        from ..pictures.field import Frame

        assert self.pixels is not None
        height, width = self.pixels.shape[:2]
        return Frame.of_picture(width, height)

    def psnr(self, painted: Bytes) -> float:
        """The peak signal-to-noise ratio of a painting of the same size, in dB, where pixels count."""
        from ..pictures import quality

        assert self.pixels is not None
        if self.weight is None:
            return quality.psnr(painted, self.pixels)
        counts = self.weight > 0
        alike = painted.copy()
        alike[~counts] = self.pixels[~counts]
        return quality.psnr(alike, self.pixels) + 10 * math.log10(float(counts.mean()))


def read_image(
    path: Path,
    how: Reading,
    watch: Watcher,
    *,
    dtype: Any = "float32",
    frame: tuple[float, float, float, float] | None = None,
    mask: Path | None = None,
) -> Read:
    """Read a picture or a model; "-" is standard input. mask: how much each pixel counts, as a picture."""
    from ..pictures import bands, files

    given = opened(path)
    if _is_model(given):
        return _read_model(given, called(path), how.kind, frame)
    size = files.size_in_head(given)
    memory = bands.memory(size or (0, 0))
    told_memory(watch, path.name, size, memory)
    decoded = files.decode(given, paper=None, max_pixels=how.max_pixels, profile=how.profile)
    weight = None if mask is None else _mask(mask, decoded.pixels, how.max_pixels)
    read = of_pixels(decoded.pixels, called(path), how, dtype=dtype, frame=frame, weight=weight)
    return replace(read, profile=decoded.profile, memory=memory)


def of_pixels(
    pixels: Numbers,
    name: str,
    how: Reading,
    *,
    dtype: Any = "float32",
    frame: tuple[float, float, float, float] | None = None,
    weight: Singles | None = None,
) -> Read:
    """What a decoded picture is read as. name: what messages call it. weight: (h, w) how much each pixel counts."""
    from ..pictures import bands, files, image
    from ..pictures.field import Frame

    layers = None
    opaque = pixels.shape[2] < 4
    if not opaque:
        layers = pixels if how.paper is None else None
        pixels = files.on_paper(pixels, how.paper or "white")
    _check_varied(pixels, name)
    kind = image.kind(pixels) if how.kind == "auto" else how.kind
    ink: dict[str, Any] | None = None
    if kind == "ink":
        ink = {"threshold": how.threshold, "light": how.light}
        points = bands.source(pixels, "ink", weight=weight, dtype=dtype, **ink)
    else:
        if how.light or how.threshold != Reading.threshold:
            raise InputError(
                f"{name} is read as colour, where {named('threshold')} and {named('light')} change "
                f"nothing: add {named('kind', 'ink')}."
            )
        points = bands.source(pixels, "colour", weight=weight, dtype=dtype)
    height, width = pixels.shape[:2]
    seen = Frame.of_picture(width, height) if frame is None else Frame(*frame)
    return Read(kind, seen, points, pixels, layers, weight, ink=ink, opaque=opaque)


def _check_varied(pixels: Numbers, name: str) -> None:
    from ..pictures.image import bands

    first = pixels[0, 0]
    if all((band == first).all() for _, band in bands(pixels)):
        colour = "#" + "".join(f"{round(float(channel)):02x}" for channel in first)
        raise PictureError(
            f"{name} is {colour} everywhere ({pixels.shape[1]} x {pixels.shape[0]} pixels; what is "
            f"transparent shows the paper): there is nothing to fit. Give a picture with ink or colours in it, or "
            f"another {named('paper')}."
        )


def _mask(path: Path, pixels: Numbers, max_pixels: int) -> Singles:
    """(h, w) how much each pixel counts."""
    import numpy as np

    from ..pictures import files, image

    decoded, _, _ = files.decode(opened(path), paper="black", max_pixels=max_pixels, profile=False)
    if decoded.shape[:2] != pixels.shape[:2]:
        (height, width), (high, wide) = pixels.shape[:2], decoded.shape[:2]
        raise InputError(
            f"{named('mask')} {called(path)} has {wide} x {high} pixels, but the picture {width} x {height}: "
            f"give one of that size."
        )
    weight = image.grey(decoded) / np.float32(255)
    if not weight.any():
        raise InputError(f"{named('mask')} {called(path)} is black everywhere: paint white what should count.")
    return weight


def _is_model(given: Path | Stream) -> bool:
    """Whether it is a model: by its name, or by its first bytes, the length of a header in JSON and the header."""
    if isinstance(given, Path):
        return given.suffix.lower() == ".mix"
    start = given.getvalue()[:9]
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") < len(given.getvalue())


def _read_model(
    given: Path | Stream, where: str, wanted: Kind, shown: tuple[float, float, float, float] | None
) -> Read:
    from ..model.storage import load_with_notes
    from ..pictures.field import Frame
    from ..pictures.tone import parse_tone

    mixture, notes = load_with_notes(given)
    if mixture.n_coordinates not in (2, 5, 6):
        raise StorageError(
            f"{where} holds a mixture of {mixture.n_coordinates} coordinates: pictures have 2 (x, y), "
            f"5 (x, y, r, g, b) or 6 (and an opacity)."
        )
    kind = "ink" if mixture.n_coordinates == 2 else "colour"
    if wanted not in ("auto", kind):
        raise InputError(f"{where} is a model of {kind}, not of {wanted}: give the picture to fit it anew.")
    frame = Frame.around(mixture)
    try:
        if "frame" in notes:
            frame = Frame(*(float(edge) for edge in notes["frame"]))
        if "tone" in notes:
            parse_tone(notes["tone"])
    except (TypeError, ValueError):
        raise StorageError(f"{where} is damaged: its notes are {notes!r}, expected a frame of four numbers.") from None
    except InputError:
        raise StorageError(f"{where} is damaged: its notes hold the tone {notes['tone']!r}, which is none.") from None
    if shown is not None:
        frame = Frame(*shown)
    if not (0 < frame.width < math.inf and 0 < frame.height < math.inf):
        raise StorageError(f"{where} is damaged: its frame {tuple(frame)} is no rectangle.")
    tone = notes.get("tone") if kind == "ink" else None
    return Read(kind, frame, mixture=mixture, tone=tone, opaque=mixture.n_coordinates < 6)
