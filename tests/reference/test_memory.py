"""An E-step makes no array of points times components."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import mixtura as mx
from mixtura.engines.choose import choose_engine

SCRIPT = """
import resource, sys
import numpy as np
import mixtura as mx
from mixtura.engines.choose import choose_engine

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

n, k, d = 200_000, 500, int(sys.argv[1])
x = np.random.default_rng(0).uniform(size=(n, d))
mix = mx.Mixture(np.ones(k), x[:k], np.full(k, 1e-3), "spherical")
engine = choose_engine(mx.Points.from_array(x), k, "spherical", "cpu", 2)
choose_engine(mx.Points.from_array(x[:1000]), k, "spherical", "cpu", 2).expect(mix)  # compiles
before = peak()
engine.expect(mix)
print(peak() - before)
"""


def test_nothing_of_that_size_in_the_process():
    pytest.importorskip("resource", reason="the operating system does not tell the peak memory")
    done = subprocess.run([sys.executable, "-c", SCRIPT, "2"], capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) < 0.1 * 200_000 * 500 * 8


@pytest.mark.parametrize("kind", ["full", "diag"])
@pytest.mark.parametrize("d", [2, 33])
def test_nothing_of_that_size_from_numpy(kind, d):
    n, k = 40_000, 200
    x = np.random.default_rng(0).uniform(size=(n, d))
    covariances = np.full((k, d), 0.01) if kind == "diag" else np.repeat(0.01 * np.eye(d)[None], k, axis=0)
    mix = mx.Mixture(np.ones(k), x[:k], covariances, kind)
    engine = choose_engine(mx.Points.from_array(x), k, kind, "cpu", 2)
    engine.expect(mix)
    tracemalloc.start()
    engine.expect(mix)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Beyond the blocks there are moments of k d^2 numbers, and some of their kind in other forms.
    assert peak < 0.3 * n * k * 8 + (32 * k * (1 + d + d * d) * 8 if d > 32 else 0)


def test_the_measure_can_fail():
    tracemalloc.start()
    kept = np.ones((20_000, 200))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak >= kept.nbytes


WIDE = np.random.default_rng(0).normal(size=(12, 2_000))
HOLES = np.where(np.random.default_rng(1).random(WIDE.shape) < 0.01, np.nan, WIDE)
SOME = {"rng": 0, "max_iter": 1}
IN_MANY_COORDINATES = {
    "kmeans": lambda x, kind: mx.fit(x, 3, covariance_type=kind, **SOME),
    "missing": lambda x, kind: mx.fit(HOLES[:, : x.shape[1]], 2, covariance_type=kind, missing=True, **SOME),
    "blocks": lambda x, kind: mx.fit(lambda: [x[:5], x[5:]], 3, covariance_type=kind, prior="default", **SOME),
    "choose": lambda x, kind: mx.choose(x, [1, 2], covariance_type=kind, **SOME),
    "drop-in": lambda x, kind: mx.GaussianMixture(3, covariance_type=kind, random_state=0, tol=1e9).fit(x),
    "variational": lambda x, kind: mx.BayesianGaussianMixture(
        n_components=3, covariance_type=kind, random_state=0, tol=1e9
    ).fit(x),
}


@pytest.mark.parametrize(
    ("job", "kind"),
    [(job, "diag") for job in IN_MANY_COORDINATES]
    + [(job, "spherical") for job in ("kmeans", "blocks", "variational")],
)
def test_variances_need_no_matrix_of_the_coordinates(job, kind):
    work = IN_MANY_COORDINATES[job]
    work(WIDE, kind)  # imports and compiles
    tracemalloc.start()
    work(WIDE, kind)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25 * WIDE.nbytes < WIDE.shape[1] ** 2 * 8 / 6
