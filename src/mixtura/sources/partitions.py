"""Values in parts that Dask holds or makes, on threads or on a cluster: what is asked of each, and of all together."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..errors import MixturaError, SourceError, said
from ..kernels.threads import available

FAN = 8  # parts that one task adds


@dataclass(frozen=True, eq=False)
class Partitions:
    """A collection of Dask's: values in parts, in their order.

    graph: what Dask makes the parts of. parts: each a key of the graph, or a task (function, part, ...).
    """

    graph: dict[Any, Any]
    parts: list[Any]

    def mapped(self, function: Callable[..., Any], common: Any = None) -> Partitions:
        """function(part) of each part; or function(part, common), where `common` travels once to each worker."""
        if common is None:
            return Partitions(self.graph, [(function, part) for part in self.parts])
        key = f"common-{uuid.uuid4().hex}"
        return Partitions({**self.graph, key: common}, [(function, part, key) for part in self.parts])

    def each(self, functions: Sequence[tuple[int, Callable[[Any], Any]]]) -> Partitions:
        """function(part) for some of the parts, given with their numbers."""
        return Partitions(self.graph, [(function, self.parts[number]) for number, function in functions])

    def named(self, name: str) -> Partitions:
        """The same with a key for each part, never the same twice: what Dask knows by its key it does not make anew."""
        name = f"{name}-{uuid.uuid4().hex}"
        keys = [(name, number) for number in range(len(self.parts))]
        return Partitions({**self.graph, **dict(zip(keys, self.parts, strict=True))}, keys)

    def kept(self, name: str) -> Partitions:
        """The same, made now and held by Dask as long as somebody holds this."""
        import dask

        with explained():
            kept: Partitions = dask.persist(self.named(name))[0]
        return kept

    def values(self, name: str) -> list[Any]:
        """All parts, brought here."""
        import dask

        if not self.parts:
            return []
        with explained():
            found: list[Any] = dask.compute(self.named(name))[0]
        return found

    def reduced(self, name: str, add: Callable[[list[Any]], Any]) -> Any:
        """The sum of all parts, FAN by FAN in a tree over their numbers: each sum is made where its parts lie."""
        level = self.named(name)
        while True:
            keys = level.parts
            groups = [keys[first : first + FAN] for first in range(0, len(keys), FAN)]
            level = Partitions(level.graph, [(add, group) for group in groups])
            if len(groups) == 1:
                return level.values("add")[0]
            level = level.named("add")

    # What Dask asks of a collection

    def __dask_graph__(self) -> dict[Any, Any]:
        return self.graph

    def __dask_keys__(self) -> list[Any]:
        return self.parts

    def __dask_postcompute__(self) -> tuple[Callable[[Any], list[Any]], tuple[()]]:
        return list, ()

    def __dask_postpersist__(self) -> tuple[Callable[..., Partitions], tuple[list[Any]]]:
        return _rebuilt, (self.parts,)

    @staticmethod
    def __dask_optimize__(graph: Any, keys: Any, **_: Any) -> Any:
        from dask.optimization import cull

        return cull(dict(graph), list(keys))[0]

    @staticmethod
    def __dask_scheduler__(*arguments: Any, **settings: Any) -> Any:
        from dask.threaded import get

        return get(*arguments, **settings)


def _rebuilt(graph: Any, keys: list[Any], **_: Any) -> Partitions:
    return Partitions(dict(graph), keys)


@dataclass(frozen=True)
class Workers:
    """Who does the work.

    threads: of all together. fewest: of the one that has the fewest. free: bytes of memory that all together have left.
    """

    threads: int
    fewest: int
    free: float

    @classmethod
    def now(cls) -> Workers:
        """Those of Dask's scheduler: a cluster's, if this process is a client of one, or this process's own threads."""
        client = cluster()
        if client is None:
            import psutil

            return cls(available(), available(), float(psutil.virtual_memory().available))
        found = client.scheduler_info(n_workers=-1)["workers"].values()
        threads = [worker["nthreads"] for worker in found]
        free = sum((worker["memory_limit"] or float("inf")) - worker["metrics"].get("memory", 0) for worker in found)
        return cls(sum(threads), min(threads, default=1), float(free))

    def threads_a_task(self, tasks: int) -> int:
        """How many threads each of so many tasks may use: together no more than there are."""
        return max(1, min(self.fewest, self.threads // max(1, tasks)))


def cluster() -> Any:
    """The client of a cluster that Dask would use now, or None: then it uses threads or processes here."""
    from dask.base import get_scheduler

    chosen = getattr(get_scheduler(), "__self__", None)
    return chosen if hasattr(chosen, "scheduler_info") else None


@contextmanager
def explained() -> Iterator[None]:
    """What goes wrong in a task or on the cluster, as a SourceError of a sentence or two."""
    client = cluster()
    try:
        yield
    except MixturaError:
        raise
    except Exception as error:
        raise SourceError(_sentence(error, client)) from error


def _sentence(error: Exception, client: Any) -> str:
    name = type(error).__name__
    if client is not None and client.status != "running":
        return "the scheduler of the cluster has gone away: start it again, and load x anew."
    if name == "KilledWorker":
        return (
            "a partition of x was given up, because one worker after the other died over it, most likely for want of "
            "memory: make the partitions smaller, as by x.rechunk or x.repartition, or give the workers more."
        )
    if "Cancelled" in name:
        return (
            "partitions of x are gone with the worker that held them, and nothing tells how to make them again: load "
            "x anew."
        )
    return f"x cannot be made: a task of its partitions failed with {name} ({said(error)})."


def held(n: int, d: int) -> int:
    """Bytes that n points in d coordinates take at most, with their engine: as they are, and arranged."""
    return n * (2 * d + 3) * 8
