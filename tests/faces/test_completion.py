"""A shell completes commands, options, their values and the columns of a table: asked by a real bash."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import typer

import mixtura as mx
from mixtura.cli.app import app
from mixtura.cli.completing import completer
from mixtura.sources import tables

TRY = """
source <(mixtura --show-completion)
complete -p mixtura
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _mixtura_completion mixtura; echo "${COMPREPLY[*]}"; }
try mixtura out
try mixtura fit t.csv --columns kind,c
"""


@pytest.fixture
def folder(tmp_path):
    tables.write(tmp_path / "t.csv", {"kind": np.zeros(2), "cost": np.zeros(2), "count": np.zeros(2)})
    mx.Mixture([1.0], [[0.0, 0.0]], [1.0], "spherical", names=["cost", "count"]).save(tmp_path / "m.mix")
    return tmp_path


def test_bash(folder):
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    home = folder / "home"
    home.mkdir()
    command = home / "mixtura"
    command.write_text(f'#!{bash}\nexec "{sys.executable}" -W error -m mixtura "$@"\n')
    command.chmod(0o755)
    path = os.pathsep.join(filter(None, sys.path))
    environment = {
        **os.environ,
        "PATH": f"{home}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": path,
    }
    done = subprocess.run(
        [bash, "--norc", "-c", TRY],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    registered, *found = done.stdout.splitlines()
    assert registered == "complete -o default -F _mixtura_completion mixtura"
    assert found == ["outliers", "kind,cost kind,count"]


@pytest.mark.parametrize(
    ("command", "words", "parameter", "typed", "expected"),
    [
        ("fit", ["t.csv"], "covariance_type", "S", ["spherical"]),
        ("choose", ["t.csv"], "covariance_type", "full,di", ["full,diag"]),
        ("choose", ["t.csv"], "criterion", "", ["bic", "icl", "aic", "cv", "stability"]),
        ("predict", ["m.mix", "t.csv"], "keep", "cost,a", ["cost,all"]),
        ("predict", ["m.mix"], "target", "", ["cost", "count"]),
        ("show", ["m.mix"], "axes", "cost,c", ["cost,cost", "cost,count"]),
        ("bootstrap", ["t.csv", "m.mix"], "method", "w", ["weighted"]),
        ("fit", ["none.csv"], "columns", "", []),
        ("paint", ["a.png"], "styles", "contour,e", ["contour,ellipses"]),
        ("paint", ["a.png"], "film", "s", ["sampling"]),
    ],
)
def test_values(folder, monkeypatch, capsys, command, words, parameter, typed, expected):
    monkeypatch.chdir(folder)
    known = typer.main.get_command(app).commands[command]
    ctx = known.make_context("mixtura", list(words), resilient_parsing=True)
    assert completer(parameter)(ctx, typed) == expected
    assert any(each.name == parameter for each in known.params)
    assert capsys.readouterr() == ("", "")
