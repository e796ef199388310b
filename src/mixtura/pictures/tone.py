"""Tone curves, which map density to grey, and colours to brighter or darker ones.

A density is scaled to s = p / max p in [0, 1]; a tone curve maps s to a grey from 0 (ink) to 255 (paper). Of colours it
is one curve on all three channels, which maps s = c / 255 to a channel in 0..255, as in a photo editor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NoReturn

import numpy as np

from ..arrays import Floats, Singles
from ..errors import InputError, named

_KNOWN = "linear, equalise, gamma:0.5, or points such as 0:255,0.1:80,1:0"

_FAINT = 0.01
_AT_ONCE = 1 << 20  # densities, so that what lies between them and the greys is small
"""The share of all ink that `equalise` leaves to the paper."""


@dataclass(frozen=True)
class Tone:
    """Tone curve; `parse_tone` reads one, and ``str(tone)`` is the text that it reads.

    Parameters
    ----------
    kind : {"linear", "gamma", "points", "equalise"}
        The law, see Notes.
    gamma : float, default 1
        The exponent of ``"gamma"``, > 0: below 1 it darkens faint densities, above 1 only the densest stay dark.
    points : tuple of (float, float)
        Pairs (s, grey) of ``"points"``, s rising.

    Notes
    -----
    * linear: grey = 255 (1 - s)
    * gamma: grey = 255 (1 - s^gamma)
    * points: linear interpolation between the points, constant before the first and after the last
    * equalise: histogram equalisation. Of the m pixels that are not paper, the r-th densest has the grey
      255 (r - 1) / m, so that every grey covers the same area. Paper are the faintest pixels that together hold at most
      1 % of the density.

    Of colours, linear changes nothing, gamma is 255 s^gamma, and points are interpolated as above; equalise is for
    densities alone.
    """

    kind: Literal["linear", "gamma", "points", "equalise"] = "linear"
    gamma: float = 1.0
    points: tuple[tuple[float, float], ...] = ()

    def greys(self, log_density: Floats) -> Singles:
        """Map log densities to greys; the largest among them is s = 1.

        Parameters
        ----------
        log_density : ndarray of float
            In nats, of any shape but not empty; -inf is a density of 0.

        Returns
        -------
        ndarray of float32, same shape
            In 0..255.
        """
        top = log_density.max()
        top = top if np.isfinite(top) else top.dtype.type(0.0)  # a field without any density (-inf everywhere) is paper
        if self.kind == "equalise":
            return _equalised(log_density - top)
        out = np.empty(log_density.shape, np.float32)
        flat, greys = log_density.ravel(), out.reshape(-1)
        for first in range(0, len(flat), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            scaled = np.exp((flat[part] - top) * self.gamma)  # <= 1: no exponent can overflow
            if self.kind == "points":
                at, grey = zip(*self.points, strict=True)
                greys[part] = np.interp(scaled, at, grey)
            else:
                greys[part] = 255.0 * (1.0 - scaled)
        return out

    def colours(self, colours: Floats) -> Floats:
        """Map the channels of colours.

        Parameters
        ----------
        colours : ndarray of float
            In 0..255, of any shape; values outside are clipped, unless the curve is linear.

        Returns
        -------
        ndarray of float, same shape
            In 0..255.

        Raises
        ------
        InputError
            If the curve is ``"equalise"``.
        """
        if self.kind == "linear":
            return colours
        if self.kind == "equalise":
            raise InputError(
                f"{named('tone')} is 'equalise', which is for densities (the style grid): for the mean of colours give "
                f"gamma:0.5, or points such as 0:0,0.3:20,1:255."
            )
        scaled = colours.clip(0, 255) / 255
        if self.kind == "gamma":
            return 255 * scaled**self.gamma
        at, level = zip(*self.points, strict=True)
        return np.asarray(np.interp(scaled, at, level), np.float64)

    def __str__(self) -> str:
        if self.kind == "gamma":
            return f"gamma:{_short(self.gamma)}"
        if self.kind == "points":
            return ",".join(f"{_short(at)}:{_short(grey)}" for at, grey in self.points)
        return self.kind


def parse_tone(text: str | Tone) -> Tone:
    """Read a tone curve.

    Parameters
    ----------
    text : str or Tone
        ``"linear"``, ``"equalise"``, ``"gamma:0.5"``, or points s:grey such as ``"0:255,0.1:80,1:0"``, two at least,
        with s rising within 0..1 and greys in 0..255. A Tone is returned as it is.

    Returns
    -------
    Tone

    Raises
    ------
    InputError
        If the text is not a tone curve.
    """
    if isinstance(text, Tone):
        return text
    if not isinstance(text, str):
        _refuse(text, f"give {_KNOWN}.")
    curve = text.strip().lower()
    if curve in ("linear", "equalise", "equalize"):
        return Tone("linear" if curve == "linear" else "equalise")
    if curve.startswith("gamma:"):
        power = _number(curve.removeprefix("gamma:"), text)
        if not power > 0:
            _refuse(text, "gamma must be above 0 (1 is linear, 0.5 darkens faint densities).")
        return Tone("gamma", gamma=power)
    if ":" not in curve:
        _refuse(text, f"it is no tone curve, give {_KNOWN}.")
    return Tone("points", points=_points(curve, text))


def _points(curve: str, text: str) -> tuple[tuple[float, float], ...]:
    points = []
    for pair in curve.split(","):
        place, colon, shade = pair.partition(":")
        if not colon:
            _refuse(text, f"{pair.strip()!r} is no point, write density:grey such as 0.1:80.")
        points.append((_number(place, text), _number(shade, text)))
    if len(points) < 2:
        _refuse(text, "a curve needs at least two points, such as 0:255,1:0.")
    for at, grey in points:
        if not 0 <= at <= 1:
            _refuse(text, f"the scaled density {at:g} must lie in 0..1.")
        if not 0 <= grey <= 255:
            _refuse(text, f"the grey {grey:g} must lie in 0..255 (0 is ink, 255 paper).")
    for (before, _), (after, _) in pairwise(points):
        if not before < after:
            _refuse(text, f"densities must rise, but {after:g} follows {before:g}.")
    return tuple(points)


def _number(word: str, text: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        _refuse(text, f"{word.strip()!r} is not a finite number; give {_KNOWN}.")
    return value


def _refuse(text: object, reason: str) -> NoReturn:
    raise InputError(f"{named('tone')} is {text!r}: {reason}")


def _short(number: float) -> str:
    """Shortest text that reads back as the same number."""
    return repr(float(number)).removesuffix(".0")


def _equalised(below: Floats) -> Singles:
    order = np.argsort(below, axis=None)
    rising = below.ravel()[order]
    ink = np.cumsum(np.exp(rising, dtype=np.float64))
    paper = int(np.searchsorted(ink, _FAINT * ink[-1], side="right"))
    if paper < len(rising):  # equal densities are all paper or all painted
        paper = int(np.searchsorted(rising, rising[paper], side="left"))
    last = np.flatnonzero(np.append(rising[1:] != rising[:-1], True))  # of each run of equal densities
    denser = len(rising) - 1 - np.repeat(last, np.diff(last, prepend=-1))
    greys = np.full(len(rising), 255.0, dtype=np.float32)
    greys[order[paper:]] = denser[paper:] * (255.0 / max(1, len(rising) - paper))
    return greys.reshape(below.shape)
