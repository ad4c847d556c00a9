"""A bot with onboarding over one platform in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.desks import Desks
from bot.core.model import Button, Buttons, Card, Conversation, Event, Form, User
from bot.core.onboarding.model import Entry, Joiner
from bot.core.onboarding.onboarding import Onboarding
from bot.core.rules import Rules
from bot.core.schedule import Job
from bot.stores.state import State, open_state
from tests.fakes_core import (
    FakeChannel,
    FakeClock,
    ScriptedAnswerer,
    build_core,
    knows,
    message,
    press,
)
from tests.fakes_onboarding import HR, MONDAY, NEW, joins


@dataclass
class Bot:
    """The core, with time in the hand of the test."""

    state: State
    channel: FakeChannel
    clock: FakeClock
    desks: Desks
    answerer: ScriptedAnswerer = field(default_factory=knows)

    @property
    def onboarding(self) -> Onboarding:
        assert self.desks.onboarding is not None
        return self.desks.onboarding

    async def hear(self, event: Event) -> None:
        await self.desks.dispatcher.dispatch(event)

    async def say(self, words: str, *, user: User = NEW, mentions: tuple[User, ...] = ()) -> Card:
        """Somebody types a command in their direct conversation; the card that answers it."""
        told = message(f"/deskmate {words}", user=user, conversation=at(user))
        await self.hear(replace(told, mentions=mentions))
        return self.channel.sent[-1].card

    async def press(self, reply: int, name: str, *, user: User = NEW, **values: str) -> None:
        """Somebody presses a button of the card that was sent as this one."""
        sent = self.channel.sent[reply]
        (ref,) = [ref for ref in self.channel.shown if self.channel._keys[sent.key] == ref]
        carried = {one.name: one.values for one in reversed(pressable(sent.card))}[name]
        await self.hear(press(ref, name, user=user, conversation=at(user), **{**carried, **values}))

    async def until(self, moment: datetime) -> None:
        """Let time pass, with a look every half hour."""
        while self.clock.now < moment:
            await self.onboarding.tick()
            self.clock.move(min(timedelta(minutes=30), moment - self.clock.now))
        await self.onboarding.tick()

    async def pass_(self, **span: float) -> None:
        await self.until(self.clock.now + timedelta(**span))

    async def joiner(self, user: User = NEW) -> Joiner:
        (found,) = await self.state.joiners.of(user.key)
        return found

    async def entries(self, user: User = NEW) -> dict[str, Entry]:
        found = await self.state.joiners.entries((await self.joiner(user)).id)
        return {entry.step_id: entry for entry in found}

    async def jobs(self, user: User = NEW) -> dict[str, Job]:
        """By kind and step: `show a`."""
        found = await self.state.agenda.of((await self.joiner(user)).id)
        return {f"{job.kind} {job.about}".strip(): job for job in found}

    def seen(self, user: User = NEW) -> list[Card]:
        """What somebody was sent, oldest first."""
        return [one.card for one in self.channel.sent if one.conversation.id == user.id]

    def titles(self, user: User = NEW) -> list[str]:
        return [card.title or card.summary for card in self.seen(user)]


def at(user: User) -> Conversation:
    return Conversation(platform=user.platform, id=user.id, direct=True)


def pressable(card: Card) -> list[Button | Form]:
    found: list[Button | Form] = []
    for block in card.blocks:
        if isinstance(block, Buttons):
            found += block.items
        if isinstance(block, Form):
            found.append(block)
    return found


@pytest.fixture
async def bot_of(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    """Makes a bot by rules; a second one shares database, platform and clock with the first."""
    async with AsyncExitStack() as stack:
        clock, channel = FakeClock(MONDAY), FakeChannel()

        async def make(rules: Rules, answerer: ScriptedAnswerer | None = None) -> Bot:
            state = await open_state(data_dir=tmp_path, clock=clock)
            stack.push_async_callback(state.close)
            answers = answerer or knows()
            desks = build_core(
                stores=state, channel=channel, answerer=answers, clock=clock, rules=rules
            )
            return Bot(state=state, channel=channel, clock=clock, desks=desks, answerer=answers)

        yield make


__all__ = ["HR", "Bot", "joins"]
