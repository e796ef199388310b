"""Streams that go wrong, and what is said of them: one sentence, no thread left, nothing half-written."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from terminal import mixtura

import mixtura as mx
from mixtura import sources
from mixtura.errors import InputError, SourceError
from mixtura.jobs.filming import fitted
from mixtura.sources import blocks as cutting
from mixtura.sources.reading import ahead

X = np.random.default_rng(0).normal(0, 1, (1000, 2))


def changing():
    return iter([np.random.default_rng().normal(0, 1, (100, 2))])


def shuffled():
    return [np.random.default_rng().permutation(X)]


once = iter([X])


def failing():
    yield X
    raise OSError(5, "the disk is gone")


NAN = X.copy()
NAN[17, 1] = np.nan
WRONG = {
    "a generator": (lambda: (x for x in [X]), InputError, "x is a generator, which gives its blocks once"),
    "used up": (lambda: lambda: once, SourceError, "x has changed: pass 2 gave 0 rows, the first 1,000"),
    "random": (lambda: changing, SourceError, "x has changed: pass 2 gave other numbers than the first"),
    "shuffled": (lambda: shuffled, SourceError, "x has changed: pass 2 gave .*or in another order"),
    "failing": (lambda: failing, SourceError, r"x cannot be read: after 1 blocks came OSError \(.*the disk is gone\)"),
    "no blocks": (lambda: lambda: 3, InputError, r"x\(\) gave a int, expected blocks"),
    "no rows": (lambda: lambda: [X[:0]], InputError, "x has no rows"),
    "no columns": (lambda: lambda: [X[:, :0]], InputError, "block 0 of x has no columns"),
    "widths": (lambda: lambda: [X, X[:, :1]], InputError, "block 1 of x has 1 columns, expected 2"),
    "a triple": (lambda: lambda: [(X, X, X)], InputError, "block 0 of x is a tuple of 3"),
    "text": (lambda: lambda: [["a"]], InputError, "block 0 of x cannot be read as numbers"),
    "nan": (lambda: lambda: [X, NAN], InputError, "row 17 of block 1 of x, column 1, is nan.*missing=True"),
    "weights": (lambda: lambda: [(X, -np.ones(1000))], InputError, r"sample_weight of block 0 of x\[0\] is -1"),
    "weightless": (lambda: lambda: [(X, np.zeros(1000))], InputError, "no row of x has a positive weight"),
    "unweighted": (lambda: lambda: [(X, np.ones(3))], InputError, r"has shape \(3,\), expected \(1000,\)"),
    "too large": (lambda: lambda: [X * 1e200], InputError, "its squares would overflow"),
    "no file": (lambda: "nowhere.npy", InputError, "nowhere.npy does not exist"),
}


@pytest.mark.parametrize("name", WRONG)
def test_one_sentence(name):
    make, error, words = WRONG[name]
    with pytest.raises(error, match=words):
        mx.fit(make(), 2, rng=0)
    assert reader_threads() == 0


def reader_threads():
    """How many readers there are, once those that were stopped had time to go."""
    for _ in range(100):
        alive = [thread for thread in threading.enumerate() if thread.name == "mixtura-reader"]
        if not alive:
            return 0
        time.sleep(0.01)
    return len(alive)


def test_too_few_points_and_unfit_starts():
    with pytest.raises(mx.errors.FitError, match="only 2 points have weight"):
        mx.fit(lambda: [X[:2]], 3)
    with pytest.raises(InputError, match=r"start is a ndarray, which needs all points in memory"):
        mx.fit(lambda: [X], 2, start=np.full((1000, 2), 0.5))
    with pytest.raises(InputError, match=r"let its blocks be pairs"):
        mx.fit(lambda: [X], 2, sample_weight=np.ones(1000))
    with pytest.raises(mx.errors.FitError, match="column 1 is constant"):
        mx.fit(lambda: [X * [1, 0]], 2, prior="default")
    assert mx.fit(lambda: [X], 1, start=mx.fit(X, 1).mixture).n_iter >= 1


def test_wrong_files(tmp_path):
    import h5py
    import pyarrow
    from pyarrow import parquet

    (tmp_path / "x.npy").write_bytes(b"nothing")
    (tmp_path / "x.parquet").write_bytes(b"nothing")
    (tmp_path / "x.h5").write_bytes(b"nothing")
    (tmp_path / "x.zarr").mkdir()
    (tmp_path / "x.doc").write_text("1,2\n")
    (tmp_path / "empty").mkdir()
    parquet.write_table(pyarrow.table({"a": [1.0], "b": ["b"]}), tmp_path / "text.parquet")
    parquet.write_table(pyarrow.table({"a": [1.0, None]}), tmp_path / "gap.parquet")
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a"], file["b"] = X, X
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2)))
    for name, words in {
        "x.npy": "cannot be read as an array",
        "x.parquet": "cannot be read as Parquet",
        "x.h5": "cannot be read as HDF5",
        "x.zarr": "cannot be read as Zarr",
        "x.doc": r"no table that is known: give one of \.csv \.tsv \.npy",
        "empty": "a folder without .parquet files",
        "text.parquet": "column 'b' of .* holds string, expected numbers: choose .* columns=a",
        "gap.parquet": "row 1 of .*gap.parquet, column 'a', is nan",
        "two.h5": r'holds 2 datasets .* \(a, b\): give one of them, as h5py.File\(".*"\)\["a"\]',
        "cube.npy": "has 3 dimensions, expected 2",
    }.items():
        with pytest.raises((InputError, SourceError), match=words):
            mx.fit(tmp_path / name, 1)
    with pytest.raises(InputError, match="has no column 'w': it has a"):
        mx.fit(tmp_path / "gap.parquet", 1, sample_weight="w")


def npy(shape="(3, 2)", kind="'<f8'", more=b"", size=48):
    """A .npy of a header that may be wrong."""
    header = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}}}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(size) + more


ARRAYS = {
    "right": (npy(), None),
    "zip": (b"PK\x03\x04" + bytes(100), "cannot be read as an array"),
    "a zip's beginning": (b"PK", "cannot be read as an array"),
    "huge": (npy("(10000000000000000000, 2)"), "cannot be read as an array"),
    "large": (npy("(100000000000, 2)"), "cannot be read as an array"),
    "negative": (npy("(-3, 2)"), "cannot be read as an array"),
    "no tuple": (npy("[" * 500), "cannot be read as an array"),
    "no shape": (npy("(3, 'a')"), "cannot be read as an array"),
    "no type": (npy(kind="'<f9'"), "cannot be read as an array"),
    "types": (npy(kind="[('a', '<f4'), ('b', '<f4')]"), "holds records"),
    "objects": (npy(kind="'|O'"), "holds Python objects: save the numbers"),
    "times": (npy(kind="'<M8[s]'"), "holds times"),
    "short": (npy(size=47), "cannot be read as an array"),
    "long": (npy(more=b"\0"), "has 177 bytes, but its header tells of 176: it is damaged, or holds more than one"),
    "two": (npy() + npy(), "holds more than one array"),
    "single": (npy(kind="'<f4'"), "its header tells of 152"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_wrong_arrays(tmp_path, name):
    content, words = ARRAYS[name]
    (tmp_path / "x.npy").write_bytes(content)
    if words is None:
        assert sources.opened(tmp_path / "x.npy").survey().n == 3
        return
    with pytest.raises((InputError, SourceError), match=words) as caught:
        mx.fit(tmp_path / "x.npy", 1)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


@pytest.mark.parametrize("package", ["h5py", "zarr", "pyarrow"])
def test_what_is_not_installed_is_named(tmp_path, monkeypatch, package):
    path = tmp_path / {"h5py": "x.h5", "zarr": "x.zarr", "pyarrow": "x.parquet"}[package]
    path.touch() if package != "zarr" else path.mkdir()
    for name in (package, f"{package}.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(mx.errors.MissingExtraError, match=rf"with {package}, .*mixtura\[stream\]"):
        mx.fit(path, 1)


def test_the_reader_is_never_far_ahead():
    read = []
    got = ahead(lambda: (read.append(i) or i for i in range(100)), at_most=3)
    for i in range(10):
        assert next(got) == i
        time.sleep(0.001)
        assert len(read) <= i + 1 + 3 + 1  # one more is made, and waits for room
    got.close()
    assert reader_threads() == 0


def test_passes_are_told(monkeypatch):
    monkeypatch.setattr(cutting, "rows_of", lambda d: 256)
    monkeypatch.setattr(cutting, "KEPT", 0)
    heard = []
    found = mx.fit(lambda: [X], 2, rng=0, tol=0, max_iter=2, on_pass=heard.append)
    passes = 2 + 1 + found.n_iter  # the survey, the start; the start's own likelihood, and the steps
    assert [at.number for at in heard if at.number and at.done == at.of] == list(range(1, passes))
    assert heard[0] == mx.Pass(0, 1000, None)
    assert heard[1] == mx.Pass(1, 256, 1000)


MEMORY = """
import sys
import numpy as np, mixtura as mx
from mixtura.sources import blocks
blocks.KEPT = 2**20
x = np.lib.format.open_memmap(sys.argv[1])
mx.fit(x[:4_300_000], 3, rng=0, max_iter=0, dtype="float32", engine="cpu")
peak = lambda: int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
before = peak()
mx.fit(x, 3, rng=0, max_iter=0, dtype="float32", engine="cpu")
print(peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell the peak of a process")
def test_memory_does_not_grow_with_the_points(tmp_path):
    """8 million numbers take no more memory than half as many do; held in memory they would take 60 MB more."""
    path = tmp_path / "x.npy"
    x = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(8_000_000, 1))
    for first in range(0, len(x), 1_000_000):
        x[first : first + 1_000_000, 0] = np.random.default_rng(first).normal(0, 1, 1_000_000)
    x.flush()
    done = subprocess.run([sys.executable, "-c", MEMORY, path], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 25


INTERRUPTED = """
import signal, time
import numpy as np, mixtura as mx
signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background may have had it ignored
x = np.random.default_rng(0).normal(0, 1, (100_000, 2))
def blocks():
    print("pass", flush=True)
    yield x
    time.sleep(60)
    yield x
try:
    mx.fit(blocks, 3)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


def test_ctrl_c_stops_it_though_the_reader_waits():
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "pass\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "stopped\n"
        assert process.wait(timeout=30) == 0


def test_great_chunks_are_told_in_parts(tmp_path, monkeypatch):
    """A chunk is read whole, since it is packed; a warning says so, and no more than its parts are copied."""
    import h5py

    from mixtura.sources import array

    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", data=X, chunks=(900, 2), compression="gzip")
    monkeypatch.setattr(array, "rows_of", lambda d: 256)
    source = sources.opened(tmp_path / "x.h5")
    assert [(piece.first, len(piece.x)) for piece in source.read()][3:5] == [(768, 132), (900, 100)]
    np.testing.assert_array_equal(source.take(None).x, X)
    monkeypatch.setattr(array, "LARGE", 14_000)
    with pytest.warns(mx.errors.MixturaWarning, match=r"x\.h5 has chunks of 900 rows.*each takes 0.0 GB"):
        sources.opened(tmp_path / "x.h5")


def test_frames_and_lists_are_blocks_too():
    import pandas

    frame = pandas.DataFrame({"survey": X[:, 0], "engine": X[:, 1]})
    assert isinstance(sources.opened(frame), mx.Points), "its columns are no methods"
    expected = mx.fit(X, 2, rng=0, max_iter=2).log_likelihoods
    for block in (frame, X.tolist(), X.astype(object)):
        np.testing.assert_allclose(mx.fit(lambda b=block: [b], 2, rng=0, max_iter=2).log_likelihoods, expected)
    gaps = np.array([[1.0, None], [2.0, 3.0], [None, None], [0.0, 1.0]])
    assert mx.fit(lambda: [gaps], 1, missing=True).mixture.means[0, 0] == pytest.approx(1.0)


def test_opened_says_what_is_in_memory():
    assert isinstance(sources.opened(X), mx.Points)
    assert isinstance(sources.opened([[1.0]]), mx.Points)
    source = sources.opened(lambda: [X])
    assert sources.opened(source) is source
    assert mx.fit(source, 1).n_iter >= 1


def test_a_fit_has_the_precision_of_points_and_of_an_open_source():
    """That of plain arrays is double, and what is asked for wins."""
    x = np.random.default_rng(0).normal(size=(3000, 2))
    points, source = mx.Points.from_array(x, dtype="float32"), sources.opened(lambda: [x], dtype="float32")
    how = {"rng": 0, "engine": "cpu", "max_iter": 3, "tol": 0}
    single, double = (mx.fit(x, 3, dtype=dtype, **how).mixture for dtype in ("float32", "float64"))
    assert single != double
    assert mx.fit(points, 3, **how).mixture == mx.fit(points, 3, dtype="float32", **how).mixture == single
    assert mx.fit(points, 3, dtype="float64", **how).mixture not in (single, double)  # numbers that were rounded once
    assert mx.fit(x.astype(np.float32), 3, **how).mixture == mx.fit(points, 3, dtype="float64", **how).mixture
    assert mx.fit(source, 3, **how).mixture == mx.fit(source, 3, dtype="float32", **how).mixture
    asked = {"rng": 0, "criterion": "bic", "max_iter": 3, "engine": "cpu"}
    best, other = (mx.choose(points, [2], dtype=dtype, **asked).best.mixture for dtype in ("float32", "float64"))
    assert mx.choose(points, [2], **asked).best.mixture == best != other
    for dtype in ("float32", np.float32):
        assert mx.fit(sources.opened(lambda: [x], dtype=dtype), 3, **how).n_iter == 3
        assert fitted(sources.opened(lambda: [x], dtype=dtype), 3, **how)[0].n_iter == 3
    assert fitted(points, 3, **how)[0].mixture == single


def test_a_source_keeps_what_it_was_opened_with(tmp_path):
    np.save(tmp_path / "x.npy", X)
    source = sources.opened(tmp_path / "x.npy")
    with pytest.raises(InputError, match=r"x is a source: give it to mixtura\.sources\.opened"):
        mx.fit(source, 1, sample_weight=np.ones(len(X)))
    with pytest.raises(InputError, match="opened with dtype=float64, but dtype=float32 is asked for"):
        mx.fit(source, 1, dtype="float32")
    with pytest.raises(InputError, match="opened with missing=False, but missing=True"):
        mx.fit(source, 1, missing=True)
    with pytest.raises(InputError, match="on_pass is 3: give a function"):
        mx.fit(source, 1, on_pass=3)
    heard = []
    mx.fit(source, 1, on_pass=heard.append)
    assert len(heard) > 1
    assert source.options.watch is None


@pytest.mark.parametrize("number", [-1, 2, True, np.int64(7)])
def test_columns_that_an_array_has_not(tmp_path, number):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(InputError, match=r"sample_weight is .*: the columns are numbered 0 to 1"):
        mx.fit(tmp_path / "x.npy", 1, sample_weight=number)
    with pytest.raises(InputError, match=r"columns is .*: the columns are numbered 0 to 1"):
        sources.opened(tmp_path / "x.npy", columns=[number])
    with pytest.raises(InputError, match=r"has no column 'w.npy': it has x1, x2"):
        mx.fit(tmp_path / "x.npy", 1, sample_weight="w.npy")


@pytest.mark.parametrize("kind", [int, np.int64])
def test_a_column_of_weights(tmp_path, kind):
    weight = np.arange(len(X)) % 3 + 1.0
    np.save(tmp_path / "x.npy", np.column_stack([X, weight]))
    found = mx.fit(tmp_path / "x.npy", 1, sample_weight=kind(2))
    np.testing.assert_allclose(found.mixture.means, mx.fit(X, 1, sample_weight=weight).mixture.means, rtol=1e-9)


def test_blocks_of_frames_have_their_names():
    frame = pd.DataFrame(X, columns=["a", "b"])
    found = mx.fit(lambda: iter([frame[:300], frame[300:]]), 2, rng=0).mixture
    assert found.names == ("a", "b")
    np.testing.assert_allclose(found.means, mx.fit(frame, 2, rng=0).mixture.means, rtol=1e-9)
    for other in (frame[["b", "a"]], frame.rename(columns={"a": "c"})):
        with pytest.raises(InputError, match=r"has the columns .*, expected a, b, as at first"):
            mx.fit(lambda other=other: iter([frame, other]), 2)


def test_a_folder_of_its_own_is_left_clean(tmp_path):
    mx.fit(lambda: [X], 2, rng=0, checkpoint=tmp_path / "fit.mix")
    assert [file.name for file in tmp_path.iterdir()] == ["fit.mix"]


def test_the_command_reads_in_blocks(tmp_path):
    """The same model by columns and weights from any kind of file; and what is said where that goes wrong."""
    import h5py
    import pyarrow
    import zarr
    from pyarrow import parquet

    x = np.random.default_rng(1).normal(0, 1, (700, 3)) + np.random.default_rng(2).integers(0, 2, (700, 1)) * 2
    x[:, 2] = np.abs(x[:, 2])
    np.save(tmp_path / "x.npy", x)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = x
    zarr.create_array(str(tmp_path / "x.zarr"), shape=x.shape, chunks=(100, 2), dtype=x.dtype)[:] = x
    parquet.write_table(pyarrow.table({f"x{j + 1}": x[:, j] for j in range(3)}), tmp_path / "x.parquet")
    words = ("-k", 2, "--columns", "x2,x1", "--weight", "x3", "--json")
    held = mixtura("fit", "x.npy", *words, folder=tmp_path).record
    for name in ("x.npy", "x.h5", "x.zarr", "x.parquet"):
        found = mixtura("fit", name, "--stream", *words, folder=tmp_path).record
        assert found["rows"] == 700
        assert found["n_iter"] == held["n_iter"]
        assert abs(found["log_likelihood"] - held["log_likelihood"]) < 1e-9
    for wrong, said in {
        ("x.npy", "--columns", "x9"): "x.npy has no column 'x9': it has x1, x2, x3.",
        ("x.parquet", "--weight", "w"): "x.parquet has no column 'w': it has x1, x2, x3.",
        ("x.h5", "--header"): "--header is about tables in text (.csv .tsv), but x is x.h5: leave it out.",
        ("none.npy",): "none.npy does not exist: give a table.",
    }.items():
        found = mixtura("fit", wrong[0], "--stream", "-k", 2, *wrong[1:], folder=tmp_path)
        assert (found.code, found.err) == (2, f"mixtura: {said}\n")
