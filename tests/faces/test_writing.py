"""Targets: checked before the work, written whole or not at all."""

import os
import stat

import pytest

from mixtura.errors import InputError, OutputError
from mixtura.writing import check_target, whole_file

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


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_folder_that_may_not_be_written_to(tmp_path):
    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(OutputError, match=r"takes no files \(Permission denied\)"):
        check_target(tmp_path / "shut" / "a.png", KINDS)
    (tmp_path / "dark").mkdir(mode=0)
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
