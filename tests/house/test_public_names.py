"""The public names: all there, all documented, and cheap to import."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import mixtura as mx

HOUSE = Path(mx.__file__).parent
HEAVY = ("numba", "sklearn", "matplotlib", "scipy", "PIL", "typer")


def test_all_names_load():
    for name in mx.__all__:
        assert getattr(mx, name) is not None
    assert dir(mx) == sorted(mx.__all__)
    assert len(set(mx.__all__)) == len(mx.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'gaussian_mixture'"):
        mx.gaussian_mixture  # noqa: B018


def test_type_checkers_see_the_same_names():
    tree = ast.parse((HOUSE / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen | {"__version__"} == set(mx.__all__)


def test_each_name_is_the_one_of_its_module():
    for name in set(mx.__all__) - {"__version__"}:
        value = getattr(mx, name)
        if isinstance(value, ModuleType):
            assert value.__name__ == f"mixtura.{name}"
        else:
            assert value.__name__ == name
            assert value.__module__.startswith("mixtura.")


def test_importing_is_cheap():
    script = f"import sys, mixtura; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def undocumented(source, where):
    """Public modules, classes, functions and methods without a docstring."""
    tree = ast.parse(source)
    if not ast.get_docstring(tree):
        yield where
    yield from _undocumented(tree, where)


def _undocumented(parent, where):
    for node in parent.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or node.name.startswith("_"):
            continue
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        if "overload" not in marks and not ast.get_docstring(node):
            yield f"{where}: {node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node, f"{where}: {node.name}")


def test_everything_public_is_documented():
    found = [
        name
        for file in sorted(HOUSE.rglob("*.py"))
        for name in undocumented(file.read_text(encoding="utf-8"), str(file.relative_to(HOUSE)))
    ]
    assert found == []


def test_the_reader_of_docstrings_can_fail():
    source = '"""A."""\nclass A:\n    """A."""\n    def f(self): ...\ndef g(): ...\ndef _h(): ...\n'
    assert list(undocumented(source, "a.py")) == ["a.py: A: f", "a.py: g"]
    assert list(undocumented("x = 1", "b.py")) == ["b.py"]
