"""Kinds of pictures that their decoder alone gets wrong, against values from the specifications; and their profiles."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import PIL
import pytest
from PIL import Image, ImageCms
from skimage import color

from mixtura.errors import MixturaWarning, PictureError
from mixtura.pictures import profiles
from mixtura.pictures.files import decode, read

PAPER = (10, 20, 30)
P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
COLOURS = np.array([[[200, 100, 50], [128, 128, 128], [30, 160, 90]], [[0, 0, 0], [255, 255, 255], [90, 60, 200]]])
RAMP = np.arange(256, dtype=np.uint8)[None]


def png(depth, kind, values, *chunks):
    """The bytes of a PNG file, from the specification. values: (h, w) or (h, w, channels)."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width = values.shape[:2]
    rows = values.reshape(height, -1)
    if depth == 16:
        lines = [row.astype(">u2").tobytes() for row in rows]
    else:
        bits = [(row[:, None] >> np.arange(depth)[::-1] & 1).astype(np.uint8).ravel() for row in rows]
        lines = [np.packbits(line).tobytes() for line in bits]
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + line for line in lines))
    parts = [(b"IHDR", head), *chunks, (b"IDAT", body), (b"IEND", b"")]
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))


def tiff(values, *more):
    """The bytes of an uncompressed little-endian TIFF file of one strip, from the specification. more: other tags."""
    data = values.tobytes() + b"\0"
    tags = {256: values.shape[1], 257: values.shape[0], 258: 8 * values.itemsize, 259: 1, 262: 1, 273: 8, 277: 1}
    tags |= {278: values.shape[0], 279: values.nbytes} | dict(more)
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    start = struct.pack("<I", 8 + len(data))
    return io.BytesIO(b"II*\0" + start + data + struct.pack("<H", len(tags)) + table + bytes(4))


def saved(image, kind="PNG", **options):
    """An open file that holds `image`."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file


def linear(values):
    """Light in 0..1 of sRGB in 0..1: IEC 61966-2-1."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def encoded(light):
    """The way back, in 0..255."""
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def to_xyz(xy):
    """RGB to XYZ of these chromaticities: Lindbloom."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in np.reshape(xy, (4, 2))]).T
    return xyz[:, 1:] * np.linalg.solve(xyz[:, 1:], xyz[:, 0])


def from_p3(values):
    """Display P3 in sRGB, both of the white D65."""
    srgb = to_xyz((0.3127, 0.329, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06))
    return encoded(linear(values / 255) @ (np.linalg.inv(srgb) @ to_xyz(P3)).T)


# ---- transparency


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_the_transparent_grey_is_the_one_that_is_stored(depth):
    if depth == 1 and int(PIL.__version__.split(".")[0]) < 13:
        pytest.skip("older versions of Pillow, 12.0 among them, take the transparent one of two greys for another")
    top = 2**depth - 1
    values = np.unique(np.linspace(0, top, 16).astype(int))[None]
    for key in (0, int(values[0, len(values[0]) // 2]), top):
        picture = read(png(depth, 0, values, (b"tRNS", struct.pack(">H", key))), paper=PAPER)
        expected = np.where(values[..., None] == key, PAPER, values[..., None] * 255 / top)
        np.testing.assert_allclose(picture, expected, atol=1e-4)


@pytest.mark.parametrize("depth", [8, 16])
def test_the_transparent_colour_is_the_one_that_is_stored(depth):
    scale = 257 if depth == 16 else 1
    values = np.array([[[40, 50, 60], [40, 50, 61], [60, 50, 40]]]) * scale
    if depth == 16:
        values = np.concatenate([values, values[:, :1] + [0, 0, 1]], axis=1)  # the same in the higher bytes
    picture = read(png(depth, 2, values, (b"tRNS", struct.pack(">HHH", *values[0, 0]))), paper=PAPER)
    expected = values // scale
    expected[0, 0] = PAPER
    assert np.array_equal(picture, expected)


# ---- what numbers mean


@pytest.mark.parametrize(
    ("values", "top"), [([0, 1, 1, 0], 1), ([0, 7, 20], 31), ([3, 200, 255], 255), ([0, 900, 4095], 4095)]
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_greys_of_small_numbers_are_of_fewer_bits(values, top, kind):
    file = saved(Image.fromarray(np.array([values], np.uint16)), kind)
    with pytest.warns(
        MixturaWarning, match=rf"16-bit greys from {min(values)} to {max(values)}.* {top} is taken as white"
    ):
        picture = read(file)
    np.testing.assert_allclose(picture[0, :, 1], np.array(values) * 255 / top, rtol=1e-6)


@pytest.mark.parametrize("values", [[0, 4096], [0, 0], [500, 40_000]])
def test_other_deep_greys_are_what_they_are(values):
    picture = read(saved(Image.fromarray(np.array([values], np.uint16))))
    np.testing.assert_allclose(picture[0, :, 0], np.array(values) / 257, rtol=1e-6)


@pytest.mark.parametrize("values", [[0, 65535, 257], [0, 255, 100], [0.0, 1.0, 0.25]])
def test_white_may_be_zero(values):
    kind = {65535: np.uint16, 255: np.uint8, 1.0: np.float32}[values[1]]
    form = {339: 3} if kind == np.float32 else {}
    upright, turned = (read(tiff(np.array([values], kind), (262, way), *form.items())) for way in (1, 0))
    np.testing.assert_allclose(turned, 255 - upright, atol=1e-4)
    np.testing.assert_allclose(upright[0, :, 0], np.array(values) * 255 / values[1], atol=1e-4)
    bits = tiff(np.array([[0b10110000]], np.uint8), (256, 8), (258, 1), (262, 0))
    assert read(bits)[0, :4, 0].tolist() == [0, 255, 0, 0]


def test_a_set_bit_of_xbm_is_ink():
    xbm = b"#define a_width 10\n#define a_height 2\nstatic char a_bits[] = {\n0x05, 0x02, 0x80, 0x00};\n"
    pbm = b"P1 10 2 1010000001 0000000100"
    assert np.array_equal(read(io.BytesIO(xbm)), read(io.BytesIO(pbm)))
    assert read(io.BytesIO(xbm))[0, :3, 0].tolist() == [0, 255, 0]


@pytest.mark.parametrize(
    "file",
    [
        tiff(np.zeros((3, 2), np.uint16), (256, 2), (257, 1), (258, 16), (262, 2), (277, 3), (278, 1), (284, 2)),
        tiff(np.array([[-5, 7]], np.int8), (339, 2)),
        tiff(np.array([[0.5, 1]], np.float64), (339, 3)),
    ],
    ids=["planes", "signs", "doubles"],
)
def test_what_would_be_decoded_wrongly_is_refused(file):
    with pytest.raises(PictureError, match=r"kind of TIFF that is not supported.* layout.*: save it as PNG"):
        read(file)


# ---- profiles


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
def test_a_wide_profile_is_converted(kind):
    pixels = COLOURS.astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    options = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}.get(kind, {"quality": 100, "subsampling": 0})
    if kind == "AVIF":
        pixels, options = (
            pixels[:, 8:16],
            {"quality": 100, "subsampling": "4:4:4"},
        )  # greys, which it stores as they are
    file = saved(Image.fromarray(pixels), kind, icc_profile=profiles.of_png(None, P3, grey=False), **options)
    stored = read(file, profile=False)
    assert abs(stored - pixels).max() <= (0 if kind in ("PNG", "TIFF", "WEBP") else 3)
    found = decode(file)
    assert found.profile == "PNG cHRM"
    assert found.pixels.dtype == np.uint8
    assert abs(found.pixels - from_p3(stored)).max() < 1.5
    assert kind == "AVIF" or abs(found.pixels - stored).max() > 10


def test_profiles_of_transparent_and_indexed_pictures():
    icc = profiles.of_png(None, P3, grey=False)
    alpha = np.array([[0, 255, 51], [255, 0, 204]])[..., None]
    image = Image.fromarray(np.concatenate([COLOURS, alpha], axis=2).astype(np.uint8))
    expected = PAPER + (np.rint(from_p3(COLOURS)) - PAPER) * alpha / 255
    assert abs(read(saved(image, icc_profile=icc), paper=PAPER) - expected).max() < 1.5
    indexed = Image.frombytes("P", (3, 2), bytes(range(6)))
    indexed.putpalette(COLOURS.astype(np.uint8).tobytes())
    assert abs(read(saved(indexed, icc_profile=icc)) - from_p3(COLOURS)).max() < 1.5
    keyed = saved(indexed, icc_profile=icc, transparency=2)
    expected = from_p3(COLOURS)
    expected[0, 2] = PAPER
    assert abs(read(keyed, paper=PAPER) - expected).max() < 1.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_profiles_of_greys(dtype):
    top = np.iinfo(dtype).max
    values = (np.arange(256)[None] * (top // 255)).astype(dtype)
    light = values / top
    for icc in (profiles.of_png(1.0, None, grey=True), profiles.of_png(1.0, None, grey=dtype == np.uint16)):
        picture = read(saved(Image.fromarray(values), icc_profile=icc))
        assert abs(picture[..., 0] - encoded(light)).max() < (1 if dtype == np.uint8 else 0.01)
        assert np.array_equal(picture[..., 0], picture[..., 2])


def test_a_grey_with_alpha():
    image = Image.merge("LA", [Image.fromarray(RAMP), Image.new("L", (256, 1), 102)])
    picture = read(saved(image, icc_profile=profiles.of_png(1.0, None, grey=True)), paper="black")
    assert abs(picture[..., 1] - encoded(RAMP / 255) * 0.4).max() < 1


@pytest.mark.parametrize("grey", [True, False])
def test_the_gamma_of_a_png(grey):
    values = RAMP if grey else np.stack([RAMP, RAMP[:, ::-1], RAMP], axis=2)
    chunk = (b"gAMA", struct.pack(">I", 100_000))
    found = decode(png(8, 0 if grey else 2, values, chunk))
    assert found.profile == "PNG gAMA"
    assert abs(np.asarray(found.pixels) - encoded(values.reshape(1, 256, -1) / 255)).max() < 1
    half = decode(png(8, 0, RAMP, (b"gAMA", struct.pack(">I", 50_000))))
    assert abs(half.pixels[..., 0] - encoded((RAMP / 255) ** 2)).max() < 1
    deep = decode(png(16, 0, RAMP.astype(int) * 257, chunk))
    assert abs(deep.pixels[..., 0] - encoded(RAMP / 255)).max() < 0.01
    bit = decode(png(1, 0, np.array([[0, 1]]), chunk))
    assert bit.pixels[..., 0].tolist() == [[0, 255]]


def test_the_primaries_of_a_png_and_which_chunk_counts():
    wide = (b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in P3)))
    usual = (b"gAMA", struct.pack(">I", 45_455))
    bright = (b"gAMA", struct.pack(">I", 100_000))
    for chunks in ([wide], [usual, wide]):
        assert abs(read(png(8, 2, COLOURS, *chunks)) - from_p3(COLOURS)).max() < 1.5
    for chunks in ([usual], [bright, wide, (b"sRGB", b"\0")]):  # sRGB itself; which is said, whatever the others say
        found = decode(png(8, 2, COLOURS, *chunks))
        assert found.profile is None
        assert np.array_equal(found.pixels, COLOURS)
    assert np.array_equal(read(png(8, 2, COLOURS, wide, bright), profile=False), COLOURS)
    icc = zlib.compress(profiles.of_png(None, P3, grey=False))
    assert abs(read(png(8, 2, COLOURS, bright, (b"iCCP", b"p3\0\0" + icc))) - from_p3(COLOURS)).max() < 1.5


def test_srgb_itself_changes_nothing():
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = decode(saved(Image.fromarray(COLOURS.astype(np.uint8)), icc_profile=icc))
    assert found.profile is None
    assert np.array_equal(found.pixels, COLOURS)


@pytest.mark.parametrize(
    ("mode", "icc"),
    [
        ("RGB", b"no profile at all"),
        ("RGB", profiles.of_png(None, P3, grey=False)[:200]),
        ("RGB", profiles.of_png(0.5, None, grey=True)),
        ("L", b"\0" * 200),
        ("CMYK", profiles.of_png(None, P3, grey=False)),
    ],
)
@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_a_damaged_profile_is_left_aside_and_told(mode, icc, kind):
    image = Image.fromarray(COLOURS.astype(np.uint8).repeat(8, axis=0)).convert(mode)
    with pytest.warns(MixturaWarning, match="profile that cannot be applied.*taken as sRGB"):
        found = decode(saved(image, kind, icc_profile=icc))
    assert found.profile is None
    assert np.array_equal(found.pixels, read(saved(image, kind)))
    assert np.array_equal(found.pixels, read(saved(image, kind, icc_profile=icc), profile=False))


@pytest.mark.parametrize("chunk", [(b"gAMA", bytes(4)), (b"cHRM", bytes(32)), (b"iCCP", b"p3\0\0no zlib")])
def test_damaged_chunks_of_colour(chunk):
    with pytest.warns(MixturaWarning, match="profile that cannot be applied"):
        assert np.array_equal(read(png(8, 2, COLOURS, chunk)), COLOURS)


def test_lab_is_converted():
    lab = np.array([[[100, 0, 0], [50, 0, 0], [0, 0, 0], [60, 30, 20], [70, -40, 30], [40, 10, -30]]], float)
    stored = np.stack([np.rint(lab[..., 0] * 2.55), lab[..., 1], lab[..., 2]], axis=2).astype(int) & 255
    image = Image.frombytes("LAB", (6, 1), stored.astype(np.uint8).tobytes())
    found = decode(saved(image, "TIFF"))
    assert found.profile == "CIE L*a*b*"
    d50 = np.array([0.9642, 1, 0.8249])  # skimage leaves the white as it is: adapt it as Bradford does
    xyz = color.lab2xyz(lab, illuminant="D50")
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    white = to_xyz(P3).sum(axis=1)
    adapt = np.linalg.solve(bradford, np.diag((bradford @ white) / (bradford @ d50)) @ bradford)
    expected = 255 * color.xyz2rgb(xyz @ adapt.T)
    assert abs(found.pixels - expected).max() < 2


# ---- quiet


def test_decoders_do_not_speak_for_themselves(tmp_path):
    """TIFF's library prints, Pillow logs and warns: nothing of it may be heard, and our reading takes nothing away."""
    file = saved(Image.effect_noise((60, 60), 60), "TIFF", compression="tiff_lzw").getvalue()
    rng = np.random.default_rng(0)
    for i in range(40):
        broken = bytearray(file)
        for place in rng.integers(8, len(file), 5):
            broken[place] = rng.integers(256)
        (tmp_path / f"{i}.tiff").write_bytes(broken)
    code = (
        "import sys, pathlib\nfrom mixtura.errors import MixturaError\nfrom mixtura.pictures.files import read\n"
        "from PIL import Image\n"
        "for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    try: read(file)\n"
        "    except MixturaError: pass\n"
        "print('now', file=sys.stderr, flush=True)\n"
        "for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    try: Image.open(file).load()\n"
        "    except Exception: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    ours, _, theirs = done.stderr.partition("now\n")
    assert ours == ""
    assert "LZWDecode" in theirs or "Using code" in theirs or "TIFF" in theirs
