"""`mixtura palette`: what it writes and says."""

import shlex

import numpy as np
import pytest
from PIL import Image
from terminal import COLOUR, QUICK, examples, make, mixtura, names, pixels, process

from mixtura import compress
from mixtura.pictures import profiles, quality
from mixtura.pictures.files import read


@pytest.fixture
def folder(tmp_path):
    return make(tmp_path)


def palette(*words, folder):
    said = mixtura("palette", *words, folder=folder)
    assert (said.code, said.err) == (0, "")
    return said


def test_it_writes_a_picture_each_and_a_sheet(folder):
    record = palette("colour.png", "-k", "2,5", "--json", folder=folder).record
    assert set(names(folder)) == {
        "colour.png", "ink.png", "colour-palette-2.png", "colour-palette-5.png", "colour-palette.png",
    }  # fmt: skip
    assert (record["width"], record["height"], record["sheet"]) == (24, 16, "colour-palette.png")
    assert record["bytes"] == (folder / "colour.png").stat().st_size
    assert record["colours"] == len(np.unique(COLOUR.reshape(-1, 3), axis=0))
    for row, k in zip(record["palettes"], (2, 5), strict=True):
        file = folder / f"colour-palette-{k}.png"
        assert row["path"] == file.name
        painted = pixels(file)
        np.testing.assert_array_equal(painted, compress.reduce(COLOUR, k).pixels)
        assert row["png_bytes"] == file.stat().st_size
        assert row["real_rate"] == pytest.approx(record["bytes"] / file.stat().st_size)
        assert row["nominal_rate"] == pytest.approx(3 / np.log2(k))
        assert row["psnr"] == pytest.approx(quality.psnr(painted, COLOUR))
        assert row["ssim"] == pytest.approx(quality.ssim(painted, COLOUR))
        assert len(row["palette"]) == k
        found = {"#{:02x}{:02x}{:02x}".format(*colour) for colour in painted.reshape(-1, 3)}
        assert set(row["palette"]) == found


def test_what_it_says_is_what_it_records(folder):
    said = palette("colour.png", "-k", "2,4", folder=folder).out.splitlines()
    record = palette("colour.png", "-k", "2,4", "--json", folder=folder).record
    assert said[0].startswith("colour.png: 24 x 16, ")
    assert len(said) == 6
    for line, row in zip(said[2:4], record["palettes"], strict=True):
        words = line.split()
        assert words[0] == str(row["n_components"])
        assert f"{row['real_rate']:.2f}x" in words
        assert f"{row['psnr']:.2f}" in words
        assert words[-1] == row["path"]


def test_settings_reach_the_work(folder):
    words = ("--keep", "#ff0000", "--keep", "white", "--covariance", "full", "--seed", "3", "--dither")
    palette("colour.png", "-k", "6", *words, "-o", "a.png", "--sheet", "s.webp", folder=folder)
    expected = compress.reduce(
        COLOUR, 6, keep=["#ff0000", "white"], covariance_type="full", rng=3, dither=True
    )  # fmt: skip
    np.testing.assert_array_equal(pixels(folder / "a.png"), expected.pixels)
    assert (folder / "s.webp").exists()
    palette("colour.png", "-k", "2,3", "-o", "b.webp", "-q", folder=folder)
    assert {"b-2.webp", "b-3.webp", "b.webp"} <= set(names(folder))


def test_transparent_pixels_show_the_paper(folder):
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(folder / "clear.png")
    record = palette("clear.png", "-k", "4", "--paper", "#123456", "--json", folder=folder).record
    assert record["palettes"][0]["palette"] == ["#123456"]
    assert record["palettes"][0]["psnr"] is None
    assert "exact" in palette("clear.png", "-k", "1", folder=folder).out


def test_profiles_are_applied_and_told(folder):
    wide = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
    Image.fromarray(COLOUR).save(folder / "wide.png", icc_profile=profiles.of_png(None, wide, grey=False))
    converted = read(folder / "wide.png")
    assert abs(converted - COLOUR).max() > 20
    said = palette("wide.png", "-k", "256", "--max-iter", "3", "-o", "a.png", folder=folder)
    assert "converted to sRGB from PNG cHRM (--no-profile leaves" in said.out
    assert abs(pixels(folder / "a.png") - converted).mean() < 2
    record = palette("wide.png", "-k", "4", "--no-profile", "-o", "b.png", "--json", folder=folder).record
    assert record["profile"] is None
    np.testing.assert_array_equal(pixels(folder / "b.png"), compress.reduce(COLOUR, 4).pixels)
    said = mixtura("paint", "wide.png", *QUICK, folder=folder)
    assert "converted to sRGB from PNG cHRM" in said.out
    record = mixtura("paint", "wide.png", *QUICK, "--json", folder=folder).record
    assert record["profile"] == "PNG cHRM"


def test_a_mask_of_16_bits_is_seen(folder):
    Image.fromarray(np.kron(np.eye(4, dtype=np.uint16), np.ones((3, 3), np.uint16))).save(folder / "mask.png")
    said = mixtura("palette", "mask.png", "-k", "2", "-o", "a.png", folder=folder)
    assert said.code == 0
    assert said.err == (
        "mixtura: mask.png has 16-bit greys from 0 to 1, which would all be nearly black: 1 is taken as white instead "
        "of 65535.\n"
    )
    assert set(np.unique(pixels(folder / "a.png"))) == {0, 255}
    assert mixtura("paint", "mask.png", *QUICK, "-o", "b.png", folder=folder).code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("none.png",), "no file none.png"),
        (("colour.png", "-k", "0"), "-k is '0'"),
        (("colour.png", "-k", "257"), "-k is 257: a palette holds 1 to 256 colours"),
        (("colour.png", "-k", "2,,3"), "-k is '2,,3'"),
        (("colour.png", "-k", "1", "--keep", "red", "--keep", "blue"), "keep has 2 colours"),
        (("colour.png", "--keep", "rde"), "keep is 'rde'"),
        (("colour.png", "--covariance", "round"), "--covariance is 'round'"),
        (("colour.png", "--tol", "-1"), "--tol is -1"),
        (("colour.png", "--threads", "0"), "--threads is 0"),
        (("colour.png", "--max-pixels", "10"), "--max-pixels"),
        (("colour.png", "-k", "2", "-o", "a.txt"), "unknown extension"),
        (("colour.png", "-k", "2", "-o", "no/a.png"), "no folder"),
        (("colour.png", "-k", "2", "-o", "colour.png"), "is the file that is read"),
        (("colour.png", "-k", "2", "-o", "a.png", "--sheet", "a.png"), "are one file"),
        (("colour.png", "-k", "2", "--sheet", "s.txt"), "unknown extension"),
    ],
)
def test_wrong_input_is_one_sentence_and_nothing_is_written(folder, words, says):
    before = names(folder)
    said = mixtura("palette", *words, folder=folder)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith("mixtura: ")
    assert says in line
    assert names(folder) == before


def test_the_examples_of_the_help_run(folder):
    for twin in ("wave.jpg", "harbour.png"):
        (folder / twin).write_bytes((folder / "colour.png").read_bytes())
    lines = examples("palette")
    assert len(lines) == 3
    for line in lines:
        said = mixtura(*shlex.split(line)[1:], folder=folder)
        assert (said.code, said.err) == (0, ""), line
    assert {"wave-palette.png", "wave-palette-30.png", "small.png", "harbour-palette-10.png"} <= set(names(folder))


def test_a_real_process(folder):
    said = process("palette", "colour.png", "-k", "2", "--quiet", folder=folder)
    assert said == (0, "", "")
    assert "colour-palette-2.png" in names(folder)
    helped = process("palette", "--help", folder=folder, COLUMNS="100")
    assert helped.code == 0
    assert "mixtura palette wave.jpg" in " ".join(helped.out.split())
