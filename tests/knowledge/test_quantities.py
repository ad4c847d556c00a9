"""Numbers, dates and units, read alike in both languages."""

from __future__ import annotations

import pytest

from knowledge.quantities import (
    amounts,
    asked_units,
    in_digits,
    quantities,
    told_unit,
    zh_number,
)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("三十天", "30", "day"),
        ("30 天", "30", "day"),
        ("３０天", "30", "day"),
        ("30 working days", "30", "working day"),
        ("30 个工作日", "30", "working day"),
        ("30 calendar days", "30", "calendar day"),
        ("thirty days", "30", "day"),
        ("每晚不超过600元", "600", "yuan"),
        ("RMB 1,200", "1200", "yuan"),
        ("2.5万元", "25000", "yuan"),
        ("S$120 per day", "120", "sgd"),
        ("百分之八十", "80", "percent"),
        ("百分之2.5", "2.5", "percent"),
        ("80%", "80", "percent"),
        ("3月31日", "03-31", "date"),
        ("十二月三十一日", "12-31", "date"),
        ("March 31", "03-31", "date"),
        ("31st of March", "03-31", "date"),
        ("in March", "03", "date"),
        ("at 9:30 am", "09:30", "clock"),
        ("6:00 pm", "18:00", "clock"),
        ("20:00", "20:00", "clock"),
        ("第二年", "2", "year"),
        ("the second year", "2", "year"),
        ("16GB", "16", "gigabyte"),
        ("二〇二六年", "2026", "year"),
    ],
)
def test_one_quantity_reads_the_same_however_it_is_written(
    text: str, value: str, unit: str
) -> None:
    found = quantities(text)

    assert [(q.value, q.unit) for q in found] == [(value, unit)]


def test_an_iso_date_has_its_year() -> None:
    assert {(q.value, q.unit) for q in quantities("2026-03-31")} == {
        ("03-31", "date"),
        ("2026", "year"),
    }


@pytest.mark.parametrize("text", ["一" + "亿" * 600, "1" * 5000, "一" * 4500, "9" * 100_000])
def test_endless_numbers_cost_no_time_and_raise_nothing(text: str) -> None:
    quantities(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [("第 2 至第 4 年", {"2", "3", "4"}), ("3-5天", {"3", "4", "5"}), ("5 to 3 days", {"3"})],
)
def test_a_range_holds_all_its_values(text: str, values: set[str]) -> None:
    assert {value for value, _ in amounts(text)} == values


def test_a_range_gives_both_ends() -> None:
    found = quantities("服务时间为工作日8:30至20:00")

    assert [q.value for q in found] == ["08:30", "20:00"]


@pytest.mark.parametrize("text", ["you may leave early", "万一忘记", "13月", "no numbers here"])
def test_words_that_only_look_like_quantities_are_not(text: str) -> None:
    assert not [q for q in quantities(text) if q.exact]


def test_a_number_word_is_told_from_a_digit() -> None:
    (word,) = quantities("five")
    (digit,) = quantities("5")

    assert (word.value, word.exact) == ("5", False)
    assert (digit.value, digit.exact) == ("5", True)


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("十", 10),
        ("十五", 15),
        ("三百二十", 320),
        ("一万两千", 12_000),
        ("二〇二六", 2026),
        ("万", None),
    ],
)
def test_chinese_numerals_have_their_value(numeral: str, value: int | None) -> None:
    assert zh_number(numeral) == value


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("天数", "day"),
        ("可结转天数", "day"),
        ("金额（元）", "yuan"),
        ("Days that can be carried over", "day"),
        ("Number of months", "month"),
        ("Limit (CNY)", "yuan"),
        ("Duration (in weeks)", "week"),
        ("Day", ""),
        ("Year with the company", ""),
        ("办公室", ""),
    ],
)
def test_a_column_that_counts_something_names_its_unit(name: str, unit: str) -> None:
    assert told_unit(name) == unit


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("年假有几天？", "day"),
        ("要提前多少个工作日申请", "working day"),
        ("How many days of annual leave do I get?", "day"),
        ("How many paid sick days are there?", "day"),
        ("试用期多久", "month"),
        ("试用期多长", "month"),
        ("国庆上班有几倍工资", "percent"),
        ("培训预算多少", "yuan"),
        ("工资什么时候发", "date"),
        ("几点上班", "clock"),
        ("How much is the meal allowance?", "yuan"),
    ],
)
def test_a_question_names_the_unit_of_its_answer(question: str, unit: str) -> None:
    assert unit in asked_units(question)


def test_a_question_for_working_days_is_answered_in_days_too() -> None:
    assert asked_units("多少个工作日") == asked_units("how many days")


def test_a_question_for_no_amount_names_no_unit() -> None:
    assert asked_units("谁审批出差？") == frozenset()


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("十五天", "15天"),
        ("三千五百元", "3500元"),
        ("三月十五日", "3月15日"),
        ("二〇二六年", "2026年"),
        ("十二个工作日", "12个工作日"),
    ],
)
def test_an_amount_in_characters_is_written_in_digits(text: str, digits: str) -> None:
    assert in_digits(text) == digits


@pytest.mark.parametrize("text", ["一些", "第一次", "统一人员", "万一", "10万元", "星期一", "三方"])
def test_characters_that_are_no_amount_stay(text: str) -> None:
    assert in_digits(text) == text


def test_a_number_before_thousands_of_blanks_is_read_at_once() -> None:
    found = quantities("Leave 3" + " " * 100_000 + "days")

    assert [(quantity.value, quantity.unit) for quantity in found] == [("3", "")]


def test_a_full_stop_after_a_month_ends_the_sentence() -> None:
    found = quantities("It lapses on 31 December.")[0]

    assert (found.value, found.end) == ("12-31", len("It lapses on 31 December"))
