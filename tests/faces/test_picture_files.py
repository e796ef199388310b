"""Picture files: every mode that Pillow offers, wrong files, colours, and the way back to a file."""

import io
import itertools
import os
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from terminal import bound_by_permissions

from mixtura.errors import InputError, OutputError, PictureError
from mixtura.pictures import decode as decoding
from mixtura.pictures.colours import parse_colour
from mixtura.pictures.files import PICTURE_KINDS, decode, encode, on_paper, read, write
from mixtura.pictures.image import ink

RGB = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [255, 255, 255], [12, 34, 56]]], dtype=np.uint8)
LEVELS = np.array([[0, 85, 255], [1, 170, 254]], dtype=np.uint8)


def saved(tmp_path, image, kind=".png", **options):
    """The path of a new file that holds `image`."""
    path = tmp_path / f"picture{kind}"
    image.save(path, **options)
    return path


def in_three(levels):
    """Greys (h, w) as sRGB values (h, w, 3)."""
    return np.repeat(np.asarray(levels, dtype=np.float32)[..., None], 3, axis=2)


def png(depth, kind, width, height, rows, *chunks):
    """The bytes of a PNG file, from the specification: `rows` are the unfiltered bytes of all rows."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    stride = len(rows) // height if height else 0
    raw = b"".join(b"\0" + rows[i * stride : (i + 1) * stride] for i in range(height))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(chunk(*pair) for pair in chunks)
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def tiff(bits, width, height, data):
    """The bytes of an uncompressed grey TIFF file, little-endian, from the specification."""
    entries = [
        (256, width),
        (257, height),
        (258, bits),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, height),
    ]
    entries.append((279, len(data)))
    body = data + b"\0" * (len(data) % 2)
    table = b"".join(struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(body)) + body + struct.pack("<H", len(entries)) + table + bytes(4)


# ---- what is read


@pytest.mark.parametrize("kind", [".png", ".bmp", ".tiff", ".ppm", ".tga", ".gif"])
def test_plain_colours_are_read_as_they_are(tmp_path, kind):
    picture = read(saved(tmp_path, Image.fromarray(RGB), kind))
    assert picture.dtype == np.float32
    assert not picture.flags.writeable
    assert np.array_equal(picture, RGB)


def test_jpeg_is_read_as_pillow_decodes_it(tmp_path):
    path = saved(tmp_path, Image.effect_noise((70, 40), 80).convert("RGB"), ".jpg")
    with Image.open(path) as image:
        assert np.array_equal(read(str(path)), np.asarray(image))


def test_an_open_file_is_read(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB))
    assert np.array_equal(read(io.BytesIO(path.read_bytes())), RGB)
    with path.open("rb") as file:
        assert np.array_equal(read(file), RGB)


def test_a_pipe_is_read(tmp_path):
    data = saved(tmp_path, Image.fromarray(RGB)).read_bytes()
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write(data)
    with os.fdopen(reader, "rb") as file:
        assert np.array_equal(read(file), RGB)


def test_a_pipe_of_anything_else_is_refused():
    for data, says in ((b"", "is empty"), (b"Dear reader", "begins with b'Dear reader'")):
        reader, writer = os.pipe()
        with os.fdopen(writer, "wb") as file:
            file.write(data)
        with os.fdopen(reader, "rb") as file, pytest.raises(PictureError, match=says):
            read(file)


def test_a_picture_of_many_bands_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "_BAND", 100)
    pixels = np.random.default_rng(0).integers(0, 256, (23, 37, 4), dtype=np.uint8)
    picture = read(saved(tmp_path, Image.fromarray(pixels)), paper="black")
    np.testing.assert_allclose(picture, pixels[..., :3] * (pixels[..., 3:] / 255), atol=1e-4)  # float32 at 255
    wide = np.random.default_rng(0).integers(0, 256, (2, 137, 3), dtype=np.uint8)  # one row is more than a band
    assert np.array_equal(read(saved(tmp_path, Image.fromarray(wide))), wide)


@pytest.mark.parametrize("kind", [".png", ".tiff", ".gif", ".bmp"])
def test_greys_and_bits(tmp_path, kind):
    assert np.array_equal(read(saved(tmp_path, Image.fromarray(LEVELS), kind)), in_three(LEVELS))
    bits = LEVELS > 100
    assert np.array_equal(read(saved(tmp_path, Image.fromarray(bits), kind)), in_three(bits * 255))


@pytest.mark.parametrize("kind", [".png", ".tiff", ".pgm", ".jp2"])
def test_16_bit_greys_keep_their_digits(tmp_path, kind):
    values = np.array([[0, 1, 257, 32_768], [65_535, 65_534, 258, 1000]], dtype=np.uint16)
    deep = values.astype(np.int32) if kind == ".pgm" else values  # old writers of PGM know no unsigned greys
    picture = read(saved(tmp_path, Image.fromarray(deep), kind))
    np.testing.assert_allclose(picture, in_three(values / 257), rtol=2e-7)  # a rounding or two of float32
    assert picture[1, 0].tolist() == [255, 255, 255]
    assert picture[0, 2].tolist() == [1, 1, 1]


def test_16_bit_greys_that_are_8_bit_ones_come_out_whole(tmp_path):
    levels = np.arange(256, dtype=np.uint16)[None]
    assert np.array_equal(read(saved(tmp_path, Image.fromarray(levels * 257))), in_three(levels))


def test_16_bit_greys_of_either_byte_order(tmp_path):
    values = np.array([[0, 4660], [65_535, 257]], dtype=np.uint16)
    little = tmp_path / "little.tiff"
    little.write_bytes(tiff(16, 2, 2, values.astype("<u2").tobytes()))
    big = saved(tmp_path, Image.frombytes("I;16B", (2, 2), values.astype(">u2").tobytes()), ".tiff")
    with Image.open(big) as image:
        assert image.mode == "I;16B"
    for path in (little, big):
        np.testing.assert_allclose(read(path), in_three(values / 257), rtol=2e-7)


def test_12_bit_greys_reach_white(tmp_path):
    path = tmp_path / "twelve.tiff"
    path.write_bytes(tiff(12, 2, 1, bytes([0xFF, 0xF8, 0x00])))  # 0xfff and 0x800
    np.testing.assert_allclose(read(path), in_three([[255, 2048 / 4095 * 255]]), rtol=2e-7)


def test_16_bit_colours_are_read_at_8_bits(tmp_path):
    values = np.array([[[0, 32_768, 65_535], [65_535, 256, 0]]], dtype=">u2")
    path = tmp_path / "deep.png"
    path.write_bytes(png(16, 2, 2, 1, values.tobytes()))
    assert np.array_equal(read(path), values >> 8)


@pytest.mark.parametrize("depth", [8, 16])
def test_one_grey_may_be_transparent(tmp_path, depth):
    values = np.array([[0, 100, 200 if depth == 8 else 51_400]], dtype=f">u{depth // 8}")
    path = tmp_path / "keyed.png"
    path.write_bytes(png(depth, 0, 3, 1, values.tobytes(), (b"tRNS", struct.pack(">H", 100))))
    picture = read(path, paper="#010203")
    assert picture[0, 1].tolist() == [1, 2, 3]
    np.testing.assert_allclose(picture[0, 2], 200, rtol=2e-7)


@pytest.mark.parametrize("depth", [8, 16])
def test_one_colour_may_be_transparent(tmp_path, depth):
    scale = 257 if depth == 16 else 1
    values = np.array([[[10, 20, 30], [10, 20, 31]]]) * scale
    path = tmp_path / "keyed.png"
    key = struct.pack(">HHH", *values[0, 0])
    path.write_bytes(png(depth, 2, 2, 1, values.astype(f">u{depth // 8}").tobytes(), (b"tRNS", key)))
    assert read(path, paper="yellow").tolist() == [[[255, 255, 0], [10, 20, 31]]]


@pytest.mark.parametrize("top", [1, 255])
def test_floats_on_either_scale(tmp_path, top):
    values = np.array([[0, 0.25], [0.5, 1]], dtype=np.float32) * np.float32(top)
    picture = read(saved(tmp_path, Image.fromarray(values), ".tiff"))
    np.testing.assert_allclose(picture, in_three([[0, 63.75], [127.5, 255]]), rtol=2e-7)


def test_floats_that_overshoot_are_clipped(tmp_path):
    values = np.array([[-0.01, 0.5, 1.02]], dtype=np.float32)
    assert read(saved(tmp_path, Image.fromarray(values), ".tiff"))[0, :, 0].tolist() == [0, 127.5, 255]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.array([[0, 300]], dtype=np.float32), "from 0 to 300, expected 0 to 255"),
        (np.array([[-30, 3]], dtype=np.float32), "from -30 to 3, expected 0 to 255"),
        (np.array([[-30, 1]], dtype=np.float32), "from -30 to 1, expected 0 to 255"),
        (np.array([[0, np.nan]], dtype=np.float32), "nan"),
        (np.array([[0, np.inf]], dtype=np.float32), "from 0 to inf"),
        (np.array([[5, 70_000]], dtype=np.int32), "from 5 to 70000, expected 0 to 65535"),
        (np.array([[-5, 7]], dtype=np.int32), "from -5 to 7, expected 0 to 65535"),
    ],
)
def test_numbers_of_no_known_scale_are_refused(tmp_path, values, found):
    with pytest.raises(PictureError, match=rf"picture\.tiff has values .*{found}"):
        read(saved(tmp_path, Image.fromarray(values), ".tiff"))


def test_32_bit_integers_are_16_bit_greys(tmp_path):
    values = np.array([[0, 65_535]], dtype=np.int32)
    assert read(saved(tmp_path, Image.fromarray(values), ".tiff")).tolist() == in_three([[0, 255]]).tolist()


def test_palettes(tmp_path):
    image = Image.fromarray(RGB).quantize(8)
    assert image.mode == "P"
    assert np.array_equal(read(saved(tmp_path, image)), np.asarray(image.convert("RGB")))


def test_a_palette_with_transparency(tmp_path):
    image = Image.frombytes("P", (3, 1), bytes([0, 1, 2]))
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    path = saved(tmp_path, image, transparency=bytes([255, 0, 51]))
    assert read(path, paper="white").tolist() == [[[200, 0, 0], [255, 255, 255], [204, 204, 244]]]
    path = saved(tmp_path, image, ".gif", transparency=1)
    assert read(path, paper="black").tolist() == [[[200, 0, 0], [0, 0, 0], [0, 0, 200]]]


def test_alpha_shows_the_paper(tmp_path):
    pixels = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], dtype=np.uint8)
    path = saved(tmp_path, Image.fromarray(pixels))
    assert read(path).tolist() == [[[200, 100, 0], [255, 255, 255], [244, 224, 204]]]
    assert read(path, paper="#000064").tolist() == [[[200, 100, 0], [0, 0, 100], [40, 20, 80]]]
    grey = np.array([[[100, 255], [100, 0], [100, 51]]], dtype=np.uint8)
    assert read(saved(tmp_path, Image.fromarray(grey))).tolist() == in_three([[100, 255, 224]]).tolist()


@pytest.mark.parametrize("kind", [".webp", ".tiff"])
def test_alpha_of_other_formats(tmp_path, kind):
    pixels = np.array([[[200, 100, 0, 255], [0, 0, 0, 0]]], dtype=np.uint8)
    path = saved(tmp_path, Image.fromarray(pixels), kind, **({"lossless": True} if kind == ".webp" else {}))
    assert read(path, paper=(1, 2, 3)).tolist() == [[[200, 100, 0], [1, 2, 3]]]


def test_a_fully_transparent_picture_is_its_paper(tmp_path):
    path = saved(tmp_path, Image.new("RGBA", (4, 3), (9, 9, 9, 0)))
    assert np.array_equal(read(path, paper="teal"), np.broadcast_to([0, 128, 128], (3, 4, 3)))
    with pytest.raises(PictureError, match=r"transparent, read it over another paper"):
        ink(read(path))
    with pytest.raises(PictureError, match=r"transparent picture shows only its paper"):
        ink(read(path), threshold=128)


@pytest.mark.parametrize("kind", [".tiff", ".jpg"])
def test_cmyk(tmp_path, kind):
    pixels = np.zeros((8, 8, 4), dtype=np.uint8)  # no ink at all; then all of it; then cyan
    pixels[:, 3:5] = 255
    pixels[:, 5:, 0] = 255
    image = Image.frombytes("CMYK", (8, 8), pixels.tobytes())
    picture = read(saved(tmp_path, image, kind, **({"quality": 100, "subsampling": 0} if kind == ".jpg" else {})))
    expected = np.array([[255, 255, 255]] * 3 + [[0, 0, 0]] * 2 + [[0, 255, 255]] * 3)
    np.testing.assert_allclose(picture, np.broadcast_to(expected, (8, 8, 3)), atol=0 if kind == ".tiff" else 12)


@pytest.mark.parametrize("kind", [".gif", ".png", ".webp", ".tiff"])
def test_of_an_animation_the_first_frame(tmp_path, kind):
    frames = [Image.new("RGB", (4, 3), colour) for colour in [(255, 0, 0), (0, 255, 0), (0, 0, 255)]]
    lossless = {"lossless": True} if kind == ".webp" else {}
    path = saved(tmp_path, frames[0], kind, save_all=True, append_images=frames[1:], **lossless)
    with Image.open(path) as image:
        assert image.n_frames == 3
    assert np.array_equal(read(path), np.broadcast_to([255, 0, 0], (3, 4, 3)))


# Exif 2.3, tag 274: which side of the scene the stored row 0 and column 0 are; here from the upright pixels.
STORED = {
    1: lambda up: up,
    2: lambda up: up[:, ::-1],  # row 0 is the top, column 0 the right side
    3: lambda up: up[::-1, ::-1],  # bottom, right side
    4: lambda up: up[::-1],  # bottom, left side
    5: lambda up: up.swapaxes(0, 1),  # left side, top
    6: lambda up: up[:, ::-1].swapaxes(0, 1),  # right side, top
    7: lambda up: up[::-1, ::-1].swapaxes(0, 1),  # right side, bottom
    8: lambda up: up[::-1].swapaxes(0, 1),  # left side, bottom
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", [".png", ".tiff"])
def test_pictures_are_turned_upright(tmp_path, orientation, kind):
    exif = Image.Exif()
    exif[274] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](RGB)))
    assert np.array_equal(read(saved(tmp_path, stored, kind, exif=exif)), RGB)


def test_deep_pictures_are_turned_too(tmp_path):
    values = np.array([[0, 25_700, 51_400], [771, 1028, 1285]], dtype=np.uint16)
    exif = Image.Exif()
    exif[274] = 6
    stored = Image.fromarray(np.ascontiguousarray(STORED[6](values)))
    assert read(saved(tmp_path, stored, exif=exif))[..., 0].tolist() == [[0, 100, 200], [3, 4, 5]]


def test_a_damaged_exif_block_does_not_matter(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB), exif=b"Exif\0\0no such thing at all")
    assert np.array_equal(read(path), RGB)


def test_what_pillow_grumbles_about_is_read_in_silence(tmp_path):
    path = tmp_path / "animated.png"
    path.write_bytes(png(8, 0, 2, 1, bytes([7, 9]), (b"acTL", bytes(8))))  # an animation of no frames
    with pytest.warns(UserWarning, match="Invalid APNG"):
        Image.open(path).close()
    assert np.array_equal(read(path), in_three([[7, 9]]))


def test_a_file_that_may_not_be_read(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB))
    path.chmod(0)
    with bound_by_permissions(), pytest.raises(PictureError, match=r"cannot be opened \(Permission denied\)"):
        read(path)


def test_little_memory_is_needed_beside_the_result(tmp_path):
    path = saved(tmp_path, Image.effect_noise((3000, 2000), 60).convert("RGB"), ".jpg")
    code = (
        "import sys; from PIL import Image; from mixtura.pictures.files import read\n"
        "def peak():\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return 1024 * int(next(line for line in lines if 'VmHWM' in line).split()[1])\n"
        "Image.init(); before = peak(); picture = read(sys.argv[1])\n"
        "print((peak() - before) / picture.nbytes)\n"
    )
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak is told by Linux only")
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert 1 <= float(done.stdout) < 1.6  # four thirds, and the decoder


# ---- what is refused


def test_a_missing_file(tmp_path):
    with pytest.raises(PictureError, match=r"there is no file .*no\.png: check"):
        read(tmp_path / "no.png")


def test_a_folder(tmp_path):
    with pytest.raises(PictureError, match="is a folder"):
        read(tmp_path)


def test_a_path_through_a_file(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(PictureError, match=r"cannot be opened \(Not a directory\)"):
        read(tmp_path / "a" / "b.png")
    with pytest.raises(PictureError, match="cannot be opened"):
        read("a\0b.png")


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(PictureError, match=r"empty\.png is empty \(0 bytes\)"):
        read(tmp_path / "empty.png")


def test_text_that_is_named_png(tmp_path):
    (tmp_path / "text.png").write_text("Dear reader, this is no picture.")
    with pytest.raises(PictureError, match=r"text\.png is no picture .* begins with b'Dear reader,'"):
        read(tmp_path / "text.png")


@pytest.mark.parametrize("kind", [".png", ".jpg", ".gif", ".webp", ".tiff", ".bmp"])
def test_truncated_files(tmp_path, kind):
    path = saved(tmp_path, Image.effect_noise((60, 60), 60).convert("RGB"), kind)
    data = path.read_bytes()
    for share in (0.3, 0.6, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(PictureError, match=r"picture\.\w+ (is|has)"):
            read(path)


def test_a_cut_picture_is_called_so(tmp_path):
    path = saved(tmp_path, Image.effect_noise((60, 60), 60), ".png")
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(PictureError, match=r"damaged or cut short \(.+\)"):
        read(path)


def test_damage_never_shows_as_a_foreign_exception(tmp_path):
    rng = np.random.default_rng(5)
    data = {kind: saved(tmp_path, Image.fromarray(RGB), kind).read_bytes() for kind in (".png", ".gif", ".tiff")}
    refused = 0
    for kind, _ in itertools.product(data, range(60)):
        broken = bytearray(data[kind])
        for place in rng.integers(0, len(broken), 3):
            broken[place] = rng.integers(256)
        try:
            assert read(io.BytesIO(bytes(broken))).shape[2] == 3
        except PictureError:
            refused += 1
    assert refused > 60


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_picture_of_no_size(tmp_path, size):
    path = tmp_path / "none.png"
    path.write_bytes(png(8, 0, *size, b""))
    with pytest.raises(PictureError, match=r"none\.png"):
        read(path)


@pytest.mark.parametrize("side", [15_000, 60_000])  # beyond the limit, and far beyond, where Pillow itself raises
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(png(8, 2, side, side, b""))
    with pytest.raises(PictureError, match=rf"bomb\.png has {side * side:,} pixels, .*100,000,000.*max_pixels"):
        read(path)


def test_the_limit_can_be_lowered_and_is_inclusive(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB))
    assert read(path, max_pixels=6).shape == (2, 3, 3)
    for limit in (5, 2, 1):
        with pytest.raises(PictureError, match=f"has 6 pixels, the limit is {limit}:"):
            read(path, max_pixels=limit)


def test_the_limit_can_be_raised_beyond_that_of_pillow(tmp_path, monkeypatch):
    path = saved(tmp_path, Image.fromarray(RGB))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(path)
    assert np.array_equal(read(path), RGB)


def test_pillow_and_the_warnings_are_left_as_they_were(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB))
    limit, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    read(path)
    with pytest.raises(PictureError):
        read(path, max_pixels=1)
    assert limit == Image.MAX_IMAGE_PIXELS
    assert filters == warnings.filters


def test_threads_leave_the_limit_as_it_was(tmp_path):
    path = saved(tmp_path, Image.effect_noise((300, 300), 60))
    limit = Image.MAX_IMAGE_PIXELS
    threads = [threading.Thread(target=read, args=(path,), kwargs={"max_pixels": 90_000 + i}) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert limit == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("limit", [0, -1, 1.5, "many", True, None])
def test_a_nonsense_limit(tmp_path, limit):
    with pytest.raises(InputError, match="max_pixels is"):
        read(saved(tmp_path, Image.fromarray(RGB)), max_pixels=limit)


def test_a_nonsense_paper(tmp_path):
    with pytest.raises(InputError, match="paper is 'snow white'"):
        read(saved(tmp_path, Image.fromarray(RGB)), paper="snow white")


# ---- colours


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("navy", (0, 0, 128)),
        (" White ", (255, 255, 255)),
        ("#037", (0, 51, 119)),
        ("#003377", (0, 51, 119)),
        ("#003377ff", (0, 51, 119)),
        ("rgb(1, 2, 3)", (1, 2, 3)),
        ("hsl(120, 100%, 50%)", (0, 255, 0)),
        ((1, 2, 3), (1, 2, 3)),
        ([0, 255, 0], (0, 255, 0)),
    ],
)
def test_colours_are_understood(text, colour):
    assert parse_colour(text, "--ink") == colour


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no colour"),
        ("blak", r"no colour \(did you mean black\?\)"),
        ("#12345", "no colour"),
        ("#00337780", "not opaque"),
        ("rgb(300, 0, 0)", r"must lie in 0\.\.255"),
        ((1, 2, 300), r"must lie in 0\.\.255"),
        ((1, 2), "three integers"),
        ((1, 2, 3, 255), "three integers"),
        ((1.5, 2, 3), "three integers"),
        ((float("nan"), 2, 3), "three integers"),
        (7, "three integers"),
        (None, "three integers"),
    ],
)
def test_nonsense_colours_are_refused(text, says):
    with pytest.raises(InputError, match=f"--ink is .*{says}"):
        parse_colour(text, "--ink")


# ---- what is written


@pytest.mark.parametrize("kind", [*PICTURE_KINDS, ".PNG"])
def test_what_is_written_can_be_read(tmp_path, kind):
    down, across = np.mgrid[0:64, 0:96]
    pixels = np.stack([down * 4, across * 2, 255 - down * 2], axis=2).astype(np.uint8)
    path = tmp_path / f"out{kind}"
    write(path, pixels)
    picture = read(path)
    lossy = kind in (".jpg", ".jpeg", ".webp")
    assert np.abs(picture - pixels).max() <= (12 if lossy else 0)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == encode(pixels, kind)
    names = {".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
    with Image.open(path) as image:
        assert image.format == names.get(kind.lower(), "JPEG")


def test_jpeg_keeps_the_colour_of_single_pixels(tmp_path):
    pixels = np.zeros((32, 32, 3), dtype=np.uint8)
    pixels[:, ::2, 0] = 255  # red and black lines, one pixel wide: half the chroma would blur them
    write(tmp_path / "out.jpg", pixels)
    assert np.abs(read(tmp_path / "out.jpg") - pixels).mean() < 8


def test_tiff_is_compressed():
    assert len(encode(np.zeros((500, 500, 3), dtype=np.uint8), ".tiff")) < 20_000


def test_pixels_need_not_be_contiguous(tmp_path):
    write(tmp_path / "out.png", RGB[::-1, ::-1, ::-1])
    assert np.array_equal(read(tmp_path / "out.png"), RGB[::-1, ::-1, ::-1])


@pytest.mark.parametrize(
    "pixels",
    [
        RGB.astype(np.float32),
        RGB[..., 0],
        np.zeros((2, 2, 5), dtype=np.uint8),
        np.zeros((0, 2, 3), dtype=np.uint8),
    ],
)
def test_other_arrays_are_not_written(tmp_path, pixels):
    with pytest.raises(InputError, match=r"pixels is .* of shape .*expected uint8"):
        write(tmp_path / "out.png", pixels)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [".png", ".webp", ".tiff"])
def test_opacity_is_kept_without_paper(tmp_path, kind):
    layers = np.dstack([RGB, np.arange(RGB[..., 0].size, dtype=np.uint8).reshape(RGB.shape[:2])])
    write(tmp_path / f"clear{kind}", layers)
    found = decode(tmp_path / f"clear{kind}", paper=None).pixels
    assert found.dtype == np.uint8
    assert np.array_equal(found[..., 3], layers[..., 3])
    assert np.array_equal(on_paper(found, "teal"), read(tmp_path / f"clear{kind}", paper="teal"))
    write(tmp_path / f"opaque{kind}", np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)]))
    assert decode(tmp_path / f"opaque{kind}", paper=None).pixels.shape == RGB.shape


def test_a_format_without_opacity_refuses_it(tmp_path):
    with pytest.raises(InputError, match=r"shape \(2, 2, 4\), expected uint8 of shape \(h, w, 3\) with"):
        write(tmp_path / "out.jpg", np.zeros((2, 2, 4), dtype=np.uint8))


@pytest.mark.parametrize(("kind", "side"), [(".jpg", 65_500), (".webp", 16_383)])
def test_formats_have_their_limits(kind, side):
    with Image.open(io.BytesIO(encode(np.zeros((1, side, 3), dtype=np.uint8), kind))) as image:
        assert image.size == (side, 1)
    with pytest.raises(InputError, match=rf"{kind} picture cannot hold 1 x {side + 1} pixels: {side} a side"):
        encode(np.zeros((side + 1, 1, 3), dtype=np.uint8), kind)


def test_unknown_kinds_are_refused_before_the_folder_is_looked_at(tmp_path):
    with pytest.raises(InputError, match=r"'\.svg': choose one of \.png"):
        write(tmp_path / "no" / "out.svg", RGB)
    with pytest.raises(InputError, match=r"'svg' is unknown: choose one of \.png"):
        encode(RGB, "svg")


def test_a_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="there is no folder"):
        write(tmp_path / "no" / "out.png", RGB)


def test_an_encoder_that_fails_or_is_stopped_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    for error, ours in (
        (OSError("broken"), OutputError),
        (KeyError("PNG"), OutputError),
        (KeyboardInterrupt(), None),
    ):

        def fail(*_, error=error, **__):
            raise error

        monkeypatch.setattr(Image.Image, "save", fail)
        with pytest.raises(ours or KeyboardInterrupt):
            write(path, RGB)
        assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"]
