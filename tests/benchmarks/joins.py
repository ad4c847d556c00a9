"""How well the check sees that two true things were put together to a false one.

    python -m tests.benchmarks.joins [--each 40] [--misses 5]

Two statements of a page are joined by "because"; statements that have a cause are turned round
("because B, A"), which leaves them true. Questions of zh_cmrc2018 are answered in their own words,
with the gold answer and its statement, and with the gold answer of another question to the same
page and the statement that has that one.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from knowledge.labelled import Labelled, load_questions
from knowledge.language import language_of
from knowledge.model import Language
from knowledge.parsers import parser_for
from knowledge.split import split
from knowledge.words import content_words, coverage
from tests.benchmarks.altering import MAY_BE_CONDITION
from tests.benchmarks.counterfactual import (
    CORPORA,
    DEV,
    SEED,
    Case,
    Page,
    page_of,
    pages,
    report,
)

GLUED, WITH_CAUSE = "two statements joined by because", "a statement with its cause"
TURNED = "its cause said in another way"
GOLD, OTHER = "the gold answer in the question's words", "another question's answer in its place"
_LONGEST: dict[Language, int] = {"zh": 120, "en": 240}
_SHORTEST: dict[Language, int] = {"zh": 10, "en": 30}
_LONGEST_ANSWER = 25
_READ = 3
_LINK: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(
        r"(?P<effect>[^。]{6,}?)[，,]?是?(?:因为|由于)(?P<cause>[^，。；]{4,})[。；]?"
    ),
    "en": re.compile(
        r"(?P<effect>[^.]{15,}?),? (?:because|due to) (?P<cause>[^.]{10,}?)\.?", re.IGNORECASE
    ),
}
_ASKED = re.compile(
    r"[是叫有为]?(?:什么(?:地方|地区|时候|时期|名字|类型|颜色|语言|制度|样子|东西)?"
    r"|哪(?:里|儿|些人|一年|些地方|些|[个种][\u4e00-\u9fff]{1,3}|[\u4e00-\u9fff]{1,2})"
    r"|谁|何[时地处]|多少[\u4e00-\u9fff]?|几[\u4e00-\u9fff]|多[高大长重])"
)


def causes(page: Page) -> Iterator[Case]:
    """Answers with a "because": of two statements, which is false, and of one."""
    for at, statement in enumerate(page.statements):
        said = statement.text
        if not _fits(said, page.language):
            continue
        if found := _LINK[page.language].fullmatch(said):
            yield _case(page, at, WITH_CAUSE, said)
            for turned in _turned(found["cause"], found["effect"], page.language):
                yield _case(page, at, TURNED, turned)
        elif at + 2 < len(page.statements) and _fits(page.statements[at + 2].text, page.language):
            glued = _glued(said, page.statements[at + 2].text, page.language)
            yield _case(page, at, GLUED, glued, altered=True)


def _fits(said: str, language: Language) -> bool:
    return (
        _SHORTEST[language] <= len(said) <= _LONGEST[language]
        and language_of(said) == language
        and not re.search(r"[:：;；|]|^[（(]", said)
        and not MAY_BE_CONDITION.search(said)
    )


def _glued(effect: str, cause: str, language: Language) -> str:
    effect, cause = effect.rstrip("。.！!"), cause.rstrip("。.！!")
    if language == "zh":
        return f"{effect}，因为{cause}。"
    return f"{effect} because {_small(cause)}."


def _turned(cause: str, effect: str, language: Language) -> tuple[str, ...]:
    if language == "zh":
        return (f"因为{cause}，{effect}。", f"{cause}，因此{effect}。")
    return (f"Because {cause}, {_small(effect)}.", f"{cause}, so {_small(effect)}.")


def _small(text: str) -> str:
    return text[0].lower() + text[1:]


def answers(rng: random.Random) -> Iterator[Case]:
    """Chinese questions said as answers, with what was asked for and with something else."""
    folder = DEV / "corpora/zh_cmrc2018/docs"
    files = {path.stem: path for path in sorted(folder.rglob("*")) if path.is_file()}
    of_document: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in load_questions(DEV / "qa/zh_cmrc2018.jsonl"):
        if one.answers and one.gold_document_ids:
            of_document[min(one.gold_document_ids)].append((one.text, _short(one)))
    for document in rng.sample(sorted(of_document), len(of_document)):
        if document in files:
            yield from _answers(_read(files[document]), of_document[document], rng)


def _short(one: Labelled) -> str:
    return min(one.answers, key=len).strip("。")


def _read(path: Path) -> list[Page]:
    parse = parser_for(path.suffix)
    if parse is None:
        return []
    document = parse(path.read_bytes(), document_id=path.stem, uri=path.name)
    return [page_of(passage) for passage in split(document)]


def _answers(
    found: Sequence[Page], asked: Sequence[tuple[str, str]], rng: random.Random
) -> Iterator[Case]:
    short = [(question, gold) for question, gold in asked if 1 < len(gold) < _LONGEST_ANSWER]
    for question, gold in short:
        others = [g for _, g in short if g not in gold and gold not in g]
        if said := _said(question, gold):
            yield from _over(found, GOLD, question, said, gold)
        if said and others:
            other = rng.choice(others)
            said = _said(question, other)
            yield from _over(found, OTHER, question, said, other, without=gold)


def _over(
    found: Sequence[Page], kind: str, question: str, said: str, held: str, *, without: str = ""
) -> Iterator[Case]:
    """The answer over the statement that has its words and two that have most of the question's."""
    asked = content_words(question)
    statements = sorted(
        (text for page in found for text in page.evidence),
        key=lambda text: -coverage(asked, content_words(text)),
    )
    for page in found:
        for at, statement in enumerate(page.statements):
            if held in statement.text and not (without and without in page.evidence[at]):
                near = dict.fromkeys((page.evidence[at], *statements))
                read = [e for e in near if not without or without not in e]
                yield Case(
                    kind=kind,
                    language="zh",
                    answer=said,
                    evidence=tuple(read[:_READ]),
                    question=question,
                    altered=bool(without),
                )
                return


def _said(question: str, answer: str) -> str:
    """A question as a sentence that answers it, or "" where it is not that kind of question."""
    bare = question.rstrip("？? ")
    found = _ASKED.search(bare)
    if found is None or re.search(r"为什么|为何", bare):
        return ""
    verb = found.group()[0] if found.group()[0] in "是叫有为" else ""
    return f"{bare[: found.start()]}{verb}{answer}{bare[found.end() :]}。"


def _case(page: Page, at: int, kind: str, answer: str, *, altered: bool = False) -> Case:
    return Case(
        kind=kind,
        language=page.language,
        answer=answer,
        evidence=page.around(at),
        question=page.heading,
        altered=altered,
    )


def sampled(each: int) -> list[Case]:
    """At most so many cases of a kind from each corpus; ten times as many of the questions'."""
    chosen: list[Case] = []
    for name, folder in CORPORA:
        if not folder.exists():
            continue
        rng = random.Random(f"{SEED} {name}")
        made = [case for page in pages(folder, rng) for case in causes(page)]
        rng.shuffle(made)
        chosen += _most(made, each)
    if (DEV / "qa/zh_cmrc2018.jsonl").exists():
        chosen += _most(answers(random.Random(SEED)), 10 * each)
    return chosen


def _most(made: Iterator[Case] | Sequence[Case], each: int) -> Iterator[Case]:
    taken: Counter[tuple[str, Language]] = Counter()
    for case in made:
        taken[case.kind, case.language] += 1
        if taken[case.kind, case.language] <= each:
            yield case


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=40, help="cases a kind and corpus")
    parser.add_argument("--misses", type=int, default=0, help="print so many wrong ones a kind")
    given = parser.parse_args()
    measured = [(case, bool(case.found)) for case in sampled(given.each)]
    print("Flagged (joined falsely, another answer: should be all; the others: should be none)\n")
    report(measured, (GLUED, OTHER, WITH_CAUSE, TURNED, GOLD))
    printed: Counter[str] = Counter()
    for case, flagged in measured:
        if flagged != case.altered and printed[case.kind] < given.misses:
            printed[case.kind] += 1
            print(f"\n[{case.kind}] {case.question}\n  A {case.answer}")
            print("\n".join(f"  E {text}" for text in case.evidence))
            print("".join(f"  ? {doubt.kind}: {doubt.found}\n" for doubt in case.found), end="")


if __name__ == "__main__":
    main()
