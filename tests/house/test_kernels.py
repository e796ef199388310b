"""What the kernels' speed rests on, without a clock: vector code, few pairs, no counting of references."""

import ast
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.codegen import get_host_cpu_features

import mixtura as mx
from mixtura.em.objective import Objective
from mixtura.em.start import begin
from mixtura.engines.cpu import CpuEngine
from mixtura.kernels import low_dimension, moments, pruning, tiles
from mixtura.kernels.memory import scratch
from mixtura.model.evaluate import components
from mixtura.pictures import files, image

X86 = platform.machine() in ("x86_64", "AMD64")
PACKED = {"float64": r"\bv\w+pd\b.*[yz]mm", "float32": r"\bv\w+ps\b.*[yz]mm"}
FUSED = {"float64": r"\bvfn?madd\w+pd\b.*[yz]mm", "float32": r"\bvfn?madd\w+ps\b.*[yz]mm"}
K = 4
STAGES = (
    "_bounds",
    "_survey",
    "_log_densities",
    "_exponentials",
    "_features",
    "_products",
    "_near_moments",
    "_thin_moments",
)


def arguments(dtype):
    """For each stage that works on a tile, what the walk gives it."""
    rng = np.random.default_rng(0)
    mix = mx.Mixture(np.full(K, 1 / K), rng.normal(size=(K, 3)), [np.eye(3)] * K)
    table, parts = tiles.build(rng.normal(size=(300, 3)), None, np.dtype(dtype)), components(mix, np.dtype(dtype))
    memory, live = scratch(len(table.offset), *parts.table.shape, 3, dtype), np.arange(K)
    for names in (memory.active, memory.chosen, memory.names, memory.who[:K], memory.rows[:K]):
        names[...] = live
    u, centre, factors = table.u[0], table.centre[0], parts.factors
    return {
        "_bounds": (True, centre, table.half[0], memory.tables[1], K, memory.box),
        "_survey": (True, u, 0, K, factors, 30.0, memory),
        "_log_densities": (
            True, u, 0, 0, K, live, live, live, factors, memory.box.z, memory.s, 0, memory.top,
        ),
        "_exponentials": (0, K, 0, 30.0, memory),
        "_features": (True, u, memory.share, memory.phi),
        "_products": (memory.r, memory, 0),
        "_near_moments": (True, centre, parts.means, K, memory, np.zeros((K, 12))),
        "_thin_moments": (True, u, 0, 0, 0, factors, memory, np.zeros(10)),
    }  # fmt: skip


def kernel(name):
    """The stage of that name, from whichever file."""
    return next(vars(module)[name] for module in (low_dimension, pruning, moments) if name in vars(module))


def code(function, *given):
    """The assembly and the intermediate code of a kernel, compiled anew for these arguments."""
    options = {name: value for name, value in function.targetoptions.items() if name != "no_cpython_wrapper"}
    anew = type(function)(function.py_func, targetoptions=options, pipeline_class=function._compiler.pipeline_class)
    anew(*given)
    (assembly,) = anew.inspect_asm().values()
    (llvm,) = anew.inspect_llvm().values()
    return assembly, llvm


@pytest.mark.skipif(not X86, reason="the names of vector registers are those of x86")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("stage", STAGES)
def test_loops_over_points_are_vector_code(stage, dtype):
    if "avx2" not in (numba.core.codegen.get_host_cpu_features() or ""):
        pytest.skip("this processor has no AVX2")
    assembly, _ = code(kernel(stage), *arguments(dtype)[stage])
    dtype = "float64" if stage in ("_bounds", "_survey", "_near_moments") else dtype  # which are double always
    assert len(re.findall(PACKED[dtype], assembly)) >= 4
    written = {"_features": 0, "_near_moments": 3, "_survey": 3}.get(stage, 6)  # or more; no loop is unrolled
    assert len(re.findall(FUSED[dtype], assembly)) >= written


@pytest.mark.parametrize("stage", STAGES)
def test_kernels_count_no_references(stage):
    _, llvm = code(kernel(stage), *arguments("float64")[stage])
    assert "NRT_incref" not in llvm


@pytest.mark.parametrize("name", ["over", "_visit", "_descend", "_moments"])
def test_nor_do_the_functions_that_call_them(name):
    assert kernel(name).targetoptions["_nrt"] is False


def test_one_compilation_serves_every_number_of_coordinates_kind_and_question():
    """In a process of its own, since others may have asked in other ways."""
    program = """
import numpy as np, mixtura as mx
from mixtura.engines.incomplete import IncompleteEngine
from mixtura.kernels import low_dimension, over_tiles, posteriors, tiles
from mixtura.model import evaluate, uncertain
from mixtura.model.evaluate import components
uncertain.ASKED = 0
rng = np.random.default_rng(0)
for d in (1, 2, 7, 16):
    for kind in ("full", "diag"):
        mix = mx.Mixture([0.5, 0.5], rng.normal(size=(2, d)), [np.eye(d) if kind == "full" else np.ones(d)] * 2, kind)
        table, parts = tiles.build(rng.normal(size=(300, d)), None, np.float64), components(mix)
        over_tiles.expect(table, parts)
        over_tiles.log_density(table, parts)
        over_tiles.label(table, parts)
        over_tiles.responsibilities(table, parts)
        over_tiles.regress(table, parts, mix.means, np.zeros((2, d, d)))
        x = rng.normal(size=(9, d))
        for noise in (None, np.abs(x), np.abs(x)[:, :, None] * np.eye(d)):
            IncompleteEngine(mx.Points(x.astype("float32"), noise=noise), 2, kind, "cpu").expect(mix)
            for ask in (evaluate.log_density, evaluate.responsibilities, evaluate.predict, evaluate.denoise):
                ask(mix, x, noise=noise)
            evaluate.denoise(mix, x, noise, covariance=True)
print(len(low_dimension.over.signatures), len(posteriors.over.signatures))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1", "1"], done.stderr


def test_few_pairs_are_visited_on_a_picture():
    points = image.colour(files.read("samples/harbour.png"), dtype="float64")
    points = points.take(np.arange(0, points.n, 4))
    start = begin(points, 200, "partition", objective=Objective(1 / 12), rng=np.random.default_rng(0))
    engine = CpuEngine(points)
    mixture = mx.fit(points, 200, start=start, reg_covar=1 / 12, max_iter=3, tol=0).mixture
    engine.expect(mixture)
    assert 0 < engine.pairs < 0.3 * points.n * 200


def test_every_kernel_loads_and_parts_of_tiles_are_told_on_processors_with_shorter_vectors():
    features = ",".join(f"-{each[1:]}" if "512" in each else each for each in get_host_cpu_features().split(","))
    names = sorted(path.stem for path in Path(low_dimension.__file__).parent.glob("*.py") if path.stem != "__init__")
    program = f"""
import importlib, numpy as np, mixtura as mx
from mixtura.engines.choose import choose_engine
for name in {names}: importlib.import_module('mixtura.kernels.' + name)
rng = np.random.default_rng(0)
mix = mx.Mixture(np.ones(1500), rng.normal(size=(1500, 2)), np.full((1500, 2), 0.01), 'diag')
for dtype, limit in (('float64', 1e-11), ('float32', 1e-5)):
    points = mx.Points.from_array(mix.sample(1000, rng=0), dtype=dtype)
    expected, found = (choose_engine(points, 1500, 'diag', name).expect(mix) for name in ('reference', 'cpu'))
    assert abs(found.log_likelihood / expected.log_likelihood - 1) < limit
    assert abs(found.second - expected.second).max() < limit * expected.second.max()
"""
    environment = {**os.environ, "NUMBA_CPU_FEATURES": features}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_subscript_of_compiled_code_is_negative():
    """It would read what lies before an array: see subscripts.py."""
    seen, wrong = 0, []
    for path in sorted(Path(tiles.__file__).parent.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            marks = map(ast.unparse, getattr(function, "decorator_list", []))
            if not any(mark.startswith(("compiled", "_compiled", "_stage")) for mark in marks):
                continue
            seen += 1
            for part in ast.walk(function):
                if isinstance(part, ast.Subscript):
                    indices = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
                    signs = (
                        each for each in indices if isinstance(each, ast.UnaryOp) and isinstance(each.op, ast.USub)
                    )
                    wrong += [f"{path.name}:{part.lineno}: {ast.unparse(part)}" for _ in signs]
    assert seen > 60
    assert wrong == []
