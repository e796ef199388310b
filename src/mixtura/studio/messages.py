"""Messages between the page and whoever answers it, version 1: one table of their fields, arrays and limits.

A frame is the length of the head as a u32, the head as JSON in UTF-8, zeros up to a multiple of 8, and the arrays, each
padded to a multiple of 8; all little-endian. The head holds `v`, `type`, `seq`, the fields of its type, `re`, the seq
of what it answers, and `arrays`, a list of [name, dtype, shape]. A widget sends the same head, and the arrays as
buffers. `web/wire.js` holds the same table, and says the same sentences.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

VERSION = 1
Sender = Literal["page", "engine"]
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
FAMILIES = ["full", "tied", "diag", "spherical"]
STARTS = ["kmeans", "kmeans++", "random_from_data", "partition", "hierarchical", "random"]
STYLES = ["mean", "grid", "contour", "dots", "ellipses"]
DTYPES = {"f8": "<f8", "f4": "<f4", "u4": "<u4", "i4": "<i4", "u1": "u1"}


class MessageError(InputError):
    """A message that is not in the table. seq: its number, where that could be read."""

    seq: int | None = None


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
SPARE_PARTS = {name: {**of, "spare": True} for name, of in PARTS.items()}
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


def _message(fields: Mapping[str, Field] = {}, arrays: Mapping[str, Field] = {}) -> Field:
    return {"fields": dict(fields), "arrays": dict(arrays)}


FROM_PAGE = {
    "hello": _message({"token": text(200), "session": maybe(text(64))}),
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
    "score": _message({"job": JOB, "from": COUNT, "to": COUNT, "covariance_type": choice(*FAMILIES), "seed": SEED}),
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
    "step": _message({"job": JOB, "iteration": integer(0, 2**31), "objective": LIKELIHOOD, "gain": LIKELIHOOD}, PARTS),
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
        {"job": JOB, "k": COUNT, **{name: maybe(LIKELIHOOD) for name in ("bic", "icl", "aic")}, "why": spare(text(500))}
    ),
    "scored": _message({"job": JOB}),
    "taken": _message({"name": text(300), "mime": text(100)}, {"bytes": array("u1", "b")}),
    "failed": _message({"job": maybe(JOB), "sentence": text(2000), "remedy": text(2000)}),
}
MESSAGES: dict[Sender, dict[str, Field]] = {"page": FROM_PAGE, "engine": TO_PAGE}
TABLE = {"version": VERSION, "limits": LIMITS, "page": FROM_PAGE, "engine": TO_PAGE}
"""All of it, as `web/wire.js` has it."""


@dataclass(frozen=True, eq=False)
class Message:
    """One message. re: the seq of what it answers."""

    type: str
    head: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    seq: int = 0
    re: int | None = None


def encode(message: Message) -> bytes:
    """The frame of a message; one of ours, which is not checked here."""
    head, buffers = to_parts(message)
    written = json.dumps(head, allow_nan=False, separators=(",", ":")).encode()
    parts = [struct.pack("<I", len(written)), written, bytes(-(4 + len(written)) % 8)]
    for buffer in buffers:
        parts += [buffer, bytes(-len(buffer) % 8)]
    return b"".join(parts)


def decode(frame: bytes, sender: Sender = "page") -> Message:
    """The message in a frame. Raises MessageError for what is not in the table."""
    if len(frame) > LIMITS["frame"]:
        raise MessageError(f"the message has {len(frame):,} bytes, the limit is {LIMITS['frame']:,}.")
    length = int.from_bytes(frame[:4], "little")
    if len(frame) < 8 or length > min(LIMITS["head"], len(frame) - 4):
        raise MessageError("the message is no frame: its head is missing, or longer than it may be.")
    try:
        head = json.loads(frame[4 : 4 + length].decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MessageError("the head of the message is no JSON.") from None
    place = 4 + length + -(4 + length) % 8
    buffers: list[bytes] = []
    view = memoryview(frame)
    for size in _sizes(head):
        buffers.append(bytes(view[place : place + size]))
        place += size + -size % 8
    if place != len(frame):
        raise _about(head, f"the message has {len(frame):,} bytes, its arrays ask for {place:,}.")
    return from_parts(head, buffers, sender)


def to_parts(message: Message) -> tuple[dict[str, Any], list[bytes]]:
    """The head and the buffers of a message, as a widget sends them."""
    listed, buffers = [], []
    for name, values in message.arrays.items():
        known = "u1" if values.dtype == bool else f"{values.dtype.kind}{values.dtype.itemsize}"
        listed.append([name, known, list(values.shape)])
        buffers.append(np.ascontiguousarray(values, DTYPES[known]).tobytes())
    head: dict[str, Any] = {"v": VERSION, "type": message.type, "seq": message.seq, **message.head, "arrays": listed}
    return head if message.re is None else {**head, "re": message.re}, buffers


def from_parts(head: Any, buffers: Sequence[bytes | memoryview], sender: Sender = "page") -> Message:
    """The message of a head and its buffers. Raises MessageError for what is not in the table."""
    if not isinstance(head, dict):
        raise MessageError("the head of the message is no object.")
    try:
        return _checked(head, buffers, sender)
    except MessageError as error:
        raise _about(head, error.sentence) from None


def _checked(head: dict[str, Any], buffers: Sequence[bytes | memoryview], sender: Sender) -> Message:
    if head.get("v") != VERSION or isinstance(head.get("v"), bool):
        raise MessageError(f"the message is not of version {VERSION}: load the page again.")
    kind = head.get("type")
    spec = MESSAGES[sender].get(kind) if isinstance(kind, str) else None
    if spec is None or not isinstance(kind, str):
        raise MessageError("the message is of no known type.")
    about = {"seq": integer(0, 2**53 - 1), "re": maybe(spare(integer(0, 2**53 - 1)))}
    given = {name: value for name, value in head.items() if name not in ("v", "type", "arrays")}
    found = _record(given, {**about, **spec["fields"]}, kind)
    arrays = _arrays(head, buffers, spec["arrays"], kind)
    return Message(kind, found, arrays, found.pop("seq"), found.pop("re", None))


def _arrays(
    head: dict[str, Any], buffers: Sequence[bytes | memoryview], specs: Mapping[str, Field], kind: str
) -> dict[str, NDArray[Any]]:
    sizes = _sizes(head)
    if len(buffers) != len(sizes):
        raise MessageError(f"{kind} lists {len(sizes)} arrays and brings {len(buffers)}.")
    found: dict[str, NDArray[Any]] = {}
    letters: dict[str, int] = {}
    for (name, dtype, shape), size, buffer in zip(head.get("arrays", []), sizes, buffers, strict=True):
        where = f"{kind}.{_legible(name)}"
        spec = specs.get(name)
        if spec is None or name in found:
            raise MessageError(f"{where} is no array of such a message, or there twice.")
        fits = dtype == spec["dtype"] and len(shape) == len(spec["shape"])
        if not fits or any(letters.setdefault(str(a), b) != b for a, b in zip(spec["shape"], shape, strict=True)):
            raise MessageError(f"{where} has not the kind or the shape that it should have.")
        if len(buffer) != size:
            raise MessageError(f"{where} has {len(buffer):,} bytes, its shape asks for {size:,}.")
        values = np.frombuffer(buffer, DTYPES[dtype]).reshape(shape)
        if dtype in ("f8", "f4") and not (~np.isinf(values) if spec["gaps"] else np.isfinite(values)).all():
            raise MessageError(f"{where} holds a number that is not finite.")
        found[name] = values
    missing = [name for name, spec in specs.items() if name not in found and not spec["spare"]]
    if missing:
        raise MessageError(f"{kind} lacks the array {missing[0]}.")
    if 0 < sum(name in found for name in PARTS) < len(PARTS):
        raise MessageError(f"{kind} brings a part of a mixture: give weights, means and factors.")
    for letter in ("k", "d"):
        if not 1 <= letters.get(letter, 1) <= LIMITS[letter]:
            raise MessageError(f"{kind} has {letter} = {letters[letter]:,}, from 1 to {LIMITS[letter]:,} are allowed.")
    return found


def _sizes(head: Any) -> list[int]:
    """The number of bytes of each array that a head lists."""
    if not isinstance(head, dict):
        raise MessageError("the head of the message is no object.")
    listed = head.get("arrays", [])
    if not isinstance(listed, list) or len(listed) > 16:
        raise _about(head, "arrays is no list of up to 16 arrays.")
    sizes = []
    for each_ in listed:
        if not (isinstance(each_, list) and len(each_) == 3 and isinstance(each_[0], str) and each_[1] in _WIDTHS):
            raise _about(head, "arrays holds what is no [name, dtype, shape].")
        shape = each_[2]
        if not isinstance(shape, list) or len(shape) > 3 or not all(_is_whole(n) and 0 <= n < 2**31 for n in shape):
            raise _about(head, "arrays holds a shape that is none.")
        each_[2] = [int(n) for n in shape]
        sizes.append(math.prod(each_[2]) * _WIDTHS[each_[1]])
    return sizes


class _Widths(dict[Any, int]):
    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name)


_WIDTHS = _Widths({name: int(name[1]) for name in DTYPES})


def _value(value: Any, spec: Field, where: str) -> Any:
    """A value that is as the table has it; whole numbers as int."""
    if value is None:
        if spec.get("null"):
            return None
        raise MessageError(f"{where} is null.")
    kind = spec["kind"]
    if kind == "text":
        if not isinstance(value, str) or len(value) > spec["most"] or _SURROGATE.search(value):
            raise MessageError(f"{where} is no text of up to {spec['most']} characters.")
    elif kind == "choice":
        if not isinstance(value, str) or value not in spec["of"]:
            raise MessageError(f"{where} is none of {', '.join(spec['of'])}.")
    elif kind == "integer":
        if not _is_whole(value) or not spec["least"] <= value <= spec["most"]:
            raise MessageError(f"{where} is no whole number from {spec['least']} to {spec['most']}.")
        return int(value)
    elif kind == "number":
        if not _is_number(value) or not spec["least"] <= value <= spec["most"]:
            raise MessageError(f"{where} is no number within its limits.")
        return float(value)
    elif kind == "flag":
        if not isinstance(value, bool):
            raise MessageError(f"{where} is neither true nor false.")
    elif kind == "each":
        if not isinstance(value, list) or not spec["least"] <= len(value) <= spec["most"]:
            raise MessageError(f"{where} is no list of {spec['least']} to {spec['most']} values.")
        return [_value(one, spec["of"], f"{where}[{i}]") for i, one in enumerate(value)]
    elif kind == "record":
        return _record(value, spec["fields"], where)
    elif not isinstance(value, dict) or _note_length(value) > spec["most"]:
        raise MessageError(f"{where} is no object of up to {spec['most']} characters.")
    return value


def _record(value: Any, fields: Mapping[str, Field], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MessageError(f"{where} is no object.")
    strange = [name for name in value if name not in fields]
    if strange:
        raise MessageError(f"{where}.{_legible(strange[0])} is no field of it.")
    missing = [name for name, spec in fields.items() if name not in value and not spec.get("spare")]
    if missing:
        raise MessageError(f"{where} lacks {missing[0]}.")
    return {name: _value(one, fields[name], f"{where}.{name}") for name, one in value.items()}


def _note_length(value: Any) -> int:
    try:
        return len(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
    except (ValueError, RecursionError):
        return 1 << 30


def _is_whole(value: Any) -> bool:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return whole and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e308


def _about(head: Any, sentence: str) -> MessageError:
    error = MessageError(sentence)
    seq = head.get("seq") if isinstance(head, dict) else None
    error.seq = int(seq) if _is_whole(seq) and 0 <= seq < 2**53 else None
    return error


def _no_constant(name: str) -> float:
    raise ValueError(name)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _legible(name: str) -> str:
    return name[:40].encode("ascii", "replace").decode()
