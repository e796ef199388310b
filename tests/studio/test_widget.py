"""The widget's value, in Python alone: what pages send and what they are given. In notebooks: test_notebook.py."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image

import mixtura as mx
from mixtura.errors import InputError

pytest.importorskip("anywidget", reason="pip install 'mixtura[notebook]' brings anywidget")

import traitlets

from mixtura.studio import cell
from mixtura.studio.messages import Message, decode, encode, to_parts
from mixtura.studio.opening import parts_of

ROOT = Path(__file__).resolve().parents[2]
RNG = np.random.default_rng(5)
POINTS = np.concatenate([RNG.normal(-2, 0.4, (80, 2)), RNG.normal(2, 0.7, (60, 2))])
FULL = mx.fit(POINTS, 2, rng=0).mixture


class Told:
    """A session that only notes what it hears."""

    def __init__(self, emit, *, engine, initial, limits):
        self.emit, self.opened, self.heard, self.closed = emit, initial, [], False
        assert engine == "widget"

    def receive(self, message):
        self.heard.append(message.type)

    def exact(self, arrays):
        return FULL if np.array_equal(arrays["means"], FULL.means) else None

    def close(self):
        self.closed = True


HELLO = to_parts(Message("hello", {"nonce": "", "session": None}))[0]


@pytest.fixture
def studio(monkeypatch):
    """A function that makes a widget, and the sessions that its cells have opened."""
    opened = []

    def session(*given, **options):
        opened.append(Told(*given, **options))
        return opened[-1]

    monkeypatch.setattr(cell, "script", lambda: "export default {}")
    monkeypatch.setattr(cell, "style", lambda: "")
    monkeypatch.setattr(cell, "Session", session)
    return lambda *given, **options: (mx.studio.widget(*given, **options), opened)


def sent(widget, mixture, family="full", **arrays):
    """A page's new value, as its traits bring it."""
    parts = parts_of(mixture) | {name: np.asarray(value) for name, value in arrays.items()}
    content = encode(Message("edit", {"revision": widget.revision + 1}, parts))
    widget.set_state({"_mix": memoryview(content), "_family": family, "revision": widget.revision + 1})


def test_the_mixture_that_was_given_is_the_value_itself(studio):
    widget, _ = studio(FULL)
    assert widget.mixture is FULL
    assert studio(POINTS)[0].mixture is None


def test_a_page_gives_a_mixture_with_the_very_factors(studio):
    widget, _ = studio(pd.DataFrame(POINTS, columns=["length", "width"]))
    sent(widget, FULL)
    assert widget.revision == 1
    np.testing.assert_array_equal(widget.mixture.means, FULL.means)
    np.testing.assert_allclose(widget.mixture.covariances, FULL.covariances, rtol=1e-14)
    assert widget.mixture.names == ("length", "width")
    assert widget.mixture is widget.mixture


@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_families_come_back_as_long_as_no_edit_leaves_them(studio, family):
    fitted = mx.fit(POINTS, 2, covariance_type=family, rng=0).mixture
    widget, _ = studio(POINTS)
    sent(widget, fitted, family)
    assert widget.mixture.covariance_type == family
    assert widget.mixture.covariances.shape == fitted.covariances.shape
    np.testing.assert_allclose(widget.mixture.covariances, fitted.covariances, rtol=1e-12)
    turned = parts_of(fitted)["factors"].copy()
    turned[0, 1, 0] += 0.1
    sent(widget, fitted, family, factors=turned)
    assert widget.mixture.covariance_type == "full"
    np.testing.assert_allclose(widget.mixture.covariances, turned @ turned.transpose(0, 2, 1), rtol=1e-12)


def test_a_mixture_can_be_assigned(studio):
    widget, _ = studio(POINTS)
    assert widget.mixture is None
    widget.mixture = FULL
    assert widget.mixture is FULL
    np.testing.assert_array_equal(decode(widget._mix).arrays["means"], FULL.means)
    with pytest.raises(InputError, match="a list: give a Mixture"):
        widget.mixture = [1, 2]
    with pytest.raises(InputError, match="has 1 coordinate"):
        widget.mixture = FULL.marginal([0])
    assert widget.mixture is FULL


def test_the_mixture_of_a_fit_is_the_very_one_that_its_session_made(studio):
    widget, _ = studio(POINTS)
    widget._hear(widget, {"view": "a/1", "head": HELLO}, [])
    sent(widget, FULL)
    assert widget.mixture is FULL


def test_functions_are_told_of_changes_until_they_are_taken_away(studio):
    widget, _ = studio(FULL)
    told = []
    away = widget.on_change(told.append)
    sent(widget, FULL.subset([0]))
    widget.mixture = FULL
    assert [mixture.weights.size for mixture in told] == [1, 2]
    away()
    sent(widget, FULL.subset([1]))
    assert len(told) == 2


def test_pins_are_what_fit_takes(studio):
    widget, _ = studio(FULL)
    assert widget.fixed == {}
    sent(widget, FULL, pins=np.array([5, 2], np.uint8))
    assert widget.fixed == {"means": [0], "covariances": [1], "weights": [0]}
    again = mx.fit(POINTS, 2, start=widget.mixture, fixed=widget.fixed, max_iter=3).mixture
    np.testing.assert_array_equal(again.means[0], FULL.means[0])


def test_a_value_that_is_none_is_not_taken(studio):
    widget, _ = studio(FULL)
    wrong = parts_of(FULL) | {"weights": np.array([np.nan, 1.0])}
    content = encode(Message("edit", {"revision": 1}, wrong))
    for bad in (content, b"x", encode(Message("hello", {"nonce": "", "session": None}))):
        with pytest.raises(traitlets.TraitError):
            widget.set_state({"_mix": memoryview(bad)})
    assert widget.mixture is FULL


def test_each_cell_has_a_session_that_ends_with_it(studio):
    widget, opened = studio(FULL)
    for view in ("a/1", "a/2", "b/1"):
        widget._hear(widget, {"view": view, "head": HELLO}, [])
    widget._hear(widget, {"view": "a/1", "head": HELLO}, [])
    assert [len(each.heard) for each in opened] == [2, 1, 1]
    assert all(each.opened.mixture is FULL for each in opened)
    widget._hear(widget, {"view": "a/2", "close": True}, [])
    assert [each.closed for each in opened] == [False, True, False]
    widget._hear(widget, {"page": "a", "close": True}, [])
    assert [each.closed for each in opened] == [True, True, False]
    widget.close()
    assert [each.closed for each in opened] == [True, True, True]


def test_cells_that_vanished_without_a_word_are_let_go(studio):
    widget, opened = studio(FULL)
    for view in range(cell.MOST_CELLS + 2):
        widget._hear(widget, {"view": f"p/{view}", "head": HELLO}, [])
    assert [each.closed for each in opened] == [True, True] + [False] * cell.MOST_CELLS


def test_a_message_that_is_none_is_answered(studio, monkeypatch):
    widget, opened = studio(FULL)
    said = []
    monkeypatch.setattr(widget, "send", lambda content, buffers: said.append(content))
    widget._hear(widget, {"view": "a/1", "head": {**HELLO, "nonce": 3, "seq": 7}}, [])
    assert opened[0].heard == []
    assert (said[0]["view"], said[0]["head"]["type"], said[0]["head"]["re"]) == ("a/1", "failed", 7)


@pytest.mark.parametrize("content", [None, [], "x", {}, {"view": 3, "head": {}}, {"view": "x" * 1000, "head": {}}])
def test_what_is_no_message_opens_nothing(studio, content):
    widget, opened = studio(FULL)
    widget._hear(widget, content, [])
    assert opened == []


def test_without_the_extra_a_sentence_says_what_to_install():
    code = (
        "import sys; sys.modules['anywidget'] = None\nimport mixtura as mx\n"
        "try: mx.studio.widget([[1.0, 2.0]])\nexcept mx.errors.MissingExtraError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'mixtura[notebook]'" in done.stdout


FRAME = pd.DataFrame({"species": ["a", "b"] * 70, "length": POINTS[:, 0], "width": POINTS[:, 1]})
PIXELS = np.full((20, 30, 3), 255, np.uint8)
PIXELS[5:15, 8:12] = 0


@pytest.mark.parametrize(
    ("given", "options", "kind", "columns"),
    [
        ([POINTS], {}, "points", ["x1", "x2"]),
        ([POINTS.tolist()], {}, "points", ["x1", "x2"]),
        ([FRAME], {}, "points", ["length", "width"]),
        ([FRAME], {"columns": ["width"]}, "points", ["width"]),
        ([pl.from_pandas(FRAME)], {}, "points", ["length", "width"]),
        ([mx.fit(FRAME[["width"]], 2, rng=0), FRAME], {}, "points", ["width"]),
        ([PIXELS], {}, "ink", ["x", "y"]),
        ([Image.fromarray(PIXELS)], {"kind": "colour"}, "colour", ["x", "y", "r", "g", "b"]),
        ([FULL], {}, "model", ["x1", "x2"]),
        ([FULL, POINTS], {"name": "flowers"}, "points", ["x1", "x2"]),
        ([ROOT / "samples" / "geyser.csv"], {}, "table", ["eruption", "waiting"]),
        ([ROOT / "samples" / "dog.png"], {}, "ink", ["x", "y"]),
    ],
)
def test_whatever_a_notebook_holds_is_opened(studio, given, options, kind, columns):
    widget, opened = studio(*given, **options)
    widget._hear(widget, {"view": "a/1", "head": HELLO}, [])
    head = opened[0].opened.head
    assert (head["kind"], head["columns"]) == (kind, columns)
    assert head["name"] == options.get("name", getattr(given[-1], "name", None) or head["name"])


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        ([3], {}, "x "),
        ([{"a": 1}], {}, "x "),
        ([FRAME[["species"]]], {}, "column 'species' holds text"),
        ([FRAME], {"columns": ["height"]}, "no column 'height'"),
        ([FULL, POINTS[:, :1]], {}, "data has 1 coordinate"),
        ([POINTS, FULL], {}, "no mixture"),
        ([POINTS], {"height": 10}, "height is 10"),
        ([POINTS], {"kind": "oil"}, "kind is 'oil'"),
        (["nowhere.csv"], {}, "nowhere.csv cannot be read"),
    ],
)
def test_what_cannot_be_opened_gets_a_sentence(studio, given, options, said):
    with pytest.raises(mx.errors.MixturaError, match=said):
        studio(*given, **options)
