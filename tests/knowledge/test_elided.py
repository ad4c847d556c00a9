"""A clause that leaves out its subject denies as much as one that names it."""

from __future__ import annotations

import pytest

from knowledge.check import doubts

OPEN_ZH = (
    "香港羽毛球公开赛，官方名称为「香港公开羽毛球锦标赛」，是从1982年开始一年一度在香港举行的"
    "羽毛球比赛，但不是每年都有比赛。"
)
STAR_DAY = (
    "The annual Star Day, first held by the Berlin office with all its teams, is a company event, "
    "but it does not take place every year."
)
VISITORS_ZH = "访客中心位于B座一层，工作日开放，但不可以带宠物。"
VISITORS = (
    "The visitor centre is on the ground floor of building B and open on working days, "
    "but does not allow pets."
)
WEEKLY_ZH = "周会每周举行，但不是每周都有午餐。"
WEEKLY = "The weekly takes place every week, but lunch is not served every week."


def negated(answer: str, evidence: str, question: str) -> bool:
    return "negation" in {doubt.kind for doubt in doubts(answer, (evidence,), question)}


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("香港羽毛球公开赛每年都有比赛。", OPEN_ZH, "香港羽毛球公开赛每年都有比赛吗？"),
        ("是的。", OPEN_ZH, "香港羽毛球公开赛每年都有比赛吗？"),
        ("是的，每年都有比赛。", OPEN_ZH, "香港羽毛球公开赛每年都有比赛吗？"),
        ("访客中心可以带宠物。", VISITORS_ZH, "访客中心可以带宠物吗"),
        ("全体员工都可以报销。", "并非所有员工都可以报销。", "员工都可以报销吗"),
        ("员工每天都要打卡。", "研发中心的员工弹性工作，不一定每天打卡。", "员工每天要打卡吗"),
        ("The Star Day takes place every year.", STAR_DAY, "Is there a Star Day every year?"),
        ("Yes.", STAR_DAY, "Does the Star Day take place every year?"),
        ("The visitor centre allows pets.", VISITORS, "Are pets allowed in the visitor centre?"),
        (
            "The company picnic is held every year.",
            "The company picnic is an outing that Berlin once started, though not every year.",
            "Is the picnic held every year?",
        ),
        (
            "All employees are eligible for the bonus.",
            "Not all employees are eligible for the bonus.",
            "Who is eligible for the bonus?",
        ),
    ],
)
def test_what_is_denied_of_a_subject_left_out_is_not_affirmed_of_it(
    answer: str, evidence: str, question: str
) -> None:
    assert negated(answer, evidence, question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("香港羽毛球公开赛不是每年都有比赛。", OPEN_ZH, "香港羽毛球公开赛每年都有比赛吗？"),
        ("不是每年都有比赛。", OPEN_ZH, "香港羽毛球公开赛每年都有比赛吗？"),
        ("香港羽毛球公开赛在香港举行。", OPEN_ZH, "香港羽毛球公开赛在哪里举行？"),
        ("访客中心工作日开放。", VISITORS_ZH, "访客中心什么时候开放"),
        ("周会每周举行。", WEEKLY_ZH, "周会每周都有吗"),
        ("The Star Day does not take place every year.", STAR_DAY, "Is it held every year?"),
        ("The visitor centre does not allow pets.", VISITORS, "Are pets allowed there?"),
        ("The visitor centre is open on working days.", VISITORS, "When is it open?"),
        ("The weekly takes place every week.", WEEKLY, "Does the weekly take place every week?"),
    ],
)
def test_what_another_clause_affirms_and_what_is_denied_alike_are_believed(
    answer: str, evidence: str, question: str
) -> None:
    assert not negated(answer, evidence, question)
