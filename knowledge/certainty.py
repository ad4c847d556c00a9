"""How sure are we? First by the signals of the search, then, in doubt, by asking the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge.confidence import EvidenceModel, signals
from knowledge.errors import EngineRefused, EngineUnavailable
from knowledge.evidence import Evidence
from knowledge.judge import Judge
from knowledge.model import Answer, Hit
from knowledge.prompt import to_read
from knowledge.steps import UNTOLD, Steps


class Certainty:
    """The probability that what was found holds the answer.

    judge: None where no language model may judge.
    """

    def __init__(
        self,
        evidence_model: EvidenceModel,
        judge: Judge | None = None,
        *,
        steps: Steps = UNTOLD,
    ) -> None:
        self._evidence_model = evidence_model
        self._judge = judge
        self._steps = steps

    def at_first(self, question: str, hits: Sequence[Hit]) -> float:
        """By the signals alone, at once; 0 where nothing was found."""
        return self._evidence_model.probability(signals(question, hits)) if hits else 0.0

    def doubts(self, found: Answer) -> bool:
        """Whether the model is to be asked: the first confidence may be far from the second."""
        return self._judge is not None and self._judge.doubts(found.confidence, found.language)

    async def judged(
        self, found: Answer, evidence: Sequence[Evidence], *, asker: str = ""
    ) -> Answer:
        """An answer before its text with the second confidence, as it was where there is none."""
        if self._judge is None or not self.doubts(found):
            return found
        try:
            with self._steps.timing("judge"):
                confidence, tokens = await self._judge.judge(
                    found.confidence,
                    found.standalone,
                    to_read(evidence),
                    found.language,
                    asker=asker,
                )
        except (EngineUnavailable, EngineRefused):
            return found
        return replace(found, confidence=confidence, tokens=tokens)
