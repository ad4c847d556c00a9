"""Whether the documents still say what people verified: every verified answer is a test case."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from bot.core.model import CaseResult, EvalRun
from bot.core.ports import Clock, EvalRuns
from bot.core.teaching import Teaching
from knowledge.answer import final_answer
from knowledge.errors import EngineUnavailable
from knowledge.evaluate.judged import is_wrong
from knowledge.evaluate.prediction import Prediction
from knowledge.labelled import Labelled
from knowledge.model import Answer, CuratedAnswer, Outcome, Question
from knowledge.ports import Answerer

log = logging.getLogger(__name__)

Edition: TypeAlias = Callable[[], Awaitable[str]]
"""A word for documents, model and threshold as they are now."""

MOST_CASES = 200
"""The latest ones; a run must end while somebody still waits for it."""


class Regression:
    """Asks the documents alone what people have verified, and compares.

    What is verified is served whatever the documents say; so a case that fails shows a document
    that changed, a model that writes worse, or a threshold that refuses more.

    tolerance: the share of cases that may get worse unsaid.
    """

    def __init__(
        self,
        *,
        documents: Answerer,
        teaching: Teaching,
        runs: EvalRuns,
        clock: Clock,
        edition: Edition | None = None,
        tolerance: float = 0.05,
    ) -> None:
        self._documents = documents
        self._teaching = teaching
        self._runs = runs
        self._clock = clock
        self._edition = edition
        self._tolerance = tolerance

    def is_drop(self, before: EvalRun, now: EvalRun) -> bool:
        """Whether so many cases got worse that administrators must know."""
        worse = lost(before, now)
        log.info("test_set_run", extra={"cases": len(now.results), "lost": round(worse, 3)})
        return worse > self._tolerance

    async def cases(self) -> Sequence[CuratedAnswer]:
        """The verified answers that are tried."""
        return (await self._teaching.all_standing())[-MOST_CASES:]

    async def run(self, *, key: str) -> tuple[EvalRun, ...]:
        """Run every case; this run last, after those before it.

        key: names the run; the same one again replaces it.

        Raises:
            StateUnavailable, StoreUnavailable: nothing was kept.
        """
        edition = await self._edition() if self._edition else ""
        await self._runs.keep(replace(await self.trial(self._documents, key=key), edition=edition))
        return await self._runs.latest()

    async def trial(self, documents: Answerer, *, key: str) -> EvalRun:
        """How every case would go with these documents; nothing is kept.

        Raises:
            StateUnavailable, StoreUnavailable: not every case could be run.
        """
        cases = await self.cases()
        return EvalRun(
            id=key,
            at=self._clock(),
            results={case.id: await self._judged(case, documents) for case in cases},
            questions={case.id: case.question for case in cases},
        )

    async def now(self, *, key: str) -> EvalRun:
        """How every case goes now: the last run where it says so still, else a new one.

        Raises:
            StateUnavailable, StoreUnavailable: nothing was kept.
        """
        latest = await self._runs.latest(1)
        edition = await self._edition() if self._edition else ""
        cases = {case.id for case in await self.cases()}
        if (
            latest
            and edition
            and latest[-1].edition == edition
            and latest[-1].results.keys() >= cases
        ):
            return latest[-1]
        return (await self.run(key=key))[-1]

    async def keep(self, run: EvalRun) -> None:
        """Keep a run that was a trial: from now on it tells how things are.

        Raises:
            StateUnavailable: it was not kept.
        """
        await self._runs.keep(run)

    async def run_if_changed(self) -> tuple[EvalRun, ...]:
        """Run every case if documents, model or threshold are other ones than at the last run.

        As `run`; empty where nothing changed or there is nothing to compare with.

        Raises:
            StateUnavailable, StoreUnavailable: nothing was kept.
        """
        latest = await self._runs.latest(1)
        if self._edition is None or not await self.cases():
            return ()
        edition = await self._edition()
        if latest and latest[-1].edition == edition:
            return ()
        runs = await self.run(key=f"edition:{edition}:{len(latest) and latest[-1].id}")
        return runs if latest else ()

    async def _judged(self, case: CuratedAnswer, documents: Answerer) -> CaseResult:
        question = Question(text=case.question, language=case.language, audience=case.audience)
        try:
            said = await final_answer(documents, question)
        except EngineUnavailable as error:
            log.warning("case_not_answered", extra={"case": case.id, "reason": str(error)})
            return "refused"
        if said.outcome is Outcome.UNKNOWN:
            return "refused"
        return "wrong" if is_wrong(_labelled(case), _prediction(case, said)) else "right"


def lost(before: EvalRun, now: EvalRun) -> float:
    """The share of the cases in both runs that were right and no longer are, less the reverse."""
    both = before.results.keys() & now.results.keys()
    was = sum(before.results[case] == "right" for case in both)
    is_now = sum(now.results[case] == "right" for case in both)
    return (was - is_now) / max(1, len(both))


def _labelled(case: CuratedAnswer) -> Labelled:
    cited = frozenset(citation.document_id for citation in case.citations)
    return Labelled(
        id=case.id,
        text=case.question,
        language=case.language,
        gold_document_ids=cited,
        answers=(case.text,),
    )


def _prediction(case: CuratedAnswer, said: Answer) -> Prediction:
    return Prediction(
        id=case.id, hits=said.hits, outcome=said.outcome, text=said.text, citations=said.citations
    )
