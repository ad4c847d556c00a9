"""An embedder is given one form of each text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from knowledge.engines.one_form import OneForm
from knowledge.model import Vector


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


@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ("年假有幾天？", "年假有几天？"),
        ("十五天的年假", "15天的年假"),
        ("WHO PAYS FOR LUNCH?", "Who pays for lunch?"),
        ("VPN?", "VPN?"),
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
