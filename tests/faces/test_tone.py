"""Tone curves: against the formulas, by rank, and as text."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.errors import InputError
from mixtura.pictures.tone import Tone, parse_tone

SCALED = np.linspace(0.001, 1.0, 500)
LOG = np.log(SCALED) - 123.4  # any unit: only differences count


@pytest.mark.parametrize(
    ("text", "at", "grey"),
    [
        ("linear", [0, 1], [255, 0]),
        ("0:255,0.1:80,1:0", [0, 0.1, 1], [255, 80, 0]),
        (" 0.2:200 , 0.5:10 ", [0, 0.2, 0.5, 1], [200, 200, 10, 10]),
        ("0:0,1:255", [0, 1], [0, 255]),
    ],
)
def test_straight_lines_are_those_of_interpolation(text, at, grey):
    np.testing.assert_allclose(parse_tone(text).greys(LOG), np.interp(SCALED, at, grey), atol=2e-3)


def test_the_document_s_curve_by_hand():
    scaled = np.array([1.0, 0.55, 0.1, 0.05])
    found = parse_tone("0:255,0.1:80,1:0").greys(np.log(scaled))
    np.testing.assert_allclose(found, [0, 40, 80, 167.5], atol=1e-3)


@pytest.mark.parametrize("power", [0.25, 0.5, 1.0, 2.2])
def test_gamma_is_a_power_of_the_scaled_density(power):
    found = parse_tone(f"gamma:{power}").greys(LOG)
    np.testing.assert_allclose(found, 255 * (1 - SCALED**power), atol=2e-3)


@pytest.mark.parametrize("text", ["linear", "gamma:0.5", "0:255,0.1:80,1:0", "equalise"])
def test_densities_of_any_size_have_greys(text):
    depths = np.array([[-5000.0, -4000.0], [-np.inf, -4000.5]], dtype=np.float32)
    found = parse_tone(text).greys(depths)
    assert found.shape == (2, 2)
    assert found.dtype == np.float32
    assert found[0, 1] == 0
    assert found[0, 0] == found[1, 0] == 255
    assert 0 < found[1, 1] < 255
    assert (parse_tone(text).greys(np.full((2, 3), -np.inf)) == 255).all()


def test_equalise_spends_every_grey_on_the_same_area():
    rng = np.random.default_rng(3)
    log_density = 4 * rng.standard_normal((120, 90))
    found = Tone("equalise").greys(log_density)
    p = np.exp(log_density - log_density.max())
    painted = found < 255
    # Paper are the faintest, which together hold 1 % and not one pixel more.
    assert p[~painted].sum() <= 0.01 * p.sum() < p[~painted].sum() + p[painted].min()
    assert p[painted].min() > p[~painted].max()
    # Of the m others, the densest r-th has the grey 255 (r - 1) / m.
    order = np.argsort(-log_density[painted])
    m = painted.sum()
    np.testing.assert_allclose(found[painted][order], 255 * np.arange(m) / m, atol=1e-3)
    counts, _ = np.histogram(found[painted], bins=16, range=(0, 255))
    assert counts.max() - counts.min() <= 1


def test_equalise_looks_at_nothing_but_ranks_and_gives_equals_one_grey():
    log_density = np.array([[0.0, 0.0, -1.0], [-1.0, -2.0, -60.0]])
    np.testing.assert_allclose(Tone("equalise").greys(log_density), [[0, 0, 102], [102, 204, 255]], atol=1e-3)
    assert (Tone("equalise").greys(np.zeros((3, 4))) == 0).all()


def test_equalise_never_parts_equals_into_paper_and_ink():
    # A hundred faint ones hold 4.8 %: the limit of 1 % falls among them.
    found = Tone("equalise").greys(np.log(np.array([1.0] + [0.0005] * 100)))
    np.testing.assert_allclose(found, [0.0] + [255 / 101] * 100, atol=1e-4)


@pytest.mark.parametrize("text", ["linear", "equalise", "gamma:0.5", "gamma:2", "0:255,0.1:80,1:0"])
def test_text_there_and_back(text):
    assert str(parse_tone(text)) == text
    assert parse_tone(str(parse_tone(text))) == parse_tone(text)


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=6, unique=True),
    st.lists(st.floats(0, 255), min_size=6, max_size=6),
    st.floats(1e-3, 1e3),
)
def test_any_curve_survives_its_text(at, greys, power):
    points = tuple(zip(sorted(at), itertools.islice(greys, len(at)), strict=True))
    for tone in (Tone("points", points=points), Tone("gamma", gamma=power)):
        assert parse_tone(str(tone)) == tone


def test_other_spellings():
    assert parse_tone(" Equalize ") == Tone("equalise")
    assert parse_tone("GAMMA:.5") == Tone("gamma", gamma=0.5)
    tone = Tone("gamma", gamma=3.0)
    assert parse_tone(tone) is tone
    assert len({parse_tone("linear"), Tone()}) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no tone curve"),
        ("sigmoid", "no tone curve"),
        ("0.5", "no tone curve"),
        ("gamma", "no tone curve"),
        ("gamma:", "not a finite number"),
        ("gamma:nan", "not a finite number"),
        ("gamma:0", "above 0"),
        ("gamma:-1", "above 0"),
        ("0:255", "at least two points"),
        ("0:255,1", "no point"),
        ("0:255,,1:0", "no point"),
        ("0:255,x:3,1:0", "'x' is not a finite number"),
        ("0:255,1:", "not a finite number"),
        ("0:1:2,1:0", "not a finite number"),
        ("0:255,inf:0", "not a finite number"),
        ("0:255,1.5:0", "1.5 must lie in 0..1"),
        ("-0.1:255,1:0", "-0.1 must lie in 0..1"),
        ("0:256,1:0", "256 must lie in 0..255"),
        ("0:255,1:-3", "-3 must lie in 0..255"),
        ("0:255,0.5:80,0.2:40,1:0", "0.2 follows 0.5"),
        ("0:255,0.5:80,0.5:40,1:0", "0.5 follows 0.5"),
        (0.5, "give linear"),
        (None, "give linear"),
    ],
)
def test_nonsense_is_named(text, says):
    with pytest.raises(InputError, match=says.replace(".", r"\.")) as caught:
        parse_tone(text)
    assert repr(text) in str(caught.value)
