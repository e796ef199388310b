"""Tiny pictures: budgets are kept, anything can be encoded, damage is refused or painted, in Python and as commands."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from terminal import mixtura

import mixtura as mx
from mixtura.errors import InputError, PictureError
from mixtura.pictures import codec, quality
from mixtura.pictures.codec import layout

GOLDEN = Path(__file__).parents[1] / "golden" / "gmx"


@pytest.fixture(scope="module")
def picture():
    y, x = np.mgrid[:60, :90]
    layers = [np.where((x - 30) ** 2 + (y - 30) ** 2 < 300, 230, 2 * x), 4 * y, np.where(x > 60, 40, 200)]
    return np.stack(layers, axis=-1).astype(np.uint8)


@pytest.mark.parametrize("budget", [16, 30, 100, 450])
def test_a_file_is_never_larger_than_its_budget_and_more_bytes_paint_better(picture, budget):
    data = codec.encode(picture, n_bytes=budget, effort=0.3)
    assert 0.8 * budget <= len(data) <= budget
    floor = {16: 12, 30: 14, 100: 21, 450: 28}[budget]
    assert quality.psnr(codec.decode(data), picture) > floor


def test_the_bytes_are_the_same_for_any_number_of_threads(picture):
    one, three = (codec.encode(picture, n_bytes=60, effort=0.2, n_threads=n) for n in (1, 3))
    assert one == three
    assert (codec.decode(one, n_threads=1) == codec.decode(one, n_threads=3)).all()


def test_bits_a_pixel_components_and_decibels_say_how_large_too(picture):
    assert len(codec.encode(picture, bpp=0.1, effort=0.1)) <= 0.1 * 5400 / 8
    assert codec.decode_mixture(codec.encode(picture, n_components=9, effort=0.1)).n_components == 9
    reached = quality.psnr(codec.decode(codec.encode(picture, psnr=24, effort=0.2)), picture)
    assert 24 <= reached < 25.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (300, 1), (2, 2), (3, 5)])
def test_the_smallest_pictures_keep_their_size(shape):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    data = codec.encode(pixels, n_bytes=40, effort=0.1)
    assert codec.size(data) == (shape[1], shape[0])
    assert codec.decode(data).shape == pixels.shape


def test_the_longest_picture_keeps_its_size():
    pixels = np.zeros((1, 65_535, 3), np.uint8)
    pixels[:, 30_000:] = 200
    data = codec.encode(pixels, n_bytes=30, effort=0.05)
    assert codec.size(data) == (65_535, 1)
    assert np.abs(codec.decode(data, size=(2, 1)).astype(int) - [[[0] * 3, [200] * 3]]).max() < 40


def test_one_colour_is_painted_as_it_is():
    data = codec.encode(np.full((20, 30, 3), [10, 200, 90], np.uint8), n_bytes=40, effort=0.1)
    assert np.abs(codec.decode(data).astype(int) - [10, 200, 90]).max() <= 6


def test_greys_stay_grey():
    grey = np.repeat(np.linspace(0, 255, 40, dtype=np.uint8)[None, :, None], 20, axis=0).repeat(3, axis=2)
    painted = codec.decode(codec.encode(grey, n_bytes=60, effort=0.2)).astype(int)
    assert np.abs(painted - painted[..., :1]).max() <= 6
    assert quality.psnr(painted, grey) > 25


def test_an_opacity_is_kept_and_an_opaque_one_costs_nothing(picture):
    y, x = np.mgrid[:60, :90]
    disc = np.where((x - 45) ** 2 + (y - 30) ** 2 < 600, 255, 0).astype(np.uint8)
    painted = codec.decode(codec.encode(np.dstack([picture, disc]), n_bytes=120, effort=0.3))
    assert painted.shape == (60, 90, 4)
    assert np.abs(painted[..., 3].astype(int) - disc).mean() < 12
    opaque = np.dstack([picture, np.full_like(disc, 255)])
    assert codec.encode(opaque, n_bytes=40, effort=0.1) == codec.encode(picture, n_bytes=40, effort=0.1)


def test_any_size_is_painted():
    data = (GOLDEN / "harbour-300.gmx").read_bytes()
    assert codec.decode(data, size=96).shape == (64, 96, 3)
    assert codec.decode(data, size=(50, 70)).shape == (70, 50, 3)
    mixture = codec.decode_mixture(data)
    assert mixture.names == ("x", "y", "r", "g", "b")
    whole = mx.pictures.draw.mean(mixture, frame=mx.pictures.field.Frame.of_picture(540, 360), size=(540, 360))
    assert (codec.decode(data) == whole).all()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.gmx")), ids=lambda path: path.stem)
def test_every_truncation_and_mutation_ends_in_an_error_of_ours_or_in_a_picture(path):
    data, rng = path.read_bytes(), np.random.default_rng(2)
    damaged = [data[:n] for n in range(len(data))]
    for _ in range(300):
        changed = bytearray(data)
        for place in rng.integers(0, len(data), rng.integers(1, 4)):
            changed[place] = rng.integers(0, 256)
        damaged.append(bytes(changed))
    damaged += [data[:1] + rng.bytes(rng.integers(0, 80)) for _ in range(150)]
    painted = refused = 0
    for number, each in enumerate(damaged):
        try:
            mixture = codec.decode_mixture(each)
            assert mixture.n_components <= max(1, len(each))
            if number % 20 == 0:
                assert codec.decode(each, size=12).max() <= 255
            painted += 1
        except PictureError:
            refused += 1
    assert painted > 60
    assert refused > 10


def test_what_is_no_file_of_ours_is_refused():
    for data, words in (
        (b"", "is empty"),
        (b"\x89PNG", "no .gmx file"),
        (b"\xd2abcdef", "version 2"),
        ((GOLDEN / "harbour-300.gmx").read_bytes()[:40], "cannot be in 40 bytes"),
    ):
        with pytest.raises(PictureError, match=words):
            codec.decode(data)


def test_a_few_bytes_cannot_ask_for_billions_of_pixels():
    data = layout.write(layout.Header(65_535, 65_535, 1, 5, 2, 10, 11), np.zeros((1, 2), int), np.zeros((1, 8), int))
    assert len(data) < 20
    with pytest.raises(PictureError, match="4,294,836,225 pixels, the limit is 16,777,216"):
        codec.decode(data)
    with pytest.raises(InputError, match="the limit is 30"):
        codec.decode(data, size=6, max_pixels=30)
    assert codec.decode(data, size=6).shape == (6, 6, 3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "give one of"),
        ({"n_bytes": 30, "psnr": 20}, "give one of"),
        ({"n_bytes": 15}, "n_bytes is 15"),
        ({"n_bytes": 30.5}, "n_bytes is 30.5"),
        ({"bpp": 0.001}, "or more"),
        ({"bpp": float("nan")}, "bpp is nan"),
        ({"psnr": 90}, "psnr is 90"),
        ({"n_components": 0}, "n_components is 0"),
        ({"n_bytes": 30, "effort": 0}, "effort is 0"),
        ({"n_bytes": 30, "on_step": 3}, "on_step"),
    ],
)
def test_wrong_arguments_are_named(picture, given, words):
    with pytest.raises(InputError, match=words):
        codec.encode(picture, **given)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (0, 4, 3)])
def test_wrong_pixels_are_named(shape):
    with pytest.raises(InputError, match="pixels"):
        codec.encode(np.zeros(shape, np.uint8), n_bytes=30)


def test_a_psnr_out_of_reach_is_told():
    noise = np.random.default_rng(0).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    with pytest.raises(InputError, match="components reach"):
        codec.encode(noise, psnr=45, effort=0.05)


def test_a_callback_hears_of_each_stage(picture):
    heard = []
    codec.encode(picture, n_components=5, effort=0.05, on_step=heard.append)
    assert [step.stage for step in heard] == [
        "learning",
        "rounding shapes",
        "rounding places",
        "rounding levels",
        "refining",
    ]


@pytest.fixture
def folder(tmp_path, picture):
    y, x = np.mgrid[:60, :90]
    Image.fromarray(picture).save(tmp_path / "a.png")
    disc = np.where((x - 45) ** 2 + (y - 30) ** 2 < 600, 255, 0).astype(np.uint8)
    Image.fromarray(np.dstack([picture, disc])).save(tmp_path / "cut.png")
    (tmp_path / "many").mkdir()
    for name in ("harbour-30", "cut-out-100"):
        shutil.copy(GOLDEN / f"{name}.gmx", tmp_path / "many")
    return tmp_path


def test_the_commands_go_there_and_back(folder):
    said = mixtura("encode", "a.png", "--bytes", "60", "--effort", "0.1", folder=folder)
    assert (said.code, said.err) == (0, "")
    assert "90 x 60 in" in said.out
    data = (folder / "a.gmx").read_bytes()
    assert len(data) <= 60
    record = mixtura("decode", "a.gmx", "--size", "45", "-o", "b.png", "--json", folder=folder).record
    assert record["outputs"][0] | {"path": "b.png", "width": 45, "height": 30} == record["outputs"][0]
    assert (np.asarray(Image.open(folder / "b.png")) == codec.decode(data, size=45)).all()


def test_what_encode_says_is_so(folder):
    record = mixtura("encode", "a.png", "--psnr", "22", "--effort", "0.1", "--json", folder=folder).record
    data = (folder / "a.gmx").read_bytes()
    assert record["bytes"] == len(data)
    assert record["bpp"] == pytest.approx(8 * len(data) / 5400)
    assert record["n_components"] == codec.decode_mixture(data).n_components
    original = np.asarray(Image.open(folder / "a.png"))
    assert record["psnr"] == pytest.approx(quality.psnr(codec.decode(data), original))


def test_transparency_stays_or_is_laid_on_paper(folder):
    mixtura("encode", "cut.png", "--bytes", "99", "--effort", "0.2", folder=folder)
    mixtura("decode", "cut.gmx", "-o", "one.png", folder=folder)
    mixtura("decode", "cut.gmx", "-o", "two.jpg", folder=folder)
    mixtura("decode", "cut.gmx", "--paper", "#ff0000", "-o", "three.png", folder=folder)
    one, two, three = (np.asarray(Image.open(folder / name)) for name in ("one.png", "two.jpg", "three.png"))
    assert one.shape[2] == 4
    assert one[2, 2, 3] < 20
    assert one[30, 45, 3] > 230
    assert two[2, 2].min() > 235
    assert three[2, 2].tolist() == pytest.approx([255, 0, 0], abs=20)
    assert mixtura("encode", "cut.png", "--paper", "white", "--bytes", "60", "-k", "3", folder=folder).code == 2
    mixtura("encode", "cut.png", "--paper", "white", "-k", "4", "--effort", "0.1", "-o", "flat.gmx", folder=folder)
    assert codec.decode_mixture((folder / "flat.gmx").read_bytes()).n_coordinates == 5


def test_a_folder_is_painted_whole_or_not_at_all(folder):
    (folder / "out").mkdir()
    assert mixtura("decode", "many", "--size", "20", "-o", "out", folder=folder).code == 0
    assert {path.name for path in (folder / "out").iterdir()} == {"harbour-30.png", "cut-out-100.png"}
    (folder / "many" / "z.gmx").write_bytes(b"nothing")
    (folder / "fresh").mkdir()
    said = mixtura("decode", "many", "-o", "fresh", folder=folder)
    assert said.code == 2
    assert "z.gmx" in said.err
    assert not list((folder / "fresh").iterdir())


def test_paint_writes_tiny_pictures_too(folder):
    said = mixtura("paint", "a.png", "-k", "6", "--effort", "0.1", "-o", "a.gmx", "-o", "a.webp", folder=folder)
    assert (said.code, said.err) == (0, "")
    assert "a.gmx" in said.out
    assert codec.decode_mixture((folder / "a.gmx").read_bytes()).n_components == 6
    assert mixtura("paint", "a.png", "--psnr", "20", "--effort", "0.1", "-o", "b.gmx", folder=folder).code == 0
    assert quality.psnr(codec.decode((folder / "b.gmx").read_bytes()), np.asarray(Image.open(folder / "a.png"))) >= 20


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("encode a.png", "give one of --bytes"),
        ("encode a.png --bytes 3", "--bytes is 3: give a whole number >= 16"),
        ("encode a.png --bytes few", "give a whole number"),
        ("encode a.png --bpp 0.0001", "--bpp is 0.0001, which is"),
        ("encode a.png --psnr 99", "--psnr is 99"),
        ("encode a.png --bytes 60 --effort 1000", "--effort is 1000"),
        ("encode a.png --bytes 60 -o b.png", "unknown extension"),
        ("encode none.png --bytes 60", "there is no file none.png"),
        ("encode many/harbour-30.gmx --bytes 60", "harbour-30.gmx"),
        ("decode a.png -o b.png", "a.png: the picture is no .gmx file"),
        ("decode none.gmx", "there is no file none.gmx"),
        ("decode many/harbour-30.gmx -o a.gmx", "unknown extension"),
        ("decode many/harbour-30.gmx --size 0", "--size is '0'"),
        ("decode many/harbour-30.gmx --size 90000", "the limit is"),
        ("decode many/harbour-30.gmx --paper nocolour -o b.png", "--paper is 'nocolour'"),
        ("decode many -o b.png", "-o is b.png"),
        ("decode . -o many", "holds no .gmx files"),
        ("paint a.png -k 3 --frame 0,0,9,9 -o a.gmx", "--frame changes nothing in a .gmx file"),
    ],
)
def test_wrong_commands_are_told_in_one_line(folder, words, told):
    said = mixtura(*words.split(), folder=folder)
    assert said.code == 2
    assert told in said.err
    assert said.err.count("\n") == 1
    assert len(said.err) < 500
