"""Who may import whom: every import of ours is read, lazy ones too, and a new arrow fails."""

import ast
from pathlib import Path

import mixtura

HOUSE = Path(mixtura.__file__).parent
BASE = {"arrays", "errors", "_version", "writing", "columns", "checks", "showing"}
DATA = BASE | {"kernels", "sources"}
BELOW_EM = DATA | {"model", "engines"}
WORKS = BELOW_EM | {"em", "pictures", "plots"}
FLOORS = {
    "arrays": set(),
    "errors": set(),
    "_version": set(),
    "writing": {"errors"},
    "columns": {"errors"},
    "checks": {"arrays", "columns", "errors"},
    "bars": set(),
    "showing": set(),
    "kernels": set(),
    "sources": BASE | {"kernels"},
    "model": DATA,
    "engines": DATA | {"model"},
    "pictures": DATA | {"model"},
    "plots": DATA | {"model", "pictures"},
    "em": BELOW_EM | {"bars", "plots"},  # the figure of a choice
    "estimators": BELOW_EM | {"em"},
    "compress": WORKS,
    "grade": WORKS,
    "generate": WORKS,
    "patches": WORKS,
    "gallery": BASE | {"pictures"},
    "jobs": WORKS | {"compress", "generate", "grade", "patches"},
    "studio": WORKS | {"jobs", "gallery"},
    "cli": WORKS | {"bars", "jobs", "gallery", "studio"},
}
FREE = {"__init__", "__main__"}


def arrows(house):
    """(room, room that it imports, file): a room is the first name below the package."""
    for file in sorted(house.rglob("*.py")):
        module = file.relative_to(house).with_suffix("").parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name in imported(node, (house.name, *module)):
                if name[0] == house.name and len(name) > 1 and name[1] != module[0]:
                    yield module[0], name[1], "/".join(module)


def imported(node, module):
    """The dotted names that a statement imports, as tuples."""
    if isinstance(node, ast.Import):
        return [tuple(alias.name.split(".")) for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    stem = (module[: -node.level] if node.level else ()) + tuple(node.module.split(".") if node.module else ())
    return [(*stem, alias.name) for alias in node.names]


def forbidden(house):
    return [arrow for arrow in arrows(house) if arrow[0] not in FREE and arrow[1] not in FLOORS.get(arrow[0], set())]


def test_no_import_goes_up():
    assert forbidden(HOUSE) == []
    rooms = {path.stem for path in HOUSE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms - FREE == set(FLOORS), "a room needs a floor, and a floor a room"
    assert len(list(arrows(HOUSE))) > 20, "the reader of imports reads nothing"


WRONG = {
    "model/a.py": "from ..em.loop import fit",
    "kernels/b.py": "def f():\n    from .. import errors",
    "em/c.py": "if True:\n    import house.pictures.tone as t",
    "jobs.py": "from .studio import server",
    "errors.py": "from house import model",
    "attic/d.py": "from ..errors import E",
}
RIGHT = {
    "model/e.py": "from ..kernels import walk\nfrom .points import P\nimport numpy.linalg",
    "__init__.py": "from .em import x",
}


def test_the_reader_sees_every_wrong_arrow(tmp_path):
    house = tmp_path / "house"
    for name, text in (WRONG | RIGHT).items():
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).write_text(text)
    assert {file for *_, file in forbidden(house)} == {name.removesuffix(".py") for name in WRONG}
