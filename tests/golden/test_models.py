"""Model files of every release still load, to the exact values that were saved.

A new version of the format adds files, written once by `python tests/golden/test_models.py VERSION`; the files of
earlier releases are never written again.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

import mixtura as mx
from mixtura.model.storage import load_with_notes

HERE = Path(__file__).parent / "models"
WEIGHTS = [0.1, 0.2, 0.7]
MEANS = [[1e8 + 0.1, -1 / 3], [1e-12, 2.5], [0.0, 1e300]]
COVARIANCES = {
    "full": [[[2.0, 0.3], [0.3, 1 / 7]], [[1e-20, 0.0], [0.0, 1e20]], [[1.0, -0.5], [-0.5, 1.0]]],
    "tied": [[2.0, 0.3], [0.3, 1 / 7]],
    "diag": [[2.0, 1 / 7], [1e-20, 1e20], [1.0, 3.0]],
    "spherical": [1 / 7, 1e-20, 3.0],
}
NAMES = ("x", "größe")
NOTES = {"made by": "golden", "numbers": [1, 2.5, None]}
FILES = sorted(HERE.glob("*.mix"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_still_loads_to_the_same_values(path):
    kind = path.stem.rpartition("-")[2]
    mixture, notes = load_with_notes(path)
    assert mixture.covariance_type == kind
    np.testing.assert_array_equal(mixture.weights, WEIGHTS)
    np.testing.assert_array_equal(mixture.means, MEANS)
    np.testing.assert_array_equal(mixture.covariances, COVARIANCES[kind])
    assert mixture.names == NAMES
    assert notes == NOTES


def test_there_is_a_file_of_each_type():
    assert {path.stem.rpartition("-")[2] for path in FILES if path.stem.startswith("0.1.0-")} == set(COVARIANCES)


def write(version):
    """Write the files of a release."""
    HERE.mkdir(exist_ok=True)
    for kind, covariances in COVARIANCES.items():
        path = HERE / f"{version}-{kind}.mix"
        if not path.exists():
            mx.Mixture(WEIGHTS, MEANS, covariances, kind, names=NAMES).save(path, notes=NOTES)


if __name__ == "__main__":
    write(sys.argv[1])
