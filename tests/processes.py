"""Python in a process of its own, where warnings are errors but for those that pytest was told to ignore (`-W`)."""

import sys

STRICT = [sys.executable, "-W", "error"]
