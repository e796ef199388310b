"""Tiny picture files (.gmx) made of pictures, and painted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, PictureError, named
from ..writing import STANDARD, check_apart, check_target, is_folder, whole_files
from .progress import Progress, Watcher, unwatched, watched
from .standard import Stream, called, default_name, legible, opened

if TYPE_CHECKING:
    from ..arrays import Numbers
    from ..model.mixture import Mixture
    from ..pictures.codec import EncodeStep
    from .reading import Read
    from .recipe import Recipe

KIND = ".gmx"


@dataclass(frozen=True)
class Encoding:
    """A picture to be made tiny.

    Attributes
    ----------
    image : Path
        A picture; "-" is standard input.
    n_bytes, bpp, psnr, n_components, effort, n_threads
        As for `mixtura.pictures.codec.encode`; one of the first four.
    paper : str or None
        The colour that shows through transparent pixels; None keeps their opacity.
    max_pixels : int
        The largest picture that is read, in pixels.
    profile : bool
        Whether the picture's own profile is applied, see `mixtura.pictures.files.read`.
    output : Path or None
        By default IMAGE.gmx; None is no file where there is `html`.
    html : bool
        Whether what was done has the HTML that shows the picture.
    """

    image: Path
    n_bytes: int | None = None
    bpp: float | None = None
    psnr: float | None = None
    n_components: int | None = None
    effort: float = 1.0
    n_threads: int | None = None
    paper: str | None = None
    max_pixels: int = 100_000_000
    profile: bool = True
    output: Path | None = None
    html: bool = False


@dataclass(frozen=True)
class Decoding:
    """Tiny pictures to be painted.

    Attributes
    ----------
    image : Path
        A .gmx file, a folder of them, or "-" for standard input.
    size : tuple of int, (width, height), or int or None
        Of the picture in pixels, or its longer side; None for the original's.
    paper : str or None
        The colour behind a picture with opacity; None keeps it, but for JPEG, which is laid on white.
    max_pixels : int
        The largest picture that is written, in pixels.
    n_threads : int or None
        By default as many as there are cores.
    output : Path or None
        By default IMAGE.png; of a folder, the folder where NAME.png go, by default this one.
    """

    image: Path
    size: tuple[int, int] | int | None = None
    paper: str | None = None
    max_pixels: int = 100_000_000
    n_threads: int | None = None
    output: Path | None = None


@watched
def encode(job: Encoding, watch: Watcher = unwatched) -> dict[str, Any]:
    """Make a tiny file of a picture; it appears whole or not at all.

    Parameters
    ----------
    job : Encoding
        The job.
    watch : callable, optional
        Called with a `Progress` as the job goes on.

    Returns
    -------
    dict
        What was done.
    """
    from ..pictures import codec, files

    target = default_name(job.image, KIND) if job.output is None and not job.html else job.output
    if target is not None:
        check_target(target, (KIND,))
        check_apart(job.image, [target])
    watch(Progress(f"reading {called(Path(job.image.name))}"))
    pixels, profile, _ = files.decode(
        opened(job.image), paper=job.paper, max_pixels=job.max_pixels, profile=job.profile
    )
    settings = {name: getattr(job, name) for name in ("n_bytes", "bpp", "psnr", "n_components", "effort", "n_threads")}
    data = codec.encode(pixels, on_step=told(watch), **settings)
    if target is not None:
        with whole_files() as whole, whole(target) as file:
            file.write(data)
    watch(Progress("measuring"))
    height, width = pixels.shape[:2]
    return {
        "input": job.image,
        "width": width,
        "height": height,
        "profile": profile,
        "n_components": codec.decode_mixture(data).n_components,
        "bytes": len(data),
        "bpp": 8 * len(data) / (width * height),
        "psnr": _psnr(codec.decode(data, max_pixels=width * height, n_threads=job.n_threads), pixels),
        "output": target,
        **({"html": codec.html(data, alt=legible(job.image.stem))} if job.html else {}),
    }


def taken_from(models: list[Path]) -> tuple[list[Path], list[Path]]:
    """The tiny files among models, and the others."""
    those = [path for path in models if path.suffix.lower() == KIND]
    return those, [path for path in models if path not in those]


def of_picture(read: Read, recipe: Recipe, watch: Watcher) -> bytes:
    """A tiny file of the picture that a recipe paints, of as many components."""
    from ..pictures import codec
    from .fitting import components

    if read.pixels is None or read.points is None:
        raise InputError(f"{called(recipe.image)} is a model; a {KIND} file needs the picture: give that instead.")
    for name in ("frame", "mask"):
        if getattr(recipe, name) is not None:
            raise InputError(f"{named(name)} changes nothing in a {KIND} file, which holds the whole picture.")
    count = components(read.points, read.kind, recipe.n_components) if recipe.psnr is None else None
    height, width = read.pixels.shape[:2]
    most = max(1, height * width // 4)
    return codec.encode(
        read.pixels if read.layers is None else read.layers,
        n_components=count and min(count, most), psnr=recipe.psnr,
        effort=recipe.effort,
        on_step=told(watch), n_threads=recipe.n_threads,
    )  # fmt: skip


def mixture(data: bytes) -> Mixture:
    """What a tiny file holds."""
    from ..pictures import codec

    return codec.decode_mixture(data)


def told(watch: Watcher) -> Any:
    """What `codec.encode` is given as ``on_step``, so that a watcher is told of each stage."""

    def on_step(step: EncodeStep) -> None:
        watch(Progress(f"{step.stage} of {step.components:,} components", psnr=step.psnr))

    return on_step


@watched
def decode(job: Decoding, watch: Watcher = unwatched) -> dict[str, Any]:
    """Paint a tiny file, or all of a folder; the pictures appear all, each whole, or none of them.

    Parameters
    ----------
    job : Decoding
        The job.
    watch : callable, optional
        Called with a `Progress` as the job goes on.

    Returns
    -------
    dict
        What was done, with a row a picture under ``outputs``.
    """
    from ..pictures import codec, colours, files

    if job.paper is not None:
        colours.parse_colour(job.paper, "paper")
    pairs = _pairs(job)
    for source, target in pairs:
        check_target(target, files.PICTURE_KINDS)
        check_apart(source, [target])
    rows = []
    with whole_files() as whole:
        for done, (source, target) in enumerate(pairs):
            watch(Progress("painting", done=done, of=len(pairs)))
            data = _bytes(source)
            try:
                width, height = _fitted(codec.size(data), job)
                files.check_size(target.suffix or ".png", width, height)
                painted = _painted(data, (width, height), job, target)
                count = codec.decode_mixture(data).n_components
            except PictureError as error:
                raise PictureError(f"{called(source)}: {error.sentence}") from None
            with whole(target) as file:
                file.write(files.encode(painted, target.suffix or ".png"))
            rows.append(
                {"input": source, "path": target, "width": width, "height": height, "bytes": len(data),
                 "n_components": count}
            )  # fmt: skip
    return {"input": job.image, "outputs": rows}


def _psnr(painted: Numbers, pixels: Numbers) -> float:
    """Over all channels; where there is an opacity, colours are multiplied by it."""
    import numpy as np

    def whole(picture: Numbers) -> Numbers:
        if picture.shape[2] == 3:
            return picture.astype(np.float32)
        colours = picture[..., :3] * (picture[..., 3:].astype(np.float32) / np.float32(255))
        return np.concatenate([colours, picture[..., 3:]], axis=2)

    if painted.shape[2] < pixels.shape[2]:
        painted = np.concatenate([painted, np.full_like(painted[..., :1], 255)], axis=2)
    error = float(np.square(whole(painted) - whole(pixels), dtype=np.float64).mean())
    return 10 * math.log10(255.0**2 / error) if error else math.inf


def _pairs(job: Decoding) -> list[tuple[Path, Path]]:
    """What to read, and where each goes."""
    if job.image == STANDARD or not is_folder(job.image):
        return [(job.image, default_name(job.image, ".png") if job.output is None else job.output)]
    sources = sorted(path for path in job.image.iterdir() if path.suffix.lower() == KIND)
    if not sources:
        raise InputError(f"the folder {job.image} holds no {KIND} files: give another folder, or a file.")
    folder = Path() if job.output is None else job.output
    if not is_folder(folder):
        raise InputError(
            f"{named('output')} is {folder}, but many pictures of {job.image} are to be written: give a folder that is "
            f"there."
        )
    return [(source, folder / f"{source.stem}.png") for source in sources]


def _bytes(source: Path) -> bytes:
    from ..pictures import files

    given = opened(source)
    if isinstance(given, Stream):
        return given.getvalue()
    with files.opened(given) as file:
        return file.read(_MOST + 1)


_MOST = 16_000_000  # bytes: far beyond what the most components take


def _fitted(original: tuple[int, int], job: Decoding) -> tuple[int, int]:
    """The size of the output."""
    from ..pictures.field import Frame

    size = original if job.size is None else job.size
    width, height = Frame.of_picture(*original).fit(size) if isinstance(size, int) else size
    if width * height > job.max_pixels:
        raise InputError(
            f"the picture to paint would have {width} x {height} = {width * height:,} pixels, the limit is "
            f"{job.max_pixels:,}: lower {named('size')}, or raise {named('max_pixels')}."
        )
    return width, height


def _painted(data: bytes, size: tuple[int, int], job: Decoding, target: Path) -> Any:
    """The picture; with its opacity where that is kept."""
    from ..pictures import codec, draw, opacity
    from ..pictures.field import Frame

    mixture = codec.decode_mixture(data)
    flat = job.paper is not None or target.suffix.lower() in (".jpg", ".jpeg")
    if mixture.n_coordinates == 5 or not flat:
        return codec.decode(data, size=size, max_pixels=job.max_pixels, n_threads=job.n_threads)
    frame = Frame.of_picture(*codec.size(data))
    return draw.mean(opacity.on_paper(mixture, job.paper or "white"), frame=frame, size=size, n_threads=job.n_threads)
