"""Real pictures, where a folder with them is given: pytest --data FOLDER."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from mixtura.pictures import files, image


def paint(path, folder, *words):
    command = [sys.executable, "-m", "mixtura", "paint", str(path), *words, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["butterfly.png", "dog.png"])
def test_a_drawing_is_recovered(data_dir, tmp_path, name):
    """Half way up the tone scale, what is dark and what was ink are nearly the same pixels."""
    original = image.grey(files.read(data_dir / "pictures" / name)) < 128
    paint(data_dir / "pictures" / name, tmp_path, "-k", "500", "--tone", "gamma:0.3", "-o", "grid.png")
    painted = image.grey(files.read(tmp_path / "grid.png")) < 128
    assert (original & painted).sum() / (original | painted).sum() > 0.9


@pytest.mark.parametrize("name", ["ernte.png", "logo.png"])
def test_a_colour_picture_is_recovered(data_dir, tmp_path, name):
    record = paint(data_dir / "pictures" / name, tmp_path, "--as", "colour", "-o", "mean.png")
    original, painted = files.read(data_dir / "pictures" / name), files.read(tmp_path / "mean.png")
    assert record["psnr"] == pytest.approx(10 * np.log10(255**2 / ((original - painted) ** 2).mean()), abs=1e-3)
    # Half of the error, at most, that the picture's mean colour everywhere would have.
    one_colour = 10 * np.log10(255**2 / original.var(axis=(0, 1)).mean())
    assert record["psnr"] > one_colour + 3
