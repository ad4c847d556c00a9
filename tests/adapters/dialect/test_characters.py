from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dialect import clean, cut, without_bidi
from adapters.dialect.characters import is_whole, most

FAMILY = "👨‍👩‍👧‍👦"
WHOLE = (FAMILY, "👍🏽", "🇩🇪", "é", "नि", "क्ष", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "각", "年", "a", "葛󠄀", "ｶﾞ")


def at_most(length: int) -> object:
    return lambda text: len(text) <= length


@pytest.mark.parametrize("character", WHOLE)
def test_what_a_reader_sees_as_one_character_has_no_place_to_cut(character: str) -> None:
    text = character + "x"

    assert [place for place in range(1, len(text)) if is_whole(text, 0, place)] == [len(character)]


@given(st.lists(st.sampled_from(WHOLE), min_size=1, max_size=30), st.integers(16, 60))
def test_a_label_is_cut_between_characters(characters: list[str], limit: int) -> None:
    text = "".join(characters)

    shown = cut(text, lambda label: len(label) <= limit)

    starts = {"".join(characters[:count]) for count in range(len(characters) + 1)}
    assert len(shown) <= limit
    assert shown == text or shown.removesuffix("…") in starts


def test_a_label_that_fits_stays_as_it_is() -> None:
    assert cut("Annual leave ", lambda label: len(label) <= 20) == "Annual leave "


def test_a_cut_label_says_so_without_a_blank_before() -> None:
    assert cut("Annual leave", lambda label: len(label) <= 8) == "Annual…"


@pytest.mark.parametrize(("limit", "shown"), [(1, "…"), (0, "")])
def test_where_nothing_fits_little_or_nothing_is_shown(limit: int, shown: str) -> None:
    assert cut("Annual leave", lambda label: len(label) <= limit) == shown


def test_a_character_larger_than_the_limit_is_cut_rather_than_sent() -> None:
    shown = cut("a" + "\u0301" * 100_000, lambda label: len(label) <= 75)

    assert len(shown) == 75


def test_harmful_characters_are_replaced_or_gone() -> None:
    assert clean("a\ud800b\x00c\x07d\x85\x1b[0m") == "a\ufffdb\ufffdcd[0m"


def test_line_ends_and_tabs_survive() -> None:
    assert clean("a\r\nb\rc\td\n") == "a\nb\nc\td\n"


def test_two_surrogates_that_make_a_pair_become_their_character() -> None:
    assert clean("\ud83d\ude00 \ude00\ud83d") == "😀 \ufffd\ufffd"


@given(st.text(st.characters(codec=None)))
def test_clean_text_can_always_be_sent(text: str) -> None:
    assert "\x00" not in clean(text).encode().decode()


@given(st.text(max_size=80))
def test_clean_text_stays_as_it_is(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_title_cannot_turn_the_direction_of_what_follows() -> None:
    assert without_bidi("invoice\u202efdp.exe\u2066\u200f") == "invoicefdp.exe"


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 600))
def test_the_largest_number_that_fits_is_found(high: int, limit: int, guess: int) -> None:
    assert most(lambda count: count <= limit, high=high, guess=guess) == min(high, limit)


def test_few_questions_are_asked() -> None:
    asked: list[int] = []

    def fit(count: int) -> bool:
        asked.append(count)
        return count <= 3_000

    most(fit, high=100_000, guess=2_990)

    assert len(asked) <= 12
