"""`mixtura paint --preview` shows the ink that a fit would get; and settings of styles and of EM reach them."""

import numpy as np
import pytest
from terminal import COLOUR, INK, make, mixtura, names, paint, pixels

import mixtura as mx
from mixtura.pictures import draw
from mixtura.pictures.field import Frame
from mixtura.pictures.image import PIXEL_VARIANCE, ink


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path)


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ((), {}),
        (("--threshold", "50"), {"threshold": 50}),
        (("--light", "--threshold", "120"), {"light": True, "threshold": 120}),
    ],
)
def test_the_ink_is_that_of_the_fit(folder, words, settings):
    record = mixtura("paint", "ink.png", "--preview", *words, "--json", folder=folder).record
    picture = np.repeat(INK[..., None], 3, axis=2)
    points = ink(picture, **settings).x
    shown = pixels(folder / "ink-ink.png")[..., 0]
    down, across = np.nonzero(shown == 0)
    np.testing.assert_array_equal(np.column_stack([across, down]) + 0.5, points)
    assert (record["ink"], record["pixels"]) == (len(points), INK.size)
    assert names(folder) == ["colour.png", "ink-ink.png", "ink.png"]  # nothing was fitted


def test_greys_and_colour_pictures(folder):
    paint("ink.png", "--preview", "--as", "ink", "--threshold", "grey", "-o", "a.png", folder=folder)
    np.testing.assert_array_equal(pixels(folder / "a.png")[..., 0], INK)
    said = paint("colour.png", "--preview", "--as", "ink", folder=folder).out
    count = len(ink(COLOUR).x)
    assert said.startswith(f"{count:,} of {COLOUR.shape[0] * COLOUR.shape[1]} pixels are ink")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("colour.png", "--preview"), "colour.png is read as colour, where all pixels count: --preview shows which"),
        (("ink.png", "--preview", "--threshold", "0"), "Choose another --threshold"),
        (("ink.png", "--preview", "-o", "a.png", "-o", "b.png"), "--preview writes one picture, and -o is given 2"),
        (("ink.png", "--preview", "-o", "a.mix"), "unknown extension '.mix'"),
        (("ink.png", "--levels", "many"), "--levels is 'many': give how many"),
        (("ink.png", "--levels", "3"), "--levels changes nothing in grid: add --style contour"),
        (("ink.png", "--style", "dots", "--alpha", "2"), "--alpha is 2.0: an opacity lies in 0..1"),
        (("ink.png", "--reg-covar", "-1"), "--reg-covar is -1.0: give a finite number >= 0"),
    ],
)  # fmt: skip
def test_mistakes(folder, words, says):
    said = mixtura("paint", *words, "-k", "3", folder=folder)
    assert said.code == 2, said
    assert says in said.err
    assert names(folder) == ["colour.png", "ink.png"]


def test_settings_reach_styles_and_the_fit(folder):
    words = ("-k", "3", "--style", "contour,ellipses", "--levels", "0.5,2", "--n-init", "4", "--reg-covar", "2")
    paint("ink.png", *words, "-o", "a.png", folder=folder)
    paint("ink.png", *words, "-o", "a.mix", folder=folder)
    same = ("-k", "3", "--n-init", "4", "--reg-covar", "2")
    paint("ink.png", *same, "--style", "ellipses", "--alpha", "0.3", "-o", "b.png", folder=folder)
    mixture, frame = mx.load(folder / "a.mix"), Frame(0, 0, 24, 16)
    assert np.linalg.eigvalsh(mixture.covariances).min() >= 2 > PIXEL_VARIANCE
    for name, settings in (("a-contour", {"levels": [0.5, 2]}), ("a-ellipses", {}), ("b", {"alpha": 0.3})):
        style = "contour" if name == "a-contour" else "ellipses"
        expected = draw.picture(mixture, style, frame=frame, size=(24, 16), **settings)
        np.testing.assert_array_equal(pixels(folder / f"{name}.png"), expected)
    points = ink(np.repeat(INK[..., None], 3, axis=2), dtype="float32")
    best = mx.fit(points, 3, n_init=4, rng=0, reg_covar=2, accelerate=True, dtype="float32")
    assert best.mixture == mixture
