"""What came back for a labelled line, as it is written to a predictions file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from knowledge.model import Citation, Hit, Outcome, Tokens

Mode: TypeAlias = Literal["retrieve", "answer", "engage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What came back for one labelled line.

    outcome, text and citations only in mode answer; engage only in mode engage.
    """

    id: str
    hits: tuple[Hit, ...] = ()
    outcome: Outcome | None = None
    text: str = ""
    confidence: float = 0.0
    citations: tuple[Citation, ...] = ()
    engage: bool | None = None
    tokens: Tokens = field(default_factory=Tokens)
    ms: float = 0.0

    def as_json(self, mode: Mode) -> dict[str, object]:
        """The line of a predictions file, with the keys that belong to the mode."""
        line: dict[str, object] = {"id": self.id, "hits": [_hit_as_json(hit) for hit in self.hits]}
        if mode == "answer":
            line |= {
                "outcome": self.outcome,
                "text": self.text,
                "confidence": round(self.confidence, 4),
                "citations": [_citation_as_json(citation) for citation in self.citations],
            }
        if mode == "engage":
            line |= {"engage": self.engage, "confidence": round(self.confidence, 4)}
        return line | {"ms": round(self.ms, 2)}


def _hit_as_json(hit: Hit) -> dict[str, object]:
    return {
        "document_id": hit.passage.document_id,
        "text": hit.passage.text,
        "score": round(hit.score, 6),
    }


def _citation_as_json(citation: Citation) -> dict[str, object]:
    return {
        "marker": citation.marker,
        "document_id": citation.document_id,
        "passage_id": citation.passage_id,
        "title": citation.title,
        "uri": citation.uri,
        "quote": citation.quote,
    }
