"""The process as a whole: what it leaves behind before it has done anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import contextlib, sys
from bot.__main__ import main
sys.argv = ["deskmate", "--help"]
with contextlib.suppress(SystemExit):
    main()
import onnxruntime
"""


def test_no_library_gives_this_machine_an_identifier(tmp_path: Path) -> None:
    # Without a word from us onnxruntime keeps one in the user's cache, and reports with it.
    telling = {"ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    environment = {key: value for key, value in os.environ.items() if key not in telling}

    subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", _PROGRAM],
        env=environment | {"HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        check=True,
    )

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []
