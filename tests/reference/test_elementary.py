"""exp and log of the kernels against NumPy, in units in the last place."""

import numba
import numpy as np
import pytest

from mixtura.kernels import elementary
from mixtura.kernels.vectors import BLOCK, load, store

# The promise is below two units in the last place; the compiler may fuse, so one implementation is as good as another.
ULPS = 2


@numba.njit
def exp_of_blocks(x, out):
    for i in range(0, len(x), BLOCK // x.itemsize):
        store(out, 0, i, elementary.exp(load(x, 0, i)))


@numba.njit
def log_of_blocks(x, out):
    for i in range(0, len(x), BLOCK // x.itemsize):
        store(out, 0, i, elementary.log(load(x, 0, i)))


def asked(function, x):
    """function(x), of whole blocks."""
    whole = np.ones(-len(x) % (BLOCK // x.itemsize) + len(x), x.dtype)
    whole[: len(x)] = x
    out = np.empty_like(whole)
    function(whole, out)
    return out[: len(x)]


def ulps(found, exact):
    """How many spacings of `found`'s type lie between it and the exact value."""
    unit = np.spacing(np.abs(exact).astype(found.dtype)).astype(exact.dtype)
    return float(np.max(np.abs(found.astype(exact.dtype) - exact) / unit))


def wider(dtype):
    return np.float64 if dtype == np.float32 else np.longdouble


@pytest.mark.parametrize(("dtype", "lowest"), [(np.float32, -87), (np.float64, -708)])
def test_exp(dtype, lowest):
    rng = np.random.default_rng(0)
    parts = [np.linspace(lowest, 0, 100_001), -(10.0 ** rng.uniform(-30, 0, 10_000)), np.arange(lowest, 1) * np.log(2)]
    x = np.concatenate(parts).astype(dtype)
    x = x[(x >= lowest) & (x <= 0)]
    out = asked(exp_of_blocks, x)
    assert ulps(out, np.exp(x.astype(wider(dtype)))) < ULPS
    assert (out[x == 0] == 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exp_of_far_numbers_is_nothing(dtype):
    x = np.array([-100, -800, -1e30, -np.inf], dtype)[dtype == np.float64 :]
    out = asked(exp_of_blocks, x)
    assert (out >= 0).all()
    assert (out <= 4 * np.finfo(dtype).tiny).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log(dtype):
    rng = np.random.default_rng(0)
    limits = np.finfo(dtype)
    span = np.log(limits.tiny) * 0.99, np.log(limits.max) * 0.99
    near_one = 1 + rng.uniform(-1e-3, 1e-3, 10_000)
    edges = 2.0 ** np.arange(-100, 101)[:, None] * [1, np.sqrt(0.5), np.nextafter(1, 0), np.nextafter(1, 2)]
    x = np.concatenate([np.exp(rng.uniform(*span, 100_000)), rng.uniform(0.5, 2, 10_000), near_one, edges.ravel()])
    x = np.append(x, [limits.tiny, limits.max, 1]).astype(dtype)
    out = asked(log_of_blocks, x)
    exact = np.log(x.astype(wider(dtype)))
    assert (out[x == 1] == 0).all()
    assert ulps(out[x != 1], exact[x != 1]) < ULPS


def test_ulps_can_fail():
    x = np.linspace(1, 2, 100)
    assert ulps(np.exp(x), np.exp(x.astype(np.longdouble))) < ULPS
    assert ulps(np.exp(x) * (1 + 1e-15), np.exp(x.astype(np.longdouble))) > ULPS
