"""Everyday words, explained by those of the rules."""

from __future__ import annotations

from importlib.resources import files

import pytest

from knowledge.engines.everyday import Everyday


@pytest.fixture(scope="module")
def everyday() -> Everyday:
    return Everyday()


@pytest.mark.parametrize(
    ("asked", "explained"),
    [
        ("外婆走了能请几天假", "外婆（外祖父母）走了能请几天假"),
        ("13薪什么时候发？", "13薪（第 13 个月工资）什么时候发？"),
        ("可以WFH吗", "可以WFH（远程办公）吗"),
        ("can i WFH on Monday?", "can i WFH (remote work) on Monday?"),
        ("Can my wife be insured?", "Can my wife (spouse) be insured?"),
    ],
)
def test_what_rules_call_it_stands_behind_the_everyday_word(
    everyday: Everyday, asked: str, explained: str
) -> None:
    assert everyday.glossed(asked, ()) == explained


def test_a_question_in_traditional_characters_keeps_them(everyday: Everyday) -> None:
    assert everyday.glossed("外婆過世了，請幾天假", ()).endswith("，請幾天假")


@pytest.mark.parametrize(
    "question",
    [
        "年假有几天？",
        "机动车保有量是多少",
        "what is a wifeless mandate?",
        "配偶（老公）可以投保吗",
        "",
    ],
)
def test_a_question_without_everyday_words_stays_as_it_is(
    everyday: Everyday, question: str
) -> None:
    assert everyday.glossed(question, ()) == question


def test_a_word_over_whose_ends_another_goes_is_not_there() -> None:
    everyday = Everyday(["动车 = 火车"])

    assert everyday.glossed("机动车怎么报销", ()) == "机动车怎么报销"
    assert everyday.glossed("坐动车怎么报销", ()) == "坐动车（火车）怎么报销"


def test_one_word_of_the_rules_explains_once(everyday: Everyday) -> None:
    assert everyday.glossed("老公老婆都可以吗", ()) == "老公（配偶）老婆都可以吗"


def test_what_the_pages_say_themselves_needs_no_explaining(everyday: Everyday) -> None:
    assert everyday.glossed("她的妻子是谁", ["他的妻子是王氏。"]) == "她的妻子是谁"


def test_a_word_that_stands_beside_that_of_the_rules_is_explained(everyday: Everyday) -> None:
    found = ["婚假须交结婚证。"]

    assert everyday.glossed("结婚休几天", found) == "结婚（婚假）休几天"


def test_every_line_of_the_list_is_read() -> None:
    text = (files("knowledge.engines") / "everyday_words.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]

    assert all(line.count(" = ") == 1 for line in lines)
    assert all(" = ".join(map(str.strip, line.split("="))) == line for line in lines)
