"""Mixtures to draw."""

import numpy as np

from mixtura import Mixture


def scattered(k, d, seed=0):
    """A mixture of k components of widely different sizes over the frame, in 2 or 5 coordinates."""
    rng = np.random.default_rng(seed)
    means = rng.uniform(0, 1, (k, d)) * np.array([120, 80, 255, 255, 255])[:d]
    a = rng.standard_normal((k, d, d)) * np.exp(rng.uniform(0, 1.6, (k, 1, 1)))
    return Mixture(rng.dirichlet(np.ones(k)), means, a @ np.swapaxes(a, 1, 2) + np.eye(d) / 12)
