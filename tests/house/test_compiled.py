"""Compiled code on disk: found again by another process, and thrown away when any of our kernels changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mixtura

CODE = """
import numpy as np
from mixtura.kernels.low_dimension import _exponentials, TILE
s, top, total = np.zeros((1, TILE)), np.zeros(TILE), np.zeros(TILE)
_exponentials(1, np.zeros(1, np.int64), s, top, total, 30.0)
print(total[0], sum(_exponentials.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package, without what was compiled."""
    source = Path(mixtura.__file__).parent
    shutil.copytree(source, tmp_path / "mixtura", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(folder: Path, **more: str) -> tuple[float, int]:
    """exp(0) as the copy's kernel has it, and how many compiled versions it found on disk."""
    environment = {**os.environ, "PYTHONPATH": str(folder), **more}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    value, hits = done.stdout.split()
    return float(value), int(hits)


def test_the_second_process_finds_what_the_first_compiled(package):
    assert run(package) == (1.0, 0)
    assert run(package) == (1.0, 1)


def test_a_change_in_another_file_is_seen(package):
    """Even of the same size and time, as files unpacked from two releases may be."""
    assert run(package) == (1.0, 0)
    file = package / "mixtura/kernels/elementary.py"
    before = file.stat()
    text = file.read_text()
    assert text.count("* (r * r) + r + one") == 2
    file.write_text(text.replace("* (r * r) + r + one", "* (r * r) - r - one"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert run(package) == (-1.0, 0)


def test_a_package_that_cannot_be_written_to_is_cached_elsewhere(package, tmp_path):
    """Where __pycache__ is a file, nothing can be put there, not even by the superuser."""
    folder = package / "mixtura/kernels/__pycache__"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("in the way")
    home = {
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "home/cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    assert run(package, **home) == (1.0, 0)
    assert run(package, **home) == (1.0, 1)


def test_without_any_place_to_write_it_still_runs(package, tmp_path):
    folder = package / "mixtura/kernels/__pycache__"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("in the way")
    nowhere = tmp_path / "nowhere"
    nowhere.write_text("in the way")
    home = {"HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere), "PYTHONDONTWRITEBYTECODE": "1"}
    assert run(package, **home) == (1.0, 0)
