"""The studio as one file: what it holds, what it refuses, and that EM runs in it, without a network."""

import base64
import json
import re
import zlib

import numpy as np
import pytest
from browsing import browser, page, state, until
from PIL import Image
from recipes import run_command
from scripts import answers, needs_node, parts_of

import mixtura as mx
from mixtura.errors import InputError, TableError
from mixtura.sources.tables import write

MARKUP = "</script><img src=x onerror=alert(1)> & \"'"


def moons():
    rng = np.random.default_rng(0)
    turn = np.pi * np.arange(200) / 199
    upper, lower = (
        np.column_stack([np.cos(turn), np.sin(turn)]),
        np.column_stack([1 - np.cos(turn), 0.5 - np.sin(turn)]),
    )
    return np.concatenate([upper, lower]) + rng.normal(0.0, 0.08, (400, 2))


def given(text):
    """What a page carries."""
    return json.loads(re.search(r'<script type="application/json" id="given">(.*?)</script>', text, re.DOTALL)[1])


def parts(p):
    """The parts on the screen."""
    found = state(p, "{w: [...app.state.document.parts.weights], m: [...app.state.document.parts.means]}")
    return np.array(found["w"]), np.array(found["m"]).reshape(-1, 2)


def fitted_here(p):
    """Press the button, and wait for the end."""
    p.get_by_role("button", name="Fit", exact=True).click()
    until(p, "app.state.document?.fit.criteria")
    return state(p, "app.state.document.fit"), *parts(p)


def plot_taken(p, folder):
    """A page draws the plot itself: points, ellipses, margins and names, on a sheet as large as one likes."""
    p.locator(".top").get_by_role("button", name="Take away").click()
    sheet = p.get_by_role("dialog", name="Take away")
    assert "No line makes this" in sheet.inner_text()
    sheet.get_by_label("Width in pixels").fill("1200")
    with p.expect_download() as saved:
        sheet.locator("[data-kind=png]").click()
    saved.value.save_as(folder / "plot.png")
    drawn = np.asarray(Image.open(folder / "plot.png").convert("RGB")).astype(int)
    assert drawn.shape == (900, 1200, 3)
    ground = drawn[40, 600]
    marked = np.abs(drawn - ground).max(axis=2) > 24
    assert marked[100:700, 200:1100].mean() > 0.01, "points and ellipses"
    assert marked[830:880, 200:1000].any(), "ticks"
    vivid = drawn[np.ptp(drawn, axis=2) > 60]
    _, counts = np.unique(np.argsort(vivid, axis=1), axis=0, return_counts=True)
    assert (counts > 50).sum() >= 3, "components have their colours"


def test_em_runs_in_a_worker_of_the_file_and_names_are_text(tmp_path):
    x = moons()
    file = tmp_path / "explore.html"
    file.write_text(mx.studio.page(x, n_components=6, start="random_from_data", seed=8, name=MARKUP), encoding="utf-8")
    fit = mx.fit(x, 6, start="random_from_data", rng=8)
    with browser() as b:
        with page(b, file.as_uri()) as p:
            until(p, "app.state.document?.source.n === 400")
            assert len(p.workers) == 1
            p.wait_for_function(
                "name => document.title.startsWith(name)", arg=MARKUP
            )  # it is shown with the next frame
            assert state(p, "document.querySelectorAll('img[src=x]').length") == 0
            told, weights, means = fitted_here(p)
            assert told["iteration"] == fit.n_iter
            assert told["objective"] == pytest.approx(fit.log_likelihood, rel=1e-9)
            np.testing.assert_allclose(weights, fit.mixture.weights, rtol=1e-9)
            np.testing.assert_allclose(means, fit.mixture.means, rtol=1e-9, atol=1e-9)
            plot_taken(p, tmp_path)
        p = b.new_page()  # one that may complain
        p.goto(file.as_uri())
        assert "TypeError" in p.evaluate("fetch('https://example.com').then(() => '', (error) => String(error))")
        script = (
            "const s = document.createElement('script'); s.textContent = 'globalThis.x = 1'; document.body.append(s);"
        )
        assert p.evaluate(f"() => {{ {script} return globalThis.x ?? 0; }}") == 0


def test_without_workers_it_runs_beside_the_page_and_the_line_below_makes_it_again(tmp_path):
    write(tmp_path / "moons.csv", dict(zip(("across", "up"), moons().T, strict=True)))
    file = tmp_path / "explore.html"
    text = mx.studio.page(tmp_path / "moons.csv", n_components=5, covariance_type="diag", seed=3)
    file.write_text(text, encoding="utf-8")
    with browser() as b, page(b, file.as_uri()) as p:
        p.add_init_script("delete globalThis.Worker")
        p.reload()
        p.wait_for_selector(".mixtura-studio")
        until(p, "app.state.document?.source.n === 400")
        assert p.workers == []
        _, weights, means = fitted_here(p)
        line = until(p, "document.querySelector('.line code').textContent.match(/^mixtura fit(?!.*--max-iter).*/)?.[0]")
    assert line.startswith("mixtura fit moons.csv -k 5")
    run_command(line, tmp_path)
    made = mx.load(tmp_path / "moons.mix")
    assert made.names == ("across", "up")
    np.testing.assert_allclose(weights, made.weights, rtol=1e-9)
    np.testing.assert_allclose(means, made.means, rtol=1e-9, atol=1e-9)


def test_samples_are_offered_and_the_studios_own(tmp_path):
    file = tmp_path / "lesson.html"
    file.write_text(mx.studio.page(title="A lesson"), encoding="utf-8")
    with browser() as b, page(b, f"{file.as_uri()}#sample=moons&k=5&seed=1&start=kmeans") as p:
        until(p, "app.state.document !== null")
        shown = np.array(state(p, "[...app.state.document.source.points]")).reshape(-1, 2)
        assert state(p, "app.state.document.fit.k") == 5
    from mixtura.studio.samples import opened_sample

    assert np.array_equal(shown, opened_sample("moons").arrays["points"])


def unpacked(text):
    """The style and the script that a page carries compressed."""
    packed = re.search(r'<script type="text/plain" id="packed">([^<]*)</script>', text)[1]
    return zlib.decompress(base64.b64decode(packed)).decode().split("\0")


def test_what_is_packed_is_the_page_that_is_not():
    packed, plain = mx.studio.page(moons()), mx.studio.page(moons(), packed=False)
    style, script = unpacked(packed)
    assert f"<style>{style}</style>" in plain
    assert f'<script type="module" id="script">{script}</script>' in plain
    assert given(packed) == given(plain)
    assert len(packed) < len(plain) / 2
    assert "data:image/webp" not in script, "pictures of samples that no page has"


def test_a_page_that_a_browser_saved_opens_again_and_an_old_browser_is_told(tmp_path):
    file = tmp_path / "explore.html"
    file.write_text(mx.studio.page(moons(), n_components=3), encoding="utf-8")
    with browser() as b:
        with page(b, file.as_uri()) as p:
            until(p, "app.state.document?.source.n === 400")
            (tmp_path / "saved.html").write_text(p.content(), encoding="utf-8")
        context = b.new_context()  # it may complain of the style attributes of what was mounted then
        p = context.new_page()
        p.goto((tmp_path / "saved.html").as_uri())
        p.wait_for_function("() => Boolean(document.querySelector('.mixtura-studio')?.studio)")
        until(p, "app.state.document?.source.n === 400")
        assert p.locator(".mixtura-studio").count() == 1
        fitted_here(p)
        p.add_init_script("delete globalThis.DecompressionStream")
        p.goto(file.as_uri())
        p.wait_for_selector("p")
        assert p.inner_text("body") == "This page needs a browser of 2023 or later: open it in a newer one."
        context.close()


@pytest.mark.parametrize("packed", [True, False])
def test_the_policy_allows_this_script_and_no_other(packed):
    text = mx.studio.page(moons(), packed=packed)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "script-src" in policy
    assert "blob:" not in re.search("script-src[^;]*", policy)[0]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src" not in policy, "nothing may be loaded"
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))


def test_a_page_holds_points_a_mixture_or_both():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 3))
    fit = mx.fit(mx.Points(x, names=["a", "b", "c"]), 2, covariance_type="diag")
    alone, both = given(mx.studio.page(fit)), given(mx.studio.page(fit, x))
    assert alone["opened"]["head"]["columns"] == ["a", "b", "c"]
    assert alone["opened"]["head"]["covariance_type"] == "diag"
    assert alone["opened"]["arrays"]["points"]["shape"] == [0, 3]
    assert both["opened"]["arrays"]["points"]["shape"] == [50, 3]
    assert both["opened"]["head"]["columns"] == ["a", "b", "c"], "points without names have those of the mixture"
    kinds = [given(mx.studio.page(x, name=name))["opened"]["head"]["kind"] for name in ("mine", "mine.csv")]
    assert kinds == ["points", "table"]
    assert both["opened"]["arrays"]["factors"]["shape"] == [2, 3, 3]
    picture = mx.Mixture([1.0], [[4.0, 5.0, 90, 80, 70]], [np.diag([2.0, 3, 9, 9, 9])])
    head = given(mx.studio.page(picture, frame=(0, 0, 10, 12)))["opened"]["head"]
    assert (head["mode"], head["frame"], head["width"]) == ("colour", [0, 0, 10, 12], 10)


WRONG = {
    "too many rows": (lambda: mx.studio.page(np.zeros((100_001, 2))), "100,001 rows, a page holds 100,000"),
    "too many columns": (lambda: mx.studio.page(np.zeros((3, 65))), "65 columns"),
    "a picture": (lambda: mx.studio.page(np.arange(300).reshape(10, 10, 3) % 256), "holds no pictures"),
    "another family": (
        lambda: mx.studio.page(mx.Mixture([1.0], [[0.0, 0]], [[[1.0, 0], [0, 1]]], "EVE")),
        "of the family EVE, a page knows full, tied, diag, spherical",
    ),
    "a start that it has not": (lambda: mx.studio.page(moons(), start="clever"), "start is 'clever'"),
    "covariances that it has not": (lambda: mx.studio.page(moons(), covariance_type="VEV"), "covariance_type is 'VEV'"),
    "no number of components": (lambda: mx.studio.page(moons(), n_components=0), "n_components is 0"),
    "no seed": (lambda: mx.studio.page(moons(), seed=-1), "seed is -1"),
    "points of other columns": (
        lambda: mx.studio.page(mx.Mixture([1.0], [[0.0]], [[[1.0]]]), moons()),
        "2 coordinates",
    ),
    "two sets of points": (lambda: mx.studio.page(moons(), moons()), "is no mixture"),
    "infinity": (lambda: mx.studio.page([[0.0, np.inf]]), "finite"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_page_refuses(case):
    call, sentence = WRONG[case]
    with pytest.raises((InputError, TableError), match=sentence) as caught:
        call()
    assert len(str(caught.value)) < 500


@needs_node
@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_model_files_go_both_ways(kind, tmp_path):
    x = np.column_stack([moons(), moons()[::-1, 0]])
    mix = mx.fit(mx.Points(x, names=["x", "y é", 'z "']), 3, covariance_type=kind, max_iter=5).mixture
    notes = {"studio": {"names": ["a", None, "→ é"], "look": {"style": "contour", "split": 0.5}}}
    (written,) = answers(("modelfile", "writeModel", parts_of(mix), kind, list(mix.names), notes))
    file = tmp_path / "moons.mix"
    file.write_bytes(written.astype(np.uint8).tobytes())
    back = mx.load(file)
    assert (back.covariance_type, back.names) == (kind, mix.names)
    assert np.array_equal(back.weights, mix.weights)
    np.testing.assert_allclose(back.covariances, mix.covariances, rtol=1e-14, atol=1e-15)
    again = tmp_path / "again.mix"
    back.save(again, notes=notes)
    assert again.read_bytes() == file.read_bytes()
    mix.save(file)
    (read,) = answers(("modelfile", "readModel", np.frombuffer(file.read_bytes(), np.uint8), "moons.mix"))
    assert (read["kind"], read["columns"], read["notes"]) == (kind, list(mix.names), {})
    np.testing.assert_allclose(read["parts"]["factors"], parts_of(mix)["factors"], rtol=1e-13, atol=1e-15)
