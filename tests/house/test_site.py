"""What the site is made of, without building it: pages, links, the gallery's order, the reference's names."""

from __future__ import annotations

import importlib
import importlib.util
import re
import runpy
import sys
import tomllib
from pathlib import Path

import pytest

import mixtura as mx
from mixtura import gallery

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDE = [*sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("how-to/*.md"))]


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


chapters = loaded("chapters")
TOLD = [file.relative_to(ROOT).as_posix() for file in GUIDE] + list(chapters.PAGES)


@pytest.mark.parametrize(
    ("home", "link", "page"),
    [
        ("docs/coverage.md", "../examples/em/palette.py", "/gallery/em/palette.rst"),
        ("docs/fast.md", "../benchmarks/results.md", "/pages/results.md"),
        ("docs/fast.md", "fitting.md#missing-values", "/fitting.md#missing-values"),
        ("docs/pictures.md", "../examples/README.md", "/gallery/index.rst"),
        ("docs/outputs.md", "images/harbour.svg", "/images/harbour.svg"),
        ("docs/fast.md", "../README.md", "/index.rst"),
        ("benchmarks/growth.md", "growth.svg", "/../benchmarks/growth.svg"),
        ("CHANGELOG.md", "https://semver.org", "https://semver.org"),
    ],
)
def test_links_lead_to_pages(home, link, page):
    assert chapters.relinked(f"see [this]({link}), ![that]({link}).", home) == f"see [this]({page}), ![that]({page})."


@pytest.mark.parametrize("home", TOLD)
def test_every_link_of_a_page_leads_somewhere(home):
    text = chapters.relinked((ROOT / home).read_text(encoding="utf-8"), home)
    made = {f"/{page}" for page in chapters.PLACES.values()}
    made |= {f"/gallery/{name.removesuffix('.py')}.rst" for name in chapters.EXAMPLES}
    for link in re.findall(r"\]\(([^)#\s:]+)(?:#[^)\s]*)?\)", text):
        assert link in made or (DOCS / link.removeprefix("/")).is_file(), link


def test_every_page_is_in_the_contents():
    listed = set(re.findall(r"^   ([\w/.*-]+)$", (DOCS / "index.rst").read_text(encoding="utf-8"), re.MULTILINE))
    told = {file.relative_to(DOCS).with_suffix("").as_posix() for file in [*GUIDE, *DOCS.glob("tutorials/*.py")]}
    assert told | {"api", "gallery/index", "pages/*"} <= listed
    assert all(page.startswith("pages/") for page in chapters.PAGES.values())


def test_the_gallery_has_all_examples_in_the_order_of_their_table():
    folder = gallery.examples()[0].parents[1]
    assert sorted(chapters.EXAMPLES) == sorted(file.relative_to(folder).as_posix() for file in gallery.examples())
    assert [chapters.order(f"/somewhere/{name}") for name in chapters.EXAMPLES] == list(range(len(chapters.EXAMPLES)))
    for part in (folder, *(DOCS / name for name in chapters.FOLDERS)):
        assert (part / "GALLERY_HEADER.txt").is_file()


def test_the_reference_has_every_public_name():
    entries = re.findall(r"^   ([a-zA-Z][\w.]+)$", (DOCS / "api.rst").read_text(encoding="utf-8"), re.MULTILINE)
    for entry in entries:
        head, _, tail = entry.rpartition(".")
        home = mx if head == "" else importlib.import_module(f"mixtura.{head}")
        assert getattr(home, tail) is not None
    public = {name for name in mx.__all__ if name not in ("__version__", "plots", "pictures")}
    public |= {f"plots.{name}" for name in mx.plots.__all__} | {f"pictures.{name}" for name in mx.pictures.__all__}
    assert public <= set(entries)
    assert len(entries) == len(set(entries))


def test_the_configuration(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    conf = runpy.run_path(str(DOCS / "conf.py"))
    assert conf["release"] == mx.__version__
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "-W --keep-going" in make  # a warning fails the build, as an example that fails does
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (extras,) = re.findall(r"-docs: INSTALLED = -e '\.\[([\w,]+)\]' --group docs", make)
    needed = [name for extra in extras.split(",") for name in project["project"]["optional-dependencies"][extra]]
    needed += project["dependency-groups"]["docs"]
    brought = {re.split(r"[>=]", name)[0].replace("-", "_") for name in needed} | {conf["html_theme"]}
    for extension in conf["extensions"]:
        known = {extension.split(".")[0], extension.replace(".", "_")}
        assert known & brought or (DOCS / "_ext" / f"{extension}.py").is_file(), extension
    assert {"matplotlib", "lightgbm", "furo"} <= brought
    sys.modules.pop("chapters", None)


def test_the_data_is_handed_on(monkeypatch):
    monkeypatch.delenv("MIXTURA_DATA", raising=False)
    assert chapters.arguments({}, {}) == []
    monkeypatch.setenv("MIXTURA_DATA", "../elsewhere")
    assert chapters.arguments({}, {}) == ["--data", str(ROOT / "../elsewhere")]


SHOWN_BY = {  # what functions return is shown by examples of these
    "Bootstrap": "bootstrap",
    "Candidate": "choose",
    "Choice": "choose",
    "Clusters": "combine",
    "Fit": "fit",
    "Interval": "bootstrap",
    "LikelihoodRatio": "likelihood_ratio_test",
    "Prior": "fit",
    "Replicate": "bootstrap",
    "Transport": "Mixture",
}
WITHOUT = {  # public names without an example
    "FactorFit": "patches fit them, and examples/painting/filters.py is about patches",
    "FactorMixture": "the same",
    "fit_factors": "the same",
    "Statistics": "of those who write an engine",
    "Warmed": "tells how long compiling took, which no picture shows",
    "errors": "what examples do not do",
    "sources": "most examples give arrays; the guide has a page on files",
    "studio": "is used by hand, and has a page of its own",
    "warm": "compiles for half a minute, and draws nothing",
}


def test_every_public_name_has_an_example_or_a_reason():
    text = "\n".join(file.read_text(encoding="utf-8") for file in gallery.examples())
    shown = {name for name in mx.__all__ if re.search(rf"\bmx\.{name}\b", text)}
    assert set(SHOWN_BY.values()) <= shown
    assert set(mx.__all__) - shown - {"__version__"} == set(SHOWN_BY) | set(WITHOUT)
