"""The corpus that speed is measured on: 1,000, 10,000 or 100,000 passages and questions to them.

    python -m tests.benchmarks.speed_corpus [--sets FOLDER] [--size N] [--embed]

Real passages first: the ones our own splitter would leave whole, of every evaluation set that is
here and of the sample handbook. What is missing is made of real sentences: two of one language
that never stood together, drawn with a fixed seed and none of them from a passage that answers a
question. A larger corpus holds the smaller ones, and all of them hold every answer.

The vector of a made passage is the mean of its sentences' vectors, of length 1 again: computing
88,000 anew would take an hour and tell nothing more. `--embed` says how near it comes to what the
embedder makes of the passage.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.cli.demo import handbook
from knowledge.boundaries import sentences
from knowledge.labelled import load_questions
from knowledge.language import language_of
from knowledge.model import Language, Passage
from knowledge.parsers import parser_for
from knowledge.split import PASSAGE_TOKENS, count_tokens, indexed_text, split
from tests.benchmarks.labelled_sets import DEV

SIZES = (1_000, 10_000, 100_000)

QUESTIONS = Path("tests/content/questions.jsonl")
_SETS = {
    "en_tts_handbook": "en_tts_handbook",
    "en_sourcegraph_hr": "en_sourcegraph_hr",
    "zh_it_campus": "zh_it_campus",
    "zh_hr_law": "refusal_zh_hr",
    "zh_law": "zh_law_lecoqa",
    "zh_cmrc2018": "zh_cmrc2018",
}
"""Corpora and the questions to each, by name."""

_MOST_OF_A_SET = 150
_SENTENCE_TOKENS = range(6, 60)
_MADE_DOCUMENT = 10
"""So many made passages are one document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, and the passages any one of which answers it."""

    text: str
    gold: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedCorpus:
    """Passages in a fixed order, and questions that the first of them answer.

    made: the sentences of each passage that nobody wrote, by its id; these are the last ones.
    """

    passages: tuple[Passage, ...]
    questions: tuple[Asked, ...]
    made: Mapping[str, tuple[str, str]]

    @property
    def real(self) -> int:
        """How many passages were written by people."""
        return sum(one.id not in self.made for one in self.passages)

    def first(self, size: int) -> SpeedCorpus:
        """The same with fewer passages."""
        return replace(self, passages=self.passages[:size])

    def digest(self) -> str:
        """Another word for other texts, questions or answers."""
        passages = (f"{one.id}\t{indexed_text(one)}" for one in self.passages)
        questions = (f"{one.text}\t{sorted(one.gold)}" for one in self.questions)
        return hashlib.sha256("\n".join((*passages, *questions)).encode()).hexdigest()[:16]


def load_corpus(size: int, *, sets: Path = DEV, seed: int = 1) -> SpeedCorpus:
    """The corpus of this size; the same files, size and seed always give the same one."""
    real, same = _without_copies(itertools.chain(_of_sets(sets), _of_handbook()))
    questions = [
        *_asked(sets, known=real, same=same),
        *([] if (sets / "corpora").exists() else _asked_of_handbook(real)),
    ]
    gold = frozenset(id_ for one in questions for id_ in one.gold)
    chance = random.Random(seed)
    random.Random(seed).shuffle(questions)  # so that the first ones stand for all
    others = [id_ for id_ in real if id_ not in gold]
    chance.shuffle(others)
    ordered = [real[id_] for id_ in (*(id_ for id_ in real if id_ in gold), *others)][:size]
    pairs = _made([one for one in real.values() if one.id not in gold], chance)
    made = list(itertools.islice(pairs, size - len(ordered)))
    return SpeedCorpus(
        passages=(*ordered, *(passage for passage, _ in made)),
        questions=tuple(questions),
        made={passage.id: sentences for passage, sentences in made},
    )


def _of_sets(sets: Path) -> Iterator[Passage]:
    for name in _SETS:
        file = sets / "corpora" / name / "passages.jsonl"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        for position, line in enumerate(lines):
            entry = json.loads(line)
            if count_tokens(entry["text"]) <= PASSAGE_TOKENS:
                yield _passage(name, entry, position)


def _passage(name: str, entry: Mapping[str, object], position: int) -> Passage:
    path = entry.get("heading_path")
    # Nobody writes the user's question into the handbook: such headings would be the answer key.
    headings = [str(one) for one in path if not str(one).endswith(("?", "？"))] if path else []  # type: ignore[attr-defined]
    text = str(entry["text"]).strip()
    return Passage(
        id=f"{name}/{entry['passage_id']}",
        document_id=f"{name}/{entry['doc_id']}",
        title="",
        uri="",
        language=language_of(text),
        text=text,
        heading_path=tuple(headings),
        position=position,
    )


def _of_handbook() -> Iterator[Passage]:
    for page in sorted(handbook().rglob("*.md")):
        name = f"{page.parent.name}__{page.stem}"
        parse = parser_for(page.suffix)
        if parse is not None:
            yield from split(parse(page.read_bytes(), document_id=name, uri=page.name))


def _without_copies(found: Iterable[Passage]) -> tuple[dict[str, Passage], dict[str, str]]:
    """By id, the first passage of each text; and for every id which passage has its text."""
    by_text: dict[str, Passage] = {}
    same = {one.id: by_text.setdefault(indexed_text(one), one).id for one in found}
    return {one.id: one for one in by_text.values()}, same


def _asked(sets: Path, *, known: Mapping[str, Passage], same: Mapping[str, str]) -> Iterator[Asked]:
    """Answerable questions, all of whose answers are here; a stride where a set has very many."""
    for name, questions in _SETS.items():
        file = sets / "qa" / f"{questions}.jsonl"
        labelled = load_questions(file, self_contained_only=True) if file.exists() else ()
        found = [
            Asked(text=one.text, gold=frozenset(same[id_] for id_ in gold))
            for one in labelled
            if one.answerable and one.gold_passage_ids
            for gold in [[f"{name}/{id_}" for id_ in one.gold_passage_ids]]
            if all(id_ in same for id_ in gold)
        ]
        stride = max(1, -(-len(found) // _MOST_OF_A_SET))
        yield from (one for one in found[::stride] if all(id_ in known for id_ in one.gold))


def _asked_of_handbook(known: Mapping[str, Passage]) -> Iterator[Asked]:
    for one in load_questions(QUESTIONS):
        gold = {id_ for id_, p in known.items() if p.document_id in one.gold_document_ids}
        if one.answerable and gold:
            yield Asked(text=one.text, gold=frozenset(gold))


def _made(
    sources: Sequence[Passage], chance: random.Random
) -> Iterator[tuple[Passage, tuple[str, str]]]:
    """Passages without end, each of two sentences that never stood together, and these."""
    by_language: dict[Language, list[str]] = {"zh": [], "en": []}
    for source in sources:
        fitting = (one for one in sentences(source.text) if count_tokens(one) in _SENTENCE_TOKENS)
        by_language[source.language] += fitting
    for number in itertools.count():
        language: Language = "zh" if chance.random() < 0.5 else "en"
        one, other = chance.sample(by_language[language], 2)
        passage = Passage(
            id=f"made/{number}",
            document_id=f"made/{number // _MADE_DOCUMENT}",
            title="",
            uri="",
            language=language,
            text=f"{one}{'' if language == 'zh' else ' '}{other}",
            position=number % _MADE_DOCUMENT,
        )
        yield passage, (one, other)


def main() -> None:
    """Say what the corpus is made of; with --embed compute its vectors ahead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=Path, default=DEV, metavar="FOLDER")
    parser.add_argument("--size", type=int, default=SIZES[-1])
    parser.add_argument("--embed", action="store_true", help="some ten minutes for all")
    parser.add_argument("--threads", type=int, default=0, help="0: all there are")
    given = parser.parse_args()
    corpus = load_corpus(given.size, sets=given.sets)
    tokens = [count_tokens(one.text) for one in corpus.passages]
    print(
        json.dumps(
            {
                "passages": len(corpus.passages),
                "real": corpus.real,
                "questions": len(corpus.questions),
                "mean_tokens": round(sum(tokens) / len(tokens), 1),
                "digest": corpus.digest(),
            }
        )
    )
    if given.embed:
        from tests.benchmarks.vectors import corpus_vectors, made_vectors_are_near

        corpus_vectors(corpus, threads=given.threads)
        print(json.dumps({"cosine_of_made": made_vectors_are_near(corpus)}))


if __name__ == "__main__":
    main()
