"""What large jobs compile, compiled ahead: for images of containers, classrooms, and machines that run tests.

Each part is a small job of the kind that needs it, so that what is compiled is what they will ask for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import OutputError
from ..kernels.notice import hush
from .progress import Progress, Watcher, unwatched

PRECISIONS = ("float32", "float64")


@dataclass(frozen=True)
class Warmed:
    """What is compiled, and where it lies.

    Attributes
    ----------
    folder : pathlib.Path
        The folder of the compiled code; `NUMBA_CACHE_DIR` names another one.
    size : int
        What it takes there, in bytes.
    compiled : int
        How many functions had to be compiled, each for some types; 0 where all were there.
    seconds : dict
        How long each part took, by what it is for.
    """

    folder: Path
    size: int
    compiled: int
    seconds: Mapping[str, float]


def warm() -> Warmed:
    """Compile what large jobs need, so that none of them has to.

    Small jobs need nothing compiled. Compiled code is for one machine's kind of processor, and for these versions of
    Mixtura and Numba.

    Returns
    -------
    Warmed
        Where it lies, how large it is, and how long each part took.

    Raises
    ------
    OutputError
        If no folder can be written to.
    """
    return run()


def run(watch: Watcher = unwatched) -> Warmed:
    """Compile, or find, what each kind of job needs. watch: called with a `Progress` before each part."""
    from ..kernels.compiled import FUNCTIONS, caches

    hush()
    parts = _parts()
    seconds = {}
    for done, (what, part) in enumerate(parts.items()):
        watch(Progress(f"compiling {what}", done=done, of=len(parts)))
        began = time.perf_counter()
        part()
        seconds[what] = round(time.perf_counter() - began, 4)
    kept = caches()
    if not kept:
        raise OutputError(
            f"compiled kernels cannot be kept: neither {_package()} nor the user's cache folder can be written to; set "
            "NUMBA_CACHE_DIR to a folder that can."
        )
    folder = kept[0].folder
    trouble = next((cache.trouble for cache in kept if cache.trouble is not None), None)
    if trouble is not None:
        raise OutputError(
            f"compiled kernels cannot be kept in {folder} ({trouble.strerror}): make room, or set NUMBA_CACHE_DIR to "
            "another folder."
        )
    compiled = sum(sum(function.stats.cache_misses.values()) for function in FUNCTIONS)
    return Warmed(folder, sum(cache.size() for cache in kept), compiled, seconds)


def _package() -> Path:
    from .. import kernels

    return Path(kernels.__file__).parent / "__pycache__"


def _parts() -> dict[str, Callable[[], object]]:
    """What is compiled for what, as small jobs."""
    each: dict[str, Callable[[], object]] = {}
    for precision in PRECISIONS:
        each[f"EM in {precision}"] = partial(_expect, precision)
        each[f"k-means in {precision}"] = partial(_cluster, precision)
    return each | {
        "many points": _arrange,
        "gaps and noise": _measure,
        "pictures": _draw,
        "palettes": _dither,
        "plotters": _travel,
        "polishing": _polish,
        "tiny pictures": _encode,
        "transport": _move,
        "looks": _look_up,
        "patches": _restore,
        "hierarchies": _merge,
    }


def _points(d: int, precision: str, n: int = 300) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, d)).astype(precision)


def _expect(precision: str) -> None:
    from ..engines.cpu import CpuEngine
    from ..model.mixture import Mixture
    from ..sources.points import Points

    x = _points(3, precision)
    mixture = Mixture([0.5, 0.5], x[:2], [np.eye(3)] * 2)
    CpuEngine(Points.from_array(x, dtype=precision)).expect(mixture)


def _cluster(precision: str) -> None:
    from ..kernels import nearest, tiles

    x = _points(3, precision)
    nearest.seeds(x.astype(np.float32), np.ones(len(x)), np.full((2, 2), 0.5), 0)
    nearest.assign(tiles.build(x, None, x.dtype), x[:2].astype(np.float64))


def _arrange() -> None:
    """Enough points for threads to split them together; in double precision, as questions about single ones are."""
    from ..kernels import tiles

    tiles.build(_points(2, "float32", 100 * tiles.TILE), None, np.float64, 2)


def _measure() -> None:
    from ..engines.incomplete import IncompleteEngine
    from ..model.mixture import Mixture
    from ..sources.points import Points

    x = _points(2, "float64", 9)
    IncompleteEngine(Points(x, noise=np.abs(x)), 1, "full", "cpu").expect(Mixture([1.0], x[:1], [np.eye(2)]))


def _draw() -> None:
    from ..kernels import splat, tour

    tour.along_curve(_points(2, "float64"))
    grey = np.ones((1, 3), np.float32)
    splat.paint(np.zeros((9, 9, 3), np.float32), np.full((1, 2), 4.0), np.ones((1, 3)), grey, grey[0, :1])


def _dither() -> None:
    from ..kernels import dither

    dither.diffused(np.zeros((4, 4, 3), np.uint8), np.zeros((2, 3), np.uint8), 40.0)


def _travel() -> None:
    from ..kernels import tour

    tour.short(_points(2, "float64"))


def _polish() -> None:
    from ..pictures.polishing import polish

    polish(4, np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8), effort=0.1)


def _encode() -> None:
    from ..pictures import codec

    codec.decode(codec.encode(np.eye(9, dtype=np.uint8)[..., None].repeat(3, axis=2), n_components=2, effort=0.05))


def _move() -> None:
    from ..model.mixture import Mixture

    one = Mixture([0.5, 0.5], np.eye(2), [np.eye(2)] * 2)
    one.transport(one)


def _look_up() -> None:
    from .. import grade

    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    grade.learn(picture, picture, 1, max_iter=1).table(2).apply(picture)


def _restore() -> None:
    from .. import patches

    picture = np.random.default_rng(0).uniform(0, 255, (9, 9))
    patches.denoise(picture, sigma=9.0)
    patches.fill(picture, picture > 200)


def _merge() -> None:
    from ..em.start import hierarchy
    from ..sources.points import Points

    hierarchy(Points.from_array(_points(2, "float64", 9)), np.random.default_rng(0))
