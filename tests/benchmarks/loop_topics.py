"""What is asked in the simulation of the knowledge loop, and what only measures it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.core.smalltalk import said_in
from knowledge.labelled import Labelled
from knowledge.language import language_of
from tests.benchmarks.labelled_sets import SETS, LabelledSet
from tests.benchmarks.same_questions import Corpus, corpora

_LABELS: Mapping[str, tuple[str, ...]] = {
    "en_stackfaq": ("en_stackfaq",),
    "sample handbook": ("sample handbook",),
    "zh_it_campus": ("zh_it_campus",),
    "zh_hr_law": ("refusal_zh_hr",),
    "en_sourcegraph_hr": ("en_sourcegraph_hr, masked",),
    "en_tts_handbook": (
        "en_tts_handbook, masked",
        "refusal_en_handbooks, en_tts_handbook",
    ),
}
"""The labelled sets with the questions of each study; its corpus is that of the first."""

STUDIES = tuple(_LABELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Questions that mean the same.

    asked: the wordings that employees use; held: those that are never asked, and only measure.
    answer: what the topic's owner writes.
    """

    name: str
    asked: tuple[Labelled, ...]
    held: tuple[Labelled, ...]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A corpus with its topics.

    others: questions that nobody asks in the loop and whose answers it must not change.
    alike: questions that look like those of a topic and mean something else; they have no labels.
    """

    name: str
    corpus: Path
    topics: tuple[Topic, ...]
    others: tuple[Labelled, ...] = ()
    alike: tuple[str, ...] = ()

    def only(self, count: int | None) -> Study:
        """With the first topics alone."""
        return self if count is None else replace(self, topics=self.topics[:count])


def studies(seed: int) -> Iterator[Study]:
    """Those whose labelled sets are here."""
    grouped = {one.name: one for one in corpora()}
    for name, labels in _LABELS.items():
        sets = [_set(label) for label in labels]
        if name in grouped and all(one.is_here() for one in sets):
            yield _study(grouped[name], sets, random.Random(f"{seed} {name}"))


def same_words(text: str) -> str:
    """A text by its letters and digits alone, however a platform draws it."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _set(name: str) -> LabelledSet:
    return next(one for one in SETS if one.name == name)


def _study(corpus: Corpus, sets: Sequence[LabelledSet], chance: random.Random) -> Study:
    labelled = {one.text: one for labels in sets for one in labels.questions()}
    topics: list[Topic] = []
    others: list[Labelled] = []
    for number, group in enumerate(corpus.groups):
        texts = [corpus.texts[at] for at in group]
        known = [labelled[text] for text in texts if text in labelled]
        if len(texts) > 1 and known:
            topics.append(_topic(f"{corpus.name} {number}", texts, known, chance))
        else:
            others += known
    chance.shuffle(topics)
    mine = {same_words(text) for at in corpus.groups for text in (corpus.texts[i] for i in at)}
    alike = dict.fromkeys(corpus.texts[at] for near in corpus.near for at in near)
    return Study(
        name=corpus.name,
        corpus=sets[0].corpus,
        topics=tuple(topics),
        others=tuple(one for one in others if said_in(one.text) is None),  # small talk is none
        alike=tuple(text for text in alike if same_words(text) not in mine),
    )


def _topic(
    name: str, texts: Sequence[str], known: Sequence[Labelled], chance: random.Random
) -> Topic:
    worded = [_worded(f"{name}/{at}", text, known) for at, text in enumerate(texts)]
    chance.shuffle(worded)
    half = len(worded) // 2
    # Where a set has no gold answer in words, whose answer it is still tells right from wrong.
    gold = next((one.answers[0] for one in known if one.answers), "")
    answer = gold or f"What the owner says to “{texts[0]}”"
    return Topic(name=name, asked=tuple(worded[:half]), held=tuple(worded[half:]), answer=answer)


def _worded(id_: str, text: str, known: Sequence[Labelled]) -> Labelled:
    """A wording with what is known of those that are labelled.

    Words tell nothing about an answer in another language than the gold; its sources do.
    """
    language = language_of(text)
    answers = [gold for one in known if one.language == language for gold in one.answers]
    documents = frozenset[str]().union(*(one.gold_document_ids for one in known))
    passages = frozenset[str]().union(*(one.gold_passage_ids for one in known))
    return replace(
        known[0],
        id=id_,
        text=text,
        language=language,
        answers=tuple(dict.fromkeys(answers)),
        gold_document_ids=documents,
        gold_passage_ids=passages,
    )
