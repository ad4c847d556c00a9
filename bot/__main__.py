"""`deskmate …`, the same as `python -m bot …`."""

from __future__ import annotations

import sys

from bot.cli.parser import run


def main() -> None:
    """Run the command on the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
