from __future__ import annotations

from knowledge.engines.question_memory import QuestionMemory


def test_a_question_asked_again_has_its_vector() -> None:
    memory: QuestionMemory[str] = QuestionMemory()

    memory.keep("holiday?", "its vector", size=4)

    assert memory.find("holiday?") == "its vector"
    assert memory.find("other?") is None


def test_the_question_unused_for_longest_is_forgotten() -> None:
    memory: QuestionMemory[int] = QuestionMemory(max_questions=2)
    memory.keep("one", 1, size=4)
    memory.keep("two", 2, size=4)
    memory.find("one")

    memory.keep("three", 3, size=4)

    assert memory.find("two") is None
    assert memory.find("one") == 1


def test_long_questions_take_the_room_of_several() -> None:
    memory: QuestionMemory[int] = QuestionMemory(max_bytes=100)
    memory.keep("one", 1, size=40)
    memory.keep("two", 2, size=40)

    memory.keep("a very long one", 3, size=60)

    assert [memory.find(text) for text in ("one", "two", "a very long one")] == [None, 2, 3]


def test_a_question_kept_again_takes_its_room_once() -> None:
    memory: QuestionMemory[int] = QuestionMemory(max_bytes=100)
    memory.keep("other", 0, size=10)

    for number in range(9):
        memory.keep("one", number, size=80)

    assert (memory.find("other"), memory.find("one")) == (0, 8)


def test_what_is_larger_than_the_room_is_not_kept() -> None:
    memory: QuestionMemory[int] = QuestionMemory(max_bytes=100)

    memory.keep("endless", 1, size=101)

    assert memory.find("endless") is None
