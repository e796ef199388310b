"""The gallery: every example is run, and the pictures that it makes are kept."""

from __future__ import annotations

import io
import os
import runpy
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from .errors import ExampleError, InputError, MissingExtraError, MixturaError, OutputError
from .target import whole_file

PathLike = str | os.PathLike[str]


def examples(folder: PathLike | None = None) -> list[Path]:
    """The example scripts, by name: those of `folder`, or those that came with the package or lie beside it.

    Raises InputError when there are none.
    """
    here = Path(__file__).resolve().parent
    places = [Path(folder)] if folder is not None else [here / "_examples" / "examples", here.parents[1] / "examples"]
    for place in places:
        found = sorted(file for file in place.glob("*.py") if not file.name.startswith("_"))
        if found:
            return found
    raise InputError(f"there are no examples in {places[-1]}: give the folder that holds them.")


def run(
    out: PathLike,
    *,
    scripts: Sequence[Path] | None = None,
    dpi: int = 110,
    on_example: Callable[[str], Any] | None = None,
) -> list[Path]:
    """Run the examples and write their pictures to the folder `out`, NAME-1.png, NAME-2.png, ...; films as .gif.

    out: made where it is missing. scripts: by default all examples. on_example: called with the name of each.
    Returns the files. What examples print is not shown.
    Raises ExampleError when one fails, OutputError when the folder cannot be written to, MissingExtraError without
    Matplotlib.
    """
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError(
            "the gallery needs Matplotlib, which is not installed: pip install 'mixtura[plots]' brings it."
        ) from None
    chosen = examples() if scripts is None else list(scripts)
    folder = _folder(Path(out))
    usual = matplotlib.get_backend(auto_select=False)
    written: list[Path] = []
    with matplotlib.rc_context():
        matplotlib.use("agg")
        for script in chosen:
            if on_example is not None:
                on_example(script.stem)
            written += _run(script, folder, dpi)
    if usual is not None:
        matplotlib.use(usual)
    return written


def _run(script: Path, folder: Path, dpi: int) -> list[Path]:
    from matplotlib import pyplot as plt
    from matplotlib.animation import Animation

    plt.close("all")
    try:
        with _quiet():
            made = runpy.run_path(str(script), run_name="__main__")
    except MixturaError as error:
        raise ExampleError(f"the example {script.name} failed: {error}") from error
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in where if frame.filename == str(script)]
        at = f" at line {lines[-1]}" if lines else ""
        raise ExampleError(f"the example {script.name} failed{at} ({type(error).__name__}: {error}).") from error
    films = {id(film._fig): film for film in made.values() if isinstance(film, Animation)}  # type: ignore[attr-defined]
    written = []
    for count, number in enumerate(plt.get_fignums(), 1):
        figure = plt.figure(number)
        film = films.get(id(figure))
        path = folder / f"{script.stem}-{count}{'.png' if film is None else '.gif'}"
        data = _png(figure, dpi) if film is None else _gif(film, dpi)
        with whole_file(path) as file:
            file.write(data)
        written.append(path)
    plt.close("all")
    if not written:
        raise ExampleError(f"the example {script.name} made no picture.")
    return written


def _png(figure: Any, dpi: int) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    return file.getvalue()


def _gif(film: Any, dpi: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        film.save(path, writer="pillow", dpi=0.75 * dpi)
        return path.read_bytes()


@contextmanager
def _quiet() -> Iterator[None]:
    """Scripts find what lies beside them, and what they print is not shown."""
    path, arguments = list(sys.path), list(sys.argv)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        sys.path[:], sys.argv[:] = path, arguments


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {out} cannot be made ({error.strerror or error}): choose another one.") from None
    return out
