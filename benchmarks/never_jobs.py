"""The jobs of never.py: few points and many, one coordinate and a hundred, every family, fits and questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs import SAMPLES
from mixtura.pictures import files, image

WORK = 2e9  # n k (d^2 + 10 d + 20) of all iterations together, at most: a few seconds of scikit-learn
SAME = 2_000_000  # pairs of a point and a component up to which both begin with scikit-learn's KMeans


@dataclass(frozen=True)
class Job:
    """A fit, or a question to a mixture that was fitted to a few of the points.

    apart: the spread of the centres of five groups, in standard deviations; 0: standard normal points. data: "ink" or
    "colour" in place of these. part: the share of the points on which scikit-learn is timed. cold: whether it is
    measured with an empty cache too: jobs that compile, once for a kind of them.
    """

    n: int
    d: int
    k: int
    kind: str = "full"
    apart: float = 5.0
    dtype: str = "float64"
    model: str = "GaussianMixture"
    ask: str | None = None
    data: str = ""
    part: float = 1.0
    cold: bool = True
    init: str = "kmeans"

    @property
    def name(self) -> str:
        """What it is called."""
        what = {"GaussianMixture": self.kind, "fit": "mx.fit"}.get(self.model, f"Bayesian {self.kind}")
        data = self.data or ("separated" if self.apart else "overlapping")
        words = [f"{self.n:,} x {self.d}, {self.k}", self.ask or "", what, data]
        return " ".join([*filter(None, words), *(["float32"] if self.dtype == "float32" else [])])

    @property
    def rows(self) -> int:
        """How many of the points scikit-learn gets."""
        return round(self.n * self.part)

    @property
    def same_start(self) -> bool:
        """Whether both begin from the same mixture."""
        return self.n * self.k <= SAME and self.part == 1 and self.model != "fit"

    def points(self) -> np.ndarray:
        """(n, d)."""
        if self.data == "iris":
            from sklearn.datasets import load_iris

            return np.asarray(load_iris().data)
        if self.data == "ink":
            x = image.ink(files.read(SAMPLES / "butterfly.png")).x
        elif self.data == "colour":
            from sklearn.datasets import load_sample_image

            x = image.colour(load_sample_image("china.jpg").astype(np.float32), dtype="float64").x
        else:
            rng = np.random.default_rng(0)
            x = rng.normal(size=(self.n, self.d))
            x += self.apart * rng.normal(size=(5, self.d))[rng.integers(0, 5, self.n)]
        return np.ascontiguousarray(x[np.arange(self.n) * len(x) // self.n], self.dtype)

    def call(self, who: str) -> tuple[str, str, dict[str, Any]]:
        """(module, name, settings) of what is called."""
        if self.model == "fit" and who == "mixtura":
            return "mixtura", "fit", {"n_components": self.k, "rng": 0}
        steps = int(np.clip(WORK / (self.n * self.k * (self.d**2 + 10 * self.d + 20)), 2, 100))
        settings = {"n_components": self.k, "covariance_type": self.kind, "random_state": 0, "max_iter": steps}
        settings |= {"init_params": self.init, "reg_covar": 1 / 12 if self.data in ("ink", "colour") else 1e-6}
        if not self.same_start and self.model != "fit":
            settings["tol"] = 0.0  # the same number of iterations, whatever the start
        module = "mixtura" if who == "mixtura" else "sklearn.mixture"
        return module, "GaussianMixture" if self.model == "fit" else self.model, settings


FAMILIES = ("full", "tied", "diag", "spherical")
BAYES = "BayesianGaussianMixture"
JOBS = [
    Job(150, 4, 3, model="fit", data="iris"),
    Job(150, 4, 3, data="iris"),
    Job(100, 1, 1),
    Job(100, 2, 3),
    Job(300, 100, 2, "diag"),
    Job(1_000, 2, 1),
    *(Job(1_000, 2, 5, kind) for kind in FAMILIES),
    Job(1_000, 2, 5, apart=0.0),
    Job(1_000, 2, 5, dtype="float32"),
    Job(1_000, 10, 10),
    Job(1_000, 10, 10, "diag", apart=0.0),
    Job(1_000, 50, 5),
    Job(1_000, 2, 100),
    *(Job(5_000, 4, 5, kind) for kind in FAMILIES),
    Job(5_000, 4, 5, apart=0.0, dtype="float32"),
    Job(5_000, 20, 5),
    Job(5_000, 100, 3, "diag"),
    Job(5_000, 100, 5, "tied"),
    *(Job(20_000, 10, 10, kind) for kind in FAMILIES),
    *(Job(20_000, 10, 10, kind, apart=0.0) for kind in ("full", "diag")),
    Job(20_000, 10, 10, dtype="float32"),
    Job(20_000, 1, 10),
    Job(20_000, 2, 100),
    Job(20_000, 6, 5, apart=0.0),
    Job(20_000, 14, 5),
    Job(20_000, 30, 5),
    Job(20_000, 100, 25),
    Job(50_000, 10, 8),
    Job(50_000, 10, 8, apart=0.0),
    Job(50_000, 10, 8, "diag", dtype="float32"),
    Job(50_000, 2, 20),
    Job(100_000, 1, 5, "spherical"),
    Job(100_000, 4, 20),
    Job(100_000, 4, 20, "tied", cold=False),
    Job(100_000, 5, 50, apart=0.0, cold=False),
    Job(100_000, 20, 10, dtype="float32"),
    Job(100_000, 20, 10, "tied", cold=False),
    Job(100_000, 50, 10, "diag", cold=False),
    Job(200_000, 14, 10, cold=False),
    Job(1_000_000, 1, 10, cold=False),
    Job(1_000_000, 2, 5, cold=False),
    Job(1_000_000, 10, 20, apart=0.0, cold=False),
    Job(1_000_000, 10, 20, "diag", apart=0.0, dtype="float32", cold=False),
    Job(1_000, 2, 5, model=BAYES),
    Job(5_000, 4, 5, "diag", model=BAYES),
    Job(20_000, 10, 10, model=BAYES),
    Job(60_000, 10, 20, model=BAYES, apart=0.0, cold=False),
    Job(1_000, 2, 5, ask="predict"),
    Job(1_000, 2, 5, "diag", ask="score_samples"),
    Job(1_000, 50, 5, ask="predict"),
    Job(20_000, 10, 10, ask="predict"),
    Job(20_000, 10, 10, "tied", ask="score_samples"),
    Job(20_000, 10, 10, ask="score_samples", dtype="float32"),
    Job(20_000, 100, 5, ask="score_samples"),
    Job(200_000, 5, 50, ask="score_samples", apart=0.0, cold=False),
    Job(1_000_000, 2, 10, ask="predict", cold=False),
    Job(110_000, 2, 500, data="ink", init="random_from_data"),
    Job(273_280, 5, 1000, data="colour", init="random_from_data", part=0.125, dtype="float32"),
]
SOME = {
    job.name
    for job in [
        Job(150, 4, 3, data="iris"),
        Job(1_000, 2, 5),
        Job(1_000, 2, 5, "spherical"),
        Job(1_000, 50, 5),
        Job(5_000, 4, 5, "tied"),
        Job(5_000, 4, 5, apart=0.0, dtype="float32"),
        Job(20_000, 10, 10),
        Job(20_000, 10, 10, "diag"),
        Job(20_000, 10, 10, dtype="float32"),
        Job(20_000, 30, 5),
        Job(50_000, 10, 8),
        Job(100_000, 4, 20),
        Job(100_000, 20, 10, dtype="float32"),
        Job(20_000, 10, 10, model=BAYES),
        Job(20_000, 10, 10, ask="predict"),
    ]
}
IRIS = "import numpy as np, mixtura as mx; print(mx.fit(np.load('iris.npy'), 3).n_iter)"
COMMANDS = {  # the words, and the seconds that it may take: the first time on a machine, and in a new process
    "`mixtura paint samples/dog.png`": (["-m", "mixtura", "paint", "SAMPLES/dog.png"], 5.0, 1.0),
    "`import mixtura; mx.fit(iris, 3)`": (["-c", IRIS], 0.5, 0.5),
    "`mixtura --help`": (["-m", "mixtura", "--help"], 0.5, 0.5),
}
