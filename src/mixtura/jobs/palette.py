"""A picture in few colours, in several numbers of them: the pictures, a contact sheet, what each costs and saves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..writing import check_apart, check_target, whole_files
from .progress import Progress, Watcher, fit_record, steps, told_memory, unwatched, watched
from .standard import Stream, called, default_name, opened, told_apart

if TYPE_CHECKING:
    from ..model.families import CovarianceType


LIBRARIES, A_PIXEL = 350_000_000, 11  # bytes at the peak, as measured on photographs of 16 to 100 million pixels


@dataclass(frozen=True)
class Palettes:
    """The job.

    Attributes
    ----------
    image : Path
        A picture; "-" is standard input.
    n_components : tuple of int
        The numbers of colours, 1 to 256 each.
    paper : str
        The colour that shows through transparent pixels.
    max_pixels : int
        The largest picture that is read, in pixels.
    profile : bool
        Whether the picture's own profile is applied, see `mixtura.pictures.files.read`.
    output : Path or None
        Where the picture goes; with several counts, the count is put before its extension. By default
        IMAGE-palette-COUNT.png.
    contact_sheet : Path or None
        Where all pictures go side by side; by default, with several counts, the name of the output without a count.
    keep, covariance_type, dither, max_iter, tol, rng, n_threads
        As for `mixtura.compress.reduce`.
    """

    image: Path
    n_components: tuple[int, ...]
    paper: str = "white"
    max_pixels: int = 100_000_000
    profile: bool = True
    output: Path | None = None
    contact_sheet: Path | None = None
    keep: Sequence[str] = ()
    covariance_type: CovarianceType = "spherical"
    dither: bool = False
    max_iter: int = 100
    tol: float = 1e-3
    rng: int = 0
    n_threads: int | None = None

    def targets(self) -> tuple[list[Path], Path | None]:
        """Where the pictures go, one a count, and the contact sheet."""
        counts, several = self.n_components, len(self.n_components) > 1
        if self.output is None:
            targets = [default_name(self.image, f"-palette-{count}.png") for count in counts]
            usual = default_name(self.image, "-palette.png")
        else:
            targets = [told_apart(self.output, count) for count in counts] if several else [self.output]
            usual = self.output
        return targets, self.contact_sheet or (usual if several else None)


@watched
def run(job: Palettes, watch: Watcher = unwatched) -> dict[str, Any]:
    """Reduce the picture; the files appear all, each whole, or none of them.

    Parameters
    ----------
    job : Palettes
        The job.
    watch : callable, optional
        Called with a `Progress` as the job goes on.

    Returns
    -------
    dict
        What was done: the size and the colours of the picture, and a row a count under ``palettes``.
    """
    from ..compress import checked_count, compare, kept_colours, reduce, tile
    from ..pictures import files, quantise, sheets

    kept = len(kept_colours(job.keep))
    for count in job.n_components:
        checked_count(count, kept)
    targets, contact_sheet = job.targets()
    everything = [*targets, *([contact_sheet] if contact_sheet else [])]
    for target in everything:
        check_target(target, files.PICTURE_KINDS)
    watch(Progress(f"reading {called(Path(job.image.name))}"))
    given = opened(job.image)
    size = files.size_in_head(given)
    memory = LIBRARIES + A_PIXEL * math.prod(size or ())
    told_memory(watch, job.image.name, size, memory)
    read, profile, _ = files.decode(given, paper=job.paper, max_pixels=job.max_pixels, profile=job.profile)
    pixels = quantise.checked(read)
    del read
    check_apart(job.image, everything)
    height, width = pixels.shape[:2]
    for target in targets:
        files.check_size(target.suffix or ".png", width, height)
    original = len(given.getvalue()) if isinstance(given, Stream) else given.stat().st_size
    found = quantise.histogram(pixels)
    rows, tiles, captions = [], [], []
    names = ("keep", "covariance_type", "dither", "max_iter", "tol", "rng", "n_threads")
    settings = {name: getattr(job, name) for name in names}
    with whole_files() as whole:
        for count, target in zip(job.n_components, targets, strict=True):
            stage = f"fitting {count} colours"
            watch(Progress(stage))
            on_step = steps(watch, stage, job.max_iter, job.tol)
            reduced = reduce(pixels, count, found=found, on_step=on_step, **settings)
            watch(Progress(f"measuring {count} colours"))
            png = reduced.png()
            psnr, ssim = compare(reduced, pixels, n_threads=job.n_threads)
            row = {
                "n_components": count,
                "path": str(target),
                "palette": ["#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in reduced.palette],
                "nominal_rate": reduced.nominal_rate,
                "png_bytes": len(png),
                "real_rate": original / len(png),
                "psnr": psnr,
                "ssim": ssim,
                **fit_record(reduced.fit),
            }
            rows.append(row)
            if contact_sheet:
                tiles.append(tile(reduced))
                captions.append(f"{count} colours" if math.isinf(psnr) else f"{count} colours, {psnr:.1f} dB")
            watch(Progress(f"writing {target.name}"))
            indexed = target.suffix.lower() in ("", ".png")
            with whole(target) as file:
                file.write(png if indexed else files.encode(reduced.pixels, target.suffix))
        if contact_sheet:
            watch(Progress(f"writing {contact_sheet.name}"))
            columns = len(tiles) if len(tiles) < 4 else None
            page = sheets.sheet(tiles, labels=captions, columns=columns, gap=12)
            with whole(contact_sheet) as file:
                file.write(files.encode(page, contact_sheet.suffix or ".png"))
    return {
        "input": str(job.image),
        "width": width,
        "height": height,
        "colours": len(found.colours),
        "bytes": original,
        "memory": memory,
        "profile": profile,
        "covariance_type": job.covariance_type,
        "dither": job.dither,
        "palettes": rows,
        "sheet": None if contact_sheet is None else str(contact_sheet),
    }
