"""`mixtura score`, `predict`, `sample` and `condition`: questions to a model."""

from __future__ import annotations

import collections
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

from ..errors import InputError, named
from ..jobs.progress import Progress, Watcher
from ..jobs.standard import called, told_in
from ..writing import check_apart, check_target
from . import options, target_column
from .frame import Report, columns_of, file_line, some
from .options import WRITE, argument, option, seed
from .tables import answer, beside, carried, check_table, model_beside, opened_rows

if TYPE_CHECKING:
    from ..em.notes import Told
    from ..sources.source import Source

_LEAST = 5  # rows that score names
_COMPONENT = "component"


def score(
    model: options.Model,
    table: options.Table,
    columns: options.Columns = None,
    sample_weight: options.Weight = None,
    missing: options.Missing = False,
    noise_covariance: options.Errors = None,
    header: options.Header = False,
    keep: options.Keep = None,
    n_threads: options.AskThreads = None,
    output: options.Output = None,
) -> Report:
    """Say how likely the rows of a table are under a model.

    The log likelihood is the mean of the rows' log densities. bic, aic and icl compare models of one table: lower is
    better.

    Parameters
    ----------
    output
        The log density of each row, in nats: .csv, .tsv, .npy, .parquet, or - for standard output.

    Examples
    --------
    How well a model explains a table, and its least likely rows:
    `mixtura score faithful.mix faithful.csv`

    The log density of each row, as a column; or behind all that the table has:
    `mixtura score faithful.mix faithful.csv -o scores.csv`
    `mixtura score faithful.mix faithful.csv --keep all -o scores.csv`
    """
    import numpy as np

    from ..em import criteria

    told = model_beside(model, table)
    mixture = told.mixture
    if output is not None:
        check_table(output, table)
    more = carried(table, keep, output, header)
    heads = columns_of(mixture)
    rows = opened_rows(
        table, heads, mixture.names, columns, sample_weight, header=header, missing=missing, noise=noise_covariance
    )
    least: list[tuple[float, int]] = []
    sums: list[float] = []
    n = 0

    def scored() -> Iterator[dict[str, Any]]:
        nonlocal least, n
        for block in rows.blocks():
            scores = np.asarray(mixture.log_density(block, n_threads=n_threads))
            counted = np.flatnonzero(block.counts)
            lowest = counted[np.argsort(scores[counted], kind="stable")[:_LEAST]]
            least = sorted([*least, *((float(scores[i]), n + int(i) + 1) for i in lowest)])[:_LEAST]
            sums.append(float((scores[counted] * block.counts[counted]).sum()))
            n += block.n
            yield {"log_density": scores}

    if output is not None:
        answer(output, (beside(found, more) for found in scored()))
    else:
        collections.deque(scored(), maxlen=0)
    record: dict[str, Any] = {
        "model": model,
        "input": table,
        "rows": n,
        "log_likelihood": math.fsum(sums) / rows.survey().total,
        **{name: criteria.score(name, mixture, rows, told.n_parameters) for name in get_args(criteria.Information)},
        "least_likely": [{"row": row, "log_density": value} for value, row in least],
        "output": output,
    }
    return Report(record, _scored)


def _scored(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"{some(record['rows'], 'row')}: log likelihood {record['log_likelihood']:.4f} a row"
    yield f"bic {record['bic']:.2f}, aic {record['aic']:.2f}, icl {record['icl']:.2f} (lower is better)"
    least = (f"{each['row']} ({each['log_density']:.4g})" for each in record["least_likely"])
    yield f"least likely rows: {', '.join(least)}"
    if record["output"] is not None:
        yield file_line(record["output"], "the log density of each row")


def predict(
    model: options.Model,
    table: options.Table,
    target: Annotated[str | None, option("--target NAME", WRITE)] = None,
    probabilities: Annotated[bool, option("--probabilities", WRITE)] = False,
    n_clusters: Annotated[str | None, option("--clusters N", WRITE)] = None,
    columns: options.Columns = None,
    missing: options.Missing = False,
    noise_covariance: options.Errors = None,
    header: options.Header = False,
    keep: options.Keep = None,
    n_threads: options.AskThreads = None,
    output: options.OutputTable = Path("-"),
) -> None:
    """Say which component of a model each row of a table belongs to; or predict one column from the others.

    Components are numbered from 0, as in `mixtura show`; -1 is the background of a model with one. Where the components
    of a model were combined into clusters, the cluster is told instead. TABLE may be a colour picture: then each of its
    pixels is a row, from the top.

    Parameters
    ----------
    target
        Predict this column of the model from its others: its mean and standard deviation. With --missing from what each
        row has, and the table may lack columns; with --noise-covariance from others that are measured with errors.
    probabilities
        Also the probability of every component, or cluster.
    n_clusters
        Tell the cluster, at this level of the model's; auto for the level that is suggested. Those of a model without
        clusters are made of the rows of TABLE.
    output
        A column or more: .csv, .tsv, .npy, .parquet. By default .csv on standard output.

    Examples
    --------
    The component of each row:
    `mixtura predict faithful.mix faithful.csv`

    With the probability of every component, to a file:
    `mixtura predict faithful.mix faithful.csv --probabilities -o components.csv`

    The cluster of each row, components that overlap being one:
    `mixtura predict stars.mix stars.csv --clusters auto -o clusters.csv`

    What a column is expected to be, given the others, and how far off that may be:
    `mixtura predict faithful.mix faithful.csv --target waiting`

    The component of each pixel of a picture:
    `mixtura predict harbour.mix harbour.png -o regions.npy`
    """
    asked = options.clusters_of(n_clusters)
    others = {"probabilities": probabilities, "n_clusters": asked is not None}
    if target is not None and any(others.values()):
        other = named(next(name for name, given in others.items() if given))
        raise InputError(f"{named('target')} and {other} do not go together: give one of them.")
    told = model_beside(model, table)
    mixture = told.mixture
    check_table(output, table)
    if target is None and _is_picture(table):
        for_tables: dict[str, Any] = {"columns": columns, "missing": missing, "header": header, "keep": keep, **others}
        for_tables |= {"noise_covariance": noise_covariance}
        for other in (name for name, value in for_tables.items() if value):
            raise InputError(f"{called(table)} is a picture, and {named(other)} is for tables: leave it out.")
        from ..jobs import labels as labels_of

        answer(output, [labels_of.of_picture(mixture, table, n_threads=n_threads)])
        return
    more = carried(table, keep, output, header)
    if target is not None:
        wanted = target_column.Target(
            target, mixture, called(model), table, columns, header, n_threads, noise_covariance
        )
        rows, ask = wanted.from_gaps() if missing else wanted.from_others()
    else:
        heads, errors = columns_of(mixture), noise_covariance
        rows = opened_rows(table, heads, mixture.names, columns, header=header, missing=missing, noise=errors)
        ask = _assigning(told, rows, asked, probabilities, {"missing": missing, "n_threads": n_threads})
    answer(output, (beside(ask(block), more) for block in rows.blocks()))


def _assigning(
    told: Told, rows: Source, asked: int | None, probabilities: bool, given: Mapping[str, Any]
) -> target_column.Question:
    """What is asked of each block of rows: its components or clusters, and the probabilities of all of them."""
    import numpy as np

    from ..em.combine import united
    from ..jobs import labels as labels_of

    mixture, noise, clusters, level = told.mixture, told.background, told.clusters, told.n_clusters
    if asked is not None:
        clusters = clusters or united(mixture, rows, noise)
        level = asked or clusters.suggested
    beside_clusters = None if noise is None or clusters is None else int(clusters.groups(level).max()) + 1

    def ask(block: Any) -> dict[str, Any]:
        if clusters is None:
            found = labels_of.of_rows(mixture, block, noise, **given)
        else:
            found = {"cluster": np.asarray(clusters.predict(block, level, **given))}
        if not probabilities:
            return found
        if clusters is None:
            shares, last = np.asarray(mixture.responsibilities(block, **given)), noise
        else:
            shares, last = np.asarray(clusters.responsibilities(block, n_clusters=level, **given)), beside_clusters
        return found | {"p_noise" if i == last else f"p{i}": shares[:, i] for i in range(shares.shape[1])}

    return ask


def _is_picture(path: Path) -> bool:
    from ..pictures.files import PICTURE_KINDS

    return path.suffix.lower() in PICTURE_KINDS


def sample(
    model: options.Model,
    n: Annotated[int, option("-n --rows N", WRITE, least=1, most=1_000_000_000)] = 10,
    component: Annotated[int | None, option("--component N", WRITE)] = None,
    labels: Annotated[bool, option("--labels", WRITE)] = False,
    rounded: Annotated[bool, option("--round/--no-round", WRITE)] = True,
    rng: Annotated[int, seed(WRITE)] = 0,
    output: options.OutputTable = Path("-"),
    *,
    watch: Watcher,
) -> None:
    """Draw new rows from a model.

    They are drawn and written a million at a time: any number of them fits into memory, and is as `Mixture.sample`
    draws it with the same seed.

    Parameters
    ----------
    n
        How many.
    component
        From this component alone, numbered from 0.
    labels
        Also the component that each row came from, -1 for a background.
    rounded
        Write whole numbers in columns that held nothing else where the model was fitted (by `fit` or `choose`), or all
        numbers as they are drawn.
    output
        A table: .csv, .tsv, .npy, .parquet. By default .csv on standard output.

    Examples
    --------
    Ten new rows:
    `mixtura sample faithful.mix`

    Many, to a file, with the component that each came from:
    `mixtura sample faithful.mix -n 100000 --seed 1 --labels -o new.csv`
    """
    from ..em.background import unassigned
    from ..model.sampling import blocks

    told = told_in(model)
    mixture = told.mixture
    check_table(output, model)
    every = blocks(mixture, n, rng, component)
    heads = columns_of(mixture)
    twice = next((name for name in heads if heads.count(name) > 1 or (labels and name == _COMPONENT)), None)
    if twice is not None:
        raise InputError(f"two columns would have the name {twice!r}: give the model's coordinates other names.")
    whole = told.whole if rounded else ()

    def drawn() -> Iterator[dict[str, Any]]:
        done = 0
        for x, came in every:
            found = {name: _rounded(x[:, i]) if i in whole else x[:, i] for i, name in enumerate(heads)}
            yield found | ({_COMPONENT: unassigned(came, told.background)} if labels else {})
            done += len(x)
            watch(Progress("drawing rows", done=done, of=n))

    answer(output, drawn())


def _rounded(values: Any) -> Any:
    import numpy as np

    return np.rint(values).astype(np.int64)


def condition(
    model: options.Model,
    known: Annotated[list[str], argument("NAME=VALUE...", show_default=False)],
    output: options.Output = None,
    rows: options.Rows = 10,
    plot: options.Plot = None,
    plain: options.Plain = False,
) -> Report:
    """Say what the other columns of a model are, once some are known: a mixture again.

    Columns without names are x1, x2, and so on.

    Parameters
    ----------
    known
        What is known, such as x=1.2 y=3.
    output
        The mixture of the other columns, as a model (.mix).

    Examples
    --------
    What the other columns are, once this one is known:
    `mixtura condition faithful.mix eruptions=4`

    Kept as a model, to be asked again, and as a figure:
    `mixtura condition faithful.mix waiting=80 -o after80.mix --plot after80.svg`
    """
    from ..jobs import figure
    from ..sources.tables import column
    from .show import lines_of, record_of

    figure.check(plot)
    told = told_in(model)
    mixture = told.mixture
    if output is not None:
        check_apart(model, [check_target(output, (".mix",))])
    heads = columns_of(mixture)
    given: dict[str, float] = {}
    for text in known:
        name, value = _equation(text)
        column(name, heads, called(model))
        if name in given:
            raise InputError(f"{name} is given twice: give each column one value.")
        given[name] = value
    if len(given) == len(heads):
        raise InputError("all columns are known: leave at least one to be asked about.")
    on = [heads.index(name) for name in given]
    log_density = float(mixture.marginal(on).log_density([list(given.values())])[0])
    left = mixture.condition(on, list(given.values()))
    if left.names is None:
        free = [name for name in heads if name not in given]
        left = type(left)(left.weights, left.means, left.covariances, left.covariance_type, names=free)
    if output is not None:
        left.save(output, notes={} if told.background is None else {"background": told.background})
    if plot is not None:
        figure.write(plot, figure.of_mixture(left, None))
    known_so = {"model": model, "known": given, "log_density": log_density}
    record = {**known_so, **record_of(left), "output": output, "plot": plot}

    def lines(record: Mapping[str, Any]) -> Iterator[Any]:
        said = " ".join(f"{name}={value:g}" for name, value in given.items())
        yield from lines_of(left, f"{called(model)} given {said}", rows=rows, plot=not plain)
        if output is not None:
            yield file_line(output, "the model")
        if plot is not None:
            yield file_line(plot, "the figure")

    return Report(record, lines)


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
