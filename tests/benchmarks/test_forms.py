"""The same question in other forms: each maker changes the form alone, the same way every time."""

from __future__ import annotations

from random import Random

import pytest

from knowledge.evaluate import Judged, Labelled
from knowledge.evaluate.prediction import Prediction
from knowledge.model import Citation, Outcome
from tests.benchmarks.forms import Compared
from tests.benchmarks.homophones import sounds
from tests.benchmarks.numerals import numerals_en, numerals_zh
from tests.benchmarks.variants import (
    VARIANTS,
    Variant,
    full_width,
    homophone,
    marks_en,
    marks_zh,
    polite_en,
    polite_zh,
    spaces_en,
    spaces_zh,
    taiwan,
    traditional,
)
from tests.benchmarks.word_order import turned_en, turned_zh

CHANCE = Random(1)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: f"{one.language}, {one.name}")
def test_a_form_is_the_same_every_time(variant: Variant) -> None:
    asked = "怎么申请 VPN，在公司满5年？" if variant.language == "zh" else "Is VPN free in 5 years?"

    assert variant.of(asked, "q1") == variant.of(asked, "q1")


def test_characters_and_words_of_taiwan() -> None:
    assert traditional("鼠标怎么报销", CHANCE) == "鼠標怎麼報銷"
    assert taiwan("鼠标怎么报销", CHANCE) == "滑鼠怎麼報銷"


def test_no_character_is_listed_under_two_sounds() -> None:
    groups = set(sounds().values())

    assert sum(map(len, groups)) == len(sounds())
    assert all(len(group) > 1 for group in groups)


def test_a_slip_changes_one_character_of_a_word_for_one_that_sounds_alike() -> None:
    asked = "怎么报销差旅费"

    slipped = homophone(asked, Random(3))

    (place,) = [at for at, pair in enumerate(zip(asked, slipped, strict=True)) if len({*pair}) > 1]
    assert slipped[place] in sounds()[asked[place]]


def test_politeness_leaves_the_question_whole() -> None:
    asked = "How do I book leave?"
    polite = {polite_en(asked, Random(seed)) for seed in range(50)}
    polite_too = {polite_zh("年假有几天？", Random(seed)) for seed in range(50)}

    assert all(asked.lower() in one.lower() for one in polite)
    assert all("年假有几天？" in one for one in polite_too)
    assert asked not in polite


def test_names_and_i_keep_their_capital_after_a_greeting() -> None:
    polite = {polite_en("VPN is down", Random(seed)) for seed in range(50)}

    assert all("VPN is down" in one for one in polite)


def test_full_width_has_no_narrow_letter_left() -> None:
    assert full_width("VPN 报错 E-618?", CHANCE) == "ＶＰＮ\u3000报错\u3000Ｅ－６１８？"
    assert full_width("年假有几天?", CHANCE) == "年假有几天?"


def test_marks_and_spaces_leave_the_words_alone() -> None:
    for seed in range(50):
        random = Random(seed)
        assert "年假有几天" in marks_zh("年假有几天？", random)
        assert "".join(spaces_zh("年假有几天？", random).split()) == "年假有几天？"
        assert "Is it free" in marks_en("Is it free?", random)
        assert spaces_en("Is it free?", random).split() == ["Is", "it", "free?"]


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ("满5年有几天年假", "满五年有几天年假"),
        ("2026年12月的票", "二零二六年十二月的票"),
        ("115天", "一百一十五天"),
        ("2天", "两天"),
        ("第2年", "第二年"),
        ("满十五年", "满15年"),
        ("送了三百块的礼盒", "送了300块的礼盒"),
        ("来了两年", "来了2年"),
        ("E-204怎么办", "E-204怎么办"),
        ("有一个问题", "有一个问题"),
        ("参加四六级考试", "参加四六级考试"),
        ("是哪一年", "是哪一年"),
        ("统一人员", "统一人员"),
    ],
)
def test_chinese_numbers_are_written_the_other_way(asked: str, other: str) -> None:
    assert numerals_zh(asked, CHANCE) == other


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ("after 5 years", "after five years"),
        ("in my 2nd year", "in my second year"),
        ("two days", "2 days"),
        ("before April 4, 2024", "before April 4, 2024"),
        ("at 9:30 or 2.5 hours", "at 9:30 or 2.5 hours"),
        ("E-7 on L4", "E-7 on L4"),
    ],
)
def test_english_numbers_are_written_the_other_way(asked: str, other: str) -> None:
    assert numerals_en(asked, CHANCE) == other


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ("怎么申请年假？", "年假怎么申请？"),
        ("差旅费谁审批", "谁审批差旅费"),
        ("独生子女护理假有几天", "有几天独生子女护理假"),
        ("出租期间，租赁物损坏谁负责？", "租赁物损坏谁负责，出租期间？"),
        ("票丢了怎么报销", "票丢了怎么报销"),
        ("年假有几天，怎么申请？", "年假有几天，怎么申请？"),
    ],
)
def test_a_chinese_question_is_turned_where_that_is_safe(asked: str, other: str) -> None:
    assert turned_zh(asked, CHANCE) == other


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ("Can I use PTO after sick leave?", "After sick leave, can I use PTO?"),
        ("If I move, what do I do?", "What do I do if I move?"),
        ("is whit monday off in berlin", "in berlin, is whit monday off"),
        ("How do I know if I am eligible?", "How do I know if I am eligible?"),
        ("Where is it?", "Where is it?"),
    ],
)
def test_an_english_question_is_turned_where_that_is_safe(asked: str, other: str) -> None:
    assert turned_en(asked, CHANCE) == other


def came_back(*, document: str = "", rank: int | None = 1) -> Judged:
    one = Labelled(id="q", text="?", gold_document_ids=frozenset({"a"}))
    cited = Citation(marker=1, document_id=document, passage_id="p", title="", uri="", quote="")
    got = Prediction(
        id="q",
        outcome=Outcome.DEGRADED if document else Outcome.UNKNOWN,
        citations=(cited,) if document else (),
    )
    return Judged(one=one, got=got, has_gold=True, document_rank=rank, given=bool(document))


def test_the_row_counts_recall_decisions_and_sources() -> None:
    clean = came_back(document="a")
    pairs = (
        (clean, clean),
        (clean, came_back(document="b", rank=2)),
        (clean, came_back(rank=None)),
        (came_back(), came_back()),
    )

    found = Compared(set_name="a set", variant="a form", pairs=pairs)

    assert found.row() == "| a set, a form | 4, 4 | 1.000 → 0.500 | 1.000 → 0.750 | 0.75 | 0.50 |"
    assert len(found.different()) == 2
