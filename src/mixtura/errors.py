"""What can go wrong, as a tree.

Every error of ours says what, where, the number found, the limit and the remedy, in one sentence or two::

    MixturaError
    ├── InputError (ValueError)          an argument is wrong
    │   └── CoordinateError              coordinates repeat, are out of range, or leave none free
    ├── FitError (ValueError)            the data and the request do not go together
    ├── PictureError (ValueError)        a picture cannot be read, or holds nothing to fit
    ├── TableError (ValueError)          a table cannot be read as numbers
    ├── SourceError (ValueError)         points in blocks cannot be read, or changed between two passes
    ├── StorageError (ValueError)        a model file is damaged, foreign, or of a later version
    ├── OutputError (OSError)            a file cannot be written
    ├── ExampleError                     an example of the gallery failed
    └── MissingExtraError (ImportError)  an optional package is not installed

    MixturaWarning (UserWarning)         what was asked for can be done, but is hardly what was meant

>>> import mixtura as mx
>>> try:
...     mx.Mixture([1.0], [[0.0]], [[[-1.0]]])
... except mx.errors.InputError as error:
...     print("covariances[0]" in str(error))
True
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable

# A parameter within a sentence stands between two characters of Unicode's private use area, its value after a third.
_OPEN, _SET, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_OPEN}([^{_OPEN}{_SET}{_CLOSE}]*)(?:{_SET}([^{_OPEN}{_SET}{_CLOSE}]*))?{_CLOSE}")


def named(parameter: str, value: object = None) -> str:
    """The name of a parameter, marked, for the sentence of an error or a warning: each face spells it in its own way.

    Parameters
    ----------
    parameter : str
        The name as Python has it, such as ``"n_components"``.
    value : object, optional
        What to set it to, where the sentence advises that: ``missing=True``.

    Returns
    -------
    str
        To be put into the sentence of a `MixturaError` or a `MixturaWarning`.

    Examples
    --------
    >>> error = InputError(f"{named('tol')} is -1: give a finite number >= 0.")
    >>> str(error), error.parameter
    ('tol is -1: give a finite number >= 0.', 'tol')
    >>> error.spelt(lambda name, value: f"--{name}")
    '--tol is -1: give a finite number >= 0.'
    """
    return f"{_OPEN}{parameter}{'' if value is None else f'{_SET}{value}'}{_CLOSE}"


def spelt(sentence: str, spelling: Callable[[str, str | None], str]) -> str:
    """Spell the parameters that a sentence names.

    Parameters
    ----------
    sentence : str
        With parameters that are `named`.
    spelling : callable
        Of a parameter's name, and of the value that it is to be set to, or None.

    Returns
    -------
    str
        The sentence in the words of a face.
    """
    return _MARKED.sub(lambda found: spelling(found[1], found[2]), sentence)


def shortened(text: str, limit: int = 160) -> str:
    """A text of somebody else's for a sentence of ours: on one line, cut where it is long.

    Parameters
    ----------
    text : str
        Such as the message of another library's error, or a value found in a file.
    limit : int
        The most characters.

    Returns
    -------
    str
        Without a full stop at its end.
    """
    line = " ".join(text.split()).rstrip(". ")
    return line if len(line) <= limit else line[: limit - 3] + "..."


def shown(name: object) -> str:
    """A name for a sentence: in quotes, and cut where it is long.

    Parameters
    ----------
    name : object
        Of a column.

    Returns
    -------
    str
        Its `repr`, `shortened`.
    """
    return shortened(repr(name), 40)


def typed(name: str) -> bool:
    """Whether a name can be advised in a list of names with commas.

    Parameters
    ----------
    name : str
        Of a column.

    Returns
    -------
    bool
        Whether it is short, and holds no comma and nothing that cannot be printed.
    """
    return "," not in name and name.isprintable() and len(name) <= 40


def listed(names: Iterable[str], most: int = 12) -> str:
    """The first of many names, for a sentence.

    Parameters
    ----------
    names : iterable of str
        Of columns.
    most : int
        How many are listed at most.

    Returns
    -------
    str
        With commas; in quotes are those that cannot be printed or are long.
    """
    each = [name if name.isprintable() and len(name) <= 40 else shown(name) for name in names]
    text = ""
    for place, name in enumerate(each[:most]):
        longer = f"{text}, {name}" if place else name
        if len(longer) > 200:
            return f"{text}, ..."
        text = longer
    return text + (", ..." if len(each) > most else "")


def said(error: BaseException) -> str:
    """What an error of another library says, for a sentence of ours.

    Parameters
    ----------
    error : BaseException
        The error.

    Returns
    -------
    str
        The reason that the system gives, or the message, or else the name of its class; `shortened`.
    """
    return shortened(getattr(error, "strerror", None) or str(error)) or type(error).__name__


def _in_python(name: str, value: str | None) -> str:
    return name if value is None else f"{name}={value}"


class _Sentence(Exception):  # noqa: N818 (warnings are such, too)
    """A sentence in which parameters may be `named`: what errors and warnings have in common.

    Parameters
    ----------
    sentence : str
        What, where, the number found, the limit and the remedy; parameters in it are `named`.
    parameter : str, optional
        What it is about; by default the first parameter that the sentence names, if it names one.

    Attributes
    ----------
    parameter : str or None
        The name of the parameter that it is about.
    sentence : str
        As given, to be put into another one; `str` of the error itself has the names as Python has them.
    """

    def __init__(self, sentence: str = "", parameter: str | None = None) -> None:
        super().__init__(spelt(sentence, _in_python))
        self.sentence = sentence
        first = _MARKED.search(sentence)
        self.parameter: str | None = parameter if parameter is not None or first is None else first[1]

    def __reduce__(self) -> tuple[type[_Sentence], tuple[str, str | None]]:
        return type(self), (self.sentence, self.parameter)

    def spelt(self, spelling: Callable[[str, str | None], str]) -> str:
        """Spell the sentence for a face.

        Parameters
        ----------
        spelling : callable
            Of a parameter's name, and of the value that it is to be set to, or None.

        Returns
        -------
        str
            The sentence in the words of that face.
        """
        return spelt(self.sentence, spelling)


class MixturaError(_Sentence):
    """The root: `except MixturaError` catches everything that we raise on purpose."""


class MixturaWarning(_Sentence, UserWarning):
    """What was asked for can be done, but is hardly what was meant: `warnings.warn(MixturaWarning(sentence))`."""


class InputError(MixturaError, ValueError):
    """An argument is wrong: its shape, its type, its range."""


class CoordinateError(InputError):
    """Coordinates repeat, are out of range, or cover all of them where some must stay free."""


class FitError(MixturaError, ValueError):
    """The data and what was asked of them do not go together (too few points, a singular covariance)."""


class PictureError(MixturaError, ValueError):
    """A picture cannot be read, or holds nothing that could be fitted."""


class TableError(MixturaError, ValueError):
    """A table cannot be read, or holds what is no number."""


class SourceError(MixturaError, ValueError):
    """Points that come in blocks cannot be read, or were not the same at two passes."""


class StorageError(MixturaError, ValueError):
    """A model file is damaged, is not ours, or was written by a later version."""


class OutputError(MixturaError, OSError):
    """A file cannot be written."""


class ExampleError(MixturaError):
    """An example of the gallery failed: a fault of ours, or of what is installed."""


class MissingExtraError(MixturaError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""


_HOME = __file__.rpartition(os.sep)[0] + os.sep


def levels() -> int:
    """Count how far above the function that asks the first one outside of this package is: a stack level of warnings.

    Returns
    -------
    int
        What `warnings.warn` takes, so that the warning is for the caller's line.
    """
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HOME):
        frame, level = frame.f_back, level + 1
    return level
