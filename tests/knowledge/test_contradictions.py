"""Two pages that cannot both be right are found; pages that merely look alike are not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from knowledge.contradictions import contradictions
from knowledge.language import language_of
from knowledge.model import CuratedAnswer, Passage


def page(name: str, text: str, *, title: str = "", headings: tuple[str, ...] = ()) -> Passage:
    return Passage(
        id=f"{name}#0",
        document_id=name,
        title=title or name,
        uri=f"file:///{name}.md",
        language=language_of(text),
        text=text,
        heading_path=headings,
    )


def verified(question: str, text: str) -> CuratedAnswer:
    return CuratedAnswer(
        id="c1",
        question=question,
        text=text,
        language=language_of(text),
        verified_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def differing(one: str, other: str, title: str = "Leave 假期") -> list[tuple[str, str, str]]:
    """What differs between two pages with the same title."""
    found = contradictions([page("a", one, title=title), page("b", other, title=title)], ())
    return [(each.kind, each.one.words, each.other.words) for each in found]


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (
            "员工入职满一年后，每年享有 15 天带薪年假。",
            "员工入职满一年后，每年享有 10 天带薪年假。",
            ("15 天", "10 天"),
        ),
        (
            "上一年度未休完的年假应在三月三十一日前休完。",
            "上一年度未休完的年假应在六月三十日前休完。",
            ("三月三十一日", "六月三十日"),
        ),
        (
            "Vacation requests are sent to the line manager 5 workdays before the first day.",
            "Vacation requests are sent to the line manager 15 workdays before the first day.",
            ("5 workdays", "15 workdays"),
        ),
        (
            "Sick pay is 80% of the monthly salary from the second week on.",
            "Sick pay is 60% of the monthly salary from the second week on.",
            ("80%", "60%"),
        ),
    ],
)
def test_another_amount_in_the_same_sentence(one: str, other: str, words: tuple[str, str]) -> None:
    assert differing(one, other) == [("amount", *words)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("年假期间的往返交通费可以报销。", "年假期间的往返交通费不可以报销。"),
        ("员工在休假期间必须保持手机畅通。", "员工在休假期间无需保持手机畅通。"),
        ("法定节假日计入年假。", "法定节假日不计入年假。"),
        (
            "Unused vacation days can be carried over to the next calendar year.",
            "Unused vacation days cannot be carried over to the next calendar year.",
        ),
    ],
)
def test_a_sentence_and_its_denial(one: str, other: str) -> None:
    ((kind, _, _),) = differing(one, other)

    assert kind == "negation"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(
            "员工每年享有 15 天带薪年假。", "员工每年享有十五天带薪年假。", id="written otherwise"
        ),
        pytest.param(
            "Berlin employees receive 30 paid vacation days in a calendar year.",
            "Singapore employees receive 18 paid vacation days in a calendar year.",
            id="cities",
        ),
        pytest.param(
            "员工每年享有 15 天带薪年假，须提前申请。",
            "员工每年享有 12 天带薪病假，须提前申请。",
            id="kinds of leave",
        ),
        pytest.param(
            "实习生每月享有 1 天带薪假期，须提前申请。",
            "正式员工每月享有 2 天带薪假期，须提前申请。",
            id="roles",
        ),
        pytest.param(
            "2024 年度员工年终奖金不超过两个月工资。",
            "2025 年度员工年终奖金不超过三个月工资。",
            id="years",
        ),
        pytest.param(
            "工作满 1 年不满 10 年的员工，享有 5 天带薪年假。",
            "工作满 10 年不满 20 年的员工，享有 10 天带薪年假。",
            id="steps of a scale",
        ),
        pytest.param(
            "Travel above the limit is approved by the head of department within 3 days.",
            "Travel above the limit is approved by the head of department.",
            id="one says more",
        ),
        pytest.param(
            "Vacation of at least 5 days is entered in the calendar of the team.",
            "Vacation of at most 15 days is entered in the calendar of the team.",
            id="a lower and an upper limit",
        ),
        pytest.param(
            "In the second year employees choose a mentor from another department.",
            "In the third year employees choose a mentor from another department.",
            id="counted off",
        ),
        pytest.param(
            "主管由于特殊原因，不能审批年假的，由部门负责人指定他人审批。",
            "主管由于特殊原因不能审批年假的，由部门负责人指定他人审批。",
            id="a comma more",
        ),
        pytest.param(
            "Unused vacation days can be carried over to the next calendar year.",
            "Unused vacation days cannot be carried over to the next calendar year unless agreed.",
            id="under a condition",
        ),
    ],
)
def test_what_only_looks_alike(one: str, other: str) -> None:
    assert differing(one, other) == []


def test_pages_on_different_things_may_say_different_things() -> None:
    one = page("a", "Requests are answered within 3 days by the team in charge.", title="Visas")
    other = page("b", "Requests are answered within 9 days by the team in charge.", title="Parking")

    assert contradictions([one, other], ()) == ()


def test_this_law_is_not_that_law() -> None:
    one = page("a", "违反本办法规定的，由主管部门处以五万元罚款。", title="网络安全办法")
    other = page("b", "违反本办法规定的，由主管部门处以九万元罚款。", title="食品安全办法")

    assert contradictions([one, other], ()) == ()


def test_rows_of_one_table_in_two_places_agree() -> None:
    table = "| Trip | Daily allowance |\n|---|---|\n| Short trip | 50 EUR |\n| Long trip | 70 EUR |"

    assert differing(table, table) == []


def test_a_cell_that_differs_in_the_same_row() -> None:
    table = "| Room | Seats |\n|---|---|\n| Lyra on the third floor | 4 |\n| Orion | 20 |"

    found = differing(table, table.replace("| 4 |", "| 8 |"), title="Rooms")

    assert found == [("amount", "4", "8")]


def test_the_items_of_a_list_are_not_held_against_each_other() -> None:
    one = "The report of the quarter is sent to finance within 5 days.\n\n"
    several = (
        "The report of the quarter is sent to finance within 6 days.\n\n"
        "The report of the quarter is sent to finance within 7 days.\n\n"
    )

    assert differing(one, several, title="Report") == []


def test_one_document_is_not_held_against_itself() -> None:
    text = "员工每年享有 {} 天带薪年假，须提前申请。"
    first, second = page("a", text.format(15)), page("a", text.format(10))

    assert contradictions([first, second], ()) == ()


def test_a_verified_answer_and_a_page() -> None:
    stands = page("leave", "员工入职满一年后，每年享有 15 天带薪年假。", title="年假")
    told = verified("年假有几天？", "员工入职满一年后，每年享有 10 天带薪年假。")

    (found,) = contradictions([stands], [told])

    assert (found.one.source, found.other.source) == (stands, told)
    assert found.other.quote == told.text
