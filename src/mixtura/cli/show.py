"""`mixtura show`: a model in words, numbers and a plot, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..errors import InputError, named
from ..jobs.standard import called, legible, told_in
from . import explore, options
from .frame import Report, columns_of, file_line, groups_text, some
from .options import READ, WRITE, names, option

if TYPE_CHECKING:
    from ..em.notes import Told
    from ..model.mixture import Mixture

MODEL_OR_POINTS = "A model (.mix), or - for one from standard input; for a page also a table of points."


def show(
    model: Annotated[Path, options.argument("MODEL", MODEL_OR_POINTS)],
    rows: options.Rows = 10,
    axes: Annotated[str | None, option("--axes A,B", WRITE)] = None,
    modes: Annotated[bool, option("--modes", WRITE)] = False,
    data: Annotated[Path | None, option("--data TABLE", READ)] = None,
    header: options.Header = False,
    plot: options.Plot = None,
    size: Annotated[int | None, option("--size PIXELS", WRITE, least=50, most=30_000)] = None,
    output: options.Output = None,
    plain: options.Plain = False,
) -> Report:
    """Show a model: its components, the heaviest first, and a plot of its density; or make a page to explore it.

    Components are numbered from 0; the plot marks their means with these numbers. Each column is told as mean ±
    standard deviation. A plot over two columns is shaded by how much of the mixture lies within.

    Parameters
    ----------
    axes
        The column or two to plot on the terminal, by default the first two; for a figure also more, by default all.
    modes
        Also where the density has its maxima, the densest first, and the components that lead to each.
    data
        Points for the figure: a table with the columns of the model. Values may be missing.
    size
        The width of a figure in .png. By default 160 dots an inch.
    output
        A page (.html), for any browser and without a network, in which EM runs: of a model, with its points if there
        are --data, or of a table of points, up to 100,000 rows, of which --axes chooses columns.

    Examples
    --------
    What a model holds, and where it is densest:
    `mixtura show faithful.mix --modes`

    All components and one column; every number, for another program:
    `mixtura show survey.mix --rows 1000 --axes income`
    `mixtura show survey.mix --json`

    A figure of all pairs of columns, with the data:
    `mixtura show survey.mix --data survey.csv --plot pairs.png`

    A page in which a mixture is fitted to points, step by step, and one in which a model is explored:
    `mixtura show faithful.csv -o explore.html`
    `mixtura show survey.mix --data survey.csv -o survey.html`
    """
    import numpy as np

    from ..jobs import figure
    from ..sources.tables import column
    from .tables import opened_beside

    figure.check(plot)
    target, wanted = explore.checked(output, model, data), names(axes, "axes")
    if explore.is_table(model):
        explore.refuse({"modes": modes, "data": data, "plot": plot, "size": size})
        return explore.of_points(model, wanted, header, target)
    if size is not None and (plot is None or plot.suffix.lower() not in (".png", "")):
        raise InputError(f"{named('size')} is the width of a .png: add {named('plot', 'FILE.png')}.")
    if data is not None and plot is None and target is None:
        raise InputError(
            f"{named('data')} is for a figure: add {named('plot', 'FILE.png')}, or {named('output', 'FILE.html')} for "
            f"a page."
        )
    told = told_in(model)
    mixture = told.mixture
    known = columns_of(mixture)
    if wanted is not None and not 1 <= len(set(wanted)) == len(wanted) <= (2 if plot is None else len(known)):
        raise InputError(
            f"{named('axes')} is {axes!r}: give the names of one column or two different ones, such as x,y; for "
            f"figure more."
        )
    chosen = [column(name, known, called(model)) for name in wanted or []]
    if plot is not None:
        x: Any = None
        if data is not None:
            x = np.asarray(opened_beside(model, data, mixture, header=header).take(None).x, np.float64)
        kept = chosen or list(range(len(known)))
        figure.write(plot, figure.of_model(mixture, known, x, kept), size)
    if target is not None:
        explore.of_model(model, mixture, data, header, target)
    record = {"input": model, **record_of(mixture), **_beside(told), "plot": plot, "output": target}
    if modes:
        record["modes"] = _modes(mixture)

    def lines(record: Mapping[str, Any]) -> Iterator[Any]:
        beside = list(_beside_lines(told))
        yield from lines_of(mixture, called(model), rows=rows, plot=not plain, axes=chosen[:2], beside=beside)
        yield from _mode_lines(record.get("modes", []), rows)
        if plot is not None:
            yield file_line(plot, "the figure")
        if target is not None:
            yield file_line(target, explore.WHAT)

    return Report(record, lines)


def _beside(told: Told) -> dict[str, Any]:
    """What there is of a background and of clusters."""
    found: dict[str, Any] = {} if told.background is None else {"background": told.background}
    if told.clusters is not None:
        found |= {"n_clusters": told.n_clusters, "clusters": told.clusters.groups(told.n_clusters).tolist()}
    return found


def _beside_lines(told: Told) -> Iterator[str]:
    if told.background is not None:
        yield f"component {told.background} is a background, of rows that belong to no other"
    if told.clusters is not None and told.n_clusters is not None:
        groups = groups_text(told.clusters.groups(told.n_clusters).tolist())
        yield f"{some(told.n_clusters, 'cluster')} of components: {groups}"


def record_of(mixture: Mixture) -> dict[str, Any]:
    """All of a mixture, as JSON holds it."""
    return {
        "n_components": mixture.n_components,
        "covariance_type": mixture.covariance_type,
        "n_parameters": mixture.n_parameters,
        "columns": columns_of(mixture),
        "mean": mixture.mean().tolist(),
        "covariance": _covariance(mixture),
        "weights": mixture.weights.tolist(),
        "means": mixture.means.tolist(),
        "covariances": mixture.covariances.tolist(),
    }


def lines_of(
    mixture: Mixture,
    title: str,
    *,
    rows: int,
    plot: bool,
    axes: list[int] | None = None,
    beside: Sequence[str] = (),
) -> Iterator[Any]:
    """A mixture: a line, a table of components, and a plot where the terminal is wide enough for one.

    beside: lines of what else there is to tell.
    """
    import numpy as np
    from rich.console import Console

    from .terminal_plot import density_plot, table

    console = Console()
    order = [int(i) for i in np.argsort(-mixture.weights, kind="stable")]
    shown = [_clean(name, console.encoding) for name in columns_of(mixture)]
    kind = "" if mixture.n_components == 1 else f"{mixture.covariance_type} "
    yield f"{title}: {some(mixture.n_components, f'{kind}Gaussian')} over {some(len(shown), 'column')}"
    yield from beside
    yield ""
    yield from table(mixture, order[:rows], shown, console)
    if plot:
        places = axes or list(range(min(2, len(shown))))
        drawing: list[Any]
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                few = order[: min(rows, 10)]
                drawing = density_plot(mixture.marginal(places), few, [shown[i] for i in places], console)
        except InputError:
            drawing = ["Its numbers are too large for a plot."]
        yield from ["", *drawing] if drawing else []


def _modes(mixture: Mixture) -> list[dict[str, Any]]:
    """Where the maxima are, and which components lead to each."""
    found = mixture.modes()
    return [
        {"point": point.tolist(), "log_density": height, "components": (found.labels == number).nonzero()[0].tolist()}
        for number, (point, height) in enumerate(zip(found.points, found.log_density.tolist(), strict=True))
    ]


def _mode_lines(modes: list[dict[str, Any]], rows: int) -> Iterator[str]:
    if not modes:
        return
    yield ""
    yield f"{some(len(modes), 'mode')}, the densest first:"
    for each in modes[:rows]:
        point = ", ".join(f"{value:.5g}" for value in each["point"])
        members = ", ".join(map(str, each["components"][:10])) + ", ..." * (len(each["components"]) > 10)
        yield f"  ({point})  log density {each['log_density']:.4g}, from {members}"
    if len(modes) > rows:
        yield f"  and {len(modes) - rows:,} more"


def _covariance(mixture: Mixture) -> list[list[float]] | None:
    """The covariance, or None where it overflows."""
    try:
        found: list[list[float]] = mixture.covariance().tolist()
    except InputError:
        return None
    return found


def _clean(name: str, encoding: str) -> str:
    """A name that the terminal can show, and that cannot move its cursor."""
    return legible(name).encode(encoding, "replace").decode(encoding)
