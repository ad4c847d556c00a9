"""Content words: what two texts are compared by."""

from __future__ import annotations

from knowledge.words import content_words, coverage, without


def test_english_forms_of_a_word_meet() -> None:
    assert content_words("policies") == content_words("policy")
    assert content_words("leaving") == content_words("leave")
    assert content_words("classes") == content_words("class")


def test_stop_words_and_function_characters_say_nothing() -> None:
    assert content_words("What is the") == frozenset()
    assert content_words("是什么呢") == frozenset()


def test_codes_and_numbers_stay_whole() -> None:
    assert {"8000", "wpa2-ent", "hr@star.example"} <= content_words(
        "WPA2-ENT, 8000, hr@star.example"
    )


def test_full_width_letters_are_the_same_letters() -> None:
    assert content_words("ＶＰＮ") == content_words("vpn")


def test_traditional_characters_are_the_same_words() -> None:
    assert content_words("報銷流程") == content_words("报销流程")


def test_an_amount_is_the_same_in_characters_and_in_digits() -> None:
    assert content_words("休十五天年假") == content_words("休15天年假")


def test_a_single_chinese_character_counts_when_it_stands_alone() -> None:
    assert content_words("税") == {"税"}
    assert content_words("的") == frozenset()


def test_coverage_is_the_share_of_what_was_wanted() -> None:
    assert coverage(frozenset({"a", "b"}), frozenset({"b", "c"})) == 0.5
    assert coverage(frozenset(), frozenset({"b"})) == 0.0


def test_words_are_left_out_of_a_text_in_every_form() -> None:
    assert without("Who approves travel expenses?", content_words("expense")) == (
        "who approves travel ?"
    )
    assert without("株洲北站是哪里的交通要道？", content_words("株洲北站")) == "是哪里的交通要道?"


def test_a_text_stays_as_it_is_where_nothing_else_would_be_left() -> None:
    assert without("什么是年假？", content_words("年假")) == "什么是年假？"
    assert without("Annual leave", frozenset()) == "Annual leave"
