"""Figures draw what they say: the artists' numbers against the mixture's."""

import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from unittest import mock

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy import stats

import mixtura as mx
from mixtura import plots as current
from mixtura.errors import InputError
from processes import STRICT


class Fresh:
    """`mixtura.plots` where no figure is the current one, so that each call makes its own."""

    def __getattr__(self, name):
        draw = getattr(current, name)

        def fresh(*args, **how):
            plt.close("all")
            return draw(*args, **how)

        return fresh if callable(draw) else draw


plots = Fresh()
LINE = mx.Mixture([0.3, 0.5, 0.2], [[0.0], [4.0], [9.0]], [[[1.0]], [[2.0]], [[0.5]]])
PLANE = mx.Mixture(
    [0.3, 0.5, 0.2],
    [[0.0, 0.0], [4.0, 1.0], [2.0, 5.0]],
    [[[1.0, 0.5], [0.5, 1.0]], [[2.0, -0.8], [-0.8, 1.0]], [[0.5, 0.0], [0.0, 0.4]]],
)
DORMANT = mx.Mixture([0.4, 0.0, 0.6], PLANE.means, PLANE.covariances)
X = PLANE.sample(300, rng=0)
BOOT = mx.bootstrap(X, PLANE, 6, rng=0, tol=1e-3)


def drawn(ax):
    """The figure is drawn without a warning."""
    ax.figure.savefig(io.BytesIO(), format="png", dpi=40)
    return ax


def xy(line):
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


class TestLine:
    def test_the_curves_are_the_components_and_their_sum(self):
        ax = drawn(plots.density(LINE, label="p"))
        *parts, (x, total) = map(xy, ax.lines)
        for k, (_, part) in enumerate(parts):
            normal = stats.norm(LINE.means[k, 0], np.sqrt(LINE.covariances[k, 0, 0]))
            np.testing.assert_allclose(part, LINE.weights[k] * normal.pdf(x), rtol=1e-12)
        np.testing.assert_allclose(total, sum(part for _, part in parts), rtol=1e-12)
        assert [line.get_linestyle() for line in ax.lines] == ["--", "--", "--", "-"]
        assert np.trapezoid(total, x) == pytest.approx(1, abs=1e-3)
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["p"]

    def test_dormant_components_are_not_drawn(self):
        ax = plots.density(DORMANT.marginal([0]))
        assert len(ax.lines) == 3
        third = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][2]
        assert matplotlib.colors.same_color(ax.lines[1].get_color(), third)

    def test_limits_and_styles(self):
        ax = plots.density(LINE, limits=(-1, 2), n=7, components=False, lw=5, color="red")
        (line,) = ax.lines
        assert (line.get_linewidth(), line.get_color()) == (5, "red")
        np.testing.assert_allclose(line.get_xdata(), np.linspace(-1, 2, 7))

    def test_histogram_has_area_one_and_a_mark_a_point(self):
        values = LINE.sample(200, rng=1)
        ax = drawn(plots.histogram(values, bins=13, color="pink"))
        heights, edges = np.histogram(values, 13, density=True)
        np.testing.assert_allclose([bar.get_height() for bar in ax.patches], heights)
        np.testing.assert_allclose([bar.get_x() for bar in ax.patches], edges[:-1])
        marks = [segment[0, 0] for segment in ax.collections[0].get_segments()]
        np.testing.assert_allclose(marks, values[:, 0])
        assert ax.get_ylim()[1] > heights.max()
        assert not plots.histogram(values, rug=False).collections


class TestPlane:
    @pytest.mark.parametrize("log", [True, False])
    def test_contours_lie_where_the_density_has_their_level(self, log):
        ax = drawn(plots.contours(PLANE, levels=7, log=log, n=300))
        (lines,) = ax.collections
        assert len(lines.levels) >= 4
        for level, path in zip(lines.levels, lines.get_paths(), strict=True):
            density = PLANE.log_density(path.vertices) if log else PLANE.density(path.vertices)
            np.testing.assert_allclose(density, level, atol=0.01 if log else 3e-4)
        texts = [text.get_text().replace("−", "-") for text in ax.get_legend().get_texts()]
        np.testing.assert_allclose([float(text) for text in texts], lines.levels[::-1], rtol=5e-3)
        handles = ax.get_legend().get_lines()
        np.testing.assert_allclose(handles[0].get_color(), lines.to_rgba(lines.levels[-1]))  # the densest first

    def test_filled_contours_have_a_bar(self):
        ax = drawn(plots.contours(PLANE, filled=True, levels=[-8, -5, -3]))
        assert len(ax.figure.axes) == 2
        assert ax.get_legend() is None

    def test_scatter_colours_by_label(self):
        labels = PLANE.predict(X)
        ax = drawn(plots.scatter(X, labels=labels))
        (dots,) = ax.collections
        np.testing.assert_allclose(dots.get_offsets(), X)
        colours = dots.get_facecolors()[:, :3]
        for label in range(3):
            assert len(np.unique(colours[labels == label], axis=0)) == 1
        assert len(np.unique(colours, axis=0)) == 3

    @pytest.mark.parametrize("kind", ["full", "diag"])
    def test_ellipses_hold_what_a_gaussian_says(self, kind):
        """Those of r deviations hold the points whose Mahalanobis distance is below r."""
        spreads = PLANE.covariances if kind == "full" else np.array([[1.0, 3.0], [2.0, 0.2], [1.0, 1.0]])
        mixture = mx.Mixture(PLANE.weights, PLANE.means, spreads, kind)
        ax = drawn(plots.ellipses(mixture, reach=(1.0, 2.5)))
        assert len(ax.patches) == 6
        for k in range(3):
            sample = stats.multivariate_normal(mixture.means[k], mixture.matrices[k]).rvs(4000, random_state=0)
            away = sample - mixture.means[k]
            distance = np.sqrt(np.einsum("ni,ij,nj->n", away, np.linalg.inv(mixture.matrices[k]), away))
            for ring, patch in zip((2.5, 1.0), ax.patches[2 * k : 2 * k + 2], strict=True):
                unit = patch.get_patch_transform().inverted().transform(sample)  # where the ellipse is the unit circle
                np.testing.assert_allclose(np.linalg.norm(unit, axis=1), distance / ring, rtol=1e-9)

    def test_ellipses_colour_points_by_their_component(self):
        ax = drawn(plots.ellipses(PLANE, X))
        colours = ax.collections[0].get_facecolors()[:, :3]
        np.testing.assert_allclose(colours, [ax.patches[3 * k].get_facecolor()[:3] for k in PLANE.predict(X)])

    def test_ellipses_are_numbered_at_their_means(self):
        ax = drawn(plots.ellipses(DORMANT, numbers=True))
        alive = np.flatnonzero(DORMANT.weights)
        assert [text.get_text() for text in ax.texts] == [str(k) for k in alive]
        np.testing.assert_allclose([text.xy for text in ax.texts], DORMANT.means[alive])
        assert not ax.collections  # no crosses below the numbers

    def test_kmeans_discs_reach_the_farthest_point(self):
        from sklearn.cluster import KMeans

        found = KMeans(3, n_init=1, random_state=0).fit(X)
        ax = drawn(plots.kmeans(X, found.cluster_centers_))
        for k, disc in enumerate(ax.patches):
            away = np.linalg.norm(X[found.labels_ == k] - found.cluster_centers_[k], axis=1)
            assert disc.radius == pytest.approx(away.max())
            assert disc.center == pytest.approx(found.cluster_centers_[k])
        colours = ax.collections[0].get_facecolors()[:, :3]
        np.testing.assert_allclose(colours, [ax.patches[k].get_facecolor()[:3] for k in found.labels_])

    def test_responsibilities_are_the_mixture_s(self):
        ax = drawn(plots.responsibilities(PLANE, component=1, extent=(-2, 6, -3, 7), n=5))
        x, y = np.meshgrid(np.linspace(-2, 6, 5), np.linspace(-3, 7, 5))
        expected = PLANE.responsibilities(np.stack([x.ravel(), y.ravel()], axis=1))[:, 1].reshape(5, 5)
        np.testing.assert_allclose(ax.images[0].get_array(), expected)
        left, right, low, high = ax.images[0].get_extent()  # pixel centres lie on the grid
        assert (left + (right - left) / 10, high - (high - low) / 10) == pytest.approx((-2, 7))
        assert ax.images[0].origin == "lower"
        mixed = drawn(plots.responsibilities(PLANE, extent=(-2, 6, -3, 7), n=5)).images[0].get_array()
        assert mixed.shape == (5, 5, 3)

    @pytest.mark.parametrize("mixture", [PLANE, DORMANT], ids=["three", "dormant"])
    def test_on_the_boundary_two_components_share_first_place(self, mixture):
        ax = drawn(plots.boundary(mixture))
        seen = 0
        for lines in ax.collections:
            for path in lines.get_paths():
                if len(path.vertices):
                    shares = np.sort(mixture.responsibilities(path.vertices), axis=1)
                    np.testing.assert_allclose(shares[:, -1], shares[:, -2], atol=0.05)
                    seen += len(path.vertices)
        assert seen > 100


class TestSlices:
    @pytest.mark.parametrize("on", [0, 1])
    def test_the_conditional_is_joint_over_marginal(self, on):
        ax = drawn(plots.conditional(PLANE, 1.5, on=on))
        free, density = xy(ax.lines[-1])
        points = np.empty((len(free), 2))
        points[:, on], points[:, 1 - on] = 1.5, free
        np.testing.assert_allclose(density, PLANE.density(points) / PLANE.marginal([on]).density([[1.5]]), rtol=1e-9)
        assert f"x_{2 - on}" in ax.get_xlabel()

    def test_slices_stand_at_their_values_to_one_scale(self):
        ax = drawn(plots.slices(PLANE, [-1.0, 4.0], width=2.0))
        curves = [xy(ax.lines[i]) for i in (1, 3)]
        marginal = PLANE.marginal([0])
        scales = []
        for place, (x, y) in zip((-1.0, 4.0), curves, strict=True):
            exact = PLANE.density(np.stack([np.full(len(y), place), y], axis=1)) / marginal.density([[place]])
            scales.append((x - place) / exact)
        np.testing.assert_allclose(scales, scales[0][0], rtol=1e-6)
        assert scales[0][0] > 0  # to the right
        assert max((x - x.min()).max() for x, _ in curves) == pytest.approx(2.0, rel=1e-3)

    def test_the_surface_and_its_cuts_are_the_density(self):
        ax = Figure().add_subplot(projection="3d")
        with mock.patch.object(ax, "plot_surface", wraps=ax.plot_surface) as drawing:
            drawn(plots.surface(PLANE, ax=ax, n=20, extent=(-1, 5, -1, 6)))
        x, y, height = drawing.call_args.args
        assert (x[0, 0], x[-1, -1], y[0, 0], y[-1, -1], height.shape) == (-1, 5, -1, 6, (20, 20))
        points = np.stack([x.ravel(), y.ravel()], axis=1)
        np.testing.assert_allclose(height.ravel(), PLANE.density(points), rtol=1e-9)
        assert ax.get_zlim()[1] > height.max()
        ax = drawn(plots.solid_slices(PLANE, [0.0, 3.0], n=20))
        for place, line in zip((0.0, 3.0), ax.lines, strict=True):
            x, y, z = (np.asarray(part) for part in line.get_data_3d())
            assert (x == place).all()
            np.testing.assert_allclose(z, PLANE.density(np.stack([x, y], axis=1)))


class TestCurves:
    def test_criteria_mark_the_lowest(self):
        ax = drawn(plots.criteria([1, 2, 4], {"AIC": [3.0, 1.0, 2.0], "BIC": [2.0, np.nan, 5.0]}))
        curve, best, other, lowest = map(xy, ax.lines)
        assert curve[1].tolist() == [3, 1, 2]
        assert (best[0].tolist(), best[1].tolist()) == ([2], [1])
        assert (lowest[0].tolist(), other[0].tolist()) == ([1], [1, 2, 4])
        assert [text.get_text() for text in ax.get_legend().get_texts()] == [
            "AIC, lowest at 2", "BIC, lowest at 1",
        ]  # fmt: skip

    def test_criteria_of_a_choice(self):
        choice = mx.choose(X, [2, 1], covariance_type=["full", "diag"], rng=0)
        ax = drawn(plots.criteria(choice, ["ICL", "BIC"]))
        assert len(ax.lines) == 8  # two criteria, two types, and the lowest of each
        for line, name, kind in zip(ax.lines[::2], ("icl", "icl", "bic", "bic"), ("full", "diag") * 2, strict=True):
            here = {c.n_components: getattr(c, name) for c in choice.candidates if c.covariance_type == kind}
            assert xy(line)[0].tolist() == [1, 2]
            assert xy(line)[1].tolist() == [here[1], here[2]]
            assert line.get_label().startswith(f"{name.upper()}, {kind}, lowest at ")
        assert len(plots.criteria(choice).lines) == 8

    def test_a_choice_is_a_line_a_family_and_a_ring(self):
        found = mx.choose(X, [1, 2, 3], covariance_type="all", start="hierarchical", rng=0)
        ax = drawn(plots.choice(found))
        *lines, ring = ax.lines
        assert len(lines) == 14
        styles = {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in lines}
        assert len(styles) == len({line.get_marker() for line in lines}) == 14
        for line in lines:
            here = [each for each in found.candidates if each.covariance_type == line.get_label() and each.eligible]
            assert xy(line)[0].tolist() == [each.n_components for each in here]
            assert xy(line)[1].tolist() == [each.bic for each in here]
        assert (ring.get_xdata(), ring.get_ydata()) == ([found.best.n_components], [found.best.bic])
        (of_best,) = [line for line in lines if line.get_label() == found.best.covariance_type]
        assert ring.get_color() == of_best.get_color()
        other = plots.choice(found, "ICL", lw=5)
        best = found.by("icl").best
        assert other.lines[-1].get_label() == f"best: {best.n_components} {best.covariance_type}"
        assert other.lines[0].get_linewidth() == 5

    def test_a_curve_has_its_spread(self):
        found = mx.choose(X, [1, 2, 3], covariance_type="EII", criterion="stability", n_repeats=3, rng=0)
        ax = drawn(plots.choice(found))
        two, three = found.candidates[1:]
        assert xy(ax.lines[0])[1].tolist() == [two.stability, three.stability]
        bars = ax.collections[0].get_segments()
        for bar, each in zip(bars, (two, three), strict=True):
            np.testing.assert_allclose(bar[:, 1], [each.stability - each.spread, each.stability + each.spread])
        assert "adjusted Rand" in ax.get_ylabel()

    def test_history_is_the_fit_s(self):
        fit = mx.fit(X, 3, rng=0, max_iter=7, tol=0)
        for given in (fit, fit.log_likelihoods):
            steps, heights = xy(drawn(plots.history(given)).lines[0])
            assert steps.tolist() == list(range(8))
            assert heights.tolist() == list(fit.log_likelihoods)

    def test_tones_are_those_that_paint(self):
        ax = drawn(plots.tones({"mine": "0:255,0.1:80,1:0", "g": "gamma:0.5"}))
        linear, mine, gamma = map(xy, ax.lines)
        np.testing.assert_allclose(linear[1], 255 * (1 - linear[0]), atol=1e-3)
        np.testing.assert_allclose(mine[1], np.interp(mine[0], [0, 0.1, 1], [255, 80, 0]), atol=1e-3)
        np.testing.assert_allclose(gamma[1], 255 * (1 - np.sqrt(gamma[0])), atol=1e-3)


class TestSheets:
    def test_pictures_stand_row_by_row(self):
        shots = [np.full((4, 8), i, np.uint8) for i in range(5)]
        ax = drawn(plots.sheet(shots, columns=2, titles=list("abcde")))
        boxes = np.array([image.get_extent() for image in ax.images])
        assert [int(image.get_array()[0, 0]) for image in ax.images] == [0, 1, 2, 3, 4]
        np.testing.assert_allclose(boxes[:, 1] - boxes[:, 0], 1)
        np.testing.assert_allclose(boxes[:, 3] - boxes[:, 2], 0.5)
        assert boxes[0, 0] == boxes[2, 0] == boxes[4, 0] < boxes[1, 0]
        assert boxes[0, 3] == boxes[1, 3] > boxes[2, 3] > boxes[4, 3]
        assert boxes[2, 3] < boxes[0, 2]
        for text, box in zip(ax.texts, boxes, strict=True):  # above its own picture, below the one before
            bottom, top = ax.transData.inverted().transform(text.get_window_extent().get_points())[:, 1]
            assert box[3] <= bottom < top
            assert top < boxes[0, 2] or box[3] == boxes[0, 3]
        left, right, low, high = *ax.get_xlim(), *ax.get_ylim()
        assert (boxes[:, 0] >= left).all()
        assert (boxes[:, 1] <= right + 1e-9).all()
        assert (boxes[:, 2] >= low).all()
        assert (boxes[:, 3] <= high).all()

    def test_channels_add_up_to_the_picture(self):
        picture = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
        whole, *parts = (np.asarray(image.get_array()) for image in drawn(plots.channels(picture)).images)
        np.testing.assert_array_equal(whole, picture)
        np.testing.assert_array_equal(sum(parts), picture)
        greys = [np.asarray(image.get_array()) for image in plots.channels(picture, grey=True).images[1:]]
        np.testing.assert_array_equal(np.stack(greys, axis=-1), picture)

    @pytest.mark.parametrize("kind", ["colour", "ink"])
    def test_the_table_holds_the_points(self, kind):
        picture = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
        points = mx.pictures.image.colour(picture) if kind == "colour" else mx.pictures.image.ink(picture)
        ax = drawn(plots.pixel_table(picture, kind=kind, rows=3))
        words = [text.get_text() for text in ax.texts]
        d = points.d
        assert tuple(words[:d]) == points.names
        np.testing.assert_allclose([float(word) for word in words[d : 4 * d]], points.x[:3].ravel(), atol=0.5)
        assert words[4 * d] == f"… {points.n} rows"


class TestFilms:
    def test_a_point_falls_from_its_component(self, tmp_path):
        film = plots.sampling_film(LINE, n=5, rng=3)
        points, labels = LINE.sample(5, rng=3, return_labels=True)
        for picture in range(10):
            glow, _, fallen, drop, *bars = film._func(picture)
            i = picture // 2
            x, height = xy(glow)
            k = labels[i]
            np.testing.assert_allclose(height, LINE.weights[k] * LINE.subset([k]).density(x[:, None]))
            seen = points[: i + picture % 2, 0]
            np.testing.assert_allclose(fallen.get_xdata(), seen)
            np.testing.assert_allclose(drop.get_xdata(), points[i] if picture % 2 else [])
            area = sum(bar.get_height() * bar.get_width() for bar in bars)
            assert area == pytest.approx(1.0 if len(seen) else 0.0)
        film.save(tmp_path / "film.gif", writer="pillow", dpi=30)
        with Image.open(tmp_path / "film.gif") as file:
            assert file.n_frames >= 9  # pictures that are alike may be joined

    def test_the_slice_wanders(self):
        film = plots.slice_film(PLANE, values=[-1.0, 4.0])
        for picture, place in enumerate((-1.0, 4.0)):
            line, _, *curves = film._func(picture)
            x, y, z = (np.asarray(part) for part in line.get_data_3d())
            assert (x == place).all()
            free, height = xy(curves[-1])
            at_peak = np.interp(y, free, height)
            np.testing.assert_allclose(at_peak, z / PLANE.marginal([0]).density([[place]])[0], atol=1e-3)
        assert film.to_jshtml().count("data:image/png") == 2
        there_and_back = plots.slice_film(PLANE, pictures=6)
        assert there_and_back.to_jshtml().count("data:image/png") == 6


class TestSure:
    def test_points_are_as_large_as_they_are_unsure(self):
        ax = drawn(plots.uncertainty(PLANE, X, n=9, extent=(-2, 6, -3, 7)))
        x, y = np.meshgrid(np.linspace(-2, 6, 9), np.linspace(-3, 7, 9))
        expected = 1 - PLANE.responsibilities(np.stack([x.ravel(), y.ravel()], axis=1)).max(axis=1)
        np.testing.assert_allclose(ax.images[0].get_array(), expected.reshape(9, 9))
        (dots,) = ax.collections
        places, sizes = dots.get_offsets(), dots.get_sizes()
        np.testing.assert_allclose(sizes, 4 + 86 * 1.5 * (1 - PLANE.responsibilities(places).max(axis=1)))
        colours = np.array([matplotlib.colors.to_rgb(f"C{k}") for k in PLANE.predict(places)])
        np.testing.assert_allclose(dots.get_facecolors()[:, :3], colours)

    def test_of_any_number_of_coordinates(self):
        line = drawn(plots.uncertainty(LINE, LINE.sample(20, rng=0)))
        x, height = xy(line.lines[0])
        np.testing.assert_allclose(height, 1 - LINE.responsibilities(x[:, None]).max(axis=1))
        space = mx.Mixture([0.5, 0.5], [[0, 0, 0], [0, 1, 2]], [1.0, 1.0], "spherical", names=["a", "b", "c"])
        ax = drawn(plots.uncertainty(space, space.sample(20, rng=0), coordinates=["c", "a"]))
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("c", "a")
        assert not ax.images
        turned = plots.uncertainty(PLANE, n=5, coordinates=(1, 0), extent=(-3, 7, -2, 6)).images[0].get_array()
        straight = plots.uncertainty(PLANE, n=5, extent=(-2, 6, -3, 7)).images[0].get_array()
        np.testing.assert_allclose(turned, straight.T)

    def test_intervals_are_those_of_the_bootstrap(self):
        means = BOOT.means(0.8)
        ax = drawn(plots.intervals(means, labels=list("abcdef")))
        for line, low, middle, high in zip(
            ax.lines, *map(np.ravel, (means.low, means.estimate, means.high)), strict=True
        ):
            np.testing.assert_allclose(line.get_xdata(), [low, middle, high])
        assert [text.get_text() for text in ax.get_yticklabels()] == list("abcdef")
        assert len(ax.collections) == 6
        assert not plots.intervals(BOOT.weights(), replicates=False).collections

    def test_replicates_are_their_ellipses(self):
        ax = drawn(plots.replicates(BOOT, level=0.9))
        rings = ax.collections[0]
        found = [each.ellipses(0.9) for each in BOOT.replicates]
        np.testing.assert_allclose(rings.get_offsets(), [each.centres[0] for each in found])
        np.testing.assert_allclose(rings.get_widths(), [2 * each.axes[0, 0] for each in found])
        np.testing.assert_allclose(np.radians(rings.get_angles()), np.radians([each.angles[0] for each in found]))
        low, high = PLANE.means.min() - 9, PLANE.means.max() + 9
        assert low < ax.get_xlim()[0] < ax.get_xlim()[1] < high


CALLS = {
    "choice": (mx.choose(X, [1, 2], covariance_type="full", rng=0),),
    "boundary": (PLANE,),
    "channels": (np.zeros((3, 4, 3)),),
    "conditional": (PLANE, 1.0),
    "contours": (PLANE,),
    "criteria": ([1, 2], {"BIC": [1.0, 2.0]}),
    "density": (LINE,),
    "ellipses": (PLANE, X),
    "histogram": (X[:, 0],),
    "history": ([1.0, 2.0],),
    "intervals": (BOOT.weights(),),
    "kmeans": (X, PLANE.means),
    "pixel_table": (np.zeros((3, 4, 3)),),
    "reduced": (PLANE, X),
    "replicates": (BOOT,),
    "responsibilities": (PLANE,),
    "scatter": (X,),
    "sheet": (np.zeros((2, 3, 3)),),
    "slices": (PLANE, [0.0]),
    "tones": (["linear"],),
    "surface": (PLANE,),
    "solid_slices": (PLANE, [0.0]),
    "uncertainty": (PLANE, X),
}
SOLID = ("surface", "solid_slices")


def test_every_figure_is_in_the_table():
    assert set(CALLS) | {"pairs", "sampling_film", "slice_film"} == set(current.__all__) == set(dir(current))


@pytest.mark.parametrize("name", CALLS)
def test_the_axes_given_are_the_axes_drawn_on_and_returned(name):
    figure = Figure()
    ax = figure.add_subplot(projection="3d" if name in SOLID else None)
    assert getattr(plots, name)(*CALLS[name], ax=ax) is ax
    assert ax.has_data()
    with pytest.raises(InputError, match=r"^ax is "):
        getattr(plots, name)(*CALLS[name], ax=figure)


def test_colours_are_those_of_rcparams():
    with matplotlib.rc_context(
        {"axes.prop_cycle": matplotlib.cycler(color=["#010203", "#040506"]), "text.color": "#070809"}
    ):
        ax = plots.density(LINE)
    assert [line.get_color() for line in ax.lines] == ["#010203", "#040506", "#010203", "#070809"]


class TestManyCoordinates:
    MIXTURE = mx.Mixture(
        [0.3, 0.5, 0.2],
        [[0, 0, 0, 0], [4, 1, 3, 0], [2, 5, 0, 1]],
        [[1, 2, 1, 1], [2, 1, 1, 1], [1, 1, 3, 0.5]],
        "diag",
        names=["a", "b", "c", "d"],
    )
    POINTS = MIXTURE.sample(400, rng=0)

    def test_pairs_show_points_below_ellipses_above_and_densities_between(self):
        axs = plots.pairs(self.MIXTURE, self.POINTS)
        drawn(axs[0, 0])
        labels = self.MIXTURE.predict(self.POINTS)
        shades = matplotlib.colors.to_rgba_array([f"C{k}" for k in range(3)])
        for i in range(4):
            for j in range(4):
                ax = axs[i, j]
                part = self.MIXTURE.marginal([j, i] if i != j else [i])
                if i == j:
                    x, height = xy(ax.lines[-1])
                    np.testing.assert_allclose(height, part.density(x[:, None]))
                    assert ax.patches
                elif i > j:
                    np.testing.assert_allclose(ax.collections[0].get_offsets(), self.POINTS[:, [j, i]])
                    np.testing.assert_allclose(ax.collections[0].get_facecolors()[:, :3], shades[labels, :3])
                else:
                    (outer, inner) = ax.patches[:2]
                    np.testing.assert_allclose(outer.center, part.means[0])
                    assert outer.width == pytest.approx(2 * inner.width)
                assert ax.get_xlim() == axs[0, j].get_xlim()  # columns and rows share their scale
                assert ax.get_xlabel() == ("abcd"[j] if i == 3 else "")
                assert ax.get_ylabel() == ("abcd"[i] if j == 0 else "")

    def test_words_are_labels_and_components_take_their_colours(self):
        kinds = np.array(["wide", "far", "low"])[self.MIXTURE.predict(self.POINTS)]  # in another order than sorted
        axs = plots.pairs(self.MIXTURE, self.POINTS, labels=kinds)
        drawn(axs[0, 0])
        (legend,) = axs[0, 0].figure.legends
        words = {
            text.get_text(): line.get_color() for text, line in zip(legend.get_texts(), legend.get_lines(), strict=True)
        }
        assert list(words) == ["far", "low", "wide"]
        for k, word in enumerate(["wide", "far", "low"]):
            np.testing.assert_allclose(
                axs[0, 1].patches[2 * k].get_facecolor()[:3], matplotlib.colors.to_rgb(words[word])
            )

    def test_without_points_contours_lie_below_the_diagonal(self):
        axs = plots.pairs(self.MIXTURE)
        part = self.MIXTURE.marginal([0, 2])
        lines = axs[2, 0].collections[0]
        for level, path in zip(lines.levels, lines.get_paths(), strict=True):
            np.testing.assert_allclose(part.log_density(path.vertices), level, atol=0.1)

    def test_reduced_shows_the_directions_that_separate(self):
        ax = drawn(plots.reduced(self.MIXTURE, self.POINTS))
        matrix, separation = self.MIXTURE.directions()
        places = (self.POINTS - self.MIXTURE.mean()) @ matrix[:, :2]
        np.testing.assert_allclose(ax.collections[0].get_offsets(), places, atol=1e-12)
        np.testing.assert_allclose(ax.patches[0].center, ((self.MIXTURE.means - self.MIXTURE.mean()) @ matrix)[0, :2])
        assert ax.get_xlabel() == f"direction 1 ({100 * separation[0] / separation.sum():.0f} % of the separation)"

    def test_gaps_are_filled_or_left_out(self):
        x = self.POINTS.copy()
        x[5, 1] = x[7] = np.nan
        drawn(plots.pairs(self.MIXTURE, x)[0, 0])
        ax = drawn(plots.reduced(self.MIXTURE, x, labels=np.arange(400) % 2))
        places = np.asarray(ax.collections[0].get_offsets())
        assert places.shape == (399, 2)
        filled = self.MIXTURE.impute(x[5:6])[0] - self.MIXTURE.mean()
        np.testing.assert_allclose(places[5], filled @ self.MIXTURE.directions().matrix[:, :2], atol=1e-12)

    def test_of_many_points_some_are_drawn(self):
        axs = plots.pairs(self.MIXTURE, self.POINTS, most=100)
        np.testing.assert_allclose(axs[1, 0].collections[0].get_offsets(), self.POINTS[::4, [0, 1]])

    def test_a_frame_names_the_axes(self):
        pandas = pytest.importorskip("pandas")
        frame = pandas.DataFrame(self.POINTS, columns=["w", "x", "y", "z"])
        nameless = mx.Mixture(self.MIXTURE.weights, self.MIXTURE.means, self.MIXTURE.covariances, "diag")
        axs = plots.pairs(nameless, frame)
        assert [ax.get_xlabel() for ax in axs[3]] == ["w", "x", "y", "z"]
        assert plots.scatter(frame[["y", "z"]]).get_ylabel() == "z"


class TestWhatFiguresTake:
    @pytest.mark.parametrize(
        "found",
        [
            lambda: mx.fit(X, 2, rng=0),
            lambda: mx.choose(X, [2], rng=0),
            lambda: mx.GaussianMixture(2, random_state=0).fit(X),
        ],
        ids=["fit", "choice", "estimator"],
    )
    def test_a_mixture_may_be_within_something_else(self, found):
        given = found()
        mixture = given.mixture_ if hasattr(given, "mixture_") else given.mixture
        for figure in (plots.contours, plots.ellipses, plots.responsibilities, plots.boundary, plots.reduced):
            drawn(figure(given))
        for one, other in zip(plots.ellipses(given).patches, plots.ellipses(mixture).patches, strict=True):
            np.testing.assert_array_equal(one.center, other.center)
        assert plots.pairs(given).shape == (2, 2)

    def test_noise_is_grey_and_words_have_a_legend(self):
        labels = np.where(X[:, 0] > 4, -1, 1)
        shades = plots.scatter(X, labels=labels).collections[0].get_facecolors()
        assert len(np.unique(shades[labels == -1, :3])) == 1  # r = g = b
        np.testing.assert_allclose(shades[labels == 1, :3], [matplotlib.colors.to_rgb("C1")] * (labels == 1).sum())
        ax = drawn(plots.scatter(X, labels=np.where(labels == 1, "left", "right").astype(object)))
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["left", "right"]

    def test_a_few_points_far_away_do_not_widen_the_view(self):
        near = plots.scatter(X)
        far = plots.scatter(np.vstack([X, [[1e6, 0], [0, -1e9]]]))
        assert len(far.collections[0].get_offsets()) == len(X) + 2
        np.testing.assert_allclose(far.get_xlim(), near.get_xlim(), atol=1)
        np.testing.assert_allclose(far.get_ylim(), near.get_ylim(), atol=1)

    def test_a_light_component_far_away_does_not_widen_the_view(self):
        far = mx.Mixture([*PLANE.weights, 1e-5], [*PLANE.means, [1e5, 0]], [*PLANE.covariances, np.eye(2)])
        assert drawn(plots.responsibilities(far)).get_xlim()[1] < 30
        assert plots.density(far.marginal([0])).get_xlim()[1] < 30
        low, high = plots.responsibilities(PLANE).get_xlim()  # four standard deviations, where nothing is far away
        assert (low, high) == pytest.approx((-4, 4 + 4 * np.sqrt(2)), abs=0.1)

    def test_gaps_are_not_drawn(self):
        gappy = np.vstack([X, [[np.nan, 1.0]]])
        drawn(plots.scatter(gappy))
        drawn(plots.ellipses(PLANE, gappy))
        drawn(plots.kmeans(gappy, PLANE.means))
        heights = [bar.get_height() for bar in plots.histogram(gappy[:, 0]).patches]
        np.testing.assert_array_equal(heights, [bar.get_height() for bar in plots.histogram(X[:, 0]).patches])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plots.density(PLANE), r"has 2 coordinates, this figure shows 1: take mixture.marginal\(\[0\]\)"),
        (lambda: plots.contours(LINE), "has 1 coordinates"),
        (lambda: plots.density("mix"), "mixture is a str"),
        (lambda: plots.density(LINE, limits=(2, 1)), "limits is"),
        (lambda: plots.density(LINE, n=1), "n is 1"),
        (lambda: plots.contours(PLANE, extent=(0, 1, 2)), "extent is"),
        (lambda: plots.contours(PLANE, extent=(0, 1, 2, np.nan)), "extent is"),
        (lambda: plots.contours(PLANE, levels=0), "levels is 0"),
        (lambda: plots.contours(PLANE, levels=[3, 1]), "rising"),
        (lambda: plots.ellipses(PLANE, reach=[0.0]), "reach is"),
        (lambda: plots.ellipses(PLANE, X[:, :1]), r"x has shape \(300, 1\)"),
        (lambda: plots.scatter(X, labels=[0, 1]), "labels has shape"),
        (lambda: plots.scatter([[0, np.inf]]), r"x\[0, 1\] is inf"),
        (lambda: plots.responsibilities(PLANE, component=3), "numbered 0 to 2"),
        (lambda: plots.conditional(PLANE, np.inf), "value is inf"),
        (lambda: plots.conditional(PLANE, 0.0, on=2), "on is 2"),
        (lambda: plots.slices(PLANE, []), "values is empty"),
        (lambda: plots.slices(PLANE, [0.0], width=0), "width is 0"),
        (lambda: plots.criteria([1.5], {"a": [1]}), "tried is"),
        (lambda: plots.criteria([1], {}), "values is {}"),
        (lambda: plots.criteria([1]), "give one criterion at least"),
        (lambda: plots.criteria(mx.choose(X, [1], rng=0), ["MDL"]), "choose AIC, BIC or ICL"),
        (lambda: plots.choice(PLANE), "found is a Mixture: give a Choice"),
        (lambda: plots.choice(mx.choose(X, [1], rng=0), "MDL"), "criterion is 'MDL': choose bic, icl, aic, cv"),
        (lambda: plots.choice(mx.choose(X, [1], rng=0), "cv"), "the candidates have no cv"),
        (lambda: plots.criteria([1, 2], {"a": [1]}), "a has shape"),
        (lambda: plots.history("fit"), "fit is a str"),
        (lambda: plots.tones(["equalise"]), "equalise has no curve"),
        (lambda: plots.sheet([]), "pictures is empty"),
        (lambda: plots.sheet([np.full((2, 2), 300)]), r"pictures\[0\] has values from 300 to 300"),
        (lambda: plots.sheet([np.zeros((2, 2))], titles=["a", "b"]), "titles has 2"),
        (lambda: plots.channels(np.zeros((2, 2))), "has one channel"),
        (lambda: plots.pixel_table(np.zeros((2, 2)), kind="x"), "kind is 'x'"),
        (lambda: plots.sampling_film(LINE, n=0), "n is 0"),
        (lambda: plots.slice_film(PLANE, values=[]), "values is empty"),
        (lambda: plots.scatter(X, labels=np.full(300, -2)), "labels has shape"),
        (lambda: plots.pairs(mx.Mixture([1], [np.zeros(13)], [1.0], "spherical")), "13 coordinates, and pairs of at"),
        (lambda: plots.pairs(PLANE, labels=[0]), "labels is given without x"),
        (lambda: plots.pairs(PLANE, X, names=["a"]), "names has 1 names"),
        (lambda: plots.pairs(PLANE, X, labels=[0]), "labels has shape"),
        (lambda: plots.reduced(LINE), "has one coordinate"),
        (lambda: plots.reduced(PLANE.subset([0])), "one component with weight"),
        (lambda: plots.ellipses(PLANE, colours=["red"]), "give 3 colours"),
        (lambda: plots.ellipses(3), "mixture is a int: give a Mixture, what mx.fit"),
        (lambda: plots.uncertainty(mx.Mixture([1], [[0, 0, 0]], [1.0], "spherical")), "3 coordinates, of which no"),
        (lambda: plots.uncertainty(PLANE, X, coordinates=[0]), r"coordinates is \[0\]: give two"),
        (lambda: plots.intervals([1.0]), "interval is a list: give an Interval"),
        (lambda: plots.intervals(BOOT.weights(), labels=["a"]), "labels has 1 entries, expected 3"),
        (lambda: plots.replicates(PLANE), "boot is a Mixture: give a Bootstrap"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_sentence(call, says):
    with pytest.raises(InputError, match=says):
        call()


def test_pyplot_is_left_alone_where_axes_are_given():
    code = """
import sys, mixtura as mx
from matplotlib.figure import Figure
ax = mx.plots.density(mx.Mixture([1], [[0.0]], [[[1.0]]]), ax=Figure().add_subplot())
print("matplotlib.pyplot" in sys.modules)
"""
    done = subprocess.run([*STRICT, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_without_axes_the_current_ones_are_drawn_on():
    first = current.scatter(X)
    assert plt.gcf() is first.figure
    assert current.ellipses(PLANE) is first  # on top
    solid = current.surface(PLANE)  # flat axes cannot hold it
    assert plt.gca() is solid
    assert len(plt.get_fignums()) == 2
    assert current.density(LINE).figure is not solid.figure
    plt.figure()
    assert current.solid_slices(PLANE, [0.0]).figure is plt.gcf()
    _, axs = plt.subplots(1, 2)
    plt.sca(axs[0])
    assert current.density(LINE) is axs[0]
    before = plt.gcf()
    assert current.pairs(PLANE)[0, 0].figure is plt.gcf() is not before  # a figure of its own size


def test_without_matplotlib_the_extra_is_named():
    code = """
import sys
sys.modules["matplotlib"] = None
import mixtura as mx
try:
    mx.plots.density
except mx.errors.MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'mixtura[plots]'" in done.stdout


class TestHtml:
    @pytest.mark.parametrize("d", [1, 2, 7])
    @pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
    def test_it_is_well_formed_and_says_the_numbers(self, d, kind):
        rng = np.random.default_rng(0)
        k = 12
        spread = {
            "full": np.tile(np.eye(d), (k, 1, 1)),
            "tied": np.eye(d),
            "diag": np.ones((k, d)),
            "spherical": np.ones(k),
        }
        mixture = mx.Mixture(rng.uniform(0.5, 1, k), rng.normal(size=(k, d)), spread[kind], kind)
        page = ET.fromstring(mixture._repr_html_())
        heaviest = int(mixture.weights.argmax())
        first = ["".join(cell.itertext()) for cell in page.find(".//tbody/tr").iter("td")]
        assert first[:3] == [f"● {heaviest}", f"{mixture.weights.max():.3f}", f"{mixture.means[heaviest, 0]:.4g} ± 1"]
        assert "and 2 lighter ones" in "".join(page.itertext())
        drawn = page.findall(".//{http://www.w3.org/2000/svg}" + ("polyline" if d == 1 else "ellipse"))
        assert len(drawn) == (11 if d == 1 else 24)

    def test_ellipses_are_those_of_the_covariances(self):
        page = ET.fromstring(PLANE._repr_html_())
        shapes = page.findall(".//{http://www.w3.org/2000/svg}ellipse")
        low = (PLANE.means - 3 * np.sqrt(np.diagonal(PLANE.matrices, axis1=1, axis2=2))).min(axis=0)
        high = (PLANE.means + 3 * np.sqrt(np.diagonal(PLANE.matrices, axis1=1, axis2=2))).max(axis=0)
        flip = np.diag([284 / (high - low)[0], -174 / (high - low)[1]])
        outer = sorted(shapes, key=lambda shape: float(shape.get("rx")))[-1]  # of the widest component
        turn = np.radians(float(re.search(r"rotate\((.+)\)", outer.get("transform"))[1]))
        axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        radii = np.array([float(outer.get("rx")), float(outer.get("ry"))]) / 2
        np.testing.assert_allclose(axes @ np.diag(radii**2) @ axes.T, flip @ PLANE.matrices[1] @ flip.T, atol=2.0)

    def test_names_are_escaped(self):
        page = mx.Mixture([1], [[0, 0]], [[[1, 0], [0, 1]]], names=["<b>", "&"])._repr_html_()
        assert "<th>&lt;b&gt;</th><th>&amp;</th>" in page
        ET.fromstring(page)
