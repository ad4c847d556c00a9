"""How many contradictions are seen between a page and its copy with one fact changed, and how many
are seen where there is none: `python -m tests.benchmarks.stale FOLDER…`.

Each folder is read whole; a share of its pages is copied, and one statement of each copy altered.
What is found between other places is listed, to be read by a person.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from knowledge.contradictions import Contradiction, contradictions
from knowledge.duplicates import duplicates
from knowledge.model import Language, Passage
from knowledge.parsers import parser_for
from knowledge.quantities import quantities
from knowledge.split import split
from knowledge.statements import statements
from tests.benchmarks.altering import Alteration, date, negation, number, percent

_COPY = "~copy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """A copied page. passage: the one that is changed; kind: how."""

    kind: str
    passage: Passage
    pages: tuple[Passage, ...]


def main() -> None:
    """Print what is found of each folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", action="store_true", help="list what was missed")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        _measure(folder, arguments.each, random.Random(arguments.seed), show=arguments.show)


def _measure(folder: Path, each: int, rng: random.Random, *, show: bool) -> None:
    passages = tuple(_read(folder))
    began_s = time.process_time()
    before = contradictions(passages, ())
    took_s = time.process_time() - began_s
    began_s = time.process_time()
    twins = duplicates(passages)
    twins_s = time.process_time() - began_s
    altered = _altered(passages, each, rng)
    both = (*passages, *(page for copy in altered for page in copy.pages))
    found = contradictions(both, ())
    seen = set().union(*(_pair(each) for each in found))
    made, caught = Counter(a.kind for a in altered), Counter[str]()
    for copy in altered:
        hit = copy.passage.id in seen
        caught[copy.kind] += hit
        if show and not hit:
            print("missed", copy.kind, copy.passage.id, repr(copy.passage.text[:200]))
    told = ", ".join(f"{kind} {caught[kind]}/{made[kind]}" for kind in made)
    print(f"{folder}: {len(passages)} passages, {took_s:.1f} + {twins_s:.1f} s; caught: {told}")
    print(f"  as it is: {len(before)} contradictions, {len(twins)} duplicates")
    expected = {copy.passage.id for copy in altered}
    wrong = [each for each in found if not _pair(each) & expected]
    print(f"  beside the copies: {len(wrong)}")
    for each_wrong in (*before, *wrong):
        _print(each_wrong)


def _pair(found: Contradiction) -> set[str]:
    """A passage and its copy, by the copy's id; empty where the two places are others."""
    ids = sorted((found.one.source.id, found.other.source.id))
    return {ids[1]} if ids[1] == ids[0] + _COPY else set()


def _print(found: Contradiction) -> None:
    for told in (found.one, found.other):
        print(f"    {told.source.id}: {told.words} | {told.quote[:160]!r}")


def _altered(passages: Sequence[Passage], each: int, rng: random.Random) -> list[Altered]:
    pages = [tuple(group) for _, group in groupby(passages, key=lambda p: p.document_id)]
    rng.shuffle(pages)
    made: list[Altered] = []
    for page in pages:
        language = page[0].language
        kinds = _kinds(language)
        wanted = [kind for kind in kinds if sum(kind in m.kind for m in made) < each]
        rng.shuffle(wanted)
        for kind in wanted:
            copy = _copy(page, kind, kinds[kind], rng)
            if copy is not None:
                made.append(copy)
                break
    return made


def _kinds(language: Language) -> dict[str, Alteration]:
    dated, negated = date(language), negation(language)
    return {"number": number, "percent": percent, "date": dated, "negation": negated}


def _copy(
    page: Sequence[Passage], kind: str, alter: Alteration, rng: random.Random
) -> Altered | None:
    spots = [(p, s.quote) for p in page for s in statements(p.text) if "\n" not in s.quote]
    for passage, quote in rng.sample(spots, k=min(len(spots), 30)):
        text = alter(quote, rng)
        if text is None:
            continue
        changed = replace(passage, text=passage.text.replace(quote, text, 1))
        copied = [_copied(changed if p is passage else p) for p in page]
        at = page.index(passage)
        return Altered(kind=_kind(kind, quote, text), passage=copied[at], pages=tuple(copied))
    return None


def _kind(kind: str, quote: str, text: str) -> str:
    """Numbers without a unit are told apart: in a sentence they are not looked at."""
    before = {(q.value, q.unit) for q in quantities(quote)}
    changed = [q.unit for q in quantities(text) if (q.value, q.unit) not in before]
    return "bare number" if kind == "number" and not any(changed) else kind


def _copied(passage: Passage) -> Passage:
    return replace(passage, id=passage.id + _COPY, document_id=passage.document_id + _COPY)


def _read(folder: Path) -> Iterator[Passage]:
    root = folder.resolve()
    for path in sorted(root.rglob("*")):
        parser = parser_for(path.suffix) if path.is_file() else None
        if parser is not None:
            name = "__".join(path.relative_to(root).with_suffix("").parts)
            yield from split(parser(path.read_bytes(), document_id=name, uri=path.as_uri()))


if __name__ == "__main__":
    main()
