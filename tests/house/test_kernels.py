"""What the kernels' speed rests on, without a clock: vector code, few pairs, no counting of references."""

import platform
import re

import numba
import numpy as np
import pytest

import mixtura as mx
from mixtura.em.objective import Objective
from mixtura.em.start import begin
from mixtura.engines.cpu import CpuEngine
from mixtura.kernels import low_dimension, tiles
from mixtura.kernels.tiles import TILE
from mixtura.model.evaluate import components
from mixtura.pictures import files, image

X86 = platform.machine() in ("x86_64", "AMD64")
PACKED = {"float64": r"\bv\w+pd\b.*[yz]mm", "float32": r"\bv\w+ps\b.*[yz]mm"}
FUSED = {"float64": r"\bvfn?madd\w+pd\b.*[yz]mm", "float32": r"\bvfn?madd\w+ps\b.*[yz]mm"}
ARITHMETIC = ("_evaluate", "_exponentials", "_products")  # most of the time is spent here
DIM, K = (0,) * 3, 4


def arguments(dtype):
    """For each stage that works on a tile, arrays as the walk gives them."""
    rng = np.random.default_rng(0)

    def table(*shape):
        return np.ascontiguousarray(rng.random(shape), dtype)

    d, features = len(DIM), 12
    full, live = np.empty((1, d, d)), np.arange(K)
    s, top, total = table(K, TILE), table(TILE), table(TILE)
    return {
        "_evaluate": (DIM, full, table(d, TILE), 0, K, table(K, d), table(K, 7), s, top),
        "_alive": (K, s, top, 30.0, live),
        "_exponentials": (K, live, s, top, total, 30.0),
        "_features": (DIM, full, table(d, TILE), table(features, TILE)),
        "_products": (s, np.arange(4), table(features, TILE), table(4, features)),
        "_thin_moments": (DIM, full, table(d, TILE), table(d), table(7), table(TILE), table(d + 1, TILE), np.zeros(10)),
    }


def code(function, *given):
    """The assembly and the intermediate code of a kernel, compiled anew for these arguments."""
    options = {
        name: value for name, value in function.targetoptions.items() if name not in ("nopython", "no_cpython_wrapper")
    }
    anew = numba.njit(**options)(function.py_func)
    anew(*given)
    (assembly,) = anew.inspect_asm().values()
    (llvm,) = anew.inspect_llvm().values()
    return assembly, llvm


@pytest.mark.skipif(not X86, reason="the names of vector registers are those of x86")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("stage", list(arguments("float64")))
def test_loops_over_points_are_vector_code(stage, dtype):
    if "avx2" not in (numba.core.codegen.get_host_cpu_features() or ""):
        pytest.skip("this processor has no AVX2")
    assembly, _ = code(getattr(low_dimension, stage), *arguments(dtype)[stage])
    assert len(re.findall(PACKED[dtype], assembly)) >= 4
    assert stage not in ARITHMETIC or len(re.findall(FUSED[dtype], assembly)) >= 6


@pytest.mark.skipif(not X86, reason="the names of vector registers are those of x86")
@pytest.mark.parametrize("kind", ["full", "diag"])
def test_bounds_of_components_are_vector_code(kind):
    """A loop over a dozen arrays, which the compiler takes for vector code only where they are known to lie apart."""
    if "avx2" not in (numba.core.codegen.get_host_cpu_features() or ""):
        pytest.skip("this processor has no AVX2")
    x = np.random.default_rng(0).random((300, 5))
    mix = mx.fit(x, K, covariance_type=kind, rng=0, max_iter=1).mixture
    table, parts = tiles.build(x, None, np.float64), components(mix)
    assembly, _ = code(
        low_dimension._descend, (0,) * 5, parts.full, table, 0, 30.0, low_dimension.scratch(table, parts)
    )
    assert len(re.findall(r"\bvandpd\b.*[yz]mm", assembly)) >= 5, "the bounds' absolute values, one at a time"


@pytest.mark.parametrize("stage", list(arguments("float64")))
def test_kernels_count_no_references(stage):
    _, llvm = code(getattr(low_dimension, stage), *arguments("float64")[stage])
    assert "NRT_incref" not in llvm


@pytest.mark.parametrize(
    "name", ["expect", "log_density", "label", "responsibilities", "regress", "_visit", "_descend"]
)
def test_nor_do_the_functions_that_call_them(name):
    assert getattr(low_dimension, name).targetoptions["_nrt"] is False


def test_few_pairs_are_visited_on_a_picture():
    points = image.colour(files.read("samples/harbour.png"), dtype="float64")
    points = points.take(np.arange(0, points.n, 4))
    start = begin(points, 200, "partition", objective=Objective(1 / 12), rng=np.random.default_rng(0))
    engine = CpuEngine(points, "full")
    mixture = mx.fit(points, 200, start=start, reg_covar=1 / 12, max_iter=3, tol=0).mixture
    engine.expect(mixture)
    assert 0 < engine.pairs < 0.3 * points.n * 200
