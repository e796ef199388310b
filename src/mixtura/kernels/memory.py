"""The arrays that the kernels of low dimension work on: parameters, scratch memory, answers."""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .packs import Pack
from .threads import LINE, aligned
from .tiles import PART, TILE
from .vectors import BLOCK, REGISTER

PILOTS = 4  # components that are evaluated first at a tile
GROUP = 32  # components whose moments are moved together
DOUBLES = REGISTER // 8  # in a register
PARTS_OF_TILE = TILE // PART  # which have bounds of their own
assert 8 * PARTS_OF_TILE == LINE  # a vector


class Components(NamedTuple):
    """The parameters of a mixture as the kernels use them, components along the last axis.

    table: (1 + d + w, k) float64; rows: log scale (log weight - d/2 log 2pi + log det W), the means, then W,
    row by row of its lower triangle (w = d (d + 1) / 2) or its diagonal (w = d).
    factors: (k, 1 + w) log scale and W, in the precision of the tiles. means: (k, d). triangular: which of the two.
    """

    table: np.ndarray
    factors: np.ndarray
    means: np.ndarray
    triangular: bool


class Bounds(NamedTuple):
    """Bounds of the log densities of components over a box."""

    upper: np.ndarray  # (K,)
    lower: np.ndarray  # (K,)
    middle: np.ndarray  # (K,) log densities at the centre
    width: np.ndarray  # (K,) the squared half diagonal in whitened space
    z: np.ndarray  # (d, K) the centre in whitened space


class Scratch(NamedTuple):
    """Scratch memory of one thread. K: k, filled up to whole registers."""

    tables: np.ndarray  # (levels + 1, rows, K) those that remain at each level of boxes, as Components.table
    names: np.ndarray  # (levels + 1, k) their indices
    counts: np.ndarray  # (levels + 1,) their number
    nodes: np.ndarray  # (levels + 1,) the box they are for
    box: Pack  # the Bounds of the box that was last asked about, at the end the tile's own
    active: np.ndarray  # (k,) columns of the components that may matter to the tile
    seen: np.ndarray  # (k,) for each of them, the parts of the tile's points that it may matter to, as bits
    chosen: np.ndarray  # (k,) places in `active` of those that may matter to a block of its points
    first: np.ndarray  # (PILOTS, TILE) log densities of the pilots
    s: np.ndarray  # (k, block) log densities of the chosen at the points of the block
    row: np.ndarray  # (k,) for each place in `active`, its row of `r` or -1
    blocks: np.ndarray  # (k + 1,) for each row of `r`, the blocks of the tile where it is not zero, as bits
    places: np.ndarray  # (TILE,) the first points of the registers that are summed
    live: np.ndarray  # (k,) columns of the components that do matter, by rows of `r`
    r: np.ndarray  # (k + 1, TILE) exponentials of their log densities less `top`; the last row is zeros
    top: np.ndarray  # (TILE,) the largest log density of each point
    total: np.ndarray  # (TILE,) the sum of the exponentials
    share: np.ndarray  # (TILE,) the factor from exponentials to responsibilities
    phi: np.ndarray  # (features, TILE) the features of the points, see _features
    rows: np.ndarray  # (GROUP,) rows of `r` of components whose moments are computed together
    who: np.ndarray  # (GROUP,) their indices
    sums: np.ndarray  # (features, GROUP) their sums over the tile
    offset: np.ndarray  # (d, GROUP) the tile's centre less their means
    moved: np.ndarray  # (features, GROUP) their moments about their means
    thin: np.ndarray  # (d, TILE) z of a thin component
    corner: np.ndarray  # (2 d + 1, PARTS_OF_TILE) of each part: centre, half-widths, least log density less the cut


class Answers(NamedTuple):
    """Where the answers go: of each question its own arrays; those of the others may be empty.

    near, thin: (k, features) moments. touched: (k,) of which a component has some, as bits. values: (T, TILE) log
    densities. labels: (T, TILE). counts, begin: (T, TILE) how many responsibilities a point has, and where they begin
    in `indices` and `shares`. means (k, f), gain (k, f, d), regressed (T, f, TILE): of conditional means.
    """

    near: np.ndarray
    thin: np.ndarray
    touched: np.ndarray
    values: np.ndarray
    labels: np.ndarray
    counts: np.ndarray
    begin: np.ndarray
    indices: np.ndarray
    shares: np.ndarray
    means: np.ndarray
    gain: np.ndarray
    regressed: np.ndarray


def answers(dtype: Any, **given: Any) -> Pack:
    """The arrays that are given, and empty ones."""
    kinds = dict.fromkeys(("near", "thin", "means", "gain"), np.float64)
    kinds |= dict.fromkeys(("values", "shares", "regressed"), dtype)
    kinds |= {"labels": np.int32, "touched": np.uint8} | dict.fromkeys(("counts", "begin", "indices"), np.int64)
    axes = {"touched": 1, "indices": 1, "shares": 1, "gain": 3, "regressed": 3}
    empty = {name: np.empty((0,) * axes.get(name, 2), kind) for name, kind in kinds.items()}
    return Pack(Answers(**empty | given))


def no_moments(rows: int, k: int, dtype: Any) -> Pack:
    """Where the moments of k components go, all zero. rows: of Components.table."""
    near, thin = aligned((2, k, rows + -rows % 4))
    return answers(dtype, near=near, thin=thin, touched=np.zeros(k, np.uint8))


def scratch(levels: int, rows: int, k: int, d: int, dtype: Any) -> Pack:
    """Scratch memory of one thread for passes over tiles. levels: of their boxes. rows: of Components.table."""
    dtype = np.dtype(dtype)
    filled, features = k + -k % DOUBLES, rows + -rows % 4
    held = Scratch(
        tables=aligned((levels + 1, rows, filled)),
        names=np.tile(np.arange(k), (levels + 1, 1)),
        counts=np.full(levels + 1, k),
        nodes=np.full(levels + 1, -1),
        box=Pack(Bounds(*aligned((4, filled)), aligned((d, filled)))),
        active=np.empty(k, np.int64),
        seen=np.empty(k, np.int64),
        chosen=np.empty(k, np.int64),
        first=aligned((PILOTS, TILE), dtype),
        s=aligned((k, BLOCK // dtype.itemsize), dtype),
        row=np.full(k, -1),
        blocks=np.zeros(k + 1, np.int64),
        places=np.empty(TILE, np.int64),
        live=np.empty(k, np.int64),
        r=aligned((k + 1, TILE), dtype),
        top=aligned((TILE,), dtype),
        total=aligned((TILE,), dtype),
        share=aligned((TILE,), dtype),
        phi=aligned((features, TILE), dtype),
        rows=np.empty(GROUP, np.int64),
        who=np.empty(GROUP, np.int64),
        sums=aligned((features, GROUP), dtype),
        offset=aligned((d, GROUP)),
        moved=aligned((features, GROUP)),
        thin=aligned((d, TILE), dtype),
        corner=aligned((2 * d + 1, PARTS_OF_TILE)),
    )
    return Pack(held)


def begun(memory: Pack, table: NDArray[Any]) -> Pack:
    """Scratch memory made ready for a pass over other tiles or components, whose Components.table is given."""
    memory.tables[-1, :, : table.shape[1]] = table
    memory.nodes[:] = -1
    return memory
