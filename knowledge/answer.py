"""From a question to an answer that can be believed, or an honest "unknown".

curated? → retrieve → is there evidence? → the model writes from a few statements → does the
evidence say so? If the model is missing, late or not believed, the evidence itself is the answer
(`degraded`). Each step is a function of its own file; this one only says their order.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from knowledge import prompt
from knowledge.boundaries import sentences
from knowledge.check import doubts
from knowledge.citations import cite, quote
from knowledge.errors import EngineRefused, EngineUnavailable
from knowledge.evidence import Evidence, Finding, Similarity, weigh
from knowledge.language import language_of
from knowledge.model import (
    Answer,
    CuratedAnswer,
    Draft,
    Hit,
    Outcome,
    Passage,
    Question,
    Timings,
    Tokens,
)
from knowledge.ports import CuratedAnswers, Generator, PassageStore
from knowledge.retrieve import Hybrid
from knowledge.rewrite import standalone

_ENDS = ("。", "！", "？", ".", "!", "?")
_QUOTED_AT_MOST = 3
_QUOTED_SHARE = 0.8
"""A further statement is quoted only if it fits nearly as well as the best one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the company decided about answering.

    least_confidence: below this probability of being right, the answer is "unknown".
    passages: how many hits an answer carries.
    """

    least_confidence: float = 0.5
    passages: int = 10


class Grounded:
    """Answers from the knowledge base, with sources, or not at all."""

    def __init__(
        self,
        *,
        retriever: Hybrid,
        store: PassageStore,
        similarity: Similarity,
        generator: Generator,
        curated: CuratedAnswers | None = None,
        policy: Policy | None = None,
        clock_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._retriever = retriever
        self._store = store
        self._similarity = similarity
        self._generator = generator
        self._curated = curated
        self._policy = policy or Policy()
        self._clock_s = clock_s

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """Answer: any number of drafts, then exactly one answer. Closing the generator stops it.

        Raises:
            StoreUnavailable: nothing could be searched.
        """
        started_s = self._clock_s()
        asked = standalone(question)
        verified = await self._verified(replace(question, text=asked, history=()))
        if verified is not None:
            yield self._timed(_curated(verified, question, asked), started_s, started_s)
            return
        hits = await self._retriever.retrieve(
            asked, audience=question.audience, limit=self._policy.passages
        )
        finding = await weigh(asked, hits, self._similarity)
        retrieved_s = self._clock_s()
        if finding.confidence < self._policy.least_confidence or not finding.evidence:
            unknown = _unknown(question, asked, hits, finding)
            yield self._timed(unknown, started_s, retrieved_s)
            return
        async with aclosing(self._written(question, asked, hits, finding)) as written:
            async for step in written:
                match step:
                    case Draft():
                        yield step
                    case Answer():
                        yield self._timed(step, started_s, retrieved_s)

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """A cited passage in full, or None where it is gone or not for this audience."""
        return await self._store.passage(passage_id, audience=audience)

    async def _verified(self, question: Question) -> CuratedAnswer | None:
        return await self._curated.find(question) if self._curated else None

    async def _written(
        self, question: Question, asked: str, hits: Sequence[Hit], finding: Finding
    ) -> AsyncGenerator[Draft | Answer, None]:
        """The model's drafts, then its answer if the evidence bears it, else the evidence."""
        # The best statement is true and here at once; the model takes seconds to read.
        yield Draft(text=finding.evidence[0].statement.text)
        draft = Draft(text="")
        read = prompt.to_read(finding.evidence)
        asking = prompt.build(asked, read, question.language)
        try:
            async with aclosing(self._generator.stream(asking)) as drafts:
                async for draft in drafts:
                    checked = _finished(draft.text)
                    if checked and not _doubted(checked, asked, read, question):
                        yield replace(draft, text=checked)
            believed = not _doubted(draft.text, asked, read, question)
        except (EngineUnavailable, EngineRefused):
            believed = False
        text, citations = (
            cite(draft.text.strip(), read) if believed else quote(_quoted(finding.evidence))
        )
        yield Answer(
            outcome=Outcome.GROUNDED if believed else Outcome.DEGRADED,
            text=text,
            language=question.language,
            confidence=finding.confidence,
            citations=citations,
            hits=tuple(hits),
            engine=self._generator.name,
            tokens=draft.tokens,
            standalone=asked,
        )

    def _timed(self, answer: Answer, started_s: float, retrieved_s: float) -> Answer:
        now_s = self._clock_s()
        return replace(
            answer,
            timings=Timings(
                retrieve_ms=(retrieved_s - started_s) * 1000,
                generate_ms=(now_s - retrieved_s) * 1000,
                total_ms=(now_s - started_s) * 1000,
            ),
        )


def _doubted(text: str, asked: str, read: Sequence[Evidence], question: Question) -> bool:
    """Whether a text is in another language than the asker's, or not borne by the evidence."""
    if language_of(text) != question.language:
        return True
    said = [
        f"{item.passage.title} {' '.join(item.passage.heading_path)} {item.statement.text}"
        for item in read
    ]
    return bool(doubts(text, said, asked))


def _finished(text: str) -> str:
    """The sentences of a growing text that are complete: only these can be checked."""
    *complete, growing = sentences(text) or ("",)
    whole = (*complete, growing) if growing.endswith(_ENDS) else complete
    return text[: text.rfind(whole[-1]) + len(whole[-1])] if whole else ""


def _quoted(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The best statement and those that fit nearly as well, in page order."""
    enough = evidence[0].score * _QUOTED_SHARE
    near = [item for item in evidence[:_QUOTED_AT_MOST] if item.score >= enough]
    return prompt.reading_order(near)


def _curated(verified: CuratedAnswer, question: Question, asked: str) -> Answer:
    return Answer(
        outcome=Outcome.CURATED,
        text=verified.text,
        language=question.language,
        confidence=1.0,
        citations=verified.citations,
        engine="curated",
        tokens=Tokens(),
        standalone=asked,
    )


def _unknown(question: Question, asked: str, hits: Sequence[Hit], finding: Finding) -> Answer:
    return Answer(
        outcome=Outcome.UNKNOWN,
        text="",
        language=question.language,
        confidence=finding.confidence,
        hits=tuple(hits),
        engine="rules",
        standalone=asked,
    )
