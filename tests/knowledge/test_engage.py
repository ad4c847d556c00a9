"""Should a message in a group be answered though nobody asked the bot?"""

from __future__ import annotations

import pytest

from knowledge.engage import Engaging, load_engage_model, manner, nearness
from knowledge.errors import StoreUnavailable
from knowledge.logistic import Logistic
from knowledge.model import EVERYONE, Hit, Passage
from knowledge.models import CATALOGUE, DEFAULT_EMBEDDERS

SHIPPED_FOR = ("+".join(DEFAULT_EMBEDDERS), *DEFAULT_EMBEDDERS)
SHIPPED = load_engage_model(SHIPPED_FOR[0])
EVEN = 0.5

TO_THE_ROOM = (
    "请问大家，VPN 连接失败怎么办？",
    "有人知道报销单要附哪些材料吗",
    "求助，打印机一直报错，显示找不到驱动",
    "想问一下年假最多可以累计到第二年几月",
    "does anyone know how to reset the badge reader on floor 3",
    "how do I get access to the travel booking tool?",
    "Is there a form for parental leave?",
    "the build server says 'disk not found', can anybody help",
)

AMONG_EACH_OTHER = (
    "哈哈哈哈",
    "谢谢大佬！",
    "好的，收到",
    "[捂脸][捂脸]",
    "👍👍",
    "晚安各位",
    "是的，我也觉得",
    "你那边好了吗",
    "https://example.org/photo.png",
    "666",
    "lol",
    "thanks a lot!",
    "ok, see you tomorrow",
    "yeah, that did it",
    "ada: you could restart it",
    "did you try it?",
    "",
    "   ",
    "？",
)


class Shelf:
    """Finds the same passages whatever is asked, and remembers what was."""

    def __init__(self, *hits: Hit, broken: bool = False) -> None:
        self.hits = hits
        self.broken = broken
        self.asked: list[tuple[str, frozenset[str]]] = []

    async def retrieve(self, text: str, *, audience: frozenset[str]) -> tuple[Hit, ...]:
        self.asked.append((text, audience))
        if self.broken:
            raise StoreUnavailable("gone")
        return self.hits


def hit(**signals: float) -> Hit:
    passage = Passage(
        id="vpn#0",
        document_id="vpn",
        title="VPN",
        uri="vpn.md",
        language="zh",
        text="VPN 连接失败时，请重启客户端。",
    )
    return Hit(passage=passage, score=1.0, signals=signals)


FITTING = hit(e5=0.93, use=0.6, bm25=40.0)
STRANGE = hit(e5=0.82, use=0.15, bm25=3.0)


def engaging(shelf: Shelf) -> Engaging:
    return Engaging(retriever=shelf, model=SHIPPED)


@pytest.mark.parametrize("message", TO_THE_ROOM)
def test_a_question_to_the_room_is_told(message: str) -> None:
    assert SHIPPED.asked.probability(manner(message)) >= EVEN


@pytest.mark.parametrize("message", AMONG_EACH_OTHER)
def test_what_people_say_to_each_other_is_told(message: str) -> None:
    assert SHIPPED.asked.probability(manner(message)) < EVEN


@pytest.mark.parametrize("message", [*TO_THE_ROOM, *AMONG_EACH_OTHER, "x" * 5_000, "怎么" * 2_000])
def test_every_sign_lies_between_nothing_and_one(message: str) -> None:
    assert all(0.0 <= value <= 1.0 for value in manner(message).values())


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("打印机怎么连", "打印机连上了"),
        ("周五要不要上班", "周五要上班"),
        ("食堂几点开门？", "食堂开门"),
        ("What is the dress code", "The dress code is casual"),
        ("ＶＰＮ要重装？", "ＶＰＮ要重装"),
    ],
)
def test_a_question_needs_no_question_mark(question: str, statement: str) -> None:
    assert manner(question)["asks"] == 1.0
    assert manner(statement)["asks"] == 0.0


def test_greetings_stickers_and_links_are_no_substance() -> None:
    bare = manner("打印机在哪里")["length"]

    dressed = manner("大家好[抱拳]打印机在哪里😂 谢谢 https://example.org/a/b/c")["length"]

    assert dressed == pytest.approx(bare)


def test_who_speaks_to_one_person_does_not_ask_the_room() -> None:
    assert manner("你用的什么版本")["to_one"] == 1.0
    assert manner("你们用的什么版本")["to_one"] == 0.0
    assert manner("could you guys tell me")["to_one"] == 0.0


def test_who_is_in_the_midst_of_a_talk_asks_the_room_less_likely() -> None:
    text = "what does it say then"

    alone = SHIPPED.asked.probability(manner(text))
    talking = SHIPPED.asked.probability(manner(text, talking=True))

    assert talking < alone / 2


@pytest.mark.parametrize("embedders", SHIPPED_FOR)
def test_a_model_ships_for_every_choice_of_embedders(embedders: str) -> None:
    model = load_engage_model(embedders)

    assert set(model.asked.weights) == set(manner(""))
    assert set(model.about.weights) <= set(nearness([]))
    assert all(name in CATALOGUE for name in embedders.split("+"))


@pytest.mark.parametrize("embedders", SHIPPED_FOR)
def test_every_weight_counts_the_way_its_sign_says(embedders: str) -> None:
    model = load_engage_model(embedders)
    against = {"points_back", "to_one", "replies", "talking"}

    assert all(weight >= 0 for weight in model.about.weights.values())
    assert all((weight <= 0) == (name in against) for name, weight in model.asked.weights.items())


@pytest.mark.parametrize("embedders", SHIPPED_FOR)
def test_a_fitting_passage_is_nearer_than_a_stranger(embedders: str) -> None:
    about = load_engage_model(embedders).about

    assert about.probability(nearness([STRANGE, FITTING])) > EVEN
    assert about.probability(nearness([STRANGE])) < EVEN


def test_both_a_question_and_a_page_are_needed() -> None:
    judge = engaging(Shelf())
    asked, chatter = TO_THE_ROOM[0], AMONG_EACH_OTHER[1]

    assert judge.is_enough(judge.probability(asked, [FITTING]))
    assert not judge.is_enough(judge.probability(asked, [STRANGE]))
    assert not judge.is_enough(judge.probability(chatter, [FITTING]))
    assert judge.probability(asked, []) == 0.0


async def test_a_question_that_the_knowledge_base_covers_is_answered_unasked() -> None:
    shelf = Shelf(FITTING)

    assert await engaging(shelf).engages(TO_THE_ROOM[0])
    assert shelf.asked == [(TO_THE_ROOM[0], frozenset({EVERYONE}))]


async def test_a_question_that_it_does_not_cover_is_left_to_the_others() -> None:
    assert not await engaging(Shelf(STRANGE)).engages(TO_THE_ROOM[0])


async def test_chatter_is_not_even_searched_for() -> None:
    shelf = Shelf(FITTING)

    assert not await engaging(shelf).engages("哈哈哈哈")
    assert not shelf.asked


async def test_only_what_the_group_may_read_is_searched() -> None:
    shelf = Shelf(FITTING)

    await engaging(shelf).engages(TO_THE_ROOM[0], audience=frozenset({"managers", EVERYONE}))

    assert shelf.asked[0][1] == frozenset({"managers", EVERYONE})


async def test_a_store_that_is_gone_is_said_so() -> None:
    with pytest.raises(StoreUnavailable):
        await engaging(Shelf(broken=True)).engages(TO_THE_ROOM[0])


def test_the_probability_follows_the_logistic_function() -> None:
    model = Logistic(bias=-1.0, weights={"asks": 2.0})

    assert model.probability({"asks": 0.5, "length": 1.0}) == pytest.approx(0.5)
    assert model.probability({"asks": 1.0}) == pytest.approx(0.7310586)
