"""Whoever was named for a document reads it; the nearest rule goes first."""

from __future__ import annotations

import pytest

from knowledge.ruling import folder_rule, ruled

RULES = {
    "hr__": frozenset({"hr"}),
    "hr__pay__": frozenset({"board"}),
    "hr__pay__faq": frozenset({"everyone"}),
}


@pytest.mark.parametrize(
    ("document", "readers"),
    [
        ("hr__leave", {"hr"}),
        ("hr__pay__bands", {"board"}),
        ("hr__pay__faq", {"everyone"}),
        ("hr__pay__faq2", {"board"}),
        ("hrx__leave", None),
        ("hr", None),
        ("it__hr__x", None),
    ],
)
def test_the_nearest_rule_counts(document: str, readers: set[str] | None) -> None:
    assert ruled(document, RULES) == (None if readers is None else frozenset(readers))


@pytest.mark.parametrize("typed", ["hr/pay", "hr/pay/", "/hr/pay/"])
def test_a_folder_is_the_beginning_of_ids(typed: str) -> None:
    assert folder_rule(typed) == "hr__pay__"
