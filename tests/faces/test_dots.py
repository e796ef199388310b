"""Dots and ellipses: what is painted has the area, the place, the axes and the order that it should."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from mixtura import Mixture
from mixtura.kernels import splat
from mixtura.pictures import draw, stipples
from mixtura.pictures.field import Frame
from mixtura.pictures.stipples import calm, drawn_in, stipple

FRAME = Frame(0, 0, 60, 40)
ONE = np.ones((1, 1), dtype=np.float32)
FULL = np.ones(1, dtype=np.float32)


def point(x, y, colour=None):
    """A mixture that lies at one place, to a thousandth."""
    mean = [x, y] if colour is None else [x, y, *colour]
    return Mixture([1.0], [mean], [1e-6], "spherical")


def covered(picture):
    """The share of each pixel that black covers on white."""
    return 1 - picture[..., 0] / 255.0


def middle(share):
    """The centre of what is covered, in pixels."""
    rows, columns = np.indices(share.shape) + 0.5
    return (columns * share).sum() / share.sum(), (rows * share).sum() / share.sum()


# The kernel


@pytest.mark.parametrize("radius", [0.05, 0.3, 0.8, 1.0, 2.5, 7.3, 20.0])
def test_each_disc_covers_its_area_around_its_centre(radius):
    side = 2 * int(radius) + 6
    rng = np.random.default_rng(1)
    areas, misses = [], []
    for centre in side / 2 + rng.uniform(-1, 1, (300, 2)):
        sheet = np.zeros((side, side, 1), dtype=np.float32)
        splat.paint(sheet, centre[None], np.array([[radius, 0.0, radius]]), ONE, FULL, n_threads=1)
        areas.append(float(sheet.sum()))
        assert sheet.max() <= 1
        if sheet.any():
            misses.append(np.subtract(middle(sheet[..., 0]), centre))
    area = np.pi * radius**2
    assert np.mean(areas) == pytest.approx(area, rel=0.03)
    if radius > 0.2:
        np.testing.assert_allclose(areas, area, rtol=0.06)
    # Pixels stand for their middles, which of small discs leaves up to half a pixel, on average nothing.
    np.testing.assert_allclose(np.mean(misses, axis=0), 0, atol=0.05)
    assert np.abs(misses).max() < (0.5 if radius < 2 else 0.05)


def test_a_pixel_s_share_is_that_of_a_finer_grid():
    shape, centre = np.array([[6.3, -0.7, 2.2]]), np.array([[12.37, 9.81]])
    sheet = np.zeros((20, 24, 1), dtype=np.float32)
    splat.paint(sheet, centre, shape, ONE, FULL)
    y, x = (np.mgrid[0 : 20 * 32, 0 : 24 * 32] + 0.5) / 32
    down = y - centre[0, 1]
    along = (x - centre[0, 0] + 0.7 * down) / 2.2
    inside = (down / 6.3) ** 2 + along**2 <= 1
    expected = inside.reshape(20, 32, 24, 32).mean(axis=(1, 3))
    assert np.abs(sheet[..., 0] - expected).max() < 0.03


def test_discs_over_the_edges_are_cut_and_those_beyond_are_not_there():
    disc = np.array([[3.0, 0.0, 3.0]])
    large = np.zeros((40, 40, 1), dtype=np.float32)
    small = np.zeros((20, 20, 1), dtype=np.float32)
    centres = np.array([[0.3, 0.2], [19.9, 10.4], [10.2, 21.0], [-2.5, 5.0], [1e9, 5.0], [5.0, -1e9], [23.5, 5]])
    splat.paint(large, centres + 10, disc, ONE, FULL)
    splat.paint(small, centres, disc, ONE, FULL)
    np.testing.assert_allclose(small, large[10:30, 10:30], atol=1e-4)
    assert small.sum() > 10


def test_later_ones_lie_over_earlier_ones_however_many_threads():
    rng = np.random.default_rng(2)
    centres = rng.uniform(0, 50, (400, 2))
    shapes = np.column_stack([rng.uniform(1, 9, 400), rng.uniform(-1, 1, 400), rng.uniform(1, 9, 400)])
    colours = rng.uniform(0, 255, (400, 3)).astype(np.float32)
    alpha = rng.uniform(0, 1, 400).astype(np.float32)
    sheets = []
    for threads in (1, 2, 5):
        sheet = np.zeros((50, 50, 3), dtype=np.float32)
        splat.paint(sheet, centres, shapes, colours, alpha, n_threads=threads)
        sheets.append(sheet)
    np.testing.assert_array_equal(sheets[0], sheets[1])
    np.testing.assert_array_equal(sheets[0], sheets[2])
    by_one = np.zeros((50, 50, 3), dtype=np.float32)
    for i in range(400):
        part = slice(i, i + 1)
        splat.paint(by_one, centres[part], shapes[part], colours[part], alpha[part])
    np.testing.assert_array_equal(sheets[0], by_one)
    backwards = np.zeros((50, 50, 3), dtype=np.float32)
    splat.paint(backwards, centres[::-1].copy(), shapes[::-1].copy(), colours[::-1].copy(), alpha[::-1].copy())
    assert np.abs(backwards - by_one).max() > 50


# dots


@pytest.mark.parametrize(("radius", "alpha"), [(0.4, 1.0), (1.0, 0.5), (3.0, 0.25)])
def test_sparse_dots_hold_n_times_their_ink(radius, alpha):
    wide = Mixture([1.0], [[500.0, 500.0]], [150.0**2], "spherical")
    found = draw.dots(
        wide,
        frame=Frame(0, 0, 1000, 1000),
        size=(1000, 1000),
        samples=150,
        radius=radius,
        alpha=alpha,
        ink="black",
        rng=4,
    )
    assert covered(found).sum() == pytest.approx(150 * np.pi * radius**2 * alpha, rel=0.03)


@pytest.mark.parametrize("size", [(60, 40), (240, 80), (30, 200)])
def test_x_runs_right_and_y_down(size):
    found = draw.dots(
        point(45.2, 10.1), frame=Frame(0, 0, 60, 40), size=size, samples=1, radius=2.5, ink="black", alpha=1
    )
    expected = (45.2 * size[0] / 60, 10.1 * size[1] / 40)
    np.testing.assert_allclose(middle(covered(found)), expected, atol=0.1)


def test_the_frame_is_the_part_that_is_shown():
    settings = {"size": (50, 50), "samples": 1, "radius": 2.0, "ink": "black"}
    inside = draw.dots(point(105.0, -20.0), frame=Frame(100, -30, 110, -10), **settings)
    np.testing.assert_allclose(middle(covered(inside)), (25, 25), atol=0.1)
    assert (draw.dots(point(105.0, -20.0), frame=Frame(0, 0, 10, 10), **settings) == 255).all()


def test_dots_are_samples_of_the_mixture():
    mixture = Mixture([0.3, 0.7], [[15.0, 10.0], [45.0, 30.0]], [[20.0, 4.0], [5.0, 10.0]], "diag")
    settings = {"frame": FRAME, "size": (60, 40), "ink": "black", "radius": 0.05, "alpha": 0.02}
    share = covered(draw.dots(mixture, samples=40_000, rng=0, **settings))
    left = share[:, :30].sum() / share.sum()
    assert left == pytest.approx(0.3, abs=0.02)


def test_overlapping_dots_of_alpha_multiply_what_shows_through():
    found = draw.dots(
        point(30, 20), frame=FRAME, size=(60, 40), samples=3, radius=4.0, alpha=0.5, ink="black", paper="white"
    )
    assert found[20, 30, 0] == round(255 * 0.5**3)


def test_a_colour_dot_has_its_clipped_colour():
    found = draw.dots(
        point(30, 20, (300.0, -40.0, 100.0)), frame=FRAME, size=(60, 40), samples=2, radius=5.0, alpha=1.0
    )
    np.testing.assert_array_equal(found[20, 30], [255, 0, 100])
    np.testing.assert_array_equal(found[2, 2], [255, 0, 100])  # the paper: the mean of all colours


def test_the_paper_of_one_ink_is_white_and_of_colours_their_mean():
    settings = {"frame": FRAME, "size": (6, 4), "samples": 0}
    two = Mixture([0.25, 0.75], [[30, 20, 200, 0, 40], [30, 20, 0, 100, 40]], [1e-6, 1e-6], "spherical")
    assert (draw.dots(two, **settings) == [50, 75, 40]).all()
    assert (draw.dots(two, ink="navy", **settings) == 255).all()
    assert (draw.dots(two, paper="#0a0b0c", **settings) == [10, 11, 12]).all()


def test_colours_are_clipped_before_they_are_mixed():
    glaring = (510.0, -255.0, 100.0)
    settings = {"frame": FRAME, "size": (60, 40), "paper": "#646464", "alpha": 0.5}
    dot = draw.dots(point(30, 20, glaring), samples=1, radius=5.0, **settings)
    ellipse = draw.ellipses(Mixture([1.0], [[30, 20, *glaring]], [25.0], "spherical"), reach=(1.0,), **settings)
    for found in (dot, ellipse):
        np.testing.assert_array_equal(found[20, 30], [178, 50, 100])


@pytest.mark.parametrize("seed", range(6))
def test_the_last_colour_lies_on_top(seed):
    here = Mixture([0.5, 0.5], [[30, 20, 255, 0, 0], [30, 20, 0, 0, 255]], [1e-6, 1e-6], "spherical")
    found = draw.dots(here, frame=FRAME, size=(60, 40), samples=9, radius=6.0, alpha=1.0, rng=seed)
    last = stipple(calm(here), 9, np.array([1.0, 1.0]), seed, 1)[0][-1, 2:]
    np.testing.assert_array_equal(found[20, 30], np.rint(last.clip(0, 255)))


def test_ink_paints_a_colour_mixture_in_one_colour():
    found = draw.dots(point(30, 20, (255, 0, 0)), frame=FRAME, size=(60, 40), radius=5.0, alpha=1.0, ink="#010203")
    np.testing.assert_array_equal(found[20, 30], [1, 2, 3])


@pytest.mark.parametrize("coordinates", [2, 5])
def test_a_seed_decides(coordinates):
    mixture = Mixture([1.0], np.full((1, coordinates), 20.0), [100.0], "spherical")
    settings = {"frame": FRAME, "size": (60, 40), "samples": 300}
    one, same, other = (draw.dots(mixture, rng=seed, **settings) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    generator = draw.dots(mixture, rng=np.random.default_rng(7), **settings)
    np.testing.assert_array_equal(one, generator)


def test_default_radii_keep_the_look_at_any_size():
    mixture = Mixture([1.0], [[30.0, 20.0]], [60.0], "spherical")
    small, large = (
        covered(draw.dots(mixture, frame=FRAME, size=size, samples=9_000, ink="black", rng=0)).mean()
        for size in ((900, 600), (1800, 1200))
    )
    assert small == pytest.approx(large, rel=0.02)
    colours = Mixture([1.0], [[30.0, 20.0, 0.0, 0.0, 0.0]], [60.0, 60.0, 1, 1, 1] * np.ones((1, 5)), "diag")
    few, many = (
        covered(draw.dots(colours, frame=FRAME, size=(600, 400), samples=n, rng=0)).mean() for n in (2_000, 20_000)
    )
    assert few == pytest.approx(many, rel=0.05)


@pytest.mark.parametrize("size", [(48, 32), (500, 333)])
def test_a_dot_of_ink_is_never_pale(size):
    settings = {"frame": FRAME, "size": size, "samples": 1, "ink": "black", "alpha": 1.0}
    share = covered(draw.dots(point(30.1, 20.2), **settings))
    assert share.sum() == pytest.approx(np.pi * 0.7**2, rel=0.1)


def test_no_dots_are_paper():
    found = draw.dots(point(3, 3), frame=FRAME, size=(6, 4), samples=0, paper="#0a0b0c")
    assert (found == [10, 11, 12]).all()


# How dots are spread


def even(mixture, n, seed=0):
    return stipple(mixture, n, np.array([1.0, 1.0]), seed, 1)


FLAT = Mixture([0.5, 0.5], [[0.0, 0.0], [30.0, 10.0]], [[400.0, 400.0], [900.0, 100.0]], "diag")
TWO = Mixture(
    [0.3, 0.7],
    [[15.0, 10.0, 200, 190, 180], [45.0, 30.0, 20, 40, 60]],
    [np.diag([20.0, 4.0, 900, 900, 900]) + 0.9, np.diag([5.0, 10.0, 400, 900, 100]) + 0.5],
)


def dispersion(places):
    """The variance of the counts in cells over the middle of `FLAT`, by what chance gives: their mean."""
    count = np.histogram2d(*places.T, bins=[np.arange(-20, 21, 5)] * 2)[0]
    fine = np.arange(-20, 20) + 0.5
    density = FLAT.density(np.stack(np.meshgrid(fine, fine, indexing="ij"), axis=-1).reshape(-1, 2))
    expected = density.reshape(8, 5, 8, 5).sum(axis=(1, 3)) * len(places)
    return float(((count - expected) ** 2).sum() / expected.sum())


def test_dots_keep_their_distance():
    """Chance has nearest neighbours half a spacing away, where the spacing is the root of the area of a dot's own."""
    plain, (dots, _) = FLAT.sample(4000, rng=1), even(FLAT, 4000)
    for places, least, most in ((plain, 0.4, 0.6), (dots, 0.7, 1.0)):
        nearest = cKDTree(places).query(places, 2)[0][:, 1]
        spacing = 1 / np.sqrt(4000 * FLAT.density(places))
        inside = np.abs(places).max(axis=1) < 20
        ratio = (nearest / spacing)[inside]
        assert least < np.median(ratio) < most
        assert (np.quantile(ratio, 0.1) > 0.4) == (places is dots)
    assert dispersion(plain) > 0.6
    assert dispersion(dots) < 0.35


@pytest.mark.parametrize("n", [1000, 9000])
def test_even_dots_have_the_mixture_s_moments(n):
    found, labels = even(TWO, n)
    assert found.shape == (n, 5)
    error = np.sqrt(np.diagonal(TWO.covariance()) / n)
    assert (np.abs(found.mean(axis=0) - TWO.mean())[:2] < error[:2]).all()  # those of places are better than chance
    assert (np.abs(found.mean(axis=0) - TWO.mean()) < 4 * error).all()
    np.testing.assert_allclose(np.cov(found.T), TWO.covariance(), rtol=0.12, atol=30)
    assert np.bincount(labels) / n == pytest.approx([0.3, 0.7], abs=2 / np.sqrt(n))
    np.testing.assert_array_equal(TWO.predict(found) == labels, True)  # the two lie far apart


def test_their_order_says_nothing():
    """A part of the dots is a sample of the whole picture: later dots do not gather on one side."""
    places = even(TWO, 2000)[0][:, :2]
    assert np.abs(places[:1000].mean(axis=0) - places[1000:].mean(axis=0)).max() < 3


def test_very_many_dots_are_independent(monkeypatch):
    monkeypatch.setattr(stipples, "MOST", 60)
    found, labels = even(TWO, 50, seed=3)
    plain, own = TWO.sample(50, rng=3, return_labels=True)
    np.testing.assert_array_equal(found, plain)
    np.testing.assert_array_equal(labels, own)
    assert len(even(TWO, 0)[0]) == 0


def test_calm_colours_are_expected_where_they_were():
    still = calm(TWO)
    places = TWO.sample(200, rng=0)[:, :2]
    expected, spread = TWO.regress([0, 1], places, return_cov=True)
    found, less = still.regress([0, 1], places, return_cov=True)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    one = TWO.subset([0])
    np.testing.assert_allclose(
        calm(one).regress([0, 1], places, return_cov=True)[1],
        one.regress([0, 1], places, return_cov=True)[1] / 4,
        rtol=1e-9,
    )
    assert (np.trace(less, axis1=1, axis2=2) < np.trace(spread, axis1=1, axis2=2)).all()


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_colours_at_a_place_are_those_of_regression(kind):
    spread = {"full": TWO.covariances, "tied": TWO.covariances[0], "diag": [[9.0, 4, 90, 9, 1]] * 2}
    mixture = Mixture(TWO.weights, TWO.means, spread.get(kind, [30.0, 90.0]), kind)
    places = np.random.default_rng(0).uniform(0, 60, (50, 2))
    expected, covariance = mixture.regress([0, 1], places, return_cov=True)
    found, deviation = stipples._colours(mixture, places, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(deviation**2, np.diagonal(covariance, axis1=1, axis2=2), rtol=1e-4)


def test_specks_of_a_wide_component_are_drawn_in():
    """A dark component lies thinly over a light one: one dot in fifty would be black in a white sky."""
    spread = [np.array([300.0, 300, 9, 9, 9])] * 2
    sky = Mixture([0.98, 0.02], [[30, 20, 220, 230, 240], [30, 20, 10, 10, 20]], spread, "diag")
    assert even(calm(sky), 4000)[0][:, 2:].min() < 20
    found = drawn_in(calm(sky), even(calm(sky), 4000)[0], 1)
    assert found[:, 2:].min() > 150
    np.testing.assert_array_equal(found[:, :2], even(calm(sky), 4000)[0][:, :2])
    assert draw.dots(sky, frame=FRAME, size=(60, 40), samples=4000, rng=0).min() > 150
    # Where a fifth is dark, that is what the picture is like.
    often = Mixture([0.8, 0.2], sky.means, spread, "diag")
    assert (drawn_in(calm(often), even(calm(often), 4000)[0], 1)[:, 2] < 30).mean() == pytest.approx(0.2, abs=0.02)


# Paper under colours

HALVES = Mixture([0.5, 0.5], [[15, 20, 250, 250, 250], [45, 20, 20, 20, 30]], [[40.0, 120, 4, 4, 4]] * 2, "diag")


def test_no_hole_shows_between_coloured_dots():
    """Paper of the mean of all colours would be grey, and show in the white half."""
    found = draw.dots(HALVES, frame=(10, 12, 50, 28), size=(400, 160), samples=3000, rng=0)
    assert found[:, :100].min() > 230
    assert found[:, 300:].max() < 50
    holes = draw.dots(HALVES, frame=(10, 12, 50, 28), size=(400, 160), samples=3000, rng=0, paper="#868686")
    assert holes[:, :100].min() < 150


def test_white_paper_by_choice():
    found = draw.dots(HALVES, frame=FRAME, size=(60, 40), samples=5, radius=1.0, paper="white")
    assert (found == 255).all(axis=2).mean() > 0.9
    bare = draw.dots(HALVES, frame=FRAME, size=(60, 40), samples=0)
    np.testing.assert_array_equal(bare, draw.mean(HALVES, frame=FRAME, size=(60, 40)))


def test_independent_dots_are_plain_samples():
    """Colours and all: of a mixture at one place, the last sample lies on top."""
    here = Mixture([1.0], [[30.0, 20, 128, 128, 128]], [[1e-6, 1e-6, 900, 900, 900]], "diag")
    settings = {"frame": FRAME, "size": (60, 40), "samples": 9, "radius": 5.0, "alpha": 1.0, "rng": 4}
    found = draw.dots(here, independent=True, **settings)
    np.testing.assert_array_equal(found[20, 30], np.rint(here.sample(9, rng=4)[-1, 2:].clip(0, 255)))


# ellipses


@pytest.mark.parametrize("size", [(600, 400), (300, 400)])
@pytest.mark.parametrize(
    "covariance", [[[9.0, 0.0], [0.0, 4.0]], [[12.0, 7.0], [7.0, 6.0]], [[2.0, -2.5], [-2.5, 8.0]]]
)
def test_an_ellipse_has_the_axes_of_its_covariance(covariance, size):
    one = Mixture([1.0], [[31.3, 19.2]], [covariance])
    found = draw.ellipses(one, frame=FRAME, size=size, reach=(2.0,), ink="black", alpha=1.0)
    share = covered(found)
    scale = np.array([size[0] / 60, size[1] / 40])
    expected = np.array(covariance) * np.outer(scale, scale)
    assert share.sum() == pytest.approx(np.pi * 4 * np.sqrt(np.linalg.det(expected)), rel=0.01)
    np.testing.assert_allclose(middle(share), (31.3 * scale[0], 19.2 * scale[1]), atol=0.1)
    # The second moments of a filled ellipse are a quarter of its squared half axes: of 2 sigma, the covariance.
    rows, columns = np.indices(share.shape) + 0.5
    measured = np.cov(np.stack([columns.ravel(), rows.ravel()]), aweights=share.ravel())
    np.testing.assert_allclose(measured, expected, atol=0.01 * np.trace(expected))
    values, axes = np.linalg.eigh(measured)
    own_values, own_axes = np.linalg.eigh(expected)
    np.testing.assert_allclose(values, own_values, rtol=0.02)
    assert abs(axes[:, 1] @ own_axes[:, 1]) > 0.999


def test_both_reaches_are_drawn_the_outer_one_fainter():
    one = Mixture([1.0], [[30.0, 20.0]], [9.0], "spherical")
    found = covered(draw.ellipses(one, frame=FRAME, size=(600, 400), ink="black", alpha=0.8))
    assert found[200, 300] == pytest.approx(1 - 0.2 * 0.6, abs=0.01)  # 0.8 over 0.4
    assert found[200, 300 + 45] == pytest.approx(0.4, abs=0.01)  # between one and two deviations
    assert found[200, 300 + 65] == 0


def test_large_ones_come_first_in_their_mean_colours():
    spread = np.array([[1.0, 1.0, 9, 9, 9], [64.0, 64.0, 9, 9, 9]])
    pair = Mixture([0.1, 0.9], [[30, 20, 300, 0, 0], [30, 20, 0, 0, 200]], spread, "diag")
    settings = {"frame": FRAME, "size": (600, 400), "reach": (1.0,), "alpha": 1.0}
    for mixture in (pair, pair.subset([1, 0])):
        found = draw.ellipses(mixture, **settings)
        np.testing.assert_array_equal(found[200, 300], [255, 0, 0])
        np.testing.assert_array_equal(found[200, 350], [0, 0, 200])
        np.testing.assert_array_equal(found[200, 100], [255, 255, 255])


def test_denser_components_of_ink_are_more_opaque_and_dormant_ones_not_there():
    three = Mixture([0.8, 0.2, 0.0], [[10.0, 20.0], [30.0, 20.0], [50.0, 20.0]], np.full(3, 4.0), "spherical")
    found = covered(draw.ellipses(three, frame=FRAME, size=(600, 400), reach=(1.0,), ink="black", alpha=0.8))
    assert found[200, 100] == pytest.approx(0.8, abs=0.01)
    assert found[200, 300] == pytest.approx(0.8 * np.sqrt(0.2 / 0.8), abs=0.01)
    assert found[200, 500] == 0


def test_sharpening_shrinks_the_ellipses():
    one = Mixture([1.0], [[30.0, 20.0]], [16.0], "spherical")
    settings = {"frame": FRAME, "size": (600, 400), "reach": (1.0,), "ink": "black", "alpha": 1.0}
    plain, sharp = (covered(draw.ellipses(m, **settings)).sum() for m in (one, draw.sharpen(one, 0.6)))
    assert sharp == pytest.approx(0.6 * plain, rel=0.01)
