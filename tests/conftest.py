"""What all tests share: how hard Hypothesis tries, and where the large data lie."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import processes

# No deadline: the first call of a kernel compiles it. Derandomised: a red test stays red until it is mended.
settings.register_profile(
    "mixtura", deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mixtura")


def pytest_configure(config):
    """Where tests run side by side, BLAS has one thread in each process: threads that wait for others' cores spin."""
    processes.STRICT += [f"-W{each}" for each in config.getoption("pythonwarnings") or ()]
    if "PYTEST_XDIST_WORKER" in os.environ:
        import scipy.linalg  # noqa: F401, which brings BLAS, as NumPy does
        from threadpoolctl import threadpool_limits

        threadpool_limits(1, user_api="blas")


@pytest.fixture(scope="session")
def small_samples(tmp_path_factory):
    """A folder with `samples`, whose drawings and scenes have a third of the sides: what is done to them costs less."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("small")
    shutil.copytree(Path(__file__).parents[1] / "samples", folder / "samples")
    for name in ("butterfly", "dog", "harbour", "wave"):
        path = folder / "samples" / f"{name}.png"
        with Image.open(path) as picture:
            picture.reduce(3).save(path)
    return folder


@pytest.fixture(autouse=True)
def no_figure_is_left():
    """What one test draws on is not pyplot's current figure in the next."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def pytest_addoption(parser):
    parser.addoption("--data", metavar="DIR", help="a folder with the pictures of the large tests")


@pytest.fixture(scope="session")
def data_dir(request):
    """The folder given as --data; tests that need it are skipped without it."""
    given = request.config.getoption("--data")
    if given is None:
        pytest.skip("needs large data: give their folder with --data DIR")
    folder = Path(given).resolve()
    if not folder.is_dir():
        pytest.fail(f"--data {folder} is not a folder")
    return folder
