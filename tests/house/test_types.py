"""A user's script has the types that a checker should see: `user.py`, asked about by mypy."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

pytest.importorskip("mypy", reason="the group `test` brings mypy")


def asked(script):
    """What mypy says of a script. Its cache is that of `make check`, so that little is read anew."""
    command = [sys.executable, "-m", "mypy", str(script)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_users_script_has_its_types():
    done = asked(HERE / "user.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_checker_can_refuse(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import mixtura as mx\n\nmx.fit([[0.0]], 'one')\nmx.pictures.image.inc\nmx.gaussian_mixture\n")
    done = asked(wrong)
    assert done.stdout.count("error:") == 3, done.stdout
    assert "[arg-type]" in done.stdout
    assert done.stdout.count("[attr-defined]") == 2
