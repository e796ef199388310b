"""A fit that may be killed: how far it is, in a file that is a model too.

The file is written whole or not at all after each step, and holds all that the loop resumes from: the mixture, its
statistics, the momentum, the likelihoods so far, which start this is and the best of those before, and the random
numbers. So a fit that resumes from it ends with the same bits as one that was never stopped. It also holds what the
fit was asked, and a fingerprint of the points: a file of another fit is refused.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..checks import is_whole, numbers
from ..errors import InputError, SourceError, StorageError, named
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from ..model.storage import load_all, save
from ..sources.source import Source
from ..writing import check_target, is_there
from .accelerate import length
from .fixed import PARTS, Fixed
from .loop import Ascent, Fit, Place, result
from .objective import Objective
from .prior import Prior
from .settings import Settings

KEY, VERSION = "checkpoint", 2
SUM = "the sum of the weights"
LONG = 100  # characters of what is told of a job


@dataclass(frozen=True, eq=False)
class Saved:
    """Where a fit was.

    number: of the start, 0, 1, ... ascent: from there. best: of the starts before, if any. rng: the state of the random
    numbers once this start was drawn. tol: what the ascent was to end at.
    """

    number: int
    ascent: Ascent
    best: Fit | None
    rng: Mapping[str, Any]
    tol: float

    def over(self, tol: float) -> bool:
        """Whether this ascent has come to its end, for one who asks for `tol`."""
        reason = self.ascent.reason
        return reason == "stalled" or (reason == "converged" and self.tol <= tol)


Random = np.random.Generator | np.random.RandomState


class Checkpoint:
    """The file of one fit, that was asked this.

    rng: as it was given. random: what `rng` stands for; it continues where the fit was. d: the mixture's coordinates,
    where the rows hold more.
    saved: where that was, as the file has it; None where the fit begins.
    Raises OutputError or InputError where the file could not be written, is of another fit, or only a model.
    """

    path: Path
    random: Random
    objective: Objective
    d: int

    def __init__(
        self,
        source: Source,
        k: int,
        settings: Settings,
        objective: Objective,
        *,
        start: Any,
        rng: Any,
        random: Random,
        d: int | None = None,
    ) -> None:
        path = settings.checkpoint
        if not isinstance(path, (str, os.PathLike)):
            raise InputError(f"{named('checkpoint')} is {path!r}: give the name of a file, such as fit.mix.")
        self.path = check_target(path, (".mix",), standard=False)
        survey, several = source.survey(), settings.n_init > 1
        self.random, self.objective, self.d = random, objective, survey.d if d is None else d
        self.job: dict[str, Any] = {
            "n_components": k,
            "covariance_type": settings.covariance_type,
            "the number of coordinates": survey.d,
            "names": None if source.names is None else list(source.names),
            "the number of points": survey.n,
            SUM: survey.total,
            "the fingerprint of the points": source.bits,
            "dtype": source.dtype.name,
            "missing": source.incomplete,
            "start": digest(start),
            "n_init": int(settings.n_init),
            # Starts that ended before kept to these.
            "max_iter": int(settings.max_iter) if several else None,
            "tol": float(settings.tol) if several else None,
            "reg_covar": float(settings.reg_covar),
            "rng": int(rng) if is_whole(rng) else None if rng is None else digest(random),
            "accelerate": bool(settings.accelerate),
            "engine": settings.engine,
            "fixed": digest(objective.fixed),
            "prior": digest(objective.believed),
            "noise": objective.noise,
        }
        self.saved: Saved | None = self._read() if is_there(self.path) else None
        if self.saved is not None:
            self._restore(self.saved)

    def _read(self) -> Saved:
        mixture, notes, arrays = load_all(self.path)
        kept = notes.get(KEY)
        if kept is None:
            raise InputError(
                f"{named('checkpoint')} {self.path} is a model, but no checkpoint: give a name that is free, so "
                f"that it is not overwritten."
            )
        try:
            self._check_version(int(kept["version"]))
            self._check(kept["job"])
            saved = _unpacked(mixture, kept, arrays, self.objective)
            self._check_arrays(saved, arrays)
            return saved
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
            if isinstance(error, (InputError, StorageError)):
                raise
            raise StorageError(f"{self.path} is damaged: its notes on the fit cannot be read ({error}).") from None

    def _check_version(self, version: int) -> None:
        if version > VERSION:
            raise StorageError(
                f"{self.path} is a checkpoint of version {version}, this Mixtura reads up to {VERSION}: upgrade "
                f"mixtura."
            )
        if version < VERSION:
            raise StorageError(
                f"{self.path} is a checkpoint of version {version}, whose fingerprint of the points this Mixtura, of "
                f"version {VERSION}, cannot compare. It is a model still: begin from that, with "
                f"start=mixtura.load(...) and another name for {named('checkpoint')}, or remove the file to begin anew."
            )

    def _check_arrays(self, saved: Saved, arrays: Mapping[str, Array]) -> None:
        """Raise ValueError where what was kept is not that of one fit."""
        place, job = saved.ascent.place, self.job
        (k, d), kind = place.mixture.means.shape, place.mixture.family
        form = self.objective.form(job["n_components"], job["covariance_type"])
        if (k, d, kind.name) != (form[0], self.d, form[1]):
            raise ValueError(f"{k} {kind.name} components in {d} coordinates")
        expected = {"mass": (k,), "first": (k, d), "second": kind.shape(k, d), "last": (length(place.mixture),)}
        for name, array in arrays.items():
            if array.shape != expected.get(name, array.shape) or not np.isfinite(array).all():
                raise ValueError(f"{name} has shape {array.shape}, or is not finite")
        value = self.objective.value(place.mixture, place.statistics)
        if not math.isclose(value, place.value, rel_tol=1e-9, abs_tol=1e-9):
            raise ValueError(f"its value is {place.value}, and {value} of its statistics")
        if saved.best is not None and saved.best.mixture.means.shape != (k, d):
            raise ValueError("best_means")
        if not saved.ascent.visited or not 0 <= saved.number < job["n_init"]:
            raise ValueError(f"start {saved.number}, {len(saved.ascent.visited)} steps")

    def _restore(self, saved: Saved) -> None:
        kind = _state_of(self.random)["bit_generator"]
        if isinstance(saved.rng, Mapping) and saved.rng.get("bit_generator", kind) != kind:
            raise InputError(
                f"{named('checkpoint')} {self.path} is of another fit: its random numbers are of another kind of "
                f"generator. Give another name, or remove the file to begin anew."
            )
        try:
            if isinstance(self.random, np.random.Generator):
                self.random.bit_generator.state = saved.rng
            else:
                self.random.set_state(dict(saved.rng))
        except (TypeError, ValueError, KeyError) as error:
            raise StorageError(f"{self.path} is damaged: its random numbers cannot be read ({error}).") from None

    def keeping(self, number: int, best: Fit | None, tol: float) -> Callable[[Ascent], None]:
        """What writes how far the climb from start `number` is, or raises OutputError. best: of the starts before."""

        def keep(ascent: Ascent) -> None:
            kept, arrays = _packed(Saved(number, ascent, best, _state_of(self.random), float(tol)), self.objective)
            shown = self.objective.shown(ascent.place.mixture)
            notes = {KEY: {**kept, "version": VERSION, "job": self.job}, **self.objective.notes(shown)}
            save(shown, self.path, notes=notes, more=arrays)

        return keep

    def _check(self, job: Mapping[str, Any]) -> None:
        for name, now in self.job.items():
            before = job.get(name)
            if name == SUM and isinstance(before, float) and math.isclose(before, now, rel_tol=1e-9):
                continue  # its rounding depends on how the rows are cut; the fingerprint tells the rest
            if before != now:
                told = named(name) if name.isidentifier() else name
                raise InputError(
                    f"{named('checkpoint')} {self.path} is of another fit: {told} was "
                    f"{_short(before)} there, and is {_short(now)} now. Give another name, or remove the file to "
                    f"begin anew."
                )


@contextmanager
def told_where(keeper: Checkpoint | None) -> Iterator[None]:
    """Where points are lost in the middle of a fit, the error says what is left of it."""
    try:
        yield
    except SourceError as error:
        if keeper is None or not keeper.path.exists():
            raise
        reached = f"What was reached is in {keeper.path}: the same fit resumes from it."
        raise SourceError(f"{error.sentence} {reached}") from error


def _short(thing: Any) -> str:
    text = str(thing)
    return text if len(text) <= LONG else f"{text[:LONG]}..."


def digest(thing: Any) -> Any:
    """What to compare `thing` by, as JSON can hold it: itself if it is a name or a number, else a short hash."""
    if thing is None or isinstance(thing, (str, bool, int, float)):
        return thing
    if isinstance(thing, Mapping):
        return {str(name): digest(one) for name, one in thing.items()}
    if isinstance(thing, Mixture):
        called = repr((thing.covariance_type, thing.names))
        return f"Mixture {_hash(called, thing.weights, thing.means, thing.covariances)}"
    if isinstance(thing, Prior):
        counts = (thing.mean_precision, thing.degrees_of_freedom, thing.concentration)
        return f"Prior {_hash(thing.mean, thing.scale, np.array(counts))}"
    if isinstance(thing, Fixed):
        return f"Fixed {_hash(*(getattr(thing, part) for part in PARTS))}"
    if isinstance(thing, (np.random.Generator, np.random.RandomState)):
        return f"Generator {_hash(repr(_plain(_state_of(thing))))}"
    if callable(thing):
        name = getattr(thing, "__qualname__", type(thing).__qualname__)
        return f"the function {name} {_hash(*_told(getattr(thing, '__code__', None)))}"
    from .variational import Belief  # last, since it loads functions of SciPy

    if isinstance(thing, Belief):
        counts = (thing.concentration, thing.mean_precision, thing.degrees_of_freedom)
        return f"{thing.weights} {_hash(thing.mean, thing.scale, np.array(counts))}"
    return f"an array {_hash(numbers(thing, 'start'))}"


def _told(code: Any) -> Iterator[str]:
    """What a function does, but for what it finds elsewhere, and for where it stands."""
    if code is None:
        return
    yield code.co_code.hex()
    yield repr(code.co_names)
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield from _told(constant)
        else:
            yield repr(sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant)


def _state_of(random: Random) -> Mapping[str, Any]:
    if isinstance(random, np.random.Generator):
        return random.bit_generator.state
    state: Mapping[str, Any] = random.get_state(legacy=False)
    return state


def _hash(*parts: NDArray[Any] | str) -> str:
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            found.update(f"{len(part)} {part}".encode())
        else:
            found.update(f"{part.shape} {part.dtype.str}".encode() + np.ascontiguousarray(part).tobytes())
    return found.hexdigest()[:16]


def _packed(saved: Saved, objective: Objective) -> tuple[dict[str, Any], dict[str, Array]]:
    """What to keep beside the mixture: JSON, and arrays."""
    ascent, best = saved.ascent, saved.best
    place = ascent.place
    found = place.statistics
    kept = {
        "number": saved.number,
        "tol": saved.tol,
        "rng": _plain(saved.rng),
        "visited": [list(height) for height in ascent.visited],
        "change": ascent.change if np.isfinite(ascent.change) else None,
        "age": ascent.age,
        "reason": ascent.reason,
        "value": place.value,
        "log_likelihood": found.log_likelihood,
        "total": found.total,
        "best": None if best is None else [best.stop_reason, best.log_likelihoods, best.log_posteriors],
    }
    arrays = {"mass": found.mass, "first": found.first, "second": found.second} | objective.arrays(place.mixture)
    if ascent.last is not None:
        arrays["last"] = ascent.last
    if best is not None:
        shown = {part: getattr(best.mixture, part) for part in PARTS} | objective.arrays(best.state)
        arrays |= {f"best_{name}": array for name, array in shown.items()}
    return kept, arrays


def _unpacked(mixture: Mixture, kept: Mapping[str, Any], arrays: Mapping[str, Array], objective: Objective) -> Saved:
    statistics = Statistics(
        arrays["mass"], arrays["first"], arrays["second"], float(kept["log_likelihood"]), float(kept["total"])
    )
    ascent = Ascent(
        Place(objective.restored(mixture, arrays), statistics, float(kept["value"])),
        tuple((float(likelihood), float(value)) for likelihood, value in kept["visited"]),
        np.inf if kept["change"] is None else float(kept["change"]),
        arrays.get("last"),
        int(kept["age"]),
        kept["reason"],
    )
    best = None
    if kept["best"] is not None:
        reason, likelihoods, values = kept["best"]
        mine = {name.removeprefix("best_"): array for name, array in arrays.items() if name.startswith("best_")}
        weights, means, covariances = (mine[part] for part in PARTS)
        like = Mixture.trusted(weights, means, covariances, mixture.covariance_type, names=mixture.names)
        best = result(objective, objective.restored(like, mine), tuple(likelihoods), reason, tuple(values))
    return Saved(int(kept["number"]), ascent, best, _state(kept["rng"]), float(kept["tol"]))


def _plain(state: Any) -> Any:
    """The state of random numbers as JSON can hold it."""
    if isinstance(state, Mapping):
        return {key: _plain(value) for key, value in state.items()}
    if isinstance(state, np.ndarray):
        return {"array": state.tolist(), "dtype": state.dtype.str}
    return state.item() if isinstance(state, np.generic) else state


def _state(plain: Any) -> Any:
    """And back."""
    if not isinstance(plain, Mapping):
        return plain
    if set(plain) == {"array", "dtype"}:
        return np.array(plain["array"], plain["dtype"])
    return {key: _state(value) for key, value in plain.items()}
