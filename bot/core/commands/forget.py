"""`/deskmate forget question`, and `/deskmate forget @someone`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from bot.core.cards import plain, refused_card, said_card
from bot.core.clearance import Clearance
from bot.core.commands.lines import confirm_card, confirmed
from bot.core.commands.table import Caller, Refused
from bot.core.commands.who import people_in
from bot.core.loop_cards import forget_card
from bot.core.model import Card, Invocation, Role, User
from bot.core.teaching import Teaching
from bot.core.texts import TEXTS
from bot.core.texts_steering import STEERING_TEXTS
from knowledge.model import CuratedAnswer, Language
from knowledge.words import content_words, coverage

ForgetPerson: TypeAlias = Callable[[User, Language], Awaitable[Card]]
"""Deletes what is kept of somebody, and says what that was."""


class Forget:
    """Shows the verified answers that may be meant, each with a button to take it back.

    Where somebody is named instead, what is kept of them is deleted once that is confirmed; that
    is for HR and administrators.
    """

    names = ("forget", "忘记")
    role = frozenset({Role.OWNER, Role.HR})

    def __init__(
        self, *, teaching: Teaching, clearance: Clearance, person: ForgetPerson | None = None
    ) -> None:
        self._clearance = clearance
        self._teaching = teaching
        self._person = person

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].forget_command

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Those whose question has the most of these words; without words the latest."""
        people = people_in(invocation.message, invocation.arguments)
        if people and self._person is not None and {Role.HR, Role.ADMIN} & caller.roles:
            if not confirmed(invocation)[0]:
                return _ask(people[0], caller.language)
            return await self._person(people[0], caller.language)
        if Role.OWNER not in caller.roles:
            raise Refused(refused_card(invocation.name, caller.language))
        wanted = content_words(" ".join(invocation.arguments))
        sight = await self._clearance.of(invocation.message.user.key)
        standing = tuple(reversed(sight.answers(await self._teaching.all_standing())))
        found = [answer for answer in standing if not wanted or _fit(answer, wanted)]
        found.sort(key=lambda answer: -_fit(answer, wanted))
        if not found:
            return said_card(TEXTS[caller.language].forget_none, caller.language)
        return forget_card(found, caller.language)


def _ask(person: User, language: Language) -> Card:
    asked = STEERING_TEXTS[language].forget_ask.format(name=plain(person.name or person.key))
    return confirm_card(asked, f"/deskmate forget {person.key} confirm", language)


def _fit(answer: CuratedAnswer, wanted: frozenset[str]) -> float:
    return max(coverage(wanted, content_words(wording)) for wording in answer.asked_as)
