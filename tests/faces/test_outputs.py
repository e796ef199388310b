"""Which file shows what: styles, media, and what does not go together."""

from pathlib import Path

import pytest

from mixtura.errors import InputError
from mixtura.jobs import outputs
from mixtura.jobs.outputs import check, plan
from mixtura.pictures import draw

A, B, C, MODEL = Path("a.png"), Path("b.jpg"), Path("out/c.webp"), Path("m.mix")


def planned(styles=(), files=(), *, kind="colour", film=None, fitted=True):
    """[(path, medium, style, film) ...] and the models."""
    jobs, models = plan(styles, files, Path("stem.png"), kind, film, fitted)
    return [(str(job.path), job.medium, job.style, job.film) for job in jobs], models


@pytest.mark.parametrize(
    ("styles", "files", "pictures", "models"),
    [
        (("dots",), (), [("stem-dots.png", "dots")], []),
        (("dots", "grid"), (), [("stem-dots.png", "dots"), ("stem-grid.png", "grid")], []),
        (("dots",), (A,), [("a.png", "dots")], []),
        (("dots",), (A, B), [("a.png", "dots"), ("b.jpg", "dots")], []),
        (("dots", "grid"), (A, B), [("a.png", "dots"), ("b.jpg", "grid")], []),
        (("dots", "grid"), (A, MODEL, B), [("a.png", "dots"), ("b.jpg", "grid")], [MODEL]),
        (("dots", "grid"), (C,), [("out/c-dots.webp", "dots"), ("out/c-grid.webp", "grid")], []),
        (("dots",), (MODEL,), [("stem-dots.png", "dots")], [MODEL]),
        ((), (MODEL,), [], [MODEL]),
        ((), (), [("stem-mean.png", "mean")], []),
    ],
)
def test_pictures(styles, files, pictures, models):
    assert planned(styles, files) == ([(path, "picture", style, None) for path, style in pictures], models)


@pytest.mark.parametrize(("styles", "files"), [(("dots", "grid", "mean"), (A, B)), (("dots", "grid"), (A, B, C))])
def test_what_could_be_meant_in_two_ways_is_refused(styles, files):
    with pytest.raises(InputError, match=rf"{len(styles)} styles and {len(files)} pictures"):
        planned(styles, files)


@pytest.mark.parametrize(
    ("name", "film", "fitted", "expected"),
    [
        ("a.svg", None, True, ("drawing", "mean", None)),
        ("a.SVG", None, True, ("drawing", "mean", None)),
        ("a.html", None, True, ("page", "mean", None)),
        ("a.gif", None, True, ("film", "mean", "em")),
        ("a.apng", None, True, ("film", "mean", "em")),
        ("a.gif", None, False, ("film", "dots", "loop")),
        ("a.webp", None, True, ("picture", "mean", None)),
        ("a.webp", "em", True, ("film", "mean", "em")),
        ("a.webp", "loop", True, ("film", "dots", "loop")),
        ("a.webp", "sampling", False, ("film", "dots", "sampling")),
    ],
)
def test_the_extension_decides_and_the_film_that_is_asked_for(name, film, fitted, expected):
    assert planned(files=(Path(name),), film=film, fitted=fitted)[0] == [(name, *expected)]


def test_everything_at_once():
    files = tuple(map(Path, ("a.png", "a.svg", "a.html", "a.gif", "a.mix")))
    jobs, models = planned(files=files, kind="ink")
    assert [job[1:] for job in jobs] == [
        ("picture", "grid", None),
        ("drawing", "grid", None),
        ("page", "grid", None),
        ("film", "grid", "em"),
    ]
    assert models == [Path("a.mix")]


def test_a_film_beside_a_still():
    jobs, _ = planned(files=(Path("a.webp"), A), film="loop")
    assert [job[1:3] for job in jobs] == [("film", "dots"), ("picture", "mean")]


def test_a_film_without_a_name_is_a_webp():
    assert planned(film="loop")[0] == [("stem-loop.webp", "film", "dots", "loop")]
    assert planned(film="loop", files=(MODEL,)) == ([("stem-loop.webp", "film", "dots", "loop")], [MODEL])


@pytest.mark.parametrize(
    ("name", "kind", "styles"),
    [
        ("a.png", "colour", ["dots", "mean", "ellipses"]),
        ("a.svg", "ink", ["contour", "dots", "grid", "ellipses"]),
        ("a.html", "ink", ["grid", "contour"]),
        ("a.gif", "ink", ["contour", "dots", "grid", "ellipses"]),
    ],
)
def test_all_is_what_applies(name, kind, styles):
    jobs, _ = planned(("all",), (Path(name),), kind=kind)
    assert sorted(job[2] for job in jobs) == sorted(styles)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"styles": ("mean",), "kind": "ink"}, "the style mean needs colours"),
        ({"styles": ("dots",), "files": (Path("a.html"),)}, r"a\.html cannot show the style dots: a \.html file shows"),
        ({"styles": ("mean",), "files": (Path("a.gif"),), "film": "loop"}, r"cannot show the style mean: a loop film"),
        ({"files": (Path("a.gif"),), "film": "em", "fitted": False}, r"a film of a fit.*film=loop"),
        ({"files": (A,), "film": "em"}, r"film changes nothing here: add outputs=NAME with one of \.gif"),
        ({"files": (A, MODEL), "film": "loop"}, r"film changes nothing"),
    ],
)
def test_what_does_not_go_together(wrong, says):
    with pytest.raises(InputError, match=says):
        planned(**wrong)


@pytest.mark.parametrize(
    ("files", "settings", "says"),
    [
        (("a.png",), {"seconds": 3.0}, "^seconds changes nothing without a film: add outputs=NAME.gif, or film=loop"),
        (("a.svg",), {"fps": 3.0}, "^fps changes nothing without a film"),
        (("a.png",), {"pens": 3}, r"pens changes nothing in mean: it is for styles=dots in \.svg"),
        (("a.gif",), {"samples": 3}, "^samples changes nothing in the em film: add styles=dots"),
        (("a.html",), {"samples": 3}, "^samples changes nothing in mean"),
        (("a.html",), {"tone": "equalise"}, r"tone is 'equalise': a page \(\.html\) has linear"),
        (("a.html",), {"tone": "0:255,1:0"}, "a page"),
        (("a.gif",), {"seconds": 0.0}, "seconds is 0"),
        (("a.gif",), {"seconds": 61.0}, "at most 60"),
        (("a.gif",), {"fps": 0.5}, "fps is 0.5"),
        (("a.gif",), {"fps": float("nan")}, "fps is nan"),
        (("a.png",), {"glitter": 1}, "'glitter' is unknown"),
    ],
)
def test_settings_that_change_nothing_or_cannot_be(files, settings, says):
    jobs, _ = plan((), tuple(map(Path, files)), Path("stem.png"), "colour", None, True)
    with pytest.raises(InputError, match=says):
        check(jobs, settings)


def test_equalise_needs_pixels():
    jobs, _ = plan((), (Path("a.svg"),), Path("stem.png"), "ink", None, True)
    with pytest.raises(InputError, match=r"needs pixels: in \.svg"):
        check(jobs, {"tone": "equalise"})
    check(jobs, {"tone": "0:255,1:0", "ink": "navy"})


def test_every_kind_and_style_has_a_job():
    for suffix in set(outputs.KINDS) - {".mix"}:
        for film in (None, *outputs.FILMS):
            jobs, _ = plan((), (Path("a" + suffix), Path("b.gif")), Path("stem.png"), "colour", film, True)
            assert jobs[0].style in draw.STYLES
            assert jobs[0].settings
