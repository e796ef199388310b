"""What is painted is what was painted: the size first, then the pixels."""

from __future__ import annotations

import numpy as np
import pytest

from mixtura.pictures import files
from pictures import CASES, FOLDER, SIZE, paint


def assert_same_picture(found, kept):
    """Equal in size, and in all but 1 in 500 pixels to 3 of 255: the rounding of another platform, not another look."""
    assert found.shape == kept.shape, f"size {found.shape} instead of {kept.shape}"
    away = np.abs(found.astype(int) - kept.astype(int)).max(axis=-1)
    assert (away > 3).mean() <= 0.002, f"{(away > 3).mean():.1%} of the pixels differ, by up to {away.max()}"


@pytest.mark.parametrize("name", CASES)
def test_pictures_stay(name):
    kept = files.read(FOLDER / f"{name}.png").astype(np.uint8)
    assert kept.shape == (SIZE[1], SIZE[0], 3)
    assert_same_picture(paint(name), kept)


def test_every_kept_picture_is_painted():
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


def test_the_comparison_can_fail():
    picture = paint("ink-grid")
    assert_same_picture(picture, picture)
    with pytest.raises(AssertionError, match="size"):
        assert_same_picture(picture[:-1], picture)
    with pytest.raises(AssertionError, match="differ"):
        assert_same_picture(np.roll(picture, 1, axis=1), picture)
    darker = picture.copy()
    darker[:4, :4] = 0
    with pytest.raises(AssertionError, match="differ"):
        assert_same_picture(darker, picture)
