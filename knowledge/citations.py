"""Which statement each sentence of an answer stands on, as numbered citations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge.boundaries import sentences
from knowledge.evidence import Evidence
from knowledge.model import Citation, Passage
from knowledge.quantities import quantities
from knowledge.words import content_words

_TRAILING = re.compile(r"(?<![。！？；.!?;])[。！？；.!?;]++[”’」』）)\"']*\s*$")
_MARKER = re.compile(r"\s?\[\d{1,2}\]")


def cite(text: str, evidence: Sequence[Evidence]) -> tuple[str, tuple[Citation, ...]]:
    """Put a marker after every sentence and list what the markers stand for.

    Markers count from 1 in order of use; two sentences on one statement share theirs.
    """
    used: list[Evidence] = []
    lines = [
        " ".join(_marked(sentence, evidence, used) for sentence in sentences(line))
        if line.strip()
        else ""
        for line in unmarked(text).splitlines()
    ]
    return _tight("\n".join(lines)), listed(used)


def quote(evidence: Sequence[Evidence]) -> tuple[str, tuple[Citation, ...]]:
    """The statements themselves as the answer, one a line, each with its marker."""
    lines = [_with_marker(item.statement.text, n) for n, item in enumerate(evidence, 1)]
    text = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
    return text, listed(evidence)


def unmarked(text: str) -> str:
    """An answer as it was written, before it got its markers."""
    return _MARKER.sub("", text)


def listed(evidence: Sequence[Evidence]) -> tuple[Citation, ...]:
    """The statements as citations, in their order."""
    return tuple(cited(n, e.passage, e.statement.quote) for n, e in enumerate(evidence, 1))


def support(sentence: str, evidence: Sequence[Evidence]) -> Evidence:
    """The statement a sentence stands on: shared quantities count most, then shared words.

    Where nothing is shared, as between Chinese and English, the statement that fits the question
    best is it: evidence comes best first.
    """
    words = content_words(sentence)
    amounts = {(q.value, q.unit) for q in quantities(sentence) if q.exact}

    def shared(item: Evidence) -> tuple[int, float]:
        said = {(q.value, q.unit) for q in quantities(item.statement.text)}
        overlap = len(words & content_words(item.statement.text))
        return len(amounts & said), overlap / (len(words) or 1)

    return max(evidence, key=shared)


def _marked(sentence: str, evidence: Sequence[Evidence], used: list[Evidence]) -> str:
    item = support(sentence, evidence)
    if item not in used:
        used.append(item)
    return _with_marker(sentence, used.index(item) + 1)


def _with_marker(sentence: str, marker: int) -> str:
    end = _TRAILING.search(sentence)
    at = end.start() if end else len(sentence.rstrip())
    space = " " if sentence[at - 1 : at].isascii() else ""
    return f"{sentence[:at]}{space}[{marker}]{sentence[at:].rstrip()}"


def _tight(text: str) -> str:
    """Chinese sentences follow each other without a space."""
    return re.sub(r"(?<=[。！？；]) (?=\S)", "", text)


def cited(marker: int, passage: Passage, quote: str) -> Citation:
    """What a passage says in these words, as a source of an answer."""
    return Citation(
        marker=marker,
        passage_id=passage.id,
        document_id=passage.document_id,
        title=passage.title,
        uri=passage.uri,
        quote=quote,
        heading_path=passage.heading_path,
        page=passage.page,
    )
