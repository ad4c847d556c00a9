"""Slips of an input method, corrected by what was found."""

from __future__ import annotations

import pytest

from knowledge.engines.spelling import Spelling

FOUND = (
    "年假\n入职第一年年假 10 天，年假要提前申请。",
    "报销\n报销流程：在系统里填报销单。公积金和住房公积金按月缴存。",
)


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    return Spelling()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("年价有几天", "年假有几天"),
        ("抱销怎么做", "报销怎么做"),
        ("公基金交多少", "公积金交多少"),
        ("抱銷單在哪填", "报銷單在哪填"),
    ],
)
def test_a_word_nobody_knows_becomes_the_one_that_sounds_like_it(
    spelling: Spelling, typed: str, meant: str
) -> None:
    assert spelling.respelled(typed, FOUND) == meant


@pytest.mark.parametrize(
    "question",
    [
        "年假有几天",
        "公司班车几点",
        "How many days?",
        "价",
        "",
        "登陆系统",  # a word of its own, whatever it sounds like
    ],
)
def test_a_question_without_slips_stays_as_it_is(spelling: Spelling, question: str) -> None:
    assert spelling.respelled(question, (*FOUND, "登录。登录。")) == question


def test_a_word_of_the_documents_is_no_slip(spelling: Spelling) -> None:
    assert spelling.respelled("年价有几天", (*FOUND, "年价表")) == "年价有几天"


def test_a_word_found_once_may_be_a_slip_itself(spelling: Spelling) -> None:
    assert spelling.respelled("年价有几天", ("年假",)) == "年价有几天"


def test_parts_of_other_words_are_no_correction(spelling: Spelling) -> None:
    found = ("经双方同意续签，同意续签合同。", "责任人通知第三人，责任人赔偿。")

    assert spelling.respelled("已续签的合同", found) == "已续签的合同"
    assert spelling.respelled("第三人人身损害", found) == "第三人人身损害"


def test_where_nothing_was_found_nothing_is_corrected(spelling: Spelling) -> None:
    assert spelling.respelled("年价有几天", ()) == "年价有几天"
