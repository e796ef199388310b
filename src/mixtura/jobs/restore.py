"""Pictures denoised, filled and enlarged by a mixture of patches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import InputError, PictureError, named
from ..writing import STANDARD, check_apart, check_target, whole_files
from .progress import Progress, Watcher, unwatched
from .standard import called, default_name, opened

if TYPE_CHECKING:
    from ..arrays import Bools, Numbers, Singles
    from ..patches import PatchMixture


@dataclass(frozen=True)
class Restoring:
    """What the three jobs have in common.

    Attributes
    ----------
    image : Path
        The picture; "-" is standard input.
    outputs : tuple of Path
        Pictures; by default one, called after what is done, in this folder.
    effort : {"fast", "normal", "best"}
        How many patches are looked at.
    prior : Path or None
        A file of `mixtura.patches.PatchMixture.save`; by default that of the package.
    paper : str
        What shows through transparent pixels in a file that holds no opacity.
    max_pixels, profile
        As for `mixtura.pictures.files.read`.
    n_threads : int or None
        The result does not depend on it.
    """

    image: Path
    outputs: tuple[Path, ...] = ()
    effort: str = "normal"
    prior: Path | None = None
    paper: str = "white"
    max_pixels: int = 100_000_000
    profile: bool = True
    n_threads: int | None = None

    ending: ClassVar[str] = ""
    stage: ClassVar[str] = ""

    def check(self) -> None:
        """Raise InputError for what can be known to be wrong before anything is read."""

    def sources(self) -> tuple[Path, ...]:
        """The files that are read."""
        return (self.image, *(() if self.prior is None else (self.prior,)))

    def made(self, picture: Numbers, watch: Watcher) -> tuple[Singles, dict[str, Any]]:
        """The new picture, and what to say of it."""
        raise NotImplementedError

    @cached_property
    def how(self) -> dict[str, Any]:
        """What the function is called with."""
        return {"effort": self.effort, "prior": self.mixture, "n_threads": self.n_threads}

    @cached_property
    def mixture(self) -> PatchMixture:
        """The mixture of patches."""
        from .. import patches

        return patches.standard() if self.prior is None else patches.load(opened(self.prior))

    def told(self, watch: Watcher) -> Any:
        """What the function tells how far it is."""
        return lambda share: watch(Progress(self.stage, done=round(100 * share), of=100))


@dataclass(frozen=True)
class Denoising(Restoring):
    """Noise is taken from a picture.

    Attributes
    ----------
    sigma : float or "auto"
        The standard deviation of the noise, in steps of 255.
    """

    sigma: float | str = "auto"
    ending: ClassVar[str] = "-denoised.png"
    stage: ClassVar[str] = "denoising"

    def check(self) -> None:
        """Raise InputError for a strength that none is."""
        from ..patches.denoising import check_sigma

        check_sigma(self.sigma)

    def made(self, picture: Numbers, watch: Watcher) -> tuple[Singles, dict[str, Any]]:
        """The new picture, and what to say of it."""
        from .. import patches

        watch(Progress("estimating the noise"))
        sigma = patches.noise(picture, prior=self.mixture) if isinstance(self.sigma, str) else self.sigma
        made = patches.denoise(picture, sigma=sigma, watch=self.told(watch), **self.how)
        return made, {"sigma": round(float(sigma), 3), "estimated": isinstance(self.sigma, str)}


@dataclass(frozen=True)
class Filling(Restoring):
    """What is missing in a picture is filled.

    Attributes
    ----------
    mask : Path or None
        A picture of the same size, white where pixels are missing; None for those that are transparent.
    """

    mask: Path | None = None
    ending: ClassVar[str] = "-filled.png"
    stage: ClassVar[str] = "filling"

    def check(self) -> None:
        """Raise InputError where one stream would be read twice."""
        if self.image == self.mask == STANDARD:
            raise InputError(f"the picture and {named('mask')} are both -: standard input can be one of them.")

    def sources(self) -> tuple[Path, ...]:
        """The files that are read."""
        return (*super().sources(), *(() if self.mask is None else (self.mask,)))

    def made(self, picture: Numbers, watch: Watcher) -> tuple[Singles, dict[str, Any]]:
        """The new picture, and what to say of it."""
        from .. import patches
        from ..patches.filling import gaps_of

        gaps = gaps_of(picture, None if self.mask is None else self._marks())
        made = patches.fill(picture, gaps, watch=self.told(watch), **self.how)
        return made, {"missing": int(gaps.sum())}

    def _marks(self) -> Bools:
        from ..pictures import files
        from ..pictures.image import grey

        assert self.mask is not None
        pixels = files.decode(opened(self.mask), paper="black", max_pixels=self.max_pixels, profile=False).pixels
        marks: Bools = grey(pixels) >= 128
        return marks


@dataclass(frozen=True)
class Enlarging(Restoring):
    """A picture is enlarged.

    Attributes
    ----------
    factor : int
        By how much.
    """

    factor: int = 2
    ending: ClassVar[str] = "-enlarged.png"
    stage: ClassVar[str] = "enlarging"

    def check(self) -> None:
        """Raise InputError for a factor that none is."""
        from ..patches.enlarging import FACTORS
        from ..pictures import checks

        checks.whole(self.factor, "factor", least=FACTORS[0], most=FACTORS[1])

    def made(self, picture: Numbers, watch: Watcher) -> tuple[Singles, dict[str, Any]]:
        """The new picture, and what to say of it."""
        from .. import patches

        height, width = (self.factor * side for side in picture.shape[:2])
        if height * width > self.max_pixels:
            raise PictureError(
                f"the enlarged picture would have {width} x {height} = {height * width:,} pixels, the limit is "
                f"{self.max_pixels:,}: raise {named('max_pixels')}, or give a smaller factor."
            )
        made = patches.enlarge(picture, self.factor, watch=self.told(watch), **self.how)
        return made, {"factor": self.factor}


def run(job: Restoring, watch: Watcher = unwatched) -> dict[str, Any]:
    """Read, restore and write; the files appear all, each whole, or none of them.

    Parameters
    ----------
    job : Restoring
        A job of one of the three kinds.
    watch : callable, optional
        Called with a `Progress` as the job goes on.

    Returns
    -------
    dict
        What was done: the size, whether there is an opacity, what was estimated, and a row a file under ``outputs``.

    Raises
    ------
    MixturaError
        Its children, for anything that is wrong.
    """
    import numpy as np

    from ..patches.denoising import EFFORTS
    from ..patches.planes import check_step
    from ..pictures import files
    from ..pictures.colours import parse_colour

    targets = job.outputs or (default_name(job.image, job.ending, parameter="outputs"),)
    for target in targets:
        check_target(target, files.PICTURE_KINDS)
    check_step(job.effort, EFFORTS)
    parse_colour(job.paper, "paper")
    job.check()
    assert job.mixture is not None
    watch(Progress(f"reading {called(Path(job.image.name))}"))
    pixels, profile, _ = files.decode(opened(job.image), paper=None, max_pixels=job.max_pixels, profile=job.profile)
    if pixels.shape[2] == 4:
        pixels = np.where(pixels[:, :, 3:] > 0, pixels, 0).astype(np.float32)  # nothing that is hidden
    for source in job.sources():
        check_apart(source, targets)
    deep = pixels.dtype != "uint8" and pixels.shape[2] == 3
    given = pixels[:, :, 0] if (pixels.shape[2] == 3 and _is_grey(pixels)) else pixels
    made, more = job.made(given, watch)
    for target in targets:
        files.check_size(target.suffix or ".png", made.shape[1], made.shape[0])
    written = []
    with whole_files() as whole:
        for target in targets:
            watch(Progress(f"writing {target.name}"))
            data, what = _encoded(made, target.suffix or ".png", job.paper, deep)
            with whole(target) as file:
                file.write(data)
            written.append({"path": str(target), "what": what})
    return {
        "input": str(job.image),
        "width": made.shape[1],
        "height": made.shape[0],
        "profile": profile,
        "opacity": made.ndim == 3 and made.shape[2] == 4,
        "components": job.mixture.mixture.n_components,
        "patch": job.mixture.size,
        "effort": job.effort,
        **more,
        "outputs": written,
    }


def _is_grey(pixels: Numbers) -> bool:
    return bool((pixels[:, :, :1] == pixels[:, :, 1:]).all())


def _encoded(made: Singles, kind: str, paper: str, deep: bool) -> tuple[bytes, str]:
    """The bytes of a picture file, and what it is: with its opacity, or its 16 bits, where it can hold them."""
    import numpy as np

    from ..pictures import files
    from ..pictures.colours import parse_colour

    if made.ndim == 2 and deep and kind.lower() in files.DEEP_KINDS:
        return files.encode(np.rint(made * np.float32(257)).astype(np.uint16), kind), "picture of 16 bits"
    if made.ndim == 2:
        made = np.repeat(made[:, :, None], 3, axis=2)
    if made.shape[2] == 4 and (made[:, :, 3] == 255).all():
        made = made[:, :, :3]
    if made.shape[2] == 4 and not files.keeps_opacity(kind):
        ground = np.array(parse_colour(paper, "paper"), np.float32)
        made = ground + (made[:, :, :3] - ground) * (made[:, :, 3:] / np.float32(255))
    return files.encode(np.rint(made).astype(np.uint8), kind), "picture"
