"""Which of several questions asks the same as another one."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.likeness import Likeness
from knowledge.sameness import Reading, stack


class Kin:
    """Finds the question of the same meaning, in whatever language; each is read once.

    most: so many readings are kept.
    """

    def __init__(self, likeness: Likeness, *, most: int) -> None:
        self._likeness = likeness
        self._most = most
        self._readings: dict[str, Reading] = {}

    async def of(self, question: str, known: Sequence[str]) -> int | None:
        """The place among the known ones of that which most likely asks the same; None: none does.

        Raises:
            EngineUnavailable: questions cannot be read now.
        """
        if not known:
            return None
        asked = await self._reading(question)
        match = self._likeness.best(asked, stack([await self._reading(one) for one in known]))
        if match is None or match.probability < self._likeness.join:
            return None
        return match.at

    async def _reading(self, question: str) -> Reading:
        if question not in self._readings:
            if len(self._readings) >= self._most:
                self._readings.clear()
            self._readings[question] = await self._likeness.read(question)
        return self._readings[question]
