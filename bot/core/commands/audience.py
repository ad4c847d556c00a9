"""`/deskmate audience document names`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.core.cards import plain, said_card
from bot.core.commands.lines import confirm_card, confirmed, line_of
from bot.core.commands.table import Caller
from bot.core.library import Listed
from bot.core.model import Card, InboundMessage, Invocation, Role
from bot.core.rulings import Rulings, changed, meant
from bot.core.texts_steering import STEERING_TEXTS, SteeringTexts
from knowledge.model import EVERYONE, Language

_SHOWN: Final = 10
_BAR: Final = re.compile(r"[|｜]")
_BETWEEN: Final = re.compile(r"[,，、\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was typed. target: a document or folder. names: of its readers; none: show them."""

    target: str
    names: frozenset[str]


class Audience:
    """Shows and sets who may read a document or a folder."""

    names = ("audience", "受众", "读者")
    role = Role.ADMIN

    def __init__(self, *, rulings: Rulings) -> None:
        self._rulings = rulings

    def summary(self, language: Language) -> str:
        """What it does."""
        return STEERING_TEXTS[language].audience_command

    def usage(self, language: Language) -> str:
        """How it is typed."""
        return STEERING_TEXTS[language].audience_usage

    async def run(self, invocation: Invocation, caller: Caller) -> Card:
        """Show, ask or set."""
        language = caller.language
        sure, invocation = confirmed(invocation)
        wish = understood(invocation.arguments)
        if not wish.target:
            return await self._rules(language)
        rule, documents = meant(wish.target, await self._rulings.documents())
        if not rule:
            return _which(wish.target, documents, language)
        if not wish.names:
            return said_card(_listed(documents, language), language)
        known = await self._rulings.names()
        unknown = sorted(wish.names - known)
        if unknown:
            texts = STEERING_TEXTS[language]
            all_known = ", ".join(map(plain, sorted(known)))
            said = texts.audience_unknown.format(name=plain(unknown[0]), known=all_known)
            return said_card(said, language)
        whole = replace(wish, target=rule)
        if not sure:
            return await self._ask(whole, documents, invocation, language)
        return await self._set(whole, documents, invocation.message, language)

    async def _rules(self, language: Language) -> Card:
        texts, rules = STEERING_TEXTS[language], await self._rulings.rules()
        rows = [
            f"- `{_shown(name)}`: {_readers(audience, texts)}"
            for name, audience in sorted(rules.items())
        ]
        head = texts.audience_rules if rows else texts.audience_no_rules
        said = "\n".join((head, "", *rows[: 3 * _SHOWN], "", texts.audience_usage))
        return said_card(said, language)

    async def _ask(
        self,
        wish: Wish,
        documents: Sequence[Listed],
        invocation: Invocation,
        language: Language,
    ) -> Card:
        texts = STEERING_TEXTS[language]
        others = changed(wish.target, wish.names, documents, await self._rulings.rules())
        name, after = _name(wish.target, documents), _readers(wish.names, texts)
        if not others:
            # Kept all the same: what is taken in later belongs to these readers too.
            others = tuple(documents)
        before = " / ".join(dict.fromkeys(_readers(one.audience, texts) for one in others))
        said = texts.audience_ask.format(name=name, count=len(others), after=after, before=before)
        return confirm_card(said, line_of(invocation, self.names[0], "confirm"), language)

    async def _set(
        self,
        wish: Wish,
        documents: Sequence[Listed],
        message: InboundMessage,
        language: Language,
    ) -> Card:
        texts = STEERING_TEXTS[language]
        count = await self._rulings.name(wish.target, wish.names, by=message.user)
        name, after = _name(wish.target, documents), _readers(wish.names, texts)
        done = texts.audience_done if count else texts.audience_same
        return said_card(done.format(name=name, after=after, count=count), language)


def understood(words: Sequence[str]) -> Wish:
    """A target with names after it; a title with blanks ends at a bar."""
    text = " ".join(words)
    if _BAR.search(text):
        target, names = _BAR.split(text, maxsplit=1)
    else:
        target, _, names = text.partition(" ")
    found = (name for name in _BETWEEN.split(names.strip()) if name)
    return Wish(target=target.strip(), names=frozenset(found))


def _which(target: str, documents: Sequence[Listed], language: Language) -> Card:
    texts = STEERING_TEXTS[language]
    if not documents:
        return said_card(texts.audience_missing.format(name=plain(target)), language)
    head = texts.audience_several.format(name=plain(target))
    return said_card(f"{head}\n\n{_listed(documents, language)}", language)


def _listed(documents: Sequence[Listed], language: Language) -> str:
    texts = STEERING_TEXTS[language]
    rows = [
        f"- **{plain(one.title)}** (`{_shown(one.id)}`): {_readers(one.audience, texts)}"
        for one in documents[:_SHOWN]
    ]
    more = len(documents) - _SHOWN
    if more > 0:
        rows.append(texts.audience_more.format(count=more))
    return "\n".join(rows)


def _readers(audience: Iterable[str], texts: SteeringTexts) -> str:
    names = sorted(audience)
    return texts.audience_everybody if EVERYONE in names else ", ".join(map(plain, names))


def _name(rule: str, documents: Sequence[Listed]) -> str:
    """A document by its title, a folder by its path."""
    if len(documents) == 1 and documents[0].id == rule:
        return plain(documents[0].title or rule)
    return plain(_shown(rule))


def _shown(rule: str) -> str:
    """A rule as it may be typed again, in code, where no backtick may end it."""
    path = f"{rule[:-2].replace('__', '/')}/" if rule.endswith("__") else rule
    return path.replace("`", "'")
