"""Both embedders: on random weights for their manners, on the real ones for their meaning."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from knowledge.engines import use_table
from knowledge.engines.e5 import E5
from knowledge.engines.e5_onnx import convert
from knowledge.engines.use import Use
from knowledge.errors import EngineUnavailable
from knowledge.model import Vector
from knowledge.ports import Embedder
from knowledge.weights import Shelf
from tests.weights import tiny_e5, write_tiny_use

# A question, the passage that answers it, and one about something else, in each language.
HOLIDAY_ZH = "年假怎么计算？"
HOLIDAY_EN = "How many days of annual leave do I have?"
ANSWER_ZH = "员工入职满一年后，每年享有五天带薪年假；满十年享有十天。"
ANSWER_EN = "After one year employees are entitled to five days of paid annual leave."
OTHER_ZH = "打印机卡纸时，请打开后盖，取出纸张后重新启动。"
OTHER_EN = "If the printer jams, open the back cover and remove the paper."


@pytest.fixture(params=["e5", "use"])
def tiny(request: pytest.FixtureRequest, tmp_path: Path) -> Embedder:
    """The embedder on random weights."""
    if request.param == "use":
        write_tiny_use(tmp_path)
        use_table.convert(tmp_path, tmp_path / "table")
        return Use(tmp_path / "table")
    (tmp_path / "e5.bin").write_bytes(tiny_e5())
    convert(tmp_path / "e5.bin", tmp_path / "onnx")
    return E5(tmp_path / "onnx", threads=1)


@pytest.fixture(scope="module")
def e5(shelf: Shelf) -> E5:
    """As the product has it."""
    return E5(shelf.pull("e5-small"), threads=1)


@pytest.fixture(scope="module")
def use(shelf: Shelf) -> Use:
    """As the product has it."""
    return Use(shelf.pull("use-multilingual"))


@pytest.fixture(params=["e5", "use"])
def real(request: pytest.FixtureRequest) -> Embedder:
    """The one and the other."""
    return request.getfixturevalue(request.param)


def matrix(vectors: list[Vector]) -> Vector:
    return np.stack(vectors)


async def test_vectors_come_in_the_order_of_their_texts(tiny: Embedder) -> None:
    texts = [("days " * (number % 7) + "holiday 年假") for number in range(40)]

    together = matrix(await tiny.embed_passages(texts))

    alone = matrix([(await tiny.embed_passages([text]))[0] for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-4)


async def test_vectors_are_short_floats_of_length_1(tiny: Embedder) -> None:
    vectors = matrix(await tiny.embed_passages(["holiday", "", "天 " * 3]))

    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


async def test_no_texts_give_no_vectors(tiny: Embedder) -> None:
    assert await tiny.embed_passages([]) == []


async def test_a_question_asked_again_is_not_computed_again(tiny: Embedder) -> None:
    first = await tiny.embed_question("holiday?")

    assert await tiny.embed_question("holiday?") is first


async def test_questions_and_passages_at_once_do_not_mix(tiny: Embedder) -> None:
    texts = [f"holiday {'days ' * number}" for number in range(20)]

    passages, *questions = await asyncio.gather(
        tiny.embed_passages(texts), *(tiny.embed_question(text) for text in texts)
    )

    assert len(passages) == len(questions) == 20
    np.testing.assert_allclose(questions[3], await tiny.embed_question(texts[3]))


@pytest.fixture
def tiny_by_token(tmp_path: Path) -> E5:
    """The embedder that tells tokens, on random weights."""
    (tmp_path / "e5.bin").write_bytes(tiny_e5())
    convert(tmp_path / "e5.bin", tmp_path / "onnx")
    return E5(tmp_path / "onnx", threads=1)


async def test_with_token_vectors_the_vector_of_the_whole_is_the_same(tiny_by_token: E5) -> None:
    texts = [("days " * (number % 7) + "holiday 年假") for number in range(20)]

    alone = matrix(await tiny_by_token.embed_passages(texts))
    with_tokens = matrix([one.vector for one in await tiny_by_token.embed_passage_tokens(texts)])

    np.testing.assert_array_equal(alone, with_tokens)


async def test_each_different_token_of_a_passage_has_a_vector_of_length_1(
    tiny_by_token: E5,
) -> None:
    once, often = await tiny_by_token.embed_passage_tokens(["holiday days", "holiday days days"])

    assert once.tokens.shape == often.tokens.shape
    assert once.tokens.dtype == np.float16
    np.testing.assert_allclose(np.linalg.norm(once.tokens, axis=1), 1, atol=2e-3)


async def test_each_token_of_a_question_has_a_vector(tiny_by_token: E5) -> None:
    once = await tiny_by_token.embed_question_tokens("days")
    often = await tiny_by_token.embed_question_tokens("days days days")

    assert len(often.tokens) == 3 * len(once.tokens)


async def test_a_question_is_read_once_for_both_kinds_of_vectors(tiny_by_token: E5) -> None:
    first = await tiny_by_token.embed_question_tokens("holiday?")

    assert await tiny_by_token.embed_question_tokens("holiday?") is first
    assert await tiny_by_token.embed_question("holiday?") is first.vector


async def test_nobody_can_change_what_others_will_get(tiny: Embedder) -> None:
    vector = await tiny.embed_question("holiday?")

    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 2


@pytest.mark.parametrize("embedder", [E5, Use])
@pytest.mark.parametrize("content", [None, b"", b"not a model"])
async def test_missing_or_broken_weights_make_the_engine_unavailable(
    embedder: type[E5] | type[Use], content: bytes | None, tmp_path: Path
) -> None:
    for name in ("model.onnx", "words.npy") if content is not None else ():
        (tmp_path / name).write_bytes(content)

    with pytest.raises(EngineUnavailable):
        await embedder(tmp_path).embed_question("holiday?")


def test_making_an_embedder_loads_nothing(tmp_path: Path) -> None:
    e5, use = E5(tmp_path / "none"), Use(tmp_path / "none")

    assert (e5.name, e5.dimension) == ("e5", 384)
    assert (use.name, use.dimension) == ("use", 512)


@pytest.mark.models
async def test_dimension_and_length_are_as_announced(real: Embedder) -> None:
    vectors = matrix([*await real.embed_passages([ANSWER_ZH]), await real.embed_question(OTHER_EN)])

    assert vectors.shape == (2, real.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.models
@pytest.mark.parametrize("question", [HOLIDAY_ZH, HOLIDAY_EN])
async def test_in_either_language_the_answer_is_nearer_than_another_subject(
    real: Embedder, question: str
) -> None:
    passages = matrix(await real.embed_passages([ANSWER_ZH, OTHER_ZH, ANSWER_EN, OTHER_EN]))

    zh, other_zh, en, other_en = passages @ await real.embed_question(question)

    assert zh > other_zh
    assert en > other_en


@pytest.mark.models
async def test_the_same_said_in_two_languages_is_close(real: Embedder) -> None:
    zh, en, other = await real.embed_passages([ANSWER_ZH, ANSWER_EN, OTHER_EN])

    assert zh @ en > zh @ other + 0.04


@pytest.mark.models
async def test_the_same_text_has_the_same_vector_alone_or_in_company(real: Embedder) -> None:
    company = [ANSWER_EN * 5, OTHER_ZH, ANSWER_ZH, "年", OTHER_EN]

    together = matrix(await real.embed_passages(company))
    alone = matrix([(await real.embed_passages([text]))[0] for text in company])

    np.testing.assert_allclose(together, alone, atol=1e-4)


@pytest.mark.models
async def test_a_very_long_text_is_cut_not_refused(real: Embedder) -> None:
    (vector,) = await real.embed_passages([ANSWER_ZH * 200])

    assert np.isfinite(vector).all()


@pytest.mark.models
async def test_a_text_that_is_asked_differs_from_one_that_is_stored(e5: E5) -> None:
    (stored,) = await e5.embed_passages([HOLIDAY_EN])

    assert 0.8 < stored @ await e5.embed_question(HOLIDAY_EN) < 0.9999


@pytest.mark.models
async def test_what_the_embedder_adds_to_a_text_has_no_token_vector(e5: E5) -> None:
    (passage,) = await e5.embed_passage_tokens(["leave"])
    question = await e5.embed_question_tokens("leave")

    assert (len(passage.tokens), len(question.tokens)) == (1, 1)


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [(HOLIDAY_ZH, ANSWER_ZH, OTHER_ZH), (HOLIDAY_EN, ANSWER_EN, OTHER_EN)],
)
async def test_token_by_token_the_answer_is_nearer_too(
    e5: E5, question: str, answer: str, other: str
) -> None:
    asked = (await e5.embed_question_tokens(question)).tokens.astype(np.float32)

    right, wrong = [
        (asked @ read.tokens.astype(np.float32).T).max(axis=1).mean()
        for read in await e5.embed_passage_tokens([answer, other])
    ]

    assert right > wrong


@pytest.mark.models
@pytest.mark.parametrize(
    ("text", "first_numbers", "total"),
    [
        ("年假每年有多少天？", (-0.01374, -0.01832, 0.06632, 0.01382), -0.5325),
        ("How many vacation days do I get?", (0.01545, -0.01022, 0.04176, 0.05498), 0.8029),
        ("Ｔｈｅ ＶＰＮ 不通，请打 400-800-1234。\n谢谢！", (-0.07851, 0.00176, 0.06447), -1.0796),
    ],
)
async def test_use_agrees_with_the_package_its_weights_come_from(
    use: Use, text: str, first_numbers: tuple[float, ...], total: float
) -> None:
    vector = await use.embed_question(text)

    np.testing.assert_allclose(vector[: len(first_numbers)], first_numbers, atol=2e-5)
    assert vector.sum() == pytest.approx(total, abs=1e-3)
