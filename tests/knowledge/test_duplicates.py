"""Passages that stand in several documents are told once, with all their places."""

from __future__ import annotations

from dataclasses import replace

from knowledge.duplicates import duplicates
from knowledge.model import Passage

TEXT = (
    "The office is open from eight to eight on workdays. Visitors are met at the reception, wear "
    "a badge and are never left alone on the floors where people work with customer records."
)
CHINESE = (
    "办公室工作日早上八点开放，晚上八点关闭。访客须在前台登记并佩戴访客证，"
    "在处理客户资料的楼层不得单独停留，离开时归还访客证。"
)


def passage(document: str, text: str, at: int = 0, title: str = "") -> Passage:
    return Passage(
        id=f"{document}#{at}",
        document_id=document,
        title=title or document,
        uri=f"file:///{document}",
        language="zh" if text == CHINESE else "en",
        text=text,
        position=at,
    )


def found(*passages: Passage) -> list[tuple[list[str], int]]:
    return [([p.id for p in each.places], each.passages) for each in duplicates(passages)]


def test_a_page_and_its_copy_are_one_finding() -> None:
    other = TEXT.replace("office", "canteen").replace("badge", "ticket at all times of the day")

    told = found(
        passage("a", TEXT), passage("a", other, 1), passage("b", TEXT, 3), passage("b", other, 4)
    )

    assert told == [(["a#0", "b#3"], 2)]


def test_a_passage_in_three_places_is_one_finding() -> None:
    assert found(*(passage(name, CHINESE) for name in "abc")) == [(["a#0", "b#0", "c#0"], 1)]


def test_a_number_that_changed_does_not_hide_a_copy() -> None:
    assert found(passage("a", TEXT), passage("b", TEXT.replace("eight to eight", "8:00 to 20:00")))


def test_other_text_short_text_and_the_same_document_are_left_out() -> None:
    assert not found(passage("a", TEXT), passage("a", TEXT, 1))
    assert not found(passage("a", "Write to the desk."), passage("b", "Write to the desk."))
    assert not found(
        passage("a", TEXT), passage("b", f"{TEXT} But there is far more: {TEXT[::-1]}")
    )


def test_one_page_a_city_or_a_year_is_no_copy() -> None:
    assert not found(
        passage("a", TEXT, title="Berlin office"), passage("b", TEXT, title="Singapore office")
    )
    assert not found(passage("plan_2024", TEXT), passage("plan_2025", TEXT))


def test_the_language_tells_apart() -> None:
    english = replace(passage("a", CHINESE), language="en")

    assert not found(english, passage("b", CHINESE))
