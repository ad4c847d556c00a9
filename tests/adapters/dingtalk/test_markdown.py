from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.dingtalk.markdown import dingtalk_markdown, plain

UNSEEN = "\u200b"


def test_a_table_becomes_a_list_with_its_labels() -> None:
    table = "| Kind | Days | Paid |\n|---|---|---|\n| Annual | 25 | yes |\n| Parental | 90 |  |"

    assert dingtalk_markdown(table) == (
        "- **Annual** · Days: 25 · Paid: yes\n- **Parental** · Days: 90"
    )


def test_two_columns_read_as_label_and_value() -> None:
    assert dingtalk_markdown("| 假别 | 天数 |\n|---|---|\n| 年假 | 5 天 |") == "- **年假**: 5 天"


def test_a_table_without_rows_shows_its_head() -> None:
    assert dingtalk_markdown("| a | b |\n|---|---|") == "- a · b"


def test_text_around_a_table_stays() -> None:
    text = dingtalk_markdown("before\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nafter")

    assert text.startswith("before\n")
    assert text.endswith("after")
    assert "- **1**: 2" in text


def test_a_table_inside_a_list_stays_inside_it() -> None:
    assert "  - **1**: 2" in dingtalk_markdown("- item\n\n  | q | r |\n  |---|---|\n  | 1 | 2 |")


def test_bold_cells_are_not_bold_twice() -> None:
    assert dingtalk_markdown("| a | b |\n|---|---|\n| **x** | 1 |") == "- **x**: 1"


@pytest.mark.parametrize("call", ["@所有人", "＠所有人", "@all", "@All", "@everyone", "@全体成员"])
def test_nobody_is_called(call: str) -> None:
    shown = dingtalk_markdown(f"please read {call} `{call}`\n\n```\n{call}\n```")

    assert call not in shown
    assert shown.count(f"{call[0]}{UNSEEN}{call[1:]}") == 3


def test_an_address_is_no_call() -> None:
    assert dingtalk_markdown("ask hr@allied.example") == "ask hr@allied.example"


def test_tags_are_words() -> None:
    shown = dingtalk_markdown("<font size=99>big</font> <script>x</script> <!-- y --> a < b")

    assert shown == (
        f"<{UNSEEN}font size=99>big<{UNSEEN}/font> <{UNSEEN}script>x<{UNSEEN}/script> "
        f"<{UNSEEN}!-- y --> a < b"
    )


def test_code_keeps_its_signs() -> None:
    code = "`<b>` and ``a ` <i>``\n\n```html\n<b>1</b>\n```"

    assert dingtalk_markdown(code) == code


def test_a_run_of_ticks_that_never_closes_is_no_code() -> None:
    assert dingtalk_markdown("`` a <b> `") == f"`` a <{UNSEEN}b> `"


def test_addresses_in_angles_are_plain_addresses() -> None:
    assert dingtalk_markdown("<https://a.example/x>") == "https://a.example/x"


def test_pictures_are_links_and_scripts_are_words() -> None:
    shown = dingtalk_markdown("![p](https://a.example/p.png) [x](javascript:alert(1))")

    assert "![" not in shown
    assert "[p](https://a.example/p.png)" in shown
    assert "javascript" not in shown


def test_plain_text_shows_its_signs() -> None:
    assert plain("a *b* [c]\nd") == r"a \*b\* \[c\] d"


def test_plain_text_is_no_tag_and_no_link_even_where_backslashes_mean_nothing() -> None:
    assert plain("<d> [x](javascript:1)") == rf"<{UNSEEN}d> \[x\] (javascript:1)"


@given(text=st.text(max_size=300))
def test_no_text_is_refused(text: str) -> None:
    shown = dingtalk_markdown(text)

    assert "@所有人" not in shown
    shown.encode()


@pytest.mark.parametrize(
    "text",
    ["`" * 40_000, "` `` ``` " * 6_000, "<a" * 30_000, "@" * 50_000, "| a " * 15_000 + "\n|-|-|"],
)
def test_hostile_text_costs_no_time(text: str) -> None:
    began = time.process_time()

    dingtalk_markdown(text)

    assert time.process_time() - began < 3
