"""The paper keeps to the form that its journal asks for, and quotes measurements as they stand in `benchmarks/`."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAPER = (ROOT / "docs/paper/paper.md").read_text(encoding="utf-8")
BIBLIOGRAPHY = (ROOT / "docs/paper/paper.bib").read_text(encoding="utf-8")
SECTIONS = [
    "Summary",
    "Statement of need",
    "State of the field",
    "Software design",
    "Research impact statement",
    "AI usage disclosure",
    "Acknowledgements",
    "References",
]


def rows(text):
    """The cells of each row of tables whose first row names the columns, as dictionaries by the first cell."""
    lines = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in re.findall(r"^\| .*$", text, re.M)]
    head = next(cells for cells in lines if cells[0] == "job")
    return {cells[0]: dict(zip(head, cells, strict=False)) for cells in lines if len(cells) == len(head)}


def test_it_has_the_sections_and_the_length():
    assert re.findall(r"^# (.*)$", PAPER, re.M) == SECTIONS
    assert 750 <= len(PAPER.split("---", 2)[2].split()) <= 1750


def test_what_is_cited_is_listed():
    cited = set(re.findall(r"@([a-z]+\d{4})", PAPER))
    assert cited == set(re.findall(r"^@\w+\{(\w+),", BIBLIOGRAPHY, re.M))
    entries = BIBLIOGRAPHY.split("\n@")
    assert all("doi = {10." in entry or "url = {https://jmlr.org/" in entry for entry in entries)


def test_its_table_is_that_of_the_benchmarks():
    measured = rows((ROOT / "benchmarks/results.md").read_text(encoding="utf-8"))
    quoted = rows(PAPER)
    assert len(quoted) > 4
    for job, cells in quoted.items():
        assert {name: measured[job][name] for name in cells} == cells, job
