"""What the evidence tells of a thing does not fill the place of what nobody told of it."""

from __future__ import annotations

import pytest

from knowledge.check import doubts

EEL_ZH = ("鱼类\n高氏前肛鳗，为辐鳍鱼纲鳗鲡目糯鳗亚目通鳃鳗科的其中一个种。",)
EEL = ("Fish\nThe Gosline eel is one of the species of the cutthroat eel family.",)
SCHOLAR_ZH = (
    "人物\n从一九五四年起，刘节便因屡屡挨批，被迫愤而辞去系主任之职。",
    "人物\n至其后文化大革命时，刘节均表现出中国传统学人的道德气节。",
)
SCHOLAR = (
    "People\nLiu Jie stood for the moral courage of traditional scholars.",
    "People\nLiu Jie resigned as head of the department.",
)


def foreign(answer: str, evidence: tuple[str, ...], question: str) -> bool:
    return "relation" in {doubt.kind for doubt in doubts(answer, evidence, question)}


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        (
            "高氏前肛鳗分布在辐鳍鱼纲鳗鲡目糯鳗亚目通鳃鳗科。",
            EEL_ZH,
            "高氏前肛鳗分布在什么地方？",
        ),
        ("刘节的老师是传统学人的道德气节。", SCHOLAR_ZH, "刘节的老师是哪些人？"),
        ("星盾的经销商是StarBook。", ("软件\n星盾和StarBook都由IT部安装。",), "星盾的经销商是谁"),
        (
            "The Gosline eel is distributed in the cutthroat eel family.",
            EEL,
            "Where is the Gosline eel distributed?",
        ),
        (
            "The teacher of Liu Jie was the head of the department.",
            SCHOLAR,
            "Who was the teacher of Liu Jie?",
        ),
        ("Liu Jie's teacher was the department.", SCHOLAR, "Who was Liu Jie's teacher?"),
    ],
)
def test_a_relation_that_nobody_speaks_of_is_doubted(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert foreign(answer, evidence, question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("高氏前肛鳗分布在印度洋。", ("鱼类\n高氏前肛鳗的分布区为印度洋。",), "它分布在哪里？"),
        ("刘节的老师是王国维。", ("人物\n刘节师从王国维。",), "刘节的老师是谁？"),
        ("年假的审批人是直属主管。", ("年假\n年假由直属主管批准。",), "年假的审批人是谁"),
        ("年假的天数是10天。", ("年假\n年假：10 天",), "年假的天数是多少"),
        ("北上车站的地址是大通1丁目。", ("车站\n北上车站位于大通1丁目。",), "北上车站的地址是哪里"),
        ("财务的联系人是王芳。", ("财务\n有问题请找王芳。",), "财务的联系人是谁"),
        ("浪花鱼在沿岸栖息。", ("鱼类\n本种栖息于沿岸碎波带。",), "浪花鱼在哪里栖息"),
        ("包裹放在前台。", ("包裹\n包裹由前台统一签收。",), "包裹放在哪里"),
        ("星盾的负责人是王芳。", ("软件 负责人\n星盾: 王芳",), "星盾的负责人是谁"),
        (
            "The author of the guide is Wang Fang.",
            ("Guide\nThe authors are Wang Fang and her team.",),
            "Who is the author of the guide?",
        ),
        (
            "The owner of the client is IT.",
            ("Client\nIT owns the client.",),
            "Who is the owner of the client?",
        ),
        (
            "The reason for the delay is the lift.",
            ("Move\nThe delay comes from the lift.",),
            "What is the reason for the delay?",
        ),
        (
            "The deadline for claims is 5 March.",
            ("Claims\nClaims are handed in by 5 March.",),
            "What is the deadline for claims?",
        ),
        (
            "Parcels are delivered at reception.",
            ("Parcels\nDelivery is at reception.",),
            "Where are parcels delivered?",
        ),
        (
            "The manager of the shop is Wang Fang.",
            ("Shop\nWang Fang speaks for the shop.",),
            "Whom do I ask about the shop?",
        ),
    ],
)
def test_a_relation_in_other_words_is_believed(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert not foreign(answer, evidence, question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        (
            "柏林大门钥匙丢了，需要赔偿8元。",
            ("采购 采购方式\n新加坡、柏林分别按 5 元和 8 元折算。",),
            "柏林大门钥匙丢了要赔多少",
        ),
        (
            "新加坡晚上开空调一小时收部门50新元。",
            ("值班\n新加坡; 工作日夜间: 50 新元; 休息日: 100 新元",),
            "新加坡晚上开空调一小时收部门多少钱",
        ),
        (
            "In Berlin, you get an answer to a data request within 3 workdays.",
            ("Leave Applying in Berlin\nThe line manager answers within 3 workdays.",),
            "How quick do I get an answer to a data request in Berlin?",
        ),
        (
            "A lost front door key costs 8 euro in Berlin.",
            ("Purchasing\nIn Singapore and Berlin it is 5 and 8 euro.",),
            "What does a lost front door key cost in Berlin?",
        ),
    ],
)
def test_the_amount_of_another_matter_is_doubted(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert "words" in {doubt.kind for doubt in doubts(answer, evidence, question)}


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        (
            "加班到十点打车回家报80元。",
            ("加班 交通\n加班到 22 点，打车每次最多 80 元。",),
            "加班到十点打车回家报多少",
        ),
        (
            "产假要提前60天跟公司说。",
            ("产假\n请至少在产假开始前 60 天告知直属主管，公司会保密。",),
            "产假要提前多久跟公司说",
        ),
        (
            "You can stay the weekend after a business trip if you add up to 5 private days.",
            ("Business travel\nUp to 5 private days may be added before or after a trip.",),
            "Can I stay the weekend after a business trip?",
        ),
        (
            "A lost key costs 60 euro.",
            ("Keys\nWho loses one pays 60 euro.",),
            "What does a lost key cost?",
        ),
    ],
)
def test_the_question_in_other_words_than_the_evidence_is_believed(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert doubts(answer, evidence, question) == ()
