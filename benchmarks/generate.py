"""The quality of the pictures of `mixtura generate`: `python benchmarks/generate.py --data FOLDER`.

FOLDER/fashion-mnist holds the four published files of Fashion-MNIST; without it the digits of scikit-learn are
used and nothing is written. Three questions:

1. How long does a fit to all training pictures take, 100 principal components and 200 Gaussians?
2. What is the log likelihood of held-out pictures, against the number of Gaussians?
3. One mixture per class: to which class does a classifier, trained on real pictures only, assign generated ones?
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixtura.generate import learn, read

Pictures = NDArray[np.uint8]
Labels = NDArray[np.integer]

COUNTS = (1, 5, 10, 25, 50, 100, 200)
PER_CLASS = (1, 5, 25)
NEW = 1000  # pictures a class


def fashion(folder: Path) -> tuple[Pictures, Labels, Pictures, Labels]:
    """Training pictures and labels, and held-out ones."""
    import gzip

    def labels(name: str) -> Labels:
        return np.frombuffer(gzip.decompress((folder / name).read_bytes()), np.uint8, offset=8)

    return (
        read(folder / "train-images-idx3-ubyte.gz"),
        labels("train-labels-idx1-ubyte.gz"),
        read(folder / "t10k-images-idx3-ubyte.gz"),
        labels("t10k-labels-idx1-ubyte.gz"),
    )


def digits() -> tuple[Pictures, Labels, Pictures, Labels]:
    """The same of scikit-learn's digits."""
    from sklearn.datasets import load_digits

    found = load_digits()
    images, labels = np.rint(found.images * 15).astype(np.uint8), found.target
    return images[:1200], labels[:1200], images[1200:], labels[1200:]


class Judge:
    """A small neural network over pixels, trained on real pictures."""

    def __init__(self, images: Pictures, labels: Labels, epochs: int) -> None:
        from sklearn.neural_network import MLPClassifier

        self.network = MLPClassifier((128,), max_iter=epochs, batch_size=256, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it was not trained to the end
            self.network.fit(self._table(images), labels)

    def share(self, images: Pictures, label: Labels | int) -> float:
        """The accuracy: the share of the pictures that are assigned to their label."""
        return float((self.network.predict(self._table(images)) == label).mean())

    @staticmethod
    def _table(images: Pictures) -> NDArray[np.float32]:
        return images.reshape(len(images), -1).astype(np.float32) / 255


def main() -> None:
    """Print the tables; with --data, write them beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    folder = parser.parse_args().data
    images, labels, others, their = digits() if folder is None else fashion(folder / "fashion-mnist")
    n_axes = 100 if folder else 40
    lines = [
        "# Generating pictures",
        "",
        f"{len(images):,} training pictures, {len(others):,} held out, {n_axes} principal components, float32, "
        f"full covariances, {len(os.sched_getaffinity(0))} threads. Written by "
        "`python benchmarks/generate.py --data FOLDER`.",
        "",
        "Log likelihoods are in nats per picture, of its coordinates along the principal components, in greys of 255. "
        "Time includes the principal components; processor time is summed over the threads.",
        "",
        "| K | steps | training | held out | time | processor time |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    print(*lines, sep="\n")

    def say(line: str) -> None:
        lines.append(line)
        print(line, flush=True)

    for k in COUNTS if folder else COUNTS[:4]:
        wall, processor = time.perf_counter(), time.process_time()
        model, fit = learn(images, k, n_axes=n_axes)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        held_out = float(model.mixture.log_density(model.encode(others)).mean())
        say(f"| {k} | {fit.n_iter} | {fit.log_likelihood:.2f} | {held_out:.2f} | {wall:.1f} s | {processor:.1f} s |")
    judge = Judge(images, labels, 12 if folder else 200)
    back = model.decode(model.encode(others))
    say("")
    say(
        f"One mixture per class, {NEW:,} new pictures each; the judge is a neural network of 128 hidden units, trained "
        f"on the real pictures' pixels. It assigns {judge.share(others, their):.1%} of the held-out pictures to their "
        f"class, and {judge.share(back, their):.1%} of these once they are cut to {n_axes} principal components."
    )
    say("")
    say("| K a class | " + " | ".join(map(str, np.unique(labels))) + " | all |")
    say("| --- " * (len(np.unique(labels)) + 2) + "|")
    for k in PER_CLASS if folder else (1, 3):
        shares = []
        for label in np.unique(labels):
            model, _ = learn(images[labels == label], k, n_axes=n_axes)
            shares.append(judge.share(model.sample(NEW, rng=1), label))
        say(f"| {k} | " + " | ".join(f"{share:.1%}" for share in shares) + f" | {np.mean(shares):.1%} |")
    if folder:
        Path(__file__).with_name("generate.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
