"""What was chosen by command at one replica holds at the others too."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from bot.core.library import ModelMissing, Steering
from bot.core.steering import Choices

log = logging.getLogger(__name__)


class Following:
    """Does what stands among the choices, once for each time that they changed.

    What is chosen here stands there a moment later; until then nothing has changed, and nothing
    is taken back.
    """

    def __init__(self, *, choices: Choices, steering: Steering) -> None:
        self._choices = choices
        self._steering = steering
        self._seen: Mapping[str, str] | None = None

    async def look(self) -> None:
        """Choose as was chosen elsewhere.

        Raises:
            StateUnavailable, StoreUnavailable: looking again goes on.
        """
        chosen = await self._choices.all()
        if chosen == self._seen:
            return
        try:
            await self._steering.follow(chosen)
        except ModelMissing as error:
            log.warning("choice_not_followed", extra={"reason": str(error)})
            return
        self._seen = chosen
