"""Messages between the page and whoever answers it, as frames, checked against their table.

A frame is the length of the head as a u32, the head as JSON in UTF-8, zeros up to a multiple of 8, and the arrays, each
padded to a multiple of 8; all little-endian. The head holds `v`, `type`, `seq`, the fields of its type, `re`, the seq
of what it answers, and `arrays`, a list of [name, dtype, shape]. A widget sends the same head, and the arrays as
buffers. `web/wire.js` does the same, and says the same sentences.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, named
from .table import LIMITS as LIMITS
from .table import MESSAGES, PARTS, VERSION, Field, Sender, integer, maybe, spare
from .table import TABLE as TABLE

DTYPES = {"f8": "<f8", "f4": "<f4", "u4": "<u4", "i4": "<i4", "u1": "u1"}


class MessageError(InputError):
    """A message that is not in the table. seq, job: its number and its job's, where these could be read."""

    seq: int | None = None
    job: int | None = None


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
        raise _about(head, f"the message has {len(frame):,} bytes, which are not those of its arrays.")
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


def sound(values: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Those of the values that are as a table has them; the others are left out."""
    found = {}
    for name, spec in fields.items():
        try:
            if name in values:
                found[name] = _value(values[name], spec, name)
        except MessageError:
            continue
    return found


def check_size(k: int, d: int) -> None:
    """Raise InputError where a mixture of so many components and coordinates is larger than a message may be."""
    most = LIMITS["bytes"] // (8 * (1 + d + d * d))
    if k > most:
        raise InputError(
            f"{named('n_components')} is {k:,}, and of {d} coordinates a page is shown {most:,} at most: lower it."
        )


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
        try:
            values = np.frombuffer(buffer, DTYPES[dtype]).reshape(shape)
        except ValueError:  # nothing in one direction, and more than there can be in another
            raise MessageError(f"{where} has not the kind or the shape that it should have.") from None
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
    seq: Any = head.get("seq") if isinstance(head, dict) else None
    job: Any = head.get("job") if isinstance(head, dict) else None
    error.seq = int(seq) if _is_whole(seq) and 0 <= seq < 2**53 else None
    error.job = int(job) if _is_whole(job) and 0 <= job < 2**53 else None
    return error


def _no_constant(name: str) -> float:
    raise ValueError(name)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _legible(name: str) -> str:
    return name[:40].encode("ascii", "replace").decode()
