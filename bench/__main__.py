"""`python -m bench`, which `make bench` starts where everything is installed."""

import sys

from bench.ground import prepared


def main() -> int:
    """The exit code."""
    with prepared() as folder:
        from bench.command import command

        return command(sys.argv[1:], folder)


if __name__ == "__main__":
    sys.exit(main())
