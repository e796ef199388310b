"""Colours as people write them: names, hex codes, and the other forms of CSS."""

from __future__ import annotations

from difflib import get_close_matches

from PIL import ImageColor

from ..errors import InputError, named

Colour = tuple[int, int, int]


def parse_colour(text: str | Colour, what: str) -> Colour:
    """The sRGB colour that `text` means, as (r, g, b), each an int in 0..255.

    text: a name ("navy"), a hex code ("#037", "#003377"), "rgb(0, 51, 119)", "hsl(...)" or "hsv(...)", as
    Pillow's ImageColor reads them; or three integers.
    what: how a message calls it ("paper", "--ink").
    Raises InputError when it is no colour, or not an opaque one.
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
        near = get_close_matches(text.strip().lower(), ImageColor.colormap, n=1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        raise InputError(
            f"{named(what)} is {text!r}, which is no colour{guess}: give a name such as navy, or a hex code such as "
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
