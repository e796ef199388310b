"""The tutorials, run as the notebooks that people take along."""

from __future__ import annotations

import importlib.util

import jupytext
import pytest
from nbclient import NotebookClient
from pages import DOCS

TUTORIALS = sorted(DOCS.glob("tutorials/*.py"))


@pytest.mark.parametrize("file", TUTORIALS, ids=lambda file: file.stem)
def test_tutorials_are_notebooks_that_run(file, tmp_path):
    notebook = jupytext.read(file, fmt="py:percent")
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    client.execute()
    outputs = [(cell, out) for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    shown = [cell for cell, out in outputs if "image/png" in out.get("data", {})]
    assert len(shown) >= 4
    assert all(cell.metadata["mystnb"]["image"]["alt"] for cell in shown)
    assert [out.text for _, out in outputs if out.output_type == "stream" and out.name == "stderr"] == []
    assert not any("<Axes" in str(out.get("data")) for _, out in outputs)


@pytest.mark.parametrize("file", TUTORIALS, ids=lambda file: file.stem)
def test_the_lines_of_tutorials_fit_the_column(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 72 and not line.startswith("# %% ")] == []


def test_tutorials_can_be_taken_along():
    spec = importlib.util.spec_from_file_location("lessons", DOCS / "_ext" / "lessons.py")
    lessons = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lessons)
    for file in TUTORIALS:
        text = lessons.with_downloads(file.read_text(encoding="utf-8"), file.stem)
        assert f"{{nb-download}}`{file.stem}.ipynb`" in text.split("\n# %%\n")[0]
