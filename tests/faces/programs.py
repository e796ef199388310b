"""Programs that people open drawings with; each test of one skips where it is absent."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest


def needs(name: str, remedy: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"no {name} here: {remedy}")


needs_inkscape = needs("inkscape", "apt-get install inkscape")
needs_librsvg = needs("rsvg-convert", "apt-get install librsvg2-bin")
needs_vpype = needs("vpype", "pip install vpype")


def run(*words: str | Path) -> str:
    """What a program prints."""
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=240, check=True)
    return done.stdout


def pixels(file: Path) -> np.ndarray:
    """(h, w, 4) of a picture."""
    from PIL import Image

    with Image.open(file) as image:
        return np.asarray(image.convert("RGBA"))


def rsvg(file: Path, *words: str) -> np.ndarray:
    """(h, w, 4) as librsvg shows it."""
    target = file.with_suffix(".rsvg.png")
    run("rsvg-convert", *words, file, "-o", target)
    return pixels(target)


def vpype(file: Path) -> dict[str, list[float]]:
    """What vpype counts in a drawing, layer by layer and in all; lengths in millimetres."""
    said = run("vpype", "read", file, "stat")
    px = 25.4 / 96
    return {
        "layers": [float(n) for n in re.findall(r"^Layer (\d+)", said, re.M)],
        "paths": [float(n) for n in re.findall(r"Path count: (\d+)", said)],
        "pen up": [px * float(n) for n in re.findall(r"Pen-up length: ([\d.]+)", said)],
        "size": [px * float(n) for n in re.findall(r"page size: \(([\d.]+), ([\d.]+)\)", said)[0]],
    }
