"""The way that counts, and the change that waits to count in its place."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial

from bot.agreed import Agreed
from bot.choices import Chosen
from bot.configured import (
    Configured,
    change_id,
    chosen_settings,
    configured,
    configured_way,
    what_changes,
)
from bot.core.library import Effect
from bot.core.ports import Held
from bot.knowledge_base import KnowledgeBase
from bot.opened import Opened
from bot.settings import Settings
from bot.stores.ways import SqlWays
from bot.succession import Rebuilt
from bot.ways import Place, Record, Way
from knowledge.errors import ModelError

log = logging.getLogger(__name__)


class Current:
    """Knows the way that counts, and makes another one count; one call after the other.

    agreed: what other bots of the same database let count, and ingests brought.
    """

    def __init__(self, wanted: Configured, opened: Opened, agreed: Agreed) -> None:
        self._configured = wanted
        self._opened = opened
        self._agreed = agreed
        self._ways = agreed.ways
        self._way = wanted.way
        self._held: Held | None = None
        # The gate and a button may look at once, and a folder can be opened only once.
        self.changing = asyncio.Lock()

    @property
    def way(self) -> Way:
        """The way that counts."""
        return self._way

    @property
    def knowledge(self) -> KnowledgeBase:
        """The knowledge side that goes that way."""
        return self._opened[self._way]

    @property
    def configured(self) -> Configured:
        """What is configured and chosen; it may wait to count."""
        return self._configured

    @property
    def ways(self) -> SqlWays:
        """Where all that is agreed on is kept."""
        return self._ways

    @property
    def holds(self) -> bool:
        """Whether a change has to be let before it counts."""
        return self._configured.settings.loop.gate == "block"

    async def start(self) -> None:
        """Open what counts; what is configured and cannot be opened is said at once.

        Raises:
            ModelError: weights are missing or wrong.
            StoreUnavailable: the store cannot be opened.
        """
        wanted = self._configured
        way = await self._ways.start(wanted.way, holds=self.holds)
        try:
            await self._open(way)
        except ModelError as error:
            if way == wanted.at(way.place):
                raise
            # The model from before is gone from this machine: nothing is left to go on with.
            log.warning("change_not_held", extra={"reason": str(error)})
            way = wanted.at(way.place)
            await self._ways.let(way, number=0)
        self._way = way
        await self._open(way)
        await self._open(wanted.at(way.place))

    async def at(self, place: Place) -> KnowledgeBase:
        """What is configured, on the passages of a place."""
        return await self._open(self._configured.at(place))

    async def wanted(self, plain: Settings, chosen: Chosen) -> Configured:
        """What settings come to with these choices, by the threshold that is fitted by now."""
        return await configured(plain, chosen, self._agreed.thresholds.of)

    async def fitted_anew(self) -> bool:
        """Whether somebody has fitted another threshold than the one that is configured."""
        now = await configured_way(self._configured.settings, self._agreed.thresholds.of)
        return now.at(self._configured.way.place) != self._configured.way

    async def follow(self) -> Record:
        """What all agree on; where another has let documents count, they count here too."""
        record = await self._ways.read()
        way = record.followed(self._way, self._configured.way)
        if way != self._way:
            await self._open(way)
            self._way, self._held = way, None
            log.info("change_followed", extra={"place": way.place})
        return record

    async def held(self) -> Held | None:
        """The change that waits to count.

        Raises:
            ModelError, StoreUnavailable: it cannot be opened.
        """
        staged = (await self.follow()).ready
        way = self._configured.at(staged.place if staged else self._way.place)
        if way == self._way:
            return None
        number = staged.number if staged else 0
        name = change_id(self._way, way, number)
        if self._held is None or self._held.id != name:
            knowledge = await self._open(way)
            self._held = Held(
                id=name,
                what=await what_changes(self.knowledge, knowledge, self._way, way),
                answerer=knowledge.answerer,
                edition=knowledge.edition_now,
                let=partial(self._let, way, number),
            )
        return self._held

    async def choose(self, chosen: Chosen, *, loads: bool) -> Effect:
        """Go as chosen: from the next question on, or once it was tried out.

        loads: a model that cannot be loaded is not chosen; one that can is ready before it is used.

        Raises:
            ModelError, EngineUnavailable, StoreUnavailable: everything stays as it was.
        """
        wanted = await self.wanted(self._configured.plain, chosen)
        way = wanted.at(self._way.place)
        opened = await self._opened.open(way, wanted.settings)
        if loads and way != self._way:
            await opened.generator.ping()
            await opened.warm()
        effect = await self._brought_in(way)
        self._configured = wanted
        return effect

    async def turn_to(self, rebuilt: Rebuilt) -> None:
        """Go the same way on passages that were embedded anew."""
        await self._ways.let(rebuilt.way, number=0)
        chosen = self._configured.chosen  # maybe since these passages were opened
        settings = chosen_settings(rebuilt.configured.plain, chosen)
        self._configured = replace(rebuilt.configured, chosen=chosen, settings=settings)
        self._opened.put(rebuilt.way, rebuilt.knowledge)
        self._way, self._held = rebuilt.way, None

    async def _open(self, way: Way) -> KnowledgeBase:
        return await self._opened.open(way, self._configured.settings)

    async def _brought_in(self, way: Way) -> Effect:
        if way == self._way:
            return Effect.SAME
        if self.holds:
            return Effect.HELD
        await self._ways.let(way, number=0)
        self._way, self._held = way, None
        return Effect.NOW

    async def _let(self, way: Way, number: int) -> bool:
        async with self.changing:  # whoever follows must not go on from what was read before
            if not await self._ways.let(way, number=number):
                return False
            self._way, self._held = way, None
            return True
