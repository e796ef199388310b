"""The cheapest transport of one set of weights to another, by the network simplex method."""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled

UNITS = 2**60  # that make up all weight: flows of whole units are added without rounding
ROUNDING = 2.0**-50  # of all weight
CLOSE = 1e-14  # of the largest cost: a way that saves less is no cheaper, but for rounding
PATIENCE = 100  # pivots a node, after which a way has to save ten times more


def cheapest(cost: np.ndarray, supply: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """(k, l) the plan with these sums of rows and columns that costs least; weights > 0 which sum to 1, costs >= 0.

    A tree of k + l ways joins the nodes to a root; a cheaper way that is no part of it takes the place of the first
    that runs dry. Of several, it is that which keeps the tree strongly feasible, so that no round of pivots is endless.
    Source: Ahuja, Magnanti and Orlin 1993, "Network flows", sections 11.5 and 11.6.
    """
    k, other = cost.shape
    weights = np.concatenate([supply, demand])
    units = np.maximum(np.rint(weights * UNITS), 1.0).astype(np.int64)
    units[k + int(demand.argmax())] += units[:k].sum() - units[k:].sum()
    plan = np.zeros((k, other))
    _solve(np.ascontiguousarray(cost), units, plan, max(float(cost.max()), 1e-290))
    plan /= UNITS
    # Weights that are equal but for rounding move nothing: what is less than that goes, unless it is all there is.
    plan[(plan < ROUNDING) & (plan < plan.max(axis=0)) & (plan < plan.max(axis=1, keepdims=True))] = 0.0
    plan *= demand / plan.sum(axis=0)  # units are coarse beside the smallest weights
    plan *= (supply / plan.sum(axis=1))[:, None]
    return plan


@compiled(allocates=True)
def _solve(cost, units, plan, dearest):
    k, other = cost.shape
    n = k + other
    # Of the way between a node and its parent: its cost and its flow. It leads away from a source, and into a sink.
    price, flow = np.full(n + 1, dearest), units.copy()  # by way of the root, twice the dearest is paid
    parent, depth = np.full(n + 1, n), np.ones(n + 1, np.int64)
    first, after, before = np.full(n + 1, -1), np.arange(1, n + 2), np.arange(-1, n)  # children, as linked lists
    potential = np.full(n + 1, dearest)
    potential[:k] = -dearest
    parent[n], depth[n], first[n], after[n - 1], potential[n] = -1, 0, 0, -1, 0.0
    least, row, dry, pivots = CLOSE * dearest, 0, 0, 0
    while dry < k:
        best = np.inf
        for j in range(other):
            best = min(best, cost[row, j] - potential[k + j])
        if not best + potential[row] < -least:
            row = row + 1 if row + 1 < k else 0
            dry += 1
            continue
        dry, pivots = 0, pivots + 1
        if pivots % (PATIENCE * n) == 0:
            least *= 10.0
        column = 0
        while cost[row, column] - potential[k + column] != best:
            column += 1
        _pivot(row, k + column, k, cost[row, column], price, flow, parent, depth, first, after, before, potential)
        row = row + 1 if row + 1 < k else 0
    for u in range(n):
        if parent[u] != n:
            if u < k:
                plan[u, parent[u] - k] = flow[u]
            else:
                plan[parent[u], u - k] = flow[u]


@compiled(inner=True)
def _pivot(source, sink, k, cost, price, flow, parent, depth, first, after, before, potential):
    """Let the way from source to sink carry all that it can, and take from the tree the way that limits it."""
    # Around the cycle source -> sink -> ... -> source, the flow falls on ways from sources above the one, and into
    # sinks above the other. Of those that run dry, the last one after the node where both sides meet leaves.
    u, v, leaving, from_source = source, sink, -1, True
    most = np.int64(2**62)
    while u != v:
        if depth[u] >= depth[v]:
            if u < k and (flow[u] < most):
                most, leaving, from_source = flow[u], u, True
            u = parent[u]
        else:
            v = parent[v]
    meet, v = u, sink
    while v != meet:
        if v >= k and flow[v] <= most:
            most, leaving, from_source = flow[v], v, False
        v = parent[v]
    u, v = source, sink
    while u != meet:
        flow[u] += -most if u < k else most
        u = parent[u]
    while v != meet:
        flow[v] += most if v < k else -most
        v = parent[v]
    # What hangs below the way that leaves is turned round, and hung up at the new one.
    top, above = (source, sink) if from_source else (sink, source)
    u, carried, paid = top, most, cost
    while True:
        old, old_flow, old_price = parent[u], flow[u], price[u]
        if before[u] >= 0:
            after[before[u]] = after[u]
        else:
            first[old] = after[u]
        if after[u] >= 0:
            before[after[u]] = before[u]
        parent[u], flow[u], price[u] = above, carried, paid
        after[u], before[u] = first[above], -1
        if first[above] >= 0:
            before[first[above]] = u
        first[above] = u
        if u == leaving:
            break
        above, u, carried, paid = u, old, old_flow, old_price
    u = top
    while True:
        depth[u] = depth[parent[u]] + 1
        potential[u] = potential[parent[u]] + (-price[u] if u < k else price[u])
        if first[u] >= 0:
            u = first[u]
            continue
        while u != top and after[u] < 0:
            u = parent[u]
        if u == top:
            break
        u = after[u]
