"""Placeholders come back as what they stand for, and only those of this request do."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from knowledge.redaction.kinds import Kind
from knowledge.redaction.placeholders import Placeholders
from knowledge.redaction.redactor import Redactor
from knowledge.redaction.staff import Names

NUMBER = "138 0013 8000"
REDACTOR = Redactor(tuple(Kind), Names(["张三", "John Smith"]))


def drawn(*codes: str) -> Placeholders:
    left = iter(codes)
    return Placeholders("", draw=lambda: next(left))


def with_number() -> Placeholders:
    placeholders = drawn("K7Q4")
    assert placeholders.stand_in(Kind.PHONE, NUMBER) == "[PHONE_K7Q4]"
    return placeholders


def test_one_value_has_one_placeholder_however_it_is_written() -> None:
    placeholders = with_number()

    assert placeholders.stand_in(Kind.PHONE, "+86 13800138000") == "[PHONE_K7Q4]"
    assert placeholders.stand_in(Kind.PHONE, "１３８００１３８０００") == "[PHONE_K7Q4]"
    assert placeholders.counts == {Kind.PHONE: 1}


def test_two_requests_share_no_placeholder() -> None:
    one, other = (Placeholders("").stand_in(Kind.PHONE, NUMBER) for _ in range(2))

    assert one != other


def test_secrets_that_differ_in_case_are_two() -> None:
    placeholders = drawn("K7Q4", "X2Y3")

    assert placeholders.stand_in(Kind.SECRET, "abc") != placeholders.stand_in(Kind.SECRET, "ABC")


def test_a_model_may_change_case_spaces_and_brackets() -> None:
    placeholders = with_number()

    for said in (
        "[PHONE_K7Q4]",
        "[phone_k7q4]",
        "[ PHONE K7Q4 ]",
        "【PHONE_K7Q4】",
        "<PHONE-K7Q4>",
        "PHONE_K7Q4",
        r"\[PHONE\_K7Q4\]",
        "[PHONE: K7Q4]",
        "[电话_K7Q4]",
    ):
        assert placeholders.restored(f"打{said}。", whole=True) == f"打{NUMBER}。", said


def test_what_a_model_makes_up_stays_what_it_is() -> None:
    placeholders = with_number()

    for said in ("[PHONE_K7Q5]", "[PHONE_1]", "[PHONE_]", "K7Q4", "PHONE_K7Q44", "MEGAPHONE_K7Q4x"):
        assert placeholders.restored(said, whole=True) == said


def test_no_code_stands_in_what_is_asked() -> None:
    codes = iter(("K7Q4", "A2B3"))
    placeholders = Placeholders("是 [phone_k7q4] 吗", draw=lambda: next(codes))

    assert placeholders.stand_in(Kind.PHONE, NUMBER) == "[PHONE_A2B3]"
    assert placeholders.restored("[phone_k7q4]", whole=True) == "[phone_k7q4]"


def test_a_value_that_looks_like_a_placeholder_is_not_read_again() -> None:
    placeholders = drawn("K7Q4", "A2B3")
    placeholders.stand_in(Kind.SECRET, "[PHONE_A2B3]")
    placeholders.stand_in(Kind.PHONE, NUMBER)

    assert placeholders.restored("[SECRET_K7Q4]", whole=True) == "[PHONE_A2B3]"


def test_a_draft_ends_where_a_placeholder_may_begin() -> None:
    placeholders = with_number()
    reply = "请打 [PHONE_K7Q4]，或 PHONE_K7Q4 找 [1] 他"

    drafts = [placeholders.restored(reply[:end], whole=False) for end in range(len(reply) + 1)]

    assert all(later.startswith(earlier) for earlier, later in pairwise(drafts))
    assert not any(re.search("PHO|K7", draft) for draft in drafts)
    assert placeholders.restored(reply, whole=True) == f"请打 {NUMBER}，或 {NUMBER} 找 [1] 他"


def test_without_placeholders_a_text_is_left_alone() -> None:
    assert Placeholders("").restored("see [PHO", whole=False) == "see [PHO"


_TEXTS = st.lists(
    st.sampled_from(
        [
            "张三",
            "John Smith",
            "13800138000",
            "a@b.example",
            "密码：Abc12345",
            " ",
            "\n",
            "，",
            "[",
            "_K7",
            "1",
            "路3号",
            "\u200b",
            "Ａ",
        ]
    )
    | st.text(max_size=6),
    max_size=12,
).map("".join)


@given(_TEXTS)
def test_whatever_is_replaced_comes_back(text: str) -> None:
    placeholders = Placeholders(text)

    redacted = REDACTOR.redacted(text, placeholders)

    once = {find.kind: text[find.start : find.end] for find in REDACTOR.finds(text)}
    if len(once) == len(REDACTOR.finds(text)):  # no value twice in two spellings
        assert placeholders.restored(redacted, whole=True) == text
    assert "13800138000" not in redacted


@given(_TEXTS)
def test_finds_are_apart_and_inside_the_text(text: str) -> None:
    finds = REDACTOR.finds(text)

    assert all(0 <= find.start < find.end <= len(text) for find in finds)
    assert all(one.end <= other.start for one, other in pairwise(finds))
