"""Pictures in few colours: the palette, the pixels, the files, and the measures."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data, metrics

import mixtura as mx
from mixtura.compress import Reduced, compare, kept_colours, reduce, tile
from mixtura.errors import InputError
from mixtura.pictures import quality, quantise, sheets

ROCKET = np.asarray(data.rocket()[150:250, 250:400])
TINY = np.array([[[255, 0, 0], [0, 0, 255]], [[0, 0, 255], [10, 20, 30]]], np.uint8)


def diffused_slowly(picture, palette, limit):
    """Floyd and Steinberg's error diffusion in rows that run there and back, written plainly."""
    height, width = picture.shape[:2]
    wanted = np.pad(picture.astype(np.float32), ((0, 1), (1, 1), (0, 0)))
    out = np.empty((height, width), int)
    for row in range(height):
        step = 1 - 2 * (row % 2)
        for column in range(width)[::step]:
            value = wanted[row, column + 1]
            out[row, column] = best = np.square(palette - value).sum(axis=1).argmin()
            error = value - palette[best]
            error *= min(1, limit / max(np.linalg.norm(error), 1e-9))
            for down, right, share in ((0, step, 7), (1, -step, 3), (1, 0, 5), (1, step, 1)):
                wanted[row + down, column + 1 + right] += error * share / 16
    return out


class TestMeasures:
    @pytest.mark.parametrize("noise", [1, 20, 120])
    @pytest.mark.parametrize("shape", [(100, 150), (11, 11), (300, 40)])
    def test_ssim_is_scikit_image_s(self, noise, shape):
        """Strips of 256 rows included."""
        rng = np.random.default_rng(noise)
        first = np.resize(ROCKET, (*shape, 3))
        second = np.clip(first + rng.normal(0, noise, first.shape), 0, 255).astype(np.uint8)
        settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
        greys = [mx.pictures.image.grey(picture).astype(float) for picture in (first, second)]
        expected = metrics.structural_similarity(*greys, **settings)
        assert quality.ssim(first, second) == pytest.approx(expected, abs=1e-6)
        assert quality.ssim(first, second, n_threads=1) == quality.ssim(first, second, n_threads=2)
        assert quality.psnr(second, first) == pytest.approx(metrics.peak_signal_noise_ratio(first, second), rel=1e-6)

    @pytest.mark.parametrize("shape", [(1, 1), (3, 40), (12, 12)])
    def test_equal_pictures(self, shape):
        picture = np.resize(ROCKET, (*shape, 3))
        assert quality.ssim(picture, picture) == pytest.approx(1, abs=1e-12)
        assert quality.psnr(picture, picture) == np.inf

    def test_shapes_must_agree(self):
        for measure in (quality.ssim, quality.psnr):
            with pytest.raises(InputError, match="shapes"):
                measure(ROCKET, ROCKET[1:])


class TestHistogram:
    @given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 40), st.integers(0, 99))
    def test_it_counts_every_colour_once(self, height, width, most, seed):
        some = np.random.default_rng(seed).integers(0, 256, (most, 3), dtype=np.uint8)
        picture = some[np.random.default_rng(seed).integers(0, most, (height, width))]
        found = quantise.histogram(picture)
        colours, count = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
        np.testing.assert_array_equal(found.colours, colours)
        np.testing.assert_array_equal(found.count, count)
        np.testing.assert_array_equal(found.colours[found.indices(np.arange(len(colours)))], picture)
        np.testing.assert_array_equal(found.points().weight, count)


class TestReduce:
    @pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
    def test_each_pixel_has_the_mean_of_its_component(self, kind):
        """As the fit of all pixels, one by one, says it."""
        small = reduce(ROCKET, 6, covariance_type=kind, rng=3)
        mixture = small.fit.mixture
        expected = np.rint(mixture.means.clip(0, 255))[mixture.predict(ROCKET.reshape(-1, 3).astype(np.float32))]
        np.testing.assert_array_equal(small.pixels.reshape(-1, 3), expected)
        assert len(small.palette) == len(np.unique(small.indices)) <= 6
        lightness = small.palette @ [0.299, 0.587, 0.114]
        assert (np.diff(lightness) >= 0).all()

    def test_the_weighted_fit_is_that_of_all_pixels(self):
        small = reduce(ROCKET, 4, covariance_type="full")
        pixels = ROCKET.reshape(-1, 3).astype(float)
        assert small.fit.log_likelihood == pytest.approx(small.fit.mixture.log_density(pixels).mean(), rel=1e-5)

    def test_more_colours_come_nearer(self):
        found = [compare(reduce(ROCKET, k), ROCKET) for k in (2, 8, 32, 128)]
        assert all(np.diff([psnr for psnr, _ in found]) > 2)
        assert all(np.diff([ssim for _, ssim in found]) > 0)

    @pytest.mark.parametrize("dither", [False, True])
    def test_few_colours_are_given_back_exactly(self, dither):
        small = reduce(TINY, 3, dither=dither)
        np.testing.assert_array_equal(small.pixels, TINY)
        assert small.fit is None
        np.testing.assert_array_equal(reduce(TINY, 3, keep=["red"]).pixels, TINY)
        np.testing.assert_array_equal(reduce(TINY.astype(np.float32), 256).pixels, TINY)
        assert compare(small, TINY) == (np.inf, pytest.approx(1))

    def test_one_colour_is_the_mean(self):
        small = reduce(ROCKET, 1)
        np.testing.assert_allclose(small.palette[0], ROCKET.reshape(-1, 3).mean(axis=0), atol=0.51)
        assert small.nominal_rate == np.inf

    def test_kept_colours_come_first_and_take_what_is_nearest(self):
        keep = ["#ff0000", (0, 0, 0), "red"]
        small = reduce(ROCKET, 6, keep=keep)
        np.testing.assert_array_equal(small.palette[:2], [[255, 0, 0], [0, 0, 0]])
        assert len(small.palette) <= 6
        mixture = small.fit.mixture
        assert mixture.n_components == 4
        pixels = ROCKET.reshape(-1, 3).astype(np.float32)
        own = np.rint(mixture.means.clip(0, 255))[mixture.predict(pixels)]
        options = np.stack([np.tile([255.0, 0, 0], (len(pixels), 1)), np.zeros_like(own), own])
        away = np.square(options - pixels).sum(axis=2)
        painted = np.square(small.pixels.reshape(-1, 3) - pixels).sum(axis=1)
        np.testing.assert_allclose(painted, away.min(axis=0), atol=0.5)

    def test_exact_kept_colours_stay_exact(self):
        picture = ROCKET.copy()
        picture[:20, :20] = (255, 0, 0)
        small = reduce(picture, 3, keep=["#ff0000"])
        assert (small.pixels[:20, :20] == (255, 0, 0)).all()

    def test_only_kept_colours_need_no_fit(self):
        small = reduce(ROCKET, 2, keep=["black", "white"])
        assert small.fit is None
        dark = np.square(ROCKET.astype(float)).sum(axis=2) <= np.square(255.0 - ROCKET).sum(axis=2)
        np.testing.assert_array_equal(small.pixels[..., 0] == 0, dark)

    def test_dithering_keeps_the_local_mean(self):
        ramp = np.repeat(np.linspace(0, 255, 128).astype(np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)
        plain, dithered = (reduce(ramp, 2, keep=["black", "white"], dither=dither) for dither in (False, True))
        assert set(np.unique(dithered.pixels)) == {0, 255}
        means = [small.pixels[..., 0].reshape(64, 8, 16).mean(axis=(0, 2)) for small in (plain, dithered)]
        truth = ramp[..., 0].reshape(64, 8, 16).mean(axis=(0, 2))
        assert abs(means[1] - truth).max() < 12
        assert abs(means[0] - truth).max() > 90

    @pytest.mark.parametrize("keep", [["#ff0000", "#fd0201"], ["#10e020", "#12e020", "#10e01f"]])
    def test_dithering_keeps_kept_colours(self, keep):
        """However near they are to each other, and whatever comes from their neighbours."""
        kept = kept_colours(keep)
        picture = kept[np.random.default_rng(0).integers(0, len(kept), (12, 15))]
        np.testing.assert_array_equal(reduce(picture, len(kept), keep=keep, dither=True).pixels, picture)
        among = ROCKET.copy()
        among[20:32, 30:45] = picture
        small = reduce(among, 8, keep=keep, dither=True)
        np.testing.assert_array_equal(small.pixels[20:32, 30:45], picture)

    @pytest.mark.parametrize("levels", [16, 256])
    def test_dithering_gives_few_colours_back(self, levels):
        ramp = np.linspace(0, 255, levels).round().astype(np.uint8)[None, :, None].repeat(9, 0).repeat(3, 2)
        np.testing.assert_array_equal(reduce(ramp, levels, dither=True).pixels, ramp)

    def test_dithering_finds_the_nearest_colour(self):
        """Without errors that are handed on, every pixel by itself; with them, as in a plain loop."""
        rng = np.random.default_rng(3)
        palette = rng.integers(0, 256, (200, 3), dtype=np.uint8)
        picture = rng.integers(0, 256, (21, 33, 3), dtype=np.uint8)
        away = np.square(picture[:, :, None].astype(int) - palette.astype(int)).sum(axis=3)
        found = quantise.dither(picture, palette, limit=0.0)
        np.testing.assert_array_equal(
            np.take_along_axis(away, found[..., None].astype(int), 2)[..., 0], away.min(axis=2)
        )
        few = palette[:5]
        np.testing.assert_array_equal(quantise.dither(picture, few, limit=40.0), diffused_slowly(picture, few, 40.0))

    def test_dithering_leaves_no_specks(self):
        """Of a colour that is far off, where the palette cannot show what is wanted."""
        rng = np.random.default_rng(0)
        sky = np.uint8(rng.integers(-9, 10, (60, 90, 3)) + np.array([65, 45, 145]))
        sky[20:40, 30:50] = (120, 90, 150)
        keep = ["#3c288c", "#463296", "#fadc00"]
        assert (reduce(sky, 3, keep=keep, dither=True).indices < 2).all()
        unlimited = quantise.dither(sky, kept_colours(keep))
        assert (unlimited == 2).sum() > 20

    def test_it_is_the_same_again_and_on_any_number_of_threads(self):
        one, two = (reduce(ROCKET, 9, n_threads=n).pixels for n in (1, 2))
        np.testing.assert_array_equal(one, two)

    @pytest.mark.parametrize("k", [2, 3, 4, 16, 17, 256])
    def test_the_png_holds_the_picture_in_as_few_bits_as_can_be(self, k):
        small = reduce(ROCKET, k)
        png = small.png()
        with Image.open(io.BytesIO(png)) as image:
            assert image.mode == "P"
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), small.pixels)
        assert png[24] == next(bits for bits in (1, 2, 4, 8) if len(small.palette) <= 2**bits)  # IHDR: bit depth

    def test_the_nominal_rate_is_the_document_s(self):
        def rate(k):
            return Reduced(np.zeros((k, 3), np.uint8), np.zeros((1, 1), np.uint8), k, None).nominal_rate

        assert [rate(k) for k in (2, 8, 256)] == [3.0, 1.0, 0.375]

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({"n_components": 0}, "holds 1 to 256"),
            ({"n_components": 257}, "holds 1 to 256"),
            ({"n_components": 2.5}, "holds 1 to 256"),
            ({"n_components": 1, "keep": ["red", "blue"]}, "keep has 2 colours for a palette of 1"),
            ({"n_components": 3, "keep": "red"}, "give a list"),
            ({"n_components": 3, "keep": ["rde"]}, "keep is 'rde'.*did you mean red"),
            ({"n_components": 3, "covariance_type": "round"}, "covariance_type"),
        ],
    )
    def test_wrong_input_is_one_sentence(self, settings, says):
        with pytest.raises(InputError, match=says):
            reduce(ROCKET, **settings)

    @pytest.mark.parametrize("picture", [np.zeros((2, 2)), np.zeros((0, 2, 3)), np.full((2, 2, 3), np.nan), "x"])
    def test_what_is_no_picture(self, picture):
        with pytest.raises(InputError, match=r"^picture "):
            reduce(picture, 2)


class TestSheets:
    def test_pictures_stand_where_they_should(self):
        shots = [np.full((4, 6, 3), 40 * i, np.uint8) for i in range(5)]
        page = sheets.sheet(shots, columns=2, gap=3)
        assert page.shape == (3 * 7 + 3, 2 * 9 + 3, 3)
        for i in range(5):
            top, left = 3 + 7 * (i // 2), 3 + 9 * (i % 2)
            assert (page[top : top + 4, left : left + 6] == 40 * i).all()
        assert (page[-7:, -9:] == 255).all()

    def test_labels_are_written_under_their_picture(self):
        shots = [np.zeros((30, 120), np.uint8)] * 2
        bare, named = (sheets.sheet(shots, labels=labels, columns=1, gap=2) for labels in (["", ""], ["", "K = 30"]))
        rows = np.flatnonzero((bare != named).any(axis=(1, 2)))
        assert len(rows)
        assert rows.min() > named.shape[0] / 2 + 30

    def test_reduced_keeps_the_shape(self):
        assert sheets.reduced(ROCKET, 75).shape == (50, 75, 3)
        assert sheets.reduced(ROCKET, 500) is ROCKET
        np.testing.assert_array_equal(sheets.reduced(ROCKET.astype(np.float32), 75), sheets.reduced(ROCKET, 75))
        assert sheets.enlarged(TINY, 3).shape == (6, 6, 3)

    def test_a_tile_shows_the_palette(self):
        small = reduce(ROCKET, 4)
        shown = tile(small, 100)
        assert shown.shape[1] == 100
        np.testing.assert_array_equal(shown[-1, [0, 99]], small.palette[[0, -1]])

    @pytest.mark.parametrize(
        "wrong",
        [
            {"pictures": []},
            {"pictures": [np.zeros((2, 2))]},
            {"pictures": [TINY], "labels": []},
            {"pictures": [TINY], "columns": 0},
        ],
    )
    def test_wrong_input_is_one_sentence(self, wrong):
        with pytest.raises(InputError):
            sheets.sheet(**wrong)
