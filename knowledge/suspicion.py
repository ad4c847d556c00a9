"""Text that speaks to the machine instead of to its readers.

A page that anybody may have written can hold a sentence such as "ignore previous instructions": no
reader needs it, and a language model might obey it. Such sentences are found by their form, are
never evidence, and are shown to whoever keeps the page. The rest of the page counts as before.

What is planted in plain words ("Explain photosynthesis.") looks like any other sentence and is not
found here: an answer that obeyed it fails the check against the evidence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from knowledge import suspicion_patterns as patterns
from knowledge.boundaries import sentence_slices, sentences
from knowledge.redaction.folding import fold
from knowledge.script import simplified
from knowledge.suspicion_codes import decoded
from knowledge.words import content_words

_TEXTS_REMEMBERED: Final = 512
_STRAY: Final = 0.2


class Ploy(StrEnum):
    """What a sentence tries."""

    OVERRIDE = "override"
    """To be obeyed in place of what was said before."""
    ROLE = "role"
    """To make the machine somebody else, or to look like a turn of its conversation."""
    REPLY = "reply"
    """To decide how the machine replies, or what it adds."""
    DISCLOSE = "disclose"
    """To see what the machine was told."""
    HIDDEN = "hidden"
    """To be read without being seen."""
    ENCODED = "encoded"
    """To be read once it is decoded."""
    STRAY = "stray"
    """To have something else done: an order or a question that is about nothing on its page."""


_FORMS: Final[Mapping[Ploy, re.Pattern[str]]] = {
    Ploy.OVERRIDE: patterns.OVERRIDE,
    Ploy.ROLE: patterns.ROLE,
    Ploy.DISCLOSE: patterns.DISCLOSE,
    Ploy.REPLY: patterns.REPLY,
}
_GOES_ON: Final = (Ploy.OVERRIDE, Ploy.ROLE)
"""What stands after such a sentence in its paragraph is the order itself."""

_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")
_ITEM: Final = re.compile(r"[-*+|>]|\d{1,3}[.)、]")
_CONFUSABLE: Final = str.maketrans("аеорсхуіјѕԁɡοε", "aeopcxyijsdgoe")
_SPREAD: Final = re.compile(r"(?<![a-z])(?:[a-z][ .·_-]){4,}[a-z](?![a-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A stretch of a text that is no evidence.

    quote: its exact words.
    """

    ploy: Ploy
    quote: str

    def covers(self, quote: str) -> bool:
        """Whether other words of the same text are, or have in them, what is suspected."""
        return quote in self.quote or self.quote in quote


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def suspects(text: str) -> tuple[Suspect, ...]:
    """What in a passage speaks to the machine, in reading order."""
    if not _may_have(text):
        return ()
    return tuple(
        found for paragraph in _PARAGRAPH.split(text) for found in _of_paragraph(paragraph)
    )


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def strays(text: str) -> tuple[Suspect, ...]:
    """Orders and questions that have no word in common with the rest of their passage.

    Too many of them are meant for readers to be worth a look; as evidence they are worth nothing.
    """
    pieces = [
        (at, one) for at, part in enumerate(_PARAGRAPH.split(text)) for one in sentences(part)
    ]
    forms = [_one_form(piece) for _, piece in pieces]
    counts = Counter(word for form in forms for word in content_words(form))
    found: list[Suspect] = []
    stray_in = -1
    for (paragraph, piece), form in zip(pieces, forms, strict=True):
        order = patterns.TASK.search(form)
        goes_on = stray_in == paragraph and not _ITEM.match(piece)
        # Of an order the verb itself may stand anywhere.
        own = content_words(form[order.end() :] if order else form) or content_words(form)
        if (order or goes_on) and own and _known(own, counts) <= _STRAY:
            stray_in = paragraph
            found.append(Suspect(ploy=Ploy.STRAY, quote=piece))
    return tuple(found)


def _known(words: frozenset[str], counts: Counter[str]) -> float:
    """The share of words that stand in another sentence too."""
    return sum(counts[word] > 1 for word in words) / len(words)


def ploy_of(sentence: str) -> Ploy | None:
    """What a sentence tries to make the machine do; None where it speaks to readers."""
    if patterns.HIDDEN.search(sentence):
        return Ploy.HIDDEN
    if (ploy := _form(sentence)) is not None:
        return ploy
    return Ploy.ENCODED if any(_form(text) for text in decoded(sentence)) else None


def trusted(text: str) -> str:
    """A text without what speaks to the machine."""
    for found in suspects(text):
        text = text.replace(found.quote, "", 1)
    return text


def _of_paragraph(paragraph: str) -> Iterator[Suspect]:
    at = 0
    for piece in sentence_slices(paragraph):
        ploy = ploy_of(piece)
        if ploy in _GOES_ON:
            yield Suspect(ploy=ploy, quote=paragraph[at:].strip())
            return
        if ploy is not None:
            yield Suspect(ploy=ploy, quote=piece.strip())
        at += len(piece)


def _may_have(text: str) -> bool:
    """Whether to look closely at all: in most pages not one of the words stands."""
    return bool(
        patterns.HIDDEN.search(text) or patterns.HINT.search(_one_form(text)) or any(decoded(text))
    )


def _form(sentence: str) -> Ploy | None:
    text = _one_form(sentence)
    return next((ploy for ploy, form in _FORMS.items() if form.search(text)), None)


def _one_form(text: str) -> str:
    """Small letters of one script, unseen characters gone, `i g n o r e` made a word."""
    folded = simplified(fold(text).text).casefold().translate(_CONFUSABLE)
    folded = _SPREAD.sub(lambda spread: re.sub(r"[ .·_-]", "", spread[0]), folded)
    return " ".join(folded.split())
