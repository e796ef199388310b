"""Pixels to points: coordinates, thresholds, weights, colours, and what a picture is."""

import numpy as np
import pytest
from PIL import Image
from skimage.filters import threshold_otsu

from mixtura.errors import InputError, PictureError
from mixtura.pictures.image import colour, grey, ink, kind, otsu, parse_threshold


def from_greys(rows):
    """A picture (h, w, 3) whose channels all are `rows`."""
    return np.repeat(np.asarray(rows, dtype=np.float32)[..., None], 3, axis=2)


#          x: 0    1    2    3
SMALL = [[250, 10, 100, 200], [255, 60, 128, 0]]


@pytest.mark.parametrize(
    ("threshold", "light", "expected"),
    [
        (60, False, [(1.5, 0.5), (3.5, 1.5)]),  # 10 and 0; 60 itself is not below 60
        (60, True, [(0.5, 0.5), (2.5, 0.5), (3.5, 0.5), (0.5, 1.5), (1.5, 1.5), (2.5, 1.5)]),
        ("60.5", False, [(1.5, 0.5), (1.5, 1.5), (3.5, 1.5)]),
        ("60:200", False, [(1.5, 0.5), (3.5, 1.5)]),
        ("60:200", True, [(0.5, 0.5), (0.5, 1.5)]),  # 250 and 255; 200 itself is a midtone
        ((101, 101), False, [(1.5, 0.5), (2.5, 0.5), (1.5, 1.5), (3.5, 1.5)]),
    ],
)
def test_ink_is_where_the_threshold_says(threshold, light, expected):
    points = ink(from_greys(SMALL), threshold=threshold, light=light)
    assert points.x.tolist() == [list(place) for place in expected]
    assert points.weight is None
    assert points.names == ("x", "y")


def test_dark_and_light_share_the_pixels_of_one_threshold():
    picture = np.random.default_rng(0).uniform(0, 255, (20, 30, 3))
    for threshold in ("otsu", 100):
        dark, light = ink(picture, threshold=threshold), ink(picture, threshold=threshold, light=True)
        both = np.concatenate([dark.x, light.x])
        assert dark.n + light.n == len(np.unique(both, axis=0)) == 600


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_grey_gives_every_pixel_its_weight(light, dtype):
    points = ink(from_greys([[0, 51, 255], [204, 255, 0]]), threshold="grey", light=light, dtype=dtype)
    if light:
        expected = {(1.5, 0.5): 0.2, (2.5, 0.5): 1.0, (0.5, 1.5): 0.8, (1.5, 1.5): 1.0}
    else:
        expected = {(0.5, 0.5): 1.0, (1.5, 0.5): 0.8, (0.5, 1.5): 0.2, (2.5, 1.5): 1.0}
    assert [tuple(row) for row in points.x] == list(expected)
    np.testing.assert_allclose(points.weight, list(expected.values()), rtol=2e-7)  # one rounding to float32
    assert points.x.dtype == points.weight.dtype == dtype


def test_ink_hands_out_arrays_as_points_wants_them():
    points = ink(from_greys(SMALL), threshold="grey")
    assert points.x.flags.c_contiguous
    assert not points.x.flags.writeable
    assert not points.weight.flags.writeable


def test_grey_is_the_luma_of_pillow_but_not_rounded():
    pixels = np.random.default_rng(1).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    rounded = np.asarray(Image.fromarray(pixels).convert("L"), dtype=float)
    assert np.abs(grey(pixels) - rounded).max() < 0.5 + 2e-3  # Pillow's weights are sixteenths of 4096ths
    assert grey(np.array([[[10, 20, 30]]])) == pytest.approx(0.299 * 10 + 0.587 * 20 + 0.114 * 30, rel=1e-6)


def test_grey_of_a_grey_is_exact():
    levels = np.arange(65_536, dtype=np.float32) / 257
    assert np.array_equal(grey(from_greys(levels[None])), levels[None])


@pytest.mark.parametrize("seed", range(8))
def test_otsu_splits_as_scikit_image_does(seed):
    rng = np.random.default_rng(seed)
    dark = rng.normal(rng.uniform(20, 100), rng.uniform(1, 30), 3000)
    light = rng.normal(rng.uniform(120, 240), rng.uniform(1, 30), rng.integers(100, 9000))
    tone = np.clip(np.concatenate([dark, light]), 0, 255)
    if seed % 2:  # whole greys, where most bins are empty or hold one value
        tone = np.round(tone / 5) * 5
    # Theirs is the centre of the last dark bin, ours lies at its end or in the gap behind: one split of bins.
    end = threshold_otsu(tone) + np.ptp(tone) / 256 / 2
    assert np.array_equal(tone < otsu(tone), tone < end)


def test_otsu_splits_bytes_as_scikit_image_does():
    pixels = np.random.default_rng(9).integers(0, 256, (40, 40), dtype=np.uint8) // 3
    pixels[10:20, 10:30] += 120
    assert np.array_equal(pixels < otsu(pixels.astype(np.float32)), pixels <= threshold_otsu(pixels))


def test_otsu_lies_in_the_middle_of_a_gap():
    assert otsu(np.array([0.0, 0, 255, 255, 255])) == 127.5


def test_otsu_parts_neighbours_of_a_faint_16_bit_picture():
    tone = np.array([60_000, 60_001, 60_001], dtype=np.float32)[None] / 257
    assert ink(from_greys(tone)).x.tolist() == [[0.5, 0.5]]


def test_ink_takes_otsu_when_nothing_is_said():
    assert ink(from_greys([[20, 200], [210, 30]])).x.tolist() == [[0.5, 0.5], [1.5, 1.5]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_colour_is_every_pixel(dtype):
    picture = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    points = colour(picture, dtype=dtype)
    assert points.names == ("x", "y", "r", "g", "b")
    assert points.weight is None
    assert points.x.dtype == dtype
    assert points.x.flags.c_contiguous
    assert not points.x.flags.writeable
    assert points.x.tolist() == [
        [0.5, 0.5, 0, 1, 2],
        [1.5, 0.5, 3, 4, 5],
        [2.5, 0.5, 6, 7, 8],
        [0.5, 1.5, 9, 10, 11],
        [1.5, 1.5, 12, 13, 14],
        [2.5, 1.5, 15, 16, 17],
    ]


def test_colour_is_float32_unless_asked():
    assert colour(np.zeros((1, 1, 3), dtype=np.uint8)).x.dtype == np.float32


def test_kind_counts_the_pixels_with_chroma():
    picture = np.full((10, 100, 3), 90, dtype=np.uint8)
    picture[::2] = 255
    assert kind(picture) == "ink"
    picture[3, :10] = (200, 30, 30)  # one in a hundred
    assert kind(picture) == "ink"
    picture[3, 10] = (30, 30, 200)
    assert kind(picture) == "colour"
    assert kind(picture.astype(np.float32)) == "colour"


def test_kind_forgives_faint_chroma():
    tinted = np.full((10, 10, 3), (224, 212, 200), dtype=np.uint8)  # a spread of 24
    assert kind(tinted) == "ink"
    tinted[..., 0] += 1
    assert kind(tinted) == "colour"


@pytest.mark.parametrize(
    ("threshold", "light", "limit"),
    [
        (128, False, "below 128"),
        ("60:200", False, "below 60"),
        ("grey", False, "below 255"),
    ],
)
def test_a_white_picture_has_no_ink(threshold, light, limit):
    with pytest.raises(PictureError, match=r"no ink.* 6 pixels .*another threshold,.*light=True") as caught:
        ink(from_greys(np.full((2, 3), 255)), threshold=threshold, light=light)
    assert limit in str(caught.value)
    assert "every pixel has the grey 255" in str(caught.value)


@pytest.mark.parametrize(("threshold", "limit"), [(128, "128 or more"), ("60:200", "above 200"), ("grey", "above 0")])
def test_a_black_picture_has_no_light(threshold, limit):
    with pytest.raises(PictureError, match=rf"no ink.*{limit}.*light=False"):
        ink(from_greys(np.zeros((2, 3))), threshold=threshold, light=True)


def test_no_ink_tells_the_greys_that_there_are():
    with pytest.raises(PictureError, match="greys run from 100 to 200"):
        ink(from_greys([[100, 200]]), threshold=50)


def test_otsu_needs_two_greys():
    with pytest.raises(PictureError, match="every pixel has the grey 77"):
        ink(from_greys(np.full((4, 4), 77)))
    with pytest.raises(PictureError, match="every pixel has the grey 255"):
        ink(from_greys([[255]]))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("otsu", "otsu"),
        (" Grey ", "grey"),
        ("128", 128.0),
        (0, 0.0),
        (np.float32(12.5), 12.5),
        ("60:200", (60.0, 200.0)),
        ((7, 7), (7.0, 7.0)),
        ([0, 255], (0.0, 255.0)),
    ],
)
def test_thresholds_are_understood(text, meaning):
    assert parse_threshold(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dark",
        "300",
        "-1",
        "nan",
        "1:2:3",
        "60:",
        ":",
        (),
        (1, 2, 3),
        None,
        True,
        (True, 200),
        float("inf"),
    ],
)
def test_nonsense_thresholds_are_refused(text):
    with pytest.raises(InputError, match=r"threshold is .*: give otsu, grey, a number"):
        parse_threshold(text)
    with pytest.raises(InputError):
        ink(from_greys(SMALL), threshold=text)


def test_a_reversed_threshold_is_turned_around_in_the_message():
    with pytest.raises(InputError, match="write 60:200"):
        parse_threshold("200:60")


@pytest.mark.parametrize("work", [ink, colour, kind, grey])
@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((4, 4)), r"shape \(4, 4\)"),
        (np.zeros((4, 4, 4)), r"shape \(4, 4, 4\)"),
        (np.zeros((0, 5, 3)), r"shape \(0, 5, 3\)"),
        (np.array([[["a", "b", "c"]]]), "holds <U1"),
        (np.full((2, 2, 3), 256), "from 256 to 256"),
        (np.full((2, 2, 3), -0.5), "from -0.5"),
        (np.full((2, 2, 3), np.nan), "nan"),
    ],
)
def test_what_is_no_picture_is_refused(work, picture, message):
    with pytest.raises(InputError, match=message):
        work(picture)


@pytest.mark.parametrize("work", [ink, colour])
def test_other_number_types_are_refused(work):
    with pytest.raises(InputError, match="dtype is 'int16'"):
        work(from_greys(SMALL), dtype="int16")


def test_a_picture_between_0_and_1_is_refused():
    with pytest.raises(InputError, match=r"reaches 1, expected sRGB values in 0\.\.255: multiply it by 255"):
        colour(np.linspace(0, 1, 48).reshape(4, 4, 3))
