"""Who wrote and who is addressed does not end up in what is learnt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.mining.unnamed import names_anybody, without_names

NAMES = ("Eve Smith", "evie", "王小明", "李雷", "May Li", "时迁")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("@evie thanks, Eve! It is on the third floor.", "It is on the third floor."),
        ("Eve, it is on floor 3", "It is on floor 3"),
        ("It is on floor 3, Eve.", "It is on floor 3."),
        ("Evie: yes, it is 5 days", "Yes, it is 5 days"),
        ("Floor 3\nthanks Eve", "Floor 3"),
        ("Ask Eve in room 3. It opens at 9.", "It opens at 9."),
        ("You may come in May. It opens at 9.", "It opens at 9."),
        ("小明，打卡机在一楼。", "打卡机在一楼。"),
        ("在三楼，谢谢小明", "在三楼"),
        ("谢谢王小明！在三楼。", "在三楼。"),
        ("王总说可以。请在系统里提交。", "请在系统里提交。"),
        ("小李在学习中心", ""),
        ("两小时以内办完。", "两小时以内办完。"),
        ("@李雷 在三楼", "在三楼"),
        ("Write to help@office.example.", "Write to help@office.example."),
        ("Eve Smith", ""),
    ],
)
def test_whoever_is_addressed_is_left_out_and_what_is_said_of_somebody_too(
    said: str, left: str
) -> None:
    assert without_names(said, NAMES) == left


def test_a_text_without_names_stays_as_it_is() -> None:
    said = "- First, log in.\n- Then choose *Leave*.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"

    assert without_names(said, NAMES) == said


def test_where_nobodys_name_is_known_mentions_still_go() -> None:
    assert without_names("@U123 see the wiki", ()) == "See the wiki"


_WORDS = (
    "Eve",
    "evie",
    "Smith",
    "王小明",
    "小明",
    "老李",
    "ask",
    "in",
    "floor",
    "三楼",
    "@x",
    ",",
    "。",
)


@given(st.lists(st.sampled_from(_WORDS), max_size=12).map(" ".join))
def test_no_name_is_ever_left(said: str) -> None:
    assert not names_anybody(without_names(said, NAMES), NAMES)
