"""Large pictures band by band: the same points, colours and measures, with little memory beside the pixels."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image
from terminal import QUICK, make, mixtura

import mixtura as mx
from mixtura.errors import PictureError
from mixtura.jobs import paint, palette, progress
from mixtura.pictures import bands, field, files, image, quantise
from mixtura.pictures.field import Frame
from mixtura.sources.points import Points

RNG = np.random.default_rng(4)
PICTURE = RNG.integers(0, 256, (90, 61, 3), dtype=np.uint8)
INK = {"ink": {}, "a number": {"threshold": 90}, "light": {"light": True}, "midtones": {"threshold": "60:200"}}
INK |= {"grey": {"threshold": "grey"}, "light grey": {"threshold": "grey", "light": True}}


def plain(how):
    return image.colour(PICTURE) if how == "colour" else image.ink(PICTURE, **INK[how], dtype="float32")


def of_bands(how):
    kind = "colour" if how == "colour" else "ink"
    return bands.source(PICTURE, kind, **INK.get(how, {}))


@pytest.mark.parametrize("how", ["colour", *INK])
def test_the_points_are_the_same(how, monkeypatch):
    whole = plain(how)
    held = of_bands(how)
    assert isinstance(held, Points)
    np.testing.assert_array_equal(held.x, whole.x)
    monkeypatch.setattr(image, "_BAND", 500)
    again = plain(how)
    monkeypatch.setattr(bands, "HELD", 100)
    made = of_bands(how)
    assert isinstance(made, bands.Bands)
    assert made.n == made.survey().n == whole.n
    assert made.names == whole.names
    for points in (again, made.take(None)):
        np.testing.assert_array_equal(points.x, whole.x)
        assert points.x.dtype == np.float32
        assert points.one_unit
        if whole.weight is None:
            assert points.weight is None
        else:
            np.testing.assert_array_equal(points.weight, whole.weight)


def test_a_fit_of_bands_is_one_of_points(monkeypatch):
    whole = mx.fit(plain("colour"), 5, dtype="float32", rng=0, max_iter=5)
    monkeypatch.setattr(bands, "HELD", 0)
    monkeypatch.setattr(image, "_BAND", 700)
    made = mx.fit(of_bands("colour"), 5, dtype="float32", rng=0, max_iter=5)
    assert made.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-4)
    np.testing.assert_allclose(made.mixture.means, whole.mixture.means, atol=0.05)


def test_no_ink_in_any_band(monkeypatch):
    monkeypatch.setattr(image, "_BAND", 500)
    with pytest.raises(PictureError, match="has no ink"):
        image.ink(PICTURE, threshold=0)


def test_greys_thresholds_and_colours_are_the_same(monkeypatch):
    tone, threshold, found = image.grey(PICTURE), image.otsu(image.grey(PICTURE)), quantise.histogram(PICTURE)
    monkeypatch.setattr(image, "_BAND", 300)
    np.testing.assert_array_equal(image.grey(PICTURE), tone)
    assert image.otsu(tone) == threshold
    again = quantise.histogram(PICTURE)
    np.testing.assert_array_equal(again.colours, found.colours)
    np.testing.assert_array_equal(again.count, found.count)
    numbers = np.arange(len(found.colours)) % 256
    np.testing.assert_array_equal(again.indices(numbers), found.indices(numbers))


@pytest.mark.parametrize("size", [(61, 90), (7, 33), (40, 8)])
def test_what_is_painted_is_the_same(size, monkeypatch):
    mixture = mx.fit(image.colour(PICTURE), 4, rng=0, max_iter=3).mixture
    frame = Frame(3.0, -2.0, 58.0, 85.0)
    asked = [
        lambda: field.log_density(mixture, frame, size),
        lambda: field.mean(mixture, frame, size),
        lambda: mx.pictures.draw.picture(mixture, "mean", frame=frame, size=size).astype(float),
    ]
    whole = [ask() for ask in asked]
    monkeypatch.setattr(field, "_BAND", 16 * size[0])
    assert len(list(field.bands(frame, size))) == -(-size[1] // 16)
    for ask, expected in zip(asked, whole, strict=True):
        np.testing.assert_allclose(ask(), expected, rtol=1e-4, atol=1)  # a step of 255 where a half is rounded


def test_little_lies_beside_the_pixels(monkeypatch):
    picture = np.resize(PICTURE, (1000, 1500, 3))
    monkeypatch.setattr(bands, "HELD", 0)
    monkeypatch.setattr(image, "_BAND", 1 << 16)

    def peak(ask):
        tracemalloc.start()
        ask()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    points = picture.shape[0] * picture.shape[1] * 5 * 4  # bytes of all of them: 30 MB
    assert peak(lambda: bands.source(picture, "colour").survey()) < points / 2
    assert peak(lambda: bands.source(picture, "ink").survey()) < points / 2
    assert peak(lambda: image.kind(picture)) < points / 10


def test_a_large_picture_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "LARGE", 0)
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    for job, run in (
        (palette.Palettes(tmp_path / "colour.png", (2,)), palette.run),
        (paint.Recipe(tmp_path / "colour.png", n_components=2, max_iter=1), paint.run),
    ):
        heard = []
        run(job, heard.append)
        assert heard[1].stage == "reading colour.png: 24 x 16 pixels, up to about 0.4 GB of memory"
    record = mixtura("paint", "colour.png", *QUICK, "--json", folder=tmp_path).record
    assert record["memory"] == bands.memory((24, 16))
    assert bands.memory((10_000, 10_000)) < 3e9


def test_the_size_is_in_the_head(tmp_path):
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    assert files.size_in_head(tmp_path / "a.png") == (30, 20)
    for name, data in (("b.png", b"no picture"), ("c.png", b"")):
        (tmp_path / name).write_bytes(data)
        assert files.size_in_head(tmp_path / name) is None
    assert files.size_in_head(tmp_path / "none.png") is None
    with (tmp_path / "a.png").open("rb") as file:
        assert files.size_in_head(file) == (30, 20)
        assert files.read(file).shape == (20, 30, 3)
