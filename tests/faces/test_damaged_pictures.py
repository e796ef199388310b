"""Damaged pictures of every kind that can be written here: each opens, or is refused in one sentence of ours."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image, ImageCms

from mixtura.errors import MixturaError, MixturaWarning
from mixtura.pictures.files import read

EACH = 13  # damaged files of a kind
NUMBERS = (b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\0\x40\0", b"\xff\xff\xff\x7f")


def kinds():
    """Small pictures by the name of their kind, with profiles, Exif, keys and frames among them."""
    rng = np.random.default_rng(1)
    ramp = np.add.outer(np.add.outer(6 * np.arange(24), 3 * np.arange(32)), [0, 20, 60])
    colour = Image.fromarray((ramp + rng.integers(0, 30, (24, 32, 3))).clip(0, 255).astype(np.uint8))
    grey, rgba, turned = colour.convert("L"), colour.copy(), colour.rotate(90)
    rgba.putalpha(grey)
    bit, palette, cmyk = colour.convert("1"), colour.quantize(13), colour.convert("CMYK")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    floats = Image.fromarray(np.asarray(grey).astype(np.float32) / 255)
    lab = Image.frombytes("LAB", (32, 24), colour.tobytes())
    exif = Image.Exif()
    exif[274], exif[270] = 6, "x" * 40
    tagged = {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    frames = {"save_all": True, "append_images": [turned, grey]}
    modes = {"colour": colour, "grey": grey, "bit": bit, "palette": palette, "rgba": rgba}
    more = {"deep": deep, "floats": floats, "LAB": lab, "CMYK": cmyk}
    maps = {"colour": colour, "grey": grey, "bit": bit, "deep": deep, "floats": floats}
    packed, packs = ("tiff_lzw", "tiff_adobe_deflate", "jpeg"), ("group3", "group4", "tiff_ccitt", "packbits")
    table = [
        *((f"PNG {name}", image, {}) for name, image in (modes | {"deep": deep}).items()),
        *((f"PNG {bits}", colour.quantize(2**bits), {"bits": bits}) for bits in (1, 2, 4)),
        *((f"BMP {name}", image, {}) for name, image in modes.items()),
        *((f"TIFF {name}", image, {}) for name, image in (modes | more).items()),
        *((f"TIFF {how}", colour, {"compression": how, **tagged}) for how in packed),
        *((f"TIFF {how}", bit, {"compression": how}) for how in packs),
        *((f"PPM {name}", image, {}) for name, image in maps.items()),
        *((f"{kind} frames", colour, frames) for kind in ("PNG", "GIF", "WEBP", "TIFF", "MPO")),
        *((f"{kind} tagged", colour, tagged) for kind in ("PNG", "JPEG", "WEBP", "AVIF")),
        *((f"{kind} alpha", rgba, {}) for kind in ("DDS", "WEBP", "TGA")),
        *((kind, colour, {}) for kind in ("PCX", "SGI", "QOI", "JPEG2000", "TGA", "GIF")),
        *((kind, bit, {}) for kind in ("XBM", "MSP", "PCX")),
        ("ICO", rgba, {"sizes": [(32, 24)]}),
        ("PNG key", grey, {"transparency": 100}),
        ("JPEG progressive", colour, {"progressive": True}),
        ("JPEG CMYK", cmyk, {}),
        ("SPIDER", floats, {}),
        ("BLP", palette, {}),
    ]
    for name, image, options in table:
        file = io.BytesIO()
        image.save(file, name.split()[0], **options)
        yield name, file.getvalue()


def damaged(data, rng):
    """The bytes with bits turned, a part cut off, inserted, left out or reversed, or another number in the head."""
    broken = bytearray(data)
    match rng.integers(6):
        case 0:
            for place in rng.integers(0, len(data), rng.integers(1, 6)):
                broken[place] ^= 1 << rng.integers(8)
        case 1:
            del broken[rng.integers(1, len(data)) :]
        case 2:
            place = rng.integers(len(data))
            broken[place:place] = rng.bytes(int(rng.integers(1, 40)))
        case 3:
            for place in rng.integers(0, min(len(data), 64), rng.integers(1, 4)):
                broken[place] = rng.integers(256)
        case 4:
            place = int(rng.integers(0, min(len(data), 200) - 4))
            broken[place : place + 4] = NUMBERS[rng.integers(len(NUMBERS))]
        case _:
            first, last = sorted(rng.integers(0, len(data), 2))
            broken[first:last] = broken[first:last][::-1] if rng.random() < 0.5 else b""
    return bytes(broken)


@pytest.fixture(scope="module")
def whole():
    return list(kinds())


def test_whole_pictures_open(whole):
    assert len(whole) > 50
    for name, data in whole:
        assert read(io.BytesIO(data)).shape in ((24, 32, 3), (32, 24, 3)), name


def test_damaged_pictures_open_or_are_refused_in_one_sentence(whole, capfd):
    rng = np.random.default_rng(20)
    opened = refused = 0
    for name, data in whole:
        for number in range(EACH):
            broken = damaged(data, rng)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", MixturaWarning)
                    picture = read(io.BytesIO(broken), max_pixels=1_000_000)
                assert 0 <= picture.min() <= picture.max() <= 255, (name, number)
                opened += 1
            except MixturaError as error:
                sentence = str(error)
                assert len(sentence) < 500, (name, number)
                assert sentence.isprintable(), (name, number)
                refused += 1
    assert opened > 200
    assert refused > 300
    assert capfd.readouterr() == ("", "")
