"""The questions that are worth reading first: where it went wrong most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from knowledge.evaluate.judged import Judged
from knowledge.evaluate.prediction import Mode

MOST_CASES = 50

_SHOWN_CHARACTERS = 400
_SHOWN_ITEMS = 3

Kind: TypeAlias = Literal["wrong", "refused", "missed", "intruded", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question that went wrong.

    kind: wrong: a wrong answer was given; refused: answerable, and no answer; missed: no right
        document among the hits; intruded: answered unasked where nobody wanted it; silent: not
        answered though somebody wanted it.
    expected: gold answers, or gold documents where there are none.
    said: what was answered; found: the first documents found.
    """

    kind: Kind
    id: str
    question: str
    confidence: float
    expected: tuple[str, ...]
    said: str
    found: tuple[str, ...]


def worst(mode: Mode, judged: Sequence[Judged], *, most: int = MOST_CASES) -> tuple[Case, ...]:
    """The worst cases, at most so many: half of them of each kind, if there are as many.

    Wrong answers by falling confidence; then refused ones, the nearest to an answer first.
    """
    if mode == "retrieve":
        missed = [one for one in judged if one.has_gold and one.document_rank is None]
        return tuple(_case("missed", one) for one in missed[:most])
    wrong = _by_confidence([one for one in judged if one.given and one.wrong])
    held_back = _by_confidence([one for one in judged if not one.given and _wanted(mode, one)])
    others = min(len(held_back), max(most // 2, most - len(wrong)))
    kinds: tuple[Kind, Kind] = ("wrong", "refused") if mode == "answer" else ("intruded", "silent")
    return (
        *(_case(kinds[0], one) for one in wrong[: most - others]),
        *(_case(kinds[1], one) for one in held_back[:others]),
    )


def _wanted(mode: Mode, one: Judged) -> bool:
    return one.one.engage is True if mode == "engage" else one.one.answerable


def _by_confidence(judged: Sequence[Judged]) -> list[Judged]:
    return sorted(judged, key=lambda one: (-one.got.confidence, one.one.id))


def _case(kind: Kind, judged: Judged) -> Case:
    one, got = judged.one, judged.got
    expected = one.answers or tuple(sorted(one.gold_document_ids))
    found = dict.fromkeys(hit.passage.document_id for hit in got.hits)
    return Case(
        kind=kind,
        id=one.id,
        question=_short(one.text),
        confidence=round(got.confidence, 4),
        expected=tuple(_short(text) for text in expected[:_SHOWN_ITEMS]),
        said=_short(got.text),
        found=tuple(found)[:_SHOWN_ITEMS],
    )


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    whole = len(one_line) <= _SHOWN_CHARACTERS
    return one_line if whole else f"{one_line[: _SHOWN_CHARACTERS - 1]}…"
