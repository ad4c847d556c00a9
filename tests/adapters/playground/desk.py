"""A core that says what a test wrote down: the same cards, without a model behind them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from adapters.playground.channel import Playground
from bot.core.cards import (
    answer_card,
    draft_card,
    passage_card,
    passage_gone_card,
    person_asked_card,
    progress_card,
    reason_card,
    thanks_card,
)
from bot.core.errors import IntakeFull
from bot.core.model import Card, CardAction, Event, InboundMessage, MessageRef, Reaction, Reply
from knowledge.model import Answer, Language, Outcome, Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is answered to one question; drafts are the answer's text cut at these lengths."""

    answer: Answer
    cuts: tuple[int, ...] = ()


UNKNOWN = {
    language: Script(
        answer=Answer(outcome=Outcome.UNKNOWN, text="", language=language, confidence=0.0)
    )
    for language in ("zh", "en")
}


@dataclass(slots=True, kw_only=True)
class ScriptedDesk:
    """Takes events, answers in order, and waits before each final card while `held`."""

    scripts: Mapping[str, Script]
    passages: Mapping[str, Passage]
    full: bool = False
    events: list[Event] = field(default_factory=list)
    waiting: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    _keys: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.gate.set()

    async def accept(self, event: Event) -> bool:
        if self.full:
            raise IntakeFull("full")
        if self._keys.intersection(event.keys):
            return False
        self._keys.update(event.keys)
        self.events.append(event)
        self.waiting.put_nowait(event)
        return True

    @asynccontextmanager
    async def working(self, channel: Playground) -> AsyncIterator[None]:
        task = asyncio.create_task(self._work(channel))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _work(self, channel: Playground) -> None:
        while True:
            event = await self.waiting.get()
            match event:
                case InboundMessage():
                    await self._answer(channel, event)
                case CardAction():
                    await self._act(channel, event)
                case _:
                    pass
            self.waiting.task_done()

    async def _answer(self, channel: Playground, message: InboundMessage) -> None:
        language: Language = "en" if message.text.isascii() else "zh"
        script = self.scripts.get(message.text, UNKNOWN[language])
        ref = await channel.send(_reply(message, progress_card(language)))
        for cut in script.cuts:
            await channel.update(
                ref, _reply(message, draft_card(script.answer.text[:cut], language))
            )
        await self.gate.wait()
        await channel.update(ref, _reply(message, answer_card(script.answer, language)))

    async def _act(self, channel: Playground, action: CardAction) -> None:
        await channel.send(_reply(action, self._reaction_card(action)))

    def _reaction_card(self, action: CardAction) -> Card:
        language = self._language()
        match action.name:
            case "open_source":
                passage = self.passages.get(action.values["passage_id"])
                return passage_card(passage, language) if passage else passage_gone_card(language)
            case "verdict" if action.values["vote"] == "down":
                return reason_card(MessageRef(platform="playground", id=action.ref.id), language)
            case "ask_person":
                return person_asked_card(language, found=True)
            case _:
                return thanks_card(language, with_reason=action.name == "verdict_reason")

    def _language(self) -> Language:
        said = [event.text for event in self.events if isinstance(event, InboundMessage)]
        return "en" if not said or said[-1].isascii() else "zh"

    def reactions(self) -> list[Reaction]:
        return [event for event in self.events if isinstance(event, Reaction)]

    def actions(self, name: str) -> list[CardAction]:
        return [e for e in self.events if isinstance(e, CardAction) and e.name == name]


def _reply(event: InboundMessage | CardAction, card: Card) -> Reply:
    return Reply(
        key=f"{event.conversation.platform}:{event.keys[0]}/reply",
        conversation=event.conversation,
        card=card,
        answers=event.ref,
    )
