"""The command `mixtura`, also as python -m mixtura: a door so small that Ctrl-C is heard while the rest still loads."""

import gc
import os
import sys


def main() -> None:
    """Load the command line and run it."""
    gc.set_threshold(10_000, 50)  # what loads makes many objects and no garbage: to look for it took a tenth of a start
    try:
        _hold_closed_streams()
        from .cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("mixtura: stopped; nothing was left half written.\n")
        sys.exit(130)


def _hold_closed_streams() -> None:
    """Let no file that is opened later take the place of a closed stream: what is said would be written into it."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one


if __name__ == "__main__":
    main()
