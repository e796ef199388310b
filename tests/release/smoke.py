"""Use an installed Mixtura as its users do, in an environment that holds nothing else: a fit, a picture, a page."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import mixtura as mx


def said(*words):
    """What the installed command prints."""
    command = shutil.which("mixtura", path=str(Path(sys.executable).parent))
    done = subprocess.run([command, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def main():
    """Fit iris, paint a sample, ask the doctor, and make a page of the studio."""
    home = Path(mx.__file__).parent
    assert home.is_relative_to(sys.prefix), f"{home} is not what was installed"
    assert mx.__version__ == importlib.metadata.version("mixtura")
    assert (home / "py.typed").is_file()

    from sklearn.datasets import load_iris

    x = load_iris().data
    found = mx.fit(x, 3, rng=0)
    assert found.log_likelihood > -1.3
    model = mx.GaussianMixture(3, random_state=0).fit(x)
    assert model.score(x) > -1.3

    from mixtura import gallery

    assert len(gallery.examples()) > 10
    few = ("-k", 20, "--max-iter", 5, "--size", 64)
    said("paint", gallery.sample("dog.png"), *few, "-o", "dog.png", "-o", "dog.mix")
    assert mx.pictures.files.read("dog.png").shape == (64, 64, 3)
    assert mx.load("dog.mix").n_components == 20
    assert "extra studio" in said("doctor")

    page = mx.studio.page(x[:, :2], n_components=3)
    scripts = [file.stem for file in (home / "studio/web").glob("*.js")]
    assert len(scripts) > 30
    assert len(page) > 100_000
    print(f"Mixtura {mx.__version__} works in {sys.prefix}, with {len(scripts)} scripts of the studio.")


if __name__ == "__main__":
    main()
