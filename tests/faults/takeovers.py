"""How soon others noticed that a replica was gone, from what all of them logged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path


def takeovers_s(logs: Iterable[Path], ended: Iterable[tuple[Path, datetime]]) -> tuple[float, ...]:
    """For each that was ended, by its log, at a moment: seconds until another took over from it.

    One that was ended before it had come among them left nothing to take over.
    """
    files = tuple(logs)
    noticed = {
        line["replica"]: _at(line)
        for file in files
        for line in _lines(file)
        if line["event"] == "replica_ended"
    }
    found = []
    for file, moment in ended:
        names = [
            line["replica"]
            for line in _lines(file)
            if line["event"] == "replica_came" and _at(line) <= moment
        ]
        if names and noticed.get(names[-1], moment) > moment:
            found.append((noticed[names[-1]] - moment).total_seconds())
    return tuple(found)


def _lines(file: Path) -> Iterator[Mapping[str, str]]:
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("{") and '"replica_' in line:
            yield json.loads(line)


def _at(line: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(line["timestamp"])
