"""Colour maps: their ends, their anchors, evenly spaced steps."""

import numpy as np
import pytest

from mixtura.errors import InputError
from mixtura.pictures import palette


def test_anchors_are_met():
    np.testing.assert_array_equal(palette.colours("grey", 2), [[255, 255, 255], [0, 0, 0]])
    viridis = palette.colours("viridis", 10)
    np.testing.assert_array_equal(viridis[[0, 4, 9]], [[0x44, 1, 0x54], [0x26, 0x82, 0x8E], [0xFD, 0xE7, 0x25]])
    np.testing.assert_array_equal(palette.colours("Viridis", 1), viridis[-1:])


def test_the_middle_grey_is_the_perceived_one():
    # OKLab's lightness is the cube root of linear light for greys: 1/8 of it, which sRGB writes as 99.
    np.testing.assert_array_equal(palette.colours("grey", 3)[1], [99, 99, 99])


@pytest.mark.parametrize("name", palette.NAMES)
def test_every_map_is_smooth_and_turns_around(name):
    ramp = palette.colours(name, 512)
    assert ramp.shape == (512, 3)
    assert ramp.dtype == np.uint8
    assert np.abs(np.diff(ramp.astype(int), axis=0)).max() <= 16
    np.testing.assert_array_equal(palette.colours(f"{name}-r", 512), ramp[::-1])
    assert np.abs(ramp[0].astype(int) - ramp[-1]).max() > 50


def test_magma_is_matplotlib_s():
    # Five places of the published table, at the 256 steps 0, 64, 128, 192, 255; ten anchors come within 5.
    published = [[0, 0, 4], [81, 18, 124], [183, 55, 121], [252, 137, 97], [252, 253, 191]]
    found = palette.colours("magma", 256)[[0, 64, 128, 192, 255]]
    assert np.abs(found.astype(int) - published).max() <= 5


@pytest.mark.parametrize("name", ["jet", "", "viridis-x", None, 3])
def test_unknown_names_get_the_known_ones(name):
    with pytest.raises(InputError, match=r"choose one of viridis, magma, .*reversed"):
        palette.colours(name, 5)


def test_near_names_are_guessed():
    with pytest.raises(InputError, match=r"did you mean viridis\?"):
        palette.colours("viridi", 5)


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "3"])
def test_counts(n):
    with pytest.raises(InputError, match="n is"):
        palette.colours("viridis", n)
