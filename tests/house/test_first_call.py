"""Small and middle jobs need nothing compiled: a new process that does them neither loads Numba nor compiles."""

import subprocess
import sys

import pytest

from mixtura.engines.base import STEP
from mixtura.kernels import compiling_pays

JOB = """
import logging, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import mixtura as mx
said = []
handler = logging.Handler()
handler.emit = lambda record: said.append(record.getMessage())
logging.getLogger("mixtura").addHandler(handler)
logging.getLogger("mixtura").setLevel(logging.INFO)
rng = np.random.default_rng(0)
def points(n, d, k=4):
    return rng.normal(size=(n, d)) + 3.0 * rng.integers(0, k, (n, 1))
iris = np.concatenate([np.round(rng.normal(m, 0.4, (50, 4)), 1) for m in (1.0, 3.0, 5.0)])
def seen(name):
    if "numba" in sys.modules or said:
        print(name, "loads Numba" if "numba" in sys.modules else "", *said)
        sys.exit(1)
"""

ASK = """
def ask(mix, x):
    for question in (mix.log_density, mix.predict, mix.responsibilities):
        question(x)
        seen(f"a question about {x.shape}")
    mix.responsibilities(x, sparse=True)
    mix.regress([0], x[:, :1], return_cov=True)
    mix.condition([0], x[0, :1]).sample(100, rng=0)
    seen(f"conditional means of {x.shape}")
def fits(x, k):
    for kind in ("full", "tied", "diag", "spherical"):
        mix = mx.fit(x, k, covariance_type=kind, rng=0, max_iter=2).mixture
        seen(f"a {kind} fit of {x.shape}")
    ask(mix, x)
"""
SMALL = """
fits(points(1000, 2), 5)
fits(iris, 3)
for start in ("kmeans++", "random_from_data", "partition", "random"):
    mx.fit(points(1000, 2), 5, start=start, rng=0, max_iter=5)
    seen("start by " + start)
mx.fit(points(1000, 2), 5, rng=0, accelerate=True, dtype="float32", sample_weight=np.full(1000, 2.0))
seen("weights, single precision and momentum")
mx.choose(iris, (1, 2), rng=0, max_iter=20)
seen("choose")
mx.combine(mx.fit(iris, 4, noise=True, rng=0), iris).predict(iris)
seen("noise and clusters")
"""
MIDDLE = """
fits(points(5000, 20), 5)
fits(points(20_000, 10), 10)
"""
ESTIMATORS = """
for n, d, k in ((1000, 2, 5), (20_000, 10, 10)):
    for kind, dtype in (("full", "float64"), ("tied", "float32"), ("diag", "float64"), ("spherical", "float32")):
        x = points(n, d).astype(dtype)
        model = mx.GaussianMixture(k, covariance_type=kind, random_state=0, max_iter=2).fit(x)
        seen(f"{model} of {n} x {d}")
        model.predict(x), model.score_samples(x), model.predict_proba(x), model.score(x), model.sample(100)
        seen(f"questions to {model} of {n} x {d}")
    mx.BayesianGaussianMixture(n_components=k, random_state=0, max_iter=2).fit(x).predict(x)
    seen("BayesianGaussianMixture")
"""
JOBS = {"small": ASK + SMALL, "middle": ASK + MIDDLE, "estimators": ESTIMATORS}


def process(code):
    done = subprocess.run([sys.executable, "-c", JOB + code], capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr).strip()


@pytest.mark.parametrize("job", JOBS)
def test_small_jobs_load_no_compiler(job):
    assert process(JOBS[job]) == (0, "")


def test_a_large_job_is_seen():
    """The guard itself: what does compiled work is caught."""
    code, said = process('mx.fit(points(1000, 2), 5, engine="cpu", rng=0, max_iter=2)\nseen("compiled")')
    assert (code, said.split("\n")[0].startswith("compiled loads Numba")) == (1, True)


@pytest.mark.parametrize(
    ("n", "k", "d", "pays"),
    [(50_000, 8, 10, False), (100_000, 20, 4, False), (30_000, 200, 2, True), (200_000, 50, 1, True)],
)
def test_what_compiling_pays_for(n, k, d, pays):
    """A pair costs more than its features where these are few."""
    assert compiling_pays(n, k, d, True, STEP) is pays


def test_one_fit_of_a_small_table_loads_little():
    """Neither what estimators need nor what pictures need."""
    code, said = process("mx.fit(iris, 3)\nprint(*{name.partition('.')[0] for name in sys.modules})")
    assert code == 0
    assert not {"numba", "sklearn", "pandas", "PIL", "matplotlib", "rich", "typer"} & set(said.split())


def test_an_estimator_of_a_small_table_loads_less_than_scikit_learns():
    code, said = process("mx.GaussianMixture(3, random_state=0).fit(iris)\nprint(*sys.modules)")
    assert code == 0
    assert not {"sklearn.cluster", "sklearn.mixture", "numba"} & set(said.split())
