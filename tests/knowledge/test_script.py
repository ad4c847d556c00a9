"""One script for what is compared."""

from __future__ import annotations

import pytest

from knowledge.script import simplified


@pytest.mark.parametrize(
    ("traditional", "plain"),
    [("年假有幾天？", "年假有几天？"), ("報銷流程", "报销流程"), ("頭髮與發展", "头发与发展")],
)
def test_traditional_characters_become_simplified(traditional: str, plain: str) -> None:
    assert simplified(traditional) == plain


def test_a_character_is_read_in_its_word() -> None:
    assert simplified("乾淨的乾隆") == "干净的乾隆"


@pytest.mark.parametrize("text", ["", "Who pays?", "入职流程和皇后", "VPN 怎么连？"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert simplified(text) == text
