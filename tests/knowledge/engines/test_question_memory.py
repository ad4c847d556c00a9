from __future__ import annotations

import numpy as np
import pytest

from knowledge.engines.question_memory import QuestionMemory
from knowledge.model import Vector


def vector(number: int) -> Vector:
    return np.full(4, number, dtype=np.float32)


def test_a_question_asked_again_has_its_vector() -> None:
    memory = QuestionMemory()

    memory.keep("holiday?", vector(1))

    assert memory.find("holiday?") is not None
    assert memory.find("other?") is None


def test_the_question_unused_for_longest_is_forgotten() -> None:
    memory = QuestionMemory(max_questions=2)
    memory.keep("one", vector(1))
    memory.keep("two", vector(2))
    memory.find("one")

    memory.keep("three", vector(3))

    assert memory.find("two") is None
    assert memory.find("one") is not None


def test_nobody_can_change_what_others_will_get() -> None:
    memory = QuestionMemory()
    memory.keep("holiday?", vector(1))

    found = memory.find("holiday?")

    assert found is not None
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 2
