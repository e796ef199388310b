"""What is no picture that can be read is called by its name, with what to do; no other program is started."""

import io
import os
import struct

import pytest
from PIL import AvifImagePlugin, Image
from terminal import mixtura

from mixtura.errors import PictureError
from mixtura.pictures.files import read

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


def box(brand):
    return struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + brand + b"mif1" + bytes(40)


def bmp(bits, compression):
    """A bitmap file's head, after Microsoft's BITMAPINFOHEADER."""
    head = struct.pack("<IiiHHIIiiII", 40, 4, 4, 1, bits, compression, 64, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + head + bytes(64)


def tiff(*tags):
    """A TIFF file of one white pixel, with more tags (number, type, value)."""
    usual = {256: 1, 257: 1, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: 1} | dict(tags)
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(usual.items()))
    return b"II*\0" + struct.pack("<I", 10) + b"\xff\0" + struct.pack("<H", len(usual)) + table + bytes(4)


FOREIGN = {
    "photo.heic": (box(b"heic"), "is HEIC, which is not read here: export it as PNG"),
    "live.heif": (box(b"mif1"), "is HEIC"),
    "photo.cr3": (box(b"crx "), r"camera raw \(CR3\).*develop it"),
    "film.mp4": (box(b"isom"), "a film .*frame of it"),
    "film.mov": (box(b"qt  "), "a film"),
    "film.webm": (b"\x1a\x45\xdf\xa3" + bytes(50), "a film"),
    "film.avi": (b"RIFF\0\0\1\0AVI LIST", "a film"),
    "film.mpg": (b"\0\0\1\xba" + bytes(50), "a film"),
    "a.jxl": (b"\xff\x0a" + bytes(30), "is JPEG XL"),
    "b.jxl": (b"\0\0\0\x0cJXL \r\n\x87\n", "is JPEG XL"),
    "a.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is SVG.*export it as PNG"),
    "b.svg": (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by hand -->\n<!DOCTYPE svg>\n<svg/>", "is SVG"),
    "c.svg": (b"\x1f\x8b\x08" + bytes(30), "packed by gzip.*unpack it"),
    "paper.pdf": (b"%PDF-1.7\n%\xe2\xe3", "is PDF"),
    "old.eps": (EPS, "is PostScript"),
    "dos.eps": (b"\xc5\xd0\xd3\xc6" + struct.pack("<6I", 30, len(EPS), 0, 0, 0, 0) + b"\xff\xff" + EPS, "PostScript"),
    "page.png": (b"<!DOCTYPE html>\n<html><head>", r"a web page \(HTML\).*fetch the picture itself"),
    "page.jpg": (b"\n <HTML>\n", "a web page"),
    "text.png": (b"Not found", "no picture of a known format, but text: it begins with b'Not found'"),
    "empty.png": (b"", "is empty"),
    "lfs.png": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS.*git lfs pull"),
    "big.psb": (b"8BPS\0\2" + bytes(40), "Photoshop"),
    "a.xcf": (b"gimp xcf file\0", "GIMP"),
    "a.exr": (b"v/1\x01" + bytes(20), "OpenEXR"),
    "a.wmf": (b"\xd7\xcd\xc6\x9a\0\0" + bytes(60), "metafile"),
    "a.cr2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(40), "camera raw"),
    "a.raf": (b"FUJIFILMCCD-RAW 0201", "camera raw"),
    "a.dng": (tiff((50706, 1)), "camera raw.*preview"),
    "a.nef": (tiff((254, 1), (330, 8)), "camera raw.*preview"),
    "a.zip": (b"PK\3\4" + bytes(40), "a ZIP archive"),
    "a.npy": (b"\x93NUMPY\1\0", "an array of NumPy"),
    "odd.bmp": (
        bmp(2, 0),
        r"a kind of BMP that is not supported, or .* \(Unsupported BMP pixel depth",
    ),
    "jpeg.bmp": (bmp(24, 4), "a kind of BMP that is not supported"),
    "half.tif": (
        tiff((258, 24), (339, 3)),
        r"a kind of TIFF .*1 samples a pixel of 24 bits in floats\): save it",
    ),
    "fax.tif": (tiff((259, 34712)), r"a kind of TIFF that is not supported.*\(unknown value 34712\)"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_it_is_called_by_its_name(tmp_path, name):
    data, says = FOREIGN[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PictureError, match=rf"{name} .*({says})") as told:
        read(tmp_path / name)
    assert "fetch it again" not in str(told.value)
    assert len(str(told.value)) < 500


def test_a_codec_that_is_not_there(monkeypatch):
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "AVIF")
    monkeypatch.setattr(AvifImagePlugin, "SUPPORTED", False)
    with pytest.raises(PictureError, match=r"a kind of AVIF that is not supported.*not installed"):
        read(file)
    monkeypatch.setattr(AvifImagePlugin, "SUPPORTED", True)
    broken = io.BytesIO(file.getvalue()[:60])
    with pytest.raises(PictureError, match="is damaged"):
        read(broken)


def test_ghostscript_is_not_run(tmp_path, monkeypatch):
    """Not even where there is one."""
    (tmp_path / "bin").mkdir()
    spy = tmp_path / "bin" / "gs"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    spy.chmod(0o755)
    (tmp_path / "stranger.png").write_bytes(EPS)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    said = mixtura("palette", "stranger.png", folder=tmp_path)
    assert said.code == 2
    assert said.err.startswith("mixtura: stranger.png is PostScript, which is not read here: export it as PNG")
    assert not (tmp_path / "was-run").exists()


def test_the_command_says_it_in_one_line(tmp_path):
    for name in ("photo.heic", "page.png", "text.png", "empty.png", "half.tif"):
        (tmp_path / name).write_bytes(FOREIGN[name][0])
        said = mixtura("palette", name, folder=tmp_path)
        assert said.code == 2
        assert said.err.count("\n") == 1
        assert len(said.err) < 500
