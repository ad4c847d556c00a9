"""`deskmate …`, the same as `python -m bot …`."""

from __future__ import annotations

import io
import os
import sys


def main() -> None:
    """Run the command on the command line and exit with its code."""
    # Read when numpy is imported. Its threads cost more than they bring at our sizes: measured,
    # one question's vector takes 10 ms with one thread and up to 175 ms with two busy ones.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Read when onnxruntime is imported, which otherwise gives this machine an identifier and
    # reports to its makers from then on.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    from bot.cli.parser import run

    # Python's own way with a character that the terminal's encoding lacks is to end with an error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
