"""The recipe: one job as data, done once."""

from pathlib import Path

import numpy as np
import pytest
from terminal import COLOUR, make, names, pixels

from mixtura.em import fit as door
from mixtura.errors import MixturaError
from mixtura.jobs.fitting import WARM_UP, fit_points
from mixtura.jobs.paint import Recipe, run
from mixtura.pictures.image import PIXEL_VARIANCE
from mixtura.sources.points import Points


@pytest.fixture
def fits(monkeypatch):
    """The arguments of each fit."""
    made = []
    fit = door.fit
    monkeypatch.setattr(door, "fit", lambda *args, **more: made.append((args, more)) or fit(*args, **more))
    return made


def recipe(folder, *, outputs=(), **drawing):
    outputs = tuple(folder / name for name in outputs)
    return Recipe(folder / "colour.png", n_components=3, max_iter=3, outputs=outputs, **drawing)


def test_many_styles_are_drawn_from_one_fit(tmp_path, fits):
    outcome = run(recipe(make(tmp_path), styles=("all",), outputs=("a.png", "a.mix")))
    assert len(fits) == 1
    assert [file.style for file in outcome.written] == ["dots", "mean", "ellipses", "model"]
    (args, more) = fits[0]
    assert (args[0].n, args[1]) == (384, 3)
    assert (args[0].within_variance, more["dtype"]) == (PIXEL_VARIANCE, "float32")
    assert more["reg_covar"] is None


def test_a_model_is_not_fitted(tmp_path, fits):
    run(recipe(make(tmp_path), outputs=("a.mix",)))
    outcome = run(Recipe(tmp_path / "a.mix", outputs=(tmp_path / "a.png",)))
    assert len(fits) == 1
    assert (outcome.fit, outcome.points, outcome.kind, outcome.psnr) == (None, None, "colour", None)


@pytest.mark.parametrize(("name", "k"), [("ink.png", 8), ("colour.png", 38)])
def test_small_pictures_have_fewer_components_than_the_default(tmp_path, name, k):
    make(tmp_path)
    outcome = run(Recipe(tmp_path / name, max_iter=1, outputs=(tmp_path / "a.png",)))
    assert outcome.mixture.n_components == k


def test_many_points_are_first_fitted_on_a_sample(fits):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(2000, 2)), rng.normal([30, 0], size=(2000, 2))])
    heard = []
    found = fit_points(Points(x.astype("float32")), 2, Recipe(Path("a.png"), max_iter=20), heard.append)
    assert [args[0].n for args, _ in fits] == [2 * WARM_UP, 4000]
    assert np.sort(found.mixture.means[:, 0]) == pytest.approx([0, 30], abs=0.1)
    assert len(found.log_likelihoods) <= 5  # the sample has found nearly all
    stages = list(dict.fromkeys(progress.stage for progress in heard))
    assert stages == ["fitting a sample", "fitting"]
    fits.clear()
    fit_points(Points(x[: 8 * WARM_UP - 1].astype("float32")), 2, Recipe(Path("a.png"), max_iter=20))
    fit_points(Points(x.astype("float32")), 2, Recipe(Path("a.png"), max_iter=0))
    assert [args[0].n for args, _ in fits] == [8 * WARM_UP - 1, 4000]


def test_a_watcher_hears_every_stage_and_every_step(tmp_path):
    heard = []
    outcome = run(recipe(make(tmp_path), styles=("mean", "dots"), outputs=("a.png",)), heard.append)
    stages = list(dict.fromkeys(progress.stage for progress in heard))
    assert stages == [
        "reading colour.png",
        "fitting",
        "drawing mean",
        "writing a-mean.png",
        "drawing dots",
        "writing a-dots.png",
    ]
    assert next(progress.step for progress in heard if progress.stage == "fitting") is None  # said before it begins
    steps = [progress.step for progress in heard if progress.step is not None]
    assert [step.iteration for step in steps] == list(range(1, outcome.fit.n_iter + 1))
    assert [step.log_likelihood for step in steps] == list(outcome.fit.log_likelihoods[1:])
    assert all((progress.max_iter, progress.tol) == (3, 1e-3) for progress in heard if progress.step)


def test_psnr_grows_with_the_likeness(tmp_path):
    make(tmp_path)
    plain = run(recipe(tmp_path, outputs=("a.png",))).psnr
    worse = run(recipe(tmp_path, outputs=("a.png",), sharpen=100.0)).psnr
    assert worse < plain - 3
    assert plain > 10 * np.log10(255**2 / COLOUR.var(axis=(0, 1)).mean())  # better than one colour for all
    assert run(recipe(tmp_path, styles=("dots",), outputs=("a.png",))).psnr is None


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        ({"settings": {"tone": "nonsense"}}, "tone is 'nonsense'"),
        ({"settings": {"ink": "nonsense"}}, "ink is 'nonsense'"),
        ({"settings": {"colours": "nonsense"}, "styles": ("contour",)}, "colour map 'nonsense'"),
        ({"settings": {"radius": 0.0}, "styles": ("dots",)}, "radius is 0.0"),
        ({"settings": {"radius": float("nan")}, "styles": ("dots",)}, "radius is nan"),
        ({"settings": {"nonsense": 1}}, "setting 'nonsense' is unknown"),
        (
            {"settings": {"tone": "linear"}, "styles": ("dots",)},
            r"^tone changes nothing in dots: add styles=grid \(or mean",
        ),
        ({"settings": {"samples": 5}, "styles": ("mean", "grid")}, "nothing in mean and grid: add styles=dots"),
        ({"settings": {"ink": "red"}}, r"^ink changes nothing in mean: add styles=dots \(or grid, ellipses\)"),
        ({"settings": {"ink": "red"}, "outputs": ("a.mix",)}, "^ink changes nothing in a model"),
        ({"sharpen": 0.0}, "sharpen is 0.0"),
        ({"size": (10**4, 10**5)}, "10000 x 100000 = 1,000,000,000 pixels, the limit is 100,000,000"),
        ({"styles": ("nonsense",)}, "style 'nonsense' is unknown"),
        ({"outputs": ("a.bmp",)}, "unknown extension '.bmp'"),
        ({"outputs": ("no/a.png",)}, "there is no folder"),
    ],
)
def test_what_cannot_work_is_refused_before_the_fit(tmp_path, fits, drawing, says):
    with pytest.raises(MixturaError, match=says):
        run(recipe(make(tmp_path), **drawing))
    assert fits == []
    assert names(tmp_path) == ["colour.png", "ink.png"]


def test_settings_that_one_style_takes_are_for_that_one(tmp_path, fits):
    settings = {"tone": "equalise", "samples": 10, "ink": "red"}
    drawing = {"styles": ("mean", "dots", "grid"), "settings": settings, "paper": "white", "n_threads": 1}
    outcome = run(recipe(make(tmp_path), outputs=("a.png",), **drawing))
    assert len(outcome.written) == 3
    plain = run(recipe(make(tmp_path), outputs=("b.png",), styles=("mean",), n_threads=1))
    np.testing.assert_array_equal(pixels(outcome.written[0].path), pixels(plain.written[0].path))
