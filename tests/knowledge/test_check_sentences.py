"""Every sentence is held against what it stands on: its row, its conditions, its denial."""

from __future__ import annotations

import pytest

from knowledge.check import doubts, supported

LEAVE = (
    "Annual leave Entitlement\nYear: 1st year; China: 10; Singapore: 14; Berlin: 28",
    "Annual leave Entitlement\nYear: 2nd to 4th year; China: 12; Singapore: 16; Berlin: 28",
    "Annual leave Entitlement\nYear: 5th to 9th year; China: 15; Singapore: 18; Berlin: 30",
)
NIAN_JIA = (
    "年假 天数\n年份: 第 1 年; 国内: 10; 新加坡: 14",
    "年假 天数\n年份: 第 2 至第 4 年; 国内: 12; 新加坡: 16",
    "年假 天数\n年份: 第 5 至第 9 年; 国内: 15; 新加坡: 18",
)
LAW = (
    "职工累计工作已满1年不满10年的，年休假5天；已满10年不满20年的，年休假10天。",
    "国家法定休假日不计入年休假的假期。",
)
HOTEL = (
    "住宿标准 国内\n城市: 北京、上海、深圳; 每晚: 600 元",
    "住宿标准 国内\n城市: 杭州、成都; 每晚: 450 元",
    "住宿标准 国内\n城市: 其他城市; 每晚: 350 元",
)


def kinds(answer: str, evidence: tuple[str, ...], question: str) -> set[str]:
    return {doubt.kind for doubt in doubts(answer, evidence, question)}


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("In the third year you get 12 days in China.", "How much leave in my third year?"),
        ("12 days.", "How many days of leave in China after 3 years?"),
        ("Singapore: 18 days, China: 15 days.", "How much leave in the 6th year?"),
        ("You get 28 days.", "annual leave in Berlin, second year"),
    ],
)
def test_the_value_of_the_right_row_and_column_is_believed(answer: str, question: str) -> None:
    assert doubts(answer, LEAVE, question) == ()


@pytest.mark.parametrize(
    ("answer", "question"),
    [
        ("In the third year you get 15 days in China.", "How much leave do I get?"),
        ("10 days.", "How many days of leave in China in the 3rd year?"),
        ("You get 16 days in China.", "How much leave in the second year?"),
        ("You get 14 days in Berlin.", "How much leave in the first year?"),
    ],
)
def test_the_value_of_another_row_or_column_is_doubted(answer: str, question: str) -> None:
    assert "role" in kinds(answer, LEAVE, question)


@pytest.mark.parametrize(
    ("answer", "question", "doubted"),
    [
        ("国内第 3 年有 12 天年假。", "年假几天", False),
        ("国内第三年有12天年假。", "年假几天", False),
        ("国内第３年有１２天年假。", "年假几天", False),
        ("12 天。", "在国内工作第三年，年假几天", False),
        ("国内第 3 年有 15 天年假。", "年假几天", True),
        ("15 天。", "在国内工作第三年，年假几天", True),
        ("国内第 3 年有 16 天年假。", "年假几天", True),
    ],
)
def test_a_chinese_row_is_found_by_its_years(answer: str, question: str, doubted: bool) -> None:
    assert ("role" in kinds(answer, NIAN_JIA, question)) is doubted


@pytest.mark.parametrize(
    ("answer", "question", "doubted"),
    [
        ("年休假5天。", "工作满3年年休假几天", False),
        ("年休假十天。", "工作满12年年休假几天", False),
        ("年休假10天。", "工作满3年年休假几天", True),
        ("年休假5天。", "工作满12年年休假几天", True),
    ],
)
def test_years_of_service_choose_among_two_clauses(
    answer: str, question: str, doubted: bool
) -> None:
    assert bool(doubts(answer, LAW, question)) is doubted


@pytest.mark.parametrize(
    ("answer", "doubted"),
    [
        ("上海每晚 600 元。", False),
        ("成都每晚450元。", False),
        ("其他城市每晚 350 元。", False),
        ("上海每晚 450 元。", True),
        ("成都每晚 350 元。", True),
        ("杭州每晚600元。", True),
        ("其他城市每晚 600 元。", True),
    ],
)
def test_a_city_has_its_own_limit(answer: str, doubted: bool) -> None:
    assert ("role" in kinds(answer, HOTEL, "住宿标准")) is doubted


def test_a_person_of_another_row_is_doubted() -> None:
    rows = ("联系人\n部门: 财务; 负责人: 王芳", "联系人\n部门: 法务; 负责人: 李雷")

    assert kinds("财务的负责人是李雷。", rows, "财务找谁") == {"role"}
    assert kinds("财务的负责人是王芳。", rows, "财务找谁") == set()


@pytest.mark.parametrize(
    ("evidence", "answer", "question"),
    [
        ("打车费用经理批准后可以报销。", "打车费用可以报销。", "打车能报销吗"),
        ("打车费用可以报销，但须经部门负责人批准。", "打车费用可以报销。", "打车能报销吗"),
        ("加班餐可以报销，仅限已批准的加班。", "加班餐可以报销。", "加班餐能报销吗"),
        ("除非主管另有安排，周二须到办公室。", "周二须到办公室。", "周二能居家吗"),
        ("除试用期员工外，员工可以远程办公。", "员工可以远程办公。", "能远程办公吗"),
        (
            "Taxi costs are reimbursed after approval by your manager.",
            "Taxi costs are reimbursed.",
            "Are taxi costs reimbursed?",
        ),
        (
            "You may work abroad for 20 days, unless Legal objects.",
            "You may work abroad for 20 days.",
            "Can I work abroad?",
        ),
        (
            "Overtime meals are paid only for approved overtime.",
            "Overtime meals are paid.",
            "Are meals paid?",
        ),
        (
            "If you leave during the year, the bonus is not paid.",
            "The bonus is not paid.",
            "What about the bonus?",
        ),
    ],
)
def test_a_condition_that_vanished_is_doubted(evidence: str, answer: str, question: str) -> None:
    assert "condition" in kinds(answer, (evidence,), question)


@pytest.mark.parametrize(
    ("evidence", "answer", "question"),
    [
        ("打车费用经理批准后可以报销。", "经理同意后，打车费用可以报销。", "打车能报销吗"),
        ("打车费用经理批准后可以报销。", "打车费用可以报销。", "经理批准了，打车能报销吗"),
        ("加班餐可以报销，仅限已批准的加班。", "已批准的加班可以报销加班餐。", "加班餐能报吗"),
        (
            "If you leave during the year, the bonus is not paid.",
            "The bonus is not paid.",
            "What about the bonus if I leave during the year?",
        ),
        (
            "The standard is 600 yuan; above it, approval by the manager is needed.",
            "The standard is 600 yuan.",
            "What is the standard?",
        ),
    ],
)
def test_a_condition_that_is_stated_or_asked_or_governs_something_else_is_no_doubt(
    evidence: str, answer: str, question: str
) -> None:
    assert doubts(answer, (evidence,), question) == ()


def test_a_condition_that_nobody_wrote_is_doubted() -> None:
    evidence = ("Taxi costs are reimbursed.",)

    found = kinds("Taxi costs are reimbursed unless Legal objects.", evidence, "Taxi costs?")

    assert "condition" in found


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        ("试用期内不得预支年假。", "试用期内可以预支年假。"),
        ("话费无需票据。", "话费需要票据。"),
        ("病假 1 天以内无需证明。", "病假 1 天以内需要证明。"),
        ("罚款不予报销。", "罚款予以报销。"),
        ("员工可以在家办公。", "员工不可以在家办公。"),
        ("Contractors are not eligible.", "Contractors are eligible."),
        ("No receipt is needed.", "A receipt is needed."),
        ("Visitors must sign in.", "Visitors must not sign in."),
        ("Glasses are covered except in Berlin.", "Glasses are covered in Berlin."),
    ],
)
def test_a_denial_that_came_or_went_is_doubted(evidence: str, answer: str) -> None:
    assert doubts(answer, (evidence,), "?") != ()


@pytest.mark.parametrize(
    ("answer", "question", "doubted"),
    [
        ("可以。", "试用期员工能休年假吗", True),
        ("不可以。", "试用期员工能休年假吗", False),
        ("Yes.", "Are contractors eligible for leave?", True),
        ("No.", "Are contractors eligible for leave?", False),
    ],
)
def test_a_bare_yes_or_no_answers_for_the_question(
    answer: str, question: str, doubted: bool
) -> None:
    evidence = ("试用期员工不能休年假。", "Contractors are not eligible for leave.")
    one = evidence[0] if "期" in question else evidence[1]

    assert ("negation" in kinds(answer, (one,), question)) is doubted


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        ("The deadline is 2026-03-31.", "The deadline is March 31, 2026."),
        ("截止日期为2026年3月31日。", "截止日期是 2026-03-31。"),
        ("截止日期为三月三十一日。", "截止日期为３月３１日。"),
        ("Leave is 3–5 days.", "Leave is 3 to 5 days."),
        ("补贴百分之八十。", "补贴80%。"),
        ("罚款1.2万元。", "罚款12,000元。"),
    ],
)
def test_another_notation_is_the_same_fact(evidence: str, answer: str) -> None:
    assert doubts(answer, (evidence,), "?") == ()


@pytest.mark.parametrize(
    ("evidence", "answer"),
    [
        ("The deadline is 2026-03-31.", "The deadline is April 1, 2026."),
        ("截止日期为三月三十一日。", "截止日期为３月３０日。"),
        ("Leave is 3–5 days.", "Leave is 3 to 6 days."),
        ("补贴百分之八十。", "补贴85%。"),
        ("在杭州办理入职手续。", "在苏州办理入职手续。"),
        ("由法务部审核采购合同。", "由财务部审核采购合同。"),
    ],
)
def test_one_changed_fact_is_seen(evidence: str, answer: str) -> None:
    assert doubts(answer, (evidence,), "?") != ()


def test_one_bad_sentence_is_removed_and_the_rest_still_answers() -> None:
    answer = "未休完的年假可顺延至次年3月31日。年假共有25天。"
    evidence = ("未休完的年假可顺延至次年3月31日。", "年假共有15天。")

    checked = supported(answer, evidence, "没休完的年假可以顺延到什么时候")

    assert checked.text == "未休完的年假可顺延至次年3月31日。"
    assert [(d.kind, d.sentence) for d in checked.removed] == [("number", "年假共有25天。")]
    assert not checked.holds
    assert checked.answers


def test_what_is_left_without_the_amount_asked_for_is_no_answer() -> None:
    answer = "You get 25 vacation days a year. Please plan vacation days with your team."
    evidence = ("You get 15 vacation days a year.", "Please plan vacation days with your team.")

    checked = supported(answer, evidence, "How many vacation days do I get a year?")

    assert checked.text == "Please plan vacation days with your team."
    assert not checked.answers


def test_nothing_is_left_of_a_wrong_sentence() -> None:
    checked = supported("Parking costs 9 euro.", ("Parking costs 5 euro.",), "Parking?")

    assert (checked.text, checked.answers) == ("", False)


def test_a_faithful_answer_is_left_as_it_was_written() -> None:
    answer = "- Parking costs 5 euro [1].\n- Bicycles park for free [2]."
    evidence = ("Parking costs 5 euro.", "Bicycles park for free.")

    checked = supported(answer, evidence, "What does parking cost?")

    assert (checked.text, checked.holds, checked.answers) == (answer, True, True)


def test_words_of_the_evidence_are_no_confession_of_not_knowing() -> None:
    evidence = ("Costs are not refunded if the reason is not specified.",)

    assert doubts(evidence[0], evidence, "Are costs refunded?") == ()


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("实习生没有年假。", "实习生以及合同期不足 3 个月的员工没有试用期。", "实习生有年假吗"),
        (
            "Interns have no training budget.",
            "Interns have no probation.",
            "Do interns have a training budget?",
        ),
    ],
)
def test_what_is_denied_of_one_thing_is_not_denied_of_the_thing_asked_about(
    answer: str, evidence: str, question: str
) -> None:
    assert "negation" in kinds(answer, (evidence,), question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        ("实习生没有试用期。", "实习生以及合同期不足 3 个月的员工没有试用期。", "实习生有试用期吗"),
        ("不能折现。", "年假不得折现。", "年假可以折现吗"),
        (
            "Interns have no probation.",
            "Interns have no probation.",
            "Do interns have a probation?",
        ),
        (
            "Alcohol is not reimbursed.",
            "Not reimbursed are fines and alcohol.",
            "May I claim wine?",
        ),
        (
            "You do not get paid leave.",
            "Leave of that kind is not granted as anything but unpaid leave.",
            "Do I get paid leave?",
        ),
    ],
)
def test_a_denial_that_stands_in_the_evidence_is_believed(
    answer: str, evidence: str, question: str
) -> None:
    assert "negation" not in kinds(answer, (evidence,), question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        (
            "Interns are entitled to a training budget.",
            "Training budget\nTeams may pool their budgets for a course together.",
            "are interns entitled to a training budget?",
        ),
        ("实习生可以坐班车。", "班车\n没有预约的，有空位才能上车。", "实习生可以坐班车吗"),
    ],
)
def test_the_question_said_again_is_doubted_where_nobody_speaks_of_its_subject(
    answer: str, evidence: str, question: str
) -> None:
    assert "words" in kinds(answer, (evidence,), question)


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        (
            "Interns get a training budget.",
            "Training budget\nInterns and employees get a budget for training.",
            "Do interns get a training budget?",
        ),
        ("实习生可以坐班车。", "班车\n实习生和员工都可以坐班车。", "实习生可以坐班车吗"),
    ],
)
def test_the_question_said_again_is_believed_where_the_evidence_says_it(
    answer: str, evidence: str, question: str
) -> None:
    assert kinds(answer, (evidence,), question) == set()


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("It has to be at zero by March 31.", "The time account must be at zero by 31 March."),
        ("They lapse on 31 December.", "Days of last year lapse on 31 December."),
    ],
)
def test_a_date_at_the_end_of_a_sentence_is_read(answer: str, evidence: str) -> None:
    assert doubts(answer, (evidence,), "When?") == ()


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        (
            "对绩效结果不服，可以在10个工作日内向HRBP申诉。",
            "结果面谈后 10 个工作日内可以向 HRBP 申诉。",
            "对绩效结果不服 多久内可以申诉",
        ),
        (
            "If you are not happy with your rating, you can appeal within 10 workdays.",
            "You can appeal to HR within 10 workdays after the talk.",
            "I am not happy with my rating, how soon can I appeal?",
        ),
    ],
)
def test_a_denial_that_the_question_starts_from_needs_no_source(
    answer: str, evidence: str, question: str
) -> None:
    assert "negation" not in kinds(answer, (evidence,), question)


def test_a_denial_that_the_question_asks_about_needs_one() -> None:
    assert "negation" in kinds("实习生没有年假。", ("实习生有工资。",), "实习生没有年假吗")


@pytest.mark.parametrize(
    ("answer", "evidence", "question"),
    [
        (
            "To get a VPN account, open StarHelp and state the purpose.",
            (
                "VPN Account\nOpen StarHelp and state the purpose.",
                "VPN Account\nA VPN account is not created automatically.",
            ),
            "How do I get a VPN account?",
        ),
        (
            "要开通VPN账号，请在星台说明用途。",
            ("VPN 账号\n请在星台说明用途。", "VPN 账号\nVPN账号不会自动开通。"),
            "怎么开通VPN账号",
        ),
    ],
)
def test_what_the_answer_is_for_claims_nothing(
    answer: str, evidence: tuple[str, ...], question: str
) -> None:
    assert kinds(answer, evidence, question) == set()


@pytest.mark.parametrize(
    ("answer", "row", "question"),
    [
        (
            "在公司满五年的话年假15天。",
            "年假 天数\n在公司的年份: 第 5 至第 9 年; 国内: 15; 柏林: 30",
            "在公司满五年的话年假多少天",
        ),
        (
            "After 5 years of service it is 15 days.",
            "Leave\nYears of service: from 5 to 9; China: 15; Berlin: 30",
            "How many days after 5 years of service in China?",
        ),
    ],
)
def test_what_names_a_row_is_no_rival_of_its_cells(answer: str, row: str, question: str) -> None:
    assert "role" not in kinds(answer, (row,), question)
