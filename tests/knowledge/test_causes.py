"""A cause belongs to its effect: two statements do not become one by a "because"."""

from __future__ import annotations

import pytest

from knowledge.check import doubts

ABBEY_ZH = (
    "弗赖永\n“弗赖永”这个名称源于古代德语词汇“frey”，意为自由。",
    "弗赖永\n亨利二世邀请爱尔兰僧侣来此修建了“苏格兰修道院”，因为当时爱尔兰被称为“新苏格兰”。",
)
ABBEY = (
    "Frey square\nThe name of the square comes from the old German word for freedom.",
    "Frey square\nIrish monks founded the Scottish abbey, because Ireland was called New Scotland.",
)
LIFT_ZH = (
    "通知\n因为电梯检修，三号楼的搬家推迟到周末。",
    "通知\n食堂本周提前关门，因为厨房设备更换。",
)
LIFT = (
    "Notices\nBecause the lift is being repaired, the move of building C is put off.",
    "Notices\nThe canteen closes early this week, because kitchen equipment is replaced.",
)


def glued(answer: str, evidence: tuple[str, ...], question: str) -> bool:
    return "cause" in {doubt.kind for doubt in doubts(answer, evidence, question)}


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        (
            "修道院的名称取自意为自由的古代德语词汇“frey”，因为当时爱尔兰被称为“新苏格兰”。",
            ABBEY_ZH,
            "为什么修道院的名称取自意为自由的古代德语词汇“frey”？",
        ),
        ("因为电梯检修，食堂本周提前关门。", LIFT_ZH, "食堂为什么提前关门"),
        ("食堂本周提前关门是由于电梯检修。", LIFT_ZH, "食堂为什么提前关门"),
        ("电梯检修，因此食堂本周提前关门。", LIFT_ZH, "食堂为什么提前关门"),
        ("电梯正在检修。所以食堂本周提前关门。", LIFT_ZH, "食堂为什么提前关门"),
        ("因为电梯检修。", LIFT_ZH, "为什么食堂本周提前关门"),
        (
            "The name of the square comes from the old German word for freedom because "
            "Ireland was called New Scotland.",
            ABBEY,
            "Why does the name of the square come from the German word for freedom?",
        ),
        (
            "Because the lift is being repaired, the canteen closes early this week.",
            LIFT,
            "Why does the canteen close early?",
        ),
        (
            "The lift is being repaired, so the canteen closes early this week.",
            LIFT,
            "Why does the canteen close early?",
        ),
        (
            "The lift is being repaired. Therefore the canteen closes early this week.",
            LIFT,
            "Why does the canteen close early?",
        ),
        (
            "The canteen closes early this week as a result of the lift being repaired.",
            LIFT,
            "Why does the canteen close early?",
        ),
    ],
)
def test_a_cause_of_something_else_is_doubted(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert glued(answer, evidence, question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("食堂本周提前关门，因为厨房设备更换。", LIFT_ZH, "食堂为什么提前关门"),
        ("由于厨房设备更换，食堂本周提前关门。", LIFT_ZH, "食堂为什么提前关门"),
        ("因为厨房设备更换。", LIFT_ZH, "食堂为什么提前关门"),
        (
            "会议室被释放，因为15分钟无人签到。",
            ("会议室\n会议开始后15分钟无人签到的，系统自动释放会议室。",),
            "订好的会议室为什么没了",
        ),
        (
            "食堂提前关门，因为厨房停电。",
            ("食堂\n厨房周五停电。", "食堂\n因此食堂周五提前关门。"),
            "食堂为什么提前关门",
        ),
        (
            "食堂提前关门，因为厨房停电。",
            ("食堂 为什么提前关门\n厨房周五停电。", "食堂\n午餐十一点半开始。"),
            "食堂为什么提前关门",
        ),
        (
            "黑额鸣冠雉的数量变少，因为猎杀及失去栖息地。",
            (
                "鸟\n黑额鸣冠雉是大型的鸟类。",
                "鸟\n黑额鸣冠雉住在森林。",
                "鸟\n由于猎杀及失去栖息地，它们的数量已开始变得稀少。",
            ),
            "黑额鸣冠雉的数量为什么变少",
        ),
        (
            "The canteen closes early because kitchen equipment is replaced.",
            LIFT,
            "Why does the canteen close early?",
        ),
        ("Because kitchen equipment is replaced.", LIFT, "Why does the canteen close early?"),
        (
            "Your booking was released because nobody checked in within 15 minutes.",
            ("Rooms\nA room booking is released when nobody checks in within 15 minutes.",),
            "Why is my room booking gone?",
        ),
        (
            "The canteen closes early on Friday because the power of the kitchen is cut.",
            (
                "Canteen\nThe power of the kitchen is cut on Friday.",
                "Canteen\nTherefore the canteen closes early.",
            ),
            "Why does the canteen close early?",
        ),
    ],
)
def test_a_cause_that_one_statement_has_with_its_effect_is_believed(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert not glued(answer, evidence, question)
