"""The command `mixtura`, also as python -m mixtura: a door so small that Ctrl-C is heard while the rest still loads."""

import sys


def main() -> None:
    """Load the command line and run it."""
    try:
        from .cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("mixtura: stopped; nothing was left half written.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
