from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.engines.bm25 import SATURATION, Bm25, load_dictionary, term_id
from knowledge.model import SparseVector
from knowledge.quantities import fold

COLLIDING = "757", "4904"
"""Two terms with one hash, found by counting."""


@pytest.fixture(scope="module")
def plain() -> Bm25:
    return Bm25()


def terms(engine: Bm25, text: str) -> list[str]:
    return list(engine.terms(text))


def weight(vector: SparseVector, term: str) -> float:
    return dict(zip(vector.indices, vector.values, strict=True)).get(term_id(term), 0.0)


def test_chinese_words_and_their_characters_are_terms(plain: Bm25) -> None:
    found = terms(plain, "年假制度")

    assert {"年假", "制度"} <= set(found)
    assert {"年", "假", "制", "度"} <= set(found)


def test_words_that_say_nothing_are_left_out(plain: Bm25) -> None:
    assert terms(plain, "这是什么？") == []
    assert terms(plain, "What is it about?") == []


def test_english_forms_of_one_word_are_one_term(plain: Bm25) -> None:
    assert terms(plain, "Employees requested holidays") == terms(
        plain, "employee requests a holiday"
    )


def test_full_width_forms_are_folded(plain: Bm25) -> None:
    assert terms(plain, "ＶＰＮ２０２６") == terms(plain, "vpn2026")


@pytest.mark.parametrize(
    ("one", "other"), [("報銷流程", "报销流程"), ("十五天", "15天"), ("三月十五日", "3月15日")]
)
def test_another_script_or_other_numerals_are_the_same_terms(
    plain: Bm25, one: str, other: str
) -> None:
    assert terms(plain, one) == terms(plain, other)


@pytest.mark.parametrize(
    "code", ["e-1024", "v2.3.1", "24/7", "c++", "snake_case", "hr@example.com"]
)
def test_codes_stay_whole(plain: Bm25, code: str) -> None:
    assert code in terms(plain, f"see {code.upper()} please")


def test_the_parts_of_a_code_and_its_closed_form_find_it_too(plain: Bm25) -> None:
    assert {"on-call", "oncal", "call"} <= set(terms(plain, "on-call"))


def test_numbers_next_to_chinese_are_terms(plain: Bm25) -> None:
    assert {"2026", "15"} <= set(terms(plain, "2026年报销15天"))


def test_a_possessive_is_the_word_itself(plain: Bm25) -> None:
    assert terms(plain, "the company's rules") == terms(plain, "company rules")


def test_a_company_word_is_a_term_of_its_own() -> None:
    engine = Bm25(("云桌面平台",))

    assert "云桌面平台" in terms(engine, "如何登录云桌面平台？")


def test_the_longest_company_word_wins() -> None:
    engine = Bm25(("云桌面", "云桌面平台"))

    found = terms(engine, "云桌面平台")

    assert "云桌面平台" in found
    assert "云桌面" not in found


def test_synonyms_count_as_the_word_before_the_equals_sign() -> None:
    engine = Bm25(("PTO = 年假, annual leave",))

    assert "pto" in terms(engine, "年假有几天")
    assert "pto" in terms(engine, "How much Annual Leave is left?")
    assert terms(engine, "PTO").count("pto") == 1


def test_a_company_word_in_latin_letters_is_not_found_inside_another() -> None:
    assert "ai" not in terms(Bm25(("AI",)), "maintain")


def test_a_question_has_each_term_once_and_lone_characters_count_less(plain: Bm25) -> None:
    vector = plain.encode_question("年假 年假")

    assert len(set(vector.indices)) == len(vector.indices)
    assert weight(vector, "年假") == 1.0
    assert 0.0 < weight(vector, "假") < 1.0


def test_repetition_saturates_and_length_damps(plain: Bm25) -> None:
    once, often = plain.encode_passage("leave"), plain.encode_passage("leave " * 50)
    among_much = plain.encode_passage("leave " + " ".join(f"word{n}" for n in range(300)))

    assert weight(once, "leav") < weight(often, "leav") < SATURATION + 1
    assert weight(among_much, "leav") < weight(once, "leav")


def test_terms_whose_hashes_collide_become_one(plain: Bm25) -> None:
    one, other = COLLIDING
    assert term_id(one) == term_id(other)

    vector = plain.encode_passage(f"{one} {other}")

    assert len(vector.indices) == 1


@given(st.text(max_size=80))
def test_indices_are_unique_and_weights_positive_whatever_the_text(text: str) -> None:
    engine = Bm25(("年假 = 带薪假",))
    for vector in (engine.encode_passage(text), engine.encode_question(text)):
        assert len(set(vector.indices)) == len(vector.indices) == len(vector.values)
        assert all(value > 0 for value in vector.values)


def test_an_empty_text_has_no_terms(plain: Bm25) -> None:
    assert plain.encode_passage("") == SparseVector(indices=(), values=())


def test_a_dictionary_file_has_one_entry_a_line(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("\ufeff# ours\n云桌面\n\nPTO = 年假 \n", encoding="utf-8")

    assert load_dictionary(file) == ("云桌面", "PTO = 年假")


def test_folding_lowers_and_narrows() -> None:
    assert fold("ＡＢＣ①") == "abc1"
