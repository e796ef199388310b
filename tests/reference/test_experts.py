"""The compiled experts against a few lines of NumPy: the painting, its error, the gradient, who matters where."""

import numpy as np
import pytest

from mixtura.kernels import experts as kernels
from mixtura.pictures.painter import Painter

HEIGHT, WIDTH, K = 21, 37, 9  # no multiples of a tile
CURVE = np.linspace(0, 1, 17) ** 1.5


def scene(channels, seed=0):
    """A picture in 0..255, weights of its pixels, and experts on it."""
    rng = np.random.default_rng(seed)
    picture = rng.uniform(0, 255, (HEIGHT, WIDTH, max(1, channels)))
    p = np.zeros((K, 6 + 3 * channels))
    p[:, :2] = rng.uniform(0, [WIDTH, HEIGHT], (K, 2))
    p[:, 2:4] = -np.log(rng.uniform(1.5, 9, (K, 2)))
    p[:, 4], p[:, 5] = rng.uniform(0, 6, K), rng.normal(size=K) - 2.5 * (channels == 0)
    p[:, 6:] = rng.normal(size=(K, 3 * channels)) / 2
    return picture, rng.uniform(0, 1, (HEIGHT, WIDTH)), p


def gates(p):
    """Logs (k, h, w) of the gates, and z (k, 2, h, w)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    away = np.stack([x - p[:, 0, None, None], y - p[:, 1, None, None]], axis=1)
    cos, sin = np.cos(p[:, 4]), np.sin(p[:, 4])
    turn = np.exp(p[:, 2:4])[:, :, None] * np.stack([np.stack([cos, sin], 1), np.stack([-sin, cos], 1)], 1)
    z = np.einsum("kij,kjhw->kihw", turn, away)
    return p[:, 5, None, None] - (z**2).sum(axis=1) / 2, z


def painted(p):
    """The painting, (h, w, c)."""
    logs, z = gates(p)
    if p.shape[1] == 6:
        density = np.exp(logs).sum(axis=0)
        return (np.interp(density, np.linspace(0, 1, len(CURVE)), CURVE) + 4 * np.maximum(density - 1, 0))[..., None]
    share = np.exp(logs - logs.max(axis=0))
    share /= share.sum(axis=0)
    parts = p[:, 6:].reshape(K, -1, 3)
    colour = parts[..., 0, None, None] + np.einsum("kcj,kjhw->kchw", parts[..., 1:], z)
    return np.einsum("khw,kchw->hwc", share, colour)


def half_square(p, picture, weight):
    return 0.5 * float((weight[..., None] * (painted(p) - picture / 255) ** 2).sum())


def moved(p, k, j, by):
    """Parameter j of expert k changed, a place along the expert's axes in standard deviations."""
    q = p.copy()
    if j < 2:
        axis = [np.cos(p[k, 4]), np.sin(p[k, 4])] if j == 0 else [-np.sin(p[k, 4]), np.cos(p[k, 4])]
        q[k, :2] += by * np.exp(-p[k, 2 + j]) * np.array(axis)
    else:
        q[k, j] += by
    return q


@pytest.mark.parametrize("channels", [3, 4, 1, 0])
def test_painting_error_and_gradient(channels):
    picture, weight, p = scene(channels)
    painter = Painter(picture, weight, p, curve=CURVE, n_threads=1)
    assert np.abs(painter.painting(60.0) - painted(p)).max() < 1e-5
    painter.refresh(60.0)
    assert painter.derive() == pytest.approx(half_square(p, picture, weight), rel=1e-5)
    for k in range(K):
        for j in range(p.shape[1]):
            up, down = (half_square(moved(p, k, j, by), picture, weight) for by in (1e-5, -1e-5))
            largest = np.abs(painter.gradient[:, j]).max()
            assert painter.gradient[k, j] == pytest.approx((up - down) / 2e-5, abs=1e-3 * largest + 1e-4), (k, j)


@pytest.mark.parametrize("channels", [3, 0])
@pytest.mark.parametrize("cut", [3.0, 10.0])
def test_lists_hold_those_who_matter_and_no_others(channels, cut):
    picture, weight, p = scene(channels, seed=1)
    painter = Painter(picture, weight, p)
    painter.refresh(cut)
    logs, _ = gates(p)
    top = logs.max(axis=0) if channels else np.zeros((HEIGHT, WIDTH))
    near = logs >= top - cut
    across = -(-WIDTH // kernels.WIDE)
    for tile in range(len(painter.canvas.centre)):
        rows = slice(tile // across * kernels.TALL, (tile // across + 1) * kernels.TALL)
        columns = slice(tile % across * kernels.WIDE, (tile % across + 1) * kernels.WIDE)
        found = set(painter.lists.names[painter.lists.start[tile] : painter.lists.start[tile + 1]])
        assert found >= set(np.flatnonzero(near[:, rows, columns].any(axis=(1, 2))))
        if (tile + 1) % across and (tile // across + 1) * kernels.TALL <= HEIGHT:  # others have pixels beyond the edge
            assert found == set(np.flatnonzero(near[:, rows, columns].any(axis=(1, 2))))


def test_accounts_are_mass_error_and_price():
    picture, weight, p = scene(3, seed=2)
    painter = Painter(picture, weight, p)
    painter.refresh(60.0)
    mass, missed, price = painter.accounts().T
    logs, _ = gates(p)
    share = np.exp(logs - logs.max(axis=0))
    share /= share.sum(axis=0)
    error = weight * ((painted(p) - picture / 255) ** 2).sum(axis=2)
    assert mass == pytest.approx((share * weight).sum(axis=(1, 2)), rel=1e-3)
    assert missed == pytest.approx((share * error).sum(axis=(1, 2)), rel=1e-3)
    faint = p.copy()
    faint[4, 5] -= 4  # so that the price is nearly that of a small change
    painter.replace(faint)
    painter.refresh(60.0)
    gone = faint.copy()
    gone[4, 5] = -60
    true = half_square(gone, picture, weight) - half_square(faint, picture, weight)
    assert painter.accounts()[4, 2] == pytest.approx(true, rel=0.1)
    assert price.shape == (K,)


def test_what_has_no_rate_stays_while_the_rest_adapts():
    picture, weight, p = scene(3)
    painter = Painter(picture, weight, p)
    rates = np.full(p.shape, 0.05)
    rates[:, :2] = rates[:, 4] = 0
    rates[3] = 0
    before = painter.loss()
    for _ in range(30):
        painter.step(rates)
    assert painter.loss() < 0.95 * before
    assert np.array_equal(painter.parameters[rates == 0], p[rates == 0])
    assert (painter.parameters[rates > 0] != p[rates > 0]).all()


def test_one_compilation_serves_every_number_of_channels():
    for channels in (3, 4, 1, 0):
        picture, weight, p = scene(channels)
        Painter(picture, weight, p, curve=CURVE).step(np.full((1, p.shape[1]), 0.01))
    assert len(kernels.over.signatures) == 1
