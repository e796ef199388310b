"""Every block of code in the README and the docs runs, and every file that they name exists."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from processes import STRICT

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS += sorted((ROOT / "docs" / "how-to").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")


PYTHON = """
import json, sys
for name, code in json.load(sys.stdin):
    exec(compile(code, name, "exec"), {"__name__": "__main__"})
"""
COMMANDS = """
import json, sys
from mixtura.cli.app import app
for line, words in json.load(sys.stdin):
    print(line, file=sys.stderr, flush=True)
    sys.argv = words
    assert not app(words[1:], prog_name="mixtura", standalone_mode=False), line
"""


def blocks(document: Path, language: str) -> list[tuple[str, str]]:
    """The blocks of a page, each with its name."""
    return [
        (f"{document.name}-{number}", code)
        for number, (kind, code) in enumerate(BLOCK.findall(document.read_text(encoding="utf-8")))
        if kind == language
    ]


def pages(language: str) -> list[object]:
    """The pages that have such blocks."""
    return [pytest.param(page, id=page.name) for page in DOCUMENTS if blocks(page, language)]


@pytest.fixture
def beside_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(script: str, told: object) -> None:
    """Run a script in a process of its own, which reads `told`."""
    done = subprocess.run(
        [*STRICT, "-c", script],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", pages("python"))
def test_python_runs(page: Path, beside_samples: Path) -> None:
    """Each block by itself: none needs the names of another; they share a process, since one takes long to begin."""
    run(PYTHON, blocks(page, "python"))


@pytest.mark.parametrize("page", pages("console"))
def test_commands_run(page: Path, small_samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a page from the top, in one folder, as readers type them."""
    shutil.copytree(small_samples / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    told = []
    for line in "".join(code for _, code in blocks(page, "console")).replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
            continue
        assert words[0] == "mixtura", line
        told.append((line, words))
    run(COMMANDS, told)


def test_there_is_code_to_run() -> None:
    assert len(pages("python")) >= 20
    assert len(pages("console")) >= 10
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run(PYTHON, [("a page", "x = 1"), ("another", "1 / 0")])
    with pytest.raises(AssertionError, match="does not exist"):
        run(COMMANDS, [("mixtura show no.mix", ["mixtura", "show", "no.mix"])])


@pytest.mark.parametrize("page", [page for page in DOCUMENTS if page.parent != ROOT], ids=lambda page: page.name)
def test_lines_of_code_fit_the_column(page: Path) -> None:
    lines = "".join(code for kind in ("python", "console") for _, code in blocks(page, kind)).splitlines()
    assert [line for line in lines if len(line) > 78] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    missing = [link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert not missing
