"""Films: decoded again, frame by frame."""

import io

import numpy as np
import pytest
from mixtures import scattered
from PIL import Image, ImageSequence

import mixtura as mx
from mixtura import Mixture
from mixtura.errors import InputError
from mixtura.pictures import draw, film
from mixtura.pictures.canvas import Canvas, background
from mixtura.pictures.field import Frame
from mixtura.pictures.film.scenes import drift, outlines

FRAME = Frame(0, 0, 120, 80)
SIZE = (60, 40)
INK, COLOUR = scattered(12, 2, seed=5), scattered(15, 5, seed=6)
FEW = {"frame": FRAME, "size": SIZE, "seconds": 1.0, "fps": 10}


def decoded(data):
    """The frames (h, w, 3) and their milliseconds."""
    with Image.open(io.BytesIO(data)) as image:
        assert image.info.get("loop") == 0  # for ever
        frames, times = [], []
        for one in ImageSequence.Iterator(image):
            one.load()
            frames.append(np.asarray(one.convert("RGB")))
            times.append(one.info["duration"])
    return frames, times


def same(a, b):
    assert len(a.frames) == len(b.frames)
    return all(np.array_equal(one, other) for one, other in zip(a.frames, b.frames, strict=True))


@pytest.fixture(scope="module")
def steps():
    """The mixtures of a fit, from wide components on."""
    x = COLOUR.sample(600, rng=0)
    start = Mixture(np.ones(8), x[:8], np.tile(np.cov(x.T), (8, 1, 1)))
    made = [start]
    mx.fit(x, 8, start=start, max_iter=6, on_step=lambda step: made.append(step.mixture) and None)
    return made


def test_em_begins_at_the_start_and_ends_with_the_fit(steps):
    seen = []
    found = film.em(steps, **FEW, watch=lambda done, of: seen.append((done, of)))
    assert seen == [(i + 1, 10) for i in range(10)]
    assert np.array_equal(found.frames[-1], draw.mean(steps[-1], frame=FRAME, size=SIZE))
    first = draw.mean(steps[0], frame=FRAME, size=SIZE)
    assert not np.array_equal(found.frames[0], first)  # outlines lie on it
    assert (found.frames[0] == first).mean() > 0.5
    assert found.milliseconds == [100] * 9 + [1600]
    assert same(found, film.em(steps, **FEW))


def test_em_in_any_style(steps):
    found = film.em(steps, "dots", samples=200, **FEW)
    # Independent dots move with the mixture; evenly spread ones would jump.
    settings = {"frame": FRAME, "size": SIZE, "samples": 200, "rng": 0, "independent": True}
    assert np.array_equal(found.frames[-1], draw.dots(steps[-1], **settings))
    assert np.array_equal(found.frames[0], draw.dots(steps[0], **settings))


def test_an_outline_is_the_ellipse_of_one_standard_deviation():
    mixture = Mixture([1.0], [[60, 40]], [[[400, 0], [0, 100]]])
    canvas = Canvas.of(FRAME, (240, 160))
    black = np.zeros((160, 240, 3), np.uint8)
    found = outlines(black, mixture, canvas, np.array([0]), np.full(3, 255.0), 1.0)
    y, x = np.mgrid[:160, :240] + 0.5
    r = np.hypot((x - 120) / 40, (y - 80) / 20)
    assert found[..., 0][np.abs(r - 1) < 0.01].min() > 120
    assert found[..., 0][(r < 0.9) | (r > 1.1)].max() == 0
    filled = outlines(black, mixture, canvas, np.array([0]), np.full(3, 255.0), 1.0, fill=0.5)
    assert (filled[..., 0][r < 0.9] == 128).all()


@pytest.mark.parametrize("mixture", [INK, COLOUR], ids=["ink", "colour"])
def test_sampling_ends_with_all_dots(mixture):
    found = film.sampling(mixture, samples=3000, rng=1, radius=1.0, **FEW)
    settings = {"frame": FRAME, "size": SIZE, "radius": 1.0, "paper": background(mixture)}
    assert np.array_equal(found.frames[-1], draw.dots(mixture, samples=3000, rng=1, **settings))
    paper = draw.dots(mixture, samples=0, **settings)[0, 0]
    bare = [(frame == paper).all(axis=-1).mean() for frame in found.frames]
    assert bare[0] > 0.85
    assert bare[-1] < 0.8
    assert same(found, film.sampling(mixture, samples=3000, rng=1, radius=1.0, **FEW))
    assert not same(found, film.sampling(mixture, samples=3000, rng=2, radius=1.0, **FEW))


def test_a_loop_closes():
    more = FEW | {"fps": 40}
    frames = [frame.astype(int) for frame in film.loop(INK, samples=300, radius=3, rng=0, **more).frames]
    steps = [np.abs(b - a).mean() for a, b in zip(frames, [*frames[1:], frames[0]], strict=True)]
    assert min(steps) > 0
    assert steps[-1] <= 1.3 * max(steps[:-1])  # the last meets the first as any meets the next
    half = np.abs(frames[20] - frames[0]).mean()
    assert half > 2 * max(steps)


@pytest.mark.parametrize("t", [0.0, 0.7, 2.0, 5.5])
def test_drifting_dots_are_a_sample_at_every_time(t):
    at = drift(COLOUR, 40_000, np.random.default_rng(0))
    found = at(t)
    error = np.sqrt(np.diagonal(COLOUR.covariance()) / 40_000)
    assert (np.abs(found.mean(axis=0) - COLOUR.mean()) < 5 * error).all()
    assert np.cov(found.T) == pytest.approx(COLOUR.covariance(), rel=0.05, abs=60)
    assert at(t + 2 * np.pi) == pytest.approx(found)
    assert np.abs(at(t + 1) - found).mean() > 1


@pytest.mark.parametrize("kind", film.FILM_KINDS)
def test_every_kind_holds_the_frames_in_time(kind):
    made = film.loop(COLOUR, samples=400, rng=0, **FEW)
    data = film.encode(made, kind)
    assert data == film.encode(made, kind.upper())
    frames, times = decoded(data)
    assert len(frames) == len(made.frames) == 10
    assert times == made.milliseconds == [100] * 10
    away = [np.abs(a.astype(int) - b).mean() for a, b in zip(frames, made.frames, strict=True)]
    assert max(away) <= {".gif": 7, ".webp": 12, ".apng": 0}[kind]


@pytest.mark.parametrize("fps", [7, 15, 24, 30, 50])
def test_times_keep_step(fps):
    made = film.loop(INK, samples=5, frame=FRAME, size=(6, 4), seconds=2, fps=fps)
    assert len(made.frames) == 2 * fps
    assert sum(made.milliseconds) == 2000
    assert set(made.milliseconds) <= {10 * (100 // fps), 10 * (100 // fps + 1)}


def test_a_gif_does_not_flicker():
    """What stands still keeps its colours to the bit, dithered ones too, whatever moves beside it."""
    y, x = np.mgrid[:40, :60]
    ground = np.stack([4 * x, 3 * y + x, 250 - 2 * x - y], axis=-1).astype(np.uint8)  # more colours than a palette has
    frames = []
    for i in range(8):
        frame = ground.copy()
        frame[5:10, 5 + 4 * i : 10 + 4 * i] = (250, 20 * i, 0)
        frames.append(frame)
    found, _ = decoded(film.encode(film.Film(frames, [50] * 8), ".gif"))
    still = np.stack(found)[:, 12:]
    assert (still == still[0]).all()
    assert np.abs(still[0].astype(int) - ground[12:]).mean() < 8
    assert len(np.unique(np.stack(found).reshape(-1, 3), axis=0)) <= 256


def test_few_colours_are_kept_as_they_are():
    """As many as a palette has, though no frame has more than two of them."""
    colours = np.random.default_rng(0).integers(0, 256, (128, 2, 3)).astype(np.uint8)
    frames = [np.repeat(pair[None], 5, axis=0) for pair in colours]
    for kind in (".gif", ".apng"):
        found, _ = decoded(film.encode(film.Film(frames, [50] * 128), kind))
        np.testing.assert_array_equal(found, frames)


def test_white_paper_stays_white():
    frames = film.loop(INK, samples=100, rng=0, **FEW).frames
    found, _ = decoded(film.encode(film.Film(frames, [100] * 10), ".gif"))
    for before, after in zip(frames, found, strict=True):
        assert (after[(before == 255).all(axis=-1)] == 255).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: film.loop(INK, **FEW | {"seconds": 0}), "seconds is 0"),
        (lambda: film.loop(INK, **FEW | {"seconds": 61}), "at most 60"),
        (lambda: film.loop(INK, **FEW | {"fps": "fast"}), "fps is 'fast'"),
        (lambda: film.loop(INK, **FEW | {"fps": 51}), "1 to 50 frames"),
        (lambda: film.loop(INK, **FEW, samples=0), "samples is 0"),
        (lambda: film.sampling(INK, **FEW, samples=2.5), "samples is 2.5"),
        (lambda: film.sampling(INK, **FEW, n_threads=0), "n_threads is 0"),
        (lambda: film.sampling(INK, **FEW | {"size": (0, 4)}), "size is"),
        (lambda: film.em([INK], **FEW), "steps has 1 mixtures"),
        (lambda: film.em([INK, COLOUR], **FEW), "different shapes"),
        (lambda: film.em([INK, INK], "oil", **FEW), "the style 'oil' is unknown"),
        (lambda: film.em([INK, INK], "mean", **FEW), "needs five"),
        (lambda: film.encode(film.Film([np.zeros((4, 4, 3), np.uint8)], [10]), ".mp4"), r"'\.mp4' is unknown"),
        (lambda: film.encode(film.Film([np.zeros((1, 16_384, 3), np.uint8)] * 2, [9] * 2), ".webp"), "its limit"),
        (lambda: film.encode(film.Film([np.zeros((2, 2, 3), np.uint8)], [9]), ".gif"), "two or more"),
        (lambda: film.encode(film.Film([np.zeros((n, 2, 3), np.uint8) for n in (2, 3)], [9, 9]), ".gif"), "one size"),
    ],
)
def test_wrong_input(make, says):
    with pytest.raises(InputError, match=says):
        make()
