"""`mixtura generate`: new pictures after many of one size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from ..jobs.generate import Generation, run
from ..jobs.progress import Watcher
from . import options
from .frame import Report, file_line, fit_lines, some, time_line
from .options import FIT, READ, WRITE, argument, option


def generate(
    pictures: Annotated[Path, argument("IDX_OR_FOLDER")],
    labels: Annotated[Path | None, option("--labels FILE", READ)] = None,
    label: Annotated[int | None, option("--label N", READ)] = None,
    profile: options.Profile = True,
    n_axes: Annotated[int, option("--pca N", FIT)] = 100,
    n_components: options.Components = 25,
    covariance_type: options.Covariance = "full",
    max_iter: options.MaxIter = 100,
    tol: Annotated[float | None, option("--tol X", FIT)] = None,
    rng: options.Seed = 0,
    dtype: options.Precision = "float32",
    n_threads: options.Threads = None,
    n: Annotated[int, option("-n --samples N", WRITE, least=1, most=10000)] = 25,
    output: options.Output = None,
    means: Annotated[Path | None, option("--means FILE", WRITE)] = None,
    walk: Annotated[Path | None, option("--walk FILE", WRITE)] = None,
    columns: Annotated[int | None, option("--columns N", WRITE, least=1)] = None,
    scale: Annotated[int | None, option("--scale N", WRITE, least=1, most=64)] = None,
    *,
    watch: Watcher,
) -> Report:
    """Make new pictures after many of one size.

    The pictures are described by their principal components, and a mixture of Gaussians is fitted to these.
    Its samples, turned into pictures again, are the new ones.

    Parameters
    ----------
    pictures
        Pictures of one size: an IDX file (plain or .gz), .npy, .npz, or a folder.
    labels
        A label a picture: an IDX file (plain or .gz), .npy or .npz.
    label
        Take only the pictures with this label.
    n_axes
        Principal components at most, before the mixture is fitted.
    tol
        Convergence threshold: the gain in mean log likelihood per picture; by default 0.001 per principal component.
    n
        How many new pictures.
    output
        The sheet of new pictures. By default NAME-samples.png.
    means
        A sheet of the components' means, the heaviest first.
    walk
        The way from one new picture to another one and back: .gif, .webp or .apng.
    columns
        Pictures side by side; by default as many as rows.
    scale
        Enlarge the pictures; by default small ones.

    Examples
    --------
    New pullovers, and what the 25 components look like, pullovers.png and kinds.png:
    `mixtura generate train-images.gz --labels train-labels.gz --label 2 -o pullovers.png --means kinds.png`

    A hundred pictures after all in a folder, and the way from one to another one and back:
    `mixtura generate faces -k 10 -n 100 -o new.png --walk walk.gif`
    """
    given = locals()
    del given["watch"]
    return Report(run(Generation(**given), watch), _lines)


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    from ..pictures.collection import listed

    what = (
        f"{some(record['n_axes'], 'principal component')} ({100 * record['explained_variance']:.1f}% of the variance) "
        f"of {record['pictures']:,} pictures"
    )
    yield from fit_lines(record, what, "picture")
    if record["left_out"]:
        yield f"left out of the folder: {listed(record['left_out'])}"
    for file in record["outputs"]:
        yield file_line(file["path"], f"{file['what']}, {file['width']} x {file['height']}")
    yield time_line(record)
