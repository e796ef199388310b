"""Documents as the page has them, and lines run as people run them: in a shell's way and as Python."""

from __future__ import annotations

import contextlib
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scripts import answers, parts_of

import mixtura as mx

sys.path.insert(0, str(Path(__file__).parents[1] / "faces"))
from terminal import mixtura

LINEAR = {"kind": "linear", "gamma": 1, "points": []}


def curve(*points: Any) -> dict[str, Any]:
    """A tone curve of points."""
    return {"kind": "points", "gamma": 1, "points": [list(point) for point in points]}


def source_of(kind: str, name: str, columns: list[str], **more: Any) -> dict[str, Any]:
    """A source, as `opened` makes one."""
    usual: dict[str, Any] = {"id": "1", "n": 100, "frame": None, "picture": None, "threshold": None, "whole": True}
    usual |= {"points": np.zeros(0), "types": None, "allColumns": None}
    return {**usual, "kind": kind, "name": name, "columns": columns, "d": len(columns), **more}


def document_of(source: dict[str, Any], mixture: mx.Mixture, **more: Any) -> dict[str, Any]:
    """A document: `fit` and `look` in part, `hidden` by numbers."""
    k = mixture.n_components
    fit = {"k": k, "covariance_type": "full", "start": "random_from_data", "seed": 3, "tol": 1e-3, "max_iter": 100}
    fit |= {"prior": 0, "iteration": 7, "objective": -1.0, "polish": False, "criteria": None, "reason": "converged"}
    look = {"style": "contour", "view": "painted", "split": 0.5, "tone": {"mean": LINEAR, "grid": LINEAR}}
    look |= {"colours": "viridis", "ink": None, "paper": None, "sharpen": 1, "count": None, "dots": 2000}
    look |= {"radius": None, "ellipses": 0.4}
    hidden = np.zeros(k, np.uint8)
    hidden[more.pop("hidden", [])] = 1
    return {
        "source": source,
        "parts": parts_of(mixture),
        "pins": np.zeros(k, np.uint8),
        "hidden": hidden,
        "names": [None] * k,
        "colours": [None] * k,
        "axes": [0, 1],
        "byHand": more.pop("byHand", False),
        "fit": fit | more.pop("fit", {}),
        "look": look | more.pop("look", {}),
        **more,
    }


def lines_of(*asked: tuple[dict[str, Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """The recipes of documents, each with what its file is to be."""
    return answers(*[("recipe", "recipe", document, how) for document, how in asked])


def run_command(line: str, folder: Path) -> None:
    """Run the words of a line, as a shell makes them; each command must succeed."""
    for one in line.split(" && "):
        name, *words = shlex.split(one)
        assert name == "mixtura"
        said = mixtura(*words, folder=folder)
        assert (said.code, said.err) == (0, ""), (one, said)


def run_python(text: str, folder: Path) -> None:
    """Run a program in a folder."""
    with contextlib.chdir(folder):
        exec(compile(text, "line", "exec"), {})


def output_of(line: str) -> str:
    """The file that the last command makes: the name after --plot or --film, or after -o."""
    words = shlex.split(line.split(" && ")[-1])
    films = [word for word in words[words.index("--film") + 1 :][:1] if "." in word] if "--film" in words else []
    return next(iter(films), words[words.index("--plot" if "--plot" in words else "-o") + 1])
