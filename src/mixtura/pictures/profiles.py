"""Colours as a file's profile means them, converted to sRGB by LittleCMS."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageCms

from ..arrays import Array

# CIE xy of white, red, green and blue, in the order of PNG's cHRM: IEC 61966-2-1.
_SRGB = (0.3127, 0.329, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_D50 = np.array([0.9642, 1.0, 0.8249])  # XYZ of the white of the profile connection space
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
# ICC.1:2022, 10.18, function type 3: ((x + 0.055) / 1.055)^2.4 above 0.04045, x / 12.92 below.
_SRGB_CURVE = (3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_SCREEN_GAMMA = 0.45455  # what PNG's gAMA says of sRGB
_ALIKE = 1  # of 255: profiles that change no colour by more are sRGB
_ABSOLUTE = 3  # the intent that leaves the paper's white as it is; a screen has its own


class Conversion(NamedTuple):
    """A way to sRGB.

    name: of the profile. mode: what the transform takes, "RGB", "L", "CMYK" or "LAB". transforms: by the mode of Pillow
    that is given.
    """

    name: str
    mode: str
    transforms: dict[str, ImageCms.ImageCmsTransform]

    def __call__(self, image: Image.Image) -> Image.Image:
        """An image of one of the modes that `transforms` knows, in sRGB."""
        done = ImageCms.applyTransform(image, self.transforms[image.mode])
        assert done is not None
        return done


def conversion(profile: bytes, mode: str) -> Conversion | None:
    """The way to sRGB of pixels in a mode of Pillow; None where the profile is sRGB.

    Raises an exception of any kind where the profile is damaged, or of another kind of colours.
    """
    found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    space = found.profile.xcolor_space.strip()
    takes = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}[space]
    name = " ".join(ImageCms.getProfileDescription(found).split()) or f"a profile of {space}"
    grey = mode in ("1", "L", "LA", "La", "I", "F") or mode.startswith("I;16")
    if mode == takes or (takes == "RGB" and mode not in ("CMYK", "LAB")) or (takes == "L" and grey):
        made = Conversion(name, takes, _transforms(found, takes))
        return None if _is_srgb(made) else made
    raise ValueError(f"it is of {space}, the pixels are not")


def lab() -> Conversion:
    """The way to sRGB from CIE L*a*b* of the white D50."""
    return Conversion("CIE L*a*b*", "LAB", _transforms(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")), "LAB"))


def of_png(gamma: float | None, chromaticities: Sequence[float] | None, *, grey: bool) -> bytes:
    """A profile of what PNG says in gAMA and cHRM.

    gamma: the exponent of encoding; None, and what is near 1/2.2, is the curve of sRGB. chromaticities: xy of white,
    red, green and blue; None is sRGB. grey: of grey pixels. Raises ValueError where they make no profile.
    """
    curve: tuple[float, ...] = _SRGB_CURVE
    if gamma is not None and abs(gamma - _SCREEN_GAMMA) > 0.002:
        if not 0.1 <= gamma <= 10:
            raise ValueError(f"its gamma is {gamma:g}")
        curve = (0, 1 / gamma)
    tone = b"para" + bytes(4) + struct.pack(">HH", int(curve[0]), 0) + _fixed(curve[1:])
    told = b"PNG gAMA" if chromaticities is None else b"PNG gAMA and cHRM" if gamma is not None else b"PNG cHRM"
    tags = {b"desc": _text(told), b"cprt": _text(b"none"), b"wtpt": _xyz(_D50)}
    if grey:
        return _icc(b"GRAY", tags | {b"kTRC": tone})
    primaries = _primaries(np.array(chromaticities or _SRGB, np.float64).reshape(4, 2))
    columns = {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries.T, strict=True)}
    return _icc(b"RGB ", tags | columns | {b"rTRC": tone, b"gTRC": tone, b"bTRC": tone})


def _transforms(profile: ImageCms.ImageCmsProfile, takes: str) -> dict[str, ImageCms.ImageCmsTransform]:
    intent = profile.profile.rendering_intent
    how = {
        "renderingIntent": ImageCms.Intent.RELATIVE_COLORIMETRIC if intent == _ABSOLUTE else ImageCms.Intent(intent),
        # Not optimised: that would put curves into tables, too coarse for the darks of 16 bits.
        "flags": ImageCms.Flags.BLACKPOINTCOMPENSATION | (ImageCms.Flags.NOOPTIMIZE if takes == "L" else 0),
    }
    if takes == "L":
        target = ImageCms.ImageCmsProfile(io.BytesIO(of_png(None, None, grey=True)))
        return {mode: ImageCms.buildTransform(profile, target, mode, mode, **how) for mode in ("L", "I;16")}  # type: ignore[arg-type]
    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    modes = ("RGB", "RGBA") if takes == "RGB" else (takes,)
    return {
        mode: ImageCms.buildTransform(profile, target, mode, mode if takes == "RGB" else "RGB", **how)  # type: ignore[arg-type]
        for mode in modes
    }


def _is_srgb(made: Conversion) -> bool:
    steps = np.linspace(0, 255, 9 if made.mode == "RGB" else 256).astype(np.uint8)
    if made.mode == "RGB":
        colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    elif made.mode == "L":
        colours = steps[None]
    else:
        return False
    changed = np.asarray(made(Image.fromarray(colours))).astype(int)
    return bool(abs(changed - colours).max() <= _ALIKE)


def _primaries(xy: Array) -> Array:
    """XYZ of red, green and blue as columns, adapted to D50.

    ICC.1:2022, annex E; Lindbloom, "RGB/XYZ matrices".
    """
    if not (np.isfinite(xy).all() and (xy[:, 1] > 0).all()):
        raise ValueError("its chromaticities are none")
    xyz = np.stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(axis=1)) / xy[:, 1]])  # (3, 4)
    white, corners = xyz[:, 0], xyz[:, 1:]
    scaled = corners * np.linalg.solve(corners, white)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.asarray(np.linalg.solve(_BRADFORD, cones @ _BRADFORD @ scaled))


# The bytes of a profile, ICC.1:2022


def _icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    start, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s", start + len(data), 0x04300000, b"mntr", space, b"XYZ ", b"acsp")
    head = head.ljust(68, b"\0") + _fixed(_D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def _fixed(numbers: Any) -> bytes:
    """Numbers as s15Fixed16."""
    rounded = np.rint(np.asarray(numbers, np.float64) * 65536)
    if not (abs(rounded) < 2**31).all():
        raise ValueError("its numbers are out of range")
    return rounded.astype(">i4").tobytes()


def _xyz(numbers: Array) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(numbers)


def _text(told: bytes) -> bytes:
    wide = told.decode("ascii").encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(wide), 28) + wide
