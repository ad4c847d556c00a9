"""Answers that people verified: served first, as they are, when the question is the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from knowledge.likeness import Likeness
from knowledge.logistic import log_odds
from knowledge.model import (
    Answer,
    CuratedAnswer,
    CuratedMatch,
    CuratedRevision,
    Draft,
    Outcome,
    Passage,
    Question,
    Timings,
    Tokens,
)
from knowledge.ports import Answerer, CuratedAnswers, CuratedChanges
from knowledge.rewrite import standalone
from knowledge.same_judge import SameJudge
from knowledge.sameness import Match, Reading, Stored, stack
from knowledge.steps import UNTOLD, Steps
from knowledge.wording import wording_key

LEAST_SIMILAR = 0.6
"""From here on a verified answer may be given to a question like its own, with the question it
answers: people see whether it is theirs, so it need not be as sure as one that is simply given."""

LEAST_OFFERED = 0.3
"""From here on a verified question may be offered to choose from, in place of nothing at all."""

LEAST_FOUND = 0.15
"""From here on a language model may find that a verified question is meant after all."""

MOST_OFFERED = 2

LEAST_LEAD = 1.0
"""How far the log odds of an answer are ahead of another one's that is likely enough as well. Where
they are nearer, the first is the right one in a third of the cases, so people choose."""

_MOST_SHELVES = 500
"""Groups of readers whose answers are kept sorted out."""

_SEEN_AGAIN = 64
"""Changes read once more: of two at the same moment the later number may be seen first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """An answer with its wordings as they are compared; None where it was taken back.

    barred: the wordings that never get it, as `wording_key` names them.
    """

    number: int
    answer: CuratedAnswer | None
    readings: Mapping[str, Reading] = field(default_factory=dict)
    barred: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """What one audience may be served: `answers[i]` belongs to the stored question `i`.

    barred: the wordings that never get one of these answers.
    """

    answers: tuple[CuratedAnswer, ...]
    stored: Stored
    barred: frozenset[str] = frozenset()


class Curated:
    """Finds the verified answer to a question, as the log of changes has it at that moment.

    A change is seen by the next question, whichever process made it. An answer whose sources are
    gone, or no longer say what it quotes, is not served.

    sources: where the cited passages are looked up.
    """

    def __init__(self, changes: CuratedChanges, *, likeness: Likeness, sources: Answerer) -> None:
        self._changes = changes
        self._likeness = likeness
        self._sources = sources
        self._mark = (0, 0)
        self._known: dict[str, _Known] = {}
        self._shelves: dict[frozenset[str], _Shelf] = {}
        # Two questions at once must not read the same changes twice.
        self._reading = asyncio.Lock()

    async def find(self, question: Question) -> tuple[CuratedMatch, ...]:
        """The answers most likely meant that its audience may read, best first; two at most.

        Raises:
            EngineUnavailable: an embedder does not answer.
        """
        await self._catch_up()
        shelf = self._shelf(question)
        if not shelf.answers:
            return ()
        asked = await self._likeness.read(question.text)
        found: list[Match] = []
        for match in self._likeness.ranked(asked, shelf.stored):
            if match.probability < LEAST_FOUND or len(found) == MOST_OFFERED:
                break
            if self._repeats(match, found, shelf):
                continue
            if await self._holds(shelf.answers[match.at], question.audience):
                found.append(match)
        return tuple(self._matched(match, shelf) for match in found)

    def _matched(self, match: Match, shelf: _Shelf) -> CuratedMatch:
        return CuratedMatch(
            answer=shelf.answers[match.at],
            probability=match.probability,
            sure=match.probability >= self._likeness.serve,
            wording=shelf.stored.readings[match.at].text,
        )

    def _repeats(self, match: Match, found: Sequence[Match], shelf: _Shelf) -> bool:
        """Whether it says what one before it says: nobody has to choose between those."""
        answer, reading = shelf.answers[match.at], shelf.stored.readings[match.at]
        if any(answer.text == shelf.answers[one.at].text for one in found):
            return True
        others = stack([shelf.stored.readings[one.at] for one in found])
        nearest = self._likeness.best(reading, others)
        return nearest is not None and nearest.probability >= LEAST_SIMILAR

    # ── what is known ─────────────────────────────────────────────────────────────────────────

    async def _catch_up(self) -> None:
        async with self._reading:
            mark = await self._changes.mark()
            if mark == self._mark:
                return
            for change in await self._changes.since(max(0, self._mark[1] - _SEEN_AGAIN)):
                await self._learn(change)
            self._mark = mark
            self._shelves.clear()

    async def _learn(self, change: CuratedRevision) -> None:
        known = self._known.get(change.id)
        if known is not None and known.number >= change.number:
            return
        answer = change.answer
        read = known.readings if known else {}
        readings = {
            wording: read.get(wording) or await self._likeness.read(wording)
            for wording in (answer.asked_as if answer else ())
        }
        barred = frozenset(map(wording_key, answer.barred)) if answer else frozenset[str]()
        self._known[change.id] = _Known(
            number=change.number, answer=answer, readings=readings, barred=barred
        )

    def _shelf(self, question: Question) -> _Shelf:
        """What its audience may be served, but for what it was said not to ask."""
        audience, wording = question.audience, wording_key(question.text)
        shelf = self._shelves.get(audience)
        if shelf is None:
            shelf = _shelved(self._known.values(), audience)
            if len(self._shelves) >= _MOST_SHELVES:
                self._shelves.clear()
            self._shelves[audience] = shelf
        # Of what others may read nothing may be noticed, not even how long this takes.
        if wording in shelf.barred:
            allowed = (one for one in self._known.values() if wording not in one.barred)
            return _shelved(allowed, audience)
        return shelf

    async def _holds(self, answer: CuratedAnswer, audience: frozenset[str]) -> bool:
        """Whether its sources still say what it quotes."""
        for citation in answer.citations:
            passage = await self._sources.passage(citation.passage_id, audience=audience)
            if passage is None or citation.quote not in passage.text:
                return False
        return True


class CuratedFirst:
    """An `Answerer` that gives what people verified, and asks another one for everything else.

    Where the question surely is the verified one, its answer is given before anything is searched.
    Where it is only like it, it is given in place of "I do not know" and of what is less likely
    right, with the question it answers. Where that is too doubtful, or two are likely, their
    questions are offered beside "I do not know".
    """

    def __init__(
        self,
        curated: CuratedAnswers,
        otherwise: Answerer,
        *,
        judge: SameJudge | None = None,
        clock_s: Callable[[], float] = time.perf_counter,
        steps: Steps = UNTOLD,
    ) -> None:
        self._curated = curated
        self._otherwise = otherwise
        self._judge = judge
        self._clock_s = clock_s
        self._steps = steps

    async def stream(self, question: Question) -> AsyncGenerator[Draft | Answer, None]:
        """The verified answer, or any number of drafts and then exactly one answer."""
        began_s = self._clock_s()
        asked = standalone(question)
        with self._steps.timing("curated") as told:
            matches = await self._curated.find(replace(question, text=asked, history=()))
            told.note(matches=len(matches))
        if matches and matches[0].sure:
            took_ms = (self._clock_s() - began_s) * 1000
            timings = Timings(retrieve_ms=took_ms, total_ms=took_ms)
            yield replace(served(matches[0], question, asked), timings=timings)
            return
        async with aclosing(self._otherwise.stream(question)) as otherwise:
            async for said in otherwise:
                if matches and isinstance(said, Answer):
                    yield await self._instead(said, matches, question)
                else:
                    yield said

    async def _instead(
        self, said: Answer, matches: Sequence[CuratedMatch], question: Question
    ) -> Answer:
        """What was verified for similar questions, once the model has looked, where in doubt."""
        judge = self._judge
        if judge is None or _enough(said, matches) or not judge.doubts(said.standalone, matches[0]):
            return _better(said, matches, question)
        began_s = self._clock_s()
        with self._steps.timing("same_judge"):
            again, tokens = await _looked_at(judge, said.standalone, matches, asker=question.asker)
        took_ms = (self._clock_s() - began_s) * 1000
        timings = replace(
            said.timings,
            generate_ms=said.timings.generate_ms + took_ms,
            total_ms=said.timings.total_ms + took_ms,
        )
        spent = replace(said, tokens=said.tokens + tokens, timings=timings)
        return _better(spent, again, question)

    async def passage(self, passage_id: str, *, audience: frozenset[str]) -> Passage | None:
        """A cited passage in full, or None where it is gone or not for this audience."""
        return await self._otherwise.passage(passage_id, audience=audience)


def served(match: CuratedMatch, question: Question, asked: str) -> Answer:
    """A verified answer, as the answer to a question."""
    return Answer(
        outcome=Outcome.CURATED,
        text=match.answer.text,
        language=question.language,
        confidence=match.probability,
        citations=match.answer.citations,
        engine="curated",
        standalone=asked,
        curated=match.answer,
        similar=not match.sure,
    )


async def _looked_at(
    judge: SameJudge, asked: str, matches: Sequence[CuratedMatch], *, asker: str
) -> tuple[list[CuratedMatch], Tokens]:
    """The matches once the model has read the first, and the next one if that comes before it."""
    first, tokens = await judge.judged(asked, matches[0], asker=asker)
    others = list(matches[1:])
    if others and others[0].probability > first.probability and judge.doubts(asked, others[0]):
        others[0], more = await judge.judged(asked, others[0], asker=asker)
        tokens += more
    return sorted((first, *others), key=lambda match: -match.probability), tokens


def _enough(said: Answer, matches: Sequence[CuratedMatch]) -> bool:
    """Whether the documents surely say more."""
    return said.outcome is not Outcome.UNKNOWN and said.confidence >= matches[0].probability


def _better(said: Answer, matches: Sequence[CuratedMatch], question: Question) -> Answer:
    """What was verified for similar questions, where nothing better is known."""
    if _enough(said, matches):
        return said
    best = matches[0]
    if best.probability >= LEAST_SIMILAR and not _tied(matches):
        similar = served(best, question, said.standalone)
        return replace(similar, hits=said.hits, tokens=said.tokens, timings=said.timings)
    if said.outcome is not Outcome.UNKNOWN:
        return said
    likely = (match.answer for match in matches if match.probability >= LEAST_OFFERED)
    return replace(said, offered=tuple(likely))


def _tied(matches: Sequence[CuratedMatch]) -> bool:
    """Whether another answer is nearly as likely as the best one."""
    best, *others = matches
    return any(
        other.probability >= LEAST_SIMILAR
        and log_odds(best.probability) - log_odds(other.probability) < LEAST_LEAD
        for other in others
    )


def _shelved(known: Iterable[_Known], audience: frozenset[str]) -> _Shelf:
    theirs = [one for one in known if one.answer is not None and one.answer.audience & audience]
    pairs = [
        (one.answer, reading)
        for one in theirs
        if one.answer is not None
        for reading in one.readings.values()
    ]
    return _Shelf(
        answers=tuple(answer for answer, _ in pairs),
        stored=stack([reading for _, reading in pairs]),
        barred=frozenset[str]().union(*(one.barred for one in theirs)),
    )
