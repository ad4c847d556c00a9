"""A company that hires: people in six time zones on three platforms, and all that goes wrong."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.dingtalk.render import STANDARD_TEMPLATE, render_card
from adapters.feishu.render import render as render_feishu
from adapters.slack.render import render as render_slack
from bot.core.errors import ChannelRefused, ChannelUnavailable
from bot.core.model import Buttons, Capabilities, Card, Form, MessageRef, Reply, User
from bot.core.onboarding.model import Place

BEGIN: Final = datetime(2026, 9, 7, tzinfo=UTC)
"""A Monday; Chinese shifted workdays, the end of two summer times and Christmas are to come."""

PLACES: Final[Mapping[str, Place]] = {
    "Hangzhou": Place(time_zone="Asia/Shanghai", country="CN"),
    "Singapore": Place(time_zone="Asia/Singapore", country="SG"),
    "Berlin": Place(time_zone="Europe/Berlin", country="DE", region="BE"),
    "London": Place(time_zone="Europe/London", country="GB", region="ENG"),
    "Bangalore": Place(time_zone="Asia/Kolkata", country="IN"),
    "New York": Place(time_zone="America/New_York", country="US", region="NY"),
}
PLATFORMS: Final[Mapping[str, Capabilities]] = {
    "slack": Capabilities(),
    "feishu": Capabilities(),
    "dingtalk": Capabilities(edits=False, forms=False),
}


class Killed(BaseException):
    """The process is gone; nothing after this runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message that somebody saw. unbidden: the clock brought it, not an answer to a press."""

    at: datetime
    place: str
    key: str
    card: Card
    unbidden: bool


@dataclass
class Fate:
    """When what breaks. Chances are of each call to a platform."""

    chance: random.Random
    unavailable: float = 0.01
    killed: float = 0.0008
    left: set[str] = field(default_factory=set)

    def strike(self, place: str) -> None:
        """Before a message arrives."""
        if place in self.left:
            raise ChannelRefused("user_disabled")
        self.kill()
        if self.chance.random() < self.unavailable:
            raise ChannelUnavailable("a gateway is down")

    def kill(self) -> None:
        """Perhaps the process ends here."""
        if self.chance.random() < self.killed:
            raise Killed


@dataclass
class Platform:
    """A platform that keeps what was sent while our processes come and go.

    sent: every message there is, in order: a key that comes again shows no second one.
    """

    platform: str
    capabilities: Capabilities
    clock: Callable[[], datetime]
    fate: Fate
    unbidden: Callable[[], bool]
    sent: list[Sent] = field(default_factory=list)
    keys: dict[str, MessageRef] = field(default_factory=dict)
    shown: dict[MessageRef, Card] = field(default_factory=dict)
    on_sent: Callable[[MessageRef, Reply], None] = lambda _ref, _reply: None
    repeats: int = 0

    async def send(self, reply: Reply) -> MessageRef:
        self.fate.strike(reply.conversation.id)
        ref = self.keys.get(reply.key)
        if ref is None:
            ref = MessageRef(platform=self.platform, id=f"{self.platform}{len(self.keys)}")
            self.keys[reply.key] = ref
            self.shown[ref] = reply.card
            self._look_at(reply.card)
            self.sent.append(
                Sent(
                    at=self.clock(),
                    place=reply.conversation.id,
                    key=reply.key,
                    card=reply.card,
                    unbidden=self.unbidden(),
                )
            )
            self.on_sent(ref, reply)
        else:
            self.repeats += 1
        self.fate.kill()  # it arrived, but nobody wrote that down
        return ref

    async def update(self, ref: MessageRef, reply: Reply) -> None:
        self.fate.strike(reply.conversation.id)
        self.shown[ref] = reply.card

    async def words_of(self, ref: MessageRef) -> str:
        return ""

    async def ping(self) -> None:
        return None

    async def close(self) -> None:
        return None

    def _look_at(self, card: Card) -> None:
        """Every tenth card is drawn as the platform would."""
        if len(self.keys) % 10:
            return
        match self.platform:
            case "slack":
                assert render_slack(card).blocks
            case "feishu":
                assert render_feishu(card)
            case _:
                assert render_card(card, template_id=STANDARD_TEMPLATE, max_bytes=20_000)


@dataclass
class Person:
    """Somebody who joins.

    acts: how likely they do what they are asked to. joins_at: when their first event comes.
    """

    user: User
    office: str
    joins_at: datetime
    acts: float
    leaves_at: datetime | None = None
    told_of_leaving: bool = False


def people(count: int, chance: random.Random) -> list[Person]:
    """Who is hired, in the order in which they come, all within a month."""
    found: list[Person] = []
    for number in range(count):
        platform = chance.choice(tuple(PLATFORMS))
        joins_at = BEGIN + timedelta(minutes=chance.randrange(30 * 24 * 60))
        leaves = chance.random() < 0.05
        found.append(
            Person(
                user=User(platform=platform, id=f"p{number}", name=f"Person {number}"),
                office=chance.choice(tuple(PLACES)),
                joins_at=joins_at,
                acts=chance.uniform(0.5, 1.0),
                leaves_at=joins_at + timedelta(days=chance.randrange(5, 80)) if leaves else None,
                told_of_leaving=chance.random() < 0.6,
            )
        )
    return sorted(found, key=lambda one: one.joins_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """Something that can be pressed on a card."""

    name: str
    values: Mapping[str, str]


def presses(card: Card) -> Mapping[str, list[Press]]:
    """What can be pressed on a card, by name; forms with nothing filled in yet."""
    found: defaultdict[str, list[Press]] = defaultdict(list)
    for block in card.blocks:
        match block:
            case Buttons():
                for button in block.items:
                    found[button.name].append(Press(name=button.name, values=button.values))
            case Form():
                filled = {
                    one.name: one.choices[0].value if one.choices else "fine"
                    for one in block.fields
                }
                found[block.name].append(Press(name=block.name, values={**filled, **block.values}))
            case _:
                continue
    return found
