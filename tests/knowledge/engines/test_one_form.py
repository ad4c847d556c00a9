"""An embedder is given one form of each text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from knowledge.engines.one_form import OneForm, OneFormByToken
from knowledge.model import TokenEmbedding, Vector
from knowledge.ports import TokenEmbedder


class Listening:
    """An embedder that keeps what it was given."""

    name = "listening"
    dimension = 1

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        self.heard += texts
        return [np.ones(1, dtype=np.float32) for _ in texts]

    async def embed_question(self, text: str) -> Vector:
        self.heard.append(text)
        return np.ones(1, dtype=np.float32)

    async def embed_passage_tokens(self, texts: Sequence[str]) -> list[TokenEmbedding]:
        return [_by_token(vector) for vector in await self.embed_passages(texts)]

    async def embed_question_tokens(self, text: str) -> TokenEmbedding:
        return _by_token(await self.embed_question(text))


def _by_token(vector: Vector) -> TokenEmbedding:
    return TokenEmbedding(vector=vector, tokens=np.ones((1, 1), dtype=np.float16))


@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ("年假有幾天？", "年假有几天？"),
        ("十五天的年假", "15天的年假"),
        ("WHO PAYS FOR LUNCH?", "Who pays for lunch?"),
        ("CAN I SEE WHO PAYS?", "Can I see who pays?"),
        ("who pays if i’m ill", "Who pays if I’m ill"),
        ("ｗｈｏ　ｐａｙｓ？？", "Who pays?"),
        ("who  pays...", "Who pays"),
        ("iPhone for new hires", "iPhone for new hires"),
        ("VPN?", "VPN?"),
        ("vpn", "vpn"),
        ("年假 有 几天……", "年假有几天"),
        ("Who pays for IT?", "Who pays for IT?"),
    ],
)
async def test_a_question_is_heard_in_one_form(asked: str, heard: str) -> None:
    embedder = Listening()

    await OneForm(embedder).embed_question(asked)

    assert embedder.heard == [heard]


async def test_passages_are_heard_in_the_same_script_and_digits() -> None:
    embedder = Listening()

    vectors = await OneForm(embedder).embed_passages(["年假十五天", "HANDBOOK OF LEAVE", "報銷"])

    assert embedder.heard == ["年假15天", "HANDBOOK OF LEAVE", "报销"]
    assert len(vectors) == 3


def test_it_goes_by_the_embedders_name_and_dimension() -> None:
    one_form = OneForm(Listening())

    assert (one_form.name, one_form.dimension) == ("listening", 1)


async def test_tokens_are_of_the_same_form_as_the_vector_of_the_whole() -> None:
    embedder = Listening()
    by_token = OneFormByToken(embedder)

    await by_token.embed_passage_tokens(["報銷十五天"])
    await by_token.embed_passages(["報銷十五天"])
    await by_token.embed_question_tokens("WHO PAYS?")
    await by_token.embed_question("WHO PAYS?")

    assert embedder.heard == ["报销15天"] * 2 + ["Who pays?"] * 2


def test_only_an_embedder_whose_token_vectors_are_wanted_tells_them() -> None:
    assert isinstance(OneFormByToken(Listening()), TokenEmbedder)
    assert not isinstance(OneForm(Listening()), TokenEmbedder)
