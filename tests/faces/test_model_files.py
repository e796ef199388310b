"""Model files: written whole or not at all, and a wrong one gets one clear sentence."""

import json
import os

import numpy as np
import pytest
from safetensors.numpy import save as to_bytes

import mixtura as mx
from mixtura.errors import InputError, OutputError, StorageError
from mixtura.model.storage import VERSION, load_with_notes

MIX = mx.Mixture([0.25, 0.75], [[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]], "diag", names=("a", "b"))


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "a.mix"
    MIX.save(path)
    return path


def written(path, header=None, **tensors):
    """A file like ours, but for the given entries."""
    parts = {"weights": MIX.weights, "means": MIX.means, "covariances": MIX.covariances} | tensors
    words = {"format": "mixtura", "version": str(VERSION), "covariance_type": "diag", "names": "null", "notes": "{}"}
    words |= header or {}
    content = {name: np.ascontiguousarray(array) for name, array in parts.items() if array is not None}
    path.write_bytes(to_bytes(content, {key: value for key, value in words.items() if value is not None}))
    return path


def test_the_writer_of_wrong_files_can_write_a_right_one(tmp_path):
    np.testing.assert_array_equal(mx.load(written(tmp_path / "a.mix")).means, MIX.means)


WRONG = {
    "foreign": ({"format": None}, {}, "a safetensors file, but not one of Mixtura's"),
    "later version": ({"version": str(VERSION + 1)}, {}, f"has version {VERSION + 1}.*upgrade mixtura"),
    "no version": ({"version": None}, {}, "damaged: its version is ''"),
    "version in words": ({"version": "two"}, {}, "damaged: its version is 'two'"),
    "no type": ({"covariance_type": None}, {}, "damaged: 'covariance_type'"),
    "unknown type": ({"covariance_type": "ball"}, {}, "damaged: covariance_type is 'ball'"),
    "other type": ({"covariance_type": "full"}, {}, "damaged: covariances has shape"),
    "names": ({"names": "["}, {}, "is damaged"),
    "names of others": ({"names": '["a"]'}, {}, "damaged: names has 1 entries"),
    "names a number": ({"names": "5"}, {}, "damaged: names is 5"),
    "no weights": ({}, {"weights": None}, "damaged: 'weights'"),
    "notes nested": ({"notes": "[" * 500_000}, {}, "damaged: its header is nested too deeply"),
    "names nested": ({"names": '{"a":' * 500_000}, {}, "damaged: its header is nested too deeply"),
    "notes of digits": ({"notes": "7" * 9_000}, {}, "is damaged"),
    "notes a list": ({"notes": f"{[*range(999)]}"}, {}, r"its notes are \[0, 1, .*\.\.\., expected an object"),
    "half a character": ({"names": '["a", "\\udc80"]'}, {}, r"names\[1\] is '\\udc80', half of a character"),
    "version beyond numbers": ({"version": "8" * 7_000}, {}, r"has version 8+\.\.\..*upgrade mixtura"),
    "version in many words": ({"version": "two " * 999}, {}, "damaged: its version is 'two two"),
    "type in many words": ({"covariance_type": "ball " * 999}, {}, "damaged: covariance_type is 'ball ball"),
    "NaN": ({}, {"means": MIX.means * np.nan}, r"damaged: means\[0, 0\] is nan"),
    "negative variance": ({}, {"covariances": -MIX.covariances}, r"covariances\[0\] is not positive definite"),
    "weights above one": ({}, {"weights": MIX.weights * 3}, "its weights sum to 3, expected 1"),
    "single precision": ({}, {"means": MIX.means.astype(np.float32)}, "its tensors are not all float64"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file(tmp_path, name):
    header, tensors, says = WRONG[name]
    path = written(tmp_path / "wrong.mix", header, **tensors)
    with pytest.raises(StorageError, match=says) as caught:
        mx.load(path)
    assert "wrong.mix" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(path))


@pytest.mark.parametrize("sign", [-1, 1])
def test_weights_may_miss_one_by_a_billionth(tmp_path, sign):
    """Which is far more than sums of rounded weights do, and far less than a weight that was changed."""
    inside, outside = (np.array([0.25, 0.75 + sign * gap]) for gap in (0.99e-9, 1.01e-9))
    loaded = mx.load(written(tmp_path / "inside.mix", weights=inside))
    assert loaded.weights.tobytes() == inside.tobytes()  # as they stand, not divided by their sum once more
    with pytest.raises(StorageError, match="its weights sum to 1, expected 1"):
        mx.load(written(tmp_path / "outside.mix", weights=outside))


@pytest.mark.parametrize("weights", [[1 + 5e-10, 1e-200], [1 + 2**-52, 0.0], [0.5 + 4e-10, 0.5 + 4e-10]])
def test_weights_a_little_above_one_can_be_drawn_by(tmp_path, weights):
    loaded = mx.load(written(tmp_path / "a.mix", weights=np.array(weights)))
    assert loaded.sample(5, rng=0).shape == (5, 2)
    assert np.isfinite(loaded.entropy(rng=0).estimate)


@pytest.mark.parametrize("content", [b"", b"Dear reader", b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(8), b"\xff" * 64])
def test_no_model_at_all(tmp_path, content):
    path = tmp_path / "a.mix"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"a\.mix is not a model file, or it is damaged"):
        mx.load(path)


def test_truncated_anywhere(model):
    content = model.read_bytes()
    for length in range(0, len(content), 7):
        model.write_bytes(content[:length])
        with pytest.raises(StorageError, match="damaged"):
            mx.load(model)


def test_missing_and_folder(tmp_path):
    with pytest.raises(StorageError, match=r"none.mix does not exist"):
        mx.load(tmp_path / "none.mix")
    with pytest.raises(StorageError, match="is a folder"):
        mx.load(tmp_path)


@pytest.mark.parametrize("kind", ["missing folder", "folder", "device"])
def test_an_unwritable_place_leaves_nothing(tmp_path, kind):
    target = {"missing folder": tmp_path / "no" / "a.mix", "folder": tmp_path, "device": "/dev/null"}[kind]
    with pytest.raises(OutputError):
        MIX.save(target)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_write_leaves_the_earlier_file(model, monkeypatch):
    before = model.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="No space left on device"):
        MIX.scale_covariances(2).save(model)
    assert model.read_bytes() == before
    assert list(model.parent.iterdir()) == [model]


def nested(depth):
    found = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize("notes", [{"a": object()}, {"a": float("nan")}, 5, {"a": nested(500_000)}])
def test_notes_that_are_no_json(tmp_path, notes):
    with pytest.raises(InputError, match="notes cannot be written as JSON"):
        MIX.save(tmp_path / "a.mix", notes=notes)
    assert list(tmp_path.iterdir()) == []


def test_notes_travel_along(tmp_path):
    notes = {"source": "Wanderer über dem Nebelmeer", "k": 3, "nested": [1, {"a": None}]}
    MIX.save(tmp_path / "a.mix", notes=notes)
    mixture, found = load_with_notes(tmp_path / "a.mix")
    assert found == notes
    assert mixture.names == ("a", "b")


def test_the_file_is_what_it_says(model):
    content = model.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    assert header["__metadata__"]["format"] == "mixtura"
    assert header["__metadata__"]["version"] == "1"  # the four first families are as they were
    assert {header[name]["dtype"] for name in ("weights", "means", "covariances")} == {"F64"}


def test_the_same_mixture_gives_the_same_bytes(tmp_path, model):
    MIX.save(tmp_path / "b.mix")
    assert (tmp_path / "b.mix").read_bytes() == model.read_bytes()
