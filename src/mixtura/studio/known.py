"""Mixtures remembered by the arrays that a page has of them, since it sends back factors, which lose the last bits."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from .opening import parts_of

if TYPE_CHECKING:
    from ..model.mixture import Mixture

BYTES, LEAST = 48 << 20, 1
"""Of what is remembered: at most so much, but the newest whatever it takes."""


class Known:
    """The newest of those that a page was told."""

    def __init__(self) -> None:
        self._all: OrderedDict[bytes, Mixture] = OrderedDict()
        self._bytes = 0

    def told(self, mixture: Mixture) -> dict[str, Any]:
        """The arrays of a mixture for the page, by which it will be known."""
        arrays: dict[str, Any] = {**parts_of(mixture)}
        self.add(arrays, mixture)
        return arrays

    def add(self, arrays: dict[str, Any], mixture: Mixture) -> None:
        """Remember a mixture by its arrays."""
        key = _digest(arrays)
        if key not in self._all:
            self._bytes += _size(mixture)
        self._all[key] = mixture
        self._all.move_to_end(key)
        while self._bytes > BYTES and len(self._all) > LEAST:
            self._bytes -= _size(self._all.popitem(last=False)[1])

    def exact(self, arrays: dict[str, Any]) -> Mixture | None:
        """The very mixture that the page was told as these arrays, if it was."""
        return self._all.get(_digest(arrays))


def _size(mixture: Mixture) -> int:
    return sum(each.nbytes for each in (mixture.means, mixture.covariances, mixture.lower, mixture.whitener))


def _digest(arrays: dict[str, Any]) -> bytes:
    found = hashlib.blake2b(digest_size=16)
    for name in ("weights", "means", "factors"):
        found.update(np.ascontiguousarray(arrays[name], np.float64).data)
    return found.digest()
