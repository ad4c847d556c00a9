"""What the evidence says of the third is not true of the fourth."""

from __future__ import annotations

import pytest

from knowledge.check import doubts

SERIES = (
    "青天衙门Ⅱ伏魔录第一单元《将军之爱》（对应施公奇案第二十一单元《辣笔老辛》）第三单元《望子成龙》"
    "（对应施公奇案第三十单元《望子成龙》）第四单元《花轿奇谋》（对应施公奇案第十单元《花轿奇缘》）",
)
STEPS_ZH = ("报销流程\n第一步填写单据，第二步主管签字，第三步财务打款。",)
STEPS = (
    "Claims\nStep 1: fill in the form. Step 2: your lead signs it. Step 3: Finance pays it out.",
)
AHEAD_ZH = ("年会\n《夜航》为第一个节目、《花灯》为第二个节目",)
ARTICLES_ZH = (
    "考勤制度 第五条\n迟到半小时以上的，按照第六条处理。",
    "考勤制度 第六条\n旷工的，扣发当日工资。",
)
YEARS = (
    "Mentors\nIn years 2 to 4 you lead a project. From the 5th year on you may coach newcomers.",
)


def misplaced(answer: str, evidence: tuple[str, ...], question: str) -> bool:
    return "role" in {doubt.kind for doubt in doubts(answer, evidence, question)}


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("青天衙门Ⅱ伏魔录的第四单元叫《望子成龙》。", SERIES, "第四单元叫什么？"),
        ("叫《望子成龙》。", SERIES, "青天衙门Ⅱ伏魔录的第四单元叫什么？"),
        ("第三步是主管签字。", STEPS_ZH, "报销的第三步是什么"),
        ("第2步由财务打款。", STEPS_ZH, "报销的第二步是什么"),
        ("步骤三是填写单据。", STEPS_ZH, "报销的步骤三是什么"),
        ("In step 3 your lead signs it.", STEPS, "What happens in step 3?"),
        ("The third step is to fill in the form.", STEPS, "What is the third step?"),
        ("Finance pays it out.", STEPS, "What is done in step 2 of a claim?"),
        ("第二个节目是《夜航》。", AHEAD_ZH, "第二个节目是什么"),
        ("第五条规定，旷工的，扣发当日工资。", ARTICLES_ZH, "第五条怎么规定的"),
        ("In the third year you may coach newcomers.", YEARS, "What about my third year?"),
    ],
)
def test_what_belongs_to_another_ordinal_is_doubted(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert misplaced(answer, evidence, question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("青天衙门Ⅱ伏魔录的第四单元叫《花轿奇谋》。", SERIES, "第四单元叫什么？"),
        ("《望子成龙》。", SERIES, "青天衙门Ⅱ伏魔录的第三单元叫什么？"),
        ("第三步由财务打款。", STEPS_ZH, "报销的第三步是什么"),
        ("第一步填写单据，第二步主管签字。", STEPS_ZH, "怎么报销"),
        ("步骤二是主管签字。", STEPS_ZH, "报销的步骤二是什么"),
        ("In step 2 your lead signs it.", STEPS, "What happens in step 2?"),
        ("The third step is that Finance pays it out.", STEPS, "What is the third step?"),
        ("第二个节目是《花灯》。", AHEAD_ZH, "第二个节目是什么"),
        ("根据第六条，旷工的，扣发当日工资。", ARTICLES_ZH, "旷工怎么处理"),
        ("第五条规定，迟到半小时以上的，按照第六条处理。", ARTICLES_ZH, "迟到怎么处理"),
        ("In the third year you lead a project.", YEARS, "What about my third year?"),
        ("In the 7th year you may coach newcomers.", YEARS, "What about my 7th year?"),
        ("First you fill in the form.", STEPS, "How do I claim?"),
    ],
)
def test_what_belongs_to_its_ordinal_is_believed(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert not misplaced(answer, evidence, question)
