"""`/deskmate onboard`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from bot.core.cards import plain, said_card
from bot.core.commands.lines import confirm_card, confirmed
from bot.core.commands.parse import normal
from bot.core.commands.table import Caller, Refused
from bot.core.commands.who import people_in, without_people
from bot.core.model import Block, Card, InboundMessage, Invocation, Role, User
from bot.core.onboarding.desk import JoinerDesk
from bot.core.onboarding.hr_desk import REHEARSAL_DAY_S, HrDesk
from bot.core.onboarding.model import Facts, Joiner, Part
from bot.core.onboarding.table import language_of_word
from bot.core.onboarding.texts import TEXTS
from bot.core.replies import reply_key
from knowledge.model import Language

_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "done": ("done", "完成"),
    "later": ("later", "推迟"),
    "answer": ("answer", "回答"),
    "stop": ("stop", "停止"),
    "resume": ("resume", "继续", "恢复"),
    "zone": ("zone", "timezone", "时区"),
    "language": ("language", "语言"),
    "help": ("help", "帮助"),
    "status": ("status", "状态", "进度"),
    "report": ("report", "报告"),
    "nudge": ("nudge", "提醒"),
    "reassign": ("reassign", "改派"),
    "pause": ("pause", "暂停"),
    "end": ("end", "终止", "结束"),
    "answers": ("answers", "查看回答"),
    "export": ("export", "导出"),
    "rehearse": ("rehearse", "试运行"),
    "forget": ("forget", "忘记", "删除"),
}
_NAMED: Final = {word: name for name, words in _WORDS.items() for word in words}
_OWN: Final = frozenset({"done", "later", "answer", "stop", "zone", "language"})
_NUMBERED: Final = frozenset({"done", "later", "answer"})
_PARTS: Final[Mapping[str, Part]] = {
    "buddy": "buddy", "伙伴": "buddy", "manager": "manager", "主管": "manager",
}  # fmt: skip
_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_ID: Final = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A command in parts. people: who is named, in order. words: the rest."""

    name: str
    people: tuple[User, ...]
    words: tuple[str, ...]


class Onboard:
    """A new colleague's list, and all that HR does with journeys."""

    names = ("onboard", "入职")
    role = Role.EVERYONE

    def __init__(self, *, desk: JoinerDesk, hr: HrDesk) -> None:
        self._desk = desk
        self._hr = hr

    def summary(self, language: Language) -> str:
        """What it does."""
        return TEXTS[language].command

    def usage(self, language: Language) -> str:
        """How it is typed by whoever is on a journey; HR's part is told to HR."""
        return TEXTS[language].usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """The list, or what the words after the command say."""
        sure, invocation = confirmed(invocation)
        said, message = understood(invocation), invocation.message
        alone = not said.people
        if said.name == "help":
            return _help(caller)
        if said.name == "forget" and alone:
            return await self._forget_me(message, caller.language, sure=sure)
        if said.name in _OWN or (alone and said.name in ("", "resume")):
            return await self._own(said, message, caller)
        if said.name == "answers" and not alone:
            return await self._hr.answers(said.people[0], message.user, caller.language)
        if not {Role.HR, Role.ADMIN} & caller.roles:
            raise Refused(said_card(TEXTS[caller.language].hr_only, caller.language))
        if said.name == "forget" and not sure:
            return _ask_to_forget(said.people[0], caller.language)
        return await self._staff(said, message, caller.language)

    # ── one's own ─────────────────────────────────────────────────────────────────────────────

    async def _own(self, said: Said, message: InboundMessage, caller: Caller) -> Card:
        joiner = await self._desk.journey_of(message.user)
        if joiner is None:
            return said_card(TEXTS[caller.language].no_journey, caller.language)
        if said.name in _NUMBERED and not (said.words and said.words[0].isdecimal()):
            return said_card(self.usage(caller.language), caller.language)
        return await self._theirs(said, message, joiner, caller.language)

    async def _theirs(
        self, said: Said, message: InboundMessage, joiner: Joiner, language: Language
    ) -> Card:
        first = said.words[0] if said.words else ""
        match said.name:
            case "done" | "later" | "answer":
                spot = await self._desk.numbered(joiner, int(first))
                card = self._desk.do(spot, _after(message, first), joiner, what=said.name)
                return await card
            case "stop":
                return await self._desk.stop(joiner)
            case "resume":
                return await self._desk.go_on(joiner)
            case "zone":
                return await self._desk.move(joiner, first)
            case "language":
                return await self._desk.speak(joiner, language_of_word(first) or language)
            case _:
                return await self._desk.show(joiner, key=reply_key(message))

    async def _forget_me(self, message: InboundMessage, language: Language, *, sure: bool) -> Card:
        if not sure:
            line = f"/deskmate {self.names[0]} forget confirm"
            return confirm_card(TEXTS[language].forget_self_ask, line, language)
        await self._hr.forget(message.user, language)
        return said_card(TEXTS[language].forgotten_self, language)

    # ── HR's ──────────────────────────────────────────────────────────────────────────────────

    async def _staff(self, said: Said, message: InboundMessage, language: Language) -> Card:
        match said.name:
            case "status" if not said.people:
                return await self._hr.status(language)
            case "report":
                return _joined(await self._hr.reports(language), language)
            case "export":
                return await self._hr.export(language)
            case "rehearse":
                seconds = next((int(one) for one in said.words if one.isdecimal()), 0)
                day_s = min(seconds, 3_600) or REHEARSAL_DAY_S
                return await self._hr.rehearse(message.user, _id_in(said), day_s, language)
        if not said.people:
            return said_card(TEXTS[language].person_missing, language)
        return await self._about(said, said.people[0], language)

    async def _about(self, said: Said, person: User, language: Language) -> Card:
        match said.name:
            case "status":
                return await self._hr.status_of(person, language)
            case "nudge" | "pause" | "resume" | "end":
                return await self._hr.change(said.name, person, language)
            case "reassign":
                return await self._reassign(said, language)
            case "forget":
                return await self._hr.forget(person, language)
            case _:
                return await self._start(said, person, language)

    async def _start(self, said: Said, person: User, language: Language) -> Card:
        day = next((one for one in said.words if _DATE.fullmatch(one)), "")
        try:
            first_day = date.fromisoformat(day) if day else None
        except ValueError:
            return said_card(TEXTS[language].date_unreadable.format(date=day), language)
        played = dict(zip(_parts_in(said), said.people[1:], strict=False))
        facts = Facts(first_day=first_day, manager=played.get("manager"), buddy=played.get("buddy"))
        return await self._hr.start(person, _id_in(said), facts, language)

    async def _reassign(self, said: Said, language: Language) -> Card:
        parts = _parts_in(said)
        if len(said.people) != 2 or len(parts) != 1:
            return said_card(TEXTS[language].reassign_usage, language)
        return await self._hr.reassign(said.people[0], parts[0], said.people[1], language)


def _ask_to_forget(person: User, language: Language) -> Card:
    asked = TEXTS[language].forget_ask.format(name=plain(person.name or person.id))
    return confirm_card(asked, f"/deskmate onboard forget {person.key} confirm", language)


def understood(invocation: Invocation) -> Said:
    """What stands after the command: a word of ours, people, and the rest."""
    message = invocation.message
    first = normal(invocation.arguments[0]) if invocation.arguments else ""
    name = _NAMED.get(first, "")
    words = invocation.arguments[1:] if name else invocation.arguments
    return Said(name=name, people=people_in(message, words), words=without_people(message, words))


def _parts_in(said: Said) -> Sequence[Part]:
    """The parts that are named, in the order of the people who play them."""
    return [_PARTS[word] for one in said.words if (word := normal(one)) in _PARTS]


def _id_in(said: Said) -> str:
    """The journey that is named, if one is."""
    ids = (one for one in said.words if _ID.fullmatch(one) and normal(one) not in _PARTS)
    return next(ids, "")


def _after(message: InboundMessage, number: str) -> str:
    """What was typed after a step's number, with its lines."""
    return message.text.partition(number)[2].strip() if number else ""


def _help(caller: Caller) -> Card:
    texts = TEXTS[caller.language]
    hr = f"\n\n{texts.usage_hr}" if {Role.HR, Role.ADMIN} & caller.roles else ""
    return said_card(f"{texts.usage}{hr}", caller.language)


def _joined(cards: Sequence[Card], language: Language) -> Card:
    """Several cards as one; a title becomes a line."""
    if not cards:
        return said_card(TEXTS[language].status_none, language)
    first, *others = cards
    blocks: list[Block] = [*first.blocks]
    for card in others:
        blocks += [*said_card(f"**{card.title}**", language).blocks, *card.blocks]
    return Card(
        language=language,
        title=first.title,
        blocks=tuple(cast("Sequence[Block]", blocks)),
        summary=first.summary,
    )
