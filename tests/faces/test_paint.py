"""`mixtura paint`: what the pictures show."""

import numpy as np
import pytest
from PIL import Image
from terminal import COLOUR, QUICK, STYLES, make, mixtura, names, paint, pixels, process

import mixtura as mx
from mixtura.pictures import draw
from mixtura.pictures.field import Frame


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with ink.png and colour.png, and what was fitted to them: ink.mix and colour.mix."""
    where = make(tmp_path_factory.mktemp("models"))
    for name in ("ink", "colour"):
        paint(f"{name}.png", *QUICK, "-o", f"{name}.mix", folder=where)
    return where


CASES = [(kind, style) for kind in ("ink", "colour") for style in STYLES if (kind, style) != ("ink", "mean")]


@pytest.mark.parametrize(("kind", "style"), CASES)
def test_a_style_shows_the_mixture_in_the_frame_of_the_picture(models, kind, style, tmp_path):
    paint(models / f"{kind}.png", *QUICK, "--style", style, folder=tmp_path)
    settings = {"rng": 0} if style == "dots" else {}
    frame = Frame(0, 0, 24, 16)
    expected = draw.picture(mx.load(models / f"{kind}.mix"), style, frame=frame, size=(24, 16), **settings)
    assert names(tmp_path) == [f"{kind}-{style}.png"]
    assert np.array_equal(pixels(tmp_path / f"{kind}-{style}.png"), expected)
    assert expected.std() > 0


@pytest.mark.parametrize(("kind", "style"), CASES)
def test_the_model_paints_what_the_picture_did(models, kind, style, tmp_path):
    same = ("--style", style, "--size", "40", "--seed", "7", "--sharpen", "0.8")
    paint(models / f"{kind}.png", *QUICK, *same, "-o", "kept.mix", "-o", "first.png", folder=tmp_path)
    paint("kept.mix", *same, "-o", "second.png", folder=tmp_path)
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def test_ink_lies_where_it_lay(models, tmp_path):
    paint(models / "ink.mix", "--style", "grid,dots,contour", "--colours", "grey", "-o", "a.png", folder=tmp_path)
    for style in ("grid", "dots", "contour"):
        shown = pixels(tmp_path / f"a-{style}.png").astype(float).mean(axis=2)
        assert shown[4:12, 3:8].mean() < shown[:, 11:17].mean() - 20, style


def test_colours_lie_where_they_lay(models, tmp_path):
    paint(models / "colour.mix", "--style", "mean,dots,ellipses", "-o", "a.png", folder=tmp_path)
    for style in ("mean", "dots", "ellipses"):
        shown = pixels(tmp_path / f"a-{style}.png").astype(float)
        left, right = shown[:, :10].mean(axis=(0, 1)), shown[:, 14:].mean(axis=(0, 1))
        assert left[0] > right[0] + 20, style
        assert left[2] < right[2] - 20, style


def test_more_gaussians_come_closer_to_the_picture(folder):
    found = [paint("colour.png", "-k", k, "--json", folder=folder).record["psnr"] for k in (1, 3, 100)]
    assert found[0] + 2 < found[1] < found[2] - 1


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("12", (12, 8)),
        ("48", (48, 32)),
        ("30x7", (30, 7)),
        ("7X30", (7, 30)),
        (" 9 × 9 ", (9, 9)),
        ("1", (1, 1)),
        (None, (24, 16)),
    ],
)
def test_size(models, tmp_path, given, size):
    for name, quick in (("ink.mix", ()), ("ink.png", ("--max-iter", "1"))):
        words = () if given is None else ("--size", given)
        paint(models / name, *quick, "-o", "a.png", *words, folder=tmp_path)
        assert pixels(tmp_path / "a.png").shape == (size[1], size[0], 3)


def test_sharpening_acts_on_what_is_drawn_and_not_on_the_model(models, tmp_path):
    words = (*QUICK, "--style", "grid", "-o", "a.png", "-o", "a.mix")
    paint(models / "ink.png", *words, "--sharpen", "0.3", folder=tmp_path)
    assert (tmp_path / "a.mix").read_bytes() == (models / "ink.mix").read_bytes()
    sharp = mx.load(models / "ink.mix").scale_covariances(0.3)
    expected = draw.picture(sharp, "grid", frame=Frame(0, 0, 24, 16), size=(24, 16))
    assert np.array_equal(pixels(tmp_path / "a.png"), expected)
    paint(models / "ink.png", *words, folder=tmp_path)
    assert not np.array_equal(pixels(tmp_path / "a.png"), expected)


def test_the_tone_curve_decides_the_greys(models, tmp_path):
    def shown(*words):
        paint(models / "ink.mix", "-o", "a.png", *words, folder=tmp_path)
        return pixels(tmp_path / "a.png")

    linear = shown()
    assert np.array_equal(shown("--tone", "linear"), linear)
    assert np.array_equal(shown("--tone", "0:255,1:0"), linear)
    assert (shown("--tone", "0:80,1:80") == 80).all()
    assert shown("--tone", "gamma:0.3").mean() < linear.mean() < shown("--tone", "gamma:3").mean()
    greys = shown("--tone", "equalise")[..., 0]
    share = np.histogram(greys[greys < 255], bins=4, range=(0, 255))[0] / (greys < 255).sum()
    assert share == pytest.approx(0.25, abs=0.03)  # the greys are spent by rank


@pytest.mark.parametrize(
    ("words", "points"),
    [
        ((), 82),  # Otsu's threshold takes the grey block for ink
        (("--threshold", "50"), 70),
        (("--threshold", "100"), 70),
        (("--threshold", "100.5"), 82),
        (("--threshold", "101:200"), 82),
        (("--threshold", "100:200"), 70),
        (("--threshold", "grey"), 82),  # white weighs nothing
        (("--threshold", "50", "--light"), 384 - 70),
        (("--threshold", "50:200", "--light"), 384 - 82),
        (("--as", "colour"), 384),
    ],
)
def test_what_counts_as_ink(models, tmp_path, words, points):
    record = paint(models / "ink.png", *QUICK, *words, "--json", folder=tmp_path).record
    assert record["points"] == points
    assert record["kind"] == ("colour" if "colour" in words else "ink")


def test_grey_weighs_the_pixels(models, tmp_path):
    def centre(*words):
        paint(models / "ink.png", "-k", "1", *words, "-o", "a.mix", folder=tmp_path)
        return mx.load(tmp_path / "a.mix").means[0]

    black, grey = np.array([5.5, 8.0]), np.array([20.0, 5.5])
    assert centre("--threshold", "50") == pytest.approx(black, abs=1e-4)
    assert centre() == pytest.approx((70 * black + 12 * grey) / 82, abs=1e-4)
    weight = 12 * (1 - 100 / 255)
    assert centre("--threshold", "grey") == pytest.approx((70 * black + weight * grey) / (70 + weight), abs=1e-4)


def test_a_colour_picture_may_be_read_as_ink(models, tmp_path):
    record = paint(models / "colour.png", *QUICK, "--as", "ink", "--threshold", "80", "--json", folder=tmp_path).record
    assert (record["kind"], record["outputs"][0]["style"]) == ("ink", "grid")
    assert 0 < record["points"] < 384


@pytest.mark.parametrize(
    ("style", "words", "corner"),
    [
        ("grid", ("--ink", "navy", "--paper", "#fed"), (255, 238, 221)),
        ("dots", ("--ink", "navy", "--paper", "#fed"), (255, 238, 221)),
        ("ellipses", ("--ink", "navy", "--paper", "#fed"), (255, 238, 221)),
        ("contour", ("--paper", "#fed"), (255, 238, 221)),
        ("contour", (), (0x44, 0x01, 0x54)),
        ("contour", ("--colours", "grey"), (255, 255, 255)),
    ],
)
def test_ink_and_paper_have_the_colours_that_were_asked_for(models, tmp_path, style, words, corner):
    block = ("--threshold", "50", "-k", "1", "--sharpen", "0.1", "--size", "96")
    paint(models / "ink.png", *block, "--style", style, *words, "-o", "a.png", folder=tmp_path)
    shown = pixels(tmp_path / "a.png")
    assert tuple(shown[0, -1]) == corner
    if "--ink" in words:
        navy, paper = np.array([0, 0, 128]), np.array(corner)
        share = ((shown - paper) @ (navy - paper)) / ((navy - paper) @ (navy - paper))  # (h, w)
        assert np.abs(shown - (paper + share[..., None] * (navy - paper))).max() <= 2
        assert share.max() > 0.8


def test_transparent_pixels_show_the_paper(tmp_path):
    picture = np.zeros((10, 10, 4), np.uint8)
    picture[:, :5, 3] = 255  # black on the left, nothing on the right
    Image.fromarray(picture).save(tmp_path / "half.png")
    for paper, points in (("white", 50), ("#101010", 100)):
        words = ("--threshold", "128", "--paper", paper, "--json")
        assert paint("half.png", *QUICK, *words, folder=tmp_path).record["points"] == points


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("kind", ["ink", "colour"])
def test_covariance(models, tmp_path, kind, covariance):
    words = ("--covariance", covariance, "-o", "a.mix", "-o", "a.png", "--json")
    record = paint(models / f"{kind}.png", *QUICK, *words, folder=tmp_path).record
    assert record["covariance_type"] == mx.load(tmp_path / "a.mix").covariance_type == covariance
    assert pixels(tmp_path / "a.png").std() > 0


def test_dots_are_as_many_and_as_large_as_asked_for(models, tmp_path):
    def covered(*words):
        paint(models / "ink.mix", "--style", "dots", "--size", "300", "-o", "a.png", *words, folder=tmp_path)
        return int((pixels(tmp_path / "a.png").min(axis=2) < 250).sum())

    few = covered("--samples", "5", "--radius", "2")
    assert 5 * 4 <= few <= 5 * 36
    assert covered("--samples", "5", "--radius", "6") > 4 * few
    assert covered("--samples", "50", "--radius", "2") > 4 * few


@pytest.mark.parametrize("threads", ["1", "3"])
def test_the_number_of_threads_changes_no_bit(tmp_path, threads):
    rng = np.random.default_rng(0)
    picture = np.full((300, 300), 255, np.uint8)
    across = rng.integers(0, 300, (2, 20_000))
    picture[across[0], across[1] // 2] = 0
    Image.fromarray(picture).save(tmp_path / "dust.png")
    words = ("-k", "50", "--max-iter", "3", "--style", "all", "-o", "a.png", "-o", "a.mix")
    for count in ("2", threads):
        (tmp_path / count).mkdir()
        paint("../dust.png", *words, "--threads", count, folder=tmp_path / count)
    found = names(tmp_path / "2")
    assert found == ["a-contour.png", "a-dots.png", "a-ellipses.png", "a-grid.png", "a.mix"]
    for name in found:
        assert (tmp_path / "2" / name).read_bytes() == (tmp_path / threads / name).read_bytes(), name


def test_the_seed_decides_the_fit_and_the_dots(folder):
    def painted(*words, source="colour.png"):
        quick = QUICK if source == "colour.png" else ()
        paint(source, *quick, *words, "--style", "dots", "-o", "a.png", "-o", "a.mix", folder=folder)
        return (folder / "a.png").read_bytes(), (folder / "a.mix").read_bytes()

    first = painted("--seed", "5")
    assert painted("--seed", "5") == first
    other = painted("--seed", "6")
    assert other[0] != first[0]
    assert other[1] != first[1]
    assert painted() == painted("--seed", "0")
    # Of one model, the seed decides the dots.
    (folder / "a.mix").rename(folder / "kept.mix")
    assert painted("--seed", "5", source="kept.mix")[0] != painted("--seed", "6", source="kept.mix")[0]


def test_a_picture_of_two_pixels_can_be_painted(tmp_path):
    Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8)).save(tmp_path / "two.png")
    for k in (1, 2):
        record = paint("two.png", "-k", k, "--style", "all", "--json", folder=tmp_path).record
        assert (record["points"], record["n_components"]) == (2, k)


def test_a_larger_output_does_not_move_the_picture(models, tmp_path):
    """The frame is the picture's: at four times the size, each pixel is where its sixteen are."""
    for size in ("24", "96"):
        paint(models / "colour.mix", "--size", size, "-o", f"{size}.png", folder=tmp_path)
    large = pixels(tmp_path / "96.png").astype(float).reshape(16, 4, 24, 4, 3).mean(axis=(1, 3))
    assert np.abs(large - pixels(tmp_path / "24.png")).mean() < 1.5
    assert np.abs(large - COLOUR).mean() < 40


def test_a_real_process_paints_the_same(models, tmp_path):
    words = ("paint", models / "colour.png", *QUICK, "--style", ",".join(STYLES), "-o", "a.png", "-q")
    assert process(*words, folder=tmp_path) == (0, "", "")
    (tmp_path / "here").mkdir()
    assert mixtura(*words, folder=tmp_path / "here").code == 0
    for style in STYLES:
        name = f"a-{style}.png"
        assert (tmp_path / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
