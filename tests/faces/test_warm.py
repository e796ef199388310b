"""`mixtura warm`: afterwards no large job compiles; where nothing can be kept, one sentence says so."""

import errno
import subprocess
import sys

import pytest
from terminal import mixtura

import mixtura as mx
from mixtura.jobs import warm
from mixtura.kernels import compiled

AFTERWARDS = """
import numpy as np, mixtura as mx
from mixtura.cli.app import app
from mixtura.engines.cpu import CpuEngine
from mixtura.kernels.compiled import FUNCTIONS
def known():
    return {function.py_func.__qualname__: len(function.overloads) for function in FUNCTIONS}
def run(words):
    app(words.split(), standalone_mode=False)
mx.warm()
before = known()
rng = np.random.default_rng(0)
for d, n in ((2, 12_000), (40, 1_000)):
    for precision in ("float32", "float64"):
        x = rng.normal(size=(n, d)).astype(precision)
        for more in ({}, {"sample_weight": np.full(n, 2.0)}, {"covariance_type": "diag", "start": "partition"}):
            mix = mx.fit(x, 30, engine="cpu", dtype=precision, rng=0, max_iter=1, **more).mixture
        for points in (x, np.asfortranarray(x)):
            mix.log_density(points), mix.predict(points), mix.responsibilities(points), mix.regress([0], points[:, :1])
        mix.denoise(x, np.abs(x), return_cov=True), mix.log_density(x, noise_covariance=np.abs(x)), mix.impute(x)
        x.flags.writeable = False
        mx.fit(x, 30, engine="cpu", dtype=precision, rng=0, max_iter=1).mixture.predict(x)
run("paint samples/dog.png -k 40 --max-iter 1 --size 100 --style dots,ellipses -q -o {folder}/a.png -o {folder}/b.mix")
mx.GaussianMixture(100, max_iter=1, random_state=0).fit(rng.normal(size=(10_000, 10)))
mx.fit(rng.normal(size=(50, 2)), 2, start="hierarchical", max_iter=1).mixture.transport(mix.marginal([0, 1]))
picture = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
mx.grade.learn(picture, picture, n_components=2).table(3).apply(picture)
mx.patches.denoise(picture, sigma=9), mx.patches.fill(picture, picture[:, :, 0] > 200), mx.patches.enlarge(picture)
mx.pictures.polish(8, picture, effort=0.1)
run("paint samples/harbour.png -k 8 --max-iter 1 --style dots --pens 2 --no-polish -q -o {folder}/c.svg")
run("palette {folder}/a-dots.png -k 4 --max-iter 1 --dither -q -o {folder}/d.png")
after = known()
print(*[name for name in after if after[name] != before.get(name)])
print(*[name for name in after if not after[name]])
"""


def test_afterwards_no_large_job_compiles(tmp_path):
    """In a process of its own, since this one may have compiled; from the cache, wherever that is filled already."""
    code = AFTERWARDS.replace("{folder}", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    new, never = done.stdout.splitlines()[-2:]
    assert new == "", "what jobs compile beside"
    assert not never.split(), "what nothing here needs"


ALL = """
import sys
import mixtura as mx
print(mx.warm().compiled, *[name for name in sys.modules if name == "numba.np.arraymath"])
"""


def test_what_is_loaded_brings_no_compiler():
    """All of it runs from the cache without what Numba knows of NumPy, which takes as long as a small picture."""
    for _ in range(2):  # the first may compile
        done = subprocess.run([sys.executable, "-c", ALL], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        compiled, *loaded = done.stdout.split()
        if compiled == "0":
            break
    assert (compiled, loaded) == ("0", [])


@pytest.fixture(autouse=True)
def what_other_tests_broke_is_forgotten(monkeypatch):
    for cache in compiled.caches():
        monkeypatch.setattr(cache, "trouble", None)


def test_what_it_reports(tmp_path):
    record = mixtura("warm", "--json", folder=tmp_path).record
    assert record["size"] > 100_000
    assert set(record["seconds"]) == set(warm._parts())
    again = mx.warm()
    assert (str(again.folder), again.size) == (record["folder"], record["size"])
    assert list(again.folder.glob("low_dimension.over*"))
    said = mixtura("warm", folder=tmp_path)
    assert (said.code, said.err) == (0, "")
    assert f"MB in {record['folder']}" in " ".join(said.out.split())
    assert "EM in float64" in said.out


def nowhere(patched):
    patched.setattr(compiled, "caches", list)


def full(patched):
    patched.setattr(compiled.caches()[0], "trouble", OSError(errno.ENOSPC, "No space left on device"))


@pytest.mark.parametrize(("wrong", "words"), [(nowhere, "nor the user's cache folder"), (full, "No space left")])
def test_where_nothing_can_be_kept(tmp_path, monkeypatch, wrong, words):
    mx.warm()
    with monkeypatch.context() as patched:
        wrong(patched)
        said = mixtura("warm", folder=tmp_path)
        with pytest.raises(mx.errors.OutputError, match=words):
            mx.warm()
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert "NUMBA_CACHE_DIR" in said.err
    assert len(said.err) < 500
