"""Earlier runs, kept in the user's cache so that a new one can be compared with them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from knowledge.atomic import whole_file
from knowledge.evaluate.report import Section, compared
from knowledge.labelled import Labelled

RUNS_KEPT = 20
"""So many of the same questions to the same corpus."""

SETS_KEPT = 40
"""So many different ones; those not asked for the longest time go."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The stored runs below a folder, one folder inside a corpus, its questions and a mode."""

    folder: Path

    def compare_and_keep(self, section: Section, made_at: datetime) -> Section:
        """Add what changed since the last run of the same questions, and keep this one.

        Compared is with the last run of the whole pipeline, so that a run with parts left out
        always shows what they bring.
        """
        earlier = self._last_whole(section)
        if earlier is not None:
            section = replace(section, comparison=compared(section.figures, earlier))
        self._keep(section, made_at)
        return section

    def _last_whole(self, section: Section) -> Mapping[str, Any] | None:
        stored = (_read(path) for path in reversed(_runs_in(self._home(section))))
        return next((run for run in stored if run is not None and not run["without"]), None)

    def _keep(self, section: Section, made_at: datetime) -> None:
        home = self._home(section)
        home.mkdir(parents=True, exist_ok=True)
        run = {"made_at": made_at.isoformat(timespec="seconds"), **section.as_json()}
        with whole_file(home / f"{made_at:%Y%m%dT%H%M%S%f}.json") as file:
            file.write(json.dumps(run, ensure_ascii=False).encode())
        for old in _runs_in(home)[:-RUNS_KEPT]:
            old.unlink(missing_ok=True)
        homes = sorted(self.folder.iterdir(), key=lambda one: one.stat().st_mtime)
        for forgotten in homes[:-SETS_KEPT]:
            shutil.rmtree(forgotten, ignore_errors=True)

    def _home(self, section: Section) -> Path:
        corpus, questions = section.corpus_digest[:16], section.questions_digest[:16]
        return self.folder / f"{corpus}-{questions}-{section.mode}"


def digest_of_questions(questions: Sequence[Labelled]) -> str:
    """A name for exactly these questions with these labels."""
    lines = [
        [one.id, one.text, one.answerable, one.engage, one.answers, sorted(one.gold_document_ids)]
        for one in questions
    ]
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()[:24]


def _runs_in(folder: Path) -> list[Path]:
    """Oldest first: the names are times."""
    return sorted(folder.glob("*.json"))


def _read(path: Path) -> Mapping[str, Any] | None:
    """A stored run, or None where the file is not one of ours or of an older form."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    shaped = (
        isinstance(run, dict)
        and isinstance(run.get("figures"), dict)
        and isinstance(run.get("made_at"), str)
        and isinstance(run.get("without"), list)
    )
    return run if shaped else None
