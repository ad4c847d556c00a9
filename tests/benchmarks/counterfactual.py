"""How well the check of answers sees one changed fact, and how often it doubts the truth.

    python -m tests.benchmarks.counterfactual [--each 60] [--misses 10]

From statements of the sample handbook and of the development corpora true answers are made by
rule: the statement itself, one clause of it, light rewording, a sentence about one table cell. Then
one fact is changed: in the answer, or in the statement it stands on; the other statements of the
page are evidence too, six in all. Changed must be flagged, unchanged must not.

Where the reader sets of RGB lie beside the project, they are measured as well: see `reader_table`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.check import Doubt, doubts
from knowledge.language import language_of
from knowledge.model import Language, Passage
from knowledge.parsers import parser_for
from knowledge.quantities import quantities
from knowledge.split import split
from knowledge.statements import Statement, statements
from tests.benchmarks.altering import MAY_BE_CONDITION, alterations, kinds, reworded

DEV, RESTRICTED = Path("../shared/eval"), Path("../shared/eval_restricted")
SEED = 20261122
_EVIDENCE = 6
_DOCUMENTS = 80
_SHORTEST: dict[Language, int] = {"zh": 10, "en": 30}
_LONGEST: dict[Language, int] = {"zh": 160, "en": 320}
CORPORA = (
    ("sample handbook", Path("bot/content/handbook")),
    ("zh_hr_law", DEV / "corpora/zh_hr_law/docs"),
    ("zh_it_campus", DEV / "corpora/zh_it_campus/docs"),
    ("zh_cmrc2018", DEV / "corpora/zh_cmrc2018/docs"),
    ("en_tts_handbook", DEV / "corpora/en_tts_handbook/docs_masked"),
    ("en_sourcegraph_hr", DEV / "corpora/en_sourcegraph_hr/docs_masked"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An answer with the evidence it is held against.

    kind: what was changed, or how the true answer was made.
    """

    kind: str
    language: Language
    answer: str
    evidence: tuple[str, ...]
    question: str
    altered: bool

    @property
    def found(self) -> tuple[Doubt, ...]:
        """What the check says about it."""
        return doubts(self.answer, self.evidence, self.question)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A passage and its statements, each after its headings. heading: the nearest one."""

    heading: str
    language: Language
    statements: tuple[Statement, ...]
    evidence: tuple[str, ...]

    def around(self, at: int) -> tuple[str, ...]:
        """A statement first, then its neighbours."""
        low = max(0, min(at - _EVIDENCE // 2, len(self.evidence) - _EVIDENCE))
        near = [i for i in range(low, min(low + _EVIDENCE, len(self.evidence))) if i != at]
        return (self.evidence[at], *(self.evidence[i] for i in near))


def pages(folder: Path, rng: random.Random) -> Iterator[Page]:
    """The passages of some documents of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in rng.sample(files, min(_DOCUMENTS, len(files))):
        parse = parser_for(path.suffix)
        if parse is not None:
            document = parse(path.read_bytes(), document_id=path.stem, uri=path.name)
            yield from (page_of(passage) for passage in split(document))


def page_of(passage: Passage) -> Page:
    """A passage and its statements, as evidence."""
    headings = (passage.title, *passage.heading_path)
    heading = " ".join(headings)
    found = statements(passage.text)
    return Page(
        heading=headings[-1],
        language=language_of(passage.text),
        statements=found,
        evidence=tuple(f"{heading}\n{s.text}" for s in found),
    )


def cases(page: Page, rng: random.Random) -> Iterator[Case]:
    """True and altered answers from every statement of a page that says enough."""
    for at, statement in enumerate(page.statements):
        said = statement.text
        fits = _SHORTEST[page.language] <= len(said) <= _LONGEST[page.language]
        if fits and language_of(said) == page.language and not said.endswith((":", "：")):
            yield from _true(page, at, rng)
            yield from _false(page, at, rng)
            yield from _swapped(page, at)


def _true(page: Page, at: int, rng: random.Random) -> Iterator[Case]:
    said = page.statements[at].text
    yield _case(page, at, "itself", said)
    yield _case(page, at, "reworded", reworded(said, page.language, rng))
    clause = _clause(said, page.language)
    if clause:
        yield _case(page, at, "clause", clause)
    for sentence, asked in _cell_sentences(page, at):
        yield _case(page, at, "table cell", sentence, question=asked)


def _false(page: Page, at: int, rng: random.Random) -> Iterator[Case]:
    said = page.statements[at].text
    evidence = page.around(at)
    for kind, alter in alterations(page.language).items():
        other = alter(said, rng)
        if other is None or other == said:
            continue
        yield _case(page, at, f"{kind}, answer", other, altered=True)
        yield Case(
            kind=f"{kind}, evidence",
            language=page.language,
            answer=said,
            evidence=(evidence[0].replace(said, other), *evidence[1:]),
            question=page.heading,
            altered=True,
        )
        if kind in ("number", "negation", "name"):
            changed = reworded(other, page.language, rng)
            yield _case(page, at, f"{kind}, reworded answer", changed, altered=True)


def _swapped(page: Page, at: int) -> Iterator[Case]:
    """A table cell's sentence with the value of another row, and of another column."""
    row = _cells(page.statements[at].text)
    others = [_cells(text.partition("\n")[2]) for text in page.around(at)[1:]]
    rows = [o for o in others if [n for n, _ in o] == [n for n, _ in row] and o != row]
    for column in range(1, len(row)):
        name, value = row[column]
        values = {o[column][1] for o in rows if o[column][1] != value}
        for other in sorted(values)[:1]:
            sentence, asked = _cell_sentence(page.language, row[0], (name, other))
            yield _case(page, at, "value of another row", sentence, question=asked, altered=True)
    for one, other in itertools.pairwise(row[1:]):
        if one[1] != other[1] and {q.unit for q in quantities(one[1])} == {
            q.unit for q in quantities(other[1])
        }:
            sentence, asked = _cell_sentence(page.language, row[0], (one[0], other[1]))
            yield _case(page, at, "value of another column", sentence, question=asked, altered=True)


def _cell_sentences(page: Page, at: int) -> Iterator[tuple[str, str]]:
    row = _cells(page.statements[at].text)
    for cell in row[1:]:
        if not MAY_BE_CONDITION.search(page.statements[at].text):
            yield _cell_sentence(page.language, row[0], cell)


def _cell_sentence(
    language: Language, label: tuple[str, str], cell: tuple[str, str]
) -> tuple[str, str]:
    """A sentence about one cell, and the question it answers."""
    if language == "zh":
        return f"{label[1]}的{cell[0]}是{cell[1]}。", f"{label[1]}的{cell[0]}是什么？"
    return f"For {label[1]}, {cell[0]} is {cell[1]}.", f"What is {cell[0]} for {label[1]}?"


def _cells(said: str) -> list[tuple[str, str]]:
    parts = [part.partition(": ") for part in said.split("; ")]
    return [(name, value) for name, _, value in parts] if all(p[2] for p in parts) else []


def _clause(said: str, language: Language) -> str:
    """The first clause, where it is a sentence of its own and nothing hints at a condition."""
    if MAY_BE_CONDITION.search(said) or _cells(said):
        return ""
    first, *rest = re.split(r"[；;]|[，,](?=\s?(?:but|并|且|也))", said)
    return first if rest and len(first) >= _SHORTEST[language] else ""


def _case(
    page: Page, at: int, kind: str, answer: str, *, question: str = "", altered: bool = False
) -> Case:
    return Case(
        kind=kind,
        language=page.language,
        answer=answer,
        evidence=page.around(at),
        question=question or page.heading,
        altered=altered,
    )


def sampled(each: int) -> list[Case]:
    """At most so many cases of a kind from each corpus, the same ones every time."""
    chosen: list[Case] = []
    for name, folder in CORPORA:
        if not folder.exists():
            continue
        rng = random.Random(f"{SEED} {name}")
        made = [case for page in pages(folder, rng) for case in cases(page, rng)]
        rng.shuffle(made)
        taken: Counter[tuple[str, Language]] = Counter()
        for case in made:
            taken[case.kind, case.language] += 1
            if taken[case.kind, case.language] <= each:
                chosen.append(case)
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A question of RGB's fact sets with passages that say the truth, or an altered fact."""

    question: str
    language: Language
    true: tuple[str, ...]
    false: tuple[str, ...]
    positive: tuple[str, ...]
    counterfactual: tuple[str, ...]


def readers(language: Language) -> Iterator[Reader]:
    """The reader set of a language, if it lies beside the project."""
    path = RESTRICTED / f"qa/rgb_{language}_fact_reader.jsonl"
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Reader(
            question=row["question"],
            language=language,
            true=_flat(row["answers"]),
            false=_flat(row["fake_answers"]),
            positive=tuple(row["positive_passages"][:_EVIDENCE]),
            counterfactual=tuple(row["counterfactual_passages"][:_EVIDENCE]),
        )


def _flat(answers: Sequence[str | list[str]]) -> tuple[str, ...]:
    return tuple(one for a in answers for one in (a if isinstance(a, list) else [a]))


def reader_cases(one: Reader) -> Iterator[Case]:
    """The altered answer over true passages, the true one over altered passages, and unaltered.

    Answers are short ("1361万") and as a sentence of the passages that holds them.
    """
    for kind, answers, passages, altered in (
        ("altered answer, true passages", one.false, one.positive, True),
        ("true answer, altered passages", one.true, one.counterfactual, True),
        ("true answer, true passages", one.true, one.positive, False),
        ("altered answer, altered passages", one.false, one.counterfactual, False),
    ):
        own = one.positive if answers is one.true else one.counterfactual
        written = next((a for a in answers if any(a in p for p in own)), None)
        if written is None:
            continue
        holder = next(p for p in own if written in p)
        sentence = next((s.text for s in statements(holder) if written in s.text), written)
        for form, answer in (("short", written), ("sentence", sentence)):
            yield Case(
                kind=f"{kind}, {form}",
                language=one.language,
                answer=answer,
                evidence=passages,
                question=one.question,
                altered=altered,
            )


def reader_table(language: Language) -> list[Case]:
    """What the check alone does on RGB: it knows its evidence and nothing else of the world.

    So an altered fact that all passages repeat is "true" to it (the fourth kind: it must not flag
    that), and what is measured is that no answer says anything but its passages.
    """
    return [case for one in readers(language) for case in reader_cases(one)]


def report(measured: Sequence[tuple[Case, bool]], order: Sequence[str]) -> None:
    """A Markdown table: flagged of all, by kind and language."""
    print("| kind | zh | en |\n|---|---|---|")
    for kind in order:
        row = [_share(measured, kind, language) for language in ("zh", "en")]
        if any(row):
            print(f"| {kind} | {row[0] or '-'} | {row[1] or '-'} |")


def _share(measured: Sequence[tuple[Case, bool]], kind: str, language: str) -> str:
    flags = [f for c, f in measured if c.language == language and kind in (c.kind, _group(c))]
    return f"{sum(flags) / len(flags):.3f} ({sum(flags)}/{len(flags)})" if flags else ""


def _group(case: Case) -> str:
    return "all changed" if case.altered else "all unchanged"


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=60, help="cases a kind and corpus")
    parser.add_argument("--misses", type=int, default=0, help="print so many wrong ones a kind")
    parser.add_argument("--kinds", default="", help="print only the wrong ones of these kinds")
    arguments = parser.parse_args()
    made = sampled(arguments.each)
    started_s = time.perf_counter()
    measured = [(case, bool(case.found)) for case in made]
    took_ms = (time.perf_counter() - started_s) * 1000 / max(1, len(made))
    changed = [
        f"{kind}, {where}"
        for kind in kinds()
        for where in ("answer", "evidence", "reworded answer")
    ]
    unchanged = ["itself", "clause", "reworded", "table cell", "all unchanged"]
    print("Flagged (changed: should be all; unchanged: should be none)\n")
    report(measured, [*changed, "value of another row", "value of another column", "all changed"])
    print()
    report(measured, unchanged)
    print(f"\n{len(made)} answers, {took_ms:.2f} ms an answer\n")
    rgb = [(c, bool(c.found)) for lang in ("zh", "en") for c in reader_table(lang)]
    if rgb:
        print("RGB fact readers\n")
        report(rgb, list(dict.fromkeys(case.kind for case, _ in rgb)))
    _print_wrong(measured, arguments.misses, arguments.kinds)


def _print_wrong(measured: Sequence[tuple[Case, bool]], most: int, only: str) -> None:
    printed: Counter[tuple[str, str]] = Counter()
    for case, flagged in measured:
        key = (case.kind, case.language)
        if flagged == case.altered or only not in case.kind or printed[key] >= most:
            continue
        printed[key] += 1
        print(f"\n[{case.kind}] {case.question}\n  A {case.answer}")
        print("\n".join(f"  E {text}" for text in case.evidence))
        print("".join(f"  ? {doubt.kind}: {doubt.found}\n" for doubt in case.found), end="")


if __name__ == "__main__":
    main()
