"""The check sees what a small model gets wrong, and believes what the evidence says."""

from __future__ import annotations

import pytest

from knowledge.check import doubts

ZH = (
    "员工连续工作满1年不满10年的，每年享受5天带薪年休假；",
    "未休完的年假可顺延至次年3月31日。",
    "试用期员工不得休年假。",
)
EN = (
    "Employees receive 5 paid vacation days a year.",
    "Unused days may be carried over until March 31.",
    "Contractors are not eligible for paid leave.",
    "The VPN client is called StarGate and asks for a token.",
)


@pytest.mark.parametrize(
    "answer",
    [
        "工作满1年不满10年的员工每年有5天带薪年休假。",
        "每年五天带薪年休假，未休完的可顺延至次年3月31日。",
        "试用期员工不得休年假。",
        "不可以，试用期员工不能休年假。",
    ],
)
def test_a_faithful_chinese_answer_is_believed(answer: str) -> None:
    assert doubts(answer, ZH, "我工作三年了年假有几天") == ()


@pytest.mark.parametrize(
    "answer",
    [
        "You receive 5 paid vacation days a year.",
        "Five paid vacation days a year; unused days carry over until 31 March.",
        "No, contractors are not eligible for paid leave.",
        "Install the StarGate VPN client; it asks for a token.",
    ],
)
def test_a_faithful_english_answer_is_believed(answer: str) -> None:
    assert doubts(answer, EN, "How many vacation days do I get?") == ()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("每年享受15天带薪年休假。", "number"),
        ("每年享受5小时带薪年休假。", "unit"),
        ("未休完的年假可顺延至次年6月30日。", "number"),
        ("试用期员工可以休年假。", "negation"),
        ("员工每年不享受带薪年休假，未休完的年假不可顺延。", "negation"),
        ("请在Workday系统申请年假。", "name"),
        ("详见《考勤管理制度》。", "name"),
        ("资料中没有相关信息。", "absent"),
        ("  ", "empty"),
        ("公司鼓励大家多运动并保持身心健康的生活方式。", "words"),
    ],
)
def test_a_changed_chinese_fact_is_doubted(answer: str, kind: str) -> None:
    evidence = ZH[:2] if answer.startswith("员工每年不") else ZH

    assert kind in {doubt.kind for doubt in doubts(answer, evidence, "年假怎么休")}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("You receive 15 paid vacation days a year.", "number"),
        ("You receive 5 paid vacation weeks a year.", "unit"),
        ("Unused days carry over until April 30.", "number"),
        ("Contractors are eligible for paid leave.", "negation"),
        ("Install the OpenVPN client.", "name"),
        ("Write to hr@example.org about it.", "name"),
        ("The context does not mention this.", "absent"),
        ("Everybody should drink plenty of water during summer meetings.", "words"),
    ],
)
def test_a_changed_english_fact_is_doubted(answer: str, kind: str) -> None:
    assert kind in {doubt.kind for doubt in doubts(answer, EN, "How many vacation days?")}


@pytest.mark.parametrize(
    ("answer", "evidence", "kind"),
    [
        ("Employees accrue 5 days of leave.", "Employees accrue 1.5 days of leave.", "number"),
        ("补贴为10元。", "补贴为10,000元。", "number"),
        ("补贴为12元。", "补贴为12万元。", "number"),
        ("The deadline is 2027-03-31.", "The deadline is 2026-03-31.", "number"),
        ("须在5个自然日内提交。", "须在5个工作日内提交。", "unit"),
        ("补贴不高于300元。", "补贴不低于300元。", "limit"),
        ("Leave is at most 30 days.", "Leave is at least 30 days.", "limit"),
        ("You can carry over unused leave.", "You can’t carry over unused leave.", "negation"),
        ("员工享有交通补贴。", "员工无交通补贴。", "negation"),
        ("请联系HR部门。", "请联系three部门。", "name"),
        ("。", "补贴为10元。", "empty"),
    ],
)
def test_what_looks_alike_is_not_the_same(answer: str, evidence: str, kind: str) -> None:
    assert kind in {doubt.kind for doubt in doubts(answer, [evidence], "?")}


def test_a_leading_question_does_not_make_its_number_true() -> None:
    evidence = ["You get 15 days of annual leave."]

    found = doubts("Yes, you get 30 days of annual leave.", evidence, "Do I get 30 days?")

    assert [doubt.kind for doubt in found] == ["unit"]


def test_a_denial_without_a_denying_source_is_doubted() -> None:
    found = doubts("Employees do not receive paid vacation days.", EN[:2], "paid vacation?")

    assert [doubt.kind for doubt in found] == ["negation"]


def test_not_more_than_is_a_limit_and_no_denial() -> None:
    evidence = ("住宿标准每晚不超过600元。",)

    assert doubts("每晚最多600元，不超过此标准。", evidence, "住宿标准") == ()
    assert doubts("Not more than CNY 600.", ("Up to CNY 600 a night.",), "hotel limit") == ()


def test_an_answer_in_another_language_than_its_evidence_is_checked_by_its_numbers() -> None:
    evidence = ("Employees receive 5 paid vacation days a year.",)

    assert doubts("员工每年有5天带薪年假。", evidence, "年假几天") == ()
    assert doubts("员工每年有8天带薪年假。", evidence, "年假几天") != ()


def test_what_the_question_says_may_be_repeated() -> None:
    answer = "If you worked 12 years you receive 5 paid vacation days a year."

    assert doubts(answer, EN, "I have worked 12 years, how many vacation days?") == ()


def test_a_number_inside_a_longer_number_is_not_said() -> None:
    found = doubts("分机号是888。", ("IT服务台分机号是8888。",), "IT服务台分机")

    assert [doubt.kind for doubt in found] == ["number"]
