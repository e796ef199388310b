"""Messages: one table in Python and in the page, frames both ways, and one sentence for each fault in both."""

import base64
import json
import struct
import subprocess

import numpy as np
import pytest
from scripts import HERE, NODE, needs_node
from sessions import FIT, LOOK

from mixtura.studio.messages import LIMITS, TABLE, Message, MessageError, decode, encode, from_parts, to_parts

K, D = 3, 2
PARTS = {
    "weights": np.array([0.2, 0.3, 0.5]),
    "means": np.arange(6.0).reshape(K, D),
    "factors": np.tile(np.eye(D), (K, 1, 1)),
}
PINS = {"pins": np.array([1, 0, 7], np.uint8)}
STABLE = {"criterion": "stability"}
TAKE = {"kind": "png", "name": "Möwe ☂ 𝄞", "width": 640, "look": LOOK, "axes": [0, 1], "names": [None, "sky", "ß"]}
FROM_PAGE = [
    Message("hello", {"nonce": "t", "session": None}, {}, 0),
    Message("open", {"kind": "picture", "name": "a.png", "mode": "ink", "threshold": 12.5, "columns": None},
            {"bytes": np.arange(9, dtype=np.uint8)}, 1),
    Message("open", {"kind": "points", "name": "p", "mode": None, "threshold": None, "columns": ["a", "b"]},
            {"points": np.array([[1.0, np.nan], [2.0, 3.0]])}, 2),
    Message("fit", {"job": 1, **FIT}, {**PARTS, **PINS}, 3),
    Message("pause", {"job": 1}, {}, 4),
    Message("step", {"job": 1, "count": 2}, {}, 5),
    Message("score", {"job": 2, "from": 1, "to": 9, "covariance_type": "full", "seed": 4_294_967_295, **STABLE}, {}, 6),
    Message("edit", {"revision": 2**53 - 1}, {**PARTS, "selection": np.array([2, 0], np.uint32)}, 7),
    Message("take", {**TAKE, "keep": {"tone": {"mean": [[0, 255], [1, 0.5]]}}}, {**PARTS, "hidden": PINS["pins"]}, 8),
]  # fmt: skip
TO_PAGE = [
    Message("step", {"job": 1, "iteration": 3, "objective": -1.25e-7, "gain": 1e-300}, PARTS, 0, re=9),
    Message("done", {"job": 1, "reason": "stopped", "iteration": 0, "objective": None, "bic": None, "icl": None,
                     "aic": 3.5}, {}, 0),
    Message("taken", {"name": "a.png", "mime": "image/png"}, {"bytes": np.zeros(0, np.uint8)}, 0, re=4),
    Message("failed", {"job": None, "sentence": "No.", "remedy": ""}, {}, 0),
]  # fmt: skip


def same(one, other):
    assert (one.type, one.head, one.seq, one.re) == (other.type, other.head, other.seq, other.re)
    assert set(one.arrays) == set(other.arrays)
    for name, values in one.arrays.items():
        np.testing.assert_array_equal(values, other.arrays[name])
        assert values.dtype == other.arrays[name].dtype


@pytest.mark.parametrize("message", FROM_PAGE, ids=lambda message: message.type)
def test_frames_hold_what_the_page_says(message):
    frame = encode(message)
    assert len(frame) % 8 == 0
    same(decode(frame), message)
    same(from_parts(*to_parts(message)), message)


def headed(**changes):
    """The head of a valid message, changed; None takes a field away."""
    head = {"v": 1, "type": "fit", "seq": 5, "job": 1, **FIT, "arrays": []} | changes
    return {name: value for name, value in head.items() if value != "gone"}


def framed(head, *arrays):
    written = head if isinstance(head, bytes) else json.dumps(head).encode()
    body = b"".join(array + bytes(-len(array) % 8) for array in arrays)
    return struct.pack("<I", len(written)) + written + bytes(-(4 + len(written)) % 8) + body


def with_arrays(*listed, **changes):
    sizes = [int(np.prod(shape)) * int(kind[1]) for _, kind, shape in listed]
    return framed(headed(arrays=[list(each) for each in listed], **changes), *[bytes(size) for size in sizes])


WRONG = {
    "nothing": b"",
    "three bytes": b"abc",
    "a head longer than the frame": struct.pack("<I", 1000) + b"{}  ",
    "no JSON": framed(b"{nonsense"),
    "NaN in the head": framed(b'{"v":1,"type":"stop","seq":1,"job":NaN}'),
    "a list": framed(b"[1, 2]"),
    "nested deeply": framed(b"[" * 100_000),
    "another version": framed(headed(v=2)),
    "version true": framed(headed(v=True)),
    "no type": framed(headed(type="gone")),
    "an unknown type": framed(headed(type="constructor")),
    "a type of the other side": framed(headed(type="welcome")),
    "a type that is a list": framed(headed(type=[1])),
    "a key that nobody knows": framed(headed(path="/etc/passwd")),
    "a key of objects": framed(headed(__proto__={"a": 1})),
    "no seq": framed(headed(seq="gone")),
    "a seq below 0": framed(headed(seq=-1)),
    "a field that is missing": framed(headed(k="gone")),
    "a number for a word": framed(headed(start=7)),
    "a word that is none": framed(headed(start="magic")),
    "half a component": framed(headed(k=2.5)),
    "no component": framed(headed(k=0)),
    "true components": framed(headed(k=True)),
    "too many components": framed(headed(k=50_001)),
    "an enormous number": framed(headed(tol=10**400)),
    "a negative tolerance": framed(headed(tol=-1)),
    "a flag that is none": framed(headed(paused=1)),
    "null": framed(headed(seed=None)),
    "arrays that are no list": framed(headed(arrays={})),
    "arrays without shape": framed(headed(arrays=[["weights", "f8"]])),
    "an array of another kind": with_arrays(("weights", "f4", [3])),
    "an array of a kind that is none": framed(headed(arrays=[["weights", "f2", [3]]])),
    "a shape below 0": framed(headed(arrays=[["weights", "f8", [-1]]])),
    "a shape that is enormous": framed(headed(arrays=[["weights", "f8", [2**30, 2**30, 2**30]]])),
    "an array that nobody knows": with_arrays(("secret", "f8", [3])),
    "an array twice": with_arrays(("weights", "f8", [3]), ("weights", "f8", [3])),
    "arrays that do not fit together": with_arrays(
        ("weights", "f8", [3]), ("means", "f8", [4, 2]), ("factors", "f8", [3, 2, 2])
    ),
    "a part of a mixture": with_arrays(("weights", "f8", [3])),
    "a mixture of nothing": with_arrays(("weights", "f8", [0]), ("means", "f8", [0, 2]), ("factors", "f8", [0, 2, 2])),
    "a mixture of 65 coordinates": with_arrays(
        ("weights", "f8", [1]), ("means", "f8", [1, 65]), ("factors", "f8", [1, 65, 65])
    ),
    "bytes that are missing": framed(headed(arrays=[["weights", "f8", [3]]]), bytes(16)),
    "bytes beyond": framed(headed(), bytes(8)),
    "infinity": framed(headed(arrays=[["weights", "f8", [1]]]), struct.pack("<d", np.inf)),
    "a text that is too long": framed({"v": 1, "type": "hello", "seq": 1, "nonce": "x" * 65, "session": None}),
    "half a letter": framed(b'{"v":1,"type":"hello","seq":1,"nonce":"\\ud800","session":null}'),
    "a look of more": framed({"v": 1, "type": "take", "seq": 1, **TAKE, "look": {**LOOK, "file": "x"}}),
    "a note that is too long": framed({"v": 1, "type": "take", "seq": 1, **TAKE, "keep": {"a": "x" * 20_000}}),
    "an axis that is none": framed({"v": 1, "type": "take", "seq": 1, **TAKE, "axes": [0, 1, 2]}),
}


@pytest.mark.parametrize("frame", WRONG.values(), ids=WRONG)
def test_what_is_not_in_the_table_is_refused_in_one_sentence(frame):
    with pytest.raises(MessageError) as caught:
        decode(frame)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert len(sentence) < 250
    assert sentence.isprintable()
    assert caught.value.seq in (None, 1, 5)


def test_an_oversize_frame_is_refused_unread():
    with pytest.raises(MessageError, match="the limit is"):
        decode(bytes(LIMITS["frame"] + 8))


@needs_node
def test_the_page_reads_writes_and_refuses_alike():
    good = [("page", each) for each in FROM_PAGE] + [("engine", each) for each in TO_PAGE]
    asked = [[sender, encode(message)] for sender, message in good] + [["page", frame] for frame in WRONG.values()]
    told = json.dumps([[sender, base64.b64encode(frame).decode()] for sender, frame in asked])
    done = subprocess.run([NODE, HERE / "js" / "frames.mjs"], input=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout)
    assert heard["table"] == json.loads(json.dumps(TABLE))
    for (sender, message), answer in zip(good, heard["answers"], strict=False):
        same(decode(base64.b64decode(answer["again"]), sender), message)
    for (name, frame), answer in zip(WRONG.items(), heard["answers"][len(good) :], strict=True):
        with pytest.raises(MessageError) as caught:
            decode(frame)
        told = (caught.value.sentence, caught.value.seq)
        assert (answer.get("sentence"), answer.get("seq")) == told, name
