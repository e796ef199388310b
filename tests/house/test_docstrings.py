"""Every example in a docstring gives what it says."""

import doctest
import importlib
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
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert found.attempted
    assert not found.failed
