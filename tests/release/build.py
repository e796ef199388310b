"""Build the wheel and the sdist as they go to an index, check both, and try the wheel in a clean environment.

`make dist` runs it. The wheel is built twice, from the tree and from the sdist, and both have the same bytes.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
EPOCH = "1767225600"  # 2026-01-01: the time of all files, so that the same sources have the same bytes


def run(*command, **more):
    """Run a command, which must not fail."""
    print("$", *(Path(command[0]).name, *command[1:]), flush=True)
    subprocess.run(command, check=True, **more)


def built(what, source, to):
    """The one file that the build of a folder gives."""
    settings = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
    run(sys.executable, "-m", "build", f"--{what}", "--outdir", to, source, env=settings, stdout=subprocess.DEVNULL)
    (file,) = to.glob("*.whl" if what == "wheel" else "*.tar.gz")
    return file


def expected():
    """What the wheel holds beside its own records: every file of the package, by its path there."""
    here = {f"mixtura/{file.relative_to(ROOT / 'src/mixtura')}": file for file in (ROOT / "src/mixtura").rglob("*")}
    for folder in ("examples", "samples"):
        here |= {f"mixtura/_examples/{file.relative_to(ROOT)}": file for file in (ROOT / folder).rglob("*")}
    caches = "/__pycache__/", "/."  # those of linters have dots
    return {name: file for name, file in here.items() if file.is_file() and not any(each in name for each in caches)}


def check_contents(wheel):
    """All files of the package are in the wheel with their bytes, and no other."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        files = expected()
        if names != set(files):
            sys.exit(f"{wheel.name} lacks {sorted(set(files) - names)}, has {sorted(names - set(files))} too many.")
        other = [name for name, file in files.items() if archive.read(name) != file.read_bytes()]
        if other:
            sys.exit(f"{wheel.name} has other bytes than the tree: {other}.")
        (told,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        readme = archive.read(told).decode().partition("\n\n")[2]
    relative = re.findall(r"\]\((?!https?://)[^)]*\)|<img", readme)
    if relative or "mx.fit" not in readme:
        sys.exit(f"the README in {wheel.name} shows nothing of these on an index: {relative}.")


def tried(wheel, folder):
    """Install the wheel as a user does, far from the tree, and use it."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    quiet = ("--quiet", "--disable-pip-version-check")
    run(python, "-m", "pip", "install", *quiet, "--no-compile", "--constraint", ROOT / "constraints.txt", wheel)
    empty = folder / "work"
    empty.mkdir()
    settings = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    settings |= {"HOME": str(empty), "XDG_CACHE_HOME": str(empty), "NUMBA_CACHE_DIR": str(empty / "compiled")}
    run(python, "-I", ROOT / "tests/release/smoke.py", cwd=empty, env=settings)


def main():
    """Build, check, try."""
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="mixtura-dist-") as scratch:
        there = Path(scratch)
        sdist, wheel = built("sdist", ROOT, DIST), built("wheel", ROOT, DIST)
        run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel)
        run(sys.executable, "-m", "check_wheel_contents", wheel)
        check_contents(wheel)
        shutil.unpack_archive(sdist, there / "sdist")
        (source,) = (there / "sdist").iterdir()
        again = built("wheel", source, there / "again")
        one, other = (hashlib.sha256(file.read_bytes()).hexdigest() for file in (wheel, again))
        if one != other:
            sys.exit(f"{wheel.name} built from the tree has the hash {one}, from the sdist {other}.")
        tried(wheel, there / "venv")
    for file in (wheel, sdist):
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
