"""Model and threshold, changed while the bot serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.agreed import fitted_for
from bot.choices import Chosen, chosen_in
from bot.configured import chosen_settings, is_elsewhere
from bot.core.library import Bar, Effect, ModelMissing, Standing
from bot.deciders import deciders_of
from bot.serving import Serving
from knowledge.errors import EngineUnavailable, ModelError
from knowledge.models import CATALOGUE
from knowledge.weights import Shelf

log = logging.getLogger(__name__)


class ServedSteering:
    """The `Steering` of what is served."""

    def __init__(self, serving: Serving, shelf: Shelf) -> None:
        self._serving = serving
        self._shelf = shelf

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """What was chosen, by name, to be kept over a restart."""
        return self._serving.chosen.values()

    async def standing(self) -> Standing:
        """How answers come about now."""
        now = self._serving.now
        return Standing(
            model=now.generator.name,
            bar=await self._bar(self._serving.least_confidence),
            outside=is_elsewhere(self._serving.settings.generation),
        )

    async def models(self) -> tuple[str, ...]:
        """The language models on this machine, by catalogue name."""
        here = await asyncio.to_thread(self._shelf.installed)
        return tuple(name for name in here if CATALOGUE[name].purpose == "generation")

    async def use_model(self, name: str) -> Effect:
        """Answer by another model; empty: the configured one."""
        if name and name not in await self.models():
            raise ModelMissing(name)
        return await self._choose(lambda chosen: replace(chosen, model=name), loads=True)

    async def use_threshold(self, value: float | None) -> Effect:
        """Ask for another certainty; None: the configured one."""

        def with_it(chosen: Chosen) -> Chosen:
            deciders = deciders_of(chosen_settings(self._serving.settings, chosen))
            return replace(chosen, threshold=value, deciders=deciders if value is not None else "")

        return await self._choose(with_it, loads=False)

    async def follow(self, values: Mapping[str, str]) -> None:
        """Answer as was chosen, by name, at another replica."""
        chosen, now = chosen_in(values), self._serving.chosen
        if chosen.values() != now.values():
            log.info("choice_followed", extra={"model": chosen.model})
            await self._choose(lambda _: chosen, loads=chosen.model != now.model)

    async def _choose(self, make: Callable[[Chosen], Chosen], *, loads: bool) -> Effect:
        try:
            return await self._serving.choose(make(self._serving.chosen), loads=loads)
        except (ModelError, EngineUnavailable) as error:
            log.warning("model_not_taken", extra={"reason": str(error)})
            raise ModelMissing(str(error)) from error

    async def _bar(self, least_confidence: float) -> Bar:
        chosen = self._serving.chosen
        settings = chosen_settings(self._serving.settings, chosen)
        fitted = await fitted_for(settings, deciders_of(settings))
        if chosen.threshold is not None and chosen.deciders == deciders_of(settings):
            return Bar(least_confidence=least_confidence, origin="chosen", budget=None)
        if settings.answering.least_confidence is not None:
            return Bar(least_confidence=least_confidence, origin="configured", budget=None)
        if fitted is None or fitted.max_wrong_rate > settings.answering.max_wrong_rate:
            return Bar(least_confidence=least_confidence, origin="shipped", budget=None)
        return Bar(
            least_confidence=least_confidence,
            origin="fitted",
            budget=fitted.max_wrong_rate,
            certain=fitted.guarantee == "certain",
        )
