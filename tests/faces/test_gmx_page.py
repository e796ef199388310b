"""Tiny pictures in a browser: the script reads what Python reads, and its element paints what Python paints."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from browser import ENCODED, ask, needs_browser, picture
from terminal import COLOUR, make, mixtura

from mixtura.errors import InputError, PictureError
from mixtura.pictures import codec

FILES = sorted((Path(__file__).parents[1] / "golden" / "gmx").glob("*.gmx"))
PATIENT = "--virtual-time-budget=4000"  # scripts may wait
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no node here: apt-get install nodejs")


def page(*elements):
    return f"<!doctype html><html><head><title>tiny</title></head><body>{''.join(elements)}</body></html>"


@needs_node
def test_the_script_reads_every_file_as_python_does(tmp_path):
    (tmp_path / "gmx.mjs").write_text(codec.javascript())
    (tmp_path / "ask.mjs").write_text(
        """import { read, pixels } from './gmx.mjs';
        import fs from 'node:fs';
        const told = process.argv.slice(2).map((name) => {
          const found = read(new Uint8Array(fs.readFileSync(name)));
          const painted = pixels(found, found.width, found.height);
          return { ...found, pixels: Buffer.from(painted).toString('base64') };
        });
        console.log(JSON.stringify(told));"""
    )
    done = subprocess.run([NODE, "ask.mjs", *FILES], cwd=tmp_path, capture_output=True, text=True, check=True)
    for file, told in zip(FILES, json.loads(done.stdout), strict=True):
        data = file.read_bytes()
        mixture, expected = codec.decode_mixture(data), codec.decode(data).astype(int)
        parts = np.array(told["parts"]).reshape(-1, 20)
        np.testing.assert_allclose(parts[:, :2], mixture.means[:, :2], rtol=1e-12)
        precisions = np.swapaxes(parts[:, 2:6].reshape(-1, 2, 2), 1, 2) @ parts[:, 2:6].reshape(-1, 2, 2)
        np.testing.assert_allclose(np.linalg.inv(precisions), mixture.matrices[:, :2, :2], rtol=1e-9, atol=1e-9)
        channels = expected.shape[2]
        np.testing.assert_allclose(parts[:, 8 : 8 + channels], mixture.means[:, 2:], rtol=1e-9, atol=1e-9)
        found = picture(told["pixels"], told["width"], told["height"])[..., :channels].astype(int)
        assert np.abs(found - expected).max() <= 1


@needs_node
def test_damaged_files_end_in_an_error_or_a_picture(tmp_path):
    (tmp_path / "gmx.mjs").write_text(codec.javascript())
    (tmp_path / "ask.mjs").write_text(
        """import { read } from './gmx.mjs';
        import fs from 'node:fs';
        const data = new Uint8Array(fs.readFileSync(process.argv[2]));
        let seed = 1, wrong = 0, right = 0;
        const random = (n) => { seed = (seed * 48271) % 2147483647; return seed % n; };
        for (let i = 0; i < 2000; i++) {
          const other = data.slice(0, i < 300 ? i : data.length);
          for (let j = 0; i >= 300 && j < 3; j++) other[random(other.length)] = random(256);
          try {
            const { width, height, parts } = read(other);
            if (!(width > 0 && height > 0 && parts.every(Number.isFinite))) throw RangeError(String(i));
            right++;
          } catch (error) {
            if (!error.message.includes('.gmx')) throw error;
            wrong++;
          }
        }
        console.log(JSON.stringify([wrong, right]));"""
    )
    file = FILES[-1]
    done = subprocess.run([NODE, "ask.mjs", file], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    wrong, right = json.loads(done.stdout)
    assert wrong > 100
    assert right > 100


@needs_browser
@pytest.mark.parametrize("without", ["", "OffscreenCanvas.prototype.getContext = ((get) => function (kind) {"
                                     "return kind === 'webgl2' ? null : get.call(this, kind); })"
                                     "(OffscreenCanvas.prototype.getContext);"], ids=["WebGL2", "canvas"])  # fmt: skip
def test_the_element_paints_what_python_paints(tmp_path, without):
    data = next(file for file in FILES if file.stem.startswith("cut-out")).read_bytes()
    width, height = codec.size(data)
    text = page(f"<script>{without}</script>", codec.html(data, alt='a "b" <i>'))
    script = f"""const element = document.querySelector('gmx-picture');
        const painted = () => element.shadowRoot?.querySelector('canvas')?.getContext('2d')
          .getImageData(0, 0, {width}, {height}).data.some((each) => each);
        while (!painted()) await new Promise((done) => setTimeout(done, 20));
        if (element.getAttribute('aria-label') !== 'a "b" <i>') throw Error('another text');
        if (element.clientWidth !== {width} || element.clientHeight !== {height}) throw Error('another size');
        const canvas = element.shadowRoot.querySelector('canvas');
        const pixels = canvas.getContext('2d').getImageData(0, 0, {width}, {height}).data; {ENCODED}"""
    found = picture(ask(text, script, tmp_path, PATIENT), width, height).astype(int)
    expected = codec.decode(data).astype(int)
    solid = expected[..., 3] > 250  # a canvas keeps colours multiplied by the opacity, rounded
    assert np.abs(found - expected)[solid].max() <= 2
    assert np.abs(found - expected)[..., 3].max() <= 1
    assert solid.mean() > 0.1


@needs_browser
def test_an_image_covers_its_placeholder_once_it_has_loaded(tmp_path):
    make(tmp_path)
    data = codec.encode(COLOUR, n_components=2)
    within = '<img src="colour.png" alt=""></gmx-picture>'
    said = ask(
        page(codec.html(data).replace("</gmx-picture>", within)),
        """await new Promise((done) => setTimeout(done, 700));
        const element = document.querySelector('gmx-picture');
        document.getAnimations().forEach((each) => each.finish());
        const of = (name) => getComputedStyle(element.querySelector('img'))[name];
        return [element.hasAttribute('loaded'), of('opacity'), of('width'), element.clientWidth];""",
        tmp_path,
        PATIENT,
    )
    assert said == [True, "1", "24px", 24]


def test_the_command_prints_what_a_page_needs(tmp_path):
    make(tmp_path)
    said = mixtura("encode", "colour.png", "-k", "2", "--html", folder=tmp_path)
    assert said.code == 0
    assert not (tmp_path / "colour.gmx").exists()
    assert codec.javascript() in said.out
    data = base64.b64decode(re.search('data="([^"]*)"', said.out)[1])
    assert codec.size(data) == (24, 16)
    assert 'aria-label="colour"' in said.out
    said = mixtura("encode", "colour.png", "-k", "2", "--html", "-o", "a.gmx", folder=tmp_path)
    assert (tmp_path / "a.gmx").read_bytes() == data


def test_the_script_is_small():
    assert len(codec.javascript()) < 9_300  # 6,400 once names are shortened, 3,700 compressed as well


def test_wrong_pages():
    with pytest.raises(PictureError, match="gmx"):
        codec.html(b"no")
    data = codec.encode(COLOUR, n_components=1)
    with pytest.raises(InputError, match="alt is 3"):
        codec.html(data, alt=3)
