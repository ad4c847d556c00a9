"""How characters sound."""

from __future__ import annotations

import pytest

from knowledge.pinyin import sound


@pytest.mark.parametrize(
    ("one", "other"),
    [("年假", "年价"), ("报销", "抱销"), ("公积金", "公基金"), ("登录", "登陆"), ("律", "绿")],
)
def test_slips_of_an_input_method_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


@pytest.mark.parametrize(("one", "other"), [("年假", "病假"), ("女", "怒"), ("旅", "路")])
def test_other_words_sound_otherwise(one: str, other: str) -> None:
    assert sound(one) != sound(other)


def test_the_first_and_the_last_usual_character_have_a_sound() -> None:
    assert (sound("啊"), sound("座")) == ("a", "zuo")


@pytest.mark.parametrize("text", ["", "a", "年x", "鑫", "😀"])
def test_what_is_no_usual_character_has_no_sound(text: str) -> None:
    assert sound(text) == ""
