"""One Chromium and one node for all tests of the studio; every page has a profile of its own."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import browsing
import scripts

browsing.keep()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """End them with the last test: others may want a loop of their own in this thread."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        browsing.close()
        scripts.close()
