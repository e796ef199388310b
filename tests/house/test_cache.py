"""Whatever the state of the disk, a function is compiled and answers; and where it can be kept, it is."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import shutil
from pathlib import Path

import numba
import pytest
from numba.core.caching import InTreeCacheLocator

from mixtura.kernels import cache
from mixtura.kernels.compiled import compiled


def tiny(x):
    return 2 * x + 1


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty cache."""
    monkeypatch.setattr("mixtura.kernels.compiled.FUNCTIONS", [])  # these are not the library's
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def asked(function=None) -> int:
    """Ask a function as a new process would, or this one; return how often it was found on disk."""
    function = function or compiled(tiny)
    assert function(3.0) == 7.0
    return sum(function.stats.cache_hits.values())


def kept(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if not file.is_dir()]


def test_what_was_kept_is_found(folder):
    assert [asked(), asked(), asked()] == [0, 1, 1]
    assert len(kept(folder)) == 1


class Malicious:
    def __reduce__(self):
        return exec, ("raise ZeroDivisionError('unpickled')",)


def signed(content: bytes) -> bytes:
    """As if we had written it."""
    return hashlib.sha256(content).digest() + content


def flipped(content: bytes) -> bytes:
    """One bit of the machine code is another."""
    return content[:5000] + bytes([content[5000] ^ 4]) + content[5001:]


DAMAGES = {
    "empty": lambda content: b"",
    "a byte": lambda content: b"x",
    "half": lambda content: content[: len(content) // 2],
    "all but a byte": lambda content: content[:-1],
    "zeros": lambda content: bytes(len(content)),
    "garbage": lambda content: hashlib.shake_256(b"7").digest(len(content)),
    "a bit": flipped,
    "more": lambda content: content + b"\n",
    "a huge pickle": lambda content: b"\x80\x05\x8e" + b"\xff" * 8,
    "nothing within": lambda content: signed(b""),
    "another thing": lambda content: signed(pickle.dumps({"a": 1})),
    "of another stamp": lambda content: signed(pickle.dumps(((("0.1",), "key"), b""))),
    "what raises": lambda content: signed(pickle.dumps(Malicious())),
    "code that is none": lambda content: signed(
        pickle.dumps((pickle.loads(content[cache.DIGEST :])[0], ("tiny", "object", (b"\x7fELF", b"BC")))),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_compiled_and_written_again(folder, damage):
    asked()
    (file,) = kept(folder)
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert [asked(), asked()] == [0, 1]
    assert kept(folder) == [file]


def test_code_for_other_arguments_is_not_taken(folder):
    """A file under another's name, as copies and races make it."""
    asked()
    (floats,) = kept(folder)
    compiled(tiny)(3)
    (integers,) = set(kept(folder)) - {floats}
    shutil.copy(integers, floats)
    assert [asked(), asked()] == [0, 1]


def test_a_folder_in_place_of_the_file(folder):
    asked()
    (file,) = kept(folder)
    file.unlink()
    file.mkdir()
    assert [asked(), asked()] == [0, 0]
    assert kept(folder) == []


def test_a_folder_that_vanishes_is_made_again(folder):
    function = compiled(tiny)
    shutil.rmtree(folder)
    assert [asked(function), asked()] == [0, 1]


def test_a_file_in_place_of_the_folder_that_was_there(folder):
    function = compiled(tiny)
    shutil.rmtree(folder)
    folder.write_text("in the way")
    assert asked(function) == 0
    assert folder.read_text() == "in the way"


class Full:
    """A disk that takes so many bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, content):
        self.file.write(content[: self.room])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("room", [0, 1000])
def test_a_full_disk(folder, monkeypatch, room):
    plain = Path.open

    def opened(path, mode):
        return Full(plain(path, mode), room) if "x" in mode else plain(path, mode)

    monkeypatch.setattr(Path, "open", opened)
    assert [asked(), asked()] == [0, 0]
    assert kept(folder) == []


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "denied"), OSError(errno.EROFS, "read-only")])
@pytest.mark.parametrize("writing", [True, False])
def test_no_permission(folder, monkeypatch, error, writing):
    """To write files, or also to read them."""
    asked()
    plain = Path.open

    def opened(path, mode):
        if "x" in mode or not writing:
            raise error
        return plain(path, mode)

    monkeypatch.setattr(Path, "open", opened)
    assert asked() == writing
    assert len(kept(folder)) == 1


def test_two_that_write_at_the_same_time(folder, monkeypatch):
    """The other one, in the middle of our writing, keeps the same version and another one: all are found afterwards."""
    replace, other = Path.replace, compiled(tiny)

    def late(*paths):
        monkeypatch.setattr(Path, "replace", replace)
        assert other(3.0) == other(3) == 7
        replace(*paths)

    monkeypatch.setattr(Path, "replace", late)
    assert asked() == 0
    assert Path.replace is replace
    assert len(kept(folder)) == 2
    again = compiled(tiny)
    assert again(3.0) == again(3) == 7
    assert sum(again.stats.cache_hits.values()) == 2


@pytest.mark.parametrize("place", ["a file", "nothing"])
def test_without_a_home_nothing_is_left_behind(tmp_path, monkeypatch, place):
    """NUMBA_CACHE_DIR is a file, or not given; the package cannot be written to, and the user has no home."""
    (tmp_path / "in the way").write_text("")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "in the way") if place == "a file" else "")
    monkeypatch.setattr(InTreeCacheLocator, "from_function", lambda *given: None)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    assert [asked(), asked()] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["in the way"]
