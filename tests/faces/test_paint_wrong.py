"""Wrong input gets one clear sentence and exit code 2, and nothing is left half written."""

import json
import re
import struct
from dataclasses import fields

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file
from terminal import INK, bound_by_permissions, make, mixtura, names, paint, process

import mixtura as mx
from mixtura.jobs import idle
from mixtura.jobs.recipe import Recipe


def grey(level, *shape):
    return Image.fromarray(np.full(shape, level, np.uint8))


def noted(folder, notes, mixture=None):
    """A model whose notes are any JSON text."""
    mixture = mixture or mx.Mixture([1.0], [[5.0, 5.0]], [np.eye(2)])
    header = {
        "format": "mixtura",
        "version": "1",
        "covariance_type": "full",
        "names": "null",
        "notes": notes,
    }
    arrays = {"weights": mixture.weights, "means": mixture.means, "covariances": mixture.covariances}
    save_file({name: np.array(array) for name, array in arrays.items()}, folder / "noted.mix", header)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """A folder with everything that can be wrong in it."""
    folder = make(tmp_path_factory.mktemp("inputs"))
    whole = (folder / "ink.png").read_bytes()
    (folder / "empty.png").touch()
    (folder / "cut.png").write_bytes(whole[: len(whole) - 30])
    (folder / "text.png").write_text("Once upon a time, a text was called a picture.\n")
    (folder / "folder.png").mkdir()
    Image.new("1", (11_000, 11_000)).save(folder / "bomb.png")
    grey(255, 20, 20).save(folder / "white.png")
    grey(0, 20, 20).save(folder / "black.png")
    grey(77, 1, 1).save(folder / "one.png")
    Image.new("RGB", (20, 20), (10, 200, 30)).save(folder / "green.png")
    Image.fromarray(np.zeros((20, 20, 4), np.uint8)).save(folder / "clear.png")
    dot = np.full((20, 20), 255, np.uint8)
    dot[4, 5] = 0
    Image.fromarray(dot).save(folder / "dot.png")
    mx.Mixture([1.0], [[0.0, 0.0, 0.0]], [np.eye(3)]).save(folder / "three.mix")
    mx.Mixture([0.5, 0.5], [[3.0, 3.0], [9.0, 9.0]], [np.eye(2)] * 2).save(folder / "good.mix")
    model = (folder / "good.mix").read_bytes()
    (folder / "cut.mix").write_bytes(model[:-20])
    (folder / "empty.mix").touch()
    (folder / "picture.mix").write_bytes(whole)
    (folder / "later.mix").write_bytes(model.replace(b'"version":"1"', b'"version":"9"'))
    (folder / "header.mix").write_bytes(struct.pack("<Q", 2**60) + model[8:])
    (folder / "nan.mix").write_bytes(model.replace(struct.pack("<d", 9.0), struct.pack("<d", np.nan)))
    save_file({"x": np.zeros(3)}, folder / "foreign.mix")
    return folder


TABLE = {
    # what is read
    "missing file": ("missing.png", (), r"there is no file .*missing\.png"),
    "folder": ("folder.png", (), r"folder\.png is a folder"),
    "empty": ("empty.png", (), r"empty\.png is empty \(0 bytes\)"),
    "truncated": ("cut.png", (), r"cut\.png is damaged or cut short"),
    "text named .png": ("text.png", (), r"text\.png is no picture of a known format"),
    "bomb": ("bomb.png", (), r"bomb\.png has 121,000,000 pixels, the limit is 100,000,000: raise --max-pixels"),
    "over a limit of one's own": ("ink.png", ("--max-pixels", "383"), r"has 384 pixels, the limit is 383"),
    "all white": ("white.png", (), r"white\.png is #ffffff everywhere \(20 x 20 pixels.*nothing to fit"),
    "all white as ink": ("white.png", ("--as", "ink"), r"nothing to fit"),
    "all black": ("black.png", (), r"#000000 everywhere"),
    "constant colour": ("green.png", (), r"#0ac81e everywhere"),
    "constant colour as colour": ("green.png", ("--as", "colour"), r"nothing to fit"),
    "fully transparent": ("clear.png", (), r"#ffffff everywhere.*transparent shows the paper.*another --paper"),
    "1 x 1": ("one.png", (), r"#4d4d4d everywhere \(1 x 1 pixels"),
    "one ink pixel": ("dot.png", (), r"1 ink pixel, at least 2 are needed"),
    "one ink pixel, k = 1": ("dot.png", ("-k", "1"), r"1 ink pixel"),
    "no ink by threshold": ("ink.png", ("--threshold", "0"), r"the picture has no ink.*--threshold.*\(--light\)"),
    "no light by threshold": (
        "ink.png",
        ("--threshold", "9:255", "--light"),
        r"no ink.*the dark pixels \(without --light\)",
    ),
    "fewer points than components": ("ink.png", ("-k", "83"), r"82 ink pixels, fewer than the 83 components.*lower -k"),
    "fewer pixels than components": ("colour.png", ("-k", "385"), r"384 pixels, fewer than the 385"),
    # models
    "missing model": ("missing.mix", (), r"missing\.mix does not exist"),
    "damaged model": ("cut.mix", (), r"cut\.mix is not a model file, or it is damaged"),
    "empty model": ("empty.mix", (), r"empty\.mix is not a model file"),
    "model with a wild header": ("header.mix", (), r"header\.mix is not a model file"),
    "model with NaN": ("nan.mix", (), r"nan\.mix is damaged: .*nan"),
    "picture named .mix": ("picture.mix", (), r"picture\.mix is not a model file"),
    "foreign safetensors": ("foreign.mix", (), r"foreign\.mix is a safetensors file, but not one of Mixtura's"),
    "model of a later version": ("later.mix", (), r"later\.mix has version 9.*upgrade"),
    "model of 3 coordinates": ("three.mix", (), r"three\.mix holds a mixture of 3 coordinates: pictures have 2"),
    "model of other k": ("good.mix", ("-k", "3"), r"good\.mix is a model of 2 components, but 3 are asked for"),
    "model of other kind": ("good.mix", ("--as", "colour"), r"good\.mix is a model of ink, not of colour"),
    # how to fit
    "-k 0": ("ink.png", ("-k", "0"), r"-k is 0: give a whole number >= 1"),
    "-k -3": ("ink.png", ("-k", "-3"), r"-k is -3"),
    "-k abc": ("ink.png", ("-k", "abc"), "-k is 'abc': give a whole number"),
    "-k nan": ("ink.png", ("-k", "nan"), "-k is 'nan': give a whole number"),
    "-k huge": ("ink.png", ("-k", "1" + 30 * "0"), r"fewer than the 10+ components"),
    "--max-iter": ("ink.png", ("--max-iter", "-1"), r"--max-iter is -1"),
    "--tol nan": ("ink.png", ("--tol", "nan"), r"--tol is nan"),
    "--tol inf": ("ink.png", ("--tol", "inf"), r"--tol is inf"),
    "--tol -1": ("ink.png", ("--tol", "-1"), r"--tol is -1"),
    "--seed": ("ink.png", ("--seed", "-1"), r"--seed is -1"),
    "--threads 0": ("ink.png", ("--threads", "0"), r"--threads is 0"),
    "--threads huge": ("ink.png", ("--threads", "100000"), r"--threads is 100000: .* from 1 to 256"),
    "--max-pixels": ("ink.png", ("--max-pixels", "0"), r"--max-pixels is 0"),
    "--covariance": ("ink.png", ("--covariance", "round"), r"--covariance is 'round': choose one of full, tied"),
    "--precision": ("ink.png", ("--precision", "float16"), r"--precision is 'float16': choose float64"),
    "--as": ("ink.png", ("--as", "oil"), r"--as is 'oil': choose one of auto, ink, colour"),
    # how to read and to draw
    "threshold word": ("ink.png", ("--threshold", "dark"), r"threshold is 'dark': give otsu, grey"),
    "threshold beyond": ("ink.png", ("--threshold", "256"), r"threshold is '256'"),
    "threshold nan": ("ink.png", ("--threshold", "nan"), r"threshold is 'nan'"),
    "threshold turned": ("ink.png", ("--threshold", "200:60"), r"write 60:200"),
    "threshold of three": ("ink.png", ("--threshold", "1:2:3"), r"threshold is '1:2:3'"),
    "threshold for colour": ("colour.png", ("--threshold", "100"), r"read as colour.*add --as ink"),
    "light for colour": ("colour.png", ("--light",), r"read as colour.*add --as ink"),
    "tone word": ("ink.png", ("--tone", "soft"), r"tone is 'soft'"),
    "tone of one point": ("ink.png", ("--tone", "0:255"), r"at least two points"),
    "tone that falls": ("ink.png", ("--tone", "0:255,0.5:9,0.2:8"), r"densities must rise"),
    "tone beyond": ("ink.png", ("--tone", "0:255,2:0"), r"2 must lie in 0\.\.1"),
    "tone too bright": ("ink.png", ("--tone", "0:256,1:0"), r"256 must lie in 0\.\.255"),
    "tone nan": ("ink.png", ("--tone", "0:nan,1:0"), r"'nan' is not a finite number"),
    "tone gamma": ("ink.png", ("--tone", "gamma:0"), r"gamma must be above 0"),
    "tone for dots": ("ink.png", ("--tone", "linear", "--style", "dots"), r"--tone changes nothing in dots"),
    "colour": ("ink.png", ("--ink", "blak"), r"ink is 'blak', which is no colour \(did you mean black\?\)"),
    "colour code": ("ink.png", ("--paper", "#12345"), r"paper is '#12345'"),
    "clear colour": ("ink.png", ("--paper", "#11223344"), r"not opaque"),
    "colour map": ("ink.png", ("--style", "contour", "--colours", "viridi"), r"did you mean viridis\?"),
    "--samples": ("ink.png", ("--style", "dots", "--samples", "0"), r"--samples is 0"),
    "--samples huge": ("ink.png", ("--style", "dots", "--samples", "1" + 30 * "0"), r"from 1 to 100000000"),
    "--radius": ("ink.png", ("--style", "dots", "--radius", "-1"), r"radius is -1"),
    "--sharpen 0": ("ink.png", ("--sharpen", "0"), r"sharpen is 0\.0: give a number from 1e-6"),
    "--sharpen nan": ("ink.png", ("--sharpen", "nan"), r"sharpen is nan"),
    "--sharpen inf": ("ink.png", ("--sharpen", "inf"), r"sharpen is inf"),
    "--sharpen -1": ("ink.png", ("--sharpen", "-1"), r"sharpen is -1"),
    "style": ("ink.png", ("--style", "oil"), r"the style 'oil' is unknown: choose one of contour, dots"),
    "style of nothing": ("ink.png", ("--style", "dots,"), r"the style '' is unknown"),
    "style of a page": ("ink.png", ("--style", "dots", "-o", "a.html"), r"a\.html cannot show the style dots"),
    "frame": ("ink.png", ("--frame", "0,0,9"), r"--frame is '0,0,9': give X0,Y0,X1,Y1"),
    "frame turned": ("ink.png", ("--frame", "9,0,0,9"), r"with X0 below X1"),
    "frame nan": ("good.mix", ("--frame", "0,0,nan,9"), r"--frame is"),
    "film": ("ink.png", ("--film", "noir"), r"--film is 'noir': choose one of em, fit, polish, sampling, loop"),
    "film of a fit of a model": ("good.mix", ("--film", "em"), r"a model is fitted already: use --film loop"),
    "film without a film": ("ink.png", ("--film", "loop", "-o", "a.png"), r"--film changes nothing here: add -o NAME"),
    "film in another style": ("ink.png", ("--film", "loop", "--style", "grid"), r"a loop film shows dots"),
    "--seconds": ("ink.png", ("-o", "a.gif", "--seconds", "0"), r"seconds is 0\.0: a film lasts"),
    "--seconds of a still": ("ink.png", ("--seconds", "3"), r"--seconds changes nothing without a film"),
    "--fps": ("ink.png", ("-o", "a.gif", "--fps", "1000"), r"fps is 1000\.0: give from 1 to 50"),
    "--fps nan": ("ink.png", ("-o", "a.gif", "--fps", "nan"), r"fps is nan"),
    "a long film": ("ink.png", ("-o", "a.gif", "--size", "4000"), r"in 90 frames = .* the limit is 100,000,000: lower"),
    "--pens": ("ink.png", ("--style", "dots", "-o", "a.svg", "--pens", "0"), r"--pens is 0"),
    "--pens of pixels": ("ink.png", ("--style", "dots", "--pens", "3"), r"--pens changes nothing in dots: .* in \.svg"),
    "--sheet": ("ink.png", ("--style", "dots", "-o", "a.svg", "--sheet", "-3"), r"--sheet is -3"),
    "tone of a drawing": ("ink.png", ("--tone", "equalise", "-o", "a.svg"), r"needs pixels: in \.svg"),
    "tone of a page": ("ink.png", ("--tone", "0:255,1:0", "-o", "a.html"), r"a page \(\.html\) has linear"),
    "mean of ink": ("ink.png", ("--style", "mean"), r"the style mean needs colours"),
    "mean of a model of ink": ("good.mix", ("--style", "mean"), r"the style mean needs colours"),
    # what comes out
    "size word": ("ink.png", ("--size", "large"), r"--size is 'large': give WIDTHxHEIGHT"),
    "size 0": ("ink.png", ("--size", "0"), r"--size is '0'"),
    "size 0x9": ("ink.png", ("--size", "0x9"), r"--size is '0x9'"),
    "size -9": ("ink.png", ("--size", "-9"), r"--size is '-9'"),
    "size 9x": ("ink.png", ("--size", "9x"), r"--size is '9x'"),
    "size 1x2x3": ("ink.png", ("--size", "1x2x3"), r"--size is '1x2x3'"),
    "size 1.5": ("ink.png", ("--size", "1.5"), r"--size is '1\.5'"),
    "size of many digits": ("ink.png", ("--size", "9" * 5000), r"--size is '9+ \.\.\. 9+': give"),
    "size too large": ("ink.png", ("--size", "99999"), r"99999 x 66666 = 6,666,533,334 pixels.*raise --max-pixels"),
    "unknown extension": ("ink.png", ("-o", "a.bmp"), r"a\.bmp has the unknown extension '\.bmp'.*\.png"),
    "no extension": ("ink.png", ("-o", "a"), r"a has no extension"),
    "folder missing": ("ink.png", ("-o", "no/a.png"), r"no/a\.png cannot be written: there is no folder"),
    "one good, one bad": ("ink.png", ("-o", "a.png", "-o", "no/a.mix"), r"there is no folder"),
    "output is a folder": ("ink.png", ("-o", "taken.png"), r"taken\.png is a folder"),
    "folder takes no files": ("ink.png", ("-o", "/proc/a.png"), r"/proc/a\.png cannot be written"),
    "output twice": ("ink.png", ("-o", "a.png", "-o", "./a.png"), r"are one file"),
    "name of many letters": ("ink.png", ("-o", "a" * 300 + ".png"), r"cannot be written \(File name too long\)"),
}


def check(said, says):
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith("mixtura: ")
    assert re.search(says, line), line
    assert len(line) < 500
    assert "Traceback" not in line


@pytest.mark.parametrize("case", TABLE)
def test_one_sentence_and_nothing_left(inputs, tmp_path, case):
    name, words, says = TABLE[case]
    before = names(inputs)
    (tmp_path / "taken.png").mkdir()
    check(mixtura("paint", inputs / name, *words, folder=tmp_path), says)
    assert names(tmp_path) == ["taken.png"]
    assert names(inputs) == before


@pytest.mark.parametrize("case", ["missing file", "bomb", "-k abc", "-k 0", "foreign safetensors", "folder missing"])
def test_a_real_process_says_the_same(inputs, tmp_path, case):
    name, words, says = TABLE[case]
    check(process("paint", inputs / name, *words, folder=tmp_path), says)
    assert names(tmp_path) == []


def test_the_limit_of_pixels_can_be_raised(inputs, tmp_path):
    paint(inputs / "ink.png", "-k", "2", "--max-pixels", "384", folder=tmp_path)
    said = mixtura("paint", inputs / "ink.png", "-k", "2", "--max-pixels", "384", "--size", "25", folder=tmp_path)
    check(said, r"25 x 17 = 425 pixels, the limit is 384")


@pytest.mark.parametrize(
    "notes",
    [
        '{"frame": [0, 0, 10]}',
        '{"frame": [0, 0, 10, 0]}',
        '{"frame": [10, 0, 0, 10]}',
        '{"frame": [0, 0, Infinity, 10]}',
        '{"frame": [0, 0, NaN, 10]}',
        '{"frame": [0, 0, 1e308, 1e308]}',
        '{"frame": ["a", 0, 1, 1]}',
        '{"frame": null}',
        '{"frame": 5}',
        '["frame"]',
        "5",
        "null",
        "{",
    ],
)
def test_damaged_notes(tmp_path, notes):
    noted(tmp_path, notes)
    check(mixtura("paint", "noted.mix", folder=tmp_path), r"noted\.mix is damaged|picture to paint would have")
    assert names(tmp_path) == ["noted.mix"]


def test_good_notes(tmp_path):
    noted(tmp_path, json.dumps({"frame": [0, 0, 10, 8], "more": [1]}))
    record = paint("noted.mix", "--json", folder=tmp_path).record
    assert (record["outputs"][0]["width"], record["outputs"][0]["height"]) == (10, 8)


@pytest.mark.parametrize("name", ["two\nlines.png", "tab\there.png", "-.png", "[bold]x.png"])
def test_strange_names_stay_in_one_line(tmp_path, name):
    check(mixtura("paint", f"./{name}", folder=tmp_path), "there is no file ")
    Image.fromarray(INK).save(tmp_path / name)
    paint(f"./{name}", "-k", "2", "-o", f"a{name}", folder=tmp_path)
    assert names(tmp_path) == sorted([name, f"a{name}"])


def test_too_little_memory_is_one_sentence(inputs, tmp_path, monkeypatch):
    def full(*args, **more):
        raise MemoryError

    monkeypatch.setattr("mixtura.pictures.image.ink", full)
    check(mixtura("paint", inputs / "ink.png", folder=tmp_path), "not enough memory: use a smaller picture")


def test_files_that_may_not_be_read_or_written(tmp_path):
    make(tmp_path)
    (tmp_path / "shut").mkdir(mode=0o500)
    with bound_by_permissions():
        check(mixtura("paint", "ink.png", "-o", "shut/a.png", folder=tmp_path), r"shut/a\.png cannot be written")
        (tmp_path / "ink.png").chmod(0)
        check(mixtura("paint", "ink.png", folder=tmp_path), r"ink\.png cannot be read \(Permission denied\)")


def test_a_disk_that_fills_up_leaves_nothing(inputs, tmp_path, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    words = ("paint", inputs / "ink.png", "-k", "2", "-o", "a.png", "-o", "a.mix")
    check(mixtura(*words, folder=tmp_path), r"a\.png cannot be written \(No space left on device\)")
    assert names(tmp_path) == []


IDLE = {
    "fit of a model": ("good.mix", "--tol 0.1", r"--tol changes nothing here: .*good\.mix is a model"),
    "start of a model": ("good.mix", "--start random", r"--start needs the picture"),
    "threshold of a model": ("good.mix", "--threshold 90", r"--threshold changes nothing here: .*is a model"),
    "effort of a model": ("good.mix", "--effort 2", r"--effort changes nothing here: .*is a model"),
    "profile of a model": ("good.mix", "--no-profile", r"(--profile|--no-profile) changes nothing here"),
    "paper of a model": ("good.mix", "--style mean --paper red", r"the style mean needs colours"),
    "effort of EM": ("colour.png", "--effort 0.5 -o x.mix", r"--effort .*nothing is polished; add --polish"),
    "effort and EM": ("colour.png", "--no-polish --effort 2", r"--effort changes nothing here: nothing is polished"),
    "EM and polish": ("ink.png", "--polish --max-iter 3", r"--max-iter .*nothing is fitted by EM; leave it out"),
    "starts and polish": ("ink.png", "--polish --n-init 3", r"--n-init changes nothing here: nothing is fitted by EM"),
    "start by name and polish": ("ink.png", "--polish --start random", r"--start changes nothing here"),
    "starts of a film": ("ink.png", "--n-init 3 -o x.gif", r"--n-init changes nothing here: a film of EM begins"),
    "starts from a model": ("ink.png", "--start good.mix --n-init 3", r"--n-init changes nothing where --start"),
    "film and no polish": ("colour.png", "--film polish --no-polish -o x.gif", r"exclude each other"),
    "sharpen of a model alone": ("ink.png", "--sharpen 0.5 -o x.mix", r"--sharpen .*nothing is drawn; add -o NAME"),
    "some of a model alone": ("ink.png", "--heaviest 1 -o x.mix", r"--heaviest .*nothing is drawn"),
    "size of a page": ("ink.png", "--size 30 -o x.html", r"--size changes nothing here: a page has no size"),
    "size of a plot": ("ink.png", "--size 30 --style dots -o x.svg", r"--size .*have --sheet"),
    "size of a model": ("ink.png", "--size 30 -o x.mix", r"--size changes nothing here: nothing is drawn"),
    "pens of ink": ("ink.png", "--pens 2 --style dots -o x.svg", r"--pens changes nothing where all dots"),
    "ink of a tiny file": ("ink.png", "--threshold 90 -o x.gmx", r"--threshold .* holds the whole picture"),
    "polish of a tiny file": ("ink.png", "--polish -o x.gmx", r"--polish changes nothing here"),
    "EM of a tiny file": ("ink.png", "--covariance diag -o x.gmx", r"--covariance changes nothing here"),
    "paper below a mean": ("colour.png", "--paper red", r"--paper changes nothing here: nothing is transparent"),
    "opacity of plotted dots": ("ink.png", "--alpha 0.5 --style dots -o x.svg", r"in dots as \.svg: leave it out, or"),
}  # fmt: skip
"""Options that nothing takes, beside those of styles."""


@pytest.mark.parametrize("case", IDLE)
def test_what_would_change_nothing_is_refused(inputs, tmp_path, case):
    name, words, says = IDLE[case]
    start = str(inputs / "good.mix")
    check(mixtura("paint", inputs / name, *words.replace("good.mix", start).split(), folder=tmp_path), says)
    assert names(tmp_path) == []


def test_every_option_is_told_of_when_nothing_takes_it():
    """A new option of a recipe belongs into the table, or to what all work takes."""
    everywhere = {"image", "outputs", "kind", "frame", "max_pixels", "n_threads", "rng", "settings"}
    assert {field.name for field in fields(Recipe)} - everywhere == set(idle.TAKEN)


def test_a_preview_tells_what_waits(inputs, tmp_path):
    said = mixtura("paint", inputs / "ink.png", "--preview", "-k", "3", "--style", "dots", folder=tmp_path)
    assert said.code == 0
    assert "--preview fits and draws nothing: until it is left out, -k, --style change nothing." in said.err
    assert mixtura("paint", inputs / "ink.png", "--preview", "--threshold", "90", folder=tmp_path).err == ""
