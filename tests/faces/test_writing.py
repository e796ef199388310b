"""Targets: checked before the work, written whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from terminal import bound_by_permissions, names

import mixtura as mx
from mixtura import writing
from mixtura.errors import InputError, OutputError
from mixtura.writing import check_target, whole_file, whole_files

KINDS = (".png", ".mix")


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "two.dots.mix", "with space.png"])
def test_a_good_target_passes_and_nothing_is_left(tmp_path, name):
    assert check_target(str(tmp_path / name), KINDS) == tmp_path / name
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_a_good_target(tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    check_target(tmp_path / "a.png", KINDS)
    assert (tmp_path / "a.png").read_bytes() == b"old"


@pytest.mark.parametrize(("name", "says"), [("a.bmp", "'.bmp'"), ("a", "no extension"), (".png", "no extension")])
def test_an_unknown_extension_names_the_known_ones(tmp_path, name, says):
    with pytest.raises(InputError, match=rf"{says}.*\.png \.mix"):
        check_target(tmp_path / name, KINDS)


def blocked(tmp_path, case):
    """A target that cannot be, and what is said about it."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    return {
        "folder missing": (tmp_path / "no" / "a.png", "there is no folder .*no; make it first"),
        "folder is a file": (tmp_path / "file" / "a.png", "there is no folder"),
        "is a folder": (tmp_path / "folder.png", "is a folder"),
        "name too long": (tmp_path / f"{'a' * 300}.png", "cannot be written"),
        "no name at all": (tmp_path / "a\0b.png", "cannot be written"),
        "takes no files": ("/proc/a.png", "takes no files|there is no folder"),
    }[case]


CASES = [
    "folder missing",
    "folder is a file",
    "is a folder",
    "name too long",
    "no name at all",
    "takes no files",
]


@pytest.mark.parametrize("case", CASES)
def test_a_blocked_target_is_refused_at_once(tmp_path, case):
    target, says = blocked(tmp_path, case)
    with pytest.raises(OutputError, match=says):
        check_target(target, KINDS)


@pytest.mark.parametrize("case", CASES)
def test_a_blocked_target_is_refused_when_written(tmp_path, case):
    target, _ = blocked(tmp_path, case)
    with pytest.raises(OutputError, match=r"folder|cannot be written"), whole_file(target) as file:
        file.write(b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


def test_a_device_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(OutputError, match="device or a pipe"), whole_file(tmp_path / "pipe.png"):
        pass
    assert stat.S_ISFIFO((tmp_path / "pipe.png").stat().st_mode)


def test_the_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "a.png"
    with whole_file(target) as file:
        file.write(b"new")
        file.flush()
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
@pytest.mark.parametrize("before", [None, b"old"])
def test_an_exception_leaves_no_trace(tmp_path, error, before):
    target = tmp_path / "a.png"
    if before is not None:
        target.write_bytes(before)

    def fail():
        with whole_file(target) as file:
            file.write(b"half of it")
            raise error

    with pytest.raises(error):
        fail()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([before] if before else [])


def test_a_full_disk_is_an_output_error(tmp_path):
    with (
        pytest.raises(OutputError, match=r"a\.png cannot be written \(No space left"),
        whole_file(tmp_path / "a.png"),
    ):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_replacement_leaves_no_trace(tmp_path, monkeypatch):
    def refuse(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "a.png") as file:
        file.write(b"new")
    assert list(tmp_path.iterdir()) == []


def test_the_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    done = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr("os.fsync", lambda number: done.append("sync") or sync(number))
    monkeypatch.setattr("os.replace", lambda *paths: done.append("replace") or replace(*paths))
    with whole_file(tmp_path / "a.png") as file:
        file.write(b"new")
    assert done == ["sync", "replace"]


def test_a_folder_that_may_not_be_written_to(tmp_path):
    (tmp_path / "shut").mkdir(mode=0o500)
    (tmp_path / "dark").mkdir(mode=0)
    with bound_by_permissions():
        with pytest.raises(OutputError, match=r"takes no files \(Permission denied\)"):
            check_target(tmp_path / "shut" / "a.png", KINDS)
        with pytest.raises(OutputError, match=r"cannot be written"):
            check_target(tmp_path / "dark" / "a.png", KINDS)


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "real" / "a.png")
    with whole_file(tmp_path / "link.png") as file:
        file.write(b"new")
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "real" / "a.png").read_bytes() == b"new"


def test_permissions_are_the_usual_ones_and_stay(tmp_path):
    target, usual = tmp_path / "a.png", tmp_path / "usual"
    usual.touch()
    with whole_file(target) as file:
        file.write(b"new")
    assert target.stat().st_mode == usual.stat().st_mode
    target.chmod(0o640)
    with whole_file(target) as file:
        file.write(b"newer")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_link_that_leads_in_a_circle_is_refused(tmp_path):
    (tmp_path / "a.png").symlink_to("b.png")
    (tmp_path / "b.png").symlink_to("a.png")
    with pytest.raises(OutputError, match=r"a\.png is a link that leads in a circle"):
        check_target(tmp_path / "a.png", KINDS)


def test_a_pipe_that_the_shell_made_is_refused():
    reader, writer = os.pipe()
    try:
        with pytest.raises(OutputError, match="is a device or a pipe"):
            check_target(f"/dev/fd/{writer}", KINDS)
    finally:
        os.close(reader)
        os.close(writer)


def test_a_write_protected_file_stays(tmp_path):
    (tmp_path / "a.png").write_bytes(b"kept")
    (tmp_path / "a.png").chmod(0o444)
    with (
        bound_by_permissions(),
        pytest.raises(OutputError, match=r"a\.png is write-protected: allow"),
        whole_file(tmp_path / "a.png") as file,
    ):
        file.write(b"new")
    assert (tmp_path / "a.png").read_bytes() == b"kept"


def named_by_the_system(monkeypatch):
    """What has no name can be given one: nothing is copied."""
    if hasattr(os, "O_TMPFILE"):
        monkeypatch.delattr("shutil.copyfileobj")


def without_proc(monkeypatch):
    """What has no name stays so: it is copied."""

    def refuse(*_, **__):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("os.link", refuse)


def without_nameless_files(monkeypatch):
    """As on disks that know no such files."""
    usual = os.open

    def refuse(path, flags, *more, **options):
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(95, "Operation not supported")
        return usual(path, flags, *more, **options)

    monkeypatch.setattr("os.open", refuse)


SYSTEMS = pytest.mark.parametrize("system", [named_by_the_system, without_proc, without_nameless_files])


@SYSTEMS
def test_on_every_system(tmp_path, monkeypatch, system):
    system(monkeypatch)
    usual = tmp_path / "usual"
    usual.touch()
    for content, mode in ((b"first", usual.stat().st_mode), (b"second, longer", stat.S_IFREG | 0o604)):
        with whole_file(tmp_path / "a.png") as file:
            file.write(content)
        assert (tmp_path / "a.png").read_bytes() == content
        if content == b"first":
            assert (tmp_path / "a.png").stat().st_mode == mode
            (tmp_path / "a.png").chmod(0o604)
    assert (tmp_path / "a.png").stat().st_mode == mode
    assert names(tmp_path) == ["a.png", "usual"]


@SYSTEMS
def test_a_planted_link_is_not_followed(tmp_path, monkeypatch, system):
    system(monkeypatch)
    (tmp_path / "victim").write_bytes(b"kept")
    monkeypatch.setattr("secrets.token_hex", lambda _: "guessed")
    (tmp_path / f"{writing._home()}{os.getpid()}-guessed.part").symlink_to(tmp_path / "victim")
    with pytest.raises(OutputError, match="File exists"), whole_file(tmp_path / "a.png") as file:
        file.write(b"new")
    assert (tmp_path / "victim").read_bytes() == b"kept"
    assert not (tmp_path / "a.png").exists()


def test_a_checkpoint_follows_no_planted_link_either(tmp_path):
    (tmp_path / "victim").write_bytes(b"kept")
    (tmp_path / ".c.mix.part").symlink_to(tmp_path / "victim")
    mx.fit([[0.0], [1.0], [2.0], [9.0]], 2, rng=0, max_iter=2, checkpoint=tmp_path / "c.mix")
    assert (tmp_path / "victim").read_bytes() == b"kept"
    assert (tmp_path / ".c.mix.part").is_symlink()
    assert mx.load(tmp_path / "c.mix").n_components == 2


WRITER = """
import sys
from mixtura.writing import whole_file

letter = sys.argv[1].encode()
for length in range(1, 100):
    with whole_file("a.mix") as file:
        for _ in range(length):
            file.write(letter)
            file.flush()
"""


def test_processes_that_write_one_file_at_once(tmp_path):
    """Each writes its letter once, twice, ... 99 times: whoever reads meets one letter alone, and nobody dies."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, letter], cwd=tmp_path, stderr=subprocess.PIPE)
        for letter in "abc"
    ]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if (tmp_path / "a.mix").exists():
            seen.add((tmp_path / "a.mix").read_bytes())
    assert [writer.communicate()[1] for writer in writers] == [b""] * 3
    assert [writer.returncode for writer in writers] == [0] * 3
    seen.add((tmp_path / "a.mix").read_bytes())
    assert all(len(set(content)) == 1 for content in seen)
    assert len((tmp_path / "a.mix").read_bytes()) == 99
    assert names(tmp_path) == ["a.mix"]


def test_fits_that_keep_one_checkpoint_at_once(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 2))
    asked = {"rng": 0, "tol": 0.0, "max_iter": 60, "engine": "reference"}

    def fitted(_):
        return mx.fit(x, 3, checkpoint=tmp_path / "c.mix", **asked).mixture

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(fitted, range(4)))
    assert all(mixture == mx.fit(x, 3, **asked).mixture for mixture in [*found, mx.load(tmp_path / "c.mix")])
    assert names(tmp_path) == ["c.mix"]


def test_a_process_that_is_killed_leaves_nothing(tmp_path):
    if not hasattr(os, "O_TMPFILE"):
        pytest.skip("this system knows no files without names")
    code = """
import os, signal
from mixtura.writing import whole_files

with whole_files() as whole:
    with whole("a.png") as file:
        file.write(b"whole")
    with whole("b.png") as file:
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert names(tmp_path) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from mixtura import writing

def die(parts):
    Path("named").touch()
    os.kill(os.getpid(), signal.SIGKILL if sys.argv[1] == "killed" else signal.SIGSTOP)

writing._replace = die
with writing.whole_files() as whole:
    for name in ("a.png", "b.png"):
        with whole(name) as file:
            file.write(b"whole")
"""


@SYSTEMS
def test_what_a_killed_process_named_is_swept_away(tmp_path, monkeypatch, system):
    """Those of a process that lives stay, and so do strangers: of other machines, or other names, or folders."""
    system(monkeypatch)
    home = writing._home()
    strangers = [".mixtura-00000000-99999999-ab.part", f"{home}0-ab.part", f"{home}99999999999-ab.part", "x.part"]
    for name in strangers:
        (tmp_path / name).touch()
    (tmp_path / f"{home}99999998-ab.part").mkdir()
    (tmp_path / f"{home}1-ab.part").touch()
    kept = names(tmp_path)
    dead = subprocess.run([sys.executable, "-c", KILLED, "killed"], cwd=tmp_path, check=False)
    assert dead.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == len(kept) + 3, "two parts, and the mark"
    (tmp_path / "named").unlink()
    with subprocess.Popen([sys.executable, "-c", KILLED, "stopped"], cwd=tmp_path) as alive:
        try:
            while not (tmp_path / "named").exists():
                assert alive.poll() is None
            theirs = [name for name in names(tmp_path) if f"-{alive.pid}-" in name]
            with whole_file(tmp_path / "a.png") as file:
                file.write(b"new")
            assert names(tmp_path) == sorted([*kept, *theirs, "a.png", "named"])
            assert len(theirs) == 2
        finally:
            alive.kill()
    with whole_file(tmp_path / "a.png") as file:
        file.write(b"newer")
    assert names(tmp_path) == sorted([*kept, "a.png", "named"])
    assert (tmp_path / "a.png").read_bytes() == b"newer"


def written(folder, *contents, fail=None):
    """a.png, b.png, ... written together, the last one with an error."""
    with whole_files() as whole:
        for name, content in zip("abc", contents, strict=False):
            with whole(folder / f"{name}.png") as file:
                file.write(content)
        if fail is not None:
            raise fail


def test_several_files_appear_together(tmp_path):
    with whole_files() as whole:
        for name in "ab":
            with whole(tmp_path / name) as file:
                file.write(name.encode())
            assert names(tmp_path) == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"a", "b": b"b"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), OutputError("no")])
def test_none_of_several_appears_where_one_fails(tmp_path, error):
    (tmp_path / "a.png").write_bytes(b"old")
    with pytest.raises(type(error)):
        written(tmp_path, b"new", b"new", fail=error)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.png": b"old"}


def test_none_of_several_appears_where_the_disk_is_full_at_the_end(tmp_path, monkeypatch):
    name = writing._Part.name

    def full(part):
        if part.path.name == "b.png":
            raise OSError(28, "No space left on device")
        name(part)

    monkeypatch.setattr(writing._Part, "name", full)
    with pytest.raises(OutputError, match=r"b\.png cannot be written \(No space"):
        written(tmp_path, b"new", b"new", b"new")
    assert names(tmp_path) == []


def test_what_was_written_before_is_said(tmp_path):
    """The last step of all can fail too, if seldom: here a target becomes a folder meanwhile."""

    def fail():
        with whole_files() as whole:
            for name in "abc":
                with whole(tmp_path / f"{name}.png") as file:
                    file.write(b"new")
            (tmp_path / "c.png").mkdir()

    with pytest.raises(OutputError, match=r"c\.png cannot be .*; .*a\.png, .*b\.png were written before"):
        fail()
    assert names(tmp_path) == ["a.png", "b.png", "c.png"]


def test_a_standard_output_that_fails_lets_nothing_appear(tmp_path, monkeypatch):
    """Also where no command guards it."""
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)

        def fail():
            with whole_files() as whole:
                for target in (tmp_path / "a.png", "-"):
                    with whole(target) as file:
                        file.write(b"new" * 10_000)

        with pytest.raises(OutputError, match=r"standard output cannot be written \(No space"):
            fail()
        monkeypatch.undo()
        with suppress(OSError):
            full.close()
    assert names(tmp_path) == []
