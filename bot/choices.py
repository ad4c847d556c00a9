"""What was chosen in place of what is configured, as it is kept over a restart."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.settings import Settings
from bot.state import opened_state

log = logging.getLogger(__name__)

_MODEL: Final = "model"
_THRESHOLD: Final = "threshold"
_DECIDERS: Final = "threshold_for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Choices that stand.

    model: a catalogue name; empty: the configured one.
    threshold: None: the configured one. deciders: what it was chosen for; it fits nothing else.
    """

    model: str = ""
    threshold: float | None = None
    deciders: str = ""

    def values(self) -> tuple[tuple[str, str], ...]:
        """As they are kept; what was not chosen is empty."""
        threshold = "" if self.threshold is None else repr(self.threshold)
        return (
            (_MODEL, self.model),
            (_THRESHOLD, threshold),
            (_DECIDERS, self.deciders if threshold else ""),
        )


def chosen_in(values: Mapping[str, str]) -> Chosen:
    """The choices that were kept; one that nobody can read is as none."""
    model = values.get(_MODEL, "")
    try:
        threshold = float(values[_THRESHOLD])
    except (KeyError, ValueError):
        return Chosen(model=model)
    if not 0.0 <= threshold <= 1.0:
        log.warning("choice_unreadable", extra={"choice": _THRESHOLD})
        return Chosen(model=model)
    return Chosen(model=model, threshold=threshold, deciders=values.get(_DECIDERS, ""))


async def read_choices(settings: Settings) -> Chosen:
    """The choices in the state store that is configured.

    Raises:
        StateUnavailable: it does not answer.
    """
    async with opened_state(settings) as state:
        return chosen_in(await state.choices.all())
