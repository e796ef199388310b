"""Mixtures and points of every kind: away from the origin, at several scales, always well conditioned."""

import numpy as np
from hypothesis import strategies as st

import mixtura as mx

KINDS = ("full", "tied", "diag", "spherical")
COORDINATES, COMPONENTS = st.integers(1, 6), st.integers(1, 5)
SCALES = (1e-6, 1e-2, 1.0, 1e3, 1e6)


def random_mixture(seed, kind, d, k, scale=1.0, names=None):
    """A mixture whose components have standard deviations of about `scale`, some 100 of them from the origin."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(k, d, d))
    matrices = root @ root.transpose(0, 2, 1) / d + 0.3 * np.eye(d)
    variances = rng.uniform(0.3, 2.0, (k, d))
    covariances = {"full": matrices, "tied": matrices[0], "diag": variances, "spherical": variances[:, 0]}[kind]
    centre = rng.uniform(50, 150, d) * rng.choice([-1, 1], d)
    means = centre + rng.normal(0, 3, (k, d))
    return mx.Mixture(rng.uniform(0.1, 1, k), means * scale, covariances * scale**2, kind, names=names)


@st.composite
def mixtures(draw, kinds=KINDS, d=COORDINATES, k=COMPONENTS, scales=SCALES, named=False):
    """A Mixture."""
    size = draw(d)
    return random_mixture(
        draw(st.integers(0, 2**32 - 1)),
        draw(st.sampled_from(kinds)),
        size,
        draw(k),
        draw(st.sampled_from(scales)),
        tuple(f"c{i}" for i in range(size)) if named else None,
    )


def near(mixture, n, seed=0, spread=1.5):
    """(n, d) points around a mixture's components, some in the tails."""
    centre = mixture.mean()
    return centre + spread * (mixture.sample(n, rng=seed) - centre)


@st.composite
def splits(draw, d):
    """Known and free coordinates of d >= 2, both in arbitrary order, neither empty."""
    order = draw(st.permutations(range(d)))
    cut = draw(st.integers(1, d - 1))
    return list(order[:cut]), sorted(order[cut:])
