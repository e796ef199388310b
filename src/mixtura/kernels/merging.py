"""Points that become clusters, two by two: each time the pair whose union costs least."""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled


def merged(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(n - 1, 2) the pairs of clusters that are united, one after the other; the first of a pair goes on for both.

    x: (n, d), distinct. weight: (n,), 1 a point. A cluster of mass m and scatter W costs
    m ln(|W / m| + (tr W + a) / m), and where m is at most d, m ln((tr W + a) / m), a being the mean square of a
    coordinate. Without the traces it is twice the negative log likelihood of a Gaussian; they tell flat clusters apart.
    Cost: O(n^2 d^3) time, O(n^2 + n d^2) memory.
    Source: Fraley 1998, "Algorithms for model-based Gaussian hierarchical clustering", SIAM Journal on Scientific
    Computing 20, with the unconstrained model ("VVV").
    """
    n, d = x.shape
    mean = np.average(x, axis=0, weights=weight)
    least = max(float(weight @ np.square(x - mean).sum(axis=1)) / (weight.sum() * d), np.finfo(float).eps)
    pairs = np.empty((n - 1, 2), np.int64)
    rows = np.empty((n, n))
    one = (np.array(x, np.float64), np.zeros((n, d, d)), np.array(weight, np.float64), np.empty(n))
    _merge(*one, least, rows, np.empty(n, np.int64), np.empty(n), np.ones(n, np.bool_), np.empty((d, d)), pairs)
    return pairs


@compiled
def _merge(mean, scatter, mass, term, least, cost, best, lowest, alive, scratch, pairs):
    n, d = mean.shape
    for i in range(n):
        term[i] = _term(mass[i], 0.0, least)
    for i in range(n):
        for j in range(i + 1, n):
            cost[i, j] = _union(i, j, mean, scatter, mass, least, scratch) - term[i] - term[j]
        _find(i, cost, best, lowest, alive)
    for step in range(n - 1):
        i = -1
        for each in range(n):
            if alive[each] and (i < 0 or lowest[each] < lowest[i]):
                i = each
        j = best[i]
        pairs[step, 0], pairs[step, 1] = i, j
        term[i] = _union(i, j, mean, scatter, mass, least, scratch)
        total = mass[i] + mass[j]
        share = mass[i] * mass[j] / total
        for a in range(d):
            for b in range(a + 1):
                apart = (mean[i, a] - mean[j, a]) * (mean[i, b] - mean[j, b])
                scatter[i, a, b] += scatter[j, a, b] + share * apart
        for a in range(d):
            mean[i, a] += mass[j] / total * (mean[j, a] - mean[i, a])
        mass[i] = total
        alive[j] = False
        for each in range(n):
            if not alive[each] or each == i:
                continue
            low, high = min(each, i), max(each, i)
            new = _union(low, high, mean, scatter, mass, least, scratch) - term[low] - term[high]
            cost[low, high] = new
            if each < i and new < lowest[each]:
                best[each], lowest[each] = i, new
            elif best[each] == j or (each < i and best[each] == i):
                _find(each, cost, best, lowest, alive)
        _find(i, cost, best, lowest, alive)


@compiled(inner=True)
def _find(i, cost, best, lowest, alive):
    """The cheapest partner of i among those after it."""
    best[i], lowest[i] = -1, np.inf
    for j in range(i + 1, len(cost)):
        if alive[j] and cost[i, j] < lowest[i]:
            best[i], lowest[i] = j, cost[i, j]


@compiled(inner=True)
def _term(mass, trace, least):
    return mass * np.log((trace + least) / mass)


@compiled(inner=True)
def _union(i, j, mean, scatter, mass, least, lower):
    """What the union of two clusters costs."""
    d, total = mean.shape[1], mass[i] + mass[j]
    share, trace = mass[i] * mass[j] / total, 0.0
    for a in range(d):
        away = mean[i, a] - mean[j, a]
        trace += scatter[i, a, a] + scatter[j, a, a] + share * away * away
    if total <= d:
        return _term(total, trace, least)
    volume = 1.0
    for a in range(d):
        for b in range(a + 1):
            apart = (mean[i, a] - mean[j, a]) * (mean[i, b] - mean[j, b])
            value = (scatter[i, a, b] + scatter[j, a, b] + share * apart) / total
            for c in range(b):
                value -= lower[a, c] * lower[b, c]
            if a > b:
                lower[a, b] = value / lower[b, b]
            elif value > 0.0:
                lower[a, a] = np.sqrt(value)
                volume *= value
            else:
                return _term(total, trace, least)
    return total * np.log(volume + (trace + least) / total)
