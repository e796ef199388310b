"""Colours as people write them: names, hex codes, and the other forms of CSS."""

from __future__ import annotations

from PIL import ImageColor

from ..errors import InputError, named
from .checks import guess

Colour = tuple[int, int, int]

NAMES: dict[str, str] = {code: name for name, code in reversed(ImageColor.colormap.items()) if isinstance(code, str)}
"""The name of each colour that has one, by hex code of six digits."""


def parse_colour(text: str | Colour, what: str) -> Colour:
    """Read a colour as sRGB values.

    Parameters
    ----------
    text : str or sequence of int, shape (3,)
        A name (``"navy"``), a hex code (``"#037"``, ``"#003377"``), ``"rgb(0, 51, 119)"``, ``"hsl(...)"`` or
        ``"hsv(...)"``, as Pillow's ImageColor reads them; or red, green and blue in 0..255.
    what : str
        The parameter that the colour is for, as an error names it: ``"paper"``.

    Returns
    -------
    tuple of int, (r, g, b)
        Each in 0..255.

    Raises
    ------
    InputError
        If it is not a colour, or not an opaque one.
    """
    channels = _from_name(text, what) if isinstance(text, str) else _from_numbers(text, what)
    if len(channels) == 4 and channels[3] == 255:
        channels = channels[:3]
    if len(channels) != 3:
        raise InputError(
            f"{named(what)} is {text!r}, which is not opaque: give a colour without alpha, such as #003377."
        )
    if not all(0 <= channel <= 255 for channel in channels):
        raise InputError(f"{named(what)} is {text!r}: red, green and blue must lie in 0..255.")
    red, green, blue = channels
    return red, green, blue


def _from_name(text: str, what: str) -> tuple[int, ...]:
    try:
        return ImageColor.getrgb(text.strip())
    except ValueError:
        near = guess(text.strip().lower(), ImageColor.colormap)
        raise InputError(
            f"{named(what)} is {text!r}, which is no colour{near}: give a name such as navy, or a hex code such as "
            f"#003377."
        ) from None


def _from_numbers(numbers: Colour, what: str) -> tuple[int, ...]:
    try:
        channels = tuple(int(number) for number in numbers)
        exact = channels == tuple(numbers)
    except (TypeError, ValueError, OverflowError):
        channels, exact = (), False
    if len(channels) != 3 or not exact:
        raise InputError(
            f"{named(what)} is {numbers!r}: give a colour's name, a hex code, or three integers in 0..255."
        )
    return channels
