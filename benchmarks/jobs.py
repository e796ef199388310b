"""The benchmarks' jobs: points, number of components, covariance type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixtura.pictures import files, image

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
Array = np.ndarray


@dataclass(frozen=True)
class Job:
    """A fit to time. points: returns the (n, d) table. quick: (rows, components) of the reduced run.

    cut: (rows, components) of a whole fit that scikit-learn finishes.

    float64, float32: the speed-up over scikit-learn per iteration that is aimed at. one_unit: whether all columns have
    the same unit, as pixels and principal components do, so that our start takes them as they are.
    """

    name: str
    what: str
    points: Callable[[], Array]
    k: int
    quick: tuple[int, int]
    cut: tuple[int, int]
    float64: float
    float32: float
    covariance_type: str = "full"
    reg_covar: float = 1e-6
    one_unit: bool = False


def _ink(path: Path, rows: int | None = None) -> Callable[[], Array]:
    def points() -> Array:
        return _some(image.ink(files.read(path)).x, rows)

    return points


def _colour(path: Path, rows: int | None = None) -> Callable[[], Array]:
    def points() -> Array:
        return _some(image.colour(files.read(path), dtype="float64").x, rows)

    return points


def _some(x: Array, rows: int | None) -> Array:
    """At most `rows` of the rows, evenly spaced."""
    return x if rows is None or len(x) <= rows else x[np.arange(rows) * len(x) // rows]


def _china() -> Array:
    from sklearn.datasets import load_sample_image

    return image.colour(load_sample_image("china.jpg").astype(np.float32), dtype="float64").x


def _normal(n: int, d: int) -> Callable[[], Array]:
    return lambda: np.random.default_rng(0).standard_normal((n, d))


def _features(folder: Path) -> Callable[[], Array]:
    def points() -> Array:
        import gzip

        from sklearn.decomposition import PCA

        raw = gzip.decompress((folder / "fashion-mnist/train-images-idx3-ubyte.gz").read_bytes())
        images = np.frombuffer(raw, np.uint8, offset=16).reshape(60_000, 784).astype(np.float64) / 255
        return PCA(100, svd_solver="covariance_eigh").fit_transform(images)

    return points


def _picture(name: str, what: str, points: Callable[[], Array], k: int, goals: tuple[float, float] = (300, 300)) -> Job:
    """A job on the pixels of a picture; reg_covar is 1/12, the variance of a uniform unit square."""
    return Job(name, what, points, k, (12_000, 100), (30_000, 200), *goals, reg_covar=1 / 12, one_unit=True)


def jobs(data: Path | None) -> list[Job]:
    """All available jobs: those on real pictures need `data`."""
    butterfly, harbour = SAMPLES / "butterfly.png", SAMPLES / "harbour.png"
    wide, normal = _normal(1_000_000, 10), "standard normal"
    found = [
        _picture("ink", "butterfly sample, dark pixels", _ink(butterfly, 110_000), 500, (700, 1000)),
        _picture("colour", "china.jpg of scikit-learn, all pixels", _china, 1000, (500, 1000)),
        Job(
            "overlap",
            "standard normal: pruning cannot help",
            _normal(100_000, 5),
            50,
            (20_000, 20),
            (50_000, 50),
            40,
            60,
        ),
        Job("wide", normal, wide, 20, (50_000, 10), (200_000, 20), 40, 60),
        Job("wide diag", normal, wide, 20, (50_000, 10), (200_000, 20), 30, 40, "diag"),
        Job("line", normal, _normal(1_000_000, 1), 50, (50_000, 20), (200_000, 50), 100, 150),
        _picture("harbour", "harbour sample, all pixels", _colour(harbour), 500),
    ]
    if data is not None:
        pictures = data / "pictures"
        wave = pictures / "great-wave.jpg"
        found += [
            Job(
                "features",
                "Fashion-MNIST, 100 principal components",
                _features(data),
                25,
                (6_000, 10),
                (20_000, 25),
                10,
                15,
                one_unit=True,
            ),
            _picture("butterfly", "butterfly drawing, dark pixels", _ink(pictures / "butterfly.png", 110_000), 500),
            _picture("dog", "dog drawing, dark pixels", _ink(pictures / "dog.png", 110_000), 500),
            _picture("wave ink", "the Great Wave, dark pixels", _ink(wave, 110_000), 500),
            _picture("wave colour", "the Great Wave, some of all pixels", _colour(wave, 100_000), 1000),
        ]
    return found
