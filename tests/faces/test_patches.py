"""Pictures restored by a mixture of patches: in Python, and by `mixtura denoise`, `fill` and `enlarge`."""

import shlex
from importlib import resources

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image
from terminal import examples, make, mixtura, names, pixels

import mixtura as mx
from mixtura.errors import InputError, MixturaWarning, StorageError
from mixtura.patches import PatchMixture, denoise, enlarge, fill, learn, load, noise, standard
from mixtura.patches.enlarging import back, interpolated

RNG = np.random.default_rng(0)
PHOTO = load_sample_image("flower.jpg")[100:228, 100:228].astype(np.float32)
GREY = PHOTO.mean(axis=2)
NOISY = GREY + RNG.normal(0, 20, GREY.shape)
HOLES = RNG.uniform(size=GREY.shape) < 0.5


def psnr(found, truth):
    return 10 * np.log10(255**2 / np.mean((np.asarray(found, float) - truth) ** 2))


def test_noise_goes_and_the_picture_stays():
    given = psnr(np.clip(NOISY, 0, 255), GREY)
    clean = denoise(np.clip(NOISY, 0, 255), sigma=20)
    assert psnr(clean, GREY) > given + 11
    fast = denoise(np.clip(NOISY, 0, 255), sigma=20, effort="fast")
    assert psnr(clean, GREY) - 0.3 < psnr(fast, GREY) < psnr(clean, GREY) + 0.05
    np.testing.assert_array_equal(denoise(np.clip(NOISY, 0, 255), sigma=20, n_threads=1), clean)
    noisy = np.clip(PHOTO + RNG.normal(0, 20, PHOTO.shape), 0, 255)
    assert psnr(denoise(noisy, sigma=20, effort="fast"), PHOTO) > psnr(noisy, PHOTO) + 9


@pytest.mark.parametrize("sigma", [3, 12, 40])
def test_the_noise_is_found(sigma):
    """From what is not clipped; of colours as of greys."""
    noisy = np.clip(GREY + np.random.default_rng(1).normal(0, sigma, GREY.shape), 0, 255)
    assert noise(noisy) == pytest.approx(sigma, rel=0.2, abs=0.7)
    if sigma == 12:
        coloured = np.clip(PHOTO + np.random.default_rng(2).normal(0, sigma, PHOTO.shape), 0, 255)
        assert noise(coloured) == pytest.approx(sigma, rel=0.2)
        assert psnr(denoise(noisy), GREY) == pytest.approx(psnr(denoise(noisy, sigma=12), GREY), abs=0.3)


def test_noise_that_is_coarser_than_pixels_is_told_of():
    coarse = np.kron(RNG.normal(0, 25, (64, 64)), np.ones((2, 2)))
    with pytest.warns(MixturaWarning, match="coarser than a pixel"):
        found = denoise(np.clip(GREY + coarse, 0, 255), effort="fast")
    assert np.isfinite(found).all()


def test_known_pixels_stay_and_missing_ones_come_back():
    found = fill(np.where(HOLES, 0, GREY), HOLES)
    np.testing.assert_array_equal(found[~HOLES], GREY[~HOLES])
    near = fill(np.where(HOLES, 255, GREY), HOLES, n_threads=1)
    np.testing.assert_array_equal(near, found)  # what missing pixels hold does not matter
    assert psnr(found[HOLES], GREY[HOLES]) > 36
    coloured = fill(np.where(HOLES[:, :, None], 0, PHOTO), HOLES.astype(np.uint8) * 255, effort="fast")
    np.testing.assert_array_equal(coloured[~HOLES], PHOTO[~HOLES])
    assert psnr(coloured[HOLES], PHOTO[HOLES]) > 33
    np.testing.assert_array_equal(fill(GREY, np.zeros(GREY.shape)), GREY)


def test_a_wide_hole_is_filled_from_around():
    hole = np.zeros(GREY.shape, bool)
    hole[40:80, 40:80] = True
    slope = 60 + np.add.outer(np.arange(128), np.arange(128)) / 2.0
    assert np.abs(fill(np.where(hole, 0, slope), hole) - slope).max() < 12


def test_enlarged_blocks_have_the_means_that_are_known():
    small = GREY.reshape(64, 2, 64, 2).mean(axis=(1, 3))
    found = enlarge(small)
    assert np.abs(found.reshape(64, 2, 64, 2).mean(axis=(1, 3)) - small).mean() < 0.3
    assert psnr(found, GREY) > psnr(interpolated(small, 2), GREY) + 0.5
    assert psnr(found, GREY) > psnr(back(back(interpolated(small, 2), small, 2), small, 2), GREY) + 0.2
    np.testing.assert_array_equal(enlarge(small, n_threads=1), found)
    assert enlarge(PHOTO[:30, :20], 3, effort="fast").shape == (90, 60, 3)


def test_opacity_is_kept_and_hidden_colours_do_not_show():
    opacity = np.where(HOLES, 0, 200).astype(np.float32)
    one, other = (np.dstack([np.where(HOLES[:, :, None], hidden, PHOTO), opacity]) for hidden in (0, 255))
    found = denoise(one, sigma=5, effort="fast")
    np.testing.assert_array_equal(found, denoise(other, sigma=5, effort="fast"))
    np.testing.assert_array_equal(found[:, :, 3], opacity)
    filled = fill(one, effort="fast")
    np.testing.assert_array_equal(filled[~HOLES], one[~HOLES])
    assert (filled[HOLES, 3] == 255).all()
    assert enlarge(one, effort="fast").shape == (256, 256, 4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (9, 7, 4), (33, 5, 3)])
def test_tiny_pictures(shape):
    picture = np.random.default_rng(0).uniform(0, 255, shape)
    for found in (denoise(picture, sigma=9), denoise(picture), fill(picture, np.zeros(shape[:2])), enlarge(picture)):
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.max() <= 255
    if shape != (1, 1):
        mask = np.ones(shape[:2], bool)
        mask[0, 0] = False
        assert np.isfinite(fill(picture, mask)).all()


def test_black_and_white_stay_what_they_are():
    for grey in (0.0, 255.0):
        flat = np.full((20, 30), grey)
        np.testing.assert_allclose(denoise(flat, sigma=10), flat, atol=1e-3)
        np.testing.assert_allclose(enlarge(flat), grey, atol=1e-3)


def test_progress_rises_to_the_end():
    for work in (lambda told: denoise(PHOTO, sigma=9, watch=told), lambda told: fill(GREY, HOLES, watch=told)):
        seen = []
        work(seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == pytest.approx(1)


def test_what_is_learnt_cleans_its_own_kind(tmp_path):
    """Stripes, by a mixture that has seen nothing else, in patches of another size."""
    stripes = np.where((COLUMNS := np.add.outer(np.arange(90), np.arange(110))) // 3 % 2, 60.0, 190.0)
    prior = learn([stripes, np.dstack([stripes] * 3)], 6, 6, n_patches=3000)
    assert (prior.size, prior.mixture.n_components, COLUMNS.shape) == (6, 6, stripes.shape)
    prior.save(tmp_path / "stripes.mix")
    noisy = np.clip(stripes + RNG.normal(0, 50, stripes.shape), 0, 255)
    own, other = (
        psnr(denoise(noisy, sigma=50, prior=each), stripes) for each in (load(tmp_path / "stripes.mix"), None)
    )
    assert own > other + 2
    assert prior.sample(4, rng=0).shape == (4, 6, 6)
    assert prior.shown(0, 3).shape == (13, 20)
    rows = stripes[:6, :6][None]
    assert prior.log_density(rows)[0] > prior.log_density(RNG.permuted(rows, axis=2))[0]


def test_the_prior_that_comes_along():
    file = resources.files("mixtura.patches") / "standard.mix"
    assert len(file.read_bytes()) <= 500_000
    notes = mx.FactorMixture.load_with_notes(str(file))[1]
    assert all("CC0" in licence or "public domain" in licence for licence in notes["pictures"].values())
    assert not {"camera.png", "coins.png", "astronaut.png"} & set(notes["pictures"])


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: denoise(GREY, sigma=0), "sigma is 0: give auto, or a number above 0"),
        (lambda: denoise(GREY, sigma=np.nan), "sigma is nan"),
        (lambda: denoise(GREY, sigma=-3), "sigma is -3"),
        (lambda: denoise(GREY, sigma=300), "sigma is 300"),
        (lambda: denoise(GREY, sigma="much"), "sigma is 'much'"),
        (lambda: denoise(GREY, effort="more"), "effort is 'more': choose one of fast, normal, best"),
        (lambda: denoise(GREY * np.nan), "picture has values from nan"),
        (lambda: denoise(GREY[0]), "picture is float32 of shape"),
        (lambda: fill(GREY), "give a mask"),
        (lambda: fill(GREY, HOLES[1:]), "mask has 128 x 127 pixels and the picture 128 x 128"),
        (lambda: fill(GREY, np.ones(GREY.shape)), "mask covers all 16,384 pixels"),
        (lambda: fill(np.zeros((1, 1)), [[True]]), "mask covers all 1 pixels"),
        (lambda: fill(GREY, PHOTO), "mask is float32 of shape"),
        (lambda: fill(np.zeros((4, 5, 4))), "covers all 20 pixels"),
        (lambda: enlarge(GREY, 1), "factor is 1: give a whole number from 2 to 4"),
        (lambda: enlarge(GREY, 2.5), "factor is 2.5"),
        (lambda: PatchMixture(standard().mixture, 7), "size is 7, but the mixture has 64 coordinates"),
        (lambda: learn([]), "pictures is empty"),
        (lambda: learn(GREY), "pictures is one picture"),
        (lambda: learn([GREY[:4]]), "all smaller than 8 x 8"),
        (lambda: learn([GREY], size=2), "size is 2: give a whole number of pixels from 3 to 16"),
        (lambda: mx.patches.chosen(GREY[:4], 5), "a patch 8 a side"),
        (lambda: mx.patches.chosen(GREY, "auto"), "sigma is 'auto'"),
        (lambda: standard().log_density(GREY), "patches has shape"),
        (lambda: standard().shown(200), "component is 200"),
    ],
)
def test_wrong_input(ask, says):
    with pytest.raises(InputError, match=says):
        ask()


def test_the_component_that_cleans_a_patch():
    """Flat patches by components without contrast, edges by others."""
    edge = np.where(np.arange(40) < 20, 60.0, 190.0) + np.zeros((24, 1))
    labels = mx.patches.chosen(edge + RNG.normal(0, 5, edge.shape).clip(-9, 9), 5.0)
    assert labels.shape == (17, 33)
    loudness = standard().mixture.variances[labels, 0]
    assert loudness[:, :12].max() < 400 < 1000 < loudness[:, 15:19].min()


def test_files_that_hold_no_patches(tmp_path):
    standard().mixture.permuted(np.arange(2)).save(tmp_path / "factors.mix")
    standard().mixture.permuted(np.arange(2)).save(tmp_path / "seven.mix", size=7)
    for name, says in (("factors", "holds no mixture of patches"), ("seven", "size is 7")):
        with pytest.raises(StorageError, match=says):
            load(tmp_path / f"{name}.mix")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("denoise", "none.png"), "no file none.png"),
        (("denoise", "colour.png", "--sigma", "0"), "--sigma is 0.0: give auto"),
        (("denoise", "colour.png", "--sigma", "nan"), "--sigma is nan"),
        (("denoise", "colour.png", "--sigma", "much"), "--sigma is 'much'"),
        (("denoise", "colour.png", "--effort", "9"), "--effort is '9'"),
        (("denoise", "colour.png", "--prior", "ink.png"), "ink.png is not a model file"),
        (("denoise", "colour.png", "--prior", "none.mix"), "none.mix does not exist"),
        (("denoise", "colour.png", "-o", "a.txt"), "unknown extension"),
        (("denoise", "colour.png", "-o", "colour.png"), "is the file that is read"),
        (("denoise", "colour.png", "--max-pixels", "10"), "--max-pixels"),
        (("fill", "colour.png"), "give a --mask"),
        (("fill", "colour.png", "--mask", "none.png"), "no file none.png"),
        (("fill", "colour.png", "--mask", "small.png"), "make them alike"),
        (("fill", "colour.png", "--mask", "white.png"), "--mask covers all"),
        (("fill", "-", "--mask", "-", "-o", "a.png"), "both -"),
        (("fill", "colour.png", "--mask", "ink.png", "-o", "ink.png"), "is the file that is read"),
        (("enlarge", "colour.png", "9"), "factor is 9"),
        (("enlarge", "colour.png", "--max-pixels", "500"), "raise --max-pixels"),
        (("enlarge", "colour.png", "--paper", "nocolour"), "--paper"),
    ],
)
def test_wrong_commands(words, says, tmp_path):
    make(tmp_path)
    shape = pixels(tmp_path / "colour.png").shape
    Image.fromarray(np.full(shape, 255, np.uint8)).save(tmp_path / "white.png")
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "small.png")
    before = names(tmp_path)
    said = mixtura(*words, folder=tmp_path)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert says in line
    assert len(line) < 500
    assert names(tmp_path) == before


def test_the_examples_of_the_help_run(tmp_path):
    make(tmp_path)
    noisy = np.clip(PHOTO[:48, :48] + RNG.normal(0, 15, (48, 48, 3)), 0, 255).astype(np.uint8)
    for name in ("night.jpg", "old.png", "small.png"):
        Image.fromarray(noisy).save(tmp_path / name)
    Image.fromarray(np.where(HOLES[:48, :48], 255, 0).astype(np.uint8)).save(tmp_path / "scratches.png")
    holes = np.dstack([noisy, np.where(HOLES[:48, :48], 0, 255).astype(np.uint8)])
    Image.fromarray(holes).save(tmp_path / "holes.png")
    lines = examples("denoise") + examples("fill") + examples("enlarge")
    assert len(lines) == 5
    for line in lines:
        said = mixtura(*shlex.split(line)[1:], folder=tmp_path)
        assert said.code == 0, said.err
    assert {"night-denoised.png", "clean.png", "old-filled.png", "whole.png", "small-enlarged.png"} <= set(
        names(tmp_path)
    )
    assert pixels(tmp_path / "small-enlarged.png").shape == (96, 96, 3)
    assert pixels(tmp_path / "whole.png").shape == (48, 48, 3)
    np.testing.assert_array_equal(pixels(tmp_path / "old-filled.png")[~HOLES[:48, :48]], noisy[~HOLES[:48, :48]])


def test_files_keep_opacity_and_digits(tmp_path):
    deep = np.rint(GREY[:40, :40] * 256.7).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    faint = np.dstack([PHOTO[:40, :40], np.where(HOLES[:40, :40], 90, 255)]).astype(np.uint8)
    Image.fromarray(faint).save(tmp_path / "faint.png")
    outputs = ("-o", "a.png", "-o", "b.jpg")
    assert mixtura("denoise", "deep.png", "--sigma", "0.3", *outputs, folder=tmp_path).code == 0
    with Image.open(tmp_path / "a.png") as image:
        found = np.asarray(image)
    assert found.dtype == np.uint16
    assert (found % 257 != 0).any()
    assert np.abs(found.astype(float) - deep).mean() < 120  # half a step of 255
    record = mixtura("denoise", "faint.png", "--sigma", "1", "--json", *outputs, folder=tmp_path).record
    assert (record["opacity"], record["sigma"], record["estimated"]) == (True, 1.0, False)
    with Image.open(tmp_path / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image)[:, :, 3], faint[:, :, 3])
    assert pixels(tmp_path / "b.jpg").shape == (40, 40, 3)
