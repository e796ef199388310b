"""What a file is by its first bytes, where it is no picture that can be read, and what to do about it."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from ..errors import PictureError

_HEAD = 2048  # bytes that are looked at
_SAID = 100  # characters of a decoder's own words that are repeated

_EXPORT = "export it as PNG, JPEG or TIFF, and give that"
_FRAME = "give a frame of it, saved as PNG"
_RAW = "develop it to TIFF or JPEG, and give that"
_UNPACK = "unpack it, and give the picture inside"
_DRAW = "export it as PNG, in the size that you want, and give that"

# Bytes at a place, what they are of, and what to do: W3C's and the makers' own specifications.
_MAGIC: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\xff\x0a", "JPEG XL", _EXPORT),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL", _EXPORT),
    (0, b"8BPS\0\2", "a large Photoshop file (PSB)", _EXPORT),
    (0, b"gimp xcf", "GIMP (XCF)", _EXPORT),
    (0, b"v/1\x01", "OpenEXR", _EXPORT),
    (0, b"#?RADIANCE", "Radiance HDR", _EXPORT),
    (0, b"#?RGBE", "Radiance HDR", _EXPORT),
    (0, b"BPG\xfb", "BPG", _EXPORT),
    (0, b"FLIF", "FLIF", _EXPORT),
    (0, b"II\xbc\x01", "JPEG XR", _EXPORT),
    (0, b"AT&TFORM", "DjVu", _EXPORT),
    (128, b"DICM", "DICOM", _EXPORT),
    (0, b"\x89HDF", "HDF5", _EXPORT),
    (0, b"GRIB", "GRIB", _EXPORT),
    (0, b"BUFR", "BUFR", _EXPORT),
    (0, b"%!PS", "PostScript", _DRAW),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript", _DRAW),
    (0, b"\xd7\xcd\xc6\x9a", "Windows metafile (WMF)", _DRAW),
    (40, b" EMF", "Windows metafile (EMF)", _DRAW),
    (6, b"HEAPCCDR", "camera raw (CRW)", _RAW),
    (8, b"CR\x02", "camera raw (CR2)", _RAW),
    (0, b"FUJIFILMCCD-RAW", "camera raw (RAF)", _RAW),
    (0, b"IIRO", "camera raw (ORF)", _RAW),
    (0, b"IIRS", "camera raw (ORF)", _RAW),
    (0, b"MMOR", "camera raw (ORF)", _RAW),
    (0, b"IIU\0", "camera raw (RW2)", _RAW),
    (0, b"FOVb", "camera raw (X3F)", _RAW),
    (0, b"\x1a\x45\xdf\xa3", "a film (Matroska, WebM)", _FRAME),
    (8, b"AVI ", "a film (AVI)", _FRAME),
    (0, b"\0\0\x01\xba", "a film (MPEG)", _FRAME),
    (0, b"\0\0\x01\xb3", "a film (MPEG)", _FRAME),
    (0, b"FLV\x01", "a film (Flash)", _FRAME),
    (0, b"PK\x03\x04", "a ZIP archive, or an office document", _UNPACK),
    (0, b"\x1f\x8b", "packed by gzip", _UNPACK),
    (0, b"BZh", "packed by bzip2", _UNPACK),
    (0, b"\xfd7zXZ\0", "packed by xz", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document", _EXPORT),
    (0, b"\x93NUMPY", "an array of NumPy", "write it as a picture first, or give the array to the library"),
    (
        0,
        b"version https://git-lfs",
        "a pointer of Git LFS, which stands for the picture",
        "fetch the picture with git lfs pull",
    ),
)
_BRANDS = {  # ISO/IEC 14496-12 and 23008-12: the kinds of files that begin with a box "ftyp"
    "HEIC": ("heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"),
    "camera raw (CR3)": ("crx ",),
}
# What Pillow reads, where its decoder is built in: these begin so, and yet could not be read.
_READ = (
    (0, b"\x89PNG", "PNG"), (0, b"\xff\xd8\xff", "JPEG"), (0, b"GIF8", "GIF"), (0, b"BM", "BMP"), (8, b"WEBP", "WEBP"),
    (0, b"II*\0", "TIFF"), (0, b"MM\0*", "TIFF"), (0, b"II+\0", "TIFF"), (0, b"MM\0+", "TIFF"),
    (0, b"\0\0\0\x0cjP", "JPEG2000"), (0, b"\xff\x4f\xff\x51", "JPEG2000"), (4, b"ftypavi", "AVIF"),
    (0, b"icns", "ICNS"), (0, b"\0\0\1\0", "ICO"), (0, b"DDS ", "DDS"), (0, b"qoif", "QOI"), (0, b"SIMPLE", "FITS"),
    (0, b"8BPS", "PSD"), (0, b"#define ", "XBM"),
)  # fmt: skip
_STUBS = ("EPS", "WMF", "BUFR", "GRIB", "HDF5", "MPEG", "FPX", "MIC")  # known to Pillow, which leaves them to others
_UNSUPPORTED = re.compile(
    r"unsupported|not (yet )?(supported|available|implemented)|unknown|unrecogni[sz]ed(?! data)|unhandled|"
    r"unimplemented|not installed|cannot find loader|no codec|only .* supported",
    re.IGNORECASE,
)


def extensions() -> frozenset[str]:
    """The extensions of the files that Pillow reads, in lower case, with their dots."""
    known = Image.registered_extensions()
    return frozenset(ending for ending, kind in known.items() if kind in Image.OPEN and kind not in _STUBS)


def check_readable(image: Image.Image, file: BinaryIO, name: str) -> None:
    """Raise PictureError for what Pillow opens, and would give to another program, or shows only a preview of."""
    if image.format in _STUBS:
        raise unknown(file, name)
    tags: Any = getattr(image, "tag_v2", {})
    reduced = tags.get(254, 0)
    if 50706 in tags or (330 in tags and isinstance(reduced, int) and reduced & 1):  # DNGVersion; a preview, SubIFDs
        raise _not_read(name, "camera raw (DNG, NEF or the like), whose preview alone could be read", _RAW)
    deep = max(tags.get(258, (1,))) > 8
    if tags.get(284) == 2 and deep and len(image.getbands()) > 1:  # which Pillow decodes as if they were bytes
        raise refused("unsupported layout: 16-bit colours in planes", name, image.format)
    if 2 in tags.get(339, (1,)) and not deep:  # and these as if they had no signs
        raise refused("unsupported layout: 8 bits with signs", name, image.format)


def unknown(file: BinaryIO, name: str, error: Exception | None = None) -> PictureError:
    """What to say of a file that Pillow does not open. error: why, where one decoder alone refused it."""
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        return PictureError(f"{name} is empty (0 bytes): give a picture.")
    found = _foreign(head)
    if found is not None:
        return _not_read(name, *found)
    for place, magic, kind in _READ:
        if head[place:].startswith(magic):
            own = error is None or isinstance(error, UnidentifiedImageError)
            return refused(_refusal(file, kind) if own else reason(error), name, kind)
    if error is not None and not isinstance(error, UnidentifiedImageError):
        return refused(reason(error), name, None)
    what = "but text" if _is_text(head) else "or its head is damaged"
    return PictureError(
        f"{name} is no picture of a known format, {what}: it begins with {head[:12]!r}; give a PNG, JPEG, WebP, TIFF, "
        f"GIF or the like."
    )


def refused(reason: str, name: str, kind: str | None) -> PictureError:
    """What to say where a decoder stopped. reason: its own words. kind: what Pillow calls the format."""
    said = " ".join(reason.split())
    said = said if len(said) <= _SAID else said[: _SAID - 3] + "..."
    if _UNSUPPORTED.search(said):
        return PictureError(
            f"{name} is a kind of {kind or 'picture'} that is not supported, or its head is damaged ({said}): save it "
            f"as PNG, JPEG or TIFF of 8 or 16 bits."
        )
    return PictureError(f"{name} is damaged or cut short ({said}): fetch it again, or save it anew from its source.")


def _not_read(name: str, what: str, remedy: str) -> PictureError:
    return PictureError(f"{name} is {what}, which is not read here: {remedy}.")


def _foreign(head: bytes) -> tuple[str, str] | None:
    """What it is, and what to do, of a file that is no picture of Pillow's."""
    for place, magic, what, remedy in _MAGIC:
        if head[place:].startswith(magic):
            return what, remedy
    if head[4:8] == b"ftyp":
        brand = head[8:12].decode("latin-1")
        for what, known in _BRANDS.items():
            if brand in known:
                return what, _RAW if "raw" in what else _EXPORT
        return None if brand in ("avif", "avis") else ("a film (MP4 or QuickTime)", _FRAME)
    if b"%PDF-" in head[:1024]:
        return "PDF", _DRAW
    start = re.sub(rb"^(\xef\xbb\xbf|\s|<\?.*?\?>|<!--.*?-->)*", b"", head, flags=re.DOTALL).lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "a web page (HTML), not the picture that it may show", "fetch the picture itself"
    if start.startswith((b"<svg", b"<!doctype svg")):
        return "SVG", _DRAW
    if start.startswith(b"<") and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "XML", _DRAW
    return None


def reason(error: Exception | None) -> str:
    """A decoder's own words, or the kind of its exception."""
    said = str(error)
    if isinstance(error, KeyError) or said.isdecimal():  # what a file says, looked up among what a decoder knows
        return f"unknown value {said}"
    return said or type(error).__name__


def _refusal(file: BinaryIO, kind: str) -> str:
    """Why the decoder of a kind refuses the file."""
    Image.init()
    if kind not in Image.OPEN:
        return "its decoder is not available in this installation of Pillow"
    try:
        file.seek(0)
        Image.OPEN[kind][0](file, "")
    except Exception as error:
        layout = _layout(file) if kind == "TIFF" and "unknown pixel mode" in str(error) else ""
        return layout or reason(error)
    return "its head is damaged"


def _layout(file: BinaryIO) -> str:
    """What the samples of a TIFF are, as Pillow does not read them."""
    try:
        file.seek(0)
        tags = TiffImagePlugin.ImageFileDirectory_v2(file.read(8))
        file.seek(tags.next)
        tags.load(file)
        bits, kinds = tags.get(258, (1,)), tags.get(339, (1,))
        what = {1: "", 2: " with signs", 3: " in floats", 5: " in complex numbers"}.get(kinds[0], "")
        return f"unknown layout: {tags.get(277, 1)} samples a pixel of {bits[0]} bits{what}"
    except Exception:
        return ""


def _is_text(head: bytes) -> bool:
    return not any(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
