"""The .gmx format: what is read is what was written, and what the law says, by a reader that follows it alone."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from mixtura.pictures import codec, field
from mixtura.pictures.codec import layout, refine, units
from mixtura.pictures.codec.layout import Header

sys.path.insert(0, str(Path(__file__).parent))
import gmx

GOLDEN = Path(__file__).parents[1] / "golden" / "gmx"


def drawn(seed):
    """A header, places and components, all as rare as they can be."""
    rng = np.random.default_rng(seed)
    opacity, slopes, gates = (bool(each) for each in rng.integers(0, 2, 3))
    k, (width, height) = int(rng.choice([1, 2, 3, 5, 14, 40, 90])), rng.integers(1, [3000, 2000])
    octave, steps = int(rng.choice([1, 2, 3, 4, 6])), rng.integers(0, 32, 2)
    grid = int(rng.integers(4, 15))
    header = Header(int(width), int(height), k, grid, octave, int(steps[0]), int(steps[1]), opacity, slopes, gates)
    table = np.zeros((k, 16 if slopes else 8), np.int64)
    table[:, 0], table[:, 1] = rng.integers(0, 16 * octave + 1, k), rng.integers(0, 6 * octave + 1, k)
    table[:, 2] = rng.integers(0, header.turns[table[:, 1]])
    most = int(rng.choice([1, 40, 2000]))
    table[:, 3] = rng.integers(-most, most + 1, k) * gates
    table[:, 4 : 4 + header.levels] = rng.integers(-most, most + 1, (k, header.levels))
    if slopes:
        table[:, 8 : 8 + 2 * header.levels] = rng.integers(-most, most + 1, (k, 2 * header.levels))
    return header, rng.integers(0, header.extent, (k, 2)), table


def rows(header, places, table):
    """As the plain reader gives them."""
    parts = [places, table[:, : 4 + header.levels]]
    return np.concatenate([*parts, table[:, 8 : 8 + 2 * header.levels]] if header.slopes else parts, axis=1)


@pytest.mark.parametrize("seed", range(12))
def test_what_was_written_is_read_by_us_and_by_the_law(seed):
    header, places, table = drawn(seed)
    data = layout.write(header, places, table)
    found = layout.read(data)
    assert found[0] == header
    told, components = gmx.read(data)
    assert told == vars(header)
    assert rows(*found).tolist() == components
    wanted = rows(header, places, table)
    assert sorted(map(tuple, wanted.tolist())) == sorted(map(tuple, components))
    assert len(data) >= header.count


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.gmx")), ids=lambda path: path.stem)
def test_files_of_each_version_stay_readable(path):
    data = path.read_bytes()
    header, places, table = layout.read(data)
    told, components = gmx.read(data)
    assert told == vars(header)
    assert rows(header, places, table).tolist() == components
    assert codec.size(data) == (told["width"], told["height"])


def test_the_example_of_the_law():
    law = gmx.LAW.read_text().partition("## 7.")[2]
    data = bytes.fromhex(re.findall(r"^d1 [0-9a-f ]+$", law, re.MULTILINE)[0])
    header, components = gmx.read(data)
    assert (header["width"], header["height"], header["count"], header["octave"]) == (48, 32, 3, 2)
    table = re.findall(
        r"^\| (\d+), (\d+) \| (\d+) \| (\d+) \| (\d+) of \d+ \| (-?\d+), (-?\d+), (-?\d+) \|$", law, re.M
    )
    assert [[int(each) for each in row] for row in table] == [[*row[:5], *row[6:]] for row in components]
    corners = codec.decode(data)[[0, 0, 31, 31, 16], [0, 47, 0, 47, 24]]
    wanted = re.findall(r"\((\d+), (\d+), (\d+)\)", law.partition("At the corners")[2])
    assert np.abs(corners - np.array(wanted, int)).max() <= 1


def test_numbers_become_a_mixture_as_the_law_says():
    data = (GOLDEN / "all-options.gmx").read_bytes()
    told, components = gmx.read(data)
    mixture = codec.decode_mixture(data)
    longer, octave = max(told["width"], told["height"]), told["octave"]
    for row, mean, covariance in zip(components, mixture.means, mixture.covariances, strict=True):
        size, ratio, angle = row[2:5]
        turns = gmx.TURNS[min(2 * ratio // octave, 7)] if ratio else 1
        t = np.pi * angle / turns
        axes = np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
        widths = longer * 2.0 ** ((2 * size + np.array([ratio, -ratio])) / (2 * octave) - 14)
        np.testing.assert_allclose(covariance[:2, :2], axes.T * widths**2 @ axes, rtol=1e-12, atol=1e-9)
        steps = 2.0 ** (np.array([told["luma"], told["chroma"], told["chroma"], told["luma"]]) / 4)
        y, co, cg, a = row[6:10] * steps
        assert mean[2:] == pytest.approx([128 + y - cg + co, 128 + y + cg, 128 + y - cg - co, 255 + a], abs=1e-9)
        slope = (covariance[:2, 5] @ axes.T) / widths  # of the opacity, along each axis
        assert slope == pytest.approx(np.array(row[16:18]) * steps[3], abs=1e-9)
    gates = 2.0 ** (np.array([row[5] for row in components]) / 4)
    areas = np.sqrt(np.linalg.det(mixture.covariances[:, :2, :2]))
    assert mixture.weights == pytest.approx(gates * areas / (gates * areas).sum(), rel=1e-9)


def test_powers_and_directions_are_near_the_true_ones():
    assert [units.power(n) for n in range(-100, 100)] == pytest.approx(
        [2 ** (n / 24) for n in range(-100, 100)], rel=1e-14
    )
    t = np.arange(192) * np.pi / 192
    np.testing.assert_allclose(units.directions(), np.stack([np.cos(t), np.sin(t)], axis=1), atol=1e-13)


def test_rounding_is_where_it_says_and_rounds_once():
    rng = np.random.default_rng(1)
    header = Header(300, 200, 30, 9, 3, 10, 12, slopes=True)
    parameters = rng.normal(size=(30, 15)) * 0.3
    parameters[:, :2] = rng.uniform(0, 200, (30, 2))
    parameters[:, 2:4] = -np.log(rng.uniform(3, 60, (30, 2)))
    parameters[:, 4] = rng.uniform(-7, 7, 30)
    parameters[:, 5] = 0.0
    before = parameters.copy()
    places = units.place_rounded(parameters, header)
    shapes = units.shape_rounded(parameters, header)
    levels = units.levels_rounded(parameters, header)
    assert np.abs(parameters[:, :2] - before[:, :2]).max() <= 0.5 * 300 / 512 + 1e-9
    again = parameters.copy()
    assert (units.place_rounded(again, header) == places).all()
    assert (units.shape_rounded(again, header) == shapes).all()
    assert (units.levels_rounded(again, header) == levels).all()
    from mixtura.pictures import experts

    table = np.concatenate([shapes, np.zeros((30, 1), np.int64), levels], axis=1)
    ours, theirs = units.mixture(header, places, table), experts.to_mixture(parameters, np.zeros(30))
    np.testing.assert_allclose(ours.means, theirs.means, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.covariances, theirs.covariances, rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(ours.weights, theirs.weights, rtol=1e-9)


@pytest.mark.parametrize("opacity", [False, True])
@pytest.mark.parametrize(("price", "bytes_less"), [(0.0, -1000), (0.05, 10)])
def test_refining_lowers_the_error_or_the_bytes(opacity, price, bytes_less):
    rng = np.random.default_rng(1)
    header = Header(120, 80, 40, 8, 3, 14, 15, opacity)
    y, x = np.mgrid[:80, :120]
    picture = np.stack([2 * x, 3 * y, np.where(x > y, 200, 90), 255 - x][: header.levels]).astype(float)
    places = rng.integers(0, header.extent, (header.count, 2))
    table = np.zeros((header.count, 8), np.int64)
    table[:, 0], table[:, 1] = rng.integers(30, 34, header.count), rng.integers(0, 6, header.count)
    table[:, 2] = rng.integers(0, header.turns[table[:, 1]])
    table[:, 4 : 4 + header.levels] = rng.integers(-4, 5, (header.count, header.levels))

    def error(places, table):
        mixture = units.mixture(header, places, table)
        painted = field.mean(mixture, field.Frame.of_picture(120, 80), (120, 80))
        return float(np.square(np.clip(np.moveaxis(painted, 2, 0), 0, 255) - picture).sum())

    found = refine.refined(header, places, table, picture, np.ones((80, 120)), 1.0, price)
    before, after = (len(layout.write(header, *each)) for each in ((places, table), found))
    assert after <= before - bytes_less
    gain = 10 * np.log10(error(places, table) / error(*found))
    assert gain > (10.0 if price == 0.0 else 1.0)
    read = layout.read(layout.write(header, *found))[1:]
    one, other = (sorted(map(tuple, np.concatenate(each, axis=1).tolist())) for each in (read, found))
    assert one == other
