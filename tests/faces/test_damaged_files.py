"""Thousands of damaged files: each opens, or is refused in one line of the library's own.

A kind of file is a row of `KINDS`: how good ones are made, and what is asked of them.
"""

import io
import json
import os
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from terminal import mixtura

import mixtura as mx
from mixtura.errors import MixturaError, MixturaWarning

FILES = 500  # of each kind: more with MIXTURA_DAMAGED=5000
LONGEST = 400  # characters of a sentence, but for the name of the file
X = np.random.default_rng(0).normal([5, -3, 0.1], [1, 10, 0.01], (40, 3))
FRAME = pd.DataFrame(X, columns=["a", "b, c", "d"])


def fitted(path):
    """A file as data: opened, looked at, fitted, asked."""
    mixture = mx.fit(path, 1, rng=0, max_iter=2, covariance_type="diag", missing=True).mixture
    assert not np.isnan(np.asarray(mixture.log_density(path, missing=True))).any()


def asked(path):
    """A file as a model."""
    mixture = mx.load(path)
    assert np.isfinite(mixture.sample(3, rng=0)).all()
    assert not np.isnan(mixture.log_density(mixture.means)).any()
    assert mx.Mixture(mixture.weights, mixture.means, mixture.covariances, mixture.covariance_type).n_components


def in_memory(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def model(kind, folder):
    path = folder / "good.mix"
    fit = mx.fit(mx.Points.from_array(X, names=FRAME.columns), 3, rng=0, covariance_type=kind, max_iter=2)
    fit.mixture.save(path, notes={"made": [1, {"by": "hand"}]})
    return path.read_bytes()


class Kind(NamedTuple):
    """A kind of file.

    make: the good files, of a folder to work in. ask: opens one. command: that opens one, but for its name. damage:
    what can be done to files of this kind alone, functions of the bytes and random numbers.
    """

    make: Callable
    ask: Callable
    command: tuple[str, ...]
    damage: tuple[Callable, ...] = ()


def rewritten(content, rng):
    """A model with another word, or another tensor's shape or place, in a header that is still JSON."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    entry = header[rng.choice(list(header))]
    word = rng.choice(list(entry))
    if isinstance(entry[word], list):
        entry[word][rng.integers(len(entry[word]))] = int(rng.choice([0, 1, 2, 3, 4, 8, 16, 2**31, 2**62]))
    else:
        entry[word] = str(rng.choice(WORDS))
    told = json.dumps(header).encode()
    return len(told).to_bytes(8, "little") + told + content[8 + size :]


def extreme(content, rng):
    """A model with a number at an edge."""
    place = rng.integers(8 + int.from_bytes(content[:8], "little"), len(content)) // 8 * 8
    return content[:place] + np.array(rng.choice(EDGES)).tobytes() + content[place + 8 :]


EDGES = [0.0, -0.0, 1e-320, 1e-200, 1e150, 1e200, -1e300, 1.7e308, np.inf, np.nan, 1.0, -1.0, 1 + 1e-15]
WORDS = ["", "1", "2", "9" * 5000, "[" * 20_000, '{"a":' * 20_000, "null", "NaN", "full", "diag", "F32", "I64", "BOOL"]
WORDS += [
    '["a", "b", "c"]',
    '["a", "a", "a"]',
    '["\\ud800", "b", "c"]',
    "[1, 2, 3]",
    "{}",
    '"x"' * 2000,
    "mixtura",
    "true",
]
FIT = ("fit", "-k", "1", "--max-iter", "1", "--covariance", "diag", "--missing", "-o", "x.mix")
KINDS = {
    ".mix": Kind(
        lambda folder: [model(kind, folder) for kind in ("full", "tied", "diag", "spherical")],
        asked,
        ("show",),
        (rewritten, extreme, rewritten, extreme),
    ),
    ".npy": Kind(
        lambda _: [in_memory(lambda file, x=x: np.save(file, x)) for x in (X, X.astype("f4"), np.asfortranarray(X))],
        fitted,
        FIT,
    ),
    ".csv": Kind(
        lambda _: [
            FRAME.to_csv(index=False).encode(),
            FRAME.to_csv(index=False, sep=";", header=False).encode(),
            FRAME.round(2).to_csv(index=False, quoting=1, lineterminator="\r\n").encode("utf-8-sig"),
        ],
        fitted,
        FIT,
    ),
    ".parquet": Kind(
        lambda _: [
            in_memory(lambda file, words=words: FRAME.round(1).to_parquet(file, **words))
            for words in ({}, {"compression": "zstd"}, {"compression": None, "row_group_size": 7})
        ],
        fitted,
        FIT,
    ),
}


# How a file is damaged: functions of its bytes and random numbers


def cut(content, rng):
    """Two places in order."""
    return sorted(rng.integers(0, len(content) + 1, 2).tolist())


def flipped(content, rng):
    array = np.frombuffer(content, np.uint8).copy()
    for place in rng.integers(0, len(array), rng.integers(1, 9)):
        array[place] ^= 1 << rng.integers(8)
    return array.tobytes()


def truncated(content, rng):
    return content[: rng.integers(len(content))]


def inserted(content, rng):
    place = rng.integers(len(content) + 1)
    return content[:place] + rng.bytes(rng.integers(1, 40)) + content[place:]


def removed(content, rng):
    first, last = cut(content, rng)
    return content[:first] + content[last:]


def swapped(content, rng):
    first, last = cut(content, rng)
    return content[last:] + content[first:last] + content[:first]


def doubled(content, rng):
    first, last = cut(content, rng)
    return content[:last] + content[first:]


def appended(content, rng):
    return content + rng.choice([rng.bytes(50), content, b"\n", bytes(8)])


def zeroed(content, rng):
    first, last = cut(content, rng)
    return content[:first] + bytes(last - first) + content[last:]


def in_the_head(content, rng):
    return flipped(content[:200], rng) + content[200:]


def in_the_tail(content, rng):
    return content[:-400] + flipped(content[-400:], rng)


def other_digits(content, rng):
    """Some digits become others, or signs that numbers have."""
    array = np.frombuffer(content, np.uint8).copy()
    places = np.flatnonzero((array >= ord("0")) & (array <= ord("9")))
    for place in rng.choice(places, min(len(places), 3)):
        array[place] = rng.choice(np.frombuffer(b"0123456789-+.eE, \"'\n()[]{}", np.uint8))
    return array.tobytes()


def great_numbers(content, rng):
    """Eight bytes become a number at the edge."""
    edges = [2**63 - 1, -(2**63), -1, 2**32, 2**40, 0, 2**31 - 1]
    edge = (
        np.array([rng.choice(edges)], "i8").tobytes() if rng.random() < 0.5 else np.array([1e308, np.nan])[:1].tobytes()
    )
    place = rng.integers(len(content))
    return content[:place] + edge + content[place + 8 :]


DAMAGE = [
    *(flipped, truncated, inserted, removed, swapped, doubled, appended, zeroed),
    *(in_the_head, in_the_tail, other_digits, great_numbers),
]


def said(kind, content, folder):
    """What is said of a file, or nothing where it opens; and the same of the command for every twentieth."""
    path = folder / f"x{kind}"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", MixturaWarning)
        try:
            KINDS[kind].ask(path)
        except MixturaError as error:
            sentence = str(error)
            assert sentence
            assert len(sentence.replace(str(path), "")) < LONGEST, sentence
            assert len(sentence.splitlines()) == 1, sentence
            return sentence
    return ""


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(tmp_path, kind):
    good = KINDS[kind].make(tmp_path)
    for content in good:
        assert said(kind, content, tmp_path) == ""
    ways = (*DAMAGE, *KINDS[kind].damage)
    opened = 0
    for number in range(int(os.environ.get("MIXTURA_DAMAGED", FILES))):
        rng = np.random.default_rng([number, *kind.encode()])
        damage = ways[number % len(ways)]
        content = damage(good[rng.integers(len(good))], rng)
        try:
            sentence = said(kind, content, tmp_path)
        except BaseException as error:
            raise AssertionError(f"{kind} number {number}, {damage.__name__}: {error!r}") from error
        opened += not sentence
        if number % 25 == 0:
            words = list(KINDS[kind].command)
            done = mixtura(words[0], f"x{kind}", *words[1:], folder=tmp_path)
            assert done.code == (2 if sentence else 0), done
            assert len(done.err.splitlines()) == 1 or not sentence
            assert all(len(line) < 500 for line in done.err.splitlines())
    assert opened < number
