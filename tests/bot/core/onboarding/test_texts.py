"""Both languages of onboarding say the same things."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from bot.core.onboarding.texts import EN, TEXTS, ZH, Texts
from knowledge.language import language_of
from knowledge.model import Language
from tests.bot.core.test_texts import placeholders

NAMES = [field.name for field in fields(Texts)]
IN_THE_OTHER = {"other_language"}
"""Says in the other language how to get there."""


def test_every_language_has_its_texts() -> None:
    assert set(TEXTS) == set(get_args(Language))


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_is_there_in_both_languages_with_the_same_placeholders(name: str) -> None:
    chinese, english = getattr(ZH, name), getattr(EN, name)

    assert chinese.strip()
    assert english.strip()
    assert placeholders(chinese) == placeholders(english)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in IN_THE_OTHER])
def test_each_sentence_is_in_its_own_language(name: str) -> None:
    assert language_of(getattr(ZH, name)) == "zh"
    assert language_of(getattr(EN, name)) == "en"
