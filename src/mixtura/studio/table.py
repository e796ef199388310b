"""The table of messages between the page and whoever answers it: their fields, arrays and limits, version 1.

`web/wire.js` holds the same table, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Sender = Literal["page", "engine"]
VERSION = 1
Field = dict[str, Any]

LIMITS = {
    "head": 1 << 19,  # bytes of a head; 50,000 names fit
    "frame": (64 << 20) + (1 << 20),  # bytes of a frame
    "bytes": 64 << 20,  # bytes of a file
    "pixels": 25_000_000,  # of a picture that is read, before it is decoded
    "rows": 5_000_000,  # of a table
    "columns": 1000,  # of a table, of which a few are chosen
    "sample": 100_000,  # points that the page is shown
    "k": 50_000,
    "d": 64,
    "candidates": 30,  # of a score
    "take": 100_000_000,  # pixels of a picture that is taken
    "side": 30_000,  # of that
}
NUMBERS = 40_000_000
"""Of a table that is opened: rows times columns."""
ENDINGS: dict[str, tuple[str, ...]] = {"table": (".csv", ".tsv", ".txt", ".parquet", ".npy"), "model": (".mix", ".gmx")}
"""What a file is by the end of its name; any other is a picture."""
FAMILIES = ["full", "tied", "diag", "spherical"]
STARTS = ["kmeans", "kmeans++", "random_from_data", "partition", "hierarchical", "random"]
STYLES = ["mean", "grid", "contour", "dots", "ellipses"]


def kind_of(ending: str) -> str:
    """What a file with such an ending is: "picture", "table" or "model"."""
    return next((kind for kind, endings in ENDINGS.items() if ending in endings), "picture")


def text(most: int) -> Field:
    """A text of so many characters at most."""
    return {"kind": "text", "most": most}


def choice(*of: str) -> Field:
    """One of these words."""
    return {"kind": "choice", "of": list(of)}


def integer(least: int, most: int) -> Field:
    """A whole number."""
    return {"kind": "integer", "least": least, "most": most}


def number(least: float, most: float) -> Field:
    """A finite number."""
    return {"kind": "number", "least": least, "most": most}


def flag() -> Field:
    """True or false."""
    return {"kind": "flag"}


def each(of: Field, most: int, least: int = 0) -> Field:
    """A list of so many such values."""
    return {"kind": "each", "of": of, "least": least, "most": most}


def record(fields: Mapping[str, Field]) -> Field:
    """An object of these fields and no others."""
    return {"kind": "record", "fields": dict(fields)}


def note(most: int) -> Field:
    """An object that whoever wrote it understands: so many characters of JSON at most."""
    return {"kind": "note", "most": most}


def maybe(of: Field) -> Field:
    """Such a value, or null."""
    return {**of, "null": True}


def spare(of: Field) -> Field:
    """Such a value, which may be left out."""
    return {**of, "spare": True}


def array(dtype: str, *shape: str | int, gaps: bool = False, spare: bool = False) -> Field:
    """An array, in whose shape letters stand for numbers that are the same in the message. gaps: NaN is allowed."""
    return {"dtype": dtype, "shape": list(shape), "gaps": gaps, "spare": spare}


JOB = integer(0, 2**31 - 1)
SEED = integer(0, 2**32 - 1)
LIKELIHOOD = number(-1e300, 1e300)
COUNT = integer(1, LIMITS["k"])
EDGES = each(number(-1e9, 1e9), 4, 4)
NAMES = each(maybe(text(200)), LIMITS["k"])
LOOK = note(16_384)
PARTS = {"weights": array("f8", "k"), "means": array("f8", "k", "d"), "factors": array("f8", "k", "d", "d")}
SPARE_PARTS: dict[str, Any] = {name: {**of, "spare": True} for name, of in PARTS.items()}
PINS = array("u1", "k", spare=True)
FIT = {
    "k": COUNT,
    "covariance_type": choice(*FAMILIES),
    "start": choice(*STARTS),
    "seed": SEED,
    "tol": number(0, 1e6),
    "max_iter": integer(0, 100_000),
    "prior": number(0, 1e6),
    "polish": flag(),
}
DRAWING = {
    "style": choice(*STYLES),
    "tone": maybe(text(2000)),
    "colours": maybe(text(40)),
    "ink": maybe(text(40)),
    "paper": maybe(text(40)),
    "sharpen": number(0.01, 100),
    "count": maybe(COUNT),
    "dots": maybe(integer(1, 2_000_000)),
    "radius": maybe(number(0.01, 1000)),
    "seed": SEED,
}


CURVE = record(
    {
        "kind": choice("linear", "gamma", "points"),
        "gamma": number(0.01, 100),
        "points": each(each(number(0, 255), 2, 2), 200),
    }
)
KEPT = {
    "style": choice(*STYLES),
    "view": choice("original", "split", "painted"),
    "split": number(0, 1),
    "tone": record({"mean": CURVE, "grid": CURVE}),
    "colours": text(40),
    "ink": maybe(text(40)),
    "paper": maybe(text(40)),
    "sharpen": number(0.01, 100),
    "count": maybe(COUNT),
    "dots": integer(1, 2_000_000),
    "radius": maybe(number(0.01, 1000)),
    "ellipses": number(0, 1),
}
"""What of a look is read from a model's file, which may be a stranger's: the rest is left out."""


def _message(fields: Mapping[str, Field] = {}, arrays: Mapping[str, Field] = {}) -> Field:
    return {"fields": dict(fields), "arrays": dict(arrays)}


FROM_PAGE = {
    "hello": _message({"nonce": text(64), "session": maybe(text(64))}),
    "prove": _message({"proof": text(64)}),  # of the token, to a `challenge`, where there is a token
    "open": _message(
        {
            "kind": choice("picture", "table", "model", "sample", "points"),
            "name": text(200),
            "mode": maybe(choice("ink", "colour")),
            "threshold": maybe(number(0, 255)),
            "columns": maybe(each(text(200), LIMITS["d"])),
        },  # without bytes or points: the file that was opened last, once more
        {"bytes": array("u1", "b", spare=True), "points": array("f8", "n", "d", gaps=True, spare=True)},
    ),
    "fit": _message({"job": JOB, **FIT, "paused": flag()}, {**SPARE_PARTS, "pins": PINS}),
    "pause": _message({"job": JOB}),
    "resume": _message({"job": JOB}),
    "step": _message({"job": JOB, "count": integer(1, 1000)}),
    "stop": _message({"job": JOB}),
    "score": _message(
        {
            "job": JOB,
            "from": COUNT,
            "to": COUNT,
            "covariance_type": choice(*FAMILIES),
            "seed": SEED,
            "criterion": choice("bic", "stability"),  # bic brings icl and aic
        }
    ),
    "edit": _message(
        {"revision": integer(0, 2**53 - 1)}, {**PARTS, "pins": PINS, "selection": array("u4", "s", spare=True)}
    ),
    "take": _message(
        {
            "kind": choice("png", "svg", "html", "webp", "mix", "gmx", "csv"),
            "name": spare(text(200)),
            "width": maybe(integer(1, LIMITS["side"])),
            "look": record(DRAWING),
            "axes": each(integer(0, LIMITS["d"] - 1), 2, 1),
            "names": spare(NAMES),
            "colours": spare(NAMES),
            "keep": spare(LOOK),
        },
        {**PARTS, "pins": PINS, "hidden": PINS},
    ),
}

TO_PAGE = {
    "challenge": _message({"nonce": text(64), "proof": text(64)}),
    "welcome": _message(
        {
            "session": text(64),
            "engine": choice("server", "widget", "worker"),
            "can": each(text(40), 100),
            "samples": each(record({"name": text(40), "title": text(200), "kind": text(40)}), 40),
            "limits": note(2000),
            "source": maybe(text(64)),  # what this session has open: null after a fresh start
            "first": spare(flag()),  # whether it was opened for the page, by the command line: `opened` follows
            "job": maybe(JOB),  # a fit that goes on
        }
    ),
    "opened": _message(
        {
            "id": text(64),
            "kind": choice("ink", "colour", "table", "points", "model"),
            "name": text(200),
            "columns": each(text(200), LIMITS["d"]),
            "types": each(text(40), LIMITS["columns"]),
            "all_columns": each(text(200), LIMITS["columns"]),
            "n": integer(0, 2**53 - 1),
            "mode": maybe(choice("ink", "colour")),
            "threshold": maybe(number(0, 255)),
            "frame": maybe(EDGES),
            "width": maybe(integer(1, 2**31 - 1)),
            "height": maybe(integer(1, 2**31 - 1)),
            "covariance_type": spare(maybe(text(20))),  # this and what follows: of models
            "names": spare(NAMES),
            "colours": spare(NAMES),
            "keep": spare(LOOK),
        },
        {
            "points": array("f8", "n", "d", gaps=True),
            "picture": array("u1", "b", spare=True),
            **SPARE_PARTS,
            "pins": PINS,
            "hidden": PINS,
        },
    ),
    "step": _message(
        {
            "job": JOB,
            "iteration": integer(0, 2**31),
            "objective": LIKELIHOOD,
            "gain": LIKELIHOOD,
            "stage": spare(integer(0, 1000)),  # how often EM has come to other points: to all pixels after a sample
        },
        PARTS,
    ),
    "done": _message(
        {
            "job": JOB,
            "reason": choice("converged", "limit", "stopped"),
            "iteration": integer(0, 2**31),
            "objective": maybe(LIKELIHOOD),
            "bic": maybe(LIKELIHOOD),
            "icl": maybe(LIKELIHOOD),
            "aic": maybe(LIKELIHOOD),
            "psnr": spare(maybe(LIKELIHOOD)),
        },
        SPARE_PARTS,  # none where nothing was fitted yet
    ),
    "paused": _message({"job": JOB}),
    "edited": _message({"revision": integer(0, 2**53 - 1)}),
    "score": _message(
        {
            "job": JOB,
            "k": COUNT,
            **{name: maybe(LIKELIHOOD) for name in ("bic", "icl", "aic")},
            **{name: spare(maybe(LIKELIHOOD)) for name in ("stability", "spread")},
            "why": spare(text(500)),
        }
    ),
    "scored": _message({"job": JOB}),
    "taken": _message({"name": text(300), "mime": text(100)}, {"bytes": array("u1", "b")}),
    "failed": _message({"job": maybe(JOB), "sentence": text(2000), "remedy": text(2000)}),
}
MESSAGES: dict[Sender, dict[str, Field]] = {"page": FROM_PAGE, "engine": TO_PAGE}
TABLE: dict[str, Any] = {"version": VERSION, "limits": LIMITS, "page": FROM_PAGE, "engine": TO_PAGE}
"""All of it, as `web/wire.js` has it."""
