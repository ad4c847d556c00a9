"""From a question to an answer that can be believed, or an honest "unknown".

retrieve → is the answer likely there? where that is in doubt, what does the model say? →
the model writes from a few statements → does the evidence say so? If the model is missing, late or
not believed, the evidence itself is the answer (`degraded`). Each step is a function of its own
file; this one only says their order.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from knowledge import prompt
from knowledge.boundaries import sentences
from knowledge.certainty import Certainty
from knowledge.check import supported
from knowledge.citations import cite, listed, quote
from knowledge.errors import EngineBusy, EngineRefused, EngineUnavailable
from knowledge.evidence import Evidence, Similarity, closest, weigh
from knowledge.language import language_of
from knowledge.model import (
    Answer,
    Draft,
    Hit,
    Language,
    Outcome,
    Passage,
    Question,
    Timings,
)
from knowledge.ports import Answerer, Generator, PassageStore
from knowledge.retrieve import Hybrid
from knowledge.rewrite import standalone
from knowledge.steps import UNTOLD, Steps

_ENDS = ("。", "！", "？", ".", "!", "?")
_QUOTED_AT_MOST = 3
_QUOTED_SHARE = 0.8
"""A further statement is quoted only if it fits nearly as well as the best one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the company decided about answering.

    least_confidence: below this probability that the answer was found, it is "unknown".
    least_suggestion: from here on an unknown answer cites where the reader may look; it claims
        nothing.
    passages: how many hits an answer carries.
    """

    least_confidence: float = 0.5
    least_suggestion: float = 0.1
    passages: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a search finds, and how sure the bot is of it.

    text: the question as it was understood.
    likely: of each hit by itself, how likely it holds the answer, as far as signals tell.
    confidence: the same of all hits together, before a language model looks at them.
    least_confidence: below this the answer is "unknown".
    """

    text: str
    hits: tuple[Hit, ...]
    likely: tuple[float, ...]
    confidence: float
    least_confidence: float


class Grounded:
    """Answers from the knowledge base, with sources, or not at all."""

    def __init__(  # noqa: PLR0913 -- each is another step of the way
        self,
        *,
        retriever: Hybrid,
        store: PassageStore,
        similarity: Similarity,
        closely: Similarity | None = None,
        certainty: Certainty,
        generator: Generator,
        policy: Policy | None = None,
        clock_s: Callable[[], float] = time.perf_counter,
        steps: Steps = UNTOLD,
    ) -> None:
        self._retriever = retriever
        self._store = store
        self._similarity = similarity
        self._closely = closely
        self._certainty = certainty
        self._generator = generator
        self._policy = policy or Policy()
        self._clock_s = clock_s
        self._steps = steps

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """Answer: any number of drafts, then exactly one answer. Closing the generator stops it.

        Raises:
            StoreUnavailable: nothing could be searched.
        """
        started_s = self._clock_s()
        asked = standalone(question)
        retrieved = await self._retriever.find(
            asked, audience=question.audience, limit=self._policy.passages
        )
        asked, hits = retrieved.text, retrieved.hits
        sure = self._certainty.at_first(asked, hits)
        found = replace(_nothing(question, asked), hits=hits, confidence=sure)
        retrieved_s = self._clock_s()
        with self._steps.timing("decide"):
            evidence = await self._evidence(found)
        if evidence:
            found = await self._certainty.judged(found, evidence, asker=question.asker)
        if not evidence or found.confidence < self._policy.least_confidence:
            yield self._timed(self._suggesting(found), started_s, retrieved_s)
            return
        async with aclosing(self._written(found, evidence, question.asker)) as written:
            async for step in written:
                match step:
                    case Draft():
                        yield step
                    case Answer():
                        yield self._timed(step, started_s, retrieved_s)

    async def look(self, text: str, *, audience: frozenset[str], limit: int) -> Looked:
        """What would be found for a question, without answering it.

        Raises:
            StoreUnavailable, EngineUnavailable: nothing could be searched.
        """
        found = await self._retriever.find(text, audience=audience, limit=limit)
        return Looked(
            text=found.text,
            hits=found.hits,
            likely=tuple(self._certainty.at_first(found.text, (hit,)) for hit in found.hits),
            confidence=self._certainty.at_first(found.text, found.hits),
            least_confidence=self._policy.least_confidence,
        )

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """A cited passage as it was read, or None where it is gone or not for this audience."""
        found = await self._store.passage(passage_id, audience=audience)
        return await self._retriever.in_place(found) if found else None

    async def _evidence(self, found: Answer) -> tuple[Evidence, ...]:
        """What may be answered from; none where it is refused before anything is read closely."""
        refused = found.confidence < self._policy.least_confidence
        if refused and not self._certainty.doubts(found):
            return ()
        return await weigh(found.standalone, found.hits, self._similarity, closely=self._closely)

    def _suggesting(self, found: Answer) -> Answer:
        if found.confidence < self._policy.least_suggestion:
            return found
        return replace(found, citations=listed(closest(found.standalone, found.hits)))

    async def _written(
        self, found: Answer, evidence: Sequence[Evidence], asker: str
    ) -> AsyncGenerator[Draft | Answer, None]:
        """The model's drafts, then its answer if the evidence bears it, else the evidence."""
        # The best statement is true and here at once; the model takes seconds to read.
        yield (at_once := Draft(text=evidence[0].statement.text))
        draft, crowded = Draft(text=""), False
        read = prompt.to_read(evidence)
        asking = replace(prompt.build(found.standalone, read, found.language), asker=asker)
        try:
            with self._steps.timing("generate"):
                async with aclosing(self._generator.stream(asking)) as drafts:
                    async for draft in drafts:
                        if draft.place is not None:
                            yield replace(at_once, place=draft.place)
                        elif shown := _believed(_finished(draft.text), found, read):
                            yield replace(draft, text=shown)
            with self._steps.timing("check") as told:
                believed = _believed(draft.text, found, read)
                told.note(believed=int(bool(believed)))
        except (EngineUnavailable, EngineRefused) as error:
            believed, crowded = "", isinstance(error, EngineBusy)
        text, citations = (
            cite(believed, read) if believed else quote(_quoted(evidence, found.language))
        )
        yield replace(
            found,
            outcome=Outcome.GROUNDED if believed else Outcome.DEGRADED,
            text=text,
            citations=citations,
            engine=self._generator.name,
            tokens=found.tokens + draft.tokens,
            crowded=crowded,
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


async def final_answer(answerer: Answerer, question: Question) -> Answer:
    """The answer without its drafts."""
    async with aclosing(answerer.stream(question)) as said:
        async for step in said:
            if isinstance(step, Answer):
                return step
    raise RuntimeError("the answerer ended without an answer")


def _believed(text: str, found: Answer, read: Sequence[Evidence]) -> str:
    """A text without the sentences that the evidence does not bear; empty if it then answers not.

    Nor is a text believed in another language than the asker's.
    """
    if not text or language_of(text) != found.language:
        return ""
    said = [
        f"{item.passage.title} {' '.join(item.passage.heading_path)}\n{item.statement.text}"
        for item in read
    ]
    checked = supported(text, said, found.standalone)
    return checked.text if checked.answers else ""


def _finished(text: str) -> str:
    """The sentences of a growing text that are complete: only these can be checked."""
    *complete, growing = sentences(text) or ("",)
    whole = (*complete, growing) if growing.endswith(_ENDS) else complete
    return text[: text.rfind(whole[-1]) + len(whole[-1])] if whole else ""


def _quoted(evidence: Sequence[Evidence], language: Language) -> list[Evidence]:
    """The best statement and those that fit nearly as well, in page order.

    Where the best is in the asker's language, what another language adds is mostly the same again.
    """
    best, *others = evidence[:_QUOTED_AT_MOST]
    near = [best, *(item for item in others if item.score >= best.score * _QUOTED_SHARE)]
    if language_of(best.statement.text) == language:
        near = [item for item in near if language_of(item.statement.text) == language]
    return prompt.reading_order(near)


def _nothing(question: Question, asked: str) -> Answer:
    """The answer before anything was found: that it is not known."""
    return Answer(
        outcome=Outcome.UNKNOWN,
        text="",
        language=question.language,
        confidence=0.0,
        engine="rules",
        standalone=asked,
    )
