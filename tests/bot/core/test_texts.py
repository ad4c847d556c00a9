"""Both languages say the same things."""

from __future__ import annotations

import re
from dataclasses import fields
from string import Formatter
from typing import get_args

import pytest

from bot.core import (
    texts,
    texts_commands,
    texts_loop,
    texts_people,
    texts_smalltalk,
    texts_steering,
)
from bot.core.texts import TEXTS
from bot.core.texts_loop import LOOP_TEXTS
from knowledge.language import language_of
from knowledge.model import Language

PAIRS = [
    pytest.param(getattr(zh, field.name), getattr(en, field.name), id=field.name)
    for zh, en in (
        (texts.ZH, texts.EN),
        (texts_loop.ZH, texts_loop.EN),
        (texts_commands.ZH, texts_commands.EN),
        (texts_steering.ZH, texts_steering.EN),
        (texts_people.ZH, texts_people.EN),
        (texts_smalltalk.ZH, texts_smalltalk.EN),
    )
    for field in fields(zh)
]


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_language_has_its_texts() -> None:
    assert set(TEXTS) == set(LOOP_TEXTS) == set(texts_people.PEOPLE) == set(get_args(Language))


@pytest.mark.parametrize(("chinese", "english"), PAIRS)
def test_a_sentence_is_there_in_both_languages_with_the_same_placeholders(
    chinese: str, english: str
) -> None:
    assert chinese.strip()
    assert english.strip()
    assert placeholders(chinese) == placeholders(english)


@pytest.mark.parametrize(("chinese", "english"), PAIRS)
def test_each_sentence_is_in_its_own_language(chinese: str, english: str) -> None:
    assert language_of(chinese) == "zh"
    assert language_of(english) == "en"


@pytest.mark.parametrize("english", [pair.values[1] for pair in PAIRS])
def test_no_english_sentence_counts_one_as_many(english: str) -> None:
    one = re.search(
        r"\{(?:count|asks|people|lines|asked|number)\} (?:[a-z]+ )?[a-z]{3,}s\b", english
    )

    assert one is None
