"""Points in shared memory, and what a worker makes of them by the library's own functions."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..em.loop import Fit, Step
    from ..jobs.fitting import Fitting
    from ..jobs.polish import Polished
    from ..jobs.progress import Progress
    from ..jobs.reading import Read
    from ..jobs.recipe import Recipe
    from ..model.mixture import Mixture
    from ..sources.points import Points

FEW = 50_000
"""Points that a score is made of, at most."""
OVERLAP = 200_000_000
"""Points times components up to which icl is told."""


@dataclass(frozen=True)
class Watch:
    """Who is told of a fit. begin: where a small one that begins anew starts; step: each step; check: now and then.

    Each of them may wait, and may end the fit by an exception.
    """

    begin: Callable[[Fit], Any]
    step: Callable[[Step], Any]
    check: Callable[[], Any]


@dataclass(frozen=True, eq=False)
class Data:
    """What was opened, as a worker needs it.

    kind: "picture" or "table". array: of pixels (h, w, 3 or 4), or of rows (n, d). shared: the name of the memory that
    holds it, and its shape and type, where it is another process's.
    """

    kind: str
    name: str
    array: NDArray[Any] | None = None
    names: tuple[str, ...] | None = None
    mode: str | None = None
    threshold: float | None = None
    shared: tuple[str, tuple[int, ...], str] | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def has_points(self) -> bool:
        """Whether there is something to fit."""
        return self.array is not None

    def share(self) -> tuple[Data, SharedMemory | None]:
        """The same for another process, and the memory, which who asked for it must take away in the end."""
        if self.array is None:
            return replace(self, kept={}), None
        name = f"mixtura-{os.getpid()}-{secrets.token_hex(6)}"
        size = max(1, self.array.nbytes)
        memory = SharedMemory(name, create=True, size=size)
        try:
            if hasattr(os, "posix_fallocate"):  # else writing where there is no room ends the process
                os.posix_fallocate(memory._fd, 0, size)  # type: ignore[attr-defined]
        except OSError:
            memory.close()
            memory.unlink()
            raise MemoryError(f"shared memory has no room for {size:,} bytes") from None
        np.ndarray(self.array.shape, self.array.dtype, memory.buf)[...] = self.array
        place = (memory.name, self.array.shape, self.array.dtype.str)
        return replace(self, array=None, shared=place, kept={}), memory

    def attached(self) -> Data:
        """The same in the other process, with its array."""
        if self.shared is None:
            return self
        name, shape, dtype = self.shared
        memory = SharedMemory(name)
        array: NDArray[Any] = np.ndarray(shape, dtype, memory.buf)
        array.flags.writeable = False
        return replace(self, array=array, kept={"memory": memory})

    # A picture

    def read(self) -> Read:
        """The picture, as a command would have read it."""
        from ..jobs import reading

        if "read" not in self.kept:
            assert self.array is not None
            self.kept["read"] = reading.of_pixels(self.array, self.name, self.recipe())
        found: Read = self.kept["read"]
        return found

    def recipe(self, **more: Any) -> Recipe:
        """How a command is told to read it, and more."""
        from ..jobs.recipe import Recipe

        told: dict[str, Any] = {} if self.mode is None else {"kind": self.mode}
        if self.mode == "ink" and self.threshold is not None:
            told["threshold"] = str(self.threshold)
        return Recipe(image=Path(self.name), **told, **more)

    # A table

    def points(self) -> Points:
        """The rows, as `mixtura fit` would have read them."""
        from ..sources.points import Points

        assert self.array is not None
        if "points" not in self.kept:
            self.kept["points"] = Points.from_array(self.array, names=self.names, copy=False, missing=True)
        found: Points = self.kept["points"]
        return found

    # What is asked for

    def fitted(
        self, how: dict[str, Any], start: Mixture | None, fixed: dict[str, list[int]] | None, watch: Watch
    ) -> Fit:
        """The fit that `mixtura paint` or `mixtura fit` makes."""
        if self.kind == "picture":
            return self._fitted_picture(how, start, fixed, watch)
        from ..em.fit import fit
        from ..jobs import filming

        points = self.points()
        em: dict[str, Any] = {name: how[name] for name in ("covariance_type", "tol", "max_iter")}
        em |= {"start": start or how["start"], "rng": how["seed"], "prior": "default" if how["prior"] > 0 else None}
        em |= {"missing": points.incomplete, "fixed": fixed}
        if start is None and (first := filming.begun(points, how["k"], **em)) is not None:
            watch.begin(first)
        return fit(points, how["k"], on_step=watch.step, **em)

    def _fitted_picture(
        self, how: dict[str, Any], start: Mixture | None, fixed: dict[str, list[int]] | None, watch: Watch
    ) -> Fit:
        from ..jobs.fitting import components, fit_points

        def on_progress(progress: Progress) -> None:
            watch.check()
            if progress.step is not None:
                watch.step(progress.step)

        told: Fitting = self.recipe(
            n_components=how["k"], covariance_type=how["covariance_type"], start=start or how["start"], fixed=fixed,
            rng=how["seed"], tol=how["tol"], max_iter=how["max_iter"],
        )  # fmt: skip
        read = self.read()
        assert read.points is not None
        return fit_points(read.points, components(read.points, read.kind, how["k"]), told, on_progress)

    def polished(self, how: dict[str, Any], start: Mixture | None, watch: Callable[[Progress], Any]) -> Polished:
        """What `mixtura paint --polish` makes."""
        from ..errors import FitError
        from ..jobs import polish

        if self.kind != "picture":
            raise FitError("Only pictures can be polished: switch polishing off.")
        return polish.once(self.read(), start or how["k"], self.recipe(rng=how["seed"]), watch)

    def criteria(self, found: Fit) -> dict[str, float]:
        """The bic, aic and, unless it would take long, icl of a fit."""
        from ..em import criteria

        points: Any = self.points() if self.kind == "table" else self.read().points
        names = ("bic", "aic", "icl")[: 3 if points.survey().n * found.mixture.n_components <= OVERLAP else 2]
        told: dict[str, float] = {}
        with contextlib.suppress(ValueError):
            for name in names:
                told[name] = float(getattr(criteria, name)(found, points, missing=self.kind == "table"))
        return {name: value for name, value in told.items() if np.isfinite(value)}

    def few(self) -> Points:
        """All points, or a sample of many."""
        from ..em.start import sample

        points: Any = self.points() if self.kind == "table" else self.read().points
        return sample(points, FEW, np.random.default_rng(0))
