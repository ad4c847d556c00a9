"""Numbers as limits, in texts of anybody's making."""

from __future__ import annotations

import time

from knowledge.bounds import Span, spans
from knowledge.quantities import fold, quantities


def read(text: str) -> tuple[Span, ...]:
    folded = fold(text)
    return spans(folded, quantities(folded))


def test_two_numbers_with_a_word_between_them_are_one_range() -> None:
    (span,) = read("5 years or more and up to less than 10 years")

    assert (span.low, span.high, span.without_high) == (5.0, 10.0, True)


def test_numbers_far_apart_in_a_line_are_told_apart_in_no_time() -> None:
    began = time.perf_counter()

    found = read("Annual leave 5 days" + " " * 300 + "| 7 days")

    assert [(span.low, span.high) for span in found] == [(5.0, 5.0), (7.0, 7.0)]
    assert time.perf_counter() - began < 3
