"""Ten pages of the site in a browser, wide and narrow; what they cite, and the names of the reference."""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import re
import shutil

import pytest
from pages import DOCS, build

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PAGES = (
    "index.html",
    "install.html",
    "first-steps.html",
    "tutorials/clusters.html",
    "how-to/components.html",
    "mathematics.html",
    "families.html",
    "coming-from-mclust.html",
    "faq.html",
    "api/mixtura.Mixture.html",
)
REFERENCE = """Reference
=========

.. currentmodule:: mixtura

.. autosummary::
   :toctree: api

   Mixture
"""
LOOK = """() => {
  const here = (link) => link.pathname === location.pathname && link.hash.length > 1;
  const name = (link) => decodeURIComponent(link.hash.slice(1));
  const wide = (block) => block.scrollWidth > block.clientWidth + 1 && !block.closest('details:not([open])');
  return {
    overflow: Math.max(0, ...[...document.querySelectorAll('html, body, .main, .content')]
      .map((part) => part.scrollWidth - part.clientWidth)),
    cut: innerWidth < 1000 ? [] : [...document.querySelectorAll('pre')].filter(wide).map((each) => each.innerText),
    unnamed: [...document.images].filter((image) => !image.alt.trim()).map((image) => image.src),
    broken: [...document.images].filter((image) => image.complete && !image.naturalWidth).map((image) => image.src),
    nowhere: [...document.links].filter(here).map(name)
      .filter((id) => !id.startsWith('/') && !document.getElementById(id)),
  };
}"""
FINE = {"overflow": 0, "cut": [], "unnamed": [], "broken": [], "nowhere": []}


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reference = loaded("reference")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the pages."""
    sources = [f"{page.removesuffix('.html')}{'.py' if 'tutorials' in page else '.md'}" for page in PAGES]
    return build(tmp_path_factory.mktemp("site"), [*sources, "bibliography.md", "api.rst", "api/*.rst"], REFERENCE)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    words = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=words)
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_fit_and_all_on_them_is_there(site, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    wrong = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url) if asked.url.startswith("http") else None)
    found = {}
    for name in PAGES:
        page.goto((site / name).as_uri())
        found[name] = page.evaluate(LOOK)
    assert found == dict.fromkeys(PAGES, FINE)
    assert wrong == []  # nothing is fetched from elsewhere either
    page.set_content("<div style='width:3000px'>x</div><img src='data:,'><a href='#no'>y</a>")
    assert page.evaluate(LOOK)["overflow"] > 0
    page.close()


def test_formulas_and_citations_are_set(site):
    text = (site / "mathematics.html").read_text(encoding="utf-8")
    assert text.count("<math ") > 30
    assert "$" not in re.sub(r"<pre>.*?</pre>", "", text[text.index("<article") : text.index("</article")], flags=re.S)
    method = (site / "api" / "mixtura.Mixture.html").read_text(encoding="utf-8")
    assert 'href="../bibliography.html#' in method
    assert "TypeAliasForwardRef" not in method
    assert "trusted" not in method


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("(Botev 2017)", ":cite:p:`botev2017`"),
        ("as Tipping and Bishop (1999) do", "as :cite:t:`tipping1999` do"),
        ("Huber et al.\n2008; Carreira-Perpinan 2000.", ":cite:t:`huber2008`; :cite:t:`carreira2000`."),
        ("(Genz 1992; Botev 2017)", "(:cite:t:`genz1992`; :cite:t:`botev2017`)"),
        ("von Luxburg 2010)", ":cite:t:`luxburg2010`)"),
        ("Nobody 2017", "Nobody 2017"),
    ],
)
def test_mentions_become_citations(text, becomes):
    assert reference.cited(text, ":cite:{kind}:`{key}`")[0] == becomes


def test_every_paper_that_is_named_is_in_the_bibliography():
    import test_public_names

    import mixtura as mx

    told = [thing.__doc__ or "" for thing in test_public_names.callables([mx]).values()]
    told += [file.read_text(encoding="utf-8") for file in (*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md"))]
    people = r"[A-Z][\w'-]+(?:, [A-Z][\w'-]+)*(?: and [A-Z][\w'-]+| et al\.)?"
    left = set()
    for text in filter(re.compile(r"\b(?:19|20)\d\d\b").search, told):
        rest, found = reference.outside_code(text, "")
        assert found <= set(re.findall(r"@\w+\{(\w+),", (DOCS / "references.bib").read_text(encoding="utf-8")))
        left |= set(re.findall(rf"(?:{people})\s+\(?(?:19|20)\d\d\b\)?", rest))
    assert left == set()


def test_the_themes_of_a_mixture_are_all_its_methods():
    import mixtura as mx

    methods = [name for name in dir(mx.Mixture) if not name.startswith("_") and callable(getattr(mx.Mixture, name))]
    themed = " ".join(reference.THEMES.values()).split()
    assert sorted(themed) == sorted(set(methods) - reference.HIDDEN)


def test_every_name_of_the_reference_can_be_imported_as_it_is_written():
    entries = re.findall(r"^   ([a-zA-Z][\w.]+)$", (DOCS / "api.rst").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(entries) > 80
    for entry in entries:
        assert pkgutil.resolve_name(f"mixtura.{entry}") is not None
