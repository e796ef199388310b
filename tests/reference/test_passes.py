"""Passes over patches against plain sums: matrices instead of axes, loops instead of bands."""

import numpy as np
import pytest

import mixtura as mx
from mixtura.patches import passes
from mixtura.patches.filling import KNOWN, OFF, Partial
from mixtura.patches.passes import Noisy, averaged, places, shaken

RNG = np.random.default_rng(0)
ROWS, COLUMNS = np.mgrid[:60, :45]
PICTURE = (90 + ROWS + 40 * np.sin(COLUMNS / 3) * (ROWS > 25) + RNG.normal(0, 9, ROWS.shape)).astype(np.float32)
PRIOR = mx.patches.standard()
SIDE = PRIOR.size


@pytest.fixture(scope="module")
def patches():
    """Patches of the picture without their means, and these."""
    rows = np.lib.stride_tricks.sliding_window_view(PICTURE.astype(float), (SIDE, SIDE))[::5, ::5].reshape(-1, SIDE**2)
    means = rows.mean(axis=1)
    return rows - means[:, None], means


@pytest.mark.parametrize("variance", [4.0, 81.0, 2500.0])
def test_the_component_is_the_likeliest(patches, variance, monkeypatch):
    """Up to rounding with all axes; without those that hardly differ from the tail, up to parts of a nat."""
    rows, _ = patches
    seen = PRIOR.mixture.blurred(variance).dense()
    joint = np.log(seen.responsibilities(rows) + 1e-300)
    best = joint.max(axis=1)
    single, every = rows.astype(np.float32), np.arange(len(rows))
    energies = np.square(single).sum(axis=1)
    noisy = Noisy.of(PRIOR.mixture, variance)
    assert (best - joint[every, noisy.order[noisy.labels(single, energies)]]).max() < 0.7
    monkeypatch.setattr(passes, "NEGLIGIBLE", 0.0)
    noisy = Noisy.of(PRIOR.mixture, variance)
    assert (best - joint[every, noisy.order[noisy.labels(single, energies)]]).max() < 0.01


def test_a_clean_patch_is_the_conditional_mean(patches):
    rows, means = patches
    single = rows.astype(np.float32)
    noisy = Noisy.of(PRIOR.mixture, 81.0)
    labels = noisy.order[noisy.labels(single, np.square(single).sum(axis=1))]
    noisy.clean(single, means.astype(np.float32), np.square(single).sum(axis=1), None, None)
    for row, mean, label, found in zip(rows, means, labels, single, strict=True):
        covariance = PRIOR.mixture.permuted([label]).dense().covariances[0]
        expected = mean + covariance @ np.linalg.solve(covariance + 81.0 * np.eye(SIDE**2), row)
        np.testing.assert_allclose(found, expected, atol=2e-3)


def test_missing_pixels_are_the_conditional_mean(patches):
    """Given the known ones, under the component, with the mean of the patch open."""
    rows, means = patches
    picture = PICTURE.copy()
    missing = RNG.uniform(size=PICTURE.shape) < 0.6
    partial = Partial.of(PRIOR.mixture, 100.0)
    tops, lefts = (axis.ravel() for axis in np.meshgrid(np.arange(0, 50, 5), np.arange(0, 35, 5), indexing="ij"))
    view = np.lib.stride_tricks.sliding_window_view
    rows = view(picture, (SIDE, SIDE))[tops, lefts].reshape(-1, SIDE**2)
    gaps = view(missing, (SIDE, SIDE))[tops, lefts].reshape(-1, SIDE**2)
    means = rows.mean(axis=1)
    single = rows - means[:, None]
    energies = np.square(single).sum(axis=1)
    labels = partial.noisy.order[partial.noisy.labels(single, energies)]
    before = single.astype(float)
    partial.completing((~missing).astype(np.float32), SIDE)(single, means, energies, tops, lefts)
    for row, gap, mean, label, found in zip(before, gaps, means, labels, single, strict=True):
        covariance = PRIOR.mixture.permuted([label]).dense().covariances[0] + OFF**2
        known = ~gap
        inner = covariance[np.ix_(known, known)] + KNOWN * np.eye(known.sum())
        expected = mean + covariance[:, known] @ np.linalg.solve(inner, row[known])
        np.testing.assert_allclose(found, expected, atol=0.05)


@pytest.mark.parametrize("step", [1, 2, 4])
def test_the_average_is_that_of_all_patches(step, monkeypatch):
    """Of patches that are shaken, over bands: here a replacement that depends on the place."""

    def replace(rows, means, energies, tops, lefts):
        rows += (means + tops % 7 - lefts % 5)[:, None]

    monkeypatch.setattr(passes, "BAND", 50)
    found = averaged(PICTURE, SIDE, step, replace, seed=3, n_threads=1)
    np.testing.assert_array_equal(averaged(PICTURE, SIDE, step, replace, seed=3, n_threads=3), found)
    assert np.isfinite(found).all(), "each pixel is in a patch"
    rows, columns = (places(length, SIDE, step) for length in PICTURE.shape)
    per = max(1, 50 // len(columns))
    seeds = np.random.default_rng(3).integers(2**63, size=-(-len(rows) // per))
    total, count = np.zeros(PICTURE.shape), np.zeros(PICTURE.shape)
    for number, seed in enumerate(seeds):
        part = rows[number * per : (number + 1) * per]
        for top, left in zip(*shaken(part, columns, *PICTURE.shape, SIDE, step, int(seed)), strict=True):
            window = np.s_[top : top + SIDE, left : left + SIDE]
            total[window] += PICTURE[window] + top % 7 - left % 5
            count[window] += 1
    np.testing.assert_allclose(found, total / count, atol=1e-3)
