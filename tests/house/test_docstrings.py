"""Every example in a docstring gives what it says."""

import doctest
import importlib
import sys
from pathlib import Path

import pytest

import mixtura

HOUSE = Path(mixtura.__file__).parent
FILES = [file for file in sorted(HOUSE.rglob("*.py")) if ">>> " in file.read_text(encoding="utf-8")]


def name_of(file):
    parts = (HOUSE.name, *file.relative_to(HOUSE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", [name_of(file) for file in FILES])
def test_examples_run(name):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for each in doctest.DocTestFinder().find(importlib.import_module(name)):
        runner.run(each)
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")  # each draws on a figure of its own
    assert runner.summarize(verbose=False).attempted
    assert not runner.summarize(verbose=False).failed
