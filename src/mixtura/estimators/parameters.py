"""What an estimator's parameters may be, checked when it is fitted and told in scikit-learn's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..checks import is_finite, is_whole
from ..em.prior import Prior
from ..errors import InputError


class Rule(NamedTuple):
    """words: what a value must be, after "must be". holds: whether a value is so."""

    words: str
    holds: Callable[[Any], bool]


def whole(least: int) -> Rule:
    """A whole number, at least `least`."""
    return Rule(f"an int in the range [{least}, inf)", lambda value: is_whole(value) and value >= least)


def real(least: float) -> Rule:
    """A finite number, at least `least`."""
    return Rule(f"a float in the range [{least}, inf)", lambda value: is_finite(value) and value >= least)


def positive() -> Rule:
    """A finite number above 0."""
    return Rule("a float in the range (0.0, inf)", lambda value: is_finite(value) and value > 0)


def one_of(*names: str) -> Rule:
    """One of these words."""
    known = ", ".join(repr(name) for name in names)
    return Rule(f"a str among {{{known}}}", lambda value: isinstance(value, str) and value in names)


def either(*rules: Rule) -> Rule:
    """What one of the rules allows."""
    return Rule(" or ".join(rule.words for rule in rules), lambda value: any(rule.holds(value) for rule in rules))


BOOLEAN = Rule("an instance of 'bool'", lambda value: isinstance(value, (bool, np.bool_)))
NONE = Rule("None", lambda value: value is None)
FUNCTION = Rule("a callable", callable)
NOISE = either(BOOLEAN, Rule("a float in the range (0.0, 1.0)", lambda value: is_finite(value) and 0 < value < 1), NONE)
PRIOR = Rule(
    "a Prior, 'default' or None", lambda value: value is None or value == "default" or isinstance(value, Prior)
)


def check(estimator: Any, rules: Mapping[str, Rule]) -> None:
    """Raise InputError for the first parameter that breaks its rule."""
    for name, rule in rules.items():
        value = getattr(estimator, name)
        if not rule.holds(value):
            raise InputError(
                f"The {name!r} parameter of {type(estimator).__name__} must be {rule.words}. Got {value!r} instead."
            )
