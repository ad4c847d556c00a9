"""The question in what somebody wrote, without courtesy and without the story around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from knowledge.boundaries import sentences
from knowledge.courtesy import without_courtesy
from knowledge.engage import asks
from knowledge.language import language_of
from knowledge.model import Citation
from knowledge.rewrite import is_follow_up
from knowledge.words import content_words

LONGEST_QUESTION: Final = 300
"""Characters; what is longer is a story."""

_MARKED = re.compile(r"[?？][\s)）\"”』」*_]*$")
_TO_ALL = re.compile(r"^(?:大家|各位|同事们)(?:好)?[，,、！!\s]+")
_LITTLE = re.compile(
    r"(?:有人|有谁|谁)?(?:知道|了解|懂|遇到过|清楚)?(?:吗|么)?|怎么办|怎么解决|求[助解教]|有什么办法"
    r"|(?:does |do |can |could )?(?:any|some)(?:one|body)(?: here)?(?: else)?"
    r"(?: knows?| helps?| has)?(?: this| it| that| me| an idea| ideas?)?"
    r"|any (?:ideas?|help|hints?|clues?|thoughts?)|help|ideas?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """A question with an answer that somebody may verify.

    citations: where the answer stands, if in documents.
    """

    question: str
    text: str
    citations: tuple[Citation, ...] = ()


def marked(text: str) -> bool:
    """Whether a text ends as a question does."""
    return _MARKED.search(text.strip()) is not None


def question_in(text: str) -> str:
    """What a message asks; empty where it asks nothing, or too much.

    A sentence that says little by itself brings the one before it along.
    """
    said = sentences(text)
    at = next((at for at, one in enumerate(said) if marked(one)), None)
    if at is None:
        at = next((at for at, one in enumerate(said) if asks(one)), None)
    if at is None:
        return ""
    asking = _TO_ALL.sub("", without_courtesy(said[at]))
    little = _LITTLE.fullmatch(asking.strip(" ?？!！。.")) or is_follow_up(
        asking, language_of(asking)
    )
    if little and at:
        gap = " " if asking.isascii() else ""
        asking = f"{_TO_ALL.sub('', without_courtesy(said[at - 1]))}{gap}{asking}"
    return asking if content_words(asking) and len(asking) <= LONGEST_QUESTION else ""
