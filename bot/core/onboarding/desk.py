"""What new colleagues press and type about their own journey."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC

from bot.core.cards import said_card
from bot.core.errors import ChannelRefused
from bot.core.model import Card, CardAction, Reply, User
from bot.core.onboarding.cards import (
    ANSWER,
    DONE,
    GO_ON,
    LANGUAGE,
    LATER,
    LIST,
    OPEN,
    STOP,
    stopped_card,
)
from bot.core.onboarding.lists import Lists, Spot
from bot.core.onboarding.model import Joiner, JoinerState, Questions, Quiz
from bot.core.onboarding.roster import Roster
from bot.core.onboarding.texts import TEXTS
from bot.core.onboarding.when import known_zone, zone
from bot.core.replies import Replies, private_reply, reply_key
from knowledge.model import Language

log = logging.getLogger(__name__)

_RUNNING = (JoinerState.ACTIVE, JoinerState.PAUSED)


class JoinerDesk:
    """Buttons and words of joiners; nobody can press another's."""

    def __init__(self, *, roster: Roster, lists: Lists, replies: Replies) -> None:
        self._roster = roster
        self._lists = lists
        self._replies = replies

    @property
    def actions(self) -> Mapping[str, Callable[[CardAction], Awaitable[None]]]:
        """What each button and form does, by its name."""
        return {
            DONE: self._done,
            LATER: self._later,
            ANSWER: self._answer,
            OPEN: self._open,
            LIST: self._list,
            STOP: self._stop,
            GO_ON: self._go_on,
            LANGUAGE: self._language,
        }

    # ── words ─────────────────────────────────────────────────────────────────────────────────

    async def journey_of(self, user: User) -> Joiner | None:
        """The journey a person means when they speak of theirs: one that runs, else the latest."""
        theirs = await self._roster.joiners.of(user.key)
        running = [one for one in theirs if one.state in _RUNNING]
        return next(iter((*running, *theirs)), None)

    async def show(self, joiner: Joiner, *, key: str) -> Card:
        """Their list; from now on this reply is the one that changes with it."""
        if joiner.state in _RUNNING:
            joiner = await self._roster.change(joiner, list_key=key)
        return await self._lists.shown_now(joiner)

    async def numbered(self, joiner: Joiner, number: int) -> Spot | None:
        """The step with this number on their list."""
        edition = self._lists.edition(joiner)
        if edition is None or not 1 <= number <= len(edition.steps):
            return None
        spot = await self._lists.spot(joiner, edition.steps[number - 1].id)
        return spot if spot and spot.step.owner == "joiner" else None

    async def do(self, spot: Spot | None, words: str, joiner: Joiner, *, what: str) -> Card:
        """What was typed about a step: `done`, `later` or `answer`; the list follows."""
        if spot is None:
            return said_card(TEXTS[joiner.language].step_gone, joiner.language)
        if what == "later":
            card = await self._lists.postpone(spot, int(words) if words.isdecimal() else 1)
        elif what == "answer":
            card = await self._lists.answer(spot, _typed(spot, words))
        else:
            card = await self._lists.finish(spot)
        await self._refresh(joiner)
        return card

    async def stop(self, joiner: Joiner) -> Card:
        """No more messages."""
        return stopped_card(await self._roster.stop(joiner))

    async def go_on(self, joiner: Joiner) -> Card:
        """Messages again; what HR ended stays ended."""
        if joiner.state is JoinerState.ENDED:
            return said_card(TEXTS[joiner.language].no_journey, joiner.language)
        await self._roster.resume(joiner)
        return said_card(TEXTS[joiner.language].gone_on, joiner.language)

    async def speak(self, joiner: Joiner, language: Language) -> Card:
        """Another language from now on; what is shown already changes with the list."""
        joiner = await self._roster.change(joiner, language=language)
        await self._refresh(await self._roster.replan(joiner))
        return said_card(TEXTS[language].language_is, language)

    async def move(self, joiner: Joiner, name: str) -> Card:
        """Another time zone from now on."""
        texts = TEXTS[joiner.language]
        if not known_zone(name):
            return said_card(texts.zone_unknown.format(zone=name[:60]), joiner.language)
        joiner = await self._roster.move(joiner, name)
        here = self._roster.clock().astimezone(UTC).astimezone(zone(name))
        return said_card(texts.zone_is.format(zone=name, time=f"{here:%H:%M}"), joiner.language)

    # ── buttons ───────────────────────────────────────────────────────────────────────────────

    async def _done(self, action: CardAction) -> None:
        await self._on_step(action, self._lists.finish)

    async def _later(self, action: CardAction) -> None:
        days = action.values.get("days", "1")

        async def postpone(spot: Spot) -> Card:
            return await self._lists.postpone(spot, int(days) if days.isdecimal() else 1)

        await self._on_step(action, postpone)

    async def _answer(self, action: CardAction) -> None:
        async def answer(spot: Spot) -> Card:
            return await self._lists.answer(spot, action.values)

        await self._on_step(action, answer)

    async def _open(self, action: CardAction) -> None:
        spot = await self._spot(action)
        if spot is not None:
            await self._say(action, await self._lists.open(spot), spot.joiner)

    async def _on_step(self, action: CardAction, do: Callable[[Spot], Awaitable[Card]]) -> None:
        """Do something with a step: its card becomes what it led to, and the list follows."""
        spot = await self._spot(action)
        if spot is None:
            return
        card, joiner = await do(spot), spot.joiner
        if action.values.get("list"):
            await self._become(action, await self._lists.shown_now(joiner), joiner)
            return
        await self._become(action, card, joiner)
        await self._refresh(joiner)

    async def _spot(self, action: CardAction) -> Spot | None:
        """The step a button is about; None, and they are told, where it is not theirs."""
        joiner = await self._roster.joiners.find(action.values.get("joiner", ""))
        language = joiner.language if joiner else self._roster.staff.language(action.user.platform)
        texts = TEXTS[language]
        if joiner is None:
            await self._say(action, said_card(texts.step_gone, language), None)
            return None
        spot = await self._lists.spot(joiner, action.values.get("step", ""))
        if spot is None:
            await self._say(action, said_card(texts.step_gone, language), None)
            return None
        if not self._roster.staff.plays(spot.step.owner, joiner, action.user):
            log.warning("step_refused", extra={"user": action.user.key, "joiner": joiner.id})
            await self._say(action, said_card(texts.not_yours, language), None)
            return None
        return spot

    async def _list(self, action: CardAction) -> None:
        joiner = await self._own(action)
        if joiner is not None:
            await self._say(action, await self.show(joiner, key=reply_key(action)), joiner)

    async def _stop(self, action: CardAction) -> None:
        joiner = await self._own(action)
        if joiner is not None:
            await self._say(action, await self.stop(joiner), joiner)

    async def _go_on(self, action: CardAction) -> None:
        joiner = await self._own(action)
        if joiner is not None:
            await self._say(action, await self.go_on(joiner), joiner)

    async def _language(self, action: CardAction) -> None:
        joiner = await self._own(action)
        if joiner is not None:
            other: Language = "en" if joiner.language == "zh" else "zh"
            await self._say(action, await self.speak(joiner, other), joiner)

    async def _own(self, action: CardAction) -> Joiner | None:
        joiner = await self._roster.joiners.find(action.values.get("joiner", ""))
        if joiner is not None and joiner.user.key == action.user.key:
            return joiner
        language = self._roster.staff.language(action.user.platform)
        await self._say(action, said_card(TEXTS[language].no_journey, language), None)
        return None

    # ── showing ───────────────────────────────────────────────────────────────────────────────

    async def _refresh(self, joiner: Joiner) -> None:
        whole = await self._roster.joiners.whole(joiner.id)
        if whole is not None:
            await self._lists.refresh(*whole)

    async def _become(self, action: CardAction, card: Card, joiner: Joiner) -> None:
        """Put a card in the place of the one that was pressed, where that can be."""
        own = action.user.key == joiner.user.key
        if own and self._lists.capabilities(joiner).edits:
            reply = Reply(key=reply_key(action), conversation=joiner.conversation, card=card)
            try:
                await self._replies.replace(action.ref, reply)
            except ChannelRefused as refused:
                log.info("card_not_changed", extra={"code": refused.code})
            else:
                return
        await self._say(action, card, joiner)

    async def _say(self, action: CardAction, card: Card, joiner: Joiner | None) -> None:
        """To whoever pressed: a joiner where their journey is, others where they did."""
        own = joiner is not None and action.user.key == joiner.user.key
        place = joiner.conversation if joiner and own else None
        await self._replies.once(private_reply(action, card, place))


def _typed(spot: Spot, words: str) -> Mapping[str, str]:
    """Words typed for a step: the letter of a quiz, or lines for the fields of a form."""
    match spot.step.content:
        case Quiz():
            return {"choice": words}
        case Questions() as questions:
            lines = words.splitlines() if len(questions.fields) > 1 else [words]
            return {field.name: line for field, line in zip(questions.fields, lines, strict=False)}
        case _:
            return {}
