"""The question in a message."""

from __future__ import annotations

import pytest

from knowledge.mining.asked import question_in


@pytest.mark.parametrize(
    ("said", "question"),
    [
        (
            "Hi all, I moved to Berlin last month. How do I change my address? Thanks!",
            "How do I change my address?",
        ),
        ("请问大家，健身房在哪里？谢谢", "健身房在哪里？"),
        ("Does anyone know where the gym is", "Where the gym is"),
        ("I can't find the gym. Anyone knows?", "I can't find the gym. Anyone knows?"),
        ("打印机坏了。怎么办？", "打印机坏了。怎么办？"),
        ("There is a garage. Where is it?", "There is a garage. Where is it?"),
        ("Lunch today was great.", ""),
        ("???", ""),
        ("How " + "very " * 100 + "long is this?", ""),
    ],
)
def test_a_question_is_what_is_asked_without_the_story_around_it(said: str, question: str) -> None:
    assert question_in(said) == question
