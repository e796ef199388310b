"""What went wrong, for a person in front of the page: a sentence, and what to do about it."""

from __future__ import annotations

from ..errors import MixturaError, MixturaWarning

SPELT = {
    "n_components": "K",
    "covariance_type": "the family",
    "max_iter": "the limit of steps",
    "tol": "the tolerance",
    "rng": "the seed",
    "start": "the start",
    "reg_covar": "what is added to variances",
    "fixed": "what is pinned",
    "threshold": "the threshold",
    "max_pixels": "the limit",
    "size": "the width",
    "kind": "ink or colour",
    "light": "light ink",
    "styles": "the style",
    "samples": "dots",
}


def fault(error: BaseException) -> tuple[str, str] | None:
    """A sentence and a remedy; None for what nobody foresaw."""
    if isinstance(error, MemoryError):
        return "There is not enough memory for this.", "Lower K, or take a smaller picture or table."
    if not isinstance(error, (MixturaError, MixturaWarning)):
        return None
    said = " ".join(error.spelt(_spelt).split())
    sentence, found, remedy = said.partition(": ")
    if not found:
        sentence, found, remedy = said.partition(". ")
    return _sentence(sentence), _sentence(remedy)


def _spelt(name: str, value: str | None) -> str:
    shown = SPELT.get(name, name)
    return shown if value is None else f"{shown} {value}"


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")[:1900]
    first = text.partition(" ")[0]
    name = "." in first or first[1:] != first[1:].lower()  # of a file, which keeps its letters
    return text and f"{text[0] if name else text[0].upper()}{text[1:]}."
