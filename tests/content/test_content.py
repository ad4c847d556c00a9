"""The sample handbook and its questions hold together: complete, consistent, answerable."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1] / "bot" / "content" / "handbook"
PAGES = {
    "__".join(page.relative_to(ROOT).with_suffix("").parts): page for page in ROOT.rglob("*.md")
}
TWINS = sorted(
    page.stem
    for id_, page in PAGES.items()
    if id_.startswith("zh__") and f"en__{page.stem}" in PAGES
)


def _records(name: str) -> list[dict[str, Any]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _parts(page_id: str) -> tuple[Mapping[str, Any], str]:
    _, front, body = PAGES[page_id].read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


def _squeezed(text: str) -> str:
    """Without spaces, thousands separators, full-width forms and case."""
    folded = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"(?<=\d),(?=\d{3})", "", folded)


def _numbers(page_id: str) -> set[str]:
    """Numbers from 10 on; links, months written as 10 月 and thousands separators do not count."""
    text = re.sub(r"\]\([^)]*\)", "]", _parts(page_id)[1])
    text = re.sub(r"\d+\s*月", "", text).replace(",", "")
    found: list[str] = re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text)
    return {number for number in found if float(number) >= 10}


QUESTIONS = _records("questions.jsonl")
CONVERSATIONS = _records("conversations.jsonl")
ANSWERABLE = [record for record in QUESTIONS if record["answerable"]]
# A derived answer is worked out or translated from the page, so it need not stand there.
VERBATIM = [record for record in ANSWERABLE if not record.get("derived")] + CONVERSATIONS


@pytest.mark.parametrize("page_id", sorted(PAGES))
def test_a_page_says_whose_it_is_who_may_read_it_and_when_it_is_reviewed(page_id: str) -> None:
    front, body = _parts(page_id)

    assert set(front) == {"title", "audience", "owner", "review", "language"}
    assert front["language"] == page_id[:2]
    assert front["audience"] in {"everyone", "managers", "finance"}
    assert isinstance(front["review"], date)
    assert front["review"].year == 2027
    assert front["title"]
    assert front["owner"]
    assert body.count("\n## ") >= 3


@pytest.mark.parametrize("page_id", sorted(PAGES))
def test_a_link_between_pages_leads_to_a_page(page_id: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", _parts(page_id)[1])

    broken = [link for link in links if not (PAGES[page_id].parent / link).is_file()]

    assert broken == []


@pytest.mark.parametrize("stem", TWINS)
def test_both_languages_of_a_page_state_the_same_numbers(stem: str) -> None:
    assert _numbers(f"zh__{stem}") == _numbers(f"en__{stem}")


def test_the_handbook_is_large_enough_in_both_languages() -> None:
    languages = [page_id[:2] for page_id in PAGES]

    assert languages.count("zh") >= 17
    assert languages.count("en") >= 17
    assert len(TWINS) >= 15
    assert len(PAGES) > 2 * len(TWINS), "some pages exist in one language only"


def test_some_pages_are_for_a_restricted_audience() -> None:
    audiences = {_parts(page_id)[0]["audience"] for page_id in PAGES}

    assert audiences == {"everyone", "managers", "finance"}


def test_the_dictionary_has_one_word_a_line_with_its_synonyms() -> None:
    lines = (ROOT.parent / "dictionary.txt").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if not line.startswith("#")]

    words = [entry.partition("=")[0].strip() for entry in entries]

    assert len(words) == len(set(words)) >= 40
    assert all(words)
    assert "星桥通 = StarPass, 门禁卡" in "\n".join(entries)


def test_no_spelling_stands_for_two_words_of_the_dictionary() -> None:
    lines = (ROOT.parent / "dictionary.txt").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if not line.startswith("#")]

    spellings = [_squeezed(word) for entry in entries for word in re.split("[=,]", entry)]

    assert sorted(spellings) == sorted(set(spellings))


def test_the_questions_cover_both_languages_and_both_kinds() -> None:
    kinds = [(record["language"], record["answerable"]) for record in QUESTIONS]

    assert kinds.count(("zh", True)) >= 40
    assert kinds.count(("en", True)) >= 35
    assert len(QUESTIONS) - len(ANSWERABLE) >= 25
    assert sum(record["kind"] in {"cross_language", "table"} for record in QUESTIONS) >= 15
    assert {record["kind"] for record in QUESTIONS if not record["answerable"]} == {
        "near_miss",
        "other_company",
        "chitchat",
        "out_of_scope",
        "restricted",
    }


def test_no_question_is_asked_twice() -> None:
    ids = [record["id"] for record in QUESTIONS + CONVERSATIONS]
    texts = [record["question"] for record in QUESTIONS]

    assert len(ids) == len(set(ids))
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("record", QUESTIONS, ids=lambda record: record["id"])
def test_a_question_names_pages_that_exist_and_everyone_may_read(record: dict[str, Any]) -> None:
    golds = record["gold_doc_ids"]

    assert bool(golds) == bool(record["answers"]) == record["answerable"]
    assert all(_parts(gold)[0]["audience"] == "everyone" for gold in golds)


@pytest.mark.parametrize("record", VERBATIM, ids=lambda record: record["id"])
def test_an_answer_stands_in_one_of_its_pages(record: dict[str, Any]) -> None:
    texts = [_squeezed(_parts(gold)[1]) for gold in record["gold_doc_ids"]]

    missing = [
        answer
        for answer in record["answers"]
        if not any(_squeezed(answer) in text for text in texts)
    ]

    assert missing == []


@pytest.mark.parametrize(
    "record",
    [record for record in QUESTIONS if record["kind"] == "restricted"],
    ids=lambda record: record["id"],
)
def test_a_restricted_question_belongs_to_pages_not_everyone_may_read(
    record: dict[str, Any],
) -> None:
    audiences = {_parts(page_id)[0]["audience"] for page_id in record["restricted_doc_ids"]}

    assert audiences
    assert "everyone" not in audiences


def test_follow_ups_come_in_pairs_in_both_languages() -> None:
    languages = [record["language"] for record in CONVERSATIONS]

    assert all(len(record["turns"]) == 2 for record in CONVERSATIONS)
    assert len(CONVERSATIONS) >= 16
    assert set(languages) == {"zh", "en"}


def test_no_heading_is_a_question() -> None:
    headings = [
        line
        for page_id in PAGES
        for line in _parts(page_id)[1].splitlines()
        if line.startswith("#")
    ]

    assert [heading for heading in headings if heading.rstrip().endswith(("?", "？"))] == []
