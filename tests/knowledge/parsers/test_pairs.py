"""The same question twice: one pair with more wordings, or a contradiction that is told."""

from __future__ import annotations

from datetime import date

from knowledge.model import EVERYONE
from knowledge.parsers.pairs import Pair, settled

ALL = frozenset({EVERYONE})
HR = frozenset({"hr"})


def pair(
    line: int,
    question: str,
    text: str = "Ten days.",
    *wordings: str,
    audience: frozenset[str] = ALL,
) -> Pair:
    return Pair(
        path="faq.csv",
        line=line,
        question=question,
        text=text,
        audience=audience,
        wordings=wordings,
    )


def test_different_questions_stay_as_they_are() -> None:
    pairs = (pair(2, "How long is leave?"), pair(3, "How long is sick leave?", "Five."))

    assert settled(pairs) == (pairs, ())


def test_a_repeated_question_with_the_same_answer_is_one_pair_with_all_wordings() -> None:
    merged, faults = settled(
        [
            pair(2, "How long is leave?", "Ten days.", "Days of leave?"),
            pair(3, "how long is leave", "Ten days.", "Leave?"),
            pair(4, "Leave?", "Ten days.", "Vacation?"),
        ]
    )

    assert faults == ()
    assert [(one.question, one.wordings) for one in merged] == [
        ("How long is leave?", ("Days of leave?", "Leave?", "Vacation?"))
    ]


def test_of_two_answers_to_the_same_question_neither_is_taken() -> None:
    merged, faults = settled(
        [pair(2, "年假有几天？"), pair(3, "年假有几天", "Twelve."), pair(4, "病假有几天")]
    )

    assert [one.line for one in merged] == [4]
    assert [(fault.line, fault.reason) for fault in faults] == [
        (2, "line 3 has another answer to '年假有几天？'; keep one of them"),
        (3, "line 2 has another answer to '年假有几天'; keep one of them"),
    ]


def test_a_similar_question_that_is_answered_otherwise_is_a_contradiction_too() -> None:
    _, faults = settled([pair(2, "Leave?", "Ten.", "Vacation?"), pair(3, "Vacation?", "Twelve.")])

    assert [fault.line for fault in faults] == [2, 3]


def test_other_readers_may_have_another_answer() -> None:
    pairs = (pair(2, "Leave?"), pair(3, "Leave?", "Twelve.", audience=HR))

    assert settled(pairs) == (pairs, ())


def test_a_contradiction_names_the_other_file() -> None:
    other = Pair(path="old.csv", line=7, question="Leave?", text="Nine.", audience=ALL)

    _, faults = settled([pair(2, "Leave?"), other])

    assert faults[0].reason.startswith("old.csv, line 7 has another answer")


def test_of_merged_rows_the_earlier_review_date_and_a_named_owner_hold() -> None:
    first = pair(2, "Leave?")
    named = Pair(
        path="faq.csv",
        line=3,
        question="Leave?",
        text="Ten days.",
        audience=ALL,
        owner="slack:U1",
        review_on=date(2027, 3, 1),
    )

    [merged] = settled([first, named])[0]

    assert (merged.owner, merged.review_on, merged.line) == ("slack:U1", date(2027, 3, 1), 2)
