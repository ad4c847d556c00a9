"""`/deskmate threshold value`."""

from __future__ import annotations

import unicodedata
from typing import Final

from bot.core.cards import said_card
from bot.core.commands.lines import confirm_card, confirmed, line_of
from bot.core.commands.model import DEFAULT
from bot.core.commands.parse import normal
from bot.core.commands.table import Caller
from bot.core.library import Bar, Effect, Steering
from bot.core.model import Card, InboundMessage, Invocation, Role
from bot.core.ports import Clock
from bot.core.steering import Choices
from bot.core.texts_steering import STEERING_TEXTS, SteeringTexts
from knowledge.model import Language

LOWEST: Final = 0.2
"""Below it, four answers in five are expected to be wrong."""

HIGHEST: Final = 0.99
"""Above it nothing would be answered."""


class Threshold:
    """Shows how sure an answer must be, and sets it."""

    names = ("threshold", "阈值")
    role = Role.ADMIN

    def __init__(self, *, steering: Steering, choices: Choices, clock: Clock) -> None:
        self._steering = steering
        self._choices = choices
        self._clock = clock

    def summary(self, language: Language) -> str:
        """What it does."""
        return STEERING_TEXTS[language].threshold_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return STEERING_TEXTS[language].threshold_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The value with its meaning, a question whether one is sure, or what was done."""
        language, texts = caller.language, STEERING_TEXTS[caller.language]
        sure, invocation = confirmed(invocation)
        bar = (await self._steering.standing()).bar
        if not invocation.arguments:
            return said_card(f"{_meaning(bar, texts)}\n\n{texts.threshold_usage}", language)
        word = normal(invocation.arguments[0])
        value = None if word in DEFAULT else _number(word)
        if word not in DEFAULT and (value is None or not LOWEST <= value <= HIGHEST):
            bounds = texts.threshold_bounds.format(low=LOWEST, high=HIGHEST)
            return said_card(bounds, language)
        if sure:
            return await self._set(value, invocation.message, language)
        before = f"{bar.least_confidence:.2f}"
        said = (
            texts.threshold_ask_default.format(before=before)
            if value is None
            else texts.threshold_ask.format(before=before, after=f"{value:.2f}")
        )
        return confirm_card(said, line_of(invocation, self.names[0], "confirm"), language)

    async def _set(self, value: float | None, message: InboundMessage, language: Language) -> Card:
        texts = STEERING_TEXTS[language]
        effect = await self._steering.use_threshold(value)
        chosen = dict(self._steering.chosen)
        await self._choices.put(chosen, by=message.user.key, at=self._clock())
        now = (await self._steering.standing()).bar.least_confidence
        said = {
            Effect.NOW: texts.threshold_done.format(value=f"{now:.2f}"),
            Effect.HELD: texts.threshold_held,
            Effect.SAME: texts.threshold_same,
        }[effect]
        return said_card(said, language)


def _number(word: str) -> float | None:
    """A number between 0 and 1, or a percentage."""
    plain = unicodedata.normalize("NFKC", word)
    try:
        return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)
    except ValueError:
        return None


def _meaning(bar: Bar, texts: SteeringTexts) -> str:
    budget = "" if bar.budget is None else f"{bar.budget:.1%}"
    origin = {
        "shipped": texts.origin_shipped,
        "fitted": texts.origin_fitted_certain if bar.certain else texts.origin_fitted,
        "configured": texts.origin_configured,
        "chosen": texts.origin_chosen,
    }[bar.origin].format(budget=budget)
    return texts.threshold_now.format(value=f"{bar.least_confidence:.2f}", origin=origin)
