"""Follow-up questions are understood in context."""

from __future__ import annotations

import pytest

from knowledge.model import Language, Question, Turn
from knowledge.rewrite import is_follow_up, standalone


def asked(*texts: str, language: Language = "zh") -> Question:
    *earlier, last = texts
    history = [
        turn
        for text in earlier
        for turn in (Turn(speaker="user", text=text), Turn(speaker="assistant", text="好的。"))
    ]
    return Question(text=last, language=language, history=tuple(history))


@pytest.mark.parametrize(
    ("before", "text", "whole"),
    [
        ("入职第一年年假有几天？", "那第二年呢？", "入职第二年年假有几天？"),
        ("试用期可以休年假吗？", "转正后呢", "转正后可以休年假吗？"),
        ("一线城市住宿标准是多少", "那二线城市呢？", "二线城市住宿标准是多少"),
        ("年假有几天？", "那病假呢？", "病假有几天？"),
        ("年假有几天？", "那第二年呢？", "年假有几天？那第二年呢？"),
        ("VPN怎么连？", "它要钱吗", "VPN怎么连？它要钱吗"),
        ("年假有几天？", "那呢？", "年假有几天？"),
        ("年假有幾天？", "還有病假呢？", "病假有几天？"),
        ("請問試用期可以休年假嗎？謝謝", "轉正後呢", "转正后可以休年假吗？"),
        ("年假有几天？谢谢", "请问那第二年呢？多谢", "年假有几天？那第二年呢？"),
        ("两万以下的采购谁批", "三十万的呢", "两万以下的采购谁批？三十万的呢"),
        ("结婚可以休几天", "需要什么材料？", "结婚可以休几天？需要什么材料？"),
        ("试用期多长", "能缩短吗", "试用期多长？能缩短吗"),
        ("工位怎么换", "找誰", "工位怎么换？找谁"),
        ("报销要多久", "什么时候到账", "报销要多久？什么时候到账"),
    ],
)
def test_a_chinese_follow_up_is_read_with_the_question_before_it(
    before: str, text: str, whole: str
) -> None:
    assert standalone(asked(before, text)) == whole


@pytest.mark.parametrize(
    ("before", "text", "whole"),
    [
        (
            "How many vacation days do I get in the first year?",
            "and in the second year?",
            "How many vacation days do I get in the second year?",
        ),
        ("What do I get after 2 years?", "and after 5 years?", "What do I get after 5 years?"),
        (
            "What is the hotel limit in Shanghai?",
            "what about Berlin?",
            "What is the hotel limit in Shanghai? what about Berlin?",
        ),
        ("Where do I get a VPN?", "Is it free?", "Where do I get a VPN? Is it free?"),
        ("Leave for a parent?", "for a grandparent?", "Leave for a parent? for a grandparent?"),
        ("How do I report a theft", "by when", "How do I report a theft? by when"),
        ("Is there a sabbatical?", "How do I apply?", "Is there a sabbatical? How do I apply?"),
        (
            "Marriage leave?",
            "What documents do I need?",
            "Marriage leave? What documents do I need?",
        ),
    ],
)
def test_an_english_follow_up_is_read_with_the_question_before_it(
    before: str, text: str, whole: str
) -> None:
    assert standalone(asked(before, text, language="en")) == whole


def test_a_chain_of_follow_ups_keeps_its_topic() -> None:
    whole = standalone(asked("入职第一年年假有几天？", "那第二年呢？", "那第三年呢？"))

    assert whole == "入职第三年年假有几天？"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("报销发票抬头写什么", "zh"),
        ("公司在杭州的食堂几点开门，周末还营业吗，外部访客可以去吃饭吗？", "zh"),
        ("How do I reset my password?", "en"),
        ("What is the policy that covers working from a café in another country?", "en"),
        ("reset password", "en"),
        ("How do I contact IT?", "en"),
        ("Is there a gym?", "en"),
        ("公司地址在哪里呢？", "zh"),
        ("怎么申请年假", "zh"),
        ("采购谁批", "zh"),
        ("试用期能缩短吗", "zh"),
        ("How do I apply for leave?", "en"),
        ("Who approves a purchase?", "en"),
        ("食堂几点开门呢", "zh"),
    ],
)
def test_a_question_that_stands_alone_is_left_alone(text: str, language: Language) -> None:
    assert not is_follow_up(text, language)
    assert standalone(asked("年假有几天？", text, language=language)) == text


def test_without_history_even_a_fragment_is_what_was_asked() -> None:
    assert standalone(asked("那第二年呢？")) == "那第二年呢？"


@pytest.mark.parametrize(
    ("polite", "language", "bare"),
    [
        ("请问年假有幾天？謝謝", "zh", "年假有幾天？"),
        ("Hi, could you tell me who pays? Thanks!", "en", "Who pays?"),
    ],
)
def test_a_question_is_searched_without_its_courtesy(
    polite: str, language: Language, bare: str
) -> None:
    assert standalone(asked(polite, language=language)) == bare
