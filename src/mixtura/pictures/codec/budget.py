"""How many components a picture gets, and how finely they are rounded: what fits a number of bytes, or a PSNR."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays import Numbers
from ...checks import check_threads, check_unmasked, is_finite, is_whole
from ...errors import InputError, named
from .. import checks
from . import layout, units
from .layout import Header
from .learn import Learner, Rounded
from .refine import price

LEAST = 16
"""Bytes that a picture needs at least."""
SMALL, SMALL_COUNTS = 400, (0.85, 1.0, 1.15)
TINY, TINY_COUNTS = 150, (0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2)
"""Bytes up to which several counts are tried, and these, as shares of what will probably fit; then of still fewer."""
FIXED, BITS = 5, 31
"""Bytes before the components, and bits of each: hardly more than they take at least."""
SPARE = 1.01
"""How much larger the file may seem before components are rounded."""
SHRINKS = 1.03
"""How much larger it may seem before what is rounded is refined."""
DEARER, CHEAPER, FEW = 3.0, 3, 400
"""Where it is too large, bytes cost so much more; where there is room, they cost half, so often; of few components."""
SURE = 200
"""Of so many components one more is dropped than is needed, about, so that the search ends."""
CLOSE, TRIES = 0.15, 8
"""Of a search by PSNR: by how many decibels it may be better; how often it encodes."""


@dataclass(frozen=True)
class EncodeStep:
    """What a callback sees.

    Attributes
    ----------
    stage : str
        What is done: "learning", "rounding shapes", "rounding places", "rounding levels" or "refining".
    components : int
        How many learn.
    psnr : float or None
        Of the painting before rounding, or after it, on the picture at hand, in dB; None at the beginning.
    """

    stage: str
    components: int
    psnr: float | None = None


def encode(
    pixels: Numbers,
    *,
    n_bytes: int | None = None,
    bpp: float | None = None,
    psnr: float | None = None,
    n_components: int | None = None,
    effort: float = 1.0,
    on_step: Callable[[EncodeStep], Any] | None = None,
    n_threads: int | None = None,
) -> bytes:
    """Make the bytes of a .gmx file of a picture; one of four arguments says how many.

    Parameters
    ----------
    pixels : ndarray, shape (h, w, 3) or (h, w, 4)
        sRGB values in 0..255; with a fourth channel, the opacity in 0..255.
    n_bytes : int, optional
        How many bytes at most, >= 16.
    bpp : float, optional
        How many bits a pixel at most.
    psnr : float, optional
        As many as it takes for this PSNR, in dB, 5 to 50.
    n_components : int, optional
        As many as so many components take.
    effort : float, default 1
        Multiplies the number of steps, 0.05 to 50.
    on_step : callable, optional
        Called with an `EncodeStep` before each stage.
    n_threads : int, optional
        By default as many as there are cores. The bytes are the same for any number.

    Returns
    -------
    bytes
        A file, for `decode`.

    Raises
    ------
    InputError
        If an argument is malformed, or the PSNR cannot be reached.

    Notes
    -----
    Components learn as those of `mixtura.pictures.polish`, with one colour each and gates of one height; those that
    will not fit are dropped, the cheapest first. Then an eighth of them has its sizes, ratios and angles rounded while
    all that is not yet rounded makes up for it, and so on; places and levels follow in the same way.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.pictures import codec, quality
    >>> y, x = np.mgrid[:48, :64]
    >>> picture = np.stack([4 * x, 5 * y, np.where(x > y, 200, 90)], axis=-1).astype(np.uint8)
    >>> data = codec.encode(picture, n_bytes=60)
    >>> len(data) <= 60
    True
    >>> quality.psnr(codec.decode(data), picture) > 25
    True
    """
    picture = _picture(pixels)
    check_threads(n_threads)
    checks.callback(on_step, "on_step", "EncodeStep")
    if not (is_finite(effort) and 0.05 <= effort <= 50):
        raise InputError(f"{named('effort')} is {effort!r}: give a number from 0.05 to 50, such as 1.")
    if sum(each is not None for each in (n_bytes, bpp, psnr, n_components)) != 1:
        raise InputError(
            f"how large the file may be is unclear: give one of {named('n_bytes')}, {named('bpp')}, {named('psnr')} "
            f"and {named('n_components')}."
        )
    work = _Work(picture, effort, on_step, n_threads)
    if psnr is not None:
        if not (is_finite(psnr) and 5 <= psnr <= 50):
            raise InputError(f"{named('psnr')} is {psnr!r}: give decibels from 5 to 50, such as 30.")
        return _good_enough(work, float(psnr)).data
    if n_components is not None:
        if not is_whole(n_components) or not 1 <= n_components <= work.most:
            raise InputError(
                f"{named('n_components')} is {n_components!r}: give a whole number from 1 to {work.most:,} for this "
                f"picture."
            )
        return work.tried(work.header(int(n_components)), None, effort)[1].data
    return _within(work, _budget(picture, n_bytes, bpp)).data


def _picture(pixels: Any) -> Numbers:
    """(h, w, 3 or 4), colours multiplied by the opacity; without one where all is opaque."""
    check_unmasked(pixels, named("pixels"))
    array = np.asarray(pixels)
    shaped = array.ndim == 3 and array.shape[2] in (3, 4) and 0 not in array.shape
    if not shaped or array.dtype.kind not in "uif":
        raise InputError(
            f"{named('pixels')} is {array.dtype} of shape {array.shape}, expected numbers in 0..255 of shape (h, w, 3) "
            f"or (h, w, 4)."
        )
    if array.dtype != np.uint8:
        checks.check_range(array.min(), array.max(), named("pixels"))
    if max(array.shape[:2]) > layout.LONGEST:
        raise InputError(
            f"{named('pixels')} is {array.shape[1]} x {array.shape[0]} pixels, but a .gmx file has {layout.LONGEST:,} "
            f"a side at most: give a smaller picture."
        )
    if array.shape[2] == 3 or (array[..., 3] == 255).all():
        return array[..., :3]
    array = array.astype(np.float32)
    array[..., :3] *= array[..., 3:] / np.float32(255)
    return array


def _budget(picture: Numbers, n_bytes: Any, bpp: Any) -> int:
    """How many bytes there are."""
    if n_bytes is not None:
        if not is_whole(n_bytes) or n_bytes < LEAST:
            raise InputError(f"{named('n_bytes')} is {n_bytes!r}: give a whole number >= {LEAST}, such as 300.")
        return int(n_bytes)
    pixels = picture.shape[0] * picture.shape[1]
    if not (is_finite(bpp) and 0 < bpp <= 24):
        raise InputError(f"{named('bpp')} is {bpp!r}: give bits a pixel, above 0 and up to 24, such as 0.1.")
    if bpp * pixels / 8 < LEAST:
        raise InputError(
            f"{named('bpp')} is {bpp:g}, which is {bpp * pixels / 8:.1f} bytes for {pixels:,} pixels, but a file needs "
            f"{LEAST}: give {8 * LEAST / pixels:.2g} or more."
        )
    return int(bpp * pixels / 8)


@dataclass(frozen=True, eq=False)
class _Work:
    """What all tries share."""

    picture: Numbers
    effort: float
    on_step: Callable[[EncodeStep], Any] | None
    n_threads: int | None

    @property
    def most(self) -> int:
        """The most components that make sense."""
        if (self.picture == self.picture[0, 0]).all():
            return 1
        height, width = self.picture.shape[:2]
        return max(1, min(layout.MOST, int(height * width) // 4))

    def header(self, count: int) -> Header:
        """The header that suits so many components."""
        height, width = self.picture.shape[:2]
        grid = min(max(round(4.3 + 0.6 * math.log2(count)), 5), 14)
        luma = min(max(round(19 - 0.75 * math.log2(2 * count)), 4), 20)
        return Header(width, height, count, grid, 3 if count > 15 else 2, luma, luma + 1, self.picture.shape[2] == 4)

    def tell(self, stage: str, learner: Learner) -> None:
        """Tell the callback."""
        if self.on_step is not None:
            self.on_step(EncodeStep(stage, learner.header.count, learner.decibels()))

    def tried(self, header: Header, budget: int | None, effort: float) -> tuple[Learner, Rounded]:
        """So many components as the header says, or as many of them as fit the budget, rounded."""
        learner = Learner(self.picture, header, effort=effort, n_threads=self.n_threads)
        if self.on_step is not None:
            self.on_step(EncodeStep("learning", header.count))
        learner.learn()
        if budget is not None:
            learner.fit(SPARE * budget, finer=False)
        self.tell("rounding shapes", learner)
        learner.round_shapes()
        self.tell("rounding places", learner)
        learner.round_places()
        if budget is not None:
            learner.fit(SHRINKS * budget)
        self.tell("rounding levels", learner)
        learner.round_levels()
        self.tell("refining", learner)
        found = _refined(learner, budget)
        while budget is not None and found.header.count > 1 and len(found.data) > budget:
            learner.drop(_fewer(found, budget))
            found = _refined(learner, budget)
        return learner, found

    def decibels(self, rounded: Rounded) -> float:
        """PSNR of the painting."""
        from .. import field

        height, width = self.picture.shape[:2]
        mixture = units.mixture(rounded.header, rounded.places, rounded.table)
        frame = field.Frame.of_picture(width, height)
        painted = field.mean(mixture, frame, (width, height), n_threads=self.n_threads)
        error = np.rint(np.clip(painted, 0, 255)) - self.picture
        return 10 * math.log10(255.0**2 / max(float(np.square(error, dtype=np.float64).mean()), 1e-9))


def _refined(learner: Learner, budget: int | None) -> Rounded:
    """What was learnt, rounded and refined; into fewer bytes if there are too many."""
    rounded = learner.rounded()
    worth = price(budget or len(rounded.data))
    found = learner.refined(rounded, worth)
    if budget is None or len(found.data) <= budget or found.header.count > FEW:
        return found
    return learner.refined(found, DEARER * worth)


def _filled(work: _Work, learner: Learner, found: Rounded, budget: int) -> Rounded:
    """The same, with the bytes that are left."""
    worth = price(budget)
    for _ in range(CHEAPER if found.header.count <= FEW else 0):
        worth /= 2.0
        more = learner.refined(found, worth)
        if len(more.data) > budget or work.decibels(more) <= work.decibels(found):
            break
        found = more
    return found


def _fewer(found: Rounded, budget: int) -> int:
    """How many of the components fit, about; fewer than there are."""
    size, count = len(found.data), found.header.count
    return max(1, min(count - 1, int(count * (budget - FIXED) / max(size - FIXED, 1)) - count // SURE))


def _within(work: _Work, budget: int) -> Rounded:
    """The best file of so many bytes at most."""
    count = min(work.most, max(1, round((budget - FIXED) * 8 / BITS)))
    shares = TINY_COUNTS if budget <= TINY else SMALL_COUNTS if budget <= SMALL else (1.0,)
    counts = dict.fromkeys(max(1, round(count * share)) for share in shares)
    tried = [work.tried(work.header(each), budget, work.effort) for each in counts]
    learner, best = max(tried, key=lambda one: (len(one[1].data) <= budget, work.decibels(one[1])))
    if len(best.data) > budget:
        raise InputError(f"{named('n_bytes')} is {budget}, but this picture needs {len(best.data)} bytes: give more.")
    return _filled(work, learner, best, budget)


def _good_enough(work: _Work, wanted: float) -> Rounded:
    """A file with hardly more components than it takes for a PSNR, which grows with the logarithm of their number."""
    count, slope = min(100, work.most), 2.0
    found: dict[int, tuple[float, Rounded]] = {}
    while count not in found and len(found) < TRIES:
        rounded = work.tried(work.header(count), None, work.effort)[1]
        found[count] = work.decibels(rounded), rounded
        if wanted <= found[count][0] < wanted + CLOSE:
            break
        high = min((each for each in found if found[each][0] >= wanted), default=work.most + 1)
        low = max((each for each in found if each < high and found[each][0] < wanted), default=0)
        if high - low < 2:
            break
        if low and high in found:
            slope = max((found[high][0] - found[low][0]) / math.log2(high / low), 0.5)
        near = low or high
        guess = math.ceil(near * 2 ** ((wanted + CLOSE / 2 - found[near][0]) / slope))
        count = max(low + 1, min(high - 1, guess))
    enough = [rounded for reached, rounded in found.values() if reached >= wanted]
    if not enough:
        most = max(found, key=lambda each: found[each][0])
        raise InputError(
            f"{named('psnr')} is {wanted:g}, but {most:,} components reach {found[most][0]:.2f} dB: ask for less, or "
            f"raise {named('effort')}."
        )
    return min(enough, key=lambda each: len(each.data))
