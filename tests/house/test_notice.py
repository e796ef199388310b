"""A process that compiles says so, once, to the log and to whoever shows progress; one that finds it says nothing."""

import logging

import numba
import pytest

from mixtura.cli import frame
from mixtura.jobs.palette import Palettes, run
from mixtura.jobs.progress import Progress, watched
from mixtura.kernels import compiled, notice


def tiny(x):
    return 2 * x + 1


@pytest.fixture
def anew(tmp_path, monkeypatch, caplog):
    """A process that has said nothing, with an empty cache; its log."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(notice, "_said", False)
    monkeypatch.setattr(compiled, "FUNCTIONS", [])
    caplog.set_level(logging.INFO, "mixtura")
    return caplog


def asked(*values):
    function = compiled.compiled(tiny)
    return [function(value) for value in values]


def test_it_is_said_once(anew, capsys):
    assert asked(3.0, 3) == [7.0, 7]
    (record,) = anew.records
    assert (record.name, record.levelname) == ("mixtura", "INFO")
    assert record.message.startswith("compiling kernels, once on this machine: ")
    assert "`mixtura warm`" in record.message
    assert capsys.readouterr() == ("", "")


def test_what_is_found_on_disk_is_no_news(anew, monkeypatch):
    asked(3.0)
    monkeypatch.setattr(notice, "_said", False)
    asked(3.0)
    assert len(anew.records) == 1


def test_where_nothing_can_be_kept_it_is_in_each_process(anew, monkeypatch):
    def refuse(*given):
        raise RuntimeError("no folder")

    monkeypatch.setattr(compiled.Cache, "__init__", refuse)
    assert asked(3.0) == [7.0]
    assert "in each process" in anew.records[0].message


def test_a_job_tells_its_watcher(anew):
    told = []
    assert watched(lambda job, watch: asked(job))(3.0, told.append) == [7.0]
    assert told == [Progress(anew.records[0].message)]
    assert notice._listeners == []
    assert run is not run.__wrapped__, "a job of ours"
    assert run.__annotations__["job"] == Palettes.__name__


def test_a_command_shows_it_in_its_progress(anew, monkeypatch):
    told = []

    class Bar:
        def __enter__(self):
            return told.append

        def __exit__(self, *error):
            return None

    monkeypatch.setattr(frame, "progress_bar", Bar)
    given = {"quiet": True, "as_json": False, "watched": True, "reports": False}
    frame._run(lambda watch: asked(3.0) and None, {}, **given)
    assert told == []
    monkeypatch.setattr(notice, "_said", False)
    frame._run(lambda watch: asked(3) and None, {}, **given | {"quiet": False})
    assert [progress.stage for progress in told] == [anew.records[0].message]
