"""Fits and choices as notebooks show them."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np

from ..model.html import html
from ..showing import HEIGHT, HUES, MARGIN, WIDTH, card, line, scaled, table

if TYPE_CHECKING:
    from .choice import Candidate, Choice
    from .loop import Fit

ROWS = 12  # of candidates, at most, beside the best


def of_fit(fit: Fit) -> str:
    """The mixture, and how the fit went."""
    rows = [
        ("log likelihood a point", f"{fit.log_likelihood:.6g}"),
        ("iterations", f"{fit.n_iter}"),
        ("ended", {"max_iter": "at max_iter", "callback": "by a callback"}.get(fit.stop_reason, fit.stop_reason)),
        ("parameters", f"{fit.n_parameters}"),
    ]
    if fit.log_posteriors != fit.log_likelihoods:
        rows.insert(1, ("log posterior", f"{fit.log_posteriors[-1]:.6g}"))
    if fit.background is not None:
        share = fit.mixture.weights[fit.background]
        rows.append(("background", f"component {fit.background}, {100 * share:.3g} % of the points"))
    if fit.dormant:
        rows.append(("without points", ", ".join(map(str, fit.dormant))))
    return html(fit.mixture, None, table(("fit", ""), rows))


def of_choice(choice: Choice) -> str:
    """The criterion against the number of components, a line a family, and the candidates, the best first."""
    best, name = choice.best, choice.criterion
    drawn = [each for each in choice.candidates if each.eligible and np.isfinite(getattr(each, name))]
    said = f"{name} against the number of components, a line a family; the best is {best.n_components} "
    said += f"{best.covariance_type}{', the largest number that was tried' * choice.at_limit}"
    others = sorted((each for each in drawn if each is not best), key=choice._score)
    ruled = [each for each in choice.candidates if not each.eligible]
    shown = [best, *others[:ROWS]]
    criteria = list(dict.fromkeys((name, "bic", "aic", "icl")))
    rows = [
        (f"{each.n_components} {each.covariance_type}", *(f"{getattr(each, key):.6g}" for key in criteria))
        for each in shown
    ]
    if len(others) > ROWS:
        rows.append((f"… and {len(others) - ROWS} more", *[""] * len(criteria)))
    families = list(dict.fromkeys(each.covariance_type for each in drawn))
    hues = [HUES[families.index(each.covariance_type) % len(HUES)] for each in shown]
    tables = [table(("components", *criteria), rows, 0, [*hues, "transparent"])]
    if ruled:
        why = [
            (f"{each.n_components} {each.covariance_type}", shorten(each.reason, 80, placeholder=" ..."))
            for each in ruled[:ROWS]
        ]
        tables.append(table((f"{len(ruled)} ruled out", "reason"), why))
    return card(_lines(drawn, name, best), said, *tables)


def _lines(drawn: list[Candidate], name: str, best: Candidate) -> str:
    values = [float(getattr(each, name)) for each in drawn]
    counts = [each.n_components for each in drawn]
    families = list(dict.fromkeys(each.covariance_type for each in drawn))
    parts = []
    for i, kind in enumerate(families):
        here = sorted((each for each in drawn if each.covariance_type == kind), key=lambda each: each.n_components)
        x = scaled([each.n_components for each in here], min(counts), max(counts), 2 * MARGIN, WIDTH - 2 * MARGIN)
        heights = [float(getattr(each, name)) for each in here]
        y = scaled(heights, min(values), max(values), HEIGHT - 2 * MARGIN, 2 * MARGIN)
        hue = HUES[i % len(HUES)]
        parts.append(line(x, y, f'stroke="{hue}" stroke-width="1.3"'))
        for each, a, b in zip(here, x, y, strict=True):
            ring = f' stroke="{hue}" stroke-width="1.6" fill="none"' if each is best else f' fill="{hue}"'
            parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{6 if each is best else 2}"{ring}/>')
    return "".join(parts)
