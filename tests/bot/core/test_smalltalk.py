"""What asks nothing is told from questions by its form, and only as a whole."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.core.commands.phrases import asks_what_it_does
from bot.core.smalltalk import Said, said_in, small_talk_card
from knowledge.model import Language
from tests.fakes_core import words

CHAT = [
    (
        Said.HELLO,
        [
            "你好",
            "您好！",
            "在吗？",
            "早上好～",
            "你好，请问",
            "大家好",
            "Hi",
            "hello there!",
            "嗨",
        ],
    ),
    (Said.HELLO, ["Good morning team", "how are you?", "哈囉", "喂", "test", "Hey Deskmate"]),
    (
        Said.THANKS,
        ["谢谢", "謝謝你！", "太感谢了", "thanks!", "Thank you so much", "ok thanks", "👍👍"],
    ),
    (
        Said.THANKS,
        ["好的，谢谢", "明白了，谢谢您", "你真棒", "Great, that helps", "thx", "辛苦了", "❤️"],
    ),
    (
        Said.NOTED,
        ["好的", "知道了。", "OK", "got it", "哈哈哈哈", "never mind", "嗯嗯", "好的好的"],
    ),
    (Said.GOODBYE, ["再见", "拜拜", "bye!", "Thanks, see you tomorrow", "下班了"]),
    (
        Said.WHO,
        [
            "你是谁",
            "你是机器人吗？",
            "Who are you?",
            "are you a bot",
            "你叫什么名字？",
            "你好，你是谁",
        ],
    ),
    (
        Said.REBUKE,
        ["你真笨", "垃圾", "you are useless", "You're so stupid!", "答非所问", "wtf", "滚"],
    ),
    (Said.REBUKE, ["这个机器人太傻了", "that's wrong", "not helpful", "what a joke"]),
    (Said.WORDLESS, ["???", "……", "😭", "。"]),
]

QUESTIONS = [
    "年假",
    "你好，年假有几天？",
    "谢谢，那第二年呢？",
    "Thanks, and for part-timers?",
    "ok and what about Berlin?",
    "在吗？我想问下报销",
    "hello, who approves my leave?",
    "为什么工资错了",
    "工资发错了怎么办",
    "my payslip is wrong",
    "垃圾怎么分类",
    "Who is the head of HR?",
    "谁是我的HRBP",
    "机器人展厅在哪",
    "你知道年假有几天吗",
    "VPN",
    "ping 不通服务器",
    "test environment access",
    "晚上加班有车吗",
    "What is a good bye gift worth?",
    "thank you card for a customer: may I expense it?",
    "不用了的电脑还给谁",
]

DISTRESS = [
    "我不想活了",
    "我不想活了，太累了",
    "我真的想死",
    "我想自殺",
    "感觉活着没意思",
    "活不下去了",
    "I want to kill myself",
    "I don't want to live anymore",
    "i just want to die",
    "sometimes I think about ending my life",
    "I’m feeling suicidal",
    "I've been hurting myself",
]

NOT_DISTRESS = [
    "怎么 kill 掉卡死的进程",
    "how do I kill a stuck process?",
    "Does the EAP help with suicide prevention?",
    "电脑想死机一样卡",
    "电脑要死机了怎么办",
    "想死你们了",
    "不想活动怎么请假",
    "This deadline is killing me",
    "Can I end my probation early?",
    "What does my family get if I die?",
    "员工死亡，抚恤金怎么算",
    "外婆去世了，能请几天假",
    "不想死记硬背流程",
]


@pytest.mark.parametrize(("said", "text"), [(said, text) for said, texts in CHAT for text in texts])
def test_what_asks_nothing_is_known_by_its_form(said: Said, text: str) -> None:
    assert said_in(text) is said


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_is_none_the_less_one_for_being_short_or_polite(text: str) -> None:
    assert said_in(text) is None
    assert not asks_what_it_does(text)


@pytest.mark.parametrize("text", DISTRESS)
def test_who_does_not_want_to_live_is_heard(text: str) -> None:
    assert said_in(text) is Said.DISTRESS


@pytest.mark.parametrize("text", NOT_DISTRESS)
def test_figures_of_speech_and_policies_are_questions(text: str) -> None:
    assert said_in(text) is not Said.DISTRESS


@pytest.mark.parametrize(
    "text", ["help", "帮助", "?", "？", "你会什么", "你能做什么？", "what can you do?"]
)
def test_who_asks_what_it_does_is_shown_the_help(text: str) -> None:
    assert asks_what_it_does(text)


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("said", [said for said in Said if said is not Said.DISTRESS])
def test_small_talk_is_one_short_paragraph(said: Said, language: Language) -> None:
    text = words(small_talk_card(said, language))

    assert "\n" not in text
    assert len(text) < 300


@pytest.mark.parametrize("language", get_args(Language))
def test_whom_the_company_offers_stands_above_public_helplines(language: Language) -> None:
    text = words(small_talk_card(Said.DISTRESS, language, care="EAP 8088"))

    assert 0 < text.index("EAP 8088") < text.index("988")


@pytest.mark.parametrize("language", get_args(Language))
def test_a_notification_tells_nothing_of_distress(language: Language) -> None:
    card = small_talk_card(Said.DISTRESS, language)

    assert card.summary not in words(card)
    assert len(card.summary) < 30
