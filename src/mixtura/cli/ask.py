"""`mixtura score`, `predict`, `sample` and `condition`: questions to a model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from .._version import __version__
from ..errors import InputError
from . import asking
from .asking import WRITE, AsJson, AskThreads, Columns, Header, Missing, Model, Quiet, Table, Weight
from .options import option, within

EXAMPLES_OF_SCORE = """
**Examples**

How well a model explains a table, and its least likely rows:\\
`mixtura score faithful.mix faithful.csv`

The log density of each row, as a column:\\
`mixtura score faithful.mix faithful.csv -o scores.csv`
"""

EXAMPLES_OF_PREDICT = """
**Examples**

The component of each row:\\
`mixtura predict faithful.mix faithful.csv`

With the probability of every component, to a file:\\
`mixtura predict faithful.mix faithful.csv --probabilities -o components.csv`

What a column is expected to be, given the others, and how far off that may be:\\
`mixtura predict faithful.mix faithful.csv --target waiting`
"""

EXAMPLES_OF_SAMPLE = """
**Examples**

Ten new rows:\\
`mixtura sample faithful.mix`

Many, to a file, with the component that each came from:\\
`mixtura sample faithful.mix -n 100000 --seed 1 --labels -o new.csv`
"""

EXAMPLES_OF_CONDITION = """
**Examples**

What the other columns are, once this one is known:\\
`mixtura condition faithful.mix eruptions=4`

Kept as a model, to be asked again:\\
`mixtura condition faithful.mix waiting=80 -o after80.mix`
"""

_LEAST = 5  # rows that score names
_Component = "component"


def score(
    model: Model,
    table: Table,
    columns: Columns = None,
    weight: Weight = None,
    missing: Missing = False,
    header: Header = False,
    threads: AskThreads = None,
    output: Annotated[
        Path | None,
        option(
            "-o",
            "--output",
            panel=WRITE,
            metavar="FILE",
            text="The log density of each row, in nats: .csv, .tsv, .npy, .parquet, or - for standard output.",
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say how likely the rows of a table are under a model.

    The log likelihood is the mean of the rows' log densities. bic, aic and icl compare models of one table: lower is
    better.
    """
    within("--threads", threads, 1, 256)
    _one_voice(output, as_json)
    with asking.on_the_terminal():
        import numpy as np

        from ..em.criteria import aic, bic, icl
        from ..model.storage import load
        from ..sources.tables import STANDARD, write

        mixture = load(model)
        if output is not None:
            asking.check_table(output, table)
        points = asking.points(table, columns=columns, model=mixture, weight=weight, header=header, missing=missing)
        scores = mixture.log_density(points.x, missing=missing, n_threads=threads)
        if output is not None:
            write(output, {"log_density": scores})
        weights = np.ones(points.n) if points.weight is None else points.weight
        counted = weights > 0
        least = [int(i) for i in np.argsort(scores, kind="stable") if counted[i]][:_LEAST]
        record: dict[str, Any] = {
            "mixtura": __version__,
            "model": str(model),
            "input": str(table),
            "rows": points.n,
            "log_likelihood": float(np.average(scores[counted], weights=weights[counted])),
            **{ask.__name__: ask(mixture, points, missing=missing) for ask in (bic, aic, icl)},
            "least_likely": [{"row": i + 1, "log_density": float(scores[i])} for i in least],
            "output": None if output is None else str(output),
        }
        if as_json:
            asking.print_json(record)
        elif not quiet and output != STANDARD:
            rows = ", ".join(f"{each['row']} ({each['log_density']:.4g})" for each in record["least_likely"])
            typer.echo(
                f"{asking.some(points.n, 'row')}: log likelihood {record['log_likelihood']:.4f} a row\n"
                f"bic {record['bic']:.2f}, aic {record['aic']:.2f}, icl {record['icl']:.2f} (lower is better)\n"
                f"least likely rows: {rows}"
            )
            if output is not None:
                typer.echo(f"  {output}  (the log density of each row)")


def predict(
    model: Model,
    table: Table,
    target: Annotated[
        str | None,
        option(
            "--target",
            panel=WRITE,
            metavar="NAME",
            text="Foretell this column of the model from its others: its mean and standard deviation.",
        ),
    ] = None,
    probabilities: Annotated[
        bool, option("--probabilities", panel=WRITE, text="Also the probability of every component.")
    ] = False,
    columns: Columns = None,
    missing: Missing = False,
    header: Header = False,
    threads: AskThreads = None,
    output: Annotated[
        Path,
        option(
            "-o",
            "--output",
            panel=WRITE,
            metavar="FILE",
            text="A column or more: .csv, .tsv, .npy, .parquet. By default .csv on standard output.",
        ),
    ] = Path("-"),
) -> None:
    """Say which component of a model each row of a table belongs to; or foretell one column from the others.

    Components are numbered from 0, as in `mixtura show`.
    """
    within("--threads", threads, 1, 256)
    if target is not None and (probabilities or missing):
        other = "--probabilities" if probabilities else "--missing"
        raise InputError(f"--target and {other} do not go together: give one of them.")
    with asking.on_the_terminal():
        from ..model.storage import load
        from ..sources.tables import write

        mixture = load(model)
        asking.check_table(output, table)
        if target is not None:
            write(output, _foretold(mixture, model, target, table, columns, header, threads))
            return
        points = asking.points(table, columns=columns, model=mixture, header=header, missing=missing)
        found: dict[str, Any] = {_Component: mixture.predict(points.x, missing=missing, n_threads=threads)}
        if probabilities:
            shares = mixture.responsibilities(points.x, missing=missing, n_threads=threads)
            found |= {f"p{i}": shares[:, i] for i in range(mixture.n_components)}
        write(output, found)


def _foretold(
    mixture: Any, model: Path, target: str, table: Path, columns: str | None, header: bool, threads: int | None
) -> dict[str, Any]:
    """The mean and the deviation of one coordinate, given the others."""
    import numpy as np

    from ..sources.tables import column, read

    names = asking.columns_of(mixture)
    free = column(target, names, str(model))
    known = [i for i in range(len(names)) if i != free]
    if not known:
        raise InputError(f"{model} has the one column {target!r}: there are no others to foretell it from.")
    like = None if mixture.names is None else [names[i] for i in known]
    values = read(table, columns=asking.listed(columns), like=like, header=header).x
    if values.shape[1] == len(names) and columns is None:  # columns without names, and the target among them
        values = values[:, known]
    if values.shape[1] != len(known):
        raise InputError(
            f"{table} has {values.shape[1]} columns, expected the {len(known)} that the model has besides {target!r}: "
            f"choose them with --columns."
        )
    mean, spread = mixture.regress(known, values, return_cov=True, n_threads=threads)
    return {target: mean[:, 0], f"{target}_deviation": np.sqrt(spread[:, 0, 0])}


def sample(
    model: Model,
    n: Annotated[int, option("-n", "--rows", panel=WRITE, metavar="N", text="How many.")] = 10,
    component: Annotated[
        int | None, option("--component", panel=WRITE, metavar="N", text="From this component alone, numbered from 0.")
    ] = None,
    labels: Annotated[
        bool, option("--labels", panel=WRITE, text="Also the component that each row came from.")
    ] = False,
    seed: Annotated[int, option("--seed", panel=WRITE, metavar="N", text="The same seed gives the same rows.")] = 0,
    output: Annotated[
        Path,
        option(
            "-o",
            "--output",
            panel=WRITE,
            metavar="FILE",
            text="A table: .csv, .tsv, .npy, .parquet. By default .csv on standard output.",
        ),
    ] = Path("-"),
) -> None:
    """Draw new rows from a model."""
    within("-n", n, 1, 1_000_000_000)
    within("--seed", seed, 0)
    with asking.on_the_terminal():
        from ..model.storage import load
        from ..sources.tables import write

        mixture = load(model)
        asking.check_table(output, model)
        x, came = mixture.sample(n, component=component, rng=seed, return_labels=True)
        names = asking.columns_of(mixture)
        twice = next((name for name in names if names.count(name) > 1 or (labels and name == _Component)), None)
        if twice is not None:
            raise InputError(f"two columns would have the name {twice!r}: give the model's coordinates other names.")
        found: dict[str, Any] = {name: x[:, i] for i, name in enumerate(names)}
        write(output, found | ({_Component: came} if labels else {}))


def condition(
    model: Model,
    known: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="What is known, such as x=1.2 y=3.", show_default=False)
    ],
    output: Annotated[
        Path | None,
        option(
            "-o", "--output", panel=WRITE, metavar="FILE", text="The mixture of the other columns, as a model (.mix)."
        ),
    ] = None,
    rows: Annotated[
        int, option("--rows", panel=WRITE, metavar="N", text="How many components to list, the heaviest first.")
    ] = 10,
    plot: Annotated[bool, option("--plot/--no-plot", panel=WRITE, text="With a plot or without.")] = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say what the other columns of a model are, once some are known: a mixture again.

    Columns without names are x1, x2, and so on.
    """
    within("--rows", rows, 1)
    with asking.on_the_terminal():
        from ..model.storage import load
        from ..sources.tables import column
        from ..writing import check_target
        from .show import record_of, report

        mixture = load(model)
        if output is not None:
            check_target(output, (".mix",))
            asking.apart(model, [output])
        names = asking.columns_of(mixture)
        given: dict[str, float] = {}
        for text in known:
            name, value = _equation(text)
            column(name, names, str(model))
            if name in given:
                raise InputError(f"{name} is given twice: give each column one value.")
            given[name] = value
        if len(given) == len(names):
            raise InputError("all columns are known: leave at least one to be asked about.")
        on = [names.index(name) for name in given]
        log_density = float(mixture.marginal(on).log_density([list(given.values())])[0])
        left = mixture.condition(on, list(given.values()))
        if left.names is None:
            free = [name for name in names if name not in given]
            left = type(left)(left.weights, left.means, left.covariances, left.covariance_type, names=free)
        if output is not None:
            left.save(output)
        said = " ".join(f"{name}={value:g}" for name, value in given.items())
        if as_json:
            asking.print_json(
                {
                    "mixtura": __version__,
                    "model": str(model),
                    "known": given,
                    "log_density": log_density,
                    **record_of(left),
                    "output": None if output is None else str(output),
                }
            )
        elif not quiet:
            report(left, f"{model} given {said}", rows=rows, plot=plot)
            if output is not None:
                typer.echo(f"  {output}  (the model)")


def _equation(text: str) -> tuple[str, float]:
    """What x=1.2 says."""
    name, sign, number = text.rpartition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not sign or not name.strip() or not math.isfinite(value):
        raise InputError(f"{text!r} says nothing that can be known: write NAME=VALUE, such as x=1.2.")
    return name.strip(), value


def _one_voice(output: Path | None, as_json: bool) -> None:
    if as_json and output == Path("-"):
        raise InputError("--json and -o - would both print to standard output: give one of them.")
