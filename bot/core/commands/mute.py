"""`/deskmate mute` and `/deskmate unmute`."""

from __future__ import annotations

from bot.core.cards import said_card
from bot.core.commands.table import Caller
from bot.core.model import Card, Invocation, Role
from bot.core.ports import Clock
from bot.core.steering import Mute, Mutes
from bot.core.texts_steering import STEERING_TEXTS
from knowledge.model import Language


class MuteChannel:
    """Makes the bot silent in a channel, at once."""

    names = ("mute", "静音")
    role = Role.OWNER

    def __init__(self, *, mutes: Mutes, clock: Clock) -> None:
        self._mutes = mutes
        self._clock = clock

    def summary(self, language: Language) -> str:
        """What it does."""
        return STEERING_TEXTS[language].mute_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return STEERING_TEXTS[language].mute_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Be silent from now on."""
        texts, message = STEERING_TEXTS[caller.language], invocation.message
        place = message.conversation
        if place.direct:
            return said_card(texts.mute_not_here, caller.language)
        if await self._mutes.of(place) is not None:
            return said_card(texts.muted_already, caller.language)
        mute = Mute(
            platform=place.platform, channel=place.id, by=message.user.key, at=self._clock()
        )
        await self._mutes.put(mute)
        return said_card(texts.muted, caller.language)


class UnmuteChannel:
    """Lets the bot answer in a channel again."""

    names = ("unmute", "取消静音")
    role = Role.OWNER

    def __init__(self, *, mutes: Mutes, clock: Clock) -> None:
        self._mutes = mutes
        self._clock = clock

    def summary(self, language: Language) -> str:
        """What it does."""
        return STEERING_TEXTS[language].unmute_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return STEERING_TEXTS[language].unmute_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Speak again from now on."""
        texts, message = STEERING_TEXTS[caller.language], invocation.message
        place = message.conversation
        if place.direct:
            return said_card(texts.mute_not_here, caller.language)
        lifted = await self._mutes.lift(place, by=message.user.key, at=self._clock())
        return said_card(texts.unmuted if lifted else texts.unmuted_already, caller.language)
