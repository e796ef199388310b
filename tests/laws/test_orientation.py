"""M-steps that iterate end at the maximum: no rotation, no other volume, is likelier."""

import numpy as np
import pytest
from scipy.linalg import expm

from mixtura.model import orientation
from mixtura.model.families import family

ONE = pytest.mark.parametrize("one", [False, True], ids=["VVE", "EVE"])


def scatters(k, d, seed, spread=1.5):
    """Matrices that have nothing in common, and masses."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(k, d, d)))[0]
    values = np.exp(rng.normal(0, spread, (k, 1, d)))
    return (axes * values) @ np.swapaxes(axes, 1, 2), rng.uniform(1, 9, k)


def common(scatter, mass, now=None, *, one):
    """The axes of one problem."""
    return orientation.common(scatter[None], mass[None], None if now is None else now[None], one=one)[0]


def objective(axes, scatter, mass, one):
    """Written down as in the papers: twice the negative log likelihood per unit of mass, but for constants."""
    logs = np.array([np.log(np.diag(axes.T @ each @ axes)).sum() for each in scatter])
    share, d = mass / mass.sum(), len(axes)
    return d * np.log(share @ np.exp(logs / d)) if one else share @ logs


def skew(rng, d):
    free = rng.normal(size=(d, d))
    return (free - free.T) / np.linalg.norm(free - free.T)


@ONE
@pytest.mark.parametrize(("k", "d"), [(2, 2), (3, 4), (9, 3), (4, 8)])
def test_the_gradient_is_zero_and_no_rotation_is_better(one, k, d):
    scatter, mass = scatters(k, d, seed=k)
    axes = common(scatter, mass, one=one)
    np.testing.assert_allclose(axes.T @ axes, np.eye(d), atol=1e-13)
    best = objective(axes, scatter, mass, one)
    rng = np.random.default_rng(1)
    for _ in range(8):
        x = skew(rng, d)
        here = [objective(axes @ expm(t * x), scatter, mass, one) for t in (-1e-5, 1e-5)]
        assert abs(here[1] - here[0]) / 2e-5 < 1e-8, "the first order vanishes"
        for size in (1e-3, 1e-2, 0.1, 1.0):
            assert objective(axes @ expm(size * x), scatter, mass, one) > best
    for _ in range(50):
        anywhere = np.linalg.qr(rng.normal(size=(d, d)))[0]
        assert objective(anywhere, scatter, mass, one) > best


@ONE
def test_other_beginnings_seldom_lead_further(one):
    """Of problems with nothing in common, from random axes: nearly always the same maximum is best."""
    worse = 0
    for seed in range(12):
        scatter, mass = scatters(3, 3, seed)
        found = objective(common(scatter, mass, one=one), scatter, mass, one)
        rng = np.random.default_rng(seed)
        others = [common(scatter, mass, np.linalg.qr(rng.normal(size=(3, 3)))[0], one=one) for _ in range(4)]
        worse += found > min(objective(axes, scatter, mass, one) for axes in others) + 1e-9
    assert worse <= 1


@ONE
def test_it_is_never_worse_than_where_it_begins(one):
    for seed in range(5):
        scatter, mass = scatters(4, 5, seed)
        now = np.linalg.qr(np.random.default_rng(seed).normal(size=(5, 5)))[0]
        found = common(scatter, mass, now, one=one)
        assert objective(found, scatter, mass, one) <= objective(now, scatter, mass, one)
    # A rare problem in which that is better than what the other beginnings lead to.
    scatter, mass = scatters(9, 4, 39 if one else 68, spread=1.0)
    alone = common(scatter, mass, one=one)
    now = np.linalg.qr(np.random.default_rng(4 if one else 0).normal(size=(4, 4)))[0]
    better = common(scatter, mass, now, one=one)
    value = objective(better, scatter, mass, one)
    assert value < objective(alone, scatter, mass, one) - 1e-3
    kept = common(scatter, mass, better, one=one)
    assert objective(kept, scatter, mass, one) <= value + 1e-12


@ONE
def test_what_has_axes_in_common_is_told_exactly(one):
    scatter, mass = scatters(5, 6, seed=0)
    axes = np.linalg.eigh(scatter[0])[1]
    scatter = (axes * np.exp(np.random.default_rng(0).normal(size=(5, 1, 6)))) @ axes.T
    found = common(scatter, mass, one=one)
    np.testing.assert_allclose(np.abs(axes.T @ found).max(axis=0), 1, atol=1e-12)


@pytest.mark.parametrize("name", ["VEI", "VEE", "VEV"])
@pytest.mark.parametrize("wild", [False, True])
def test_volumes_and_the_shape_are_those_of_each_other(name, wild):
    """At the minimum lambda_j = tr(C^-1 S_j) / d and C = sum of n_j S_j / lambda_j, up to a factor."""
    k, d = 5, 4
    scatter, mass = scatters(k, d, seed=3, spread=3.0 if wild else 1.0)
    if wild:
        scatter = scatter * np.exp(np.linspace(-9, 9, k))[:, None, None]
    values, turns = np.linalg.eigh(scatter)
    seen = {"VEI": np.diagonal(scatter, axis1=1, axis2=2), "VEE": scatter, "VEV": scatter}[name]
    found = family(name).m_step(seen, mass)
    if name == "VEI":
        found, scatter = found[:, :, None] * np.eye(d), seen[:, :, None] * np.eye(d)
    elif name == "VEV":
        found, scatter = np.swapaxes(turns, 1, 2) @ found @ turns, values[:, :, None] * np.eye(d)
    volumes = np.linalg.det(found) ** (1 / d)
    shape = found[0] / volumes[0]
    np.testing.assert_allclose(found, volumes[:, None, None] * shape, rtol=1e-6, atol=1e-9 * volumes.max())
    np.testing.assert_allclose(np.einsum("ij,kji->k", np.linalg.inv(shape), scatter) / d, volumes, rtol=1e-8)
    mean = np.einsum("k,kij->ij", mass / volumes, scatter)
    np.testing.assert_allclose(mean / mass.sum(), shape, rtol=1e-6, atol=1e-8 * np.abs(shape).max())


@pytest.mark.parametrize("name", ["VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"])
def test_a_component_without_width_is_singular_and_stops_no_other(name):
    own, (scatter, mass) = family(name), scatters(3, 3, seed=0)
    if not own.triangular:
        scatter = np.diagonal(scatter, axis1=1, axis2=2).copy()
    scatter[1] = 0.0
    found = own.m_step(scatter, mass)
    assert np.isfinite(found).all()
    if name == "EEV":  # its eigenvalues are those of the others too
        own.lower(found, 3, 3)
        return
    assert not found[1].any()
    rest = own.m_step(scatter[[0, 2]], mass[[0, 2]])
    np.testing.assert_allclose(found[[0, 2]], rest, rtol=1e-9, atol=1e-12)
