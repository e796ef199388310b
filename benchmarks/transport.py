"""Transport between mixtures, and colours by it, beside other ways: `python benchmarks/transport.py [--data FOLDER]`.

Costs are compared before anything is timed. Seconds are those of the processor, the least of several tries, with one
thread. FOLDER/kodak holds photographs; without it, those of scikit-learn are graded.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from sklearn.datasets import load_sample_image
from threadpoolctl import threadpool_limits

import mixtura as mx
from mixtura.kernels.network_simplex import cheapest
from mixtura.model import pairs

ROOT = Path(__file__).parents[1]


def least(work: Callable[[], Any], tries: int = 5) -> float:
    """Seconds of the processor, at best."""
    seconds = []
    for _ in range(tries):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


def random_mixture(k: int, d: int, seed: int) -> mx.Mixture:
    """Full components of unequal weights."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(k, d, d))
    return mx.Mixture(rng.dirichlet(np.ones(k)), 3 * rng.normal(size=(k, d)), a @ np.swapaxes(a, 1, 2) + np.eye(d) / 10)


def plans() -> None:
    """The plan and the distances."""
    import ot

    print("| k | coordinates | distances (s) | plan (s) | plan by POT (s) | same cost |\n|---|---|---|---|---|---|")
    for k, d in ((100, 2), (500, 2), (1000, 2), (2000, 2), (500, 5)):
        p, q = random_mixture(k, d, 1), random_mixture(k, d, 2)
        cost = pairs.squared_distances(p, q)
        ours, theirs = cheapest(cost, p.weights, q.weights), ot.emd(p.weights, q.weights, cost, numItermax=10**7)
        same = abs((ours * cost).sum() / (theirs * cost).sum() - 1)
        seconds = (
            least(lambda p=p, q=q: pairs.squared_distances(p, q), 3),
            least(lambda c=cost, p=p, q=q: cheapest(c, p.weights, q.weights), 3),
            least(lambda c=cost, p=p, q=q: ot.emd(p.weights, q.weights, c, numItermax=10**7), 3),
        )
        print(f"| {k:,} | {d} | " + " | ".join(f"{s:.3f}" for s in seconds) + f" | {same:.0e} |")


def away(picture: np.ndarray, like: np.ndarray) -> float:
    """The sliced Wasserstein distance of colours, in steps of 255: on average over directions."""
    rng = np.random.default_rng(0)
    sides = rng.normal(size=(3, 50))
    sides /= np.linalg.norm(sides, axis=0)
    levels = np.linspace(0.5, 99.5, 100)
    both = [np.percentile(each.reshape(-1, 3).astype(float) @ sides, levels, axis=0) for each in (picture, like)]
    return float(np.abs(both[0] - both[1]).mean())


def torn(picture: np.ndarray, photo: np.ndarray) -> float:
    """How much more grain there is in even areas of the photo: the ratio of deviations from the mean of 3 x 3."""
    from scipy.ndimage import uniform_filter

    def rough(a: np.ndarray) -> np.ndarray:
        a = a.astype(float)
        return uniform_filter(np.square(a - uniform_filter(a, (3, 3, 1))).sum(axis=2), 15)

    before = rough(photo)
    even = before <= np.quantile(before, 0.3)
    return float(np.sqrt(rough(picture)[even].mean() / max(before[even].mean(), 1e-9)))


def grades(folder: Path | None) -> None:
    """Colours of one picture for another."""
    import ot

    harbour = mx.pictures.files.read(ROOT / "samples" / "harbour.png")
    if folder is None:
        photos = [load_sample_image(f"{name}.jpg") for name in ("china", "flower")]
    else:
        photos = [mx.pictures.files.read(path) for path in sorted((folder / "kodak").glob("*.png"))[:5]]

    def moments(a: np.ndarray) -> np.ndarray:
        x, y = a.reshape(-1, 3), harbour.reshape(-1, 3)
        return np.clip((x - x.mean(0)) / x.std(0) * y.std(0) + y.mean(0), 0, 255).reshape(a.shape)

    def samples(a: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(0)
        x, y = (b.reshape(-1, 3)[rng.integers(b.size // 3, size=1500)].astype(float) for b in (a, harbour))
        plan = ot.emd([], [], ot.dist(x, y))
        near = cKDTree(x).query(a.reshape(-1, 3))[1]
        return np.clip(a + (y[plan.argmax(axis=1)] - x)[near].reshape(a.shape), 0, 255)

    def mixtures(a: np.ndarray, k: int, **how: Any) -> np.ndarray:
        return mx.grade.learn(a, harbour, k, n_threads=1).apply(a, n_threads=1, **how)

    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "mean and variance": moments,
        "1,500 samples, by POT": samples,
        "one Gaussian": lambda a: mixtures(a, 1),
        "60 Gaussians, each pixel for itself": lambda a: mixtures(a, 60, smooth=0),
        "60 Gaussians": lambda a: mixtures(a, 60),
        "60 Gaussians, as a table of 65³": lambda a: mx.grade.learn(a, harbour, n_threads=1).table().apply(a),
    }
    print("| way | distance to the picture's colours | grain, times | seconds a megapixel |\n|---|---|---|---|")
    for name, way in ways.items():
        made = [way(photo) for photo in photos]
        near = np.mean([away(each, harbour) for each in made])
        grain = np.mean([torn(each, photo) for each, photo in zip(made, photos, strict=True)])
        seconds = least(lambda way=way: way(photos[0]), 2) / (photos[0].shape[0] * photos[0].shape[1] / 1e6)
        print(f"| {name} | {near:.1f} | {grain:.2f} | {seconds:.2f} |")
    look = mx.grade.learn(photos[0], harbour)
    table = look.table()
    off = np.abs(table.apply(photos[0]).astype(int) - look.apply(photos[0], smooth=0)).mean()
    seconds = least(lambda: table.apply(photos[0])) / (photos[0].shape[0] * photos[0].shape[1] / 1e6)
    print(f"\nThe table alone: {off:.2f} of 255 from the look on average, {seconds:.3f} s a megapixel.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    with threadpool_limits(1):
        plans()
        print()
        grades(parser.parse_args().data)
