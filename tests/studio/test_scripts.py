"""The scripts of the studio: their own tests in node, and how they hang together."""

import re
import subprocess

import pytest
from scripts import HERE, NODE, needs_node

from mixtura.pictures.page.modules import joined
from mixtura.studio import link

LONGEST = 300
TESTS = sorted((HERE / "js").glob("*.test.mjs"))
DOORS = ("main.js", "widget.js", "alone.js")
NO_PAGE = ("calculus", "values", "engine")
OF_THE_PAGE = re.compile(
    r"(?<![\w.])(?:window|document\.(?:create|body|query|get|add)|navigator|location|HTML\w+|localStorage)\b"
)


@needs_node
@pytest.mark.parametrize("file", TESTS, ids=[file.name.removesuffix(".test.mjs") for file in TESTS])
def test_the_tests_of_scripts_pass(file):
    done = subprocess.run([NODE, "--test", file], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE), done.stdout


def test_every_module_has_a_floor_and_imports_none_from_above():
    known = [f"{name}.js" for names in link.FLOORS.values() for name in names.split()]
    assert sorted(known) == sorted(link.modules())
    assert link.upward(link.modules()) == []


def test_modules_are_short():
    long = {name: text.count("\n") for name, text in link.modules().items() if text.count("\n") > LONGEST}
    assert long == {}


def test_modules_of_the_lower_floors_know_no_page():
    for floor in NO_PAGE:
        for name in link.FLOORS[floor].split():
            code = re.sub(r"//.*|/\*[\s\S]*?\*/", "", link.modules()[f"{name}.js"])
            assert not OF_THE_PAGE.search(code), f"{name}.js: {OF_THE_PAGE.search(code)[0]}"


def test_every_import_is_exported():
    for name, text in link.modules().items():
        for words, needed in re.findall(r"^import \{([^}]*)\} from '\./([\w-]+\.js)'", text, re.MULTILINE):
            for word in filter(None, (word.strip() for word in words.split(","))):
                here = link.modules()[needed]
                found = re.search(
                    rf"^export (?:async )?(?:function\*?|const|let|class) [^=({{]*\b{word}\b", here, re.MULTILINE
                )
                found = found or re.search(rf"^export const .*, {word} = ", here, re.MULTILINE)
                assert found, f"{name} imports {word}, which {needed} does not export"


def test_every_export_is_imported_or_tested():
    """What nobody calls is gone, and what a module keeps for itself is not exported."""
    texts = link.modules()
    imported = set()
    for text in texts.values():
        for words, needed in re.findall(r"^import \{([^}]*)\} from '\./([\w-]+\.js)'", text, re.MULTILINE):
            imported |= {(needed, word.strip()) for word in words.split(",")}
    tests = [*HERE.glob("*.py"), *(HERE / "js").iterdir()]
    tested = set(re.findall(r"\w+", " ".join(file.read_text(encoding="utf-8") for file in tests)))
    idle = []
    for name, text in texts.items():
        if name == "widget.js":
            continue  # whose exports widget.py makes
        for kind, rest in re.findall(r"^export (?:async )?(function\*?|const|class) (.*)$", text, re.MULTILINE):
            words = re.findall(r"(?:^|, )(\w+) = ", rest) if kind == "const" else re.findall(r"^\w+", rest)
            idle += [f"{name}: {word}" for word in words if (name, word) not in imported and word not in tested]
    assert idle == []


@needs_node
@pytest.mark.parametrize("door", DOORS)
def test_joined_modules_are_one_script_without_a_name_twice(door, tmp_path):
    text = link.linked(door)
    assert not re.search(r"^(?:import|export)\b", text, re.MULTILINE)
    file = tmp_path / "one.mjs"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run([NODE, "--check", file], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


def test_all_modules_together_declare_no_name_twice():
    every = "".join(f"import {{}} from './{name}';\n" for name in link.modules())
    joined(every, link.modules())


WRONG = {
    "a circle": ({"a.js": "import {b} from './b.js';\n", "b.js": "import {a} from './a.js';\n"}, "circle"),
    "a name twice": ({"a.js": "import {b} from './b.js';\nconst c = 1;\n", "b.js": "function c() {}\n"}, "declared by"),
    "a module that is missing": ({"a.js": "import {b} from './b.js';\n"}, "does not exist"),
    "another import": ({"a.js": "import b from './b.js';\n"}, "write import"),
    "another export": ({"a.js": "export default 3;\n"}, "write import"),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_linker_refuses(case):
    texts, sentence = WRONG[case]
    with pytest.raises(ValueError, match=sentence):
        joined(texts["a.js"], texts)


def test_an_import_from_above_is_told():
    (told,) = link.upward(
        {"algebra.js": "import {\n  el,\n} from './dom.js';\n", "dom.js": "import {chol} from './matrices.js';\n"}
    )
    assert told == "algebra.js (calculus) imports dom.js (page), which is above it."
