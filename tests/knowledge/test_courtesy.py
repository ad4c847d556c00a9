"""Greetings and thanks are no part of a question."""

from __future__ import annotations

import pytest

from knowledge.courtesy import without_courtesy


@pytest.mark.parametrize(
    "polite",
    [
        "请问一下，年假有几天？谢谢！",
        "您好，麻烦问下年假有几天？",
        "打扰一下，我想了解年假有几天？麻烦了",
        "能不能告诉我年假有几天？非常感谢您",
        "大家好 有人知道年假有几天？",
        "在吗？想问下年假有几天？急，谢谢",
        "各位老师好，请教个问题，年假有几天？",
        "弱弱地问一句，年假有几天？在线等，谢谢啦～",
        "新人求助，有人知道吗，年假有几天？拜托了",
        "王姐你好，有个问题想请教下，年假有几天？提前感谢",
    ],
)
def test_a_polite_chinese_question_is_the_question(polite: str) -> None:
    assert without_courtesy(polite) == "年假有几天？"


def test_courtesy_in_traditional_characters_goes_and_the_question_stays_in_them() -> None:
    assert without_courtesy("請問年假有幾天？謝謝大家！") == "年假有幾天？"


@pytest.mark.parametrize(
    "polite",
    [
        "Hi, could you please tell me who pays for lunch?",
        "Hello everyone! Quick question: Who pays for lunch? Thanks a lot in advance!",
        "Sorry to bother you, does anyone know who pays for lunch? Thank you very much.",
        "I was wondering who pays for lunch? please",
        "Just checking, who pays for lunch? Many thanks, Anna",
        "Hope you are well. Who pays for lunch? Thanks a lot for your help.",
        "Hi Anna, one question: Who pays for lunch? Looking forward to your reply.",
        "Good morning HR team! Who pays for lunch? Kind regards, Tom",
        "Newbie here, sorry if this was asked before: Who pays for lunch? Any help is welcome.",
    ],
)
def test_a_polite_english_question_is_the_question(polite: str) -> None:
    assert without_courtesy(polite) == "Who pays for lunch?"


@pytest.mark.parametrize(
    ("polite", "bare"),
    [
        ("hi, could you tell me who pays", "who pays"),
        ("Quick question: wifi password thank you so much", "wifi password"),
        ("你好，怎么报销麻烦了", "怎么报销"),
        ("Hi I am ill today, who do I tell?", "I am ill today, who do I tell?"),
    ],
)
def test_who_writes_in_small_letters_or_without_marks_is_understood_too(
    polite: str, bare: str
) -> None:
    assert without_courtesy(polite) == bare


@pytest.mark.parametrize(
    "text",
    [
        "想请假怎么办",
        "咨询费怎么报销",
        "麻烦的流程怎么改",
        "这个流程太麻烦了",
        "Can I ask for leave?",
        "New here means what?",
        "Question of leave: who decides?",
        "有个问题没人管怎么办",
        "Hi-fi sets, who pays?",
        "老师好不好请假",
        "求助热线怎么打",
        "报销急的怎么办",
        "How do I say thank you",
        "Hiring freeze until when?",
        "Please-call list",
    ],
)
def test_words_that_are_asked_about_stay(text: str) -> None:
    assert without_courtesy(text) == text


@pytest.mark.parametrize("text", ["谢谢", "Hi!", "请问", "Thanks a lot!", "", "  "])
def test_nothing_but_courtesy_stays_as_it_is(text: str) -> None:
    assert without_courtesy(text) == text
