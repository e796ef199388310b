"""How far apart two answers are, in units in which 1 is as wrong as can be and 1e-16 is rounding."""

import numpy as np


def statistics_gap(found, expected, mixture):
    """The largest difference of two Statistics about `mixture`, in standard deviations per unit of weight.

    Moments are whitened first, so that thin and wide components count alike.
    """
    total = expected.total
    w = mixture.whitener
    gaps = [
        np.abs(found.mass - expected.mass).max() / total,
        np.abs(_whitened_first(found.first - expected.first, w)).max() / total,
        np.abs(_whitened_second(found.second - expected.second, w)).max() / total,
        abs(found.log_likelihood - expected.log_likelihood) / (abs(expected.log_likelihood) + total),
        abs(found.total - expected.total) / total,
    ]
    return float(np.max(gaps))  # NaN stays NaN, which is below no limit


def _whitened_first(first, w):
    return first * w if w.ndim == 2 else np.einsum("kij,kj->ki", np.broadcast_to(w, (len(first), *w.shape[1:])), first)


def _whitened_second(second, w):
    if w.ndim == 2:
        return second * (w**2 if second.ndim == 2 else w[:, 0] ** 2)
    return w @ second @ w.transpose(0, 2, 1)


def mixture_gap(found, expected):
    """The largest difference of two mixtures: weights as they are, means and covariances in `expected`'s units."""
    assert found.covariance_type == expected.covariance_type
    assert found.means.shape == expected.means.shape
    w = expected.whitener
    gaps = [
        np.abs(found.weights - expected.weights).max(),
        np.abs(_whitened_first(found.means - expected.means, w)).max(),
        np.abs(_whitened_second(found.covariances - expected.covariances, w)).max(),
    ]
    return float(np.max(gaps))


def same_bits(found, expected):
    """Whether two mixtures agree in every bit, their names and their type."""
    pairs = [(getattr(found, name), getattr(expected, name)) for name in ("weights", "means", "covariances")]
    return (
        all(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in pairs)
        and found.covariance_type == expected.covariance_type
        and found.names == expected.names
    )
