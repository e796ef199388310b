"""The gallery: every example is run, and the pictures that it makes are kept.

Examples find what they read with `sample` and `data`, and say what a figure shows by its label: ``plt.subplots(num="a
mixture of three")``, which is the title of its window too.
"""

from __future__ import annotations

import io
import os
import runpy
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from .errors import ExampleError, InputError, MissingExtraError, MixturaError, OutputError, named
from .writing import check_target, whole_files

PathLike = str | os.PathLike[str]
HERE = Path(__file__).resolve().parent
HOMES = (HERE / "_examples", HERE.parents[1])  # in an installed package, and in a clone
STYLE = "mixtura.plots.dusk"  # how all figures look


def sample(name: str) -> Path:
    """The file of a sample that comes with the package.

    Parameters
    ----------
    name : str
        dog.png, butterfly.png, harbour.png, wave.png, clothes.png or geyser.csv.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If there is no such sample.

    Examples
    --------
    >>> sample("dog.png").name
    'dog.png'
    """
    folder = next((home / "samples" for home in HOMES if (home / "samples").is_dir()), HOMES[-1] / "samples")
    if not (folder / name).is_file():
        known = ", ".join(sorted(file.name for file in folder.glob("*.*") if file.suffix in (".png", ".csv")))
        raise InputError(f"there is no sample {name!r} in {folder}: choose among {known or 'none'}.")
    return folder / name


def data(name: str) -> Path | None:
    """A file of the folder that the running example was given with ``--data FOLDER``.

    Parameters
    ----------
    name : str
        Of the file, or of a folder, within that folder.

    Returns
    -------
    Path or None
        None where no folder was given.

    Raises
    ------
    InputError
        If it is not there.
    """
    given = sys.argv[1:]
    if "--data" not in given:
        return None
    if given.index("--data") + 1 == len(given):
        raise InputError("--data stands alone: give a folder after it.")
    path = Path(given[given.index("--data") + 1]) / name
    if not path.exists():
        raise InputError(f"there is no {path}: --data takes a folder that holds {name}.")
    return path


def examples(folder: PathLike | None = None) -> list[Path]:
    """The example scripts, by name.

    Parameters
    ----------
    folder : str or PathLike, optional
        Where they lie, or below; by default those that came with the package or lie beside it.

    Returns
    -------
    list of Path
        The scripts.

    Raises
    ------
    InputError
        If there are none.
    """
    places = [Path(folder)] if folder is not None else [home / "examples" for home in HOMES]
    for place in places:
        found = [file for file in place.rglob("*.py") if not file.name.startswith("_")]
        if found:
            return sorted(found, key=lambda file: file.stem)
    raise InputError(f"there are no examples in {places[-1]}: give the folder that holds them.")


def run(
    out: PathLike,
    *,
    scripts: Sequence[Path] | None = None,
    data: PathLike | None = None,
    dpi: int = 110,
    on_example: Callable[[str], Any] | None = None,
) -> list[Path]:
    """Run the examples and write their pictures, NAME-1.png, NAME-2.png, ...; films as .gif.

    What examples print is not shown. The pictures of an example appear all or none. They are in the style
    ``mixtura.plots.dusk``, and a .png says in words what it shows (its ``Description``).

    Parameters
    ----------
    out : str or PathLike
        The folder for the pictures; made where it is missing.
    scripts : sequence of Path, optional
        By default all examples.
    data : str or PathLike, optional
        A folder of pictures that some examples show instead of those that come with the packages.
    dpi : int
        Pixels per inch of the figures.
    on_example : callable, optional
        Called with the name of each example.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ExampleError
        If an example fails.
    OutputError
        If the folder cannot be written to.
    MissingExtraError
        Without Matplotlib.
    """
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError(
            "the gallery needs Matplotlib, which is not installed: pip install 'mixtura[plots]' brings it."
        ) from None
    chosen = examples() if scripts is None else list(scripts)
    if data is not None and not Path(data).is_dir():
        raise InputError(f"{data} is no folder: {named('data')} takes one that holds pictures.")
    arguments = [] if data is None else ["--data", str(data)]
    folder = _folder(Path(out))
    for script in chosen:
        check_target(folder / f"{script.stem}-1.png", (".png",))
    usual = matplotlib.get_backend(auto_select=False)
    written: list[Path] = []
    with matplotlib.rc_context():
        matplotlib.use("agg")
        for script in chosen:
            if on_example is not None:
                on_example(script.stem)
            try:
                written += _run(script, arguments, folder, dpi)
            except (ExampleError, OutputError) as error:
                if not written:
                    raise
                before = f"What the examples before it made is in {folder}: {', '.join(path.name for path in written)}."
                raise type(error)(f"{error.sentence} {before}") from error
    if usual is not None:
        matplotlib.use(usual)
    return written


def _run(script: Path, arguments: list[str], folder: Path, dpi: int) -> list[Path]:
    from matplotlib import pyplot as plt

    plt.close("all")
    try:
        with _alone([str(script), *arguments]):
            plt.style.use(STYLE)
            made = runpy.run_path(str(script), run_name="__main__")
    except MixturaError as error:
        raise ExampleError(f"the example {script.name} failed: {error}") from error
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in where if frame.filename == str(script)]
        at = f" at line {lines[-1]}" if lines else ""
        raise ExampleError(f"the example {script.name} failed{at} ({type(error).__name__}: {error}).") from error
    written = []
    with whole_files() as whole:
        for count, shown in enumerate(pictures(made, dpi=dpi), 1):
            path = folder / f"{script.stem}-{count}{shown.suffix}"
            with whole(path) as file:
                file.write(shown.content)
            written.append(path)
    if not written:
        raise ExampleError(f"the example {script.name} made no picture.")
    return written


class Picture(NamedTuple):
    """What a figure of an example shows.

    Attributes
    ----------
    suffix : {".png", ".gif"}
        The kind of file.
    content : bytes
        The file.
    alt : str
        What is to be seen, in words: the label of the figure.
    figure : matplotlib.figure.Figure
        The figure, which is closed after the last one.
    """

    suffix: str
    content: bytes
    alt: str
    figure: Any


def pictures(made: Mapping[str, Any], *, dpi: int = 110) -> Iterator[Picture]:
    """What pyplot's open figures show, in order; then they are closed.

    Parameters
    ----------
    made : mapping
        The names of the script that drew them: a figure that an animation among these moves is a film.
    dpi : int
        Pixels per inch.

    Yields
    ------
    Picture
        A figure.
    """
    from matplotlib import pyplot as plt
    from matplotlib.animation import Animation

    films = {id(film._fig): film for film in made.values() if isinstance(film, Animation)}  # type: ignore[attr-defined]
    for number in plt.get_fignums():
        figure = plt.figure(number)
        alt, film = str(figure.get_label()), films.get(id(figure))
        content = _png(figure, dpi, alt) if film is None else _gif(film, dpi)
        yield Picture(".png" if film is None else ".gif", content, alt, figure)
    plt.close("all")


def _png(figure: Any, dpi: int, alt: str) -> bytes:
    file = io.BytesIO()
    about = {"Description": alt} if alt else {}
    figure.savefig(file, format="png", dpi=dpi, bbox_inches="tight", pad_inches=0.1, metadata=about)
    return file.getvalue()


def _gif(film: Any, dpi: int) -> bytes:
    import numpy as np
    from matplotlib.animation import PillowWriter

    from .pictures.film import Film, encode

    class Frames(PillowWriter):
        """Keeps what it is shown."""

        def finish(self) -> None:
            self.shots = [np.asarray(image)[..., :3] for image in self._frames]  # type: ignore[attr-defined]

    writer = Frames()
    film.save("film.gif", writer=writer, dpi=0.75 * dpi)  # the name is asked for, and nothing is written
    return encode(Film(writer.shots, [film.event_source.interval] * len(writer.shots)), ".gif")


@contextmanager
def _alone(arguments: list[str]) -> Iterator[None]:
    """Scripts have these arguments, find what lies beside them, and what they print is not shown."""
    kept = list(sys.path), list(sys.argv)
    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*is non-interactive")  # plt.show() has nowhere to show
            sys.argv[:] = arguments
            yield
    finally:
        sys.path[:], sys.argv[:] = kept


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {out} cannot be made ({error.strerror or error}): choose another one.") from None
    return out
