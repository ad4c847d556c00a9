"""A question and its answer out of what people said to each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from knowledge import prompt
from knowledge.check import supported
from knowledge.citations import unmarked
from knowledge.courtesy import without_courtesy
from knowledge.errors import EngineRefused, EngineUnavailable
from knowledge.evidence import Similarity, weigh
from knowledge.language import language_of
from knowledge.mining.asked import Mined, marked, question_in
from knowledge.mining.unnamed import names_anybody, without_names
from knowledge.mining.writing import written
from knowledge.model import Hit, Passage
from knowledge.ports import Generator
from knowledge.words import content_words

_LONGEST_REPLY = 2_000
"""Characters of one reply that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What one person said.

    speaker: tells people apart and says nothing about them.
    trusted: they answer for some topic. approvals: so many others said yes to it.
    """

    speaker: str
    text: str
    trusted: bool = False
    approvals: int = 0


class ThreadMiner:
    """Finds the question that began a thread, and what it came to.

    One reply that is vouched for is the answer in its own words: a small model that writes it anew
    loses conditions. It is the one that most people approved, or the only one of somebody who
    answers for a topic. Where there is none, a model writes the answer from the replies, and is
    believed where they bear every sentence; else it is the last reply of such a person.
    """

    def __init__(
        self, *, similarity: Similarity | None = None, generator: Generator | None = None
    ) -> None:
        self._similarity = similarity
        self._generator = generator

    async def mine(self, spoken: Sequence[Spoken], *, names: Iterable[str]) -> Mined | None:
        """The question with its answer, without these names; None where there is no such thing.

        Raises:
            EngineUnavailable: an embedder does not answer.
        """
        known = tuple(names)
        at, question = _question(spoken, known)
        if not question:
            return None
        replies = _replies(spoken[at + 1 :], spoken[at].speaker, known)
        text = _vouched(replies) or await self._written(question, replies) or _last(replies)
        if not text or names_anybody(text, known):
            return None
        return Mined(question=question, text=text)

    async def _written(self, question: str, replies: Sequence[Spoken]) -> str:
        """What the model makes of the replies; empty where they do not say so."""
        if self._generator is None or self._similarity is None or not replies:
            return ""
        backed = [one for one in replies if one.trusted] or replies
        evidence = await weigh(question, _hits(backed), self._similarity)
        if not evidence:
            return ""
        read, language = prompt.to_read(evidence), language_of(question)
        try:
            said = await written(self._generator, prompt.build(question, read, language))
        except (EngineUnavailable, EngineRefused):
            return ""
        checked = supported(unmarked(said), [one.statement.text for one in read], question)
        borne = checked.answers and language_of(checked.text) == language
        return checked.text if borne else ""


def _question(spoken: Sequence[Spoken], names: tuple[str, ...]) -> tuple[int, str]:
    """The first question, and its place; one with a question mark before any other."""
    asking = [(at, question_in(one.text)) for at, one in enumerate(spoken)]
    found = [(at, without_names(text, names)) for at, text in asking if text]
    surely = [(at, text) for at, text in found if marked(text)]
    return next(((at, text) for at, text in (*surely, *found) if text), (0, ""))


def _replies(spoken: Sequence[Spoken], asker: str, names: tuple[str, ...]) -> tuple[Spoken, ...]:
    """What others said to it, without courtesy, questions back and names."""
    bare = (
        replace(one, text=without_names(without_courtesy(one.text[:_LONGEST_REPLY]), names))
        for one in spoken
        if one.speaker != asker and not marked(one.text)
    )
    return tuple(one for one in bare if content_words(one.text))


def _vouched(replies: Sequence[Spoken]) -> str:
    approved = max(reversed(replies), key=lambda one: one.approvals, default=None)
    if approved is not None and approved.approvals:
        return approved.text
    trusted = [one.text for one in replies if one.trusted]
    return trusted[0] if len(trusted) == 1 else ""


def _last(replies: Sequence[Spoken]) -> str:
    return next((one.text for one in reversed(replies) if one.trusted), "")


def _hits(replies: Sequence[Spoken]) -> list[Hit]:
    """The replies as what was found, in their order."""
    return [
        Hit(
            passage=Passage(
                id=f"reply{at}",
                document_id="thread",
                title="",
                uri="",
                language=language_of(reply.text),
                text=reply.text,
            ),
            score=1.0 / at,
        )
        for at, reply in enumerate(replies, 1)
    ]
