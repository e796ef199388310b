"""Pictures after pictures: what is read, what is learnt, and the command."""

import gzip
import struct

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from terminal import mixtura, names, pixels, process

from mixtura import generate
from mixtura.errors import FitError, InputError, MixturaWarning, PictureError
from mixtura.generate import PictureMixture, learn, read

DIGITS = np.rint(load_digits().images * 15).astype(np.uint8)
LABELS = load_digits().target
KINDS = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def idx(array):
    """An IDX file's bytes, written from its description."""
    head = bytes([0, 0, KINDS[array.dtype.str[1:]], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture(scope="module")
def learnt():
    return learn(DIGITS, 12, n_axes=40)


class TestReading:
    @pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
    @pytest.mark.parametrize("kind", ["u1", "i2", "f4"])
    def test_idx(self, tmp_path, pack, kind):
        file = tmp_path / "images"
        file.write_bytes(pack(idx(DIGITS[:9].astype(kind))))
        np.testing.assert_array_equal(read(file), DIGITS[:9])

    def test_arrays(self, tmp_path):
        np.save(tmp_path / "a.npy", DIGITS[:9])
        np.testing.assert_array_equal(read(tmp_path / "a.npy"), DIGITS[:9])
        np.save(tmp_path / "unit.npy", DIGITS[:9] / 255)
        np.testing.assert_array_equal(read(tmp_path / "unit.npy"), DIGITS[:9])
        colour = np.stack([DIGITS[:9]] * 3, axis=-1)
        np.savez(tmp_path / "b.npz", images=colour, labels=LABELS[:9])
        np.testing.assert_array_equal(read(tmp_path / "b.npz"), colour)
        np.testing.assert_array_equal(read(tmp_path / "b.npz", label=3), colour[LABELS[:9] == 3])
        np.savez(tmp_path / "c.npz", whatever=DIGITS[:9], marks=LABELS[:9])
        np.testing.assert_array_equal(read(tmp_path / "c.npz"), DIGITS[:9])

    def test_labels_choose(self, tmp_path):
        (tmp_path / "images").write_bytes(idx(DIGITS))
        (tmp_path / "labels.gz").write_bytes(gzip.compress(idx(LABELS.astype(np.uint8))))
        found = read(tmp_path / "images", labels=tmp_path / "labels.gz", label=7)
        np.testing.assert_array_equal(found, DIGITS[LABELS == 7])

    def test_a_folder_is_read_by_name(self, tmp_path):
        for i, shot in enumerate(DIGITS[:4]):
            Image.fromarray(shot).save(tmp_path / f"{9 - i}.png")
        (tmp_path / "notes.txt").write_text("no picture")
        with pytest.warns(MixturaWarning, match=r"no pictures, left out: notes\.txt\.$"):
            np.testing.assert_array_equal(read(tmp_path), DIGITS[:4][::-1])
        (tmp_path / "notes.txt").unlink()
        Image.new("RGB", (8, 8), "red").save(tmp_path / "z.png")
        assert read(tmp_path).shape == (5, 8, 8, 3)

    def test_every_kind_of_picture_in_a_folder_is_read(self, tmp_path):
        kinds = (".jfif", ".jpe", ".avif", ".ppm", ".pbm", ".tga", ".jp2", ".sgi", ".PNG", ".apng", ".webp", ".ico")
        for number, kind in enumerate(kinds):
            shot = Image.new("RGB", (16, 16), (20 * number, 0, 0))
            shot = shot.convert("1") if kind == ".pbm" else shot
            shot.save(tmp_path / f"{number:02d}{kind}", "JPEG" if kind == ".jfif" else None)
        (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic")
        (tmp_path / "b.svg").write_text("<svg/>")
        (tmp_path / "inside").mkdir()
        with pytest.warns(MixturaWarning, match=r"left out: a\.heic, b\.svg\.$"):
            assert len(read(tmp_path)) == len(kinds)

    def test_a_folder_of_other_things(self, tmp_path):
        for number in range(9):
            (tmp_path / f"{number}.txt").touch()
        with pytest.raises(PictureError, match=r"no pictures, but 0\.txt, 1\.txt, .* and 4 more: give another one"):
            read(tmp_path)

    def test_one_channel_is_grey(self, tmp_path):
        np.save(tmp_path / "a.npy", DIGITS[:9, ..., None])
        np.testing.assert_array_equal(read(tmp_path / "a.npy"), DIGITS[:9])
        one, two = (learn(shots, 2, n_axes=5, max_iter=3)[0] for shots in (DIGITS[:50], DIGITS[:50, ..., None]))
        assert one.mixture == two.mixture
        assert one.shape == two.shape == (8, 8)
        np.testing.assert_array_equal(one.encode(DIGITS[:5, ..., None]), one.encode(DIGITS[:5]))

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "is no IDX"),
            (b"hello world", "is no IDX.*begins with b'hell'"),
            (idx(DIGITS)[:500], r"cut short: 484 of 115,008 bytes"),
            (gzip.compress(idx(DIGITS))[:500], "damaged"),
            (bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**31, 2**31, 2**31), "the limit is"),
            (bytes([0, 0, 8, 3, 0]), "damaged"),
            (idx(LABELS.astype(np.uint8)), "expected pictures"),
            (b"PK\x03\x04 no zip", "damaged"),
            (b"\x93NUMPY no", "damaged"),
        ],
        ids=range(9),
    )
    def test_damaged_files(self, tmp_path, content, says):
        (tmp_path / "images").write_bytes(content)
        with pytest.raises(PictureError, match=says):
            read(tmp_path / "images")

    def test_a_pickle_is_not_opened(self, tmp_path):
        np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
        with pytest.raises(PictureError, match="damaged"):
            read(tmp_path / "a.npy")

    def test_what_does_not_go_together(self, tmp_path):
        (tmp_path / "images").write_bytes(idx(DIGITS))
        (tmp_path / "labels").write_bytes(idx(LABELS[:5].astype(np.uint8)))
        with pytest.raises(InputError, match="no label to choose"):
            read(tmp_path / "images", labels=tmp_path / "labels")
        with pytest.raises(InputError, match="has no labels"):
            read(tmp_path / "images", label=2)
        with pytest.raises(InputError, match=r"have shape \(5,\)"):
            read(tmp_path / "images", labels=tmp_path / "labels", label=2)
        np.savez(tmp_path / "b.npz", images=DIGITS, labels=LABELS)
        with pytest.raises(InputError, match="no picture has the label 11: the labels are 0, 1, 2"):
            read(tmp_path / "b.npz", label=11)
        with pytest.raises(PictureError, match="no file"):
            read(tmp_path / "none")
        (tmp_path / "empty").mkdir()
        with pytest.raises(PictureError, match="holds no pictures"):
            read(tmp_path / "empty")
        for size in (3, 4):
            Image.new("L", (size, 3)).save(tmp_path / "empty" / f"{size}.png")
        with pytest.raises(PictureError, match=r"3\.png has 3 x 3 and 4\.png has 4 x 3"):
            read(tmp_path / "empty")
        np.save(tmp_path / "a.npy", DIGITS * 2.0)
        with pytest.raises(PictureError, match="expected 0 to 255"):
            read(tmp_path / "a.npy")


class TestLearning:
    def test_the_axes_are_the_principal_components(self, learnt):
        model, _ = learnt
        table = DIGITS.reshape(len(DIGITS), -1).astype(float)
        away = table - table.mean(axis=0)
        _, singular, axes = np.linalg.svd(away, full_matrices=False)
        np.testing.assert_allclose(model.variances, singular[:40] ** 2 / (len(DIGITS) - 1), rtol=1e-4)
        np.testing.assert_allclose(model.total_variance, (singular**2).sum() / (len(DIGITS) - 1), rtol=1e-6)
        np.testing.assert_allclose(abs((model.axes[:10] * axes[:10]).sum(axis=1)), 1, atol=1e-3)
        np.testing.assert_allclose(model.encode(DIGITS), away @ model.axes.T, atol=1e-2)

    def test_there_and_back(self, learnt):
        model, _ = learnt
        coordinates = model.encode(DIGITS)
        near = [np.square(model.decode(coordinates[:, :m]).astype(float) - DIGITS).mean() for m in (1, 10, 40)]
        assert near[0] > 2 * near[1] > 4 * near[2]
        whole, _ = learn(DIGITS, 2, n_axes=64)
        assert len(whole.axes) == 61  # three pixels are never inked
        np.testing.assert_array_equal(whole.decode(whole.encode(DIGITS)), DIGITS)

    def test_the_fit_is_of_the_coordinates(self, learnt):
        model, fit = learnt
        assert fit.log_likelihood == pytest.approx(model.mixture.log_density(model.encode(DIGITS)).mean(), rel=1e-4)
        assert fit.mixture is model.mixture

    def test_samples_have_the_moments_of_the_pictures(self, learnt):
        model, _ = learnt
        new = model.encode(model.decode(model.mixture.sample(20_000, rng=0)))
        old = model.encode(DIGITS)
        deviation = old.std(axis=0)
        assert abs(new.mean(axis=0) - old.mean(axis=0)).max() < 0.25 * deviation[0]  # clipping moves them a little
        np.testing.assert_allclose(new.std(axis=0)[:8], deviation[:8], rtol=0.15)

    def test_samples_of_one_class_look_like_it(self):
        judge = KNeighborsClassifier(5).fit(DIGITS.reshape(-1, 64), LABELS)
        for digit in (0, 6):
            model, _ = learn(DIGITS[LABELS == digit], 3, n_axes=30)  # noqa: SIM300
            assert (judge.predict(model.sample(100, rng=0).reshape(-1, 64)) == digit).mean() > 0.9

    def test_means_come_by_weight(self, learnt):
        model, _ = learnt
        heaviest = model.mixture.weights.argmax()
        np.testing.assert_array_equal(model.means()[0], model.decode(model.mixture.means[[heaviest]])[0])
        assert len(model.means()) == 12

    def test_a_walk_goes_there_and_back(self, learnt):
        model, _ = learnt
        way = model.walk(10, rng=4)
        ends = model.decode(model.mixture.sample(2, rng=4))
        np.testing.assert_array_equal(way[[0, 5]], ends)
        np.testing.assert_array_equal(way[1:5], way[:5:-1])

    def test_colour(self):
        colour = np.stack([DIGITS, DIGITS // 2, 255 - DIGITS], axis=-1)[:200]
        model, _ = learn(colour, 2, n_axes=10)
        made = model.sample(7, rng=0).astype(int)
        assert made.shape == (7, 8, 8, 3)
        inside = (made[..., 0] > 5) & (made[..., 0] < 250)
        assert abs(made[..., 0] + made[..., 2] - 255)[inside].max() <= 4  # what the channels have in common stays

    def test_the_same_again(self):
        one, two = (learn(DIGITS[:300], 3, n_axes=8, n_threads=n)[0] for n in (1, 2))
        assert one.mixture == two.mixture
        np.testing.assert_array_equal(one.sample(3, rng=1), two.sample(3, rng=1))

    @pytest.mark.parametrize(
        ("call", "says"),
        [
            (lambda: learn(DIGITS[0]), "expected"),
            (lambda: learn(DIGITS[:1], 1), "two at least"),
            (lambda: learn(np.zeros((5, 3, 3)), 1), "all the same"),
            (lambda: learn(DIGITS * 2.0), "from 0 to 480, expected 0 to 255"),
            (lambda: learn(DIGITS, n_axes=0), "n_axes is 0"),
            (lambda: learn(DIGITS, 0), "n_components is 0"),
            (lambda: learn(DIGITS, 2, covariance_type="round"), "covariance_type"),
        ],
    )
    def test_wrong_input_is_one_sentence(self, call, says):
        with pytest.raises(InputError, match=says):
            call()

    def test_more_components_than_pictures(self):
        with pytest.raises(FitError, match="only 9 points"):
            learn(DIGITS[:9], 10)

    def test_wrong_questions(self, learnt):
        model: PictureMixture = learnt[0]
        for call in (
            lambda: model.encode(DIGITS[:, :7]),
            lambda: model.decode(np.zeros((2, 41))),
            lambda: model.walk(1),
        ):
            with pytest.raises(InputError):
                call()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "train-images.gz").write_bytes(gzip.compress(idx(DIGITS)))
    (tmp_path / "train-labels.gz").write_bytes(gzip.compress(idx(LABELS.astype(np.uint8))))
    return tmp_path


QUICK = ("-k", "4", "--pca", "20", "--max-iter", "5")


class TestCommand:
    def test_it_draws_what_the_functions_make(self, folder):
        words = ("--labels", "train-labels.gz", "--label", "2", "-n", "6", "--columns", "3", "--scale", "2")
        said = mixtura(
            "generate", "train-images.gz", *QUICK, *words, "--means", "m.png", "--walk", "w.gif", "--json",
            folder=folder,
        )  # fmt: skip
        record = said.record
        model, fit = learn(DIGITS[LABELS == 2], 4, n_axes=20, max_iter=5)
        assert record["pictures"] == (LABELS == 2).sum()
        assert record["log_likelihood"] == fit.log_likelihood
        assert record["explained_variance"] == pytest.approx(model.variances.sum() / model.total_variance)
        assert [(file["path"], file["what"]) for file in record["outputs"]] == [
            ("train-images-samples.png", "samples"), ("m.png", "means"), ("w.gif", "walk"),
        ]  # fmt: skip
        page = pixels(folder / "train-images-samples.png")
        assert page.shape == (2 * 18 + 2, 3 * 18 + 2, 3)
        new = model.sample(6, rng=0)
        for i in range(6):
            top, left = 2 + 18 * (i // 3), 2 + 18 * (i % 3)
            np.testing.assert_array_equal(page[top : top + 16 : 2, left : left + 16 : 2, 0], new[i])
        with Image.open(folder / "w.gif") as film:
            assert film.n_frames > 20
            assert film.info["duration"] == 50
            np.testing.assert_allclose(np.asarray(film.convert("L"))[::2, ::2], model.walk(rng=0)[0], atol=2)

    def test_it_says_what_it_did(self, folder):
        said = mixtura("generate", "train-images.gz", *QUICK, "-o", "a.png", folder=folder)
        assert (said.code, said.err) == (0, "")
        first, second, last = said.out.splitlines()
        assert first.startswith("4 Gaussians on 20 principal components (8")
        assert "of 1,797 pictures: log likelihood -" in first
        assert second.startswith("  a.png  (samples, ")
        assert last.startswith("in ")

    def test_its_own_sheets_are_not_learnt_from(self, folder):
        faces = folder / "faces"
        faces.mkdir()
        for number, shot in enumerate(DIGITS[:30]):
            Image.fromarray(shot).save(faces / f"{number}.png")
        (faces / "notes.txt").touch()
        words = ("generate", ".", "-k", "2", "--pca", "5", "--means", "m.png", "--walk", "w.gif")
        first = mixtura(*words, "--json", folder=faces).record
        assert first["left_out"] == ["notes.txt"]
        second = mixtura(*words, "--json", folder=faces).record
        own = ["faces-samples.png", "m.png", "notes.txt", "w.gif"]
        assert second["left_out"] == own
        assert second["log_likelihood"] == first["log_likelihood"]
        third = mixtura(*words, "-o", "other.png", folder=faces)
        assert (third.code, third.err) == (0, "")
        assert f"left out of the folder: {', '.join(own)}" in third.out

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("none",), "no file none"),
            (("train-images.gz", "-k", "0"), "-k is 0"),
            (("train-images.gz", "-k", "5000"), "-k is 5000, but only 1797 points"),
            (("train-images.gz", "--pca", "0"), "--pca is 0"),
            (("train-images.gz", "-n", "0"), "-n is 0"),
            (("train-images.gz", "--tol", "-1"), "--tol is -1"),
            (("train-images.gz", "--label", "2"), "has no labels"),
            (("train-images.gz", "--labels", "train-labels.gz"), "add --label"),
            (("train-images.gz", "--labels", "train-labels.gz", "--label", "12"), "the labels are 0, 1"),
            (("train-images.gz", "-o", "a.txt"), "unknown extension"),
            (("train-images.gz", "--walk", "a.png"), "unknown extension"),
            (("train-images.gz", "-o", "a.png", "--means", "a.png"), "are one file"),
            (("train-images.gz", "--covariance", "round"), "--covariance is 'round'"),
        ],
    )
    def test_wrong_input_is_one_sentence_and_nothing_is_written(self, folder, words, says):
        before = names(folder)
        said = mixtura("generate", *words, folder=folder)
        assert (said.code, said.out) == (2, "")
        (line,) = said.err.splitlines()
        assert line.startswith("mixtura: ")
        assert says in line
        assert names(folder) == before

    def test_a_real_process(self, folder):
        assert process("generate", "train-images.gz", *QUICK, "-q", folder=folder) == (0, "", "")
        helped = process("generate", "--help", folder=folder, COLUMNS="100")
        assert helped.code == 0
        assert "mixtura generate train-images.gz --labels" in " ".join(helped.out.split())


def test_the_module_is_public():
    assert generate.read is read
