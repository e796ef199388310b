"""Sessions: fits that are the library's to the bit, stopped at once, and that outlive pages, processes and mistakes."""

import io
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sessions import FIT, Page, page

import mixtura as mx
from mixtura.model.storage import load_with_notes, save
from mixtura.studio import session as sessions
from mixtura.studio.session import Session
from mixtura.studio.sessions import Sessions
from mixtura.studio.starting import in_family, resized
from mixtura.studio.worker import Worker

SHARED = Path("/dev/shm")
ENDLESS = {"k": 8, "tol": 0, "max_iter": 100_000}
posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def shared(pid=None):
    """The shared memory of a process; of this one, if no other is named."""
    return {path.name for path in SHARED.glob(f"mixtura-{pid or os.getpid()}-*")} if SHARED.is_dir() else set()


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    assert condition()


def process(found, name="fit"):
    return found.session._crew.workers[name].process


@pytest.fixture(scope="module")
def table():
    x = np.random.default_rng(0).normal(size=(300, 2)) + np.repeat([[0, 0], [6, 0], [0, 6]], 100, axis=0)
    text = "a,b\n" + "".join(f"{a!r},{b!r}\n" for a, b in x.tolist())
    return x, text.encode()


@pytest.fixture(scope="module")
def opened(table):
    with page() as found:
        told = found.open(table[1], "t.csv", "table")
        assert (told.head["columns"], told.head["n"], told.head["types"]) == (["a", "b"], 300, ["number"] * 2)
        np.testing.assert_array_equal(told.arrays["points"], table[0])
        yield found


def asked(**how):
    return FIT | how


def model(found, message, **how):
    return mx.load(io.BytesIO(found.take("mix", message.arrays, **how).arrays["bytes"].tobytes()))


def test_a_fit_is_the_librarys_to_the_bit(opened, table):
    opened.say("fit", job=1, **asked(k=3, seed=7, tol=1e-6))
    first = opened.hear("step")
    steps = [first]
    while (heard := opened.hear("step", "done")).type == "step":
        steps.append(heard)
    known = mx.fit(table[0], 3, rng=7, tol=1e-6)
    assert heard.head["reason"] == "converged"
    assert heard.head["iteration"] == known.n_iter
    assert [step.head["iteration"] for step in steps] == list(range(len(steps))), "each of the first steps is shown"
    assert [step.head["objective"] for step in steps] == list(known.log_likelihoods[: len(steps)])
    assert heard.head["bic"] == mx.bic(known, table[0])
    kept = model(opened, heard)
    np.testing.assert_array_equal(kept.covariances, known.mixture.covariances)
    np.testing.assert_array_equal(kept.means, known.mixture.means)
    assert kept.names == ("a", "b")


def test_what_is_pinned_stays_and_k_may_change(opened):
    done = opened.fit(2, k=3)
    pins = np.array([1, 2, 0], np.uint8)
    more = opened.fit(3, {**done.arrays, "pins": pins}, k=5)
    np.testing.assert_array_equal(more.arrays["means"][0], done.arrays["means"][0])
    np.testing.assert_allclose(more.arrays["factors"][1], done.arrays["factors"][1], rtol=1e-12)
    assert len(more.arrays["weights"]) == 5
    less = opened.fit(4, {**more.arrays, "pins": np.array([7, 0, 0, 0, 0], np.uint8)}, k=2, covariance_type="diag")
    np.testing.assert_array_equal(less.arrays["means"][0], more.arrays["means"][0])
    assert less.arrays["factors"][:, 1, 0].tolist() == [0, 0]


def test_what_is_said_before_a_fit_begins_counts(opened):
    """A step, a pause: the process may still be busy with other work, or not have begun."""
    opened.say("fit", job=5, **asked(k=6, tol=0, max_iter=500, paused=True))
    opened.say("step", job=5, count=2)
    opened.say("fit", job=6, **asked(k=6, tol=0, max_iter=500, paused=True))
    opened.say("step", job=6, count=2)
    while (last := opened.hear("step")).head["job"] == 5 or last.head["iteration"] < 2:
        pass
    assert last.head["iteration"] == 2
    opened.say("stop", job=5)  # it is over: the page is told
    assert opened.hear("done").head["job"] == 5


def test_steps_are_taken_one_by_one(opened):
    opened.say("fit", job=5, **asked(k=6, tol=0, max_iter=500, paused=True))
    assert opened.hear("step").head["iteration"] == 0
    opened.hear("paused")
    opened.say("step", job=5, count=1)
    assert opened.hear("step").head["iteration"] == 1
    opened.hear("paused")
    opened.say("step", job=5, count=2)
    assert [opened.hear("step").head["iteration"] for _ in range(2)] == [2, 3]
    opened.hear("paused")
    opened.say("resume", job=5)
    last = [opened.hear("step") for _ in range(3)][-1]
    began = time.monotonic()
    opened.say("stop", job=5)
    done = opened.hear("done")
    assert time.monotonic() - began < 5.0
    assert (done.head["reason"], done.re) == ("stopped", opened.seq)
    assert done.head["iteration"] >= last.head["iteration"]
    opened.say("pause", job=5)  # of a job that is over: nothing
    assert opened.fit(6, k=2).head["reason"] == "converged"


def test_who_changes_k_quickly_gets_the_last_one(opened):
    pid = process(opened).pid
    for job, k in enumerate((3, 4, 5, 6, 2), 30):
        opened.say("fit", job=job, **asked(k=k))
    ends = [opened.hear("done").head for _ in range(5)]
    assert [(each["job"], each["reason"]) for each in ends[:4]] == [(job, "stopped") for job in range(30, 34)]
    assert (ends[4]["job"], ends[4]["reason"]) == (34, "converged")
    for job in range(35, 40):  # it may have ended already when it is stopped
        opened.say("fit", job=job, **asked(k=1, max_iter=1))
        time.sleep(0.01 * (job - 34))
        opened.say("stop", job=job)
        opened.hear("done")
    until(lambda: not opened.session._stopping, seconds=1.5)
    assert process(opened).pid == pid, "nobody was impatient"


def test_numbers_of_components_are_scored(opened, table):
    opened.say("score", job=7, **{"from": 1, "to": 3}, covariance_type="full", seed=0, criterion="bic")
    scores = [opened.hear("score").head for _ in range(3)]
    assert opened.hear("scored").head == {"job": 7}
    known = mx.choose(table[0], range(1, 4), covariance_type="full", rng=0)
    assert [(each["k"], each["bic"], each["icl"]) for each in scores] == [
        (each.n_components, each.bic, each.icl) for each in known.candidates
    ]
    opened.say("score", job=8, **{"from": 2, "to": 3}, covariance_type="full", seed=0, criterion="stability")
    scores = [opened.hear("score").head for _ in range(2)]
    known = mx.choose(table[0], (2, 3), covariance_type="full", criterion="stability", rng=0)
    assert [(each["k"], each["bic"], each["stability"], each["spread"]) for each in scores] == [
        (each.n_components, each.bic, each.stability, each.spread) for each in known.candidates
    ]
    until(lambda: "score" not in opened.session._crew.workers)


def test_what_is_ruled_out_is_not_compared(opened, table):
    points = np.concatenate([table[0], np.tile(table[0].mean(axis=0), (9, 1)) + 50])  # one place, nine times
    opened.say("open", {"points": points}, kind="points", name="p", mode=None, threshold=None, columns=["x", "y"])
    opened.hear("opened")
    opened.say("score", job=9, **{"from": 2, "to": 2}, covariance_type="full", seed=0, criterion="bic")
    score = opened.hear("score").head
    assert (score["bic"], score["icl"]) == (None, None)
    assert "no width" in score["why"]
    assert opened.hear("failed").head["job"] == 9, "none is left"
    opened.open(table[1], "t.csv", "table")


def test_mistakes_are_answered_in_a_sentence(opened):
    for arrays, how in (
        ({}, {"k": 301}),
        ({"weights": [-1.0], "means": [[0.0, 0.0]], "factors": [np.eye(2)]}, {"k": 1}),
        ({"weights": [1.0], "means": [[0.0, 0.0]], "factors": [np.zeros((2, 2))]}, {"k": 1}),
        ({"weights": [1.0], "means": [[0.0] * 3], "factors": [np.eye(3)]}, {"k": 1}),
        ({"weights": [1.0], "means": [[0.0, 0.0]], "factors": [np.eye(2) * 1e200]}, {"k": 1}),
        ({}, {"k": 3, "polish": True}),
    ):
        opened.say("fit", {name: np.array(values) for name, values in arrays.items()}, job=8, **asked(**how))
        told = opened.hear("failed").head
        assert told["job"] == 8
        assert told["sentence"].endswith(".")
        assert "Traceback" not in told["sentence"] + told["remedy"]
    opened.say("open", kind="sample", name="../secret", mode=None, threshold=None, columns=None)
    assert "no such sample" in opened.hear("failed").head["sentence"]
    content = {"bytes": np.frombuffer(b"a,b\n1,x\n", np.uint8)}
    how = {"mode": None, "threshold": None, "columns": ["a", "nobody"]}
    opened.say("open", content, kind="table", name="/etc/../b\n.csv", **how)
    assert "nobody" in opened.hear("failed").head["sentence"]
    assert opened.fit(9, k=2).head["reason"] == "converged", "what was open before is open still"


def test_a_picture_is_fitted_polished_and_opened_again_with_another_threshold(tmp_path):
    rng = np.random.default_rng(3)
    pixels = np.clip(np.add.outer(np.arange(30) * 4, np.arange(40) * 3)[..., None] + rng.normal(0, 9, 3), 0, 255)
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    (tmp_path / "p.png").write_bytes(file.getvalue())
    with page() as found:
        told = found.open(file.getvalue(), "p.png", mode="ink", threshold=100.0)
        again = found.open(name="p.png", mode="ink", threshold=90.0)
        assert again.head["n"] < told.head["n"]
        assert found.open(name="p.png", mode="colour").head["columns"] == ["x", "y", "r", "g", "b"]
        done = found.fit(1, k=6)
        taken = found.take("png", done.arrays, width=80)
        from mixtura.jobs import paint
        from mixtura.jobs.recipe import Recipe

        how = {"kind": "colour", "n_components": 6, "polish": False, "styles": ("mean",), "size": (80, 60)}
        target = tmp_path / "q.png"
        paint.run(Recipe(image=tmp_path / "p.png", outputs=(target, tmp_path / "q.mix"), **how))
        assert taken.arrays["bytes"].tobytes() == target.read_bytes()
        assert model(found, done) == mx.load(tmp_path / "q.mix")
        found.say("fit", done.arrays, job=2, **asked(k=6, polish=True))
        assert found.hear("step").head["objective"] > 15, "dB"
        found.say("stop", job=2)
        assert found.hear("done").head["reason"] == "stopped"
        file = io.BytesIO()
        Image.fromarray(np.tile(pixels, (1, 2, 1)).astype(np.uint8)).save(file, "PNG")
        found.open(file.getvalue(), "large.png", mode="colour")
        found.say("fit", job=3, **asked(k=2, start="random"))  # first to some of so many pixels
        stages = []
        while (heard := found.hear("step", "done")).type == "step":
            stages.append(heard.head["stage"])
        assert set(stages) == {0, 1}
        assert stages == sorted(stages)


def test_a_model_comes_back_with_all_that_was_kept(opened):
    """Names, colours, pins, hidden ones and the look; of a stranger's notes, what is as it should be."""
    done = opened.fit(20, k=3)
    curve = {"kind": "points", "gamma": 1.0, "points": [[0.0, 255.0], [1.0, 0.0]]}
    look = {"style": "grid", "tone": {"mean": curve, "grid": curve}, "ink": None, "sharpen": 0.5}
    more = {"names": [None, "α <b>", "c"], "colours": ["#ff0000", None, None], "keep": look, "name": "m"}
    bits = {"pins": np.array([1, 0, 7], np.uint8), "hidden": np.array([0, 1, 0], np.uint8)}
    content = opened.take("mix", {**done.arrays, **bits}, more=more).arrays["bytes"].tobytes()
    with page() as found:
        told = found.open(content, "m.mix", "model")
        assert {name: told.head[name] for name in ("names", "colours", "keep")} == {
            "names": more["names"], "colours": more["colours"], "keep": look,
        }  # fmt: skip
        for name, values in {**bits, **done.arrays}.items():
            np.testing.assert_array_equal(told.arrays[name], values)
        assert (told.head["kind"], told.head["columns"], told.head["n"]) == ("model", ["a", "b"], 0)
        found.say("fit", job=1, **asked(k=3))
        assert "no points" in found.hear("failed").head["sentence"]
        mixture, notes = load_with_notes(io.BytesIO(content))
        notes["studio"] |= {
            "names": ["x" * 10**5, 5, {}], "pins": [1, 2, 300], "hidden": "all", "colours": None,
            "look": {"style": "<script>", "tone": {"mean": 3}, "sharpen": 1e9, "split": 0.5, "path": "/etc"},
        }  # fmt: skip
        file = io.BytesIO()
        save(mixture, file, notes=notes)
        told = found.open(file.getvalue(), "m.mix", "model")
        assert told.head["keep"] == {"split": 0.5}
        assert "names" not in told.head
        assert not {"pins", "hidden"} & set(told.arrays)


@posix
def test_a_process_that_is_killed_is_told_of_and_replaced(table):
    with page() as found:
        found.open(table[1], "t.csv", "table")
        found.say("fit", job=1, **asked(**ENDLESS))
        found.hear("step")
        process(found).kill()
        told = found.hear("failed").head
        assert told["job"] == 1
        assert "ended" in told["sentence"]
        assert found.fit(2, k=2).head["reason"] == "converged"


@posix
def test_a_stop_is_at_once_though_the_step_be_endless(table, monkeypatch):
    monkeypatch.setattr(sessions, "PATIENCE", 0.2)
    with page() as found:
        found.open(table[1], "t.csv", "table")
        found.say("fit", job=1, **asked(**ENDLESS))
        last = found.hear("step")
        stuck = process(found)
        stuck.send_signal(signal.SIGSTOP)  # a step that never ends
        found.say("stop", job=1)
        done = found.hear("done")
        assert done.head["iteration"] >= last.head["iteration"]
        assert found.fit(2, k=2).head["reason"] == "converged"
        assert not is_alive(stuck.pid)


def test_a_page_that_left_finds_what_it_missed(table):
    with page() as found:
        told = found.open(table[1], "t.csv", "table")
        found.say("fit", job=1, **asked(**ENDLESS | {"max_iter": 60}))
        found.hear("step")
        found.session.detach()
        until(lambda: found.session._job is None)
        back = Page(found.session)
        welcome = back.ask("welcome", "hello", nonce="", session=found.session.id)
        assert welcome.head["source"] == told.head["id"]
        assert welcome.head["job"] is None
        assert back.hear("done").head["iteration"] > 1


def test_what_is_closed_leaves_nothing(table):
    before = shared()
    with page() as found:
        found.open(table[1], "t.csv", "table")
        found.say("fit", job=1, **asked(**ENDLESS))
        found.hear("step")
        pid = process(found).pid
        assert not SHARED.is_dir() or len(shared()) > len(before)
    assert not is_alive(pid)
    assert shared() == before


@posix
def test_what_is_killed_leaves_nothing(table):
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from sessions import page, FIT\n"
        "with page() as found:\n"
        "    found.open(sys.stdin.buffer.read(), 't.csv', 'table')\n"
        "    found.say('fit', job=1, **FIT | {'k': 8, 'tol': 0, 'max_iter': 10**5})\n"
        "    found.hear('step')\n"
        "    print(found.session._crew.workers['fit'].process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        parent.stdin.write(table[1])
        parent.stdin.close()
        pid = int(parent.stdout.readline())
        assert not SHARED.is_dir() or shared(parent.pid)
        parent.kill()
    until(lambda: not is_alive(pid))
    until(lambda: not shared(parent.pid))


def test_many_sessions_take_turns():
    registry = Sessions(most=2, kept=10.0, idle=100.0)
    one, two = (registry.greet(None, print) for _ in range(2))
    assert registry.greet(None, print) is None, "both have pages"
    assert registry.greet(one.id, print) is None, "of a session that has a page, nobody else gets it"
    one.detach()
    assert registry.greet(one.id, print) is one
    one.detach()
    three = registry.greet(None, print)
    assert isinstance(three, Session)
    until(lambda: one._closed)
    three.detach()
    now = time.monotonic()
    assert registry.sweep(now + 5.0) == []
    assert registry.sweep(now + 11.0) == [three]
    assert registry.sweep(now + 101.0) == [two]
    assert len(registry) == 0
    registry.close()


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_more_components_are_halves_of_the_heaviest(kind):
    """As by `split`, one by one, and with its law; 4,000 of them in a moment, since no split touches the others."""
    rng = np.random.default_rng(5)
    root = rng.normal(size=(7, 3, 3))
    mix = in_family(mx.Mixture(rng.dirichlet(np.ones(7)), rng.normal(size=(7, 3)), root @ root.swapaxes(1, 2)), kind)
    for pins in (np.array([0, 1, 0, 0, 2, 0, 0], np.uint8), np.full(7, 7, np.uint8)):
        expected, held = mix, pins
        while expected.n_components < 40:
            free = np.flatnonzero(held == 0) if (held == 0).any() else np.arange(len(held))
            heaviest = int(free[expected.weights[free].argmax()])
            expected, held = expected.split(heaviest), np.append(held, np.uint8(0))
            held[heaviest] = 0
        found, kept = resized(mix, pins, 40)
        np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-14)
        np.testing.assert_array_equal(found.covariances, expected.covariances)
        np.testing.assert_array_equal(found.means, expected.means)
        np.testing.assert_array_equal(kept, held)
    many, _ = resized(mix, np.zeros(7, np.uint8), 4000)
    np.testing.assert_allclose(many.mean(), mix.mean(), atol=1e-12)
    np.testing.assert_allclose(np.diag(many.covariance()), np.diag(mix.covariance()), rtol=1e-12)


def test_k_is_changed_by_the_process_not_by_who_hears(opened, monkeypatch):
    done = opened.fit(60, k=3)
    monkeypatch.setattr("mixtura.studio.starting.resized", lambda *_: pytest.fail("here, where others wait"))
    opened.say("fit", done.arrays, job=61, **asked(k=20, max_iter=1))
    assert len(opened.hear("done").arrays["weights"]) == 20


def test_what_no_message_could_hold_is_refused(opened):
    x = np.random.default_rng(0).normal(size=(3000, 64))
    opened.say("open", {"points": x}, kind="points", name="wide", mode=None, threshold=None, columns=None)
    opened.hear("opened")
    opened.say("fit", job=70, **asked(k=2017))
    told = opened.hear("failed").head
    assert (told["job"], told["sentence"]) == (
        70,
        "K is 2,017, and of 64 coordinates a page is shown 2,016 at most.",
    )
    mixture = mx.Mixture(np.full(2017, 1 / 2017), np.zeros((2017, 64)), np.ones(2017), "spherical")
    file = io.BytesIO()
    save(mixture, file)
    opened.say(
        "open", {"bytes": np.frombuffer(file.getvalue(), np.uint8)}, kind="model", name="m.mix", mode=None,
        threshold=None, columns=None,
    )  # fmt: skip
    assert "a page is shown 2,016" in opened.hear("failed").head["sentence"]


def test_a_film_takes_little_of_large_steps(monkeypatch):
    from mixtura.jobs import trail

    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 3, 3))
    full = mx.Mixture([0.1, 0.2, 0.3, 0.4], rng.normal(size=(4, 3)), root @ root.swapaxes(1, 2) + np.eye(3))
    for kind in ("full", "tied", "diag", "spherical"):
        mixture = in_family(full, kind)
        packed = trail.Packed.of(mixture)
        assert packed.mixture() == mixture
        assert packed.seen([2, 0]).mixture() == mixture.marginal([2, 0])
    steps = trail.Trail()
    for i in range(400):
        steps.add(full.transform(np.eye(3), [i, 0, 0]))
    kept = [round(step.means[0, 0] - full.means[0, 0]) for step in steps.told(None)]
    assert kept[:50] == list(range(50))
    assert kept[-1] == 399
    assert kept == sorted(kept)
    assert 75 < len(kept) <= 150
    monkeypatch.setattr(trail, "ROOM", 10 * trail.Packed.of(full).nbytes)
    for i in range(400, 500):
        steps.add(full.transform(np.eye(3), [i, 0, 0]))
        assert sum(step.nbytes for step in steps.told(None)) <= trail.ROOM or i < 410
    assert steps.told([0])[-1].means[0, 0] == full.means[0, 0] + 499


def test_what_draws_gets_the_data_by_shared_memory(table, monkeypatch):
    sent = []
    tell = Worker.tell

    def counted(self, *command):
        sent.append((command[0], len(pickle.dumps(command))))
        return tell(self, *command)

    monkeypatch.setattr(Worker, "tell", counted)
    with page() as found:
        x = np.random.default_rng(2).normal(size=(20_000, 2))
        found.say("open", {"points": x}, kind="points", name="p", mode=None, threshold=None, columns=["a", "b"])
        found.hear("opened")
        mix = mx.Mixture([0.5, 0.5], [[-1.0, 0.0], [1.0, 0.0]], [np.eye(2)] * 2)
        arrays = {"weights": mix.weights, "means": mix.means, "factors": np.array([np.eye(2)] * 2)}
        found.take("mix", arrays)
        assert [name for name, _ in sent] == ["take"], "a mixture needs no data"
        labels = found.take("csv", arrays).arrays["bytes"].tobytes().split()[1:]
        assert [int(label) for label in labels] == mix.predict(x).tolist()
        found.take("csv", arrays)
        assert [name for name, _ in sent] == ["take", "open", "take", "take"]
        assert max(size for _, size in sent) < 20_000
