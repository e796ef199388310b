"""Components far thinner than the data are wide: none is lost, whichever precision and arithmetic answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mixtura as mx
from comparing import statistics_gap
from mixtura.engines import cpu
from mixtura.engines.choose import choose_engine
from mixtura.engines.reference import ReferenceEngine
from mixtura.kernels import over_tiles
from mixtura.model import evaluate

K = 40  # more than are evaluated at once, so that some are ruled out by what the first have shown
# z is rounded relative to the largest of its terms: this many standard deviations where the fast arithmetic is trusted.
WITHIN = {"float64": 1e-5, "float32": over_tiles.COARSE / 30}


def thin(seed, d, kind, *, width, unit=1.0, offset=0.0, where="a point", copies=5, axis=False, dtype="float64"):
    """Points of size `unit`, and K components of which the first is `width` times as wide, around some of them.

    where: these all lie in "a point", in one at the "edge" of the others, or spread over the component at the "origin".
    axis: whether it is thin along one axis only.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(700, d)) + offset
    rows = rng.choice(len(x), copies, replace=False)
    place = {"a point": x[7], "edge": x.max(axis=0), "origin": np.zeros(d)}[where].copy()
    x[rows] = place + (width * rng.normal(size=(copies, d)) if where == "origin" else 0.0)
    x = (x * unit).astype(dtype)
    means = x[rng.choice(len(x), K, replace=False)].astype(float)
    means[0] = 0.0 if where == "origin" else x[rows[0]]
    variances = rng.uniform(0.3, 2.0, (K, d))
    variances[0, : 1 if axis else d] = width**2
    matrices = variances[:, :, None] * np.eye(d)
    turned = np.linalg.qr(rng.normal(size=(K - 1, d, d)))[0]
    matrices[1:] = turned @ matrices[1:] @ turned.transpose(0, 2, 1)
    covariances = {"full": matrices, "diag": variances}[kind] * unit**2
    return mx.Points.from_array(x, dtype=dtype), mx.Mixture(np.ones(K), means, covariances, kind)


def gap(points, mix, engine="cpu"):
    chosen = choose_engine(points, K, mix.covariance_type, engine)
    return statistics_gap(chosen.expect(mix), ReferenceEngine(points).expect(mix), mix)


@pytest.mark.parametrize("where", ["a point", "edge", "origin"])
@pytest.mark.parametrize(
    ("dtype", "width"), [("float64", 1e-19), ("float64", 1e-25), ("float32", 1e-9), ("float32", 1e-12)]
)
def test_a_tiny_component_keeps_its_points(dtype, width, where):
    points, mix = thin(0, 2, "full", width=width, where=where, dtype=dtype)
    assert gap(points, mix) < WITHIN[dtype]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    d=st.sampled_from([2, 17]),
    kind=st.sampled_from(["full", "diag"]),
    width=st.floats(-30, 0),
    unit=st.integers(-30, 30),
    offset=st.sampled_from([0.0, 30.0, 1e9]),
    where=st.sampled_from(["a point", "edge", "origin"]),
    copies=st.sampled_from([1, 5, 60]),
    axis=st.booleans(),
    dtype=st.sampled_from(["float64", "float32"]),
    engine=st.sampled_from(["cpu", "blas"]),
)
def test_scales_origins_and_axes(seed, d, kind, width, unit, offset, where, copies, axis, dtype, engine):
    offset = min(offset, 30.0) if dtype == "float32" else offset
    made = {"width": 10.0**width, "unit": 10.0**unit, "offset": offset, "where": where, "copies": copies}
    points, mix = thin(seed, d, kind, axis=axis, dtype=dtype, **made)
    assert gap(points, mix, engine) < WITHIN[dtype]


@pytest.mark.parametrize("width", [1e-3, 1e-6, 1e-12, 1e-18, 1e-30])
def test_answers(monkeypatch, width):
    """The kernels' answers, where they are asked at all, and NumPy's agree."""
    points, mix = thin(1, 2, "full", width=width, where="origin")
    x = np.tile(points.x, (10, 1))

    def answers():
        return (
            mix.log_density(x),
            mix.responsibilities(x),
            mix.responsibilities(x, sparse=True).toarray(),
            mix.predict(x),
        )

    monkeypatch.setattr(evaluate, "ASKED", 0)
    found = answers()
    monkeypatch.setattr(evaluate, "ASKED", np.inf)
    monkeypatch.setattr(evaluate, "FARTHEST", 0.0)
    for fast, exact in zip(found, answers(), strict=True):
        np.testing.assert_allclose(fast, exact, rtol=1e-9, atol=1e-9)


def test_ordinary_data_stay_with_the_kernels(monkeypatch):
    """Those that outliers or offsets make wide too, as far as they can be told apart."""
    monkeypatch.delattr(cpu, "exactly")
    for width, offset in [(1e-9, 0.0), (1e-3, 1e9)]:
        points, mix = thin(2, 2, "full", width=width, offset=offset)
        assert gap(points, mix) < WITHIN["float64"]
    points, mix = thin(2, 2, "full", width=1e-3, dtype="float32")
    engine = cpu.CpuEngine(points)
    engine.expect(mix)
    assert list(engine.tiles) == [np.float32]
