"""What the studio's tests share: a browser, a server and worker processes beside it, each with a time of its own."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Each of these may be tried twice more: a slow moment of a busy machine is none of what they are about.

    What is broken is broken three times.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=2))
