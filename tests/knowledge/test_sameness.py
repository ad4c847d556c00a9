"""Whether one question asks the same as another: what is compared, and what the real models say."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.engines.e5 import E5
from knowledge.engines.use import Use
from knowledge.logistic import Logistic
from knowledge.model import Vector
from knowledge.models import CATALOGUE
from knowledge.sameness import (
    Reading,
    Sameness,
    load_sameness,
    read,
    signals,
    stack,
)
from knowledge.weights import Shelf

SHIPPED_FOR = ("e5-small+use-multilingual", "e5-small", "use-multilingual")
SHIPPED = load_sameness("e5-small+use-multilingual")
POINTS = ("amount", "code", "name", "facet", "asked", "denied")


def vector(*numbers: float) -> Vector:
    found = np.array(numbers, dtype=np.float32)
    return found / np.linalg.norm(found)


def reading(text: str, *numbers: float) -> Reading:
    return read(text, {"e5": vector(*(numbers or (1.0, 0.0)))})


def looked(one: str, other: str) -> dict[str, float]:
    return signals(reading(one), reading(other))


@pytest.mark.parametrize(
    ("one", "other", "point"),
    [
        ("感冒请三天假要病假条吗", "感冒请一天假要病假条吗", "amount"),
        ("Who approves a claim of 300 CNY?", "Who approves a claim of 3,000 CNY?", "amount"),
        ("vpn报错E-204咋办", "VPN shows error E-618", "code"),
        ("Windows 没激活", "Office 没激活", "name"),
        ("去北京出差住宿标准", "去上海出差住宿标准", "facet"),
        ("新加坡陪产假有几周", "How long is paternity leave in Berlin?", "facet"),
        ("when can I exercise my options", "who can exercise my options", "asked"),
        ("哪些情形要付补偿金", "哪些情形不用付补偿金", "denied"),
    ],
)
def test_what_makes_another_question_is_seen(one: str, other: str, point: str) -> None:
    assert looked(one, other)[point] >= 1.0
    assert looked(other, one) == pytest.approx(looked(one, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("三千块的报销单归谁审批", "3000元的报销单谁来审批"),
        ("Where is my W-2?", "Where is my W2?"),
        ("去上海出差", "business trip to Shanghai"),
        ("VPN 怎么连", "how do I connect to the VPN"),
        ("能不能请假", "可以请假吗"),
        ("出差有补贴没", "出差有补贴吗"),
        ("公积金交百分之多少", "公积金交多少比例"),
        ("我 4 月 1 日入职", "四月一号入职的"),
    ],
)
def test_another_spelling_is_no_other_point(one: str, other: str) -> None:
    found = looked(one, other)

    assert not any(found[point] for point in POINTS)


@pytest.mark.parametrize(
    ("plain", "polite"),
    [
        ("年假第一年有几天", "请问年假第一年有几天？谢谢"),
        ("How do I connect to the VPN", "Hi, how do I connect to the VPN? Thanks!"),
    ],
)
def test_politeness_changes_no_word_of_a_question(plain: str, polite: str) -> None:
    assert looked(plain, polite)["equal"] == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is internal hiring?", "Who does internal hiring?"),
        ("how much to add my kid to the insurance", "how to add my kid to the insurance"),
    ],
)
def test_the_same_words_may_ask_for_something_else(one: str, other: str) -> None:
    assert looked(one, other)["reasked"] == 1.0
    assert looked(one, one)["reasked"] == 0.0


def test_a_typing_error_is_no_change_of_subject() -> None:
    assert looked("deadline for expnses", "deadline for expenses")["one_place"] == 0.0
    assert looked("deadline for reviews", "deadline for expenses")["one_place"] == 1.0


def test_equal_words_that_differ_in_a_point_are_not_equal() -> None:
    assert looked("密码要换吗", "密码不要换吗")["equal"] == 0.0


@pytest.mark.parametrize("text", ["", "   ", "？？", "😂", "x" * 5_000, "年假" * 2_000])
def test_anything_can_be_read(text: str) -> None:
    found = looked(text, "年假有几天")

    assert all(np.isfinite(value) for value in found.values())


def test_the_probability_follows_the_logistic_function() -> None:
    model = Logistic(bias=-1.0, weights={"e5": 2.0})

    assert model.probability({"e5": 0.5, "use": 1.0}) == pytest.approx(0.5)
    assert model.probability({"e5": 1.0}) == pytest.approx(0.7310586)


def by_cosine() -> Sameness:
    """More likely the same the nearer, and in two languages less so."""
    near = Logistic(bias=-2.0, weights={"e5": 4.0})
    far = Logistic(bias=-3.0, weights={"e5": 4.0})
    return Sameness(within=near, across=far, serve=0.9, join=0.5)


def test_questions_of_two_languages_have_weights_of_their_own() -> None:
    zh, en = reading("年假有几天"), reading("How many days of leave?")

    assert by_cosine().probability(zh, zh) > by_cosine().probability(zh, en)


def test_the_best_of_many_is_found_with_its_place() -> None:
    stored = stack([reading(f"第{at}个问题", 1.0, at / 10) for at in range(50)])

    match = by_cosine().best(reading("第7个问题", 1.0, 0.7), stored)

    assert match is not None
    assert match.at == 7
    assert match.probability == pytest.approx(0.880797)


def test_of_equals_the_first_is_taken() -> None:
    stored = stack([reading("年假有几天")] * 3)

    match = by_cosine().best(reading("年假有几天"), stored)

    assert match is not None
    assert match.at == 0


def test_nothing_is_the_same_where_nothing_is_stored() -> None:
    assert by_cosine().best(reading("年假有几天"), stack([])) is None


def test_questions_without_vectors_can_be_kept_together() -> None:
    asked = read("年假有几天", {})

    assert stack([asked]).readings == (asked,)


@pytest.mark.parametrize("embedders", SHIPPED_FOR)
def test_a_model_ships_for_every_choice_of_embedders(embedders: str) -> None:
    model = load_sameness(embedders)
    known = {*looked("", ""), "use"}

    assert set(model.within.weights) | set(model.across.weights) <= known
    assert 0.5 <= model.join < model.serve < 1.0
    assert all(name in CATALOGUE for name in embedders.split("+"))


@pytest.mark.parametrize("embedders", SHIPPED_FOR)
def test_likeness_speaks_for_the_same_and_every_point_against_it(embedders: str) -> None:
    model = load_sameness(embedders)
    likeness = {"e5", "use", "covered", "equal"}

    for part in (model.within, model.across):
        assert all((weight > 0) == (name in likeness) for name, weight in part.weights.items())


@pytest.fixture(scope="module")
def embedders(shelf: Shelf) -> tuple[E5, Use]:
    """As the product has them."""
    return E5(shelf.pull("e5-small"), threads=1), Use(shelf.pull("use-multilingual"))


async def chance(embedders: tuple[E5, Use], one: str, other: str) -> float:
    """That two questions ask the same, as the product rates it."""
    both = [
        read(text, {model.name: await model.embed_question(text) for model in embedders})
        for text in (one, other)
    ]
    return SHIPPED.probability(both[0], both[1])


@pytest.mark.models
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("年假第一年有几天", "请问年假第一年有几天？谢谢！"),
        ("食堂中午几点开门", "食堂中午几点开门？？"),
        ("What is the dress code?", "what's the dress code"),
        ("How do I connect to the VPN?", "Hi, how can I connect to the VPN? Thanks"),
        ("L4的试用期多长", "我L4 试用期多长"),
    ],
)
async def test_light_rewording_is_served(embedders: tuple[E5, Use], one: str, other: str) -> None:
    assert await chance(embedders, one, other) >= SHIPPED.serve


@pytest.mark.models
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("去北京出差酒店一晚最多多少", "去上海出差酒店一晚最多多少"),
        ("How do full-time employees submit expenses?", "How do interns submit expenses?"),
        ("请三天病假要病假条吗", "请一天病假要病假条吗"),
        ("VPN 报错 E-204", "VPN 报错 E-618"),
        ("试用期离职要提前几天", "转正后离职要提前几天"),
        ("paternity leave in Singapore", "maternity leave in Singapore"),
        ("新加坡陪产假几周", "How long is paternity leave in Berlin?"),
        ("食堂几点开", "How do I reset my password?"),
    ],
)
async def test_another_city_number_or_role_is_another_question(
    embedders: tuple[E5, Use], one: str, other: str
) -> None:
    assert await chance(embedders, one, other) < SHIPPED.join


@pytest.mark.models
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("深圳产假一共多少天", "深圳的女员工产假能休多长"),
        ("校园网密码怎么改", "How do I change my campus network password?"),
        ("杭州办公室能带狗吗", "Are dogs allowed in the Hangzhou office?"),
    ],
)
async def test_free_rewording_and_another_language_join_one_gap(
    embedders: tuple[E5, Use], one: str, other: str
) -> None:
    assert await chance(embedders, one, other) >= SHIPPED.join
