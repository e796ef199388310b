"""What polishing promises: errors fall, the bits are the same, and the mixture paints what the painter painted."""

import math

import numpy as np
import pytest

import mixtura as mx
from comparing import same_bits
from mixtura.errors import InputError
from mixtura.pictures import draw, field, image, polish, quality
from mixtura.pictures import opacity as op
from mixtura.pictures.experts import of_mixture, to_mixture
from mixtura.pictures.painter import Painter

WIDTH, HEIGHT = 70, 45
FRAME = field.Frame.of_picture(WIDTH, HEIGHT)


def scene():
    """A sky that grows lighter, a hill with a sharp edge, a disc and a thin line."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    picture = np.stack([90 + y, 120 + y / 2, 220 - x / 2], axis=-1)
    picture[y > 28 + 6 * np.sin(x / 9)] = [40, 110, 50]
    picture[(x - 50) ** 2 + (y - 12) ** 2 < 40] = [250, 230, 150]
    picture[np.abs(x - 20 - y / 9) < 0.8] = [20, 20, 30]
    return picture.astype(np.uint8)


PICTURE = scene()


def painting(mixture):
    return draw.mean(mixture, frame=FRAME, size=(WIDTH, HEIGHT))


def test_it_paints_far_better_than_a_fit():
    fitted = mx.fit(image.colour(PICTURE), 30, rng=0, reg_covar=image.PIXEL_VARIANCE).mixture
    polished = polish(30, PICTURE)
    before, after = (quality.psnr(painting(mixture), PICTURE) for mixture in (fitted, polished))
    assert after > before + 4
    assert polish(fitted, PICTURE, effort=0.3).n_components == 30
    assert quality.psnr(painting(polish(fitted, PICTURE, effort=0.3)), PICTURE) > before + 2


def test_errors_fall_and_a_callback_sees_it():
    seen = []
    polish(20, PICTURE, on_step=seen.append)
    assert [step.step for step in seen] == list(range(1, len(seen) + 1))
    assert {step.steps for step in seen} == {len(seen)}
    psnr = [step.psnr for step in seen]
    assert psnr[-1] > psnr[0] + 3
    assert np.diff(psnr[-40:]).min() > -0.05  # small steps at the end


def test_a_callback_may_end_it():
    seen = []
    found = polish(20, PICTURE, on_step=lambda step: seen.append(step) or step.step == 25)
    assert len(seen) == 25
    assert seen[-1].mixture.means == pytest.approx(found.means)  # which is what the last step led to


def test_what_a_mixture_paints_is_never_worsened():
    good = polish(20, PICTURE)
    again = polish(good, PICTURE, effort=0.05)
    first, second = (
        float(((field.mean(each, FRAME, (WIDTH, HEIGHT)) - PICTURE) ** 2).mean()) for each in (good, again)
    )
    assert second <= first * (1 + 1e-5)


@pytest.mark.parametrize("k", [1, 25])
def test_the_same_bits_for_any_number_of_threads(k):
    heard = []
    one, three = (
        polish(k, PICTURE, effort=0.1, n_threads=n, on_step=lambda step: heard.append(step.psnr)) for n in (1, 3)
    )
    assert same_bits(one, three)
    assert heard[: len(heard) // 2] == heard[len(heard) // 2 :]


def test_the_mixture_paints_what_the_painter_painted():
    rng = np.random.default_rng(0)
    p = of_mixture(polish(25, PICTURE, effort=0.1))
    p[:, 5] += rng.normal(size=25)
    painter = Painter(PICTURE, np.ones((HEIGHT, WIDTH)), p)
    mixture = to_mixture(p, np.full(25, 30.0))
    assert 255 * painter.painting() == pytest.approx(field.mean(mixture, FRAME, (WIDTH, HEIGHT)), abs=0.02)
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    asked = mixture.regress([0, 1], np.column_stack([x.ravel(), y.ravel()]))
    assert 255 * painter.painting().reshape(-1, 3) == pytest.approx(asked, abs=0.02)


def test_experts_of_a_mixture_and_back():
    rng = np.random.default_rng(1)
    a = rng.normal(size=(6, 5, 5)) * 5
    mixture = mx.Mixture(rng.dirichlet(np.ones(6)), rng.uniform(0, 40, (6, 5)), a @ a.transpose(0, 2, 1) + np.eye(5))
    back = to_mixture(of_mixture(mixture), np.full(6, 9.0))
    assert back.weights == pytest.approx(mixture.weights)
    assert back.means == pytest.approx(mixture.means)
    assert back.covariances[:, :2] == pytest.approx(mixture.covariances[:, :2])  # of places, and of places and colours
    at = rng.uniform(0, 40, (50, 2))
    assert back.regress([0, 1], at) == pytest.approx(mixture.regress([0, 1], at), rel=1e-6)


def test_constant_colours():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ramp = np.stack([3 * x, 5 * y, x + y], axis=-1).astype(np.uint8)
    sloped, constant = (polish(3, ramp, slopes=slopes, effort=0.3) for slopes in (True, False))
    assert np.abs(constant.covariances[:, :2, 2:]).max() == 0
    assert quality.psnr(painting(sloped), ramp) > quality.psnr(painting(constant), ramp) + 6


def test_colours_scatter_as_errors_do():
    mixture = polish(12, PICTURE, effort=0.3)
    left = mixture.covariances[:, 2, 2] - np.einsum(
        "kj,kji,ki->k",
        mixture.covariances[:, 2, :2],
        np.linalg.inv(mixture.covariances[:, :2, :2]),
        mixture.covariances[:, 2, :2],
    )
    error = float(((field.mean(mixture, FRAME, (WIDTH, HEIGHT)) - PICTURE) ** 2).mean())
    assert float(mixture.weights @ left) == pytest.approx(error, rel=1)  # of about that size
    assert left.min() >= image.PIXEL_VARIANCE * 0.99


def test_pixels_that_do_not_count_are_painted_as_their_neighbours_suggest():
    picture, weight = PICTURE.copy(), np.ones((HEIGHT, WIDTH))
    picture[5:15, 28:38] = [255, 0, 255]
    weight[5:15, 28:38] = 0
    repaired = painting(polish(25, picture, weight=weight, effort=0.5))
    assert np.abs(repaired[5:15, 28:38].astype(float) - PICTURE[5:15, 28:38]).mean() < 10
    twice = polish(25, picture, weight=2 * weight, effort=0.1)
    assert same_bits(twice, polish(25, picture, weight=weight > 0, effort=0.1))


def test_opacity_is_a_channel():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    opacity = np.where((x - 35) ** 2 + (y - 22) ** 2 < 250, 255, 0)
    hidden = PICTURE.copy()
    hidden[opacity == 0] = [255, 0, 255]  # what nobody sees
    mixture = polish(40, np.dstack([hidden, opacity]).astype(np.uint8))
    assert mixture.names == ("x", "y", "r", "g", "b", "a")
    painted = op.mean(mixture, frame=FRAME, size=(WIDTH, HEIGHT))
    assert 10 * math.log10(255**2 / ((painted[..., 3].astype(float) - opacity) ** 2).mean()) > 24
    for paper in ((255, 255, 255), (30, 200, 90)):
        whole = np.where(opacity[..., None] > 0, PICTURE, paper)
        laid = painting(op.on_paper(mixture, paper))
        assert quality.psnr(laid, whole) > 24
        with_alpha = painted[..., :3] * (painted[..., 3:] / 255) + (1 - painted[..., 3:] / 255) * np.array(paper)
        assert np.abs(with_alpha - laid).mean() < 2  # but for what is clipped
    with pytest.raises(InputError, match="has 5 coordinates, but a picture with an opacity has six"):
        op.mean(op.on_paper(mixture), frame=FRAME, size=(WIDTH, HEIGHT))


STARTS = {
    "a weight of 0": lambda mix: mx.Mixture([0, 1, 1, 1], mix.means, mix.covariances),
    "far away": lambda mix: mx.Mixture(mix.weights, mix.means + 1e4, mix.covariances),
    "tiny": lambda mix: mx.Mixture(mix.weights, mix.means, 1e-8 * mix.covariances),
    "wide": lambda mix: mx.Mixture(mix.weights, mix.means, 1e8 * mix.covariances),
    "in one place": lambda mix: mx.Mixture(mix.weights, 0 * mix.means + 5, mix.covariances),
    "diagonal": lambda mix: mx.Mixture(mix.weights, mix.means, np.ones((4, 5)), "diag"),
    "tied": lambda mix: mx.Mixture(mix.weights, mix.means, mix.covariances[0], "tied"),
}


@pytest.mark.parametrize("name", STARTS)
def test_any_mixture_is_a_start(name):
    rng = np.random.default_rng(2)
    a = rng.normal(size=(4, 5, 5)) * 5
    start = STARTS[name](mx.Mixture(np.ones(4), rng.uniform(0, 40, (4, 5)), a @ a.transpose(0, 2, 1) + np.eye(5)))
    for pixels, begun in ((PICTURE, start), (PICTURE[..., 0], start.marginal([0, 1]))):
        found = polish(begun, pixels, effort=0.05)
        assert found.n_components == 4
        assert np.isfinite(field.log_density(found, FRAME, (WIDTH, HEIGHT))).any()


@pytest.mark.parametrize("tone", ["linear", "0:255,0.25:0,1:0"])
def test_a_drawing_is_painted_through_its_tone_curve(tone):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    ring = np.abs(np.hypot(x - 35, y - 22) - 14) < 2
    drawing = np.where(ring, 0, 255).astype(np.uint8)
    mixture = polish(16, drawing, tone=tone)
    assert mixture.names == ("x", "y")
    drawn = draw.grid(mixture, frame=FRAME, size=(WIDTH, HEIGHT), tone=tone)[..., :1].repeat(3, axis=2)
    whole = drawing[..., None].repeat(3, axis=2)
    fitted = mx.fit(image.ink(whole), 16, rng=0, reg_covar=image.PIXEL_VARIANCE).mixture
    before = quality.psnr(draw.grid(fitted, frame=FRAME, size=(WIDTH, HEIGHT), tone=tone), whole)
    assert quality.psnr(drawn, whole) > max(before + 1, 13)
    again = polish(fitted, drawing, tone=tone, effort=0.5)
    assert quality.psnr(draw.grid(again, frame=FRAME, size=(WIDTH, HEIGHT), tone=tone), whole) > before


def test_a_large_picture_is_halved(monkeypatch):
    from mixtura.pictures import polishing

    whole = polish(20, PICTURE, effort=0.3)
    monkeypatch.setattr(polishing, "MOST", HEIGHT * WIDTH - 1)
    halved = polish(20, PICTURE, effort=0.3)
    assert not same_bits(whole, halved)
    assert quality.psnr(painting(halved), PICTURE) > 25  # what is lost are edges


def test_one_colour_is_painted_exactly():
    flat = np.full((9, 13, 3), 77, np.uint8)
    mixture = polish(3, flat)
    assert (draw.mean(mixture, frame=field.Frame.of_picture(13, 9), size=(13, 9)) == 77).all()


def test_as_many_components_as_pixels():
    few = np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 14
    assert polish(6, few, effort=0.05).n_components == 6
