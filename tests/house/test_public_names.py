"""The public names: all there, all documented, and cheap to import."""

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

import mixtura as mx

HOUSE = Path(mx.__file__).parent
# What `import mixtura` promises: a name that goes has a time of notice before, see docs/versions.md.
PUBLIC = [
    "BayesianGaussianMixture",
    "Bootstrap",
    "Candidate",
    "Choice",
    "Clusters",
    "FactorFit",
    "FactorMixture",
    "Fit",
    "GaussianMixture",
    "GaussianMixtureClassifier",
    "GaussianMixtureRegressor",
    "Interval",
    "LikelihoodRatio",
    "Mixture",
    "Pass",
    "Points",
    "Prior",
    "Replicate",
    "Statistics",
    "Step",
    "Transport",
    "Warmed",
    "__version__",
    "aic",
    "bic",
    "bootstrap",
    "choose",
    "combine",
    "compress",
    "errors",
    "fit",
    "fit_factors",
    "generate",
    "grade",
    "icl",
    "likelihood_ratio_test",
    "load",
    "morph",
    "patches",
    "pictures",
    "plots",
    "sources",
    "studio",
    "warm",
]

HEAVY = ("numba", "sklearn", "matplotlib", "scipy", "PIL", "typer")


def test_all_names_load():
    for name in mx.__all__:
        assert getattr(mx, name) is not None
    assert dir(mx) == sorted(mx.__all__)
    assert len(set(mx.__all__)) == len(mx.__all__)


def test_the_public_names_are_these():
    assert sorted(mx.__all__) == PUBLIC


@pytest.mark.parametrize("name", ["pictures", "studio"])
def test_type_checkers_see_the_names_of_modules_too(name):
    tree = ast.parse((HOUSE / name / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(getattr(mx, name).__all__)


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
    """Public modules, classes, functions and methods without a docstring; a base class in the file may have it."""
    tree = ast.parse(source)
    if not ast.get_docstring(tree):
        yield where
    yield from _undocumented(tree, where, set())


def _undocumented(parent, where, told):
    classes = {node.name: node for node in parent.body if isinstance(node, ast.ClassDef)}
    for node in parent.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) or node.name.startswith("_"):
            continue
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        if "overload" not in marks and not ast.get_docstring(node) and node.name not in told:
            yield f"{where}: {node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node, f"{where}: {node.name}", set(_told_by_bases(node, classes)))


def _told_by_bases(node, classes):
    for base in [classes[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in classes]:
        yield from (each.name for each in base.body if isinstance(each, ast.FunctionDef) and ast.get_docstring(each))
        yield from _told_by_bases(base, classes)


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
    source = '"""A."""\nclass A:\n    """A."""\n    def f(self):\n        """F."""\n'
    source += 'class B(A):\n    """B."""\n    def f(self): ...\n'
    source += 'class C(B):\n    """C."""\n    def f(self): ...\n    def g(self): ...\n'
    assert list(undocumented(source, "a.py")) == ["a.py: C: g"]


# Docstrings in NumPy's style: ruff checks the form of the sections, this checks that they are there.

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n(.*?)(?=^\w[\w ]*\n-{3,}\n|\Z)", re.MULTILINE | re.DOTALL)


def sections(docstring):
    """The text of each section of a docstring, by its heading."""
    return dict(SECTION.findall(inspect.cleandoc(docstring or "")))


def listed(section):
    """The names that a section describes: `a`, `b, c` and `*more` are lines that are not indented."""
    heads = [line.partition(" : ")[0] for line in section.splitlines() if line and not line.startswith(" ")]
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def shortcomings(thing):
    """What the docstring of a function or class does not say in sections."""
    thing = inspect.unwrap(thing)
    told, is_class = sections(thing.__doc__), inspect.isclass(thing)
    record = is_class and (dataclasses.is_dataclass(thing) or hasattr(thing, "_fields"))
    if is_class and not record and "__init__" not in vars(thing):
        return
    signature = inspect.signature(thing)
    names = [name for name in signature.parameters if name not in ("self", "cls")]
    found = [listed(told[head]) for head in ("Parameters", "Attributes") if head in told]
    if names not in (found if record else found[:1]) and (names or "Parameters" in told):
        yield f"describes {found}, its parameters are {names}"
    gives = signature.return_annotation not in ("None", None, "NoReturn", inspect.Signature.empty)
    if gives and not is_class and not told.keys() & {"Returns", "Yields"}:
        yield "has no section Returns"


def members(module):
    """What a module makes public: what it lists, or what it defines."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]
    return [getattr(module, name) for name in names]


def callables(things):
    """Every function, class and method that is reached from these, each once."""
    seen, left = {}, list(things)
    while left:
        thing = left.pop()
        if isinstance(thing, ModuleType):
            left += members(thing)
            continue
        thing = inspect.unwrap(getattr(thing, "__func__", thing))
        home = getattr(thing, "__module__", None) or ""
        if not home.startswith("mixtura.") or not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        if inspect.isclass(thing) and thing not in seen.values():
            left += [value for base in thing.__mro__ for name, value in vars(base).items() if not name.startswith("_")]
        seen[f"{home}.{thing.__qualname__}"] = thing
    return seen


def test_every_public_docstring_describes_its_parameters():
    things = callables([mx])
    assert len(things) > 150, "the reader finds nothing"
    wrong = {name: says for name, thing in things.items() if (says := list(shortcomings(thing)))}
    assert wrong == {}


def right(a, b=1, *rest, **more) -> int:
    """Say nothing.

    Parameters
    ----------
    a, b : int
        Two numbers: with a colon.

        And a paragraph.
    *rest
        Others.
    **more : int
        More.

    Returns
    -------
    int
        A number.
    """


class Record(NamedTuple):
    """A record.

    Attributes
    ----------
    a : int
        A number.
    """

    a: int


def silent(a, b=1) -> None:
    """Say nothing of a: a number."""


def short(a, b=1) -> int:  # noqa: D417 (which finds it too)
    """Say something.

    Parameters
    ----------
    b : int
        One of two.
    """


def turned(a, b=1) -> int:
    """Say it the other way round.

    Parameters
    ----------
    b, a : int
        In the wrong order.

    Yields
    ------
    int
        A number.
    """


def too_much() -> None:
    """Describe what is not there.

    Parameters
    ----------
    a : int
        None such.
    """


class Silent:
    """A class with a parameter."""

    def __init__(self, a):
        self.a = a


@pytest.mark.parametrize("thing", [right, Record, test_all_names_load, type("Same", (Silent,), {})])
def test_the_reader_of_sections_takes_what_is_right(thing):
    assert list(shortcomings(thing)) == []


@pytest.mark.parametrize(
    ("thing", "says"),
    [
        (silent, ["describes [], its parameters are ['a', 'b']"]),
        (short, ["describes [['b']], its parameters are ['a', 'b']", "has no section Returns"]),
        (turned, ["describes [['b', 'a']], its parameters are ['a', 'b']"]),
        (too_much, ["describes [['a']], its parameters are []"]),
        (Silent, ["describes [], its parameters are ['a']"]),
    ],
)
def test_the_reader_of_sections_can_fail(thing, says):
    assert list(shortcomings(thing)) == says
