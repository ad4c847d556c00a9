"""What typing adds to a question is no part of it."""

from __future__ import annotations

import pytest

from knowledge.plain import plain


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("年假 有 几天 ？", "年假有几天？"),
        ("年假有几天？？？", "年假有几天？"),
        ("年假有几天……", "年假有几天"),
        ("年假有几天🙏🏻", "年假有几天"),
        ("问：年假有几天", "年假有几天"),
        ("“年假有几天？”", "年假有几天？"),
        ("深圳 班车 时刻表", "深圳班车时刻表"),
        ("who  pays\nfor\u00a0lunch ??", "who pays for lunch?"),
        ("- who pays for lunch...", "who pays for lunch"),
        ('Q: "who pays?!"', "who pays?"),
    ],
)
def test_marks_and_spaces_say_nothing(typed: str, asked: str) -> None:
    assert plain(typed) == asked


@pytest.mark.parametrize(
    "asked",
    [
        "“年假”和“病假”一样吗？",
        "VPN 怎么连",
        "爷爷走了 能请几天假",
        "What is -v for?",
        "Who pays?",
        "年假有几天？",
        "C++",
        "???",
        "",
    ],
)
def test_what_says_something_stays(asked: str) -> None:
    assert plain(asked) == asked
