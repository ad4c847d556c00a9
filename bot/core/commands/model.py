"""`/deskmate model name`."""

from __future__ import annotations

from typing import Final

from bot.core.cards import plain, said_card
from bot.core.commands.lines import confirm_card, confirmed, line_of
from bot.core.commands.parse import normal, parse
from bot.core.commands.table import Caller
from bot.core.errands import ErrandDesk
from bot.core.library import Effect, ModelMissing, Steering
from bot.core.model import Card, Errand, Invocation, Role
from bot.core.ports import Clock
from bot.core.steering import Choices
from bot.core.texts_steering import STEERING_TEXTS, SteeringTexts
from knowledge.model import Language

DEFAULT: Final = frozenset({"default", "默认"})


class Model:
    """Shows the language models on this machine, and switches to another one."""

    names = ("model", "模型")
    role = Role.ADMIN

    def __init__(
        self, *, steering: Steering, choices: Choices, errands: ErrandDesk, clock: Clock
    ) -> None:
        self._steering = steering
        self._choices = choices
        self._errands = errands
        self._clock = clock

    def summary(self, language: Language) -> str:
        """What it does."""
        return STEERING_TEXTS[language].model_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return STEERING_TEXTS[language].model_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The list, a question whether one is sure, or that the report follows."""
        language, texts = caller.language, STEERING_TEXTS[caller.language]
        sure, invocation = confirmed(invocation)
        if not invocation.arguments:
            return await self._list(language)
        standing = await self._steering.standing()
        if standing.outside:
            return said_card(texts.model_outside, language)
        name = _name_in(invocation)
        if name and name not in await self._steering.models():
            return said_card(texts.model_unknown.format(name=plain(name)), language)
        shown = _shown(name, texts)
        if not sure:
            said = texts.model_ask.format(name=shown, now=plain(standing.model))
            return confirm_card(said, line_of(invocation, self.names[0], "confirm"), language)
        started = said_card(texts.model_started.format(name=shown), language)
        return await self._errands.entrust(
            self.names[0], invocation.message, language, started=started
        )

    async def report(self, errand: Errand) -> Card:
        """What became of it.

        Raises:
            StateUnavailable: it counts, but a restart would not keep it; it is tried again.
            StoreUnavailable: nothing was changed.
        """
        texts = STEERING_TEXTS[errand.language]
        invocation = parse(errand.message, known=self.names.__contains__)
        name = _name_in(confirmed(invocation)[1]) if invocation else ""
        shown = _shown(name, texts)
        try:
            effect = await self._steering.use_model(name)
        except ModelMissing:
            return said_card(texts.model_failed.format(name=shown), errand.language)
        chosen = dict(self._steering.chosen)
        await self._choices.put(chosen, by=errand.message.user.key, at=self._clock())
        model = plain((await self._steering.standing()).model)
        said = {
            Effect.NOW: texts.model_done.format(model=model),
            Effect.HELD: texts.model_held.format(name=shown),
            Effect.SAME: texts.model_same.format(name=model),
        }[effect]
        return said_card(said, errand.language)

    async def _list(self, language: Language) -> Card:
        texts = STEERING_TEXTS[language]
        standing, here = await self._steering.standing(), await self._steering.models()
        now = texts.model_now.format(model=plain(standing.model))
        if standing.outside:
            return said_card(f"{now}\n\n{texts.model_outside}", language)
        if not here:
            return said_card(f"{now}\n\n{texts.model_none_here}", language)
        used = standing.model.partition(":")[2]
        rows = "\n".join(f"- `{name}`{texts.model_used if name == used else ''}" for name in here)
        return said_card(f"{now}\n\n{texts.model_here}\n\n{rows}\n\n{texts.model_usage}", language)


def _name_in(invocation: Invocation) -> str:
    """The model that is named; empty: the configured one."""
    name = normal(invocation.arguments[0]) if invocation.arguments else ""
    return "" if name in DEFAULT else name


def _shown(name: str, texts: SteeringTexts) -> str:
    return plain(name) if name else texts.model_default
