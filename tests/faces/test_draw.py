"""Pictures of densities: grid, mean, contours, and what all styles have in common."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mixtura import Mixture
from mixtura.errors import InputError
from mixtura.pictures import draw, palette
from mixtura.pictures.field import Frame

INK = Mixture([0.3, 0.7], [[20.0, 12.0], [40.0, 30.0]], [[[30.0, 8.0], [8.0, 12.0]], [[60.0, -20.0], [-20.0, 40.0]]])
ROUND = Mixture([1.0], [[50.5, 50.5]], [100.0], "spherical")  # of deviation 10, about the centre of a pixel
HUNDRED = Frame(0, 0, 101, 101)


def colour_mixture(k=4, seed=5):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((k, 5, 5)) * np.array([6, 6, 40, 40, 40])[:, None]
    means = np.column_stack([rng.uniform(0, 60, k), rng.uniform(0, 40, k), rng.uniform(-120, 380, (k, 3))])
    return Mixture(np.arange(1.0, k + 1), means, a @ a.transpose(0, 2, 1) + 4 * np.eye(5))


COLOUR = colour_mixture()
FRAME = Frame(0, 0, 60, 40)


def places(frame, size):
    """The centres of the pixels: x (h, w), y (h, w)."""
    x = frame.left + (np.arange(size[0]) + 0.5) * frame.width / size[0]
    y = frame.top + (np.arange(size[1]) + 0.5) * frame.height / size[1]
    return np.meshgrid(x, y)


def density(mixture, x, y):
    """By scipy, of x and y."""
    return sum(
        w * multivariate_normal(m[:2], c[:2, :2]).pdf(np.dstack([x, y]))
        for w, m, c in zip(mixture.weights, mixture.means, mixture.matrices, strict=True)
    )


# grid


@pytest.mark.parametrize(
    ("frame", "size"), [(FRAME, (60, 40)), (FRAME, (133, 80)), (Frame(-9.5, 3, 31.5, 48), (82, 45))]
)
@pytest.mark.parametrize("mixture", [INK, COLOUR], ids=["ink", "colour"])
def test_grid_is_the_scaled_density(mixture, frame, size):
    p = density(mixture, *places(frame, size))
    found = draw.grid(mixture, frame=frame, size=size)
    assert found.shape == (size[1], size[0], 3)
    assert np.abs(found - 255 * (1 - p / p.max())[..., None]).max() <= 0.51  # half a grey of rounding
    assert found.min() == 0


def test_grid_goes_through_the_tone_curve_from_ink_to_paper():
    p = density(INK, *places(FRAME, (60, 40)))
    grey = np.interp(p / p.max(), [0, 0.1, 1], [255, 80, 0])[..., None] / 255
    found = draw.grid(INK, frame=FRAME, size=(60, 40), tone="0:255,0.1:80,1:0", ink="#102030", paper=(250, 240, 0))
    expected = np.array([16, 32, 48]) * (1 - grey) + np.array([250, 240, 0]) * grey
    assert np.abs(found - expected).max() <= 0.51


def test_a_small_grid_shows_what_lies_around_the_middle_of_each_pixel():
    thin = Mixture([1.0], [[203.0, 108.0]], [[[9000.0, 1500.0], [1500.0, 254.0]]])  # a line two units wide
    frame = Frame(0, 0, 400, 200)
    fine = density(thin, *places(frame, (400, 200)))
    mean = fine.reshape(10, 20, 20, 20).mean(axis=(1, 3))
    x, y = places(frame, (20, 10))
    found = draw.grid(thin, frame=frame, size=(20, 10))[..., 0]
    # The variance of a pixel 20 units wide, less the one unit that the points have already.
    around = Mixture([1.0], thin.means, thin.matrices + np.eye(2) * (20**2 - 1) / 12)
    p = density(around, x, y)
    assert np.abs(found - 255 * (1 - p / p.max())).max() <= 0.51
    # So it comes near the true means, where the densities at the centres do not.
    centres = density(thin, x, y)
    off, missed = (np.std(255 * (1 - q / q.max()) - 255 * (1 - mean / mean.max())) for q in (p, centres))
    assert off < 20 < 30 < missed


def test_a_small_mean_is_that_of_a_coarser_mixture():
    extra = np.diag([(10**2 - 1) / 12, (5**2 - 1) / 12, 0, 0, 0])
    coarse = Mixture(COLOUR.weights, COLOUR.means, COLOUR.matrices + extra)
    found = draw.mean(COLOUR, frame=FRAME, size=(6, 8))
    expected = by_hand(coarse, *places(FRAME, (6, 8))).clip(0, 255)
    assert np.abs(found - expected).max() <= 0.55
    assert np.abs(by_hand(COLOUR, *places(FRAME, (6, 8))).clip(0, 255) - expected).max() > 5


# mean


def by_hand(mixture, x, y):
    """E[r, g, b | x, y], one place and one component after the other."""
    total, weight = np.zeros((*x.shape, 3)), np.zeros(x.shape)
    for w, m, c in zip(mixture.weights, mixture.means, mixture.matrices, strict=True):
        offset = np.dstack([x, y]) - m[:2]
        share = w * multivariate_normal(m[:2], c[:2, :2]).pdf(np.dstack([x, y]))
        total += share[..., None] * (m[2:] + offset @ np.linalg.solve(c[:2, :2], c[:2, 2:]))
        weight += share
    return total / weight[..., None]


@pytest.mark.parametrize("size", [(60, 40), (120, 50)])
def test_mean_is_the_conditional_mean_clipped(size):
    expected = by_hand(COLOUR, *places(FRAME, size))
    assert expected.min() < 0
    assert expected.max() > 255  # so that clipping is seen
    found = draw.mean(COLOUR, frame=FRAME, size=size)
    assert found.dtype == np.uint8
    assert np.abs(found - expected.clip(0, 255)).max() <= 0.55  # rounding, and float32 on top


def test_mean_without_colours_names_the_remedy():
    with pytest.raises(InputError, match=r"2 coordinates.*fit the picture as colour"):
        draw.mean(INK, frame=FRAME, size=(6, 4))


# contour


def ink_of(picture, paper=255.0, pen=0.0):
    """How much of each pixel is covered, from its first channel."""
    return (paper - picture[..., 0].astype(float)) / (paper - pen)


@pytest.mark.parametrize("z", [0.5, 1.0, 2.5])
def test_a_band_is_the_ellipse_of_its_level(z):
    found = draw.contour(
        ROUND, frame=HUNDRED, size=(101, 101), levels=[z * z / 2], lines=False, colours="grey", paper="white"
    )
    covered = ink_of(found)
    assert covered.sum() == pytest.approx(np.pi * (10 * z) ** 2, rel=0.01)
    x, y = places(HUNDRED, (101, 101))
    away = np.hypot(x - 50.5, y - 50.5) - 10 * z
    assert (covered[away < -1] == 1).all()
    assert (covered[away > 1] == 0).all()
    edge = (covered > 0.02) & (covered < 0.98)
    assert edge.sum() > 3 * 10 * z  # anti-aliased
    np.testing.assert_allclose(covered[edge], 0.5 - away[edge], atol=0.12)


@pytest.mark.parametrize("width", [1.0, 2.5])
def test_a_line_has_its_width_and_its_place(width):
    found = draw.contour(
        ROUND,
        frame=HUNDRED,
        size=(202, 202),
        levels=[2.0],
        filled=False,
        colours="grey",
        line_width=width,
        paper="white",
    )
    covered = ink_of(found)
    x, y = places(HUNDRED, (202, 202))
    away = 2 * np.abs(np.hypot(x - 50.5, y - 50.5) - 20)  # in output pixels
    assert covered.sum() == pytest.approx(2 * np.pi * 40 * width, rel=0.02)
    assert (covered[away > width / 2 + 1] == 0).all()
    assert covered[away < 0.1].min() > 0.85


def test_levels_are_evenly_spaced_rings():
    settings = {"frame": HUNDRED, "size": (1010, 1010), "colours": "grey", "paper": "white", "line_width": 3.0}
    found = draw.contour(ROUND, levels=4, reach=4.0, filled=False, **settings)
    lines = np.flatnonzero((found[505, 505:] < 255).any(axis=-1))
    rings = [run.mean() / 100 for run in np.split(lines, np.flatnonzero(np.diff(lines) > 1) + 1)]
    np.testing.assert_allclose(rings, [1, 2, 3, 4], atol=0.01)
    wide = draw.contour(ROUND, levels=4, reach=4.0, filled=False, **(settings | {"line_width": 20.0}))
    for z, shade in zip((4, 3, 2, 1), palette.colours("grey", 5)[1:], strict=True):
        run = wide[505, 505 + 100 * z - 7 : 505 + 100 * z + 8]
        np.testing.assert_array_equal(run, np.tile(shade, (15, 1)))  # one colour a line
    bands = draw.contour(ROUND, levels=4, reach=4.0, lines=False, **settings)
    shades = [bands[505, 505 + round(100 * z)] for z in (0.5, 1.5, 2.5, 3.5, 4.5)]
    np.testing.assert_array_equal(shades, [*palette.colours("grey", 5)[:0:-1], [255, 255, 255]])


def test_contour_s_paper_is_the_map_s_first_colour_and_lines_darken_bands():
    far = {"frame": Frame(0, 0, 300, 300), "size": (300, 300)}
    for settings in ({}, {"lines": False}, {"filled": False}):
        found = draw.contour(ROUND, colours="viridis", **far, **settings)
        np.testing.assert_array_equal(found[250, 250], [0x44, 1, 0x54])
    both = draw.contour(ROUND, **far).astype(int)
    bands = draw.contour(ROUND, lines=False, **far).astype(int)
    assert (both <= bands).all()
    assert (both < bands).any(axis=-1).mean() > 0.05
    assert (draw.contour(ROUND, paper="#fffff0", **far)[250, 250] == [255, 255, 240]).all()


# What all styles have in common


@pytest.mark.parametrize("style", draw.STYLES)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (30, 20), (200, 31)])
def test_any_size_whatever_the_frame(style, size):
    for frame in (FRAME, Frame(-3.5, 10, 4, 12)):
        found = draw.picture(COLOUR, style, frame=frame, size=size)
        assert found.shape == (size[1], size[0], 3)
        assert found.dtype == np.uint8


@pytest.mark.parametrize("style", draw.STYLES)
def test_a_shifted_plane_gives_the_same_picture(style):
    away = COLOUR.transform(np.eye(5), [1000, -500, 0, 0, 0])
    settings = {"rng": 0, "samples": 500} if style == "dots" else {}
    here = draw.picture(COLOUR, style, frame=FRAME, size=(90, 60), **settings).astype(int)
    there = draw.picture(away, style, frame=Frame(1000, -500, 1060, -460), size=(90, 60), **settings)
    assert np.abs(here - there).max() <= 2
    assert np.ptp(here) > 50


@pytest.mark.parametrize("style", draw.STYLES)
def test_threads_change_nothing(style):
    settings = {"rng": 0} if style == "dots" else {}
    one, many = (draw.picture(COLOUR, style, frame=FRAME, size=(600, 400), n_threads=n, **settings) for n in (1, 3))
    np.testing.assert_array_equal(one, many)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_every_covariance_type_paints(kind):
    shape = {"full": (2, 5, 5), "tied": (5, 5), "diag": (2, 5), "spherical": (2,)}[kind]
    spreads = np.broadcast_to(np.eye(5) * 90 if kind in ("full", "tied") else np.array(90.0), shape)
    means = [[20, 20, 200, 0, 0], [40, 20, 0, 0, 200]]
    mixture = Mixture([0.5, 0.5], means, spreads, kind)
    full = Mixture(mixture.weights, mixture.means, mixture.matrices)
    for style in draw.STYLES:
        settings = {"rng": 0, "samples": 50} if style == "dots" else {}
        for size in ((60, 40), (15, 10)):
            one, other = (
                draw.picture(m, style, frame=FRAME, size=size, **settings).astype(int) for m in (mixture, full)
            )
            if style == "dots" and kind in ("diag", "spherical"):
                continue  # other digits of the same random numbers are not promised
            assert np.abs(one - other).max() <= 1


def test_sharpen_scales_covariances():
    sharp = draw.sharpen(COLOUR, 0.6)
    np.testing.assert_allclose(sharp.matrices, 0.6 * COLOUR.matrices)
    np.testing.assert_array_equal(sharp.means, COLOUR.means)
    with pytest.raises(InputError, match="factor is 0"):
        draw.sharpen(COLOUR, 0)


def test_styles_and_their_settings():
    assert list(draw.STYLES) == ["contour", "dots", "grid", "mean", "ellipses"]
    assert draw.options("grid") == ("tone", "ink", "paper", "n_threads")
    same = draw.picture(INK, "grid", frame=FRAME, size=(9, 6), tone="gamma:0.5")
    np.testing.assert_array_equal(same, draw.grid(INK, frame=FRAME, size=(9, 6), tone="gamma:0.5"))
    with pytest.raises(InputError, match="'mosaic' is unknown: choose one of contour, dots"):
        draw.picture(INK, "mosaic", frame=FRAME, size=(9, 6))
    with pytest.raises(InputError, match="style mean has no setting 'ink'"):
        draw.picture(COLOUR, "mean", frame=FRAME, size=(9, 6), ink="red")


def test_the_tone_of_a_mean_is_one_curve_on_all_channels():
    plain = draw.mean(COLOUR, frame=FRAME, size=(18, 12))
    np.testing.assert_array_equal(draw.mean(COLOUR, frame=FRAME, size=(18, 12), tone="0:0,1:255"), plain)
    curves = {
        "gamma:0.5": lambda share: 255 * share**0.5,
        "0:10,0.25:40,0.75:215,1:250": lambda share: np.interp(share, [0, 0.25, 0.75, 1], [10, 40, 215, 250]),
    }
    for tone, curve in curves.items():
        found = draw.mean(COLOUR, frame=FRAME, size=(18, 12), tone=tone)
        low, high = (curve((plain + half).clip(0, 255) / 255) for half in (-0.5, 0.5))  # the plain one is rounded
        assert (found >= low - 0.51).all()
        assert (found <= high + 0.51).all()
        assert np.abs(found - plain.astype(int)).max() > 20
    with pytest.raises(InputError, match="tone is 'equalise', which is for densities"):
        draw.mean(COLOUR, frame=FRAME, size=(9, 6), tone="equalise")


@pytest.mark.parametrize("style", draw.STYLES)
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"size": (0, 5)}, "size is"),
        ({"size": (5,)}, "size is"),
        ({"size": (5.0, 4.0)}, "size is"),
        ({"size": 5}, "size is"),
        ({"frame": Frame(0, 0, 0, 5)}, "left must lie below right"),
        ({"frame": Frame(0, 5, 5, 0)}, "top below bottom"),
        ({"frame": Frame(0, 0, np.nan, 5)}, "four finite numbers"),
        ({"frame": (0, 0, 5)}, "four finite numbers"),
        ({"frame": None}, "four finite numbers"),
    ],
)
def test_wrong_canvases(style, wrong, says):
    with pytest.raises(InputError, match=says):
        draw.picture(COLOUR, style, **({"frame": FRAME, "size": (6, 4)} | wrong))


@pytest.mark.parametrize(
    ("style", "wrong", "says"),
    [
        ("grid", {"tone": "dark"}, "tone is 'dark'"),
        ("grid", {"ink": "blak"}, "ink is 'blak'"),
        ("grid", {"paper": "#12"}, "paper is '#12'"),
        ("contour", {"levels": 0}, "one level at least"),
        ("contour", {"levels": []}, "levels is"),
        ("contour", {"levels": True}, "levels is"),
        ("contour", {"levels": [1.0, 0.0]}, "nats below the maximum"),
        ("contour", {"levels": "many"}, "levels is 'many'"),
        ("contour", {"reach": 0.0}, "reach is 0"),
        ("contour", {"line_width": -1}, "line_width is -1"),
        ("contour", {"colours": "jet"}, "colour map 'jet' is unknown"),
        ("contour", {"filled": False, "lines": False}, "one of them at least"),
        ("contour", {"paper": "nowhere"}, "paper is"),
        ("dots", {"samples": -1}, "samples is -1"),
        ("dots", {"samples": 2.5}, "samples is 2.5"),
        ("dots", {"radius": 0}, "radius is 0"),
        ("dots", {"radius": np.inf}, "radius is inf"),
        ("dots", {"alpha": 1.5}, "alpha is 1.5"),
        ("dots", {"ink": "inkk"}, "ink is"),
        ("ellipses", {"reach": ()}, "reach is"),
        ("ellipses", {"reach": (1.0, -2.0)}, "reach is"),
        ("ellipses", {"alpha": np.nan}, "alpha is nan"),
        ("dots", {"radius": "wide"}, "radius is 'wide'"),
        ("dots", {"alpha": "half"}, "alpha is 'half'"),
        ("ellipses", {"alpha": None}, "alpha is None"),
        ("contour", {"line_width": "thin"}, "line_width is 'thin'"),
        ("contour", {"reach": "far"}, "reach is 'far'"),
        *((style, {"n_threads": wrong}, "n_threads is") for style in draw.STYLES for wrong in (0, "two", 1.5)),
    ],
)
def test_wrong_settings(style, wrong, says):
    with pytest.raises(InputError, match=says):
        draw.picture(COLOUR, style, frame=FRAME, size=(6, 4), **wrong)


@pytest.mark.parametrize("style", ["contour", "dots", "grid", "ellipses"])
def test_one_coordinate_is_no_plane(style):
    with pytest.raises(InputError, match="needs x and y"):
        draw.picture(Mixture([1.0], [[0.0]], [1.0], "spherical"), style, frame=FRAME, size=(6, 4))


def test_importing_the_pictures_is_cheap():
    code = (
        "import sys, mixtura.pictures.draw\n"
        "heavy = {'numba', 'matplotlib', 'sklearn', 'scipy', 'contourpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_components_without_weight_do_not_widen_the_frame():
    mixture = Mixture([0.5, 0.5, 0.0], [[0, 0], [10, 5], [900, 900]], [[[1, 0], [0, 4]]] * 3)
    assert Frame.around(mixture, 2.0) == (-2, -4, 12, 9)
