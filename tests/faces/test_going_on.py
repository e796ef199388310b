"""Commands that go on from a model: where EM begins, what is held, and which components are drawn."""

import numpy as np
import pytest
from PIL import Image
from terminal import mixtura, pixels

import mixtura as mx
from mixtura.jobs.paint import made, shown
from mixtura.jobs.reading import read_image
from mixtura.jobs.recipe import Recipe
from mixtura.pictures import draw, image
from mixtura.pictures.field import Frame
from mixtura.sources import tables

X = np.random.default_rng(0).normal(size=(90, 2)) + np.repeat([[0, 0], [5, 0], [0, 5]], 30, axis=0)
START = mx.Mixture([0.2, 0.3, 0.5], [[0.5, 0], [5, 1], [1, 4]], [np.eye(2)] * 3, names=["a", "b"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("going")
    tables.write(found / "t.csv", {"a": X[:, 0], "b": X[:, 1]})
    START.save(found / "start.mix")
    rng = np.random.default_rng(1)
    scene = np.add.outer(np.arange(24) * 8, np.arange(32) * 5)[..., None] * (0.4, 0.5, 0.6) + rng.normal(
        0, 5, (24, 32, 3)
    )
    Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8)).save(found / "p.png")
    return found


def ok(*words, folder):
    said = mixtura(*words, folder=folder)
    assert said.code == 0, said
    return said


def test_a_table_is_fitted_on_from_a_model(folder):
    words = ("--start", "start.mix", "--fixed", "means:0,2", "--fixed", "weights:1")
    ok("fit", "t.csv", "-k", 3, *words, "-o", "on.mix", folder=folder)
    known = mx.fit(X, 3, start=START, fixed={"means": [0, 2], "weights": [1]}, rng=0).mixture
    found = mx.load(folder / "on.mix")
    np.testing.assert_array_equal(found.means, known.means)
    np.testing.assert_array_equal(found.means[[0, 2]], START.means[[0, 2]])
    ok("fit", "t.csv", "-k", 3, "--start", "start.mix", "--fixed", "covariances:all", "-o", "all.mix", folder=folder)
    np.testing.assert_array_equal(mx.load(folder / "all.mix").covariances, START.covariances)


def test_a_picture_is_fitted_on_from_a_model(folder):
    ok("paint", "p.png", "-k", 5, "--no-polish", "--start", "random_from_data", "-o", "one.mix", folder=folder)
    ok("paint", "p.png", "--start", "one.mix", "--fixed", "means:1", "--max-iter", 3, "-o", "two.mix", folder=folder)
    one, two = (mx.load(folder / name) for name in ("one.mix", "two.mix"))
    points = image.colour(pixels(folder / "p.png"))
    how = {"reg_covar": image.PIXEL_VARIANCE, "accelerate": True, "dtype": "float32", "max_iter": 3, "rng": 0}
    known = mx.fit(points, 5, start=one, fixed={"means": [1]}, **how).mixture
    np.testing.assert_array_equal(two.means, known.means)
    np.testing.assert_array_equal(two.means[1], one.means[1])
    ok("paint", "p.png", "--start", "one.mix", "--polish", "--effort", 0.05, "-o", "three.mix", folder=folder)
    assert mx.load(folder / "three.mix").n_components == 5


def test_some_components_are_drawn(folder):
    ok("paint", "p.png", "-k", 8, "--no-polish", "-o", "eight.mix", folder=folder)
    mixture = mx.load(folder / "eight.mix")
    words = ("--style", "mean", "--without", "0,3", "--heaviest", 4, "-o", "few.png")
    ok("paint", "eight.mix", *words, folder=folder)
    kept = [i for i in range(8) if i not in (0, 3)]
    kept = sorted(sorted(kept, key=lambda i: (-mixture.weights[i], i))[:4])
    known = draw.mean(mixture.subset(kept), frame=Frame(0, 0, 32, 24), size=(32, 24))
    np.testing.assert_array_equal(pixels(folder / "few.png"), known)
    assert shown(mixture, (), 8) is mixture
    same = mx.Mixture([1, 1, 1], np.eye(3), np.ones(3), "spherical")
    assert shown(same, (0,), 1).means.tolist() == [[0, 1, 0]], "of equal ones the first"


def test_what_is_made_in_memory_is_what_is_written(folder):
    ok("paint", "p.png", "-k", 4, "--style", "mean,ellipses", "--seed", 3, "-o", "w.png", "-o", "w.svg", folder=folder)
    names = ("w.png", "w.svg")
    how = {"n_components": 4, "styles": ("mean", "ellipses"), "rng": 3}
    recipe = Recipe(image=folder / "p.png", outputs=tuple(folder / name for name in names), **how)
    found = made(recipe, read_image(recipe.image, recipe, lambda _: None))
    assert {name: (folder / name).read_bytes() for name in names} == found


def test_a_figure_is_as_wide_as_is_asked_for(folder):
    ok("show", "start.mix", "--data", "t.csv", "--plot", "f.png", "--size", 777, folder=folder)
    assert pixels(folder / "f.png").shape[1] == 777


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fit", "t.csv", "-k", 3, "--fixed", "means:0"), "--fixed names means, but --start is no Mixture"),
        (("fit", "t.csv", "-k", 3, "--start", "start.mix", "--fixed", "colour:0"), "--fixed is 'colour:0'"),
        (("fit", "t.csv", "-k", 3, "--start", "start.mix", "--fixed", "means:x"), "--fixed is 'means:x'"),
        (("fit", "t.csv", "-k", 3, "--start", "start.mix", "--fixed", "means:9"), "fixed"),
        (("fit", "t.csv", "-k", 2, "--start", "start.mix"), "start"),
        (("fit", "t.csv", "-k", 3, "--start", "nobody.mix"), "nobody.mix does not exist"),
        (("paint", "p.png", "-k", 4, "--start", "start.mix"), "--start has 3 components, but -k is 4"),
        (("paint", "p.png", "--start", "magic"), "--start is 'magic'"),
        (("paint", "start.mix", "--start", "kmeans++"), "--start needs the picture"),
        (("paint", "start.mix", "--fixed", "means:1"), "--fixed needs the picture"),
        (("paint", "p.png", "--polish", "--start", "start.mix", "--fixed", "means:1"), "--polish moves all components"),
        (("paint", "start.mix", "--without", "0,1,2"), "--without leaves no component"),
        (("paint", "start.mix", "--without", "7"), "without"),
        (("paint", "start.mix", "--without", "a"), "--without is 'a'"),
        (("paint", "start.mix", "--heaviest", 0), "--heaviest is 0"),
        (("show", "start.mix", "--size", 300), "--size is the width of a .png"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_a_line(folder, words, says):
    said = mixtura(*words, folder=folder)
    assert (said.code, len(said.err.splitlines())) == (2, 1), said
    assert says in said.err
