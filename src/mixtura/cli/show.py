"""`mixtura show`: a model in words, numbers and a plot, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from .._version import __version__
from ..errors import InputError
from . import asking
from .asking import WRITE, AsJson, Model
from .options import option, within

if TYPE_CHECKING:
    from ..model.mixture import Mixture

EXAMPLES = """
**Examples**

What a model holds:\\
`mixtura show faithful.mix`

All components and one column; every number, for another program:\\
`mixtura show survey.mix --rows 1000 --axes income`\\
`mixtura show survey.mix --json`
"""


def show(
    model: Model,
    rows: Annotated[
        int, option("--rows", panel=WRITE, metavar="N", text="How many components to list, the heaviest first.")
    ] = 10,
    axes: Annotated[
        str | None,
        option("--axes", panel=WRITE, metavar="A,B", text="The column or two to plot; by default the first two."),
    ] = None,
    plot: Annotated[bool, option("--plot/--no-plot", panel=WRITE, text="With a plot or without.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show a model: its components, the heaviest first, and a plot of its density.

    Components are numbered from 0; the plot marks their means with these numbers. Each column is told as mean ±
    standard deviation. A plot over two columns is shaded by how much of the mixture lies within.
    """
    within("--rows", rows, 1)
    with asking.on_the_terminal():
        from ..model.storage import load
        from ..sources.tables import column

        mixture = load(model)
        names = asking.columns_of(mixture)
        chosen = [column(name, names, str(model)) for name in _words(axes)] if axes is not None else None
        if as_json:
            asking.print_json({"mixtura": __version__, "input": str(model), **record_of(mixture)})
        else:
            report(mixture, str(model), rows=rows, plot=plot, axes=chosen)


def _words(axes: str) -> list[str]:
    names = [name.strip() for name in axes.split(",")]
    if not 1 <= len(set(names)) == len(names) <= 2:
        raise InputError(f"--axes is {axes!r}: give the names of one column or two different ones, such as x,y.")
    return names


def record_of(mixture: Mixture) -> dict[str, Any]:
    """All of a mixture, as JSON holds it."""
    return {
        "n_components": mixture.n_components,
        "covariance_type": mixture.covariance_type,
        "n_parameters": mixture.n_parameters,
        "columns": list(asking.columns_of(mixture)),
        "mean": mixture.mean().tolist(),
        "covariance": mixture.covariance().tolist(),
        "weights": mixture.weights.tolist(),
        "means": mixture.means.tolist(),
        "covariances": mixture.covariances.tolist(),
    }


def report(mixture: Mixture, title: str, *, rows: int = 10, plot: bool = True, axes: list[int] | None = None) -> None:
    """Print a mixture: a line, a table of components, and a plot where the terminal is wide enough for one."""
    import numpy as np
    from rich.console import Console

    from .portrait import portrait, table

    console = Console(highlight=False, soft_wrap=True)
    order = [int(i) for i in np.argsort(-mixture.weights, kind="stable")]
    names = [_clean(name, console.encoding) for name in asking.columns_of(mixture)]
    kind = "" if mixture.n_components == 1 else f"{mixture.covariance_type} "
    what = f"{kind}Gaussian{'s' * (mixture.n_components != 1)}"
    console.print(f"{title}: {mixture.n_components:,} {what} over {asking.some(len(names), 'column')}", markup=False)
    console.print()
    for line in table(mixture, order[:rows], names, console):
        console.print(line)
    if plot:
        shown = axes or list(range(min(2, len(names))))
        drawing = portrait(mixture.marginal(shown), order[: min(rows, 10)], [names[i] for i in shown], console)
        if drawing:
            console.print()
        for line in drawing:
            console.print(line)


def _clean(name: str, encoding: str) -> str:
    """A name that the terminal can show, and that cannot move its cursor."""
    shown = name.encode(encoding, "replace").decode(encoding)
    return "".join(letter if letter.isprintable() else "?" for letter in shown)
