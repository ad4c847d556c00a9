"""Which of our passages are the gold ones, though somebody else cut the documents."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from knowledge import metrics
from knowledge.errors import CorpusInvalid
from knowledge.model import Passage

SAME_TEXT = 0.5
"""From this share of the shorter text's pairs on, two passages of a document are the same place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePassage:
    """A passage as those cut it who labelled the questions."""

    document_id: str
    text: str


@dataclass(frozen=True, slots=True)
class GoldPassages:
    """The reference passages by their ids, and which of our passages count as which of them.

    uncut: the corpus was taken over as it was cut, so that its passages have these very ids. Of a
        folder of documents ours may have the same ids, and be other passages.
    """

    by_id: Mapping[str, ReferencePassage] = field(default_factory=dict)
    uncut: bool = True

    def holds(self, passage: Passage, gold: Collection[str]) -> bool:
        """Whether a found passage counts as one of the gold passages.

        Where the corpus is `uncut`, ids decide. Where we cut the documents ourselves, the text
        does: ours counts for a gold passage of the same document if at least `SAME_TEXT` of the
        shorter one's neighbouring pairs of characters or words stand in the other. So a piece of a
        gold passage counts, and so does a larger piece around it.
        """
        if self.uncut:
            return passage.id in gold
        places = (self.by_id[id_] for id_ in gold if id_ in self.by_id)
        return any(
            place.document_id == passage.document_id
            and metrics.overlap(passage.text, place.text) >= SAME_TEXT
            for place in places
        )

    def knows(self, gold: Collection[str]) -> bool:
        """Whether any of these gold passages can be recognised."""
        return any(id_ in self.by_id for id_ in gold)


def load_gold(path: Path, *, uncut: bool) -> GoldPassages:
    """Reference passages from JSON Lines: `{"passage_id", "doc_id", "text"}`, the rest ignored.

    Lines without a passage_id are left out.

    Raises:
        CorpusInvalid: a line that is no JSON object, or lacks doc_id or text.
        OSError: the file cannot be read.
    """
    passages: dict[str, ReferencePassage] = {}
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                id_, passage = _reference(line, path=str(path), number=number)
                passages[id_] = passage
    passages.pop("", None)
    return GoldPassages(passages, uncut=uncut)


def _reference(line: str, *, path: str, number: int) -> tuple[str, ReferencePassage]:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise CorpusInvalid(path, number, str(error)) from error
    if not isinstance(fields, dict):
        raise CorpusInvalid(path, number, "not a JSON object")
    document_id, text = fields.get("doc_id"), fields.get("text")
    if not isinstance(document_id, str) or not isinstance(text, str):
        raise CorpusInvalid(path, number, "doc_id or text is missing")
    id_ = str(fields.get("passage_id") or "")
    return id_, ReferencePassage(document_id=document_id, text=text)
