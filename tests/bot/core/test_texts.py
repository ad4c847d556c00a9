"""Both languages say the same things."""

from __future__ import annotations

from dataclasses import fields
from string import Formatter
from typing import get_args

import pytest

from bot.core.texts import EN, TEXTS, ZH, Texts
from knowledge.language import language_of
from knowledge.model import Language

NAMES = [field.name for field in fields(Texts)]


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_language_has_its_texts() -> None:
    assert set(TEXTS) == set(get_args(Language))


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_is_there_in_both_languages_with_the_same_placeholders(name: str) -> None:
    chinese, english = getattr(ZH, name), getattr(EN, name)

    assert chinese.strip()
    assert english.strip()
    assert placeholders(chinese) == placeholders(english)


@pytest.mark.parametrize("name", NAMES)
def test_each_sentence_is_in_its_own_language(name: str) -> None:
    assert language_of(getattr(ZH, name)) == "zh"
    assert language_of(getattr(EN, name)) == "en"
