"""Compiled code: found again by another process, thrown away when a kernel changes, and the same bits all the while."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura.kernels.compiled import compiled

CODE = """
import numpy as np
from mixtura.kernels import compiled, low_dimension, memory, over_tiles, tiles
data = tiles.with_boxes(*np.zeros((2, 1, 1, tiles.TILE)), *np.zeros((2, 1, 1)), np.arange(tiles.TILE))
data = data._replace(weight=data.weight[0])
parts = over_tiles.components(np.zeros(1), np.zeros((1, 1)), np.ones((1, 1)), np.float64)
held = memory.scratch(1, *parts.table.shape, 1, np.float64)
held.s[:], held.top[:], held.chosen[:], held.active[:] = 0.0, 0.0, 0, 0
stage = compiled.compiled(low_dimension._exponentials.py_func)
stage(0, 1, 0, 30.0, held)
print(held.total[0], sum(stage.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, without what was compiled."""
    source = Path(mixtura.__file__).parent
    shutil.copytree(source, tmp_path / "mixtura", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


BITS = """
import hashlib
import numpy as np
from mixtura.kernels import low_dimension, over_tiles, tiles
rng = np.random.default_rng(0)
u = rng.normal(size=(20, 3, tiles.TILE))
ends, order = (u.min(axis=2), u.max(axis=2)), np.arange(20 * tiles.TILE)
data = tiles.with_boxes(u, np.ones((20, tiles.TILE)), *ends, order, np.zeros((20, 3)))
parts = over_tiles.components(np.zeros(5), rng.normal(size=(5, 3)), np.tril(rng.normal(size=(5, 3, 3))), np.float64)
found = over_tiles.log_density(data, parts, 1)
print(hashlib.sha256(found.tobytes()).hexdigest(), sum(low_dimension.over.stats.cache_hits.values()))
"""


def run(folder: Path, code: str = CODE, **more: str) -> tuple[str, int]:
    """What a program that uses the copy prints, and how many compiled versions of its kernel it found on disk."""
    # Python's own bytecode goes by size and time alone.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder), **more}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    value, hits = done.stdout.split()
    return value, int(hits)


def nowhere(package: Path) -> dict[str, str]:
    """No place to write to. Where __pycache__ is a file, nothing can be put there, not even by the superuser."""
    folder = package / "mixtura/kernels/__pycache__"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("in the way")
    return {"HOME": str(folder), "XDG_CACHE_HOME": str(folder)}


def test_the_same_bits_whether_compiled_or_found(package):
    """By the process that compiled, by one that finds what it compiled, and by one that can keep nothing.

    The stages of this kernel round differently by themselves than within the kernel: they must not take its place.
    """
    (first, compiled), (second, found), (third, again) = (
        run(package, BITS),
        run(package, BITS),
        run(package, BITS, **nowhere(package)),
    )
    assert (compiled, found, again) == (0, 1, 0)
    assert first == second == third


def test_a_change_in_another_file_is_seen(package):
    """Even of the same size and time, as files unpacked from two releases may be."""
    assert run(package) == ("1.0", 0)
    file = package / "mixtura/kernels/elementary.py"
    before = file.stat()
    text = file.read_text()
    assert text.count("builder.fadd(value, real(1.0)") == 1
    file.write_text(text.replace("builder.fadd(value, real(1.0)", "builder.fsub(value, real(1.0)"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert run(package) == ("-1.0", 0)


def test_a_package_that_cannot_be_written_to_is_cached_elsewhere(package, tmp_path):
    home = nowhere(package) | {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home/cache")}
    assert run(package, **home) == ("1.0", 0)
    assert run(package, **home) == ("1.0", 1)


@compiled(allocates=True)
def _language(x):
    """What a pass of ours puts in the place of Numba's own, in one function."""
    out = np.zeros(len(x), np.int64)
    for i in range(len(x) - 1, -1, -1):  # down
        if x[i, 0] < 0:
            continue
        for column in range(1, 3):
            x[i, column], x[0, column] = x[0, column], x[i, column]
        first, second, third = x[i]
        x[i, 1] += 5
        x[i, 2] <<= 1
        for j in range(0, 9, 2):
            if j > third:
                break
            out[i] += j % 3 + (-j) // 2 + (third >> 1)
        out[i] += max(0, min(first, second, 7)) - j
    return out


def test_compiled_loops_and_arithmetic_are_those_of_python():
    x = np.random.default_rng(0).integers(-3, 12, (40, 3))
    ours, theirs = x.copy(), x.copy()
    assert np.array_equal(_language(ours), _language.py_func(theirs))
    assert np.array_equal(ours, theirs)
    assert not np.array_equal(ours, x)
