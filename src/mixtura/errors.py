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

>>> import mixtura as mx
>>> try:
...     mx.Mixture([1.0], [[0.0]], [[[-1.0]]])
... except mx.errors.InputError as error:
...     print("covariances[0]" in str(error))
True
"""


class MixturaError(Exception):
    """The root: `except MixturaError` catches everything that we raise on purpose."""


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
