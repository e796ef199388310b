"""The colours of one picture for another: looks, tables, .cube files, and `mixtura grade`."""

import shlex

import numpy as np
import pytest
from PIL import Image
from terminal import examples, make, mixtura, names, pixels

import mixtura as mx
from mixtura import grade
from mixtura.errors import InputError, PictureError

RNG = np.random.default_rng(0)
ROWS, COLUMNS = np.mgrid[:60, :80]
PHOTO = np.stack([60 + COLUMNS, 200 - 2 * ROWS, 90 + ROWS * COLUMNS / 60], axis=2) + RNG.normal(0, 3, (60, 80, 3))
LIKE = np.stack([250 - 2 * ROWS, 100 + COLUMNS / 2, 40 + ROWS * COLUMNS / 60], axis=2)
LOOK = grade.learn(PHOTO, LIKE, 8)


def moments(picture):
    x = np.asarray(picture, float).reshape(-1, 3)
    return x.mean(axis=0), np.cov(x.T)


def test_one_gaussian_takes_over_mean_and_covariance():
    """But for what is added to the variances, so that grain is not stretched, and for clipping."""
    way = grade.learn(PHOTO, LIKE, 1).transport
    mean, covariance = moments(way.map(PHOTO.reshape(-1, 3)))
    expected = moments(LIKE)
    np.testing.assert_allclose(mean, expected[0], atol=1e-6)
    (a,) = way.matrices
    np.testing.assert_allclose(covariance + grade.GRAIN * (a @ a.T - np.eye(3)), expected[1], atol=1)


def test_more_gaussians_find_the_colours_of_things():
    """A picture of two colours: with one Gaussian a photo gets those between them, with more its own two."""
    two = np.where(COLUMNS[:, :, None] < 30, [40.0, 60, 120], [220.0, 140, 60]) + RNG.normal(0, 4, PHOTO.shape)

    def between(k):
        x = grade.learn(PHOTO, two, k).apply(PHOTO, smooth=0)[:, :, 0]
        return ((x > 80) & (x < 180)).mean()

    assert between(1) > 0.3
    assert between(20) < 0.2


def test_strength_goes_part_of_the_way():
    x = PHOTO.reshape(-1, 3)
    half = grade.Look(LOOK.transport, 0.5).colours(x)
    full = LOOK.transport.map(x)
    np.testing.assert_allclose(half, np.clip((x + full) / 2, 0, 255))
    np.testing.assert_array_equal(grade.Look(LOOK.transport, 0.0).apply(PHOTO), np.rint(PHOTO))


def test_grain_is_not_amplified_and_edges_have_no_halos(monkeypatch):
    """Two greys, with grain, become two greys ten times as far apart: so would the grain, by itself."""
    edge = np.where(COLUMNS < 40, 100.0, 160.0)[:, :, None] + np.zeros(3)
    noisy = edge + RNG.normal(0, 3, edge.shape)
    p = mx.Mixture([0.5, 0.5], [[100.0] * 3, [160.0] * 3], [30.0, 30.0], "spherical")
    q = mx.Mixture([0.5, 0.5], [[40.0] * 3, [220.0] * 3], [600.0, 600.0], "spherical")
    look = grade.Look(p.transport(q))
    clean, plain, smooth = look.apply(edge, smooth=0), look.apply(noisy, smooth=0), look.apply(noisy)
    error = [np.abs(each.astype(float) - clean).std() for each in (plain, smooth)]
    assert error[1] < 0.6 * error[0]
    columns = smooth.astype(float).mean(axis=(0, 2))
    np.testing.assert_allclose(columns[30:40], columns[:30].mean(), atol=4)
    np.testing.assert_allclose(columns[40:50], columns[50:].mean(), atol=4)
    monkeypatch.setattr(grade, "BAND", 80 * 7)  # bands do not show
    np.testing.assert_array_equal(look.apply(noisy, n_threads=1), smooth)


def test_a_table_is_the_look(tmp_path):
    table = LOOK.table(33)
    off = np.abs(table.apply(PHOTO).astype(int) - LOOK.apply(PHOTO, smooth=0))
    assert off.mean() < 1
    np.testing.assert_allclose(table.colours[2, 1, 31], LOOK.colours([[255 * 31 / 32, 255 / 32, 255 * 2 / 32]])[0])
    exact = grade.Table(np.stack(np.meshgrid(*[np.array([0, 255.0])] * 3, indexing="ij")[::-1], -1).astype(np.float32))
    np.testing.assert_array_equal(exact.apply(PHOTO), np.rint(PHOTO))  # between any colours, and on the border
    np.testing.assert_array_equal(exact.apply(np.full((1, 1, 3), 255)), [[[255] * 3]])
    file = tmp_path / "look.cube"
    file.write_text(table.cube('a "b"\n'))
    lines = file.read_text().splitlines()
    assert lines[:4] == ['TITLE "a _b__"', "LUT_3D_SIZE 33", "DOMAIN_MIN 0.0 0.0 0.0", "DOMAIN_MAX 1.0 1.0 1.0"]
    np.testing.assert_allclose(grade.read_cube(file).colours, table.colours, atol=1e-3)


def test_pillow_reads_a_table_as_we_do():
    from PIL import ImageFilter

    table = LOOK.table(17)
    photo = np.rint(PHOTO).astype(np.uint8)
    theirs = Image.fromarray(photo).filter(ImageFilter.Color3DLUT(17, (table.colours.reshape(-1, 3) / 255).ravel()))
    assert np.abs(table.apply(photo).astype(int) - np.asarray(theirs)).max() <= 1


def test_pictures_of_few_colours():
    one = np.full((1, 1, 3), 77)
    assert np.abs(grade.learn(PHOTO, one).apply(PHOTO) - 77.0).mean() < 6  # what is left is the width of grain
    assert grade.learn(one, LIKE).apply(one).shape == (1, 1, 3)
    grey = np.repeat(np.mean(PHOTO, axis=2, keepdims=True), 3, axis=2)
    assert np.ptp(grade.learn(PHOTO, grey, 5).apply(PHOTO, smooth=0).astype(int), axis=2).mean() < 12


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: grade.learn(PHOTO, LIKE, 0), "n_components is 0"),
        (lambda: grade.learn(PHOTO, LIKE, strength=1.5), "strength is 1.5"),
        (lambda: grade.learn(PHOTO[:, :, 0], LIKE), "photo"),
        (lambda: grade.learn(PHOTO, LIKE * np.nan), "like"),
        (lambda: LOOK.apply(PHOTO, smooth=-1), "smooth is -1"),
        (lambda: LOOK.apply(PHOTO, smooth=np.nan), "smooth is nan"),
        (lambda: LOOK.table(1), "size is 1"),
        (lambda: LOOK.table().apply(PHOTO, strength=2), "strength is 2"),
    ],
)
def test_wrong_input(ask, says):
    with pytest.raises(InputError, match=says):
        ask()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "0 rows of colours, expected LUT_3D_SIZE"),
        ("LUT_3D_SIZE 2\n0 0 0\n", "1 rows of colours, expected LUT_3D_SIZE 2 and 8 colours"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "line 1 of .* is 'LUT_1D_SIZE 2'"),
        ("LUT_3D_SIZE 2\n" + "0 0 nan\n" * 8, "line 2"),
        ("DOMAIN_MAX 2 2 2\n", "DOMAIN_MAX 2 2 2"),
        ("\x89PNG\r\n", "line 1"),
    ],
)
def test_what_is_no_cube(text, says, tmp_path):
    (tmp_path / "a.cube").write_bytes(text.encode("latin-1"))
    with pytest.raises(PictureError, match=says):
        grade.read_cube(tmp_path / "a.cube")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("colour.png",), "Missing option '--like'"),
        (("colour.png", "--like", "none.png"), "no file none.png"),
        (("colour.png", "--like", "none.cube"), "no file none.cube"),
        (("none.png", "--like", "ink.png"), "no file none.png"),
        (("colour.png", "--like", "ink.png", "--strength", "2"), "--strength is 2"),
        (("colour.png", "--like", "ink.png", "--smooth", "nan"), "--smooth is nan"),
        (("colour.png", "--like", "ink.png", "-k", "0"), "-k is 0"),
        (("colour.png", "--like", "ink.png", "-o", "a.txt"), "unknown extension"),
        (("colour.png", "--like", "ink.png", "-o", "ink.png"), "is the file that is read"),
        (("colour.png", "--like", "a.cube", "-o", "b.cube"), "a look already"),
        (("-", "--like", "-", "-o", "a.png"), "both -"),
        (("colour.png", "--like", "ink.png", "--max-pixels", "10"), "--max-pixels"),
    ],
)
def test_wrong_commands(words, says, tmp_path):
    before = names(make(tmp_path))
    said = mixtura("grade", *words, folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert says in line
    assert names(tmp_path) == before


def test_the_examples_of_the_help_run(tmp_path):
    make(tmp_path)
    for twin in ("holiday.jpg", "other.jpg", "wave.jpg", "harbour.png"):
        Image.fromarray(pixels(tmp_path / "colour.png")[::-1]).save(tmp_path / twin)
    lines = examples("grade")
    assert len(lines) == 3
    for line in lines:
        said = mixtura(*shlex.split(line)[1:], folder=tmp_path)
        assert (said.code, said.err) == (0, ""), line
    assert {"holiday-graded.png", "evening.png", "evening.cube", "other.png"} <= set(names(tmp_path))
    record = mixtura("grade", "colour.png", "--like", "harbour.png", "-k", "3", "--json", folder=tmp_path).record
    assert (record["n_components"], record["outputs"][0]["what"]) == ([3, 3], "picture")
