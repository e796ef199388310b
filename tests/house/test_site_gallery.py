"""How the examples become pages: their pictures with words, one panel as a thumbnail, and links to them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("sphinx_gallery")
EXT = Path(__file__).resolve().parents[2] / "docs" / "_ext"


@pytest.fixture(scope="module")
def chapters():
    spec = importlib.util.spec_from_file_location("chapters", EXT / "chapters.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawn(several):
    """Two axes, the second red; or one axes with two pictures, the second red."""
    plt.switch_backend("agg")
    if several:
        ax = plt.subplots(num="two pictures")[1]
        ax.imshow(np.zeros((4, 4, 3)), extent=(0, 1, 0, 1))
        ax.imshow(np.full((4, 4, 3), (1.0, 0.0, 0.0)), extent=(1, 2, 0, 1))
        ax.set(xlim=(0, 2), ylim=(0, 1))
    else:
        plt.subplots(1, 2, num="two axes")[1][1].set(facecolor="red", xticks=[], yticks=[])


@pytest.mark.parametrize("several", [False, True])
def test_a_figure_has_words_and_its_panel_is_kept(chapters, tmp_path, several):
    script = tmp_path / "mine.py"
    script.write_text('"""A title"""\n\n# sphinx_gallery_thumbnail_number = 102\nx = 1\n')
    drawn(several)
    names = iter([str(tmp_path / "images" / "sphx_glr_mine_001.png")])
    (tmp_path / "images").mkdir()
    block_vars = {"src_file": str(script), "example_globals": {}, "image_path_iterator": names}
    told = chapters.pictures(None, block_vars, {"src_dir": str(tmp_path)})
    assert f":alt: {'two pictures' if several else 'two axes'}" in told
    with Image.open(tmp_path / "images" / "sphx_glr_mine_102.png") as panel:
        middle = np.asarray(panel.convert("RGB"))[panel.height // 2, panel.width // 2]
        assert middle.tolist() == [255, 0, 0]
        assert panel.width >= 400
    assert not plt.get_fignums()


def test_a_docstring_tells_of_its_examples(chapters, tmp_path):
    folder = tmp_path / "gallery" / "backreferences"
    folder.mkdir(parents=True)
    (folder / "mixtura.Mixture.reduce.examples").write_text(":doc:`/gallery/calculus/fewer`\n" * 2)
    app = SimpleNamespace(srcdir=tmp_path, env=SimpleNamespace(docname="api/mixtura.Mixture"))
    lines = ["Fewer components."]
    chapters._shown_in(app, "method", "mixtura.Mixture.reduce", None, None, lines)
    assert lines[-2] == "*Shown in:* :doc:`The same in fewer words </gallery/calculus/fewer>`"
    before = list(lines)
    chapters._shown_in(app, "method", "mixtura.Mixture.merge", None, None, lines)  # in no example
    chapters._shown_in(app, "class", "mixtura.Mixture", None, None, lines)  # its page has thumbnails
    assert lines == before


def test_names_in_examples_are_followed_through_modules(chapters):
    from sphinx_gallery import backreferences

    import mixtura as mx

    chapters._follow_modules()
    blocks = [SimpleNamespace(type="code", content="draw = mx.pictures.draw\ndraw.dots(mix)\nmix.reduce(3)")]
    known = {"mx": mx, "draw": mx.pictures.draw, "mix": mx.Mixture([1.0], [[0.0]], [[[1.0]]])}
    found = backreferences.identify_names(blocks, backreferences._make_ref_regex(), known)
    named = {f"{each['module_short']}.{each['name']}" for entries in found.values() for each in entries}
    assert {"mixtura.pictures.draw.dots", "mixtura.Mixture.reduce"} <= named


def test_every_example_chooses_a_thumbnail_that_may_be(chapters):
    for name in chapters.EXAMPLES:
        text = (chapters.ROOT / "examples" / name).read_text(encoding="utf-8")
        for number in re.findall(r"^# sphinx_gallery_thumbnail_number = (.*)$", text, re.MULTILINE):
            assert re.fullmatch(r"[1-9](\d\d)?", number), name
            assert int(number[0]) <= text.count("num="), name  # a figure that there is
